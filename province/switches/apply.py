"""One switch from login to read back: compare, write behind a guard, prove, save; what is refused is undone."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from edge_agent.contract.results import DeviceResult
from province.switches import drivers, faults
from province.switches.attempts import Attempts
from province.switches.driver import Driver
from province.switches.faults import Kind, SwitchFailure
from province.switches.keys import Checked
from province.switches.model import Change, DesiredSwitch, State, difference
from province.switches.plan import left_alone, target
from province.switches.session import CommandRejected, Session, login
from province.switches.way import Way, answers
from province.text import Text

PASSWORD = Change("admin.password", "***", "***")


@dataclass
class Result:
    """What became of one switch. `changes` are there now, or would be made; `before` and `after` are listings for a diff."""

    desired: DesiredSwitch
    changes: list[Change] = field(default_factory=list)
    failures: list[SwitchFailure] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    before: str = ""
    after: str = ""
    admin_works: bool = False
    """Whether the switch was seen to take the vault's password."""
    seconds: float = 0.0

    def as_dict(self) -> DeviceResult:
        """In the shape of a camera's result."""
        first = self.failures[0] if self.failures else None
        return {
            "slot": self.desired.slot,
            "kind": "switch",
            "address": self.desired.address,
            "name": self.desired.name,
            "status": "failed" if first else "changed" if self.changes else "ok",
            "class": first.category if first else None,
            "changes": [change.as_dict() for change in self.changes],
            "reason": first.reason.as_dict() if first else None,
            "hint": first.hint.as_dict() if first else None,
            "failures": [{"class": failure.category, "reason": failure.reason.as_dict()} for failure in self.failures],
            "notes": [note.as_dict() for note in self.notes],
            "admin_works": self.admin_works,
            "seconds": round(self.seconds, 2),
        }


def apply_one(way: Way, desired: DesiredSwitch, inventory: Path, code: str, *, check: bool) -> Result:
    """Every named failure becomes part of the result."""
    result, begun = Result(desired), time.monotonic()
    try:
        driver = drivers.of(desired.driver)
        desired = replace(desired, ports=tuple(replace(port, name=driver.canonical(port.name)) for port in desired.ports))
        with entered(way, desired, inventory, code, pins=not check) as session:
            result.admin_works = session.account == desired.admin
            _bring(session, driver, way, result, check)
        if PASSWORD in result.changes and not check:
            with entered(way, replace(desired, previous=None, factory=()), inventory, code):
                result.admin_works = True
    except SwitchFailure as failure:
        result.failures.append(failure)
    except CommandRejected as refused:
        result.failures.append(SwitchFailure(faults.REFUSED, command=refused.command, answer=refused.answer, undone=""))
    result.seconds = time.monotonic() - begun
    return result


@contextlib.contextmanager
def entered(way: Way, desired: DesiredSwitch, inventory: Path, code: str, *, pins: bool = True) -> Iterator[Session]:
    """A login with the vault's password; where that is refused, with the factory's, so that ours can be set. In a rotation the
    previous password comes first, since that is what the switch has.

    Nothing can lock us out: the vault had the new password before it is set, and one attempt of each settles which is there.
    """
    driver = drivers.of(desired.driver)
    if desired.admin is None:
        raise SwitchFailure(faults.NO_PASSWORD)
    checked, attempts = Checked(inventory, code, desired, way, pins=pins), Attempts(inventory, code, desired.slot)
    with contextlib.ExitStack() as stack:
        refused: SwitchFailure | None = None
        previous = [desired.previous] if desired.previous else []
        for account in (*previous, desired.admin, *desired.factory[:1]):
            try:
                session = stack.enter_context(login(way, desired, driver.dialect, account, checked, attempts))
                break
            except SwitchFailure as failure:
                if failure.category != "wrong_credentials":
                    raise refused or failure from failure
                refused = refused or failure
        else:
            assert refused is not None
            raise refused
        yield session


def _bring(session: Session, driver: Driver, way: Way, result: Result, check: bool) -> None:
    desired = session.desired
    box = way.own_hardware(desired.address)
    before = driver.get(session, box)
    goal = target(before, desired, box)
    result.notes = left_alone(before, desired)
    result.before, result.after = before.listing(), goal.listing()
    changes = difference(before, goal)
    foreign = session.account != desired.admin
    if check:
        result.changes = [PASSWORD] * foreign + changes
        return
    if foreign:
        assert desired.admin is not None
        for line in driver.password(desired.admin):
            session.execute(line)
        result.changes.append(PASSWORD)
        before = replace(before, saved=before.saved and driver.password_saved)
        changes = difference(before, goal)
    if not changes:
        return
    now, written = before, replace(goal, saved=before.saved)
    try:
        for lot in _lots(driver.commands(before, written) if difference(before, written) else [], driver.lot):
            with driver.guarded(session, before) as proven:
                _write(session, driver, way, before, lot, proven)
        now = driver.get(session, box)
        driver.save(session, now)
        now = driver.get(session, box)
    finally:
        done = difference(before, now)
        result.changes += [change for change in changes if change in done]
    result.failures += [
        SwitchFailure(faults.NOT_KEPT, field=left.field, sent=left.after, there=left.before) for left in difference(now, goal)
    ]


def _write(session: Session, driver: Driver, way: Way, before: State, lines: list[str], proven: Any) -> None:
    """Write a lot and see that a new connection comes through; else bring back what was before any of it."""
    desired = session.desired
    try:
        for line in lines:
            session.execute(line)
        answers(way, desired.address, desired.port)
    except CommandRejected as refused:
        left = _undo(session, driver, before)
        if left:
            undone = faults.NOT_UNDONE.format(left=", ".join(change.field for change in left))
        else:
            proven()
            undone = faults.UNDONE
        raise _failure(faults.REFUSED, undone, command=refused.command, answer=refused.answer) from refused
    except SwitchFailure as failure:
        itself = faults.ITSELF.format(means=driver.means)
        raise _failure(faults.CUT_OFF, itself, detail=failure.reason.en) from failure
    proven()


def _failure(kind: Kind, undone: Text, **values: object) -> SwitchFailure:
    """A failure whose end is told in each language."""
    vi = SwitchFailure(kind, undone=undone.vi, **values)
    en = SwitchFailure(kind, undone=undone.en, **values)
    vi.reason = Text(vi.reason.vi, en.reason.en)
    return vi


def _undo(session: Session, driver: Driver, before: State) -> list[Change]:
    """Bring back what was; what could not be brought back."""
    if driver.leave:
        session.ask(driver.leave)
    now = driver.get(session, None)
    for line in driver.commands(now, replace(before, saved=now.saved)):
        with contextlib.suppress(CommandRejected):  # judged by what is there afterwards
            session.execute(line)
    now = driver.get(session, None)
    return difference(now, replace(before, saved=now.saved))


def _lots(lines: list[str], size: int) -> list[list[str]]:
    return [lines[at : at + size] for at in range(0, len(lines), size)]
