"""What each device should be, kept on the box by `devices apply`, so that the box can see by itself whether it is still so.

In STATE/desired.json, a `KeptDocument`. Root's alone (0600): it carries the passwords that a device is read with. The factory's are not
kept. In a rotation the previous password is, until the device takes the new one. Until 0.1 the file was called wanted.json: it is taken
over once.
"""

import contextlib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from edge_agent.contract import devices as desired
from edge_agent.contract.desired import KeptDocument, WrittenAccounts, WrittenDevice, WrittenDocument, WrittenSite
from edge_agent.contract.results import DeviceResult
from edge_agent.system import durable

NAME = "desired.json"
FORMER = "wanted.json"


def keep(document: WrittenDocument, state: Path, only: Collection[int] | None = None) -> None:
    """Remember what these devices should be now, before any of them is touched. What can't be read any more is replaced."""
    with _locked(state):
        try:
            known = _read(state)
        except desired.BadDocument:
            known = None
        fresh = {slot: device for slot, device in _devices(document).items() if only is None or int(slot) in only}
        _write(state, known, document.get("site"), (known["devices"] if known else {}) | fresh)


def confirm(document: WrittenDocument, done: Iterable[DeviceResult], state: Path) -> None:
    """The engine's results with this document: a device that takes its administrator's new password needs the previous one no more,
    unless another document was kept meanwhile."""
    works = {str(device["slot"]) for device in done if device["admin_works"]}
    tried = {slot: device for slot, device in _devices(document).items() if slot in works}
    with _locked(state):
        if known := _read(state):
            kept = known["devices"]
            devices = {slot: _without_previous(device) if tried.get(slot) == device else device for slot, device in kept.items()}
            _write(state, known, known.get("site"), devices)


def only_listed(state: Path, slots: Collection[int]) -> None:
    """Forget the devices that the inventory no longer lists. Raises BadDocument."""
    with _locked(state):
        if known := _read(state):
            devices = {slot: device for slot, device in known["devices"].items() if int(slot) in slots}
            _write(state, known, known.get("site"), devices)


def read(state: Path) -> desired.Document:
    """The kept devices that may be touched, by slot. Raises BadDocument."""
    known: KeptDocument = _read(state) or {"devices": {}}
    devices = sorted(known["devices"].values(), key=lambda device: device["slot"])
    return desired.understood({"site": known.get("site"), "devices": [device for device in devices if not device.get("no_access")]})


def _devices(document: WrittenDocument) -> dict[str, WrittenDevice]:
    """A document's devices as they are kept."""
    return {str(device["slot"]): _as_kept(device, document) for device in document["devices"]}


def _as_kept(device: WrittenDevice, document: WrittenDocument) -> WrittenDevice:
    found = device.copy()
    found.pop("factory", None)
    if (ntp := document.get("ntp")) and "ntp" not in found:
        found["ntp"] = ntp
    if (timezone := document.get("timezone")) and "timezone" not in found:
        found["timezone"] = timezone
    return found


def _without_previous(device: WrittenDevice) -> WrittenDevice:
    accounts: WrittenAccounts = (device.get("accounts") or WrittenAccounts()).copy()
    accounts.pop("previous", None)
    return {**device, "accounts": accounts} if accounts else device


@contextlib.contextmanager
def _locked(state: Path) -> Iterator[None]:
    """A rollout and drift may come at the same time."""
    durable.make_folder(state)
    with durable.locked(state / "desired.lock"):
        yield


def _read(state: Path) -> KeptDocument | None:
    """None where nothing was kept yet. Raises BadDocument: what is damaged is not nothing."""
    there = next((path for path in (state / NAME, state / FORMER) if path.exists()), None)
    if there is None:
        return None
    if found := durable.read(KeptDocument, there):
        return found
    raise desired.BadDocument(f"{there} is damaged: the next rollout writes it anew (ketnoi rollout)")


def _write(state: Path, known: KeptDocument | None, site: WrittenSite | None, devices: dict[str, WrittenDevice]) -> None:
    """Only what is another thing than before: each write is worn flash."""
    fresh: KeptDocument = {"schema": 1, "site": site or {}, "devices": devices}
    if fresh != known or (state / FORMER).exists():
        durable.write_json(state / NAME, fresh)
        (state / FORMER).unlink(missing_ok=True)  # it carries passwords too
