"""What each device should be, kept on the box by `devices apply`, so that the box can see by itself whether it is still so.

    STATE/desired.json  {"schema": 1, "site": {...}, "devices": {"1": a device of the desired document, with the site's ntp and timezone}}

Root's alone (0600): it carries the passwords that a device is read with. The factory's are not kept. In a rotation the previous
password is, until the device takes the new one. Until 0.1 the file was called wanted.json: it is taken over once.
"""

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from edge_agent.contract import devices as desired
from edge_agent.system import durable

NAME = "desired.json"
FORMER = "wanted.json"


def keep(document: Mapping[str, Any], state: Path, only: Collection[int] | None = None) -> None:
    """Remember what these devices should be now, before any of them is touched. `document` was accepted by `desired.read`.

    What can't be read any more is replaced.
    """
    with _locked(state):
        try:
            known = _read(state)
        except desired.BadDocument:
            known = {}
        fresh = {slot: device for slot, device in _devices(document).items() if only is None or int(slot) in only}
        _write(state, known, dict(document.get("site") or {}), known.get("devices", {}) | fresh)


def confirm(document: Mapping[str, Any], done: Iterable[Mapping[str, Any]], state: Path) -> None:
    """The engine's results with this document: a device that takes its administrator's new password needs the previous one no more,
    unless another document was kept meanwhile."""
    works = {str(device["slot"]) for device in done if device["admin_works"]}
    tried = {slot: device for slot, device in _devices(document).items() if slot in works}
    with _locked(state):
        known = _read(state)
        kept = known.get("devices", {})
        devices = {slot: _without_previous(device) if tried.get(slot) == device else device for slot, device in kept.items()}
        _write(state, known, known.get("site", {}), devices)


def only_listed(state: Path, slots: Collection[int]) -> None:
    """Forget the devices that the inventory no longer lists. Raises BadDocument."""
    with _locked(state):
        known = _read(state)
        devices = {slot: device for slot, device in known.get("devices", {}).items() if int(slot) in slots}
        _write(state, known, known.get("site", {}), devices)


def read(state: Path) -> desired.Document:
    """The kept devices that may be touched, by slot. Raises BadDocument."""
    known = _read(state)
    devices = sorted(known.get("devices", {}).values(), key=lambda device: int(device["slot"]))
    return desired.read({"site": known.get("site"), "devices": [device for device in devices if not device.get("no_access")]})


def _devices(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A document's devices as they are kept."""
    own = {name: document[name] for name in ("ntp", "timezone") if document.get(name)}
    return {
        str(device["slot"]): own | {name: value for name, value in device.items() if name != "factory"} for device in document["devices"]
    }


def _without_previous(device: Mapping[str, Any]) -> dict[str, Any]:
    accounts = {name: account for name, account in (device.get("accounts") or {}).items() if name != "previous"}
    return {**device, "accounts": accounts} if accounts else dict(device)


@contextlib.contextmanager
def _locked(state: Path) -> Iterator[None]:
    """A rollout and drift may come at the same time."""
    durable.make_folder(state)
    with durable.locked(state / "desired.lock"):
        yield


def _read(state: Path) -> dict[str, Any]:
    """Empty where nothing was kept yet. Raises BadDocument: what is damaged is not nothing."""
    there = next((path for path in (state / NAME, state / FORMER) if path.exists()), None)
    if there is None:
        return {}
    found = durable.read_json(there, None)
    if isinstance(found, dict) and isinstance(found.get("devices"), dict):
        return found
    raise desired.BadDocument(f"{there} is damaged: the next rollout writes it anew (ketnoi rollout)")


def _write(state: Path, known: Mapping[str, Any], site: Mapping[str, Any], devices: Mapping[str, Any]) -> None:
    """Only what is another thing than before: each write is worn flash."""
    fresh = {"schema": 1, "site": dict(site), "devices": dict(devices)}
    if fresh != known or (state / FORMER).exists():
        durable.write_json(state / NAME, fresh)
        (state / FORMER).unlink(missing_ok=True)  # it carries passwords too
