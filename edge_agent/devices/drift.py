"""`edge-agent devices drift`: whether a device was set otherwise behind our back. Reads one device after the other, writes to none.

Run by ketnoi-settings.timer, and by ketnoi-settings.service alone when the hub asks (command read-settings). For the agent, which
never loads this code, it leaves RUN/settings.json (edge_agent.contract.box.SettingsRead).

`devices apply` notes there what it has just brought in order. A login is spent only where none has failed lately, so that the place
left in the device's count stays for the next rollout.
"""

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from edge_agent.contract.box import DeviceRead, SettingsRead, SettingsStatus
from edge_agent.contract.devices import DesiredDevice, Document
from edge_agent.contract.results import DeviceResult
from edge_agent.devices import engine, kept
from edge_agent.devices.logins import LIMIT, Logins
from edge_agent.system import durable

NAME = "settings.json"
SPARED = "login_spared"
"""A login failed there within its window: not tried now."""
_SILENT = ("no_answer", "no_carrier", "no_interface")
_PASSWORD = "admin.password"  # noqa: S105 - a field's name
_READ_ALL_THE_SAME = (None, "obsolete")


def look(state: Path, run: Path, listed: Collection[int] | None = None) -> SettingsRead:
    """Read every kept device that the inventory lists (None: all); the document, which is left in `run` too.

    Raises BadDocument where what was kept can't be understood.
    """
    if listed is not None:
        kept.only_listed(state, listed)
    document = replace(kept.read(state), state_dir=str(state))
    silent = _silent(run)
    found = {str(device.slot): _looked(device, document, state, silent) for device in document.devices}
    return _publish(run, found)


def noted(results: Iterable[DeviceResult], run: Path) -> None:
    """What `devices apply` brought in order is as it should be; of the others nothing new is known."""
    known = durable.read(SettingsRead, run / NAME)
    before = known["devices"] if known else {}
    well = {
        str(one["slot"]): _entry(one["name"], one["slot"], "unchanged") for one in results if one["status"] in ("ok", "changed")
    }  # fmt: skip
    if well:
        _publish(run, before | well)


def _looked(device: DesiredDevice, document: Document, state: Path, silent: Collection[int]) -> DeviceRead:
    if device.slot in silent:
        return _entry(device.name, device.slot, "unread", reason="unreachable")
    if Logins(state, device.lockout_s).left(device.key) < LIMIT:
        return _entry(device.name, device.slot, "unread", reason=SPARED)
    (result,) = engine.run(document, check=True, only={device.slot})["devices"]
    fields = [change["field"] for change in result["changes"]]
    if result["class"] == "wrong_credentials":
        fields.append(_PASSWORD)
    if fields:
        return _entry(device.name, device.slot, "differs", fields)
    if result["class"] in _READ_ALL_THE_SAME:
        return _entry(device.name, device.slot, "unchanged")
    return _entry(device.name, device.slot, "unread", reason=result["class"])


def _entry(name: str | None, slot: int, status: SettingsStatus, fields: Iterable[str] = (), reason: str | None = None) -> DeviceRead:
    """name: what people call it within the facility, the last word of "AN-NHON-01 C01"."""
    return {"name": (name or str(slot)).split()[-1], "status": status, "fields": list(fields), "reason": reason}


def _silent(run: Path) -> set[int]:
    """Slots that the agent, which looks every few seconds, finds dead (its public status, beside /run/ketnoi)."""
    told = durable.read_json(run.with_name("ketnoi-agent") / "status.json", {})
    return {camera.get("slot") for camera in told.get("cameras", []) if camera.get("reason") in _SILENT}


def _publish(run: Path, devices: Mapping[str, DeviceRead]) -> SettingsRead:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    document: SettingsRead = {"schema": 1, "at": at, "mono": round(time.clock_gettime(time.CLOCK_BOOTTIME), 1), "devices": dict(devices)}
    durable.make_folder(run, 0o755)
    durable.write_public(run / NAME, document)
    return document
