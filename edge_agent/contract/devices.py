"""The desired document: read from standard input by `devices apply`, checked here, never echoed (it carries passwords).

    {"schema": 1, "site": {"id", "code"}, "ntp": "192.168.1.1", "timezone": "ICT-7", "state_dir": null,
     "devices": [{"slot", "driver", "address", "port", "mac", "name",
                  "accounts": {"admin": {"user", "password"}, "viewer": {...}}, "factory": [{"user", "password"}],
                  "encoder": {"codec", "width", "height", "fps", "keyframe_s", "bitrate_kbps"}, "sub_encoder": {..., "most_height"}, "osd",
                  "discovery", "audio", "smart_codec", "services_off": [...], "network": {"prefix", "gateway", "dns": [...]},
                  "kind": "camera"|"recorder", "recording": "continuous", "recording_days",
                  "channels": [{"number", "name", "address", "port", "protocol", "account": {"user", "password"}, "rtsp_path",
                                "bitrate_kbps"}],
                  "ntp", "timezone", "clock_s", "deadline_s", "lockout_s", "no_access": {"reason", "date", "witness"}}]}

`accounts.previous` is the administrator as it was before a rotation, with "since" for which one that was. A device under
`no_access` is not touched, and needs no accounts.

`ntp` and `timezone` of a device override the site's. What is missing or null is left as the device has it; sound is off
unless "audio" is null.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

SERVICES = ("https", "upnp", "p2p", "ssh", "telnet", "snmp", "ftp", "multicast", "wifi", "email", "bonjour")


@dataclass(frozen=True)
class Account:
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class DesiredEncoder:
    """One stream: codec "h264" or "h265", pixels, frames/s, seconds between keyframes, kbit/s. `most_height`: no picture may be higher."""

    codec: str
    width: int
    height: int
    fps: int
    keyframe_s: float
    bitrate_kbps: int
    most_height: int | None = None


@dataclass(frozen=True)
class DesiredNetwork:
    """What goes with a device's address: prefix length, router, name servers."""

    prefix: int
    gateway: str | None = None
    dns: tuple[str, ...] = ()


@dataclass(frozen=True)
class DesiredChannel:
    """A camera as a recorder takes it in. `protocol`: how the recorder speaks to it ("onvif", "hikvision", "dahua", "rtsp");
    `rtsp_path` for "rtsp" alone. `since`: the rotation that gave the camera this password; None: it is its first. `bitrate_kbps`:
    what its main stream is set to, from which follows how many days a disk holds."""

    number: int
    name: str
    address: str
    port: int
    protocol: str
    account: Account
    rtsp_path: str | None = None
    since: str | None = None
    bitrate_kbps: int | None = None


@dataclass(frozen=True)
class NoAccess:
    """Nobody may touch a device: what a person saw, on which day (ISO), and who was the witness."""

    reason: str
    date: str
    witness: str


@dataclass(frozen=True)
class DesiredDevice:
    """One device of the desired document. What is None is not looked after.

    `address` is where it should be; one with another address is found by `mac` and moved, if `network` says how.
    `previous`: the administrator's password before a rotation that may not have come through; `rotation` tells that rotation
    from others.
    """

    slot: int
    address: str
    port: int
    driver: str = "onvif"
    kind: Literal["camera", "recorder"] = "camera"
    mac: str | None = None
    name: str | None = None
    osd: str | None = None
    admin: Account | None = None
    previous: Account | None = None
    rotation: str | None = None
    viewer: Account | None = None
    factory: tuple[Account, ...] = ()
    ntp: str | None = None
    timezone: str | None = None
    clock_s: float = 1.5
    """How far its clock may be off before it is set."""
    encoder: DesiredEncoder | None = None
    sub_encoder: DesiredEncoder | None = None
    discovery: str | None = None
    audio: str | None = "off"
    smart_codec: str | None = "off"
    services_off: tuple[str, ...] = ()
    """Words of SERVICES: what must not be served; each driver looks after those that its device has."""
    network: DesiredNetwork | None = None
    channels: tuple[DesiredChannel, ...] | None = None
    recording: Literal["continuous"] | None = None
    recording_days: int | None = None
    no_access: NoAccess | None = None
    deadline_s: float = 90.0
    lockout_s: float = 1800.0
    counted_as: str | None = None
    """The `key` under which its logins are counted, where it is spoken to at another address than its own."""

    @property
    def key(self) -> str:
        """By what the box counts its logins."""
        return self.counted_as or f"{self.address}:{self.port}"


def codec(value: str | None) -> str | None:
    """ "H264", "h.264" and "AVC" are "h264"; "HEVC" is "h265"."""
    if value is None:
        return None
    value = re.sub(r"[^a-z0-9]", "", value.lower())
    return {"avc": "h264", "hevc": "h265", "mpeg4": "mpeg4", "mjpeg": "jpeg", "mjpg": "jpeg"}.get(value, value)


class BadDocument(ValueError):
    """The desired document has a fault; the message names the field, never a value."""


@dataclass(frozen=True)
class Document:
    """A facility's wanted devices and where the box keeps its state (None: the default)."""

    site: str
    state_dir: str | None
    devices: tuple[DesiredDevice, ...]


def written(devices: Iterable[DesiredDevice], site: Mapping[str, str], state_dir: str | None = None) -> dict[str, Any]:
    """The document that `read` makes these devices of. `site`: {"id", "code"}. Contains secrets."""
    return {"schema": 1, "site": dict(site), "state_dir": state_dir, "devices": [_written(device) for device in devices]}


def _written(device: DesiredDevice) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(asdict(device)))
    accounts = {name: account for name in ("admin", "previous", "viewer") if (account := found.pop(name))}
    rotation = found.pop("rotation")
    if "previous" in accounts and rotation:
        accounts["previous"]["since"] = rotation
    for channel in found["channels"] or ():
        if since := channel.pop("since"):
            channel["account"]["since"] = since
    del found["counted_as"]
    return found | ({"accounts": accounts} if accounts else {})


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


def device(found: Any, site: dict[str, Any], where: str) -> DesiredDevice:
    """One device, with what the site says where it says nothing itself."""
    if not isinstance(found, dict):
        raise BadDocument(f"{where}: an object is needed")
    accounts = found.get("accounts") or {}
    factory, services_off = found.get("factory") or [], found.get("services_off") or []
    if not isinstance(accounts, dict) or not isinstance(factory, list):
        raise BadDocument(f"{where}.accounts or .factory: of the wrong kind")
    if not isinstance(services_off, list) or not all(isinstance(s, str) for s in services_off):
        raise BadDocument(f"{where}.services_off: a list of names is needed")
    if found.get("kind", "camera") not in ("camera", "recorder"):
        raise BadDocument(f"{where}.kind: camera or recorder")
    if found.get("recording") not in (None, "continuous"):
        raise BadDocument(f"{where}.recording: only continuous is known")
    return DesiredDevice(
        slot=_field(found, "slot", int, where),
        address=_field(found, "address", str, where),
        port=_field({"port": 80, **found}, "port", int, where),
        driver=found.get("driver") or "onvif",
        kind=found.get("kind", "camera"),
        mac=found.get("mac"),
        name=found.get("name"),
        osd=found.get("osd"),
        admin=_account(accounts.get("admin"), f"{where}.accounts.admin"),
        previous=_account(accounts.get("previous"), f"{where}.accounts.previous"),
        rotation=(accounts.get("previous") or {}).get("since"),
        viewer=_account(accounts.get("viewer"), f"{where}.accounts.viewer"),
        factory=tuple(a for n, f in enumerate(factory) if (a := _account(f, f"{where}.factory[{n}]"))),
        ntp=found.get("ntp") or site.get("ntp"),
        timezone=found.get("timezone") or site.get("timezone"),
        clock_s=_field({"clock_s": 1.5, **found}, "clock_s", (int, float), where),
        encoder=_encoder(found.get("encoder"), f"{where}.encoder"),
        sub_encoder=_encoder(found.get("sub_encoder"), f"{where}.sub_encoder"),
        discovery=found.get("discovery"),
        audio=found.get("audio", "off"),
        smart_codec=found.get("smart_codec", "off"),
        services_off=tuple(services_off),
        network=_network(found.get("network"), f"{where}.network"),
        channels=_channels(found.get("channels"), f"{where}.channels"),
        recording=found.get("recording"),
        recording_days=_optional(found, "recording_days", int, where),
        no_access=_no_access(found.get("no_access"), f"{where}.no_access"),
        deadline_s=_field({"deadline_s": 90, **found}, "deadline_s", (int, float), where),
        lockout_s=_field({"lockout_s": 1800, **found}, "lockout_s", (int, float), where),
    )


def _account(found: Any, where: str) -> Account | None:
    if found is None:
        return None
    if not isinstance(found, dict):
        raise BadDocument(f"{where}: an object is needed")
    return Account(_field(found, "user", str, where), _field(found, "password", str, where))


def _no_access(found: Any, where: str) -> NoAccess | None:
    if found is None:
        return None
    if not isinstance(found, dict):
        raise BadDocument(f"{where}: an object is needed")
    return NoAccess(*(_field(found, name, str, where) for name in ("reason", "date", "witness")))


def _encoder(found: Any, where: str) -> DesiredEncoder | None:
    if found is None:
        return None
    if not isinstance(found, dict):
        raise BadDocument(f"{where}: an object is needed")
    numbers = {n: _field(found, n, int, where) for n in ("width", "height", "fps", "bitrate_kbps")}
    return DesiredEncoder(
        codec=codec(_field(found, "codec", str, where)) or "",
        keyframe_s=_field(found, "keyframe_s", (int, float), where),
        most_height=_optional(found, "most_height", int, where),
        **numbers,
    )


def _network(found: Any, where: str) -> DesiredNetwork | None:
    if found is None:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("dns") or [], list):
        raise BadDocument(f"{where}: an object is needed, its dns a list")
    return DesiredNetwork(_field(found, "prefix", int, where), found.get("gateway"), tuple(found.get("dns") or ()))


def _channels(found: Any, where: str) -> tuple[DesiredChannel, ...] | None:
    if found is None:
        return None
    if not isinstance(found, list) or not all(isinstance(c, dict) for c in found):
        raise BadDocument(f"{where}: a list of objects is needed")
    return tuple(_channel(c, f"{where}[{n}]") for n, c in enumerate(found))


def _channel(found: dict[str, Any], where: str) -> DesiredChannel:
    account = _account(found.get("account"), f"{where}.account")
    if account is None:
        raise BadDocument(f"{where}.account: missing")
    return DesiredChannel(
        number=_field(found, "number", int, where),
        name=_field(found, "name", str, where),
        address=_field(found, "address", str, where),
        port=_field(found, "port", int, where),
        protocol=_field(found, "protocol", str, where),
        account=account,
        rtsp_path=found.get("rtsp_path"),
        since=found["account"].get("since"),
        bitrate_kbps=_optional(found, "bitrate_kbps", int, where),
    )


def _optional(found: dict[str, Any], name: str, kind: Any, where: str) -> Any:
    return None if found.get(name) is None else _field(found, name, kind, where)


def _field(found: dict[str, Any], name: str, kind: Any, where: str) -> Any:
    value = found.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadDocument(f"{where}.{name}: missing or of the wrong kind")
    return value
