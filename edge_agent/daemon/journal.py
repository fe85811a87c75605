"""What the agent has to tell: events into the outbox (their classes: edge_agent.contract.events), and the last word about each subject."""

import contextlib
import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from edge_agent.contract.events import Body, EventClass, StatusAgain
from edge_agent.contract.messages import Event
from edge_agent.contract.present import OutboxState
from edge_agent.daemon.outbox import HeldBack, Outbox, OutboxUnavailable, Remembered
from edge_agent.system import clock, damage

log = logging.getLogger(__name__)

#: Events kept in memory while the disk is full; the ones beyond are counted into a gap.
WAITING_LIMIT = 1000
T = TypeVar("T")


@dataclass(frozen=True)
class _Entry:
    cls: EventClass
    body: Body
    status: tuple[str, Remembered] | None


class Journal:
    """Records events in order and hands the oldest out; mends itself when the outbox is lost or damaged.

    `open_outbox` opens (or makes) the outbox; `on_new` is called when a row was stored: the history has something to send. While
    the outbox can't be used (`problem` says why), events wait in memory and the other methods raise OutboxUnavailable.
    """

    def __init__(self, open_outbox: Callable[[], Outbox], synced: Callable[[], bool | None]) -> None:
        self._open = open_outbox
        self._synced = synced
        self.on_new: Callable[[], None] = lambda: None
        self.problem: str | None = None
        self._waiting: deque[_Entry] = deque()
        self._held_back: HeldBack | None = None
        self._outbox: Outbox | None = None
        self._statuses: dict[str, Remembered] = {}
        self._summary: OutboxState = {"epoch": None, "last_seq": 0, "unacknowledged": 0, "oldest_s": None, "bytes": 0, "waiting": 0,
                                      "problem": None}  # fmt: skip
        with contextlib.suppress(OutboxUnavailable):
            self._use(Outbox.last_seq)

    def record(self, cls: EventClass, body: Body, status: tuple[str, Remembered] | None = None) -> None:
        """Store the event; while the disk is full it is kept in memory, at most WAITING_LIMIT of them."""
        if status is not None:
            self._statuses[status[0]] = status[1]
        if len(self._waiting) >= WAITING_LIMIT:
            self._waiting.popleft()
            held = self._held_back or HeldBack(0, clock.wall())
            self._held_back = replace(held, events=held.events + 1)
        self._waiting.append(_Entry(cls, body, status))
        self.flush()

    def flush(self) -> None:
        """Store what waits, oldest first; stops at the first that does not fit."""
        while self._waiting:
            entry = self._waiting[0]
            try:
                seq = self._use(partial(self._store, entry))
            except OutboxUnavailable as error:
                log.error("%s: %d event(s) wait in memory", error, len(self._waiting))
                return
            self._waiting.popleft()
            self._held_back = None
            log.info("event %s #%d %s", entry.cls, seq, entry.body)
            self.on_new()

    def head(self, rows: int, max_bytes: int) -> tuple[str, list[Event]]:
        """(epoch, the oldest rows)."""
        return self._use(lambda outbox: (outbox.epoch, outbox.head(rows, max_bytes)))

    def acknowledge(self, epoch: str, upto: int) -> int:
        return self._use(lambda outbox: outbox.acknowledge(epoch, upto))

    def position(self) -> tuple[str, int]:
        """(epoch, last seq written)."""
        return self._use(lambda outbox: (outbox.epoch, outbox.last_seq()))

    def summary(self) -> OutboxState:
        """What the state document says of the outbox; while it can't be used, what was last known of it and why."""
        with contextlib.suppress(OutboxUnavailable):
            self._summary = self._use(_summed_up)
        return {**self._summary, "waiting": len(self._waiting), "problem": self.problem}

    def check(self) -> bool:
        """Notice a file that was removed or overwritten while open, and store what waits; True when the outbox can be used."""
        try:
            self._use(lambda outbox: outbox if outbox.intact() else self._mend("removed or overwritten"))
        except OutboxUnavailable:
            return False
        self.flush()
        return not self._waiting

    def begin_epoch(self, cause: str) -> None:
        """Go on in a new epoch and take along what was not acknowledged: its numbers in the old one belong to somebody else."""
        self._use(lambda outbox: outbox.begin_epoch(cause))
        self._say_again(self._statuses)
        self.flush()
        self.on_new()

    def last(self, subject: str) -> Remembered | None:
        return self._statuses.get(subject)

    def close(self) -> None:
        if self._outbox is not None:
            self._outbox.close()

    def _store(self, entry: _Entry, outbox: Outbox) -> int:
        return outbox.append(entry.cls, entry.body, self._synced(), entry.status, self._held_back)

    def _use(self, use: Callable[[Outbox], T]) -> T:
        """What the outbox answers; a damaged one is mended first. OutboxUnavailable, and everything stays as it is."""
        try:
            try:
                found = use(self._outbox or self._opened())
            except sqlite3.Error as error:
                if not damage.is_damage(error):
                    raise
                found = use(self._mend(str(error)))
        except (sqlite3.Error, OSError, OutboxUnavailable) as error:
            self.problem = str(error)
            raise OutboxUnavailable(self.problem) from error
        self.problem = None
        return found

    def _mend(self, why: str) -> Outbox:
        """A new outbox in place of the bad one."""
        log.error("outbox: %s: opened again", why)
        self.close()
        self._outbox = None
        return self._opened()

    def _opened(self) -> Outbox:
        """The outbox, opened. A new epoch begins without any words: the last ones are said again in it."""
        self._outbox = outbox = self._open()
        stored = outbox.statuses()
        self._say_again(self._statuses.keys() - stored.keys() - {entry.status[0] for entry in self._waiting if entry.status})
        self._statuses = stored | self._statuses
        self.on_new()
        return outbox

    def _say_again(self, subjects: Iterable[str]) -> None:
        for subject in sorted(subjects):
            last = self._statuses[subject]
            body: StatusAgain = {"subject": subject, "status": last.status, "since": last.since, "reason": last.reason}
            self._waiting.append(_Entry("word", body, (subject, last)))


def _summed_up(outbox: Outbox) -> OutboxState:
    return {"epoch": outbox.epoch, "last_seq": outbox.last_seq(), "unacknowledged": outbox.pending(), "oldest_s": outbox.oldest(),
            "bytes": outbox.size_bytes(), "waiting": 0, "problem": None}  # fmt: skip
