"""The driver for Dahua and its relabels (KBVision, Imou, Amcrest, Intelbras, ...) by their own CGI, for cameras and recorders."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices import entry, neighbours, normalise
from edge_agent.devices.dahua import network, picture, read, recorder, search, write
from edge_agent.devices.dahua.cgi import Cgi
from edge_agent.devices.dahua.plan import plan, shortfalls
from edge_agent.devices.dahua.questions import is_question
from edge_agent.devices.dahua.read import SERVICES
from edge_agent.devices.dahua.reader import Reader
from edge_agent.devices.faults import DeviceFailure, NoPermission, SettingNotKept, Unreachable
from edge_agent.devices.logins import Logins
from edge_agent.devices.looks import looks
from edge_agent.devices.model import Change, Channel, ObservedDevice, Outcome, Problem, Readings, User
from edge_agent.devices.planning import viewer_not_kept

__all__ = ["KINDS", "SERVICES", "apply", "connect", "get", "identify", "is_question", "plan", "shortfalls"]

KINDS = ("camera", "recorder")
READ_BACK_S = (0.0, 0.5, 1.5, 3.0)
"""Pauses before each reading back: encoders restart after a write, and some firmware answers from an old copy for a while."""
LAST = ("admin", "network")
DAYS = 7
"""How far back is looked where nobody says how many days are wanted."""
SEARCH_SHARE = 0.5
"""How much of the time that a device has left its own search of recordings may take."""


@dataclass
class Connection:
    """A device that let us in. `is_old`: not with the desired administrator's password; `is_recorder`: what it says that it is."""

    cgi: Cgi
    is_old: bool
    is_recorder: bool | None = None


@contextmanager
def connect(desired: DesiredDevice, logins: Logins) -> Iterator[Connection]:
    """One login; the next account only if the one before is refused, all within the count."""
    cgi = Cgi(desired, logins)
    try:
        cgi.reach()
        neighbours.check(desired)
        offered = entry.candidates(desired, logins)
        index = cgi.open(offered)
        yield Connection(cgi, entry.remember(desired, logins, offered, index) if cgi.http.asks_login else False)
    finally:
        cgi.close()


def identify(desired: DesiredDevice, logins: Logins) -> ObservedDevice:
    """Without a login a Dahua device tells that it is one, whether it was ever given a password, and by the realm of its login
    which one it is."""
    cgi = Cgi(desired, logins)
    try:
        cgi.reach()
        cgi.raise_unless_maker()
        cgi.raise_if_factory_new()
        reader = Reader(cgi)
        if cgi.http.asks_login:
            return ObservedDevice(read.named(cgi.realm))
        return ObservedDevice(read.identity(reader, desired)["identity"], read.clock(reader, desired)["clock"])
    finally:
        cgi.close()


Area = Callable[[Reader, DesiredDevice], Readings]
_EVERYWHERE: dict[str, Area] = {"viewer": read.users, "identity": read.identity, "clock": read.clock, "name": read.name}
_CAMERA: dict[str, Area] = {
    "osd": picture.osd,
    "encoder": picture.encoders,
    "smart_codec": picture.smart_codec,
    "streams": picture.streams,
}
_RECORDER: dict[str, Area] = {"channel": recorder.channels, "storage": recorder.storage}
_SAME = {"ntp": "clock", "sub_encoder": "encoder", "audio": "encoder", "recording": "channel"}
"""Groups of changes that are read with another."""


def get(connection: Connection, desired: DesiredDevice, *, all_options: bool = False) -> ObservedDevice:
    """Read the device; with a viewer wanted that exists, one login as it tells whether its password is right."""
    observed = _read(connection, desired, None, all_options)
    viewer = desired.viewer.user if desired.viewer else None
    exists = any(u.name == viewer for u in observed.users or ())
    works = entry.viewer_works(desired, exists, connection.is_old, connection.cgi.logins, connection.cgi.http.proves)
    observed = replace(observed, login_is_old=connection.is_old, viewer_works=works)
    if all_options and (desired.kind == "recorder" or connection.is_recorder):  # no plan needs to know what is recorded
        reader = Reader(connection.cgi)
        reader.administrator = any(u == User(observed.login_user or "", "Administrator") for u in observed.users or ())
        found = sorted((*observed.channels, *recorder.analog(reader, observed)), key=lambda c: c.number)
        observed = replace(observed, channels=tuple(found))
        observed = replace(observed, **picture.of_channels(reader, [c.number for c in observed.channels]))
        observed = _searched(connection.cgi, observed, desired)
        observed = replace(observed, problems=(*observed.problems, *reader.problems))
    return observed


def _read(connection: Connection, desired: DesiredDevice, only: set[str] | None, all_options: bool = False) -> ObservedDevice:
    """Everything, or only the areas that some groups of changes are about; with `all_options` as what the device says that it is."""
    reader, found, mac = Reader(connection.cgi), Readings(), None

    def ask(areas: dict[str, Area]) -> None:
        for name, area in areas.items():
            if only is None or name in only or name == "viewer":
                found.update(area(reader, desired))

    ask(_EVERYWHERE)
    if only is None:
        connection.is_recorder = read.is_recorder(reader, found["identity"])
        if all_options and connection.is_recorder:
            desired = replace(desired, kind="recorder")
    ask(_CAMERA if desired.kind == "camera" else _RECORDER)
    if only is None or "services" in only:
        found.update(read.services(reader, desired, all_options))
    if only is None or "network" in only:
        there, mac = network.read(reader, desired)
        found["network"] = there
    if all_options:
        picture.onvif(reader)
        if desired.kind == "camera":
            found.update(recorder.storage(reader, desired))
    observed = ObservedDevice(**found, problems=tuple(reader.problems))
    if only is None:
        _raise_if_silent(observed)
        if not all_options:
            read.raise_if_other_kind(observed.identity, desired, connection.is_recorder)
    return replace(observed, identity=replace(observed.identity, mac=mac))


def _raise_if_silent(observed: ObservedDevice) -> None:
    """A device that lets us in and tells nothing at all doesn't know us: some firmware says 403 to a locked account too."""
    if observed.identity.firmware is None and observed.users is None and not observed.encoders and not observed.channels:
        closed = [p.detail for p in observed.problems if p.category == "no_permission"]
        if closed:
            raise NoPermission(closed[0])


def _searched(cgi: Cgi, observed: ObservedDevice, desired: DesiredDevice) -> ObservedDevice:
    """With what is really recorded of the desired channels, for as many days as are wanted and as long as there is time."""
    zone = normalise.zone_minutes((observed.clock.timezone or desired.timezone or "").removesuffix(" DST"))
    east = timedelta(minutes=zone or 0)
    until = datetime.now(UTC)
    since = until - timedelta(days=desired.recording_days or DAYS)
    numbers = {c.number for c in desired.channels} if desired.channels is not None else None
    ends = cgi.deadline.left() * (1 - SEARCH_SHARE)
    found: list[Channel] = []
    untold = []
    for channel in observed.channels:
        if (numbers is None or channel.number in numbers) and cgi.deadline.left() > ends:
            channel = replace(channel, spans=search.spans(cgi, channel.number, since, until, east))
        if channel.spans is None:
            untold.append(channel.number)
        found.append(channel)
    if any(c.spans for c in found):  # its search works, so a refusal means: nothing there
        found = [replace(c, spans=()) if c.spans is None and cgi.deadline.left() > ends else c for c in found]
        untold = [c.number for c in found if c.spans is None]
    asked = [n for n in untold if numbers is None or n in numbers]
    problems = list(observed.problems)
    if asked:
        names = ", ".join(map(str, asked))
        vi, en = f"đầu ghi không cho biết bản ghi của kênh {names}", f"the recorder does not tell what it has of channels {names}"
        problems.append(Problem("unsupported", "recordings", Text(vi, en)))
    return replace(observed, channels=tuple(found), problems=tuple(problems))


def apply(connection: Connection, observed: ObservedDevice, desired: DesiredDevice, changes: list[Change]) -> Outcome:
    """Make `changes` group by group and read the device back; then the account in use, then the address, and read that back.

    One group's failure leaves the others; a device that vanishes ends it. Nothing is written where `changes` is empty.
    """
    outcome = Outcome()
    groups = {g: list(c) for g, c in groupby(changes, key=lambda c: c.group)}
    last = [(g, groups.pop(g)) for g in LAST if g in groups]
    try:
        for group, members in groups.items():
            _write(connection.cgi, group, members, observed, desired, outcome)
        if outcome.done:
            _read_back(connection, desired, outcome, {c.group for c in outcome.done})
        for group, members in last:
            if group == "admin" and (failed := viewer_not_kept(outcome, members)):
                outcome.failures.append(failed)
            else:
                _write(connection.cgi, group, members, observed, desired, outcome)
        if any(c.group == "network" for c in outcome.done):
            _read_back(connection, desired, outcome, {"network"})
    except Unreachable as failure:
        outcome.failures.append(failure)
    return outcome


def _write(cgi: Cgi, group: str, members: list[Change], observed: ObservedDevice, desired: DesiredDevice, outcome: Outcome) -> None:
    try:
        write.write(cgi, group, members, observed, desired)
        outcome.done += members
    except Unreachable:
        raise
    except DeviceFailure as failure:
        outcome.failures.append(failure)


def _area(group: str) -> str:
    """With which area a group of changes is read: what was not read is not judged."""
    name = group.partition(".")[0]
    return _SAME.get(name, name)


def _read_back(connection: Connection, desired: DesiredDevice, outcome: Outcome, groups: set[str]) -> None:
    """Accepted is not kept: what of `groups` still differs is no longer done, but a failure.

    What the encoder allows follows its picture size, so what is left of it after a first write is written once more.
    """
    areas = {_area(name) for name in groups}
    again = {"encoder", "sub_encoder"}
    left: dict[str, Change] = {}
    for there in looks(READ_BACK_S, outcome, lambda: _read(connection, desired, areas)):
        left = {c.field: c for c in plan(there, desired) if c.group != "admin" and _area(c.group) in areas}
        if not left:
            return
        for group in sorted(again & {c.group for c in left.values()}):
            again.discard(group)
            with suppress(SettingNotKept, NoPermission):  # what is left after it is told all the same
                write.write(connection.cgi, group, [c for c in left.values() if c.group == group], there, desired)
    # A camera that isn't there has the right account for all that the recorder tells: `shortfalls` names it.
    left = {f: c for f, c in left.items() if not (c.group.startswith("channel.") and c.before == c.after)}
    outcome.read_back(left)
