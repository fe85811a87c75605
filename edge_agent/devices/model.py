"""What is known of a device, what is wanted of it, and the difference; all frozen, no password in any repr."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict, TypeVar

from edge_agent.contract.results import WrittenChange, WrittenNote
from edge_agent.contract.text import Text
from edge_agent.devices.faults import DeviceFailure, SettingNotKept

T = TypeVar("T")


def needed(value: T | None) -> T:
    """`value`, which the plan promised to be there."""
    if value is None:
        raise LookupError("a change was planned for what is neither there nor wanted")
    return value


@dataclass(frozen=True)
class Identity:
    maker: str | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    mac: str | None = None


@dataclass(frozen=True)
class Clock:
    """`offset_s`: how far the device is ahead of the box, None if it doesn't say; `source` "NTP" or "Manual"."""

    offset_s: float | None = None
    source: str | None = None
    timezone: str | None = None
    servers: tuple[str, ...] | None = None
    from_dhcp: bool | None = None


@dataclass(frozen=True)
class User:
    name: str
    level: str | None


@dataclass(frozen=True)
class Scope:
    uri: str
    fixed: bool


@dataclass(frozen=True)
class Range:
    low: int
    high: int

    def clamp(self, value: int) -> int:
        return max(self.low, min(self.high, value))


@dataclass(frozen=True)
class EncoderOptions:
    """What the device allows for one codec; None where it doesn't say."""

    sizes: tuple[tuple[int, int], ...] = ()
    fps: Range | None = None
    fps_list: tuple[int, ...] = ()
    gov: Range | None = None
    bitrate: Range | None = None
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Encoder:
    """One stream's encoder. `raw` is the configuration as the device sent it; writes start from it."""

    profile: str
    token: str
    media: int
    name: str | None
    codec: str | None
    width: int | None
    height: int | None
    fps: int | None
    gov: int | None
    bitrate_kbps: int | None
    options: dict[str, EncoderOptions] = field(default_factory=dict, compare=False)
    raw: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True)
class Stream:
    """How a stream is asked for: its RTSP port, and path with query; the host is always the dialled one."""

    profile: str
    rtsp_port: int
    path: str


@dataclass(frozen=True)
class Problem:
    """Something that the device didn't tell or allow, and is not by itself a failure."""

    category: str
    field: str
    detail: Text

    def as_dict(self) -> WrittenNote:
        return {"class": self.category, "field": self.field, "detail": self.detail.as_dict()}


@dataclass(frozen=True)
class Channel:
    """One channel of a recorder. `recording`: "continuous", "motion", "schedule" or "off"; `online`: whether its camera answers.

    `spans`: what is really recorded, from the recorder's own search, as (from, to), oldest first; None: not asked.
    """

    number: int
    name: str | None = None
    address: str | None = None
    port: int | None = None
    protocol: str | None = None
    user: str | None = None
    online: bool | None = None
    recording: str | None = None
    spans: tuple[tuple[datetime, datetime], ...] | None = None


@dataclass(frozen=True)
class Network:
    """How a device is addressed; None: it didn't say. `dns` are those in force, oldest first."""

    address: str | None = None
    prefix: int | None = None
    dhcp: bool | None = None
    gateway: str | None = None
    dns: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Storage:
    """A recorder's disk. `status`: "ok", "failed", "unformatted", "full" or the device's own word; sizes in MB (10^6)."""

    name: str
    status: str | None
    total_mb: int | None = None
    free_mb: int | None = None


class KeptText(TypedDict):
    """A text that a device takes in part."""

    asked: str
    kept: str | None


class DeviceLimits(TypedDict, total=False):
    """What a device was found not to take (edge_agent.devices.limits). audio_kept: its sound can't be switched off."""

    osd: KeptText
    audio_kept: bool


@dataclass(frozen=True)
class ObservedDevice:
    """A device as it was read. None: the device didn't say; `problems` says why."""

    identity: Identity = Identity()
    clock: Clock = Clock()
    users: tuple[User, ...] | None = None
    onvif_users: tuple[User, ...] | None = None
    """Accounts that the device keeps for ONVIF alone; None where ONVIF shares its own, or is off."""
    login_user: str | None = None
    login_is_old: bool = False
    """We got in, but not with the desired administrator's password: with the factory's, or the one before a rotation."""
    viewer_works: bool | None = None
    hostname: str | None = None
    title: str | None = None
    """The name by which the device goes, however its driver writes it."""
    osd: str | None = None
    """The text in the picture (besides the time); empty where there could be one."""
    limits: DeviceLimits = field(default_factory=lambda: DeviceLimits())
    """What this device was found not to take, by field (edge_agent.devices.limits)."""
    network: Network | None = None
    scopes: tuple[Scope, ...] | None = None
    discovery: str | None = None
    services: tuple[tuple[str, str], ...] = ()
    served: tuple[tuple[str, bool], ...] = ()
    """Network services in the words of `DesiredDevice.services_off`, and whether each is on; what the device doesn't have is missing."""
    smart_codec: bool | None = None
    encoders: tuple[Encoder, ...] = ()
    audio_profiles: tuple[str, ...] | None = None
    streams: tuple[Stream, ...] = ()
    channels: tuple[Channel, ...] = ()
    accounts_given: tuple[int, ...] = ()
    """Channels that this box lately gave their cameras' wanted accounts, and that weren't seen online since."""
    storage: tuple[Storage, ...] = ()
    deletes_after_days: int | None = None
    """A recorder deletes footage that is older, whatever room there is; None: it does not, or does not tell."""
    problems: tuple[Problem, ...] = ()

    @property
    def main(self) -> Encoder | None:
        """The main stream: the device's first profile that has video."""
        return self.encoders[0] if self.encoders else None

    @property
    def sub(self) -> Encoder | None:
        """The sub stream: the second profile that has an encoder of its own."""
        own = [e for e in self.encoders if self.main and e.token != self.main.token]
        return own[0] if own else None


class Readings(TypedDict, total=False):
    """Fields of an ObservedDevice that one question answers."""

    identity: Identity
    clock: Clock
    users: tuple[User, ...] | None
    login_user: str | None
    hostname: str | None
    title: str | None
    osd: str | None
    network: Network | None
    scopes: tuple[Scope, ...] | None
    discovery: str | None
    served: tuple[tuple[str, bool], ...]
    smart_codec: bool | None
    encoders: tuple[Encoder, ...]
    audio_profiles: tuple[str, ...] | None
    streams: tuple[Stream, ...]
    channels: tuple[Channel, ...]
    storage: tuple[Storage, ...]
    deletes_after_days: int | None


@dataclass(frozen=True)
class Change:
    """One field that differs. `group` names the writer; secrets are shown as "***"."""

    group: str
    field: str
    before: object
    after: object

    def as_dict(self) -> WrittenChange:
        return {"field": self.field, "from": self.before, "to": self.after}


@dataclass
class Outcome:
    """What a driver's `apply` did: the changes that are there now, what failed, and what was taken only in part.

    `restarts`: the device restarts because of a change; the engine waits for it and reads it back once more.
    """

    done: list[Change] = field(default_factory=list)
    failures: list[DeviceFailure] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    restarts: bool = False

    @property
    def not_kept(self) -> set[str]:
        """The fields that were already found not to be kept; one failure may name several."""
        return {f for failure in self.failures if isinstance(failure, SettingNotKept) for f in failure.field.split(", ")}

    def read_back(self, left: dict[str, Change]) -> None:
        """What still differs (by field) is no longer done, but a failure: once each."""
        sent, known = {c.field: c for c in self.done}, self.not_kept
        self.done = [c for c in self.done if c.field not in left]
        self.failures += [SettingNotKept(f, sent[f].after if f in sent else c.after, c.before) for f, c in left.items() if f not in known]
