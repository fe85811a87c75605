"""What only a facility's box can see, asked through its SSH: its own recorder (*derived*: it tells of itself), its switches."""

import json
import time
from collections.abc import Sequence
from datetime import date, datetime
from typing import NotRequired, TypedDict

from edge_agent.contract import typed
from edge_agent.contract.strict import parse_json
from province.measure.devices import spans
from province.measure.evidence import Disk, Failed, Footage, Gap, Greeting, Recordings, Storage, SwitchEvidence, failed
from province.measure.result import clean
from province.measure.streams import clips
from province.measure.subjects import Switch
from province.reach.ssh import Shell, out_of_reach

STATUS = ["sudo", "edge-agent", "recordings", "status", "--json"]
MOST_BYTES = 16 * 1024 * 1024
"""Of a recorder's status: 126 cameras with 200 gaps each have a fifth of that."""
BEGINS_WITHIN_S, ASK_AGAIN_S = 20.0, 2.0
"""A camera's first footage comes seconds after the recorder's start: a verify right after a rollout would be too early."""
_GREETINGS = """
import json, socket, sys
def greeting(host, port):
    try:
        with socket.create_connection((host, port), timeout=4) as link:
            link.settimeout(4)
            return link.recv(255).decode("ascii", "replace")
    except OSError:
        return None
print(json.dumps([greeting(*place) for place in json.load(sys.stdin)]))
"""


class BoxRecording(TypedDict):
    """What a box's recorder tells of itself."""

    storage: Storage | Failed
    recordings: Recordings | Failed


class _Disk(TypedDict):
    path: str
    state: str
    detail: NotRequired[str | None]
    holds_days: NotRequired[int | float | None]
    total_bytes: int
    free_bytes: int


_Gap = TypedDict("_Gap", {"from": str, "to": str, "seconds": int | float, "why": NotRequired[str | None]})


class _Camera(TypedDict):
    state: str
    why: NotRequired[str | None]
    last_segment_at: NotRequired[str | None]
    kept_from: NotRequired[str | None]
    gaps: NotRequired[list[_Gap] | None]
    gaps_in_all: NotRequired[int | None]


class Status(TypedDict):
    """The recorder's status document (edge_agent.recorder.status), as far as it is judged."""

    at: str
    disk: _Disk
    cameras: dict[str, _Camera]


class _Running(TypedDict):
    running: NotRequired[bool]


def recorder(code: str, shell: Shell) -> BoxRecording:
    """Of the recorder on a facility's box; one that was only just started is given time to begin."""
    until = time.monotonic() + BEGINS_WITHIN_S
    while True:
        done = shell.run(code, STATUS, seconds=25)
        if out_of_reach(done.returncode):
            return untold("box_unreachable")
        try:
            found = status(parse_json("status", done.stdout, MOST_BYTES))  # it tells as well where something is wrong (exit status 1 or 2)
        except ValueError:
            return untold("no_recorder")
        recordings = found["recordings"]
        begun = not recordings["ok"] or all(camera["ok"] and camera["last"] for camera in recordings["cameras"].values())
        if begun or time.monotonic() > until:
            return found
        time.sleep(ASK_AGAIN_S)


def untold(reason: str) -> BoxRecording:
    failure: Failed = {**failed(reason), "derived": True}
    return {"storage": failure, "recordings": failure}


def status(document: object) -> BoxRecording:
    """Pure: what the box tells -> evidence. Raises ValueError where it is no status document."""
    if typed.read(_Running, "status", document).get("running") is False:
        return untold("recorder_stopped")
    told = clean(typed.read(Status, "status", document))
    at, disk = datetime.fromisoformat(told["at"]), told["disk"]
    storage: Disk = {
        "name": disk["path"],
        "status": disk["state"],
        "detail": disk.get("detail"),
        "holds_days": disk.get("holds_days"),
        "total_mb": disk["total_bytes"] // 10**6,
        "free_mb": disk["free_bytes"] // 10**6,
    }
    return {
        "storage": {"ok": True, "derived": True, "disks": [storage]},
        "recordings": {"ok": True, "derived": True, "cameras": {slot: _camera(each, at) for slot, each in told["cameras"].items()}},
    }


def _camera(camera: _Camera, at: datetime) -> Footage:
    last, first = camera.get("last_segment_at"), camera.get("kept_from")
    gaps: list[Gap] = [
        {"from": each["from"], "to": each["to"], "seconds": each["seconds"], "why": each.get("why")} for each in camera.get("gaps") or []
    ]
    listed = spans.longest(gaps)
    return {
        "ok": True,
        "at": spans.text(at),
        "state": camera["state"],
        "why": camera.get("why"),
        "last": last,
        "behind_s": round((at - datetime.fromisoformat(last)).total_seconds(), 1) if last else None,
        "kept_from": first,
        "days_kept": spans.days(datetime.fromisoformat(first) if first else None, at),
        "searched_from": first or spans.text(at),
        "gaps": listed["gaps"],
        "gaps_in_all": max(len(gaps), camera.get("gaps_in_all") or 0),
        "mode": "continuous",
    }


def clip(code: str, recordings: Recordings | Failed, shell: Shell) -> tuple[str, str] | None:
    """(slot, base64) of two seconds of one camera's footage; None where there is none to fetch, or it did not come."""
    wanted = clips.chosen(recordings["cameras"] if recordings["ok"] else {}, date.today().toordinal())
    if wanted is None:
        return None
    done = shell.run(code, ["sh", "-c", clips.script(*wanted)], seconds=30)
    fetched = done.stdout.strip() if not out_of_reach(done.returncode) else ""
    return (wanted[0], fetched) if fetched else None


class _Greetings(TypedDict):
    banners: list[str | None]


def switches(code: str, listed: Sequence[Switch], shell: Shell) -> dict[str, SwitchEvidence]:
    """By subject, whether each switch's SSH answers the box. No login is tried."""
    asked = [each for each in listed if not each.no_access]
    if not asked:
        return {}
    places = json.dumps([(each.host, each.port) for each in asked])
    done = shell.run(code, ["python3", "-I", "-c", _GREETINGS], places, seconds=25 + 4 * len(asked))
    if out_of_reach(done.returncode):
        return {each.subject: {"reach": failed("box_unreachable")} for each in asked}
    try:
        banners = typed.read(_Greetings, "greetings", {"banners": parse_json("greetings", done.stdout)})["banners"]
        return {each.subject: {"reach": clean(_greeted(banner))} for each, banner in zip(asked, banners, strict=True)}
    except ValueError:
        return {each.subject: {"reach": failed("tool_missing")} for each in asked}


def _greeted(banner: str | None) -> Greeting | Failed:
    if banner is None:
        return failed("unreachable")
    return {"ok": True, "banner": banner.splitlines()[0]} if banner.startswith("SSH-") else failed("protocol")
