"""The ONVIF driver (Profiles S and T): `get`, `plan`, `apply`, and what it takes to get in."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby

from edge_agent.devices import entry, neighbours
from edge_agent.devices.faults import DeviceFailure, NoPermission, SettingNotKept, Unreachable
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import Change, Clock, Current, Outcome, Wanted
from edge_agent.devices.onvif import read, write
from edge_agent.devices.onvif.plan import plan, shortfalls
from edge_agent.devices.onvif.session import DeviceTime, Session
from edge_agent.devices.patience import Deadline
from edge_agent.devices.soap import TDS, Soap, SoapFault

__all__ = ["apply", "connect", "get", "identify", "plan", "shortfalls"]

READ_BACK_S = (0.0, 0.5, 1.5)
"""Pauses before each reading back: encoders restart after a write."""


@dataclass
class Connection:
    """A device that let us in: by the wanted account, or by the factory's."""

    session: Session
    time: DeviceTime
    is_factory: bool


@contextmanager
def connect(wanted: Wanted, logins: Logins) -> Iterator[Connection]:
    """Time, then one login; the next account only if the one before is refused, all within the count."""
    soap = Soap(wanted.address, wanted.port, Deadline(wanted.deadline_s))
    session = Session(soap, logins, wanted.key)
    try:
        moment = session.read_time()
        neighbours.check(wanted)
        offered = entry.candidates(wanted, logins)
        index = session.open(offered)
        if moment.timezone is None:
            moment = session.read_time()
        is_factory = entry.remember(wanted, logins, offered, index)
        yield Connection(session, moment, is_factory)
    finally:
        soap.close()


def identify(wanted: Wanted, logins: Logins) -> Current:
    """The clock, and who the device is if it says so without a login. No login is tried."""
    soap = Soap(wanted.address, wanted.port, Deadline(wanted.deadline_s))
    try:
        session = Session(soap, logins, wanted.key)
        moment = session.read_time()
        clock = Clock(moment.offset_s, moment.source, moment.timezone)
        try:
            return Current(read.identity(session.call("tds", TDS.GetDeviceInformation())), clock)
        except (SoapFault, NoPermission):
            return Current(clock=clock)
    finally:
        soap.close()


def get(connection: Connection, wanted: Wanted, *, all_options: bool = False) -> Current:
    """Read the device; with a viewer wanted that exists, one login as it tells whether its password is right."""
    session = connection.session
    current = read.get(session, connection.time, codec=wanted.encoder.codec if wanted.encoder else None, all_options=all_options)
    exists = wanted.viewer is not None and any(u.name == wanted.viewer.user for u in current.users or ())
    works = entry.viewer_works(wanted, exists, connection.is_factory, session.logins, session.proves)
    return replace(current, login_is_factory=connection.is_factory, viewer_works=works)


def apply(connection: Connection, current: Current, wanted: Wanted, changes: list[Change]) -> Outcome:
    """Make `changes` group by group, read the device back, then change the account in use.

    One group's failure leaves the others; a device that vanishes ends it. Nothing is written where `changes` is empty.
    """
    outcome = Outcome()
    groups = [(g, list(c)) for g, c in groupby(changes, key=lambda c: c.group)]
    settings = [(g, c) for g, c in groups if g != "admin"]
    try:
        for group, members in settings:
            _write(connection.session, group, members, current, wanted, outcome)
        if outcome.done:
            _read_back(connection, wanted, outcome)
        for group, members in groups:
            if group == "admin":
                _write(connection.session, group, members, current, wanted, outcome)
    except Unreachable as failure:
        outcome.failures.append(failure)
    return outcome


def _write(session: Session, group: str, members: list[Change], current: Current, wanted: Wanted, outcome: Outcome) -> None:
    try:
        write.write(session, group, members, current, wanted)
        outcome.done += members
    except Unreachable:
        raise
    except DeviceFailure as failure:
        outcome.failures.append(failure)


def _read_back(connection: Connection, wanted: Wanted, outcome: Outcome) -> None:
    """Accepted is not kept: what still differs is no longer done, but a failure (device-onvif-camera#26)."""
    for pause in READ_BACK_S:
        time.sleep(pause)
        connection.time = connection.session.read_time()
        there = get(connection, wanted)
        left = {c.field: c for c in plan(there, wanted) if c.group not in ("admin", "audio")}
        if not left:
            break
    refused = {c.field for c in outcome.done if c.group == "audio"} if there.audio_profiles else set()
    sent = {c.field: c for c in outcome.done}
    failed = {f for failure in outcome.failures if isinstance(failure, SettingNotKept) for f in failure.field.split(", ")}
    outcome.done = [c for c in outcome.done if c.field not in left and c.field not in refused]
    outcome.failures += [SettingNotKept(f, sent[f].after if f in sent else c.after, c.before) for f, c in left.items() if f not in failed]
