"""The ONVIF driver (Profiles S, T and G): `get`, `plan`, `apply`, and what it takes to get in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from edge_agent.contract.devices import DesiredDevice
from edge_agent.devices import entry, neighbours
from edge_agent.devices.faults import DeviceFailure, NoPermission, SettingNotKept, UnknownDevice, Unreachable
from edge_agent.devices.limits import Limits
from edge_agent.devices.logins import Logins
from edge_agent.devices.looks import looks
from edge_agent.devices.model import Change, Clock, Network, ObservedDevice, Outcome, needed
from edge_agent.devices.onvif import network, osd, read, write
from edge_agent.devices.onvif.clock import UNKNOWN_TIME, DeviceTime
from edge_agent.devices.onvif.plan import SERVICES, audio_kept, osd_cut, plan, shortfalls
from edge_agent.devices.onvif.questions import is_question
from edge_agent.devices.onvif.session import Session
from edge_agent.devices.patience import Deadline
from edge_agent.devices.planning import viewer_not_kept
from edge_agent.devices.soap import TDS, Soap, SoapFault

__all__ = ["KINDS", "SERVICES", "apply", "connect", "get", "identify", "is_question", "plan", "shortfalls"]

KINDS = ("camera", "recorder")
READ_BACK_S = (0.0, 0.5, 1.5, 4.0)
"""Pauses before each reading back: encoders and network services restart after a write."""


@dataclass
class Connection:
    """A device that let us in: by the desired account, or by another (`ObservedDevice.login_is_old`)."""

    session: Session
    time: DeviceTime
    is_factory: bool
    limits: Limits
    viewer_set: bool = False


@contextmanager
def connect(desired: DesiredDevice, logins: Logins, speak: type[Soap] = Soap) -> Iterator[Connection]:
    """Time, then one login; the next account only if the one before is refused, all within the count. `speak`: how its maker wants
    to be spoken to, for a driver that is ONVIF but for that.

    A device that isn't at its address is looked for in its LAN by its MAC address, if it is known how to move it.
    """
    session = Session(speak(desired.address, desired.port, Deadline(desired.deadline_s)), logins, desired.key)
    try:
        moment = neighbours.asked(desired, session.read_time, session.at)
        neighbours.check(desired)
        offered = entry.candidates(desired, logins)
        index = session.open(offered)
        if moment.timezone is None:
            moment = session.read_time()
        is_factory = entry.remember(desired, logins, offered, index)
        yield Connection(session, moment, is_factory, Limits(logins.folder))
    finally:
        session.soap.close()


def identify(desired: DesiredDevice, logins: Logins, speak: type[Soap] = Soap) -> ObservedDevice:
    """The clock, and who the device is if it says so without a login. No login is tried.

    Raises UnknownDevice where it knows neither question.
    """
    soap = speak(desired.address, desired.port, Deadline(desired.deadline_s))
    try:
        session = Session(soap, logins, desired.key)
        moment = session.read_time()
        clock = Clock(moment.offset_s, moment.source, moment.timezone)
        try:
            return ObservedDevice(read.identity(session.call("tds", TDS.GetDeviceInformation())), clock)
        except NoPermission:
            return ObservedDevice(clock=clock)
        except SoapFault as fault:
            if moment == UNKNOWN_TIME and fault.unsupported:
                raise UnknownDevice(str(fault)) from fault
            return ObservedDevice(clock=clock)
    finally:
        soap.close()


def get(connection: Connection, desired: DesiredDevice, *, all_options: bool = False) -> ObservedDevice:
    """Read the device; with a viewer wanted that exists, one login as it tells whether its password is right."""
    session = connection.session
    observed = read.get(session, connection.time, desired, everything=all_options)
    if observed.network is None and session.soap.host != desired.address:
        observed = replace(observed, network=Network(session.soap.host))
    exists = desired.viewer is not None and any(u.name == desired.viewer.user for u in observed.users or ())
    # In a rotation the viewer's password is set without asking whether it is right: afterwards it is asked.
    is_old = connection.is_factory and not connection.viewer_set
    works = entry.viewer_works(desired, exists, is_old, session.logins, session.proves)
    known = connection.limits.of(session.key, observed.identity.firmware)
    return replace(observed, login_is_old=connection.is_factory, viewer_works=works, limits=known)


def apply(connection: Connection, observed: ObservedDevice, desired: DesiredDevice, changes: list[Change]) -> Outcome:
    """Make `changes` group by group and read the device back; then the account in use, then the address.

    One group's failure leaves the others; a device that vanishes ends it. Nothing is written where `changes` is empty.
    """
    outcome = Outcome()
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.group, []).append(change)
    admin, moves = groups.pop("admin", None), groups.pop("network", None)
    try:
        for group, members in groups.items():
            _write(connection, group, members, observed, desired, outcome)
        if outcome.done:
            _read_back(connection, desired, outcome, ("admin", "network"))
        if admin and (failed := viewer_not_kept(outcome, admin)):
            outcome.failures.append(failed)
        elif admin:
            _write(connection, "admin", admin, observed, desired, outcome)
        if moves:
            _network(connection, moves, desired, outcome)
    except Unreachable as failure:
        outcome.failures.append(failure)
    return outcome


def _write(
    connection: Connection, group: str, members: list[Change], observed: ObservedDevice, desired: DesiredDevice, outcome: Outcome
) -> None:
    try:
        if group == "osd":
            _osd(connection, members, observed, desired, outcome)
        else:
            write.write(connection.session, group, members, observed, desired)
        outcome.done += members
        connection.viewer_set |= group == "viewer"
    except Unreachable:
        raise
    except DeviceFailure as failure:
        outcome.failures.append(failure)


def _osd(connection: Connection, members: list[Change], observed: ObservedDevice, desired: DesiredDevice, outcome: Outcome) -> None:
    """As much of the text as the device keeps; what it doesn't is remembered and told."""
    text = needed(desired.osd)
    try:
        kept = osd.write(connection.session, text)
    except SoapFault as fault:
        raise SettingNotKept("osd", text, members[0].before, str(fault)) from fault
    if kept and kept != text:
        connection.limits.note(connection.session.key, observed.identity.firmware, {"osd": {"asked": text, "kept": kept}})
        outcome.notes.append(osd_cut(text, kept))
        members[:] = [replace(c, after=kept) for c in members]


def _network(connection: Connection, members: list[Change], desired: DesiredDevice, outcome: Outcome) -> None:
    """A device that restarts is read back by whoever called us; one that only moved, here."""
    try:
        outcome.restarts = network.write(connection.session, desired, members, outcome.failures)
    except Unreachable:
        raise
    except DeviceFailure as failure:
        outcome.failures.append(failure)
        return
    outcome.done += [c for c in members if c.field not in outcome.not_kept]
    if not outcome.restarts:
        connection.is_factory = connection.is_factory and not any(c.group == "admin" for c in outcome.done)
        _read_back(connection, desired, outcome, ("admin",))


def _read_back(connection: Connection, desired: DesiredDevice, outcome: Outcome, not_yet: tuple[str, ...]) -> None:
    """Accepted is not kept: what still differs is no longer done, but a failure (device-onvif-camera#26)."""

    def read_again() -> ObservedDevice:
        connection.time = connection.session.read_time()
        return get(connection, desired)

    left: dict[str, Change] = {}
    for there in looks(READ_BACK_S, outcome, read_again):
        left = {c.field: c for c in plan(there, desired) if c.group not in not_yet}
        if not left:
            break
    if left.pop("audio", None) is not None:
        # Where the device allows it: one that doesn't is told of, not failed, and not asked again.
        outcome.done = [c for c in outcome.done if c.field != "audio"]
        outcome.notes.append(audio_kept())
        connection.limits.note(connection.session.key, there.identity.firmware, {"audio_kept": True})
    outcome.read_back(left)
