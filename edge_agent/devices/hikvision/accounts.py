"""Accounts: the device's own (Administrator, Operator, Viewer), what a viewer may do, and those that ONVIF has for itself.

Newer firmware wants the administrator's password again (loginPassword) with every change of an account; old firmware dislikes
the element. So it goes along only once the device refused without. Passwords are write-only.
"""

import copy

from lxml import etree

from edge_agent.contract.devices import Account, DesiredDevice
from edge_agent.devices import xmlsafe
from edge_agent.devices.faults import BadAnswer, DeviceFailure, NoPermission, SettingNotKept, WrongCredentials
from edge_agent.devices.hikvision import read
from edge_agent.devices.hikvision.isapi import Isapi, IsapiFault, element, put_text
from edge_agent.devices.hikvision.plan import ONVIF_LEVEL, VIEWER_LEVEL
from edge_agent.devices.model import ObservedDevice, needed
from edge_agent.devices.onvif.session import Session
from edge_agent.devices.planning import SECRET
from edge_agent.devices.soap import Soap
from edge_agent.devices.xmlsafe import Element

PERMISSION = "Security/UserPermission"
USER_CHECK = "/ISAPI/Security/userCheck"
"""Who asks is told how it stands with him; other resources answer some viewers 401, like a wrong password."""
_WATCHING = ("preview", "playBack")


def viewer(isapi: Isapi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """Create the viewer, or set its level and password, and let it watch and nothing else; then log in as it, once, as proof,
    where the count has room (one login is kept for the administrator)."""
    account = needed(desired.viewer)
    number = _set(isapi, read.USERS, account, "userLevel", VIEWER_LEVEL)
    _let_watch(isapi, number)
    if isapi.http.logins.left(isapi.http.key) >= 2 and not proves(isapi, account):
        raise SettingNotKept("viewer.password", SECRET, "refused")


def set_onvif_viewer(isapi: Isapi, account: Account) -> None:
    """Nothing to do where ONVIF has no accounts of its own."""
    try:
        isapi.get(read.ONVIF_USERS)
    except (IsapiFault, NoPermission, BadAnswer):
        return
    _set(isapi, read.ONVIF_USERS, account, "userType", ONVIF_LEVEL)


def admin(isapi: Isapi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """The account in use comes last. Afterwards we log in with the desired password, and that is the proof.

    A crash before, in or after the change leaves a device that takes either the old password or the desired one; the next run
    tries both.
    """
    http = isapi.http
    before, account = needed(http.account), needed(desired.admin)
    http.logins.works(http.key, factory=False)
    _set(isapi, read.USERS, account, "userLevel", "Administrator")
    if not http.proves(account):
        raise SettingNotKept("admin.password", SECRET, "refused")
    http.use(account)
    if before.user != account.user:  # the maker's own can't be deleted: it keeps no factory password either
        _set(isapi, read.USERS, Account(before.user, account.password), "userLevel", "Administrator")


def proves(isapi: Isapi, account: Account) -> bool:
    """Whether the device takes this login, asked where every level may ask, if there is such a place."""
    try:
        isapi.get("Security/userCheck")
        is_there = isapi.http.anonymous("GET", USER_CHECK).status == 401
    except (IsapiFault, NoPermission, BadAnswer):
        is_there = False
    return isapi.http.proves(account, USER_CHECK if is_there else None)


def onvif_takes(isapi: Isapi, account: Account) -> bool | None:
    """Whether ONVIF takes this account, by one login as those who read it do; None where it can't be tried."""
    http = isapi.http
    session = Session(Soap(http.wire.host, http.wire.port, http.wire.deadline), http.logins, http.key)
    try:
        session.read_time()
        session.open([account])
    except WrongCredentials:
        return False
    except DeviceFailure:
        return None
    finally:
        session.soap.close()
    return True


def may_watch(isapi: Isapi, name: str) -> bool | None:
    """Whether an account may see live pictures; None where the device doesn't say."""
    try:
        row = _row(isapi.get(read.USERS), name)
        found = isapi.get(f"{PERMISSION}/{xmlsafe.text(row, 'id')}") if row is not None else None
    except (IsapiFault, NoPermission, BadAnswer):
        return None
    return xmlsafe.boolean(found, "remotePermission/preview")


def _set(isapi: Isapi, path: str, account: Account, level_field: str, level: str) -> str:
    """Create the account, or set level and password of the one with its name; returns its number."""
    root = isapi.get(path)
    there = _row(root, account.user)
    number = (xmlsafe.text(there, "id") or "1") if there is not None else _free(root)
    user = copy.deepcopy(there) if there is not None else element(root, "User")
    for field, value in (("id", number), ("userName", account.user), ("password", account.password), (level_field, level)):
        put_text(user, field, value)
    user[:] = sorted(user, key=_place)
    try:
        _send(isapi, path, number, user, exists=there is not None)
    except IsapiFault:
        login = isapi.http.account
        if login is None or path != read.USERS:
            raise
        put_text(user, "loginPassword", login.password)
        _send(isapi, path, number, user, exists=there is not None)
    return number


def _send(isapi: Isapi, path: str, number: str, user: Element, *, exists: bool) -> None:
    """Some take a new account only under its number."""
    if exists:
        isapi.put(f"{path}/{number}", user)
        return
    try:
        isapi.post(path, user)
    except IsapiFault as fault:
        if not fault.unsupported:
            raise
        isapi.put(f"{path}/{number}", user)


def _let_watch(isapi: Isapi, number: str) -> None:
    """Live pictures and recordings, every other switch off. Firmware without this gives its viewers just that."""
    path = f"{PERMISSION}/{number}"
    try:
        root = isapi.get(path)
    except (IsapiFault, NoPermission, BadAnswer):
        return
    block = xmlsafe.find(root, "remotePermission")
    if block is None:
        return
    before = etree.tostring(root)
    put_text(block, "preview", "true")
    for switch in block.iter():
        if xmlsafe.boolean(switch) is not None and len(switch) == 0 and (switch.text or "").strip().lower() in ("true", "false"):
            switch.text = "true" if xmlsafe.local(switch) in _WATCHING else "false"
    if etree.tostring(root) != before:
        isapi.put(path, root)


def _row(root: Element, name: str) -> Element | None:
    return next((u for u in xmlsafe.find_all(root, "User") if xmlsafe.text(u, "userName") == name), None)


def _free(root: Element) -> str:
    taken = {xmlsafe.number(u, "id") for u in xmlsafe.find_all(root, "User")}
    return next(str(n) for n in range(1, len(taken) + 2) if n not in taken)


def _place(field: Element) -> int:
    """The order of the schema: number, name, password, the rest as it was."""
    order = ("id", "enabled", "userName", "password")
    name = xmlsafe.local(field)
    return order.index(name) if name in order else len(order)
