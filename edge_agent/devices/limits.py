"""What a device was found not to take, kept on the box so that it isn't asked for again at each run.

    STATE/limits.json  {"192.168.1.11:80": {"firmware": "V5.5.82", "osd_length": 10, "audio_kept": true}}

Other firmware may take more: what was found with another is forgotten.
"""

from pathlib import Path
from typing import Any

from edge_agent.system import durable


class Limits:
    """The limits in one state folder; safe for many processes and threads."""

    def __init__(self, state: Path) -> None:
        self._path, self._lock = state / "limits.json", state / "limits.lock"

    def of(self, device: str, firmware: str | None) -> dict[str, Any]:
        with durable.locked(self._lock):
            return self._load(device, firmware)[1]

    def note(self, device: str, firmware: str | None, field: str, value: Any) -> None:
        with durable.locked(self._lock):
            document, known = self._load(device, firmware)
            document[device] = {"firmware": firmware, **known, field: value}
            durable.write_json(self._path, document)

    def _load(self, device: str, firmware: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
        found = durable.read_json(self._path, {})
        document = found if isinstance(found, dict) else {}
        known = document.get(device)
        if not isinstance(known, dict) or known.get("firmware") != firmware:
            return document, {}
        return document, {k: _renamed(v) for k, v in known.items() if k != "firmware"}


def _renamed(value: Any) -> Any:
    """A text that was kept in part is {"asked", "kept"}; 0.1 wrote the first as "wanted"."""
    return {"asked": value["wanted"], "kept": value["kept"]} if isinstance(value, dict) and "wanted" in value else value
