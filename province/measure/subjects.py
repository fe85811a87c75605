"""What is to be measured, as plain data without passwords: judging is a pure function of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from province.names import subject_name
from province.text import Text

BOX_RECORDER = "recorder"
"""The subject that records where the edge box does; network recorders are R20, R21 ... by their slots."""


@dataclass(frozen=True)
class NoAccess:
    """The facility lets nobody at a device: a person saw that on a day (ISO), with a witness."""

    reason: str
    date: str
    witness: str


class Plan(TypedDict):
    """An agreed connection plan: by whom, on which day."""

    by: str
    date: str


class Opinion(TypedDict):
    """A military region's, on a facility in a barracks."""

    authority: str
    number: str
    date: str
    agrees: bool


@dataclass(frozen=True)
class Papers:
    """What is on file about a facility; days are ISO. `focal_point`: field -> text."""

    surveyed_on: str | None = None
    plan: Plan | None = None
    opinion: Opinion | None = None
    focal_point: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Camera:
    """A camera as the inventory wants it. `host` is where the measuring machine finds it (the mapped address, or the
    device's own in local mode), `address` its own on the LAN; `accounts` is role -> user name; `levels` is user name ->
    ONVIF level; `recorders` are the subjects that record it; `channel` is its number at a network recorder."""

    slot: int
    name: str
    zone: str
    place: str
    host: str
    port: int = 80
    make: str = ""
    mac: str = ""
    accounts: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)
    driver: str = "onvif"
    address: str = ""
    recorders: tuple[str, ...] = ()
    channel: int = 0
    no_access: NoAccess | None = None
    bought: str | None = None
    conformity: str | None = None

    @property
    def subject(self) -> str:
        return subject_name("camera", self.slot)


@dataclass(frozen=True)
class Recorder:
    """What records: a network recorder at `host`, or the box's own (no slot: the box is asked, not an address)."""

    slot: int | None = None
    place: str = ""
    host: str = ""
    port: int = 80
    make: str = ""
    driver: str = "box"
    mac: str = ""
    no_access: NoAccess | None = None

    @property
    def subject(self) -> str:
        return BOX_RECORDER if self.slot is None else subject_name("recorder", self.slot)


@dataclass(frozen=True)
class Switch:
    """`host` and `port`: where its SSH answers the measuring machine."""

    slot: int
    place: str
    host: str
    port: int = 22
    no_access: NoAccess | None = None

    @property
    def subject(self) -> str:
        return subject_name("switch", self.slot)


Device = Camera | Recorder | Switch


@dataclass(frozen=True)
class Site:
    """A facility to be verified. `topology` is "flat" (one LAN) or "routed" (cameras behind the box); `excused` is
    zone -> why it has no camera; `ntp` is where its devices take their time; `enrolled_at` (ISO) when its box was taken over.
    `local`: seen from where the devices are; `lan` is the network they are in.
    `uplink_kbps` is what measuring may take of its uplink, `stream_kbps` what a stream
    takes whose camera doesn't tell. `zone_names`: as the province calls them, by their ids."""

    id: str
    code: str
    name: str
    number: int
    tunnel_address: str
    topology: str
    cameras: tuple[Camera, ...]
    excused: Mapping[str, str] = field(default_factory=dict)
    host_key: str | None = None
    recorders: tuple[Recorder, ...] = ()
    switches: tuple[Switch, ...] = ()
    recording: Literal["box", "recorder", "none"] = "none"
    ntp: str | None = None
    enrolled_at: str | None = None
    local: bool = False
    lan: str | None = None
    area: str = ""
    kind: str = ""
    papers: Papers = Papers()
    uplink_kbps: int = 12_000
    stream_kbps: int = 2_048
    zone_names: Mapping[str, Text] = field(default_factory=dict)

    @property
    def zones(self) -> frozenset[str]:
        return frozenset(camera.zone for camera in self.cameras)

    @property
    def network_recorders(self) -> tuple[Recorder, ...]:
        return tuple(recorder for recorder in self.recorders if recorder.slot is not None)

    def devices(self) -> Iterator[Device]:
        """What stands on the camera LAN; the box's own recorder is part of the box."""
        yield from self.cameras
        yield from self.network_recorders
        yield from self.switches
