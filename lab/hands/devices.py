"""The lab's hand on a simulated device: orders through its control socket, its cable, and another one put in its place."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any

from lab import layout
from lab import plan as plans
from lab.cables import ledger, net
from lab.machines import services
from lab.plan import Device, Facility, Plan, next_mac
from lab.say import LabError


def find(plan: Plan, name: str) -> tuple[Facility, str, Device]:
    """A device that a program plays, by `CODE/SLOT`: its facility, the end of its cable, itself. LabError (exit 2) if there is none."""
    code, _, slot = name.partition("/")
    facility = plan.facility(code)
    played: dict[str, Device] = dict(facility.streaming)
    if facility.switch and not facility.switch.machine:
        played["lan"] = facility.switch
    for end, device in played.items():
        if str(device.slot) == slot:
            return facility, end, device
    known = ", ".join(f"{code}/{device.slot}" for device in played.values())
    raise LabError(f"không có thiết bị mô phỏng {name}; có: {known}", f"there is no simulated device {name}; there are: {known}", 2)


def order(plan: Plan, name: str, document: dict[str, Any], seconds: float = 30.0) -> Any:
    """Send one order (lab.camera's docstring lists them) and return its value. LabError with the device's own words if it refuses."""
    facility, end, _ = find(plan, name)
    path = plan.lab.device(layout.device(facility.code, end)) / "control"
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
            f"thiết bị {name} không trả lời ({trouble}); xem: status", f"device {name} does not answer ({trouble}); see: status"
        ) from trouble
    if not answer.get("ok"):
        text = answer.get("error", "no answer")
        raise LabError(f"thiết bị {name} từ chối: {text}", f"device {name} refused: {text}", 2)
    return answer.get("value")


def value(text: str) -> Any:
    """A value as typed: JSON where it is JSON (640, true, "x"), else the text itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def cable(plan: Plan, name: str, plugged: bool) -> None:
    """Pull a camera's or recorder's cable from its switch, or put it back."""
    facility, end, _ = find(plan, name)
    net.carrier_up(plan.lab.netns(layout.switch(facility.code)), facility.jack(end), plugged)


def power(plan: Plan, name: str, on: bool) -> None:
    """Take a device's power or give it back: it starts again with what it had kept."""
    facility, end, _ = find(plan, name)
    part = layout.device(facility.code, end)
    ledger.stop(plan.lab, f"device {part}")
    if on:
        services.await_devices(plan, {part: services.start(plan, facility, end)})


def swap(plan: Plan, name: str, make: str | None, model: str, mac: str | None) -> dict[str, str]:
    """Another device in its place, fresh from its maker, at the same address; its MAC is another one too unless `mac` says which.

    The one that was there first is kept in a drawer, with all that it knew: see `restore`.
    """
    _, end, device = find(plan, name)
    drawer, row = _drawer(plan, name), _row(plan, name)
    power(plan, name, False)
    place = drawer.with_suffix("")
    if drawer.exists():
        shutil.rmtree(place)
    else:
        place.rename(drawer)
        (drawer / "row.json").write_text(json.dumps(row))
    return _put(plan, name, end, {**row, "make": make or device.make, "model": model, "mac": mac or next_mac(device.mac)})


def restore(plan: Plan, name: str) -> dict[str, str]:
    """The device that was there before any `swap`, in its place again. LabError (exit 2): it was never replaced."""
    _, end, _ = find(plan, name)
    drawer = _drawer(plan, name)
    if not drawer.exists():
        raise LabError(f"{name} chưa từng bị thay", f"{name} was never replaced", 2)
    power(plan, name, False)
    shutil.rmtree(drawer.with_suffix(""))
    row = json.loads((drawer / "row.json").read_text())
    drawer.rename(drawer.with_suffix(""))
    return _put(plan, name, end, row)


def _drawer(plan: Plan, name: str) -> Path:
    facility, end, _ = find(plan, name)
    return plan.lab.device(layout.device(facility.code, end)).with_suffix(".drawer")


_KINDS = {"c": "cameras", "r": "recorders", "l": "switches"}


def _row(plan: Plan, name: str) -> dict[str, Any]:
    facility, end, device = find(plan, name)
    rows = plan.raw["facilities"][facility.k - 1][_KINDS[end[0]]]
    return next(dict(row) for row in rows if int(row["slot"]) == device.slot)


def _put(plan: Plan, name: str, end: str, row: dict[str, Any]) -> dict[str, str]:
    """Write the device into the plan and switch it on; what it is now."""
    facility, _, device = find(plan, name)
    raw = json.loads(json.dumps(plan.raw))
    rows = raw["facilities"][facility.k - 1][_KINDS[end[0]]]
    rows[:] = [row if int(each["slot"]) == device.slot else each for each in rows]
    changed = plans.parse(raw)
    plan.lab.plan.write_text(json.dumps(raw, indent=1))
    if end != "lan":
        net.ip([f"link set eth0 address {find(changed, name)[2].mac}"], plan.lab.netns(layout.device(facility.code, end)))
    power(changed, name, True)
    return {field: str(row.get(field) or "") for field in ("make", "model", "mac")}
