"""What was kept. By the hub: asked of PostgreSQL itself. On a box's disk: of ffprobe. By a camera: what it counted. Not of the programs
that are judged, but for what they claim: the recorder's spans and gaps, and the hub's availability."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from lab.hands import access, devices
from lab.layout import Lab
from lab.plan import Facility, Plan
from lab.say import LabError
from lab.storm.footage import Recorded, Span
from lab.storm.judge import Gap, Interval, Row
from lab.storm.truth import Camera

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

_INTERVALS = """
SELECT json_build_array(site, split_part(subject, '/', 2)::int, status, extract(epoch FROM began), extract(epoch FROM ended))
FROM intervals WHERE subject LIKE 'camera/%' AND coalesce(ended, 'infinity') > began ORDER BY id
"""
_ROWS = """
SELECT json_build_array(site, epoch, seq, CASE class WHEN 'camera' THEN (body->>'slot')::int
    WHEN 'word' THEN nullif(regexp_replace(body->>'subject', '^camera/|.*[a-z].*', ''), '')::int END,
  CASE class WHEN 'camera' THEN body->>'from' END, CASE class WHEN 'camera' THEN body->>'to' WHEN 'word' THEN body->>'status' END)
FROM events ORDER BY arrival
"""
_GAPS = "SELECT json_build_array(site, epoch, from_seq, to_seq) FROM gaps"
_HEARD = "SELECT json_build_array(site, extract(epoch FROM last_seen)) FROM sites"


def ask(lab: Lab, query: str) -> list[list[Any]]:
    """Rows of one JSON array each. LabError while the hub or its database is away."""
    shell = ["runuser", "-u", "ketnoi-hub", "--", "psql", "-XAtq", "-d", "ketnoi", "-c", query]
    done = access.inside(lab, "hub", *shell, seconds=60)
    if done.returncode:
        raise LabError(f"PostgreSQL trên máy chủ: {done.stderr.strip()}", f"PostgreSQL on the hub: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines() if line]


def intervals(lab: Lab, codes: dict[str, str]) -> list[Interval]:
    """codes: facility's id -> code."""
    return [
        Interval((codes[site], slot), status, began, ended) for site, slot, status, began, ended in ask(lab, _INTERVALS) if site in codes
    ]


def rows(lab: Lab) -> list[Row]:
    return [Row(*row) for row in ask(lab, _ROWS)]


def gaps(lab: Lab) -> list[Gap]:
    return [Gap(*row) for row in ask(lab, _GAPS)]


def last_seen(lab: Lab) -> dict[str, float]:
    """Facility's id -> when it was last seen, by the hub's clock."""
    return {str(site): float(at) for site, at in ask(lab, _HEARD)}


_FILES = """test -e /etc/ketnoi/recorder.json || exit 0
find /var/lib/ketnoi-recorder/footage -path '*/20??-??-??/*.mkv' | while read -r file; do
    echo "$file $(ffprobe -v error -select_streams v:0 -show_entries packet=pts_time -of csv=p=0 "$file" </dev/null | tail -1)"
done"""
"""footage/SLOT/2026-12-01/053012Z-….mkv 60.033: the last picture's time, since a file that was cut short has no length in its head;
nothing of one that holds no picture."""


def footage(plan: Plan, facility: Facility) -> dict[Camera, Recorded]:
    """Of each camera that this facility's box records. Its recorder must have been stopped: what it still writes has no name yet."""
    files: dict[int, list[Span]] = {}
    for line in access.output_of(plan.lab, facility.code, "sh", "-c", _FILES).splitlines():
        path, _, seconds = line.partition(" ")
        slot, day, name = path.split("/")[-3:]
        begin = datetime.strptime(f"{day} {name[:6]}", "%Y-%m-%d %H%M%S").replace(tzinfo=UTC).timestamp()
        files.setdefault(int(slot), []).append((begin, begin + float(seconds or 0)))
    if not files:
        return {}
    said = {word: _answer(plan.lab, facility.code, word) for word in ("list", "gaps")}
    return {
        (facility.code, slot): Recorded(
            sorted(found), _spans(said["list"].get(str(slot), {}).get("spans", [])), _spans(said["gaps"].get(str(slot), []))
        )
        for slot, found in files.items()
    }


def _answer(lab: Lab, code: str, word: str) -> dict[str, Any]:
    """Exit status 1 is an answer too: there are gaps, or there is no footage."""
    done = access.inside(lab, code, "edge-agent", "recordings", word, "--json")
    if not done.stdout:
        failed = f"{code}: edge-agent recordings {word}: {done.stderr.strip()}"
        raise LabError(failed, failed)
    found: dict[str, Any] = json.loads(done.stdout).get("cameras", {})
    return found


def _spans(rows: list[dict[str, Any]]) -> list[Span]:
    return [(datetime.fromisoformat(row["from"]).timestamp(), datetime.fromisoformat(row["to"]).timestamp()) for row in rows]


def bad_logins(plan: Plan) -> dict[Camera, int]:
    """Failed logins that each camera counted since it was made."""
    cameras = [(facility.code, camera.slot) for facility in plan.facilities for camera in facility.cameras]
    asked = {camera: devices.order(plan, f"{camera[0]}/{camera[1]}", {"op": "logins"}) for camera in cameras}
    return {camera: sum(int(one["count"]) for one in rows if one["result"] != "ok") for camera, rows in asked.items()}


def up_today(lab: Lab, codes: dict[str, str]) -> tuple[str, dict[Camera, Span]]:
    """(day, camera -> (surely, at most) seconds of it that the camera was up), as the hub tells, and continuity is judged by."""
    day = datetime.now(VIETNAM).date().isoformat()
    asked = ["runuser", "-u", "ketnoi-hub", "--", "ketnoi-hub", "availability", "--from", day, "--to", day, *codes]
    rows: list[dict[str, Any]] = json.loads(access.output_of(lab, "hub", *asked))["cameras"]
    told = {(codes[row["site"]], int(row["slot"])): row["seconds"] for row in rows}
    return day, {camera: (float(one["up"]), float(one["up"] + one["unknown"])) for camera, one in told.items()}
