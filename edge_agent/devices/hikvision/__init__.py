"""The Hikvision driver (ISAPI) for cameras and recorders: `get`, `plan`, `apply`, and what it takes to get in."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import groupby

from edge_agent.contract.devices import Account, DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices import entry, neighbours, xmlsafe
from edge_agent.devices.exchange import HTTPS_ONLY, Answer
from edge_agent.devices.faults import BadAnswer, DeviceFailure, NoPermission, NotActivated, OldFirmware, UnknownDevice, Unreachable
from edge_agent.devices.hikvision import accounts, read, write
from edge_agent.devices.hikvision.isapi import LOGIN_PATH, Isapi, IsapiFault, document, judge
from edge_agent.devices.hikvision.plan import plan, shortfalls
from edge_agent.devices.hikvision.questions import is_question
from edge_agent.devices.hikvision.services import NAMES as SERVICES
from edge_agent.devices.logins import Logins
from edge_agent.devices.looks import looks
from edge_agent.devices.model import Change, Identity, ObservedDevice, Outcome, User
from edge_agent.devices.onvif.session import Session
from edge_agent.devices.patience import Deadline
from edge_agent.devices.planning import viewer_not_kept
from edge_agent.devices.soap import Soap
from edge_agent.devices.vendor_http import REFUSED as REFUSED_STATUS
from edge_agent.devices.vendor_http import VendorHttp

__all__ = ["KINDS", "SERVICES", "apply", "connect", "get", "identify", "is_question", "plan", "shortfalls"]

KINDS = ("camera", "recorder")
READ_BACK_S = (0.0, 0.5, 1.5, 3.0)
"""Pauses before each reading back: encoders and network restart after a write."""
LAST = ("network", "admin")
NOT_WATCHING, REFUSED = " (no preview)", " (refused)"
"""Behind the level of a viewer who may not see pictures, or whose password ONVIF doesn't take."""
NO_ISAPI = Text("không có ISAPI", "it has no ISAPI")


@dataclass
class Connection:
    """A device that let us in. `is_old`: not with the desired administrator's password; `viewer_set`: its password was just set
    and seen to work."""

    isapi: Isapi
    is_old: bool
    viewer_set: bool = False


@contextmanager
def connect(desired: DesiredDevice, logins: Logins) -> Iterator[Connection]:
    """Whether it is activated, then one login; the next account only if the one before is refused, all within the count.

    A device that isn't at its address is looked for in its LAN by its MAC address, if it is known how to move it.
    """
    http = _http(desired, logins)
    try:
        neighbours.asked(desired, lambda: _activated(http), http.at)
        neighbours.check(desired)
        offered = entry.candidates(desired, logins)
        try:
            index = http.open(offered)
        except UnknownDevice as failure:
            raise _without_isapi(http, failure) from failure
        if not http.asks_login and not _is_info(http.anonymous("GET", LOGIN_PATH)):
            raise _without_isapi(http, UnknownDevice(NO_ISAPI))
        is_old = entry.remember(desired, logins, offered, index) if http.asks_login else False
        yield Connection(Isapi(http), is_old)
    finally:
        http.close()


def identify(desired: DesiredDevice, logins: Logins) -> ObservedDevice:
    """Who the device is if it says so without a login. No login is tried."""
    http = _http(desired, logins)
    try:
        is_maker = _activated(http)
        answer = http.anonymous("GET", LOGIN_PATH)
        if answer.status == 200 and _is_info(answer):
            return ObservedDevice(read.identity(document(answer)))
        if answer.sends_to_https:
            raise UnknownDevice(HTTPS_ONLY)
        if answer.status == 404 or not (is_maker or answer.status in REFUSED_STATUS):
            raise _without_isapi(http, UnknownDevice(NO_ISAPI))
        return ObservedDevice(Identity(maker="HIKVISION") if is_maker else Identity())
    finally:
        http.close()


def get(connection: Connection, desired: DesiredDevice, *, all_options: bool = False) -> ObservedDevice:
    """Read the device; with a viewer wanted that exists, one login as it tells whether its password is right."""
    isapi, viewer = connection.isapi, desired.viewer
    observed = read.get(isapi, desired, all_options=all_options)
    exists = viewer is not None and any(u.name == viewer.user for u in observed.users or ())
    works = True if connection.viewer_set else None
    if not connection.viewer_set:
        works = entry.viewer_works(desired, exists, connection.is_old, isapi.http.logins, lambda a: accounts.proves(isapi, a))
    _learn_lock(isapi)
    login = isapi.http.account
    return replace(
        observed,
        users=_with_rights(isapi, observed, viewer) if exists and viewer else observed.users,
        onvif_users=_tried(connection, observed, viewer) if viewer and works is not False else observed.onvif_users,
        login_user=login.user if login else None,
        login_is_old=connection.is_old,
        viewer_works=works,
    )


def apply(connection: Connection, observed: ObservedDevice, desired: DesiredDevice, changes: list[Change]) -> Outcome:
    """Make `changes` group by group and read the device back; then its address and read that back, then the account in use;
    restart it if it asked for that.

    One group's failure leaves the others; a device that vanishes ends it. Nothing is written where `changes` is empty.
    """
    outcome = Outcome()
    groups = {g: list(c) for g, c in groupby(changes, key=lambda c: c.group)}
    last = [(g, groups.pop(g)) for g in LAST if g in groups]
    try:
        for group, members in groups.items():
            _write(connection, group, members, observed, desired, outcome)
        if outcome.done:
            _read_back(connection, desired, outcome, LAST)
        for group, members in last:
            if group == "admin" and (failed := viewer_not_kept(outcome, members)):
                outcome.failures.append(failed)
                continue
            _write(connection, group, members, observed, desired, outcome)
            if any(c.group == group == "network" for c in outcome.done):
                _read_back(connection, desired, outcome, ("admin",))
        if connection.isapi.reboot_asked:
            outcome.restarts = True
            with suppress(Unreachable, IsapiFault, BadAnswer):
                connection.isapi.put("System/reboot")
    except Unreachable as failure:
        outcome.failures.append(failure)
    return outcome


def _write(
    connection: Connection, group: str, members: list[Change], observed: ObservedDevice, desired: DesiredDevice, outcome: Outcome
) -> None:
    try:
        write.write(connection.isapi, group, members, observed, desired)
        outcome.done += members
        connection.viewer_set |= group == "viewer"
    except Unreachable:
        raise
    except DeviceFailure as failure:
        outcome.failures.append(failure)


def _read_back(connection: Connection, desired: DesiredDevice, outcome: Outcome, not_yet: tuple[str, ...]) -> None:
    """Accepted is not kept: what still differs is no longer done, but a failure; unless the device restarts for it first."""
    left: dict[str, Change] = {}
    try:
        for there in looks(READ_BACK_S, outcome, lambda: get(connection, desired)):
            left = {c.field: c for c in plan(there, desired) if c.group not in not_yet}
            if not left or connection.isapi.reboot_asked:
                break
    except Unreachable:
        raise
    except DeviceFailure as failure:
        outcome.failures.append(failure)
        return
    if connection.isapi.reboot_asked:
        return
    outcome.read_back(left)


def _http(desired: DesiredDevice, logins: Logins) -> VendorHttp:
    return VendorHttp(desired, logins, Deadline(desired.deadline_s), login_path=LOGIN_PATH, judge=judge)


def _activated(http: VendorHttp) -> bool:
    """Raise NotActivated where the device says so; returns whether it speaks like one of this maker. Old firmware has no such page."""
    answer = http.anonymous("GET", "/SDK/activateStatus")
    try:
        active = xmlsafe.boolean(document(answer), "Activated") if answer.status == 200 else None
    except BadAnswer:
        return False
    if active is False:
        raise NotActivated(Text("chưa đặt mật khẩu quản trị lần đầu", "its first administrator password was never set"))
    return active is not None


def _without_isapi(http: VendorHttp, failure: UnknownDevice) -> DeviceFailure:
    """What answers where ISAPI doesn't: firmware from before it, or a device that speaks ONVIF alone."""
    if _there(http, "/PSIA/System/deviceInfo"):
        vi, en = "phần mềm có từ trước ISAPI (chỉ có PSIA): nâng cấp", "its firmware is older than ISAPI (PSIA only): update it"
        return OldFirmware(Text(f"{vi}, hoặc dùng driver onvif", f"{en}, or use driver onvif"))
    if _speaks_onvif(http):
        return UnknownDevice(Text("không có ISAPI, chỉ có ONVIF: dùng driver onvif", "it has no ISAPI, only ONVIF: use driver onvif"))
    return failure


def _learn_lock(isapi: Isapi) -> None:
    """How long the device locks after bad passwords, in minutes; once in a connection."""
    if isapi.lock_known:
        return
    isapi.lock_known = True
    with suppress(IsapiFault, NoPermission, BadAnswer):
        minutes = xmlsafe.number(isapi.get("Security/illegalLoginLock"), "maxIllegalLoginLockTime")
        if minutes and minutes > 0:
            isapi.http.logins.lock_lasts(isapi.http.key, minutes * 60.0)


def _there(http: VendorHttp, path: str) -> bool:
    """A document, or the question who asks."""
    try:
        answer = http.anonymous("GET", path)
    except (Unreachable, BadAnswer):
        return False
    return answer.status == 401 or (answer.status == 200 and _is_info(answer))


def _is_info(answer: Answer) -> bool:
    """Whether it is what ISAPI tells of a device, and not the page that a web server has for whatever it is asked."""
    try:
        return xmlsafe.local(document(answer)) == "DeviceInfo"
    except BadAnswer:
        return False


def _speaks_onvif(http: VendorHttp) -> bool:
    session = Session(Soap(http.wire.host, http.wire.port, http.wire.deadline), http.logins, http.key)
    try:
        session.read_time()
    except DeviceFailure:
        return False
    finally:
        session.soap.close()
    return True


def _tried(connection: Connection, observed: ObservedDevice, viewer: Account) -> tuple[User, ...] | None:
    """The accounts of ONVIF, the viewer's marked where its login is refused; tried only while one more may fail."""
    isapi, there = connection.isapi, observed.onvif_users
    if not any(u.name == viewer.user for u in there or ()) or isapi.http.logins.left(isapi.http.key) < 2:
        return there
    mark = REFUSED if accounts.onvif_takes(isapi, viewer) is False else ""
    return tuple(replace(u, level=f"{u.level}{mark}") if u.name == viewer.user else u for u in there or ())


def _with_rights(isapi: Isapi, observed: ObservedDevice, viewer: Account) -> tuple[User, ...]:
    """The viewer's level says so where it may not see pictures."""
    mark = NOT_WATCHING if accounts.may_watch(isapi, viewer.user) is False else ""
    return tuple(replace(u, level=f"{u.level}{mark}") if u.name == viewer.user else u for u in observed.users or ())
