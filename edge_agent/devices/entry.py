"""Which passwords a device is offered, in which order, and what is remembered of the answer; the same for every driver."""

from collections.abc import Callable
from datetime import datetime

from edge_agent.contract.devices import Account, DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices.faults import LockedOut, WrongCredentials, shown_time
from edge_agent.devices.logins import Logins


def candidates(desired: DesiredDevice, logins: Logins) -> list[Account]:
    """The accounts to try, each once: the wanted, the one before a rotation, the factory's.

    The factory's comes first where it was the last that worked, and on a device that this box never got into if it has but
    one factory password: new devices then cost no failed login, and a refusal is the evidence that the verdict wants anyway.
    In a rotation the previous one comes first until the wanted was sent. Which is tried first can't lock us out: the count
    decides how many are.
    """
    ours = _ours(desired)
    factory = [f for f in desired.factory if f not in ours]
    if desired.previous:
        sent = logins.desired_sent(desired.key, desired.rotation)
        return [*(ours if sent else reversed(ours)), *factory]
    last = logins.factory_last(desired.key)
    factory_first = last or (last is None and len(factory) == 1)
    return [*factory, *ours] if factory_first else [*ours, *factory]


def remember(desired: DesiredDevice, logins: Logins, offered: list[Account], index: int) -> bool:
    """Note what the device's choice of `offered[index]` tells; returns whether it is another than the wanted
    administrator's, whose password is therefore to be set (`ObservedDevice.login_is_old`)."""
    ours, taken = _ours(desired), offered[index]
    for refused in offered[:index]:
        if refused not in ours:
            logins.factory_refused(desired.key, refused.user)
    if taken == desired.previous and taken != desired.admin:
        logins.previous_works(desired.key, desired.rotation)
    else:
        logins.works(desired.key, factory=taken not in ours)
    return taken != (desired.admin or desired.previous)


def viewer_works(desired: DesiredDevice, exists: bool, is_old: bool, logins: Logins, proves: Callable[[Account], bool]) -> bool | None:
    """Whether the device takes the viewer's password: one login, where the count has room for that and the administrator's.

    `is_old` is what `remember` said. In a rotation the viewer's password is a new one: it is set without asking.
    """
    if desired.viewer is None or not exists:
        return None
    if is_old and desired.previous:
        return False
    return proves(desired.viewer) if logins.left(desired.key) >= 2 else None


def _ours(desired: DesiredDevice) -> list[Account]:
    return list(dict.fromkeys(a for a in (desired.admin, desired.previous) if a))


def first_taken(offered: list[Account], attempt: Callable[[Account], bool], until: Callable[[], datetime | None]) -> int:
    """Try one after the other; the index of the first that the device takes. `until`: when the count allows more.

    Raises LockedOut where none was allowed, WrongCredentials where all that were allowed were refused.
    """
    refused: list[str] = []
    for index, account in enumerate(offered):
        try:
            taken = attempt(account)
        except LockedOut:
            if not refused:
                raise
            raise _wrong(refused, [a.user for a in offered[index:]], until()) from None
        if taken:
            return index
        refused.append(account.user)
    raise _wrong(refused, [], until())


def _wrong(refused: list[str], untried: list[str], until: datetime | None) -> WrongCredentials:
    users, rest = ", ".join(refused), ", ".join(untried)
    vi = users + (f"; chưa thử: {rest}" if rest else "") + (f"; không thử lại trước {shown_time(until)}" if until else "")
    en = users + (f"; not tried: {rest}" if rest else "") + (f"; no more tries before {shown_time(until)}" if until else "")
    return WrongCredentials(Text(vi, en))
