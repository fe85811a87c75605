"""Changing a Dahua device's accounts in an order that can't lock us out. Passwords stand in the address here, so only such
are set that no firmware can read as something else."""

import re

from edge_agent.contract.devices import Account, DesiredDevice
from edge_agent.devices.dahua.cgi import Cgi, RequestRejected
from edge_agent.devices.dahua.spellings import LEVELS, VIEWER_LEVEL
from edge_agent.devices.faults import SettingNotKept
from edge_agent.devices.model import ObservedDevice, needed
from edge_agent.devices.planning import SECRET

LONGEST = 16
"""home-assistant/core#39086: a password of 20 characters was taken and cut."""
_SETTABLE = re.compile(r"^[A-Za-z0-9!$()*+,./<=>?@\[\]^_{|}~-]{1,16}$")
"""Not among them: what firmware forbids (' " ; : & and blanks), and % and #, which old firmware decodes twice."""
_GROUPS = {level: group for group, level in LEVELS.items()}


def viewer(cgi: Cgi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """Create the viewer, or correct its group; a password can only be replaced by who knows the old one, so an account whose
    password is another goes and comes again. Then it logs in once, as proof, where the count has room."""
    account = needed(desired.viewer)
    there = next((u for u in observed.users or () if u.name == account.user), None)
    if there is not None and there.level != VIEWER_LEVEL:
        cgi.order("userManager.cgi", "modifyUser", {"name": account.user, "user.Group": _GROUPS[VIEWER_LEVEL]})
    if there is None or observed.viewer_works is False:
        _checked("viewer.password", account)
        if there is not None:
            cgi.order("userManager.cgi", "deleteUser", {"name": account.user})
        _add(cgi, account, VIEWER_LEVEL)
    if cgi.logins.left(cgi.key) >= 2 and not cgi.http.proves(account):
        raise SettingNotKept("viewer.password", SECRET, "refused")


def admin(cgi: Cgi, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """The account in use comes last. Afterwards we log in with the desired password, and that is the proof.

    A crash before, in or after the change leaves a device that takes either the old password or the desired one; the next run
    tries both.
    """
    old, account = needed(cgi.http.account), needed(desired.admin)
    _checked("admin.password", account)
    cgi.logins.works(cgi.key, factory=False)
    if old.user == account.user:
        _replace(cgi, old, account)
    else:
        if any(u.name == account.user for u in observed.users or ()):
            cgi.order("userManager.cgi", "deleteUser", {"name": account.user})
        _add(cgi, account, "Administrator")
    if not cgi.http.proves(account):
        raise SettingNotKept("admin.password", SECRET, "refused")
    cgi.http.use(account)
    if old.user != account.user:
        try:
            cgi.order("userManager.cgi", "deleteUser", {"name": old.user})
        except RequestRejected:  # the maker's own account stays ("Reserved"): it keeps no factory password either
            _replace(cgi, old, Account(old.user, account.password))


def _replace(cgi: Cgi, old: Account, new: Account) -> None:
    cgi.order("userManager.cgi", "modifyPassword", {"name": old.user, "pwd": new.password, "pwdOld": old.password})


def _add(cgi: Cgi, account: Account, level: str) -> None:
    values = {
        "user.Name": account.user,
        "user.Password": account.password,
        "user.Group": _GROUPS[level],
        "user.Sharable": True,
        "user.Reserved": False,
    }
    cgi.order("userManager.cgi", "addUser", values)


def _checked(field: str, account: Account) -> None:
    """Raises SettingNotKept before anything is sent."""
    if len(account.password) > LONGEST or not _SETTABLE.match(account.password):
        why = f"more than {LONGEST} characters, or some that no firmware takes: nothing was sent"
        raise SettingNotKept(field, SECRET, SECRET, why)
