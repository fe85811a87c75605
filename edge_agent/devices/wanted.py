"""The wanted document: read from standard input by `devices apply`, checked here, never echoed (it carries passwords).

    {"schema": 1, "site": {"id", "code"}, "ntp": "192.168.1.1", "timezone": "ICT-7", "state_dir": null,
     "devices": [{"slot", "driver", "address", "port", "mac", "make", "name",
                  "accounts": {"admin": {"user", "password"}, "viewer": {...}}, "factory": [{"user", "password"}],
                  "encoder": {"codec", "width", "height", "fps", "keyframe_s", "bitrate_kbps"}, "discovery", "audio",
                  "ntp", "timezone", "deadline_s", "lockout_s"}]}

`ntp` and `timezone` of a device override the site's. What is missing or null is left as the device has it; sound is off
unless "audio" is null.
"""

from dataclasses import dataclass
from typing import Any

from edge_agent.devices.model import Account, Wanted, WantedEncoder
from edge_agent.devices.normalise import codec


class BadDocument(ValueError):
    """The wanted document has a fault; the message names the field, never a value."""


@dataclass(frozen=True)
class Document:
    """A facility's wanted devices and where the box keeps its state (None: the default)."""

    site: str
    state_dir: str | None
    devices: tuple[Wanted, ...]


def read(document: Any) -> Document:
    """Raises BadDocument."""
    if not isinstance(document, dict) or not isinstance(document.get("devices"), list):
        raise BadDocument("devices: a list is needed")
    if document.get("schema", 1) != 1:
        raise BadDocument("schema: only 1 is known")
    site = document.get("site") or {}
    devices = tuple(device(d, document, f"devices[{n}]") for n, d in enumerate(document["devices"]))
    slots = [d.slot for d in devices]
    if len(set(slots)) != len(slots):
        raise BadDocument("devices: a slot occurs twice")
    return Document(str(site.get("code") or site.get("id") or ""), document.get("state_dir"), devices)


def device(found: Any, site: dict[str, Any], where: str) -> Wanted:
    """One device, with what the site says where it says nothing itself."""
    if not isinstance(found, dict):
        raise BadDocument(f"{where}: an object is needed")
    accounts = found.get("accounts") or {}
    factory = found.get("factory") or []
    if not isinstance(accounts, dict) or not isinstance(factory, list):
        raise BadDocument(f"{where}.accounts or .factory: of the wrong kind")
    return Wanted(
        slot=_field(found, "slot", int, where),
        address=_field(found, "address", str, where),
        port=_field({"port": 80, **found}, "port", int, where),
        driver=found.get("driver") or "onvif",
        mac=found.get("mac"),
        name=found.get("name"),
        admin=_account(accounts.get("admin"), f"{where}.accounts.admin"),
        viewer=_account(accounts.get("viewer"), f"{where}.accounts.viewer"),
        factory=tuple(a for n, f in enumerate(factory) if (a := _account(f, f"{where}.factory[{n}]"))),
        ntp=found.get("ntp") or site.get("ntp"),
        timezone=found.get("timezone") or site.get("timezone"),
        encoder=_encoder(found.get("encoder"), f"{where}.encoder"),
        discovery=found.get("discovery"),
        audio=found.get("audio", "off"),
        deadline_s=_field({"deadline_s": 90, **found}, "deadline_s", (int, float), where),
        lockout_s=_field({"lockout_s": 1800, **found}, "lockout_s", (int, float), where),
    )


def _account(found: Any, where: str) -> Account | None:
    if found is None:
        return None
    if not isinstance(found, dict):
        raise BadDocument(f"{where}: an object is needed")
    return Account(_field(found, "user", str, where), _field(found, "password", str, where))


def _encoder(found: Any, where: str) -> WantedEncoder | None:
    if found is None:
        return None
    if not isinstance(found, dict):
        raise BadDocument(f"{where}: an object is needed")
    numbers = {n: _field(found, n, int, where) for n in ("width", "height", "fps", "bitrate_kbps")}
    return WantedEncoder(
        codec=codec(_field(found, "codec", str, where)) or "",
        keyframe_s=_field(found, "keyframe_s", (int, float), where),
        **numbers,
    )


def _field(found: dict[str, Any], name: str, kind: Any, where: str) -> Any:
    value = found.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadDocument(f"{where}.{name}: missing or of the wrong kind")
    return value
