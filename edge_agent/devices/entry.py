"""Which passwords a device is offered, in which order, and what is remembered of the answer; the same for every driver."""

from collections.abc import Callable
from datetime import datetime

from edge_agent.devices.faults import LockedOut, WrongCredentials, shown_time
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import Account, Wanted
from edge_agent.text import Text


def candidates(wanted: Wanted, logins: Logins) -> list[Account]:
    """The accounts to try, each once: the wanted, the one before a rotation, the factory's.

    The factory's comes first where it was the last that worked, and on a device that this box never got into if it has but
    one factory password: new devices then cost no failed login, and a refusal is the evidence that the verdict wants anyway.
    Which is tried first can't lock us out: the count decides how many are.
    """
    ours = list(dict.fromkeys(a for a in (wanted.admin, wanted.previous) if a))
    factory = [f for f in wanted.factory if f not in ours]
    last = logins.factory_last(wanted.key)
    factory_first = last or (last is None and len(factory) == 1)
    return [*factory, *ours] if factory_first else [*ours, *factory]


def remember(wanted: Wanted, logins: Logins, offered: list[Account], index: int) -> bool:
    """Note what the device's choice of `offered[index]` tells; returns whether it is the factory's."""
    ours = [a for a in (wanted.admin, wanted.previous) if a]
    for refused in offered[:index]:
        if refused not in ours:
            logins.factory_refused(wanted.key, refused.user)
    is_factory = offered[index] not in ours
    logins.works(wanted.key, factory=is_factory)
    return is_factory


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
