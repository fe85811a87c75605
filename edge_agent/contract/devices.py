"""What a facility's devices should be: the desired document, read from standard input by `devices apply`, checked here, never echoed (it
carries passwords). As it is written it is a `WrittenDocument` (edge_agent.contract.desired), made by edge_agent.contract.written; what it
says is a `Document`.

`accounts.previous` is the administrator as it was before a rotation, with "since" for which one that was. A device under
`no_access` is not touched, and needs no accounts.

`ntp` and `timezone` of a device override the site's. What is missing or null is left as the device has it; sound is off
unless "audio" is null.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from edge_agent.contract import typed
from edge_agent.contract.desired import (
    WrittenAccount,
    WrittenAccounts,
    WrittenChannel,
    WrittenDevice,
    WrittenDocument,
    WrittenEncoder,
    WrittenNetwork,
)
from edge_agent.contract.strict import ContractError

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


class BadDocument(ContractError):
    """The desired document has a fault; the message names the field, never a value."""


@dataclass(frozen=True)
class Document:
    """A facility's wanted devices and where the box keeps its state (None: the default)."""

    site: str
    state_dir: str | None
    devices: tuple[DesiredDevice, ...]


def parsed(document: object) -> WrittenDocument:
    """The document as it was written, its fields of the right kinds. Raises BadDocument."""
    try:
        return typed.read(WrittenDocument, "document", document)
    except ContractError as error:
        raise BadDocument(str(error)) from error


def read(document: object) -> Document:
    """Raises BadDocument."""
    return understood(parsed(document))


def understood(document: WrittenDocument) -> Document:
    """What the document says. Raises BadDocument."""
    if document.get("schema", 1) != 1:
        raise BadDocument("schema: only 1 is known")
    site = document.get("site") or {}
    devices = tuple(_device(found, document) for found in document["devices"])
    if len({device.slot for device in devices}) != len(devices):
        raise BadDocument("devices: a slot occurs twice")
    return Document(site.get("code") or site.get("id") or "", document.get("state_dir"), devices)


def device(found: object, what: str) -> DesiredDevice:
    """One device by itself. Raises BadDocument."""
    try:
        return _device(typed.read(WrittenDevice, what, found), {"devices": []})
    except ContractError as error:
        raise BadDocument(str(error)) from error


def _device(found: WrittenDevice, site: WrittenDocument) -> DesiredDevice:
    """With what the site says where it says nothing itself."""
    accounts: WrittenAccounts = found.get("accounts") or {}
    previous, said, channels = accounts.get("previous"), found.get("no_access"), found.get("channels")
    return DesiredDevice(
        slot=found["slot"],
        address=found["address"],
        port=found.get("port", 80),
        driver=found.get("driver") or "onvif",
        kind=found.get("kind", "camera"),
        mac=found.get("mac"),
        name=found.get("name"),
        osd=found.get("osd"),
        admin=_account(accounts.get("admin")),
        previous=_account(previous),
        rotation=previous.get("since") if previous else None,
        viewer=_account(accounts.get("viewer")),
        factory=tuple(Account(one["user"], one["password"]) for one in found.get("factory") or ()),
        ntp=found.get("ntp") or site.get("ntp"),
        timezone=found.get("timezone") or site.get("timezone"),
        clock_s=found.get("clock_s", 1.5),
        encoder=_encoder(found.get("encoder")),
        sub_encoder=_encoder(found.get("sub_encoder")),
        discovery=found.get("discovery"),
        audio=found.get("audio", "off"),
        smart_codec=found.get("smart_codec", "off"),
        services_off=tuple(found.get("services_off") or ()),
        network=_network(found.get("network")),
        channels=None if channels is None else tuple(_channel(channel) for channel in channels),
        recording=found.get("recording"),
        recording_days=found.get("recording_days"),
        no_access=NoAccess(said["reason"], said["date"], said["witness"]) if said else None,
        deadline_s=found.get("deadline_s", 90.0),
        lockout_s=found.get("lockout_s", 1800.0),
    )


def _account(found: WrittenAccount | None) -> Account | None:
    return Account(found["user"], found["password"]) if found else None


def _encoder(found: WrittenEncoder | None) -> DesiredEncoder | None:
    return found and DesiredEncoder(
        codec=codec(found["codec"]) or "",
        width=found["width"],
        height=found["height"],
        fps=found["fps"],
        keyframe_s=found["keyframe_s"],
        bitrate_kbps=found["bitrate_kbps"],
        most_height=found.get("most_height"),
    )


def _network(found: WrittenNetwork | None) -> DesiredNetwork | None:
    return found and DesiredNetwork(found["prefix"], found.get("gateway"), tuple(found.get("dns") or ()))


def _channel(found: WrittenChannel) -> DesiredChannel:
    return DesiredChannel(
        number=found["number"],
        name=found["name"],
        address=found["address"],
        port=found["port"],
        protocol=found["protocol"],
        account=Account(found["account"]["user"], found["account"]["password"]),
        rtsp_path=found.get("rtsp_path"),
        since=found["account"].get("since"),
        bitrate_kbps=found.get("bitrate_kbps"),
    )
