"""Setting accounts over ONVIF: the viewer first, the account in use last, each proved by a login."""

from edge_agent.contract.devices import Account, DesiredDevice
from edge_agent.devices import xmlsafe
from edge_agent.devices.faults import BadAnswer, NoPermission, SettingNotKept
from edge_agent.devices.model import ObservedDevice, needed
from edge_agent.devices.onvif.plan import SECRET, VIEWER_LEVEL
from edge_agent.devices.onvif.session import Session
from edge_agent.devices.soap import TDS, TT, SoapFault
from edge_agent.devices.xmlsafe import Element


def viewer(session: Session, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """Create the viewer, or set its level and password; then log in as it, once, as proof, where the count has room
    (one login is kept for the administrator)."""
    account = needed(desired.viewer)
    exists = any(u.name == account.user for u in observed.users or ())
    _refuse_if_too_long(session, account, "viewer.password")
    session.call("tds", (TDS.SetUser if exists else TDS.CreateUsers)(_user(account, VIEWER_LEVEL)))
    if session.logins.left(session.key) >= 2 and not session.proves(account):
        raise SettingNotKept("viewer.password", SECRET, "refused")


def admin(session: Session, observed: ObservedDevice, desired: DesiredDevice) -> None:
    """The account in use comes last. Afterwards we log in with the desired password, and that is the proof.

    A crash before, in or after SetUser leaves a device that takes either the factory password or the desired one; the
    next run tries both.
    """
    factory, account = needed(session.account), needed(desired.admin)
    exists = any(u.name == account.user for u in observed.users or ()) or account.user == factory.user
    _refuse_if_too_long(session, account, "admin.password")
    session.logins.works(session.key, factory=False)
    session.call("tds", (TDS.SetUser if exists else TDS.CreateUsers)(_user(account, "Administrator")))
    if not session.proves(account):
        raise SettingNotKept("admin.password", SECRET, "refused")
    session.use(account)
    if factory.user != account.user:
        try:
            session.call("tds", TDS.DeleteUsers(TDS.Username(factory.user)))
        except SoapFault:  # a fixed account: it keeps no factory password either
            session.call("tds", TDS.SetUser(_user(Account(factory.user, account.password), "Administrator")))


def _refuse_if_too_long(session: Session, account: Account, field: str) -> None:
    """A password that the device would cut locks us out (home-assistant/core#39086); where it tells its limit, believe it."""
    try:
        answer = session.call("tds", TDS.GetServiceCapabilities())
    except (SoapFault, NoPermission, BadAnswer):
        return
    security = xmlsafe.find(answer, "Capabilities/Security")
    longest = xmlsafe.rounded(security.get("MaxPasswordLength")) if security is not None else None
    if longest and len(account.password) > longest:
        raise SettingNotKept(field, f"{len(account.password)} characters", f"at most {longest}")


def _user(account: Account, level: str) -> Element:
    user: Element = TDS.User(TT.Username(account.user), TT.Password(account.password), TT.UserLevel(level))
    return user
