"""The evidence document: what was measured of each facility, and all that judging knows of it.

    {"sites": {code: SiteEvidence}}

Each measurement is `{"ok": true, ...}`, or `{"ok": false, "reason": one of province.judging.case.REASONS, ...}` where it could not be
had. A name that is missing was not tried. Instants are ISO text. What a device doesn't tell is null or left out.

What another machine measured is JSON: `read` takes it apart field by field, so that nothing here is believed for its name alone.
"""

from collections.abc import Mapping
from typing import Literal, NotRequired, Required, TypedDict, TypeVar

from edge_agent.contract import typed
from edge_agent.contract.present import ClockState
from edge_agent.contract.strict import ContractError
from province.measure.result import LONGEST, clean
from province.reach.hub_view import Lifeline, Session
from province.standard.verdict import LastKnown, StreamPlace


class Failed(TypedDict):
    """`detail`: what was said last, never a device's password. `until`: when a locked device may be asked again. `derived`: the box says so
    of itself."""

    ok: Literal[False]
    reason: str
    detail: NotRequired[str]
    until: NotRequired[str]
    derived: NotRequired[bool]


class Tunnel(TypedDict):
    """Whether the box answers at its tunnel address."""

    ok: Literal[True]
    alive: bool
    rtt_ms: int | float | None
    tries: int


class Ssh(TypedDict):
    """`methods`: user -> ways to log in that the box offers."""

    ok: Literal[True]
    host_key: str | None
    methods: dict[str, list[str]]


class Ports(TypedDict):
    ok: Literal[True]
    open: list[int]
    tried: int


class Greeting(TypedDict):
    """What an SSH server says first."""

    ok: Literal[True]
    banner: str


class Beyond(TypedDict, total=False):
    """What cameras reach beyond their LAN; `unable` could send nothing at all, `unproven` ears may be deaf. `derived`: by rules alone."""

    derived: bool
    reached: list[str]
    tried: int
    unable: list[str]
    unproven: list[str]
    refused_packets: int | None


class Confined(Beyond):
    ok: Literal[True]


class NotConfined(Beyond):
    """It could not be told."""

    ok: Literal[False]
    reason: str


class KnownByHub(TypedDict, total=False):
    """`database`: why the agents' side could not be asked, while tunnels and lifelines could. `state_age_s`: how old the box's own
    word is, of which `clock` and `uptime_s` are."""

    ok: Required[Literal[True]]
    database: str | None
    connected: bool | None
    status: str | None
    first_seen: str | None
    last_seen: str | None
    silent_s: int | float | None
    tunnel: Session | None
    lifeline: Lifeline | None
    gaps: int | None
    refused: int | None
    clock: ClockState | None
    uptime_s: int | float | None
    state_age_s: int | float | None


Share = list[int | float]
"""[surely so, at most so], of a day."""


class Silences(TypedDict):
    times: int
    longest_s: int | float
    last: str | None


class History(TypedDict):
    """Whole days that are over, oldest first; the shares stand beside them. null: the camera was not there yet."""

    ok: Literal[True]
    since: NotRequired[str | None]
    days: list[str]
    cameras: dict[str, list[Share | None]]
    link: list[Share]
    silences: Silences


class Clock(TypedDict):
    """A device's clock less ours."""

    ok: Literal[True]
    offset_s: int | float
    rtt_s: NotRequired[int | float]
    uncertainty_s: NotRequired[int | float]


class NtpSource(TypedDict):
    """`on`: whether the clock goes by it; null where that isn't told."""

    servers: list[str]
    from_dhcp: bool
    on: NotRequired[bool | None]


class Encoder(TypedDict):
    """As the camera tells its encoder's setting; `gov` is in frames."""

    codec: str | None
    width: int | None
    height: int | None
    fps: int | float | None
    gov: int | None
    bitrate_kbps: NotRequired[int | None]


class OnvifEncoder(Encoder):
    """A stream as ONVIF knows it: `token` is its profile's, `media` says by which of ONVIF's services, 1 or 2; `encoder` is the encoder's
    token, null where it has none."""

    token: str
    media: int
    encoder: str | None
    multicast: NotRequired[bool]


class Encoders(TypedDict, total=False):
    main: OnvifEncoder | Encoder | None
    sub: OnvifEncoder | Encoder | None


class Able(TypedDict):
    """What a stream can be set to: codecs, sizes [width, height] with H.264 or H.265, pictures a second at most, and from one keyframe to
    the next at least. null: it doesn't tell."""

    codecs: list[str] | None
    sizes: list[list[int]] | None
    most_fps: int | None
    least_gov: NotRequired[int | None]


class Settings(TypedDict, total=False):
    """A camera's. `accounts`: user -> level; `viewer_login`: whether it was let in, null where it was not tried; `lacks`: what
    it can't do at all; `stream_reason`: why `stream` isn't known."""

    ok: Required[Literal[True]]
    scheme: str
    maker: str | None
    model: str | None
    firmware: str | None
    name: str
    accounts: dict[str, str | None]
    viewer_login: bool | None
    discovery: str
    ntp: NtpSource | None
    encoders: Encoders | None
    smart_codec: bool | None
    osd: list[str] | None
    services: dict[str, bool]
    able: Able | None
    able_sub: Able | None
    lacks: list[str]
    stream: StreamPlace | None
    stream_reason: str
    sub_stream: StreamPlace | None


class FactoryLogin(TypedDict):
    """Whether the maker's password opens the device; `at`: when it was refused."""

    ok: Literal[True]
    accepted: bool
    at: NotRequired[str]


class Counted(TypedDict, total=False):
    """What is told by counting packets as they come, whether a picture came of them or not."""

    packets: int
    seconds: int | float
    fps_timestamps: int | float | None
    fps_arrival: int | float | None
    keyframe_s: int | float | None
    keyframe_at_least_s: int | float
    keyframes: int


class Played(Counted):
    ok: Literal[True]
    codec: str
    width: int
    height: int
    first_picture_s: NotRequired[int | float | None]
    audio: NotRequired[bool]


class NotPlayed(Counted):
    ok: Literal[False]
    reason: str
    detail: NotRequired[str]


class OpenStream(TypedDict):
    """RTSP's answer to who gives no login."""

    ok: Literal[True]
    status: int


class SharedPasswords(TypedDict):
    """The other devices of the province, or "factory", that have one of its passwords."""

    ok: Literal[True]
    shared_with: list[str]


class Decoded(TypedDict):
    """Two seconds of footage, decoded by who did not record it."""

    ok: Literal[True]
    codec: str
    width: int
    height: int
    pictures: int


class Disk(TypedDict):
    name: str
    status: str | None
    total_mb: NotRequired[int | None]
    free_mb: NotRequired[int | None]
    detail: NotRequired[str | None]
    holds_days: NotRequired[int | float | None]


class Storage(TypedDict):
    """`deletes_after_days`: footage goes after so long, whatever room there is."""

    ok: Literal[True]
    derived: NotRequired[bool]
    disks: list[Disk]
    deletes_after_days: NotRequired[int | None]


Gap = TypedDict("Gap", {"from": str, "to": str, "seconds": int | float, "why": str | None})


class Footage(TypedDict):
    """Of one camera (province.measure.devices.spans)."""

    ok: Literal[True]
    at: str
    kept_from: str | None
    last: str | None
    behind_s: int | float | None
    days_kept: int | float
    searched_from: str
    gaps: list[Gap]
    gaps_in_all: int
    mode: NotRequired[str | None]
    state: NotRequired[str]
    why: NotRequired[str | None]


class Recordings(TypedDict):
    """`cameras`: by slot."""

    ok: Literal[True]
    derived: NotRequired[bool]
    cameras: dict[str, Footage | Failed]


Failure = Failed | NotPlayed | NotConfined


OfBox = Tunnel | Ssh | Ports | Greeting
OfDevice = Clock | Settings | FactoryLogin | Played | OpenStream | Decoded | Storage | Recordings
Measurement = Failure | OfBox | Confined | OfDevice


class CameraReading(TypedDict):
    """What one look at a camera tells."""

    clock: Clock | Failed
    settings: Settings | Failed
    factory_login: FactoryLogin | Failed


class RecorderReading(TypedDict):
    clock: Clock | Failed
    storage: Storage | Failed
    recordings: Recordings | Failed


class CameraEvidence(TypedDict, total=False):
    clock: Clock | Failed
    settings: Settings | Failed
    factory_login: FactoryLogin | Failed
    stream_hub: Played | NotPlayed
    stream_centre: Played | NotPlayed
    stream_without_login: OpenStream | Failed
    passwords: SharedPasswords | Failed
    footage: Decoded | Failed


class RecorderEvidence(TypedDict, total=False):
    clock: Clock | Failed
    storage: Storage | Failed
    recordings: Recordings | Failed


class SwitchEvidence(TypedDict, total=False):
    reach: Greeting | Failed


class BoxEvidence(TypedDict, total=False):
    """What is measured of a facility's box."""

    tunnel: Tunnel | Failed
    ssh: Ssh | Failed
    ports: Ports | Failed


class SiteEvidence(BoxEvidence, total=False):
    """`cameras` by slot, `recorders` and `switches` by subject. `confined` null: a flat LAN, of which no rule tells anything."""

    hub: KnownByHub | Failed
    history: History | Failed
    before: LastKnown
    confined: Confined | NotConfined | None
    cameras: dict[str, CameraEvidence]
    recorders: dict[str, RecorderEvidence]
    switches: dict[str, SwitchEvidence]


class Evidence(TypedDict):
    sites: dict[str, SiteEvidence]


Of = TypeVar("Of", BoxEvidence, CameraEvidence, RecorderEvidence, SwitchEvidence)


def read(kind: type[Of], measurements: Mapping[str, object]) -> Of:
    """Measurements by their names, as another machine tells them. One that is not what its name promises is the tool's failure, and
    costs only itself; names that nobody reads are left out. Texts are cleaned for terminal and paper."""
    taken = {name: clean(measured) for name, measured in measurements.items()}
    for name, measured in taken.items():
        try:
            typed.read(kind, kind.__name__, {name: measured})
        except ContractError as error:
            taken[name] = failed("measuring_failed", str(error)[:LONGEST])
    return typed.read(kind, kind.__name__, taken)


def failed(reason: str, detail: str | None = None) -> Failed:
    return {"ok": False, "reason": reason, "detail": detail} if detail else {"ok": False, "reason": reason}
