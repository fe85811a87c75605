"""The lab's hand on a simulated camera: orders through its control socket, and its cable."""

from __future__ import annotations

import json
import socket
from typing import Any

from lab import layout, net
from lab.plan import Camera, Facility, Plan
from lab.say import LabError


def find(plan: Plan, name: str) -> tuple[Facility, Camera]:
    """A camera by `CODE/SLOT`. LabError (exit 2) if there is none."""
    code, _, slot = name.partition("/")
    facility = plan.facility(code)
    for camera in facility.cameras:
        if str(camera.slot) == slot:
            return facility, camera
    known = ", ".join(f"{code}/{c.slot}" for c in facility.cameras)
    raise LabError(f"không có camera {name}; có: {known}", f"there is no camera {name}; there are: {known}", 2)


def order(plan: Plan, name: str, document: dict[str, Any], seconds: float = 30.0) -> Any:
    """Send one order (lab.camera's docstring lists them) and return its value. LabError with the camera's own words if it refuses."""
    facility, camera = find(plan, name)
    path = plan.lab.camera(facility.code, camera.slot) / "control"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(seconds)
            connection.connect(str(path))
            with connection.makefile("rw") as lines:
                lines.write(json.dumps(document) + "\n")
                lines.flush()
                answer = json.loads(lines.readline() or "{}")
    except OSError as trouble:
        raise LabError(
            f"camera {name} không trả lời ({trouble}); xem: status", f"camera {name} does not answer ({trouble}); see: status"
        ) from trouble
    if not answer.get("ok"):
        text = answer.get("error", "no answer")
        raise LabError(f"camera {name} từ chối: {text}", f"camera {name} refused: {text}", 2)
    return answer.get("value")


def value(text: str) -> Any:
    """A value as typed: JSON where it is JSON (640, true, "x"), else the text itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def cable(plan: Plan, name: str, plugged: bool) -> None:
    """Pull the camera's cable from its switch, or put it back."""
    facility, camera = find(plan, name)
    net.carrier_up(plan.lab.netns(layout.switch(facility.code)), f"c{camera.slot}", plugged)
