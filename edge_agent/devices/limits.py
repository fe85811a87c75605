"""What a device was found not to take, kept on the box so that it isn't asked for again at each run.

    STATE/limits.json  {"192.168.1.11:80": {"firmware": "V5.5.82", "osd_length": 10, "audio_kept": true}}

Other firmware may take more: what was found with another is forgotten.
"""

from pathlib import Path

from edge_agent.contract import typed
from edge_agent.contract.strict import ContractError
from edge_agent.devices.model import DeviceLimits
from edge_agent.system import durable


class _Record(DeviceLimits):
    firmware: str | None


class Limits:
    """The limits in one state folder; safe for many processes and threads."""

    def __init__(self, state: Path) -> None:
        self._path, self._lock = state / "limits.json", state / "limits.lock"

    def of(self, device: str, firmware: str | None) -> DeviceLimits:
        with durable.locked(self._lock):
            return _known(self._load(), device, firmware)

    def note(self, device: str, firmware: str | None, limits: DeviceLimits) -> None:
        """These too."""
        with durable.locked(self._lock):
            document = self._load()
            merged = {"firmware": firmware, **_known(document, device, firmware), **limits}
            durable.write_json(self._path, {**document, device: merged})

    def _load(self) -> dict[str, _Record]:
        try:
            return typed.read(dict[str, _Record], self._path.name, _renamed(durable.read_json(self._path, {})))
        except ContractError:
            return {}


def _renamed(document: object) -> object:
    """0.1 wrote "wanted" for the text that was asked."""
    for record in document.values() if isinstance(document, dict) else ():
        osd = record.get("osd") if isinstance(record, dict) else None
        if isinstance(osd, dict) and "wanted" in osd:
            osd["asked"] = osd["wanted"]
    return document


def _known(document: dict[str, _Record], device: str, firmware: str | None) -> DeviceLimits:
    known, found = document.get(device), DeviceLimits()
    if known is None or known["firmware"] != firmware:
        return found
    if "osd" in known:
        found["osd"] = known["osd"]
    if "audio_kept" in known:
        found["audio_kept"] = known["audio_kept"]
    return found
