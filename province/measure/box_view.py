"""What only a facility's box can see, asked through its SSH: its own recorder (*derived*: it tells of itself), its switches."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from province.measure.devices import spans
from province.measure.result import Measured, clean, failed
from province.measure.streams import clips
from province.measure.subjects import Switch
from province.reach.ssh import Shell, out_of_reach

STATUS = ["sudo", "edge-agent", "recordings", "status", "--json"]
NAMES = ("storage", "recordings")
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


def recorder(code: str, shell: Shell) -> dict[str, Measured]:
    """{"storage", "recordings"} of the recorder on a facility's box; one that was only just started is given time to begin."""
    until = time.monotonic() + BEGINS_WITHIN_S
    while True:
        done = shell.run(code, STATUS, seconds=25)
        if out_of_reach(done.returncode):
            return untold("box_unreachable")
        try:
            found = dict(clean(status(json.loads(done.stdout))))  # it tells as well where something is wrong (exit status 1 or 2)
        except (ValueError, KeyError, TypeError, AttributeError):
            return untold("no_recorder")
        cameras = found["recordings"].get("cameras", {}).values()
        if all(camera["last"] for camera in cameras) or time.monotonic() > until:
            return found
        time.sleep(ASK_AGAIN_S)


def untold(reason: str) -> dict[str, Measured]:
    return {name: failed(reason) | {"derived": True} for name in NAMES}


def status(document: Mapping[str, Any]) -> dict[str, Measured]:
    """Pure: the status document -> {"storage", "recordings": {"ok", "cameras": {slot: footage}}}."""
    if document.get("running") is False:
        return untold("recorder_stopped")
    at, disk = datetime.fromisoformat(document["at"]), document["disk"]
    storage = {
        "name": str(disk["path"]),
        "status": str(disk["state"]),
        "detail": disk.get("detail"),
        "holds_days": disk.get("holds_days"),
        "total_mb": int(disk["total_bytes"]) // 10**6,
        "free_mb": int(disk["free_bytes"]) // 10**6,
    }
    cameras = {str(slot): _camera(camera, at) for slot, camera in document["cameras"].items()}
    return {
        "storage": {"ok": True, "derived": True, "disks": [storage]},
        "recordings": {"ok": True, "derived": True, "cameras": cameras},
    }


def _camera(camera: Mapping[str, Any], at: datetime) -> Measured:
    last, first = camera.get("last_segment_at"), camera.get("kept_from")
    gaps = [{key: each.get(key) for key in ("from", "to", "seconds", "why")} for each in camera.get("gaps") or []]
    return {
        "ok": True,
        "at": spans.text(at),
        "state": str(camera["state"]),
        "why": camera.get("why"),
        "last": last,
        "behind_s": round((at - datetime.fromisoformat(last)).total_seconds(), 1) if last else None,
        "kept_from": first,
        "days_kept": spans.days(datetime.fromisoformat(first) if first else None, at),
        "searched_from": first or spans.text(at),
        **spans.longest(gaps),
        "gaps_in_all": max(len(gaps), int(camera.get("gaps_in_all") or 0)),
        "mode": "continuous",
    }


def clip(code: str, recordings: Measured, shell: Shell) -> tuple[str, str] | None:
    """(slot, base64) of two seconds of one camera's footage; None where there is none to fetch, or it did not come."""
    wanted = clips.chosen(recordings.get("cameras") or {}, date.today().toordinal())
    if wanted is None:
        return None
    done = shell.run(code, ["sh", "-c", clips.script(*wanted)], seconds=30)
    fetched = done.stdout.strip() if not out_of_reach(done.returncode) else ""
    return (wanted[0], fetched) if fetched else None


def switches(code: str, listed: Sequence[Switch], shell: Shell) -> dict[str, Measured]:
    """{subject: {"ok", "banner"}}: whether each switch's SSH answers the box. No login is tried."""
    asked = [each for each in listed if not each.no_access]
    if not asked:
        return {}
    places = json.dumps([(each.host, each.port) for each in asked])
    done = shell.run(code, ["python3", "-I", "-c", _GREETINGS], places, seconds=25 + 4 * len(asked))
    if out_of_reach(done.returncode):
        return {each.subject: failed("box_unreachable") for each in asked}
    try:
        said = json.loads(done.stdout)
        return {each.subject: clean(_greeted(banner)) for each, banner in zip(asked, said, strict=True)}
    except (ValueError, TypeError, AttributeError):
        return {each.subject: failed("tool_missing") for each in asked}


def _greeted(banner: str | None) -> Measured:
    if banner is None:
        return failed("unreachable")
    return {"ok": True, "banner": banner.splitlines()[0]} if banner.startswith("SSH-") else failed("protocol")
