"""What a box tells of a LAN (`edge-agent survey`), for tests of what the office makes of it."""

from __future__ import annotations

import copy
from typing import Any

from province.model.survey import SurveyFile
from province.model.tables import Tables
from province.survey.scan import judge as scan_judge
from province.survey.scan.place import Place

STREAM = {
    "profile": "Profile_1",
    "configured": {"codec": "h264", "width": 1920, "height": 1080, "fps": 15, "kbps": 2048, "keyframe_s": 2.0},
    "ok": True,
    "reason": None,
    "asked_login": True,
    "codec": "h264",
    "width": 1920,
    "height": 1080,
    "fps": 15.0,
    "kbps": 2011,
    "keyframe_s": 2.0,
    "pictures": 90,
    "packets": 1200,
    "seconds": 6.0,
}
READY: dict[str, Any] = {
    "slot": 1,
    "kind": "camera",
    "address": "192.168.1.11",
    "port": 80,
    "mac": "02:4b:00:01:01:01",
    "listed_at": "192.168.1.11",
    "open": [80, 554],
    "announced": False,
    "scopes": [],
    "drivers": ["onvif", "hikvision"],
    "driver": "onvif",
    "identity": {"maker": "HIKVISION", "model": "DS-2CD1021-I", "firmware": "V5.5.82", "serial": "S1", "mac": None},
    "login": "wanted",
    "login_tried": True,
    "class": None,
    "old_firmware": False,
    "reason": None,
    "hint": None,
    "until": None,
    "changes": [],
    "notes": [],
    "services": {},
    "encoders": [],
    "channels": 0,
    "storage": [],
    "streams": [STREAM],
}
STRANGER = {"slot": None, "listed_at": None, "login": None, "login_tried": False, "streams": []}


def device(**changed: Any) -> dict[str, Any]:
    """A device as the box tells it; a ready one, but for what is `changed`."""
    return copy.deepcopy(READY) | changed


def stranger(last: int, **changed: Any) -> dict[str, Any]:
    return device(**STRANGER, address=f"192.168.1.{last}", mac=f"02:00:00:00:00:{last:02x}", **changed)


def surveyed(place: Place, tables: Tables, *found: dict[str, Any], before: SurveyFile | None = None, **more: Any) -> SurveyFile:
    told = {"found": list(found), "absent": [], "no_access": [], "lan": "192.168.1.0/24", "at": "2021-05-12T02:00:00+00:00", "seconds": 9.5}
    return scan_judge.survey(told | more, place, tables, before, "box", None)
