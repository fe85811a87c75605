"""The documents that cross the wire between a box's agent and the hub's collector, and the rules they keep.

Topics (MQTT 5, SITE is the facility's id, which is also the CN of its certificate):

    ketnoi/v1/SITE/events   up    EventBatch   history, strictly in order, one batch in flight
    ketnoi/v1/SITE/state    up    State        the present; or Beat, when nothing changed since State number n
    ketnoi/v1/SITE/link     up    LinkState    retained; also the connection's will
    ketnoi/v1/SITE/ack      down  Ack          after the collector's commit; cumulative within an epoch
    ketnoi/v1/SITE/command  down  CMS          signed by the hub; see edge_agent.orders.command

An event is named by (site, epoch, seq). An epoch is the life of one outbox file; seq counts from 1 in it and is never used
again. A batch always starts at the oldest row that the outbox still holds, so what lies below its first seq is gone for good
(acknowledged, or declared missing by an event of class "gap"). The agent deletes rows only on Ack(epoch, upto).

Parsing is strict: a field that is absent, of the wrong type or beyond its bounds raises ContractError, which names it. Fields that are
not known are ignored: a newer agent may say more. `schema` changes when an old reader would misunderstand. An event that can't be read
but for its number is put aside (EventBatch.unreadable): what comes after it must not wait for ever.
"""

import itertools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, Self, TypeVar

from edge_agent.contract import typed
from edge_agent.contract.present import ClockState, Measured, OutboxState, Way
from edge_agent.contract.strict import ContractError, Fields, parse_json, utc_text

SCHEMA = 1
PREFIX = "ketnoi/v1"
SITE_ID = re.compile(r"[A-Z][A-Z0-9-]{1,31}")
_TOKEN = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_SUBJECT = re.compile(r"[a-z][a-z_]{0,31}")
_MAX_SEQ = 2**62
_MAX_EVENTS, _MAX_CAMERAS, _MAX_NAMES = 1000, 200, 100
MAX_TEXT = 4096
MAX_BOOT_S = 1e9
"""No machine has run for 31 years."""

LinkStatus = Literal["online", "offline"]
#: How a subject is, kept apart everywhere. up; frozen: a session but no fresh packets; down: we looked and it failed;
#: unreachable: the way to it failed, so it could not be looked at; unknown: nobody has looked, or no word came.
Status = Literal["up", "frozen", "down", "unreachable", "unknown"]
STATUSES: tuple[Status, ...] = ("up", "frozen", "down", "unreachable", "unknown")


#: What the hub may ask of an agent; no other word is a command, and none takes an argument.
COMMANDS = ("probe_now", "report_now", "raise_lifeline", "restart_recorder", "read_settings")


def topic(site: str, kind: Literal["events", "state", "link", "ack", "command"]) -> str:
    return f"{PREFIX}/{site}/{kind}"


def split_topic(text: str) -> tuple[str, str]:
    """(site, kind) of a topic of ours; ContractError for any other."""
    parts = text.split("/")
    if len(parts) != 4 or "/".join(parts[:2]) != PREFIX or not SITE_ID.fullmatch(parts[2]):
        raise ContractError(f"topic {text!r} is not {PREFIX}/SITE/KIND")
    return parts[2], parts[3]


def _envelope(what: str, payload: bytes) -> tuple[Fields, str]:
    """Of the present and of links no text is long; an event's body is the hub's to keep as it came."""
    document = parse_json(what, payload)
    if what != "events":
        _short_texts(what, document)
    fields = Fields(what, document)
    if fields.take("schema", int) != SCHEMA:
        raise ContractError(f"{what}.schema: only {SCHEMA} is known here: update ketnoi on this side first")
    return fields, fields.match("site", SITE_ID)


def _short_texts(what: str, document: object) -> None:
    inner = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for name, value in inner:
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise ContractError(f"{what}.{str(name)[:80]}: {len(value)} characters are more than {MAX_TEXT}")
        _short_texts(f"{what}.{str(name)[:80]}", value)


@dataclass(frozen=True)
class _Document:
    site: str

    def to_bytes(self) -> bytes:
        return _json({"schema": SCHEMA, **asdict(self)}).encode()


@dataclass(frozen=True)
class Event:
    """One change. wall: UTC text by the box's clock; mono: seconds since boot `boot`; clock_synced None: nobody could tell.

    late: it was recorded before the present connection, that is: it is history. What a body says is in edge_agent.contract.events; here
    it stays as it came, so that the hub keeps what a newer agent says more.
    """

    seq: int
    wall: str
    mono: float
    boot: str
    clock_synced: bool | None
    cls: str
    body: Mapping[str, object]
    late: bool = False

    @classmethod
    def read(cls, document: object) -> Self:
        fields = Fields("event", document)
        return cls(
            seq=fields.between("seq", 1, _MAX_SEQ),
            wall=utc_text(fields.instant("wall")),
            mono=fields.number("mono", 0, MAX_BOOT_S),
            boot=fields.match("boot", _TOKEN),
            clock_synced=fields.take("clock_synced", (bool, type(None))),
            cls=fields.match("cls", _TOKEN),
            body=fields.take("body", dict),
            late=fields.take("late", bool),
        )


@dataclass(frozen=True)
class Unreadable:
    """An event of which only the number could be read; `reason`: why, `document`: it, as JSON."""

    seq: int
    reason: str
    document: str


@dataclass(frozen=True)
class EventBatch(_Document):
    """Consecutive rows from the head of the outbox, seq rising. `unreadable` is the reader's: nobody sends it."""

    epoch: str
    events: tuple[Event, ...]
    unreadable: tuple[Unreadable, ...] = ()

    def to_bytes(self) -> bytes:
        document = {"schema": SCHEMA, "site": self.site, "epoch": self.epoch, "events": [asdict(one) for one in self.events]}
        return _json(document).encode()

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        fields, site = _envelope("events", payload)
        documents: list[object] = fields.take("events", list)
        if not 0 < len(documents) <= _MAX_EVENTS:
            raise ContractError(f"events.events: 1 to {_MAX_EVENTS} are wanted")
        read = [_event_or_number(one) for one in documents]
        if any(later.seq <= earlier.seq for earlier, later in itertools.pairwise(read)):
            raise ContractError("events.events: seq must rise")
        events = tuple(one for one in read if isinstance(one, Event))
        unreadable = tuple(one for one in read if isinstance(one, Unreadable))
        return cls(site=site, epoch=fields.match("epoch", _TOKEN), events=events, unreadable=unreadable)


def _event_or_number(document: object) -> Event | Unreadable:
    """ContractError where not even its number can be read."""
    try:
        return Event.read(document)
    except ContractError as error:
        return Unreadable(Fields("event", document).between("seq", 1, _MAX_SEQ), str(error), _json(document))


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True)
class Ack(_Document):
    """The collector has committed every event of `epoch` with seq <= upto.

    conflict: what was sent under such a number is not what it has: this outbox is an old copy of one that went on. The agent
    goes on in a new epoch and takes its rows along. publish_state: a Beat spoke of a State that the hub does not have.
    """

    epoch: str
    upto: int
    conflict: bool = False
    publish_state: bool = False

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        fields, site = _envelope("ack", payload)
        epoch, upto = fields.match("epoch", _TOKEN), fields.between("upto", 0, _MAX_SEQ)
        conflict, publish_state = (fields.take(name, bool, False) for name in ("conflict", "publish_state"))
        return cls(site=site, epoch=epoch, upto=upto, conflict=conflict, publish_state=publish_state)


@dataclass(frozen=True)
class LinkState(_Document):
    """online or offline, of the connection named; a will that comes late names a connection that is no longer the present one."""

    connection: str
    status: LinkStatus
    reason: str
    at: str | None = None

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        fields, site = _envelope("link", payload)
        return cls(
            site=site,
            connection=fields.match("connection", _TOKEN),
            status=fields.one_of("status", ("online", "offline")),
            reason=fields.text("reason", 200),
            at=fields.instant_or_none("at"),
        )


@dataclass(frozen=True)
class HealthState:
    """How a subject of the box is ("disk", "clock", ...: edge_agent.daemon.health); since as a camera's."""

    status: Status
    reason: str | None = None
    since: str | None = None
    measured: Measured = field(default_factory=Measured)


@dataclass(frozen=True)
class CameraState:
    """A camera as the box sees it. since: when the word became true, by the box's clock; reason: a code (see probes), or None."""

    slot: int
    name: str
    status: Status
    since: str | None = None
    reason: str | None = None
    measured: Measured = field(default_factory=Measured)

    @classmethod
    def read(cls, document: object) -> Self:
        fields = Fields("camera", document)
        return cls(
            slot=fields.between("slot", 1, 126),
            name=fields.text("name", 200),
            status=fields.one_of("status", STATUSES),
            since=fields.instant_or_none("since"),
            reason=fields.text("reason", 200, None),
            measured=typed.read(Measured, "camera.measured", fields.take("measured", dict, {})),
        )


@dataclass(frozen=True)
class State(_Document):
    """Everything of the present, idempotent, outside the sequence.

    digests: role -> digest of the input that the box converged to; health by subject.
    """

    connection: str
    number: int
    at: str
    agent: str
    boot: str
    uptime_s: float
    clock: ClockState
    outbox: OutboxState
    cameras: tuple[CameraState, ...]
    digests: dict[str, str]
    link: Way | None = None
    health: dict[str, HealthState] = field(default_factory=dict)

    @classmethod
    def parse(cls, payload: bytes) -> "State | Beat":
        fields, site = _envelope("state", payload)
        connection, number = fields.match("connection", _TOKEN), fields.between("number", 1, _MAX_SEQ)
        if fields.take("same", bool, False):
            return Beat(site=site, connection=connection, number=number)
        return cls(
            site=site, connection=connection, number=number,
            at=utc_text(fields.instant("at")), agent=fields.text("agent", 64), boot=fields.match("boot", _TOKEN),
            uptime_s=fields.number("uptime_s", 0, MAX_BOOT_S),
            clock=typed.read(ClockState, "state.clock", fields.take("clock", dict)),
            outbox=typed.read(OutboxState, "state.outbox", fields.take("outbox", dict)),
            cameras=_cameras(fields.take("cameras", list)),
            digests=_few("state.digests", typed.read(dict[str, str], "state.digests", fields.take("digests", dict))),
            link=typed.read(Way, "state.link", link) if (link := fields.take("link", (dict, type(None)), None)) else None,
            health=_health(fields.take("health", dict, {})),
        )  # fmt: skip


def _cameras(documents: list[object]) -> tuple[CameraState, ...]:
    cameras = tuple(CameraState.read(one) for one in documents[: _MAX_CAMERAS + 1])
    if len(cameras) > _MAX_CAMERAS or len({one.slot for one in cameras}) < len(cameras):
        raise ContractError(f"state.cameras: {_MAX_CAMERAS} at most, each slot once")
    return cameras


def _health(document: dict[str, object]) -> dict[str, HealthState]:
    health = _few("state.health", typed.read(dict[str, HealthState], "state.health", document))
    if wrong := [name for name in health if not _SUBJECT.fullmatch(name)]:
        raise ContractError(f"state.health: {wrong[0][:80]!r} is no subject")
    for name, one in health.items():
        if one.since is not None:
            Fields(f"state.health.{name}", {"since": one.since}).instant("since")
    return health


T = TypeVar("T")


def _few(what: str, found: dict[str, T]) -> dict[str, T]:
    if len(found) > _MAX_NAMES or any(len(name) > _MAX_NAMES for name in found):
        raise ContractError(f"{what}: {_MAX_NAMES} at most, by names of {_MAX_NAMES} characters at most")
    return found


@dataclass(frozen=True)
class Beat(_Document):
    """Alive, and State `number` of this connection still holds: 90 bytes in place of kilobytes, so that a 4G link stays cheap.

    What holds: its words, reasons and digests, and the clock's offset to 0.1 s. Other figures are as old as the State.
    """

    connection: str
    number: int
    same: bool = True


Document = EventBatch | State | Beat | LinkState
"""What an agent sends."""
PARSERS: dict[str, Callable[[bytes], Document]] = {"events": EventBatch.parse, "state": State.parse, "link": LinkState.parse}
