"""What the agent has to tell: events into the outbox, and the last word about each subject.

Classes of events, and their bodies:
    epoch    {"cause": "new|lost|damaged|site_changed|rolled_back", "previous_epoch", "previous_epoch_from"}   the first row of every epoch
    gap      {"cause": "lost|damaged|rolled_back|full|not_stored", "from_seq", "to_seq", "events"?, ...}
             what is missing, and is known to be
    agent    {"status": "started|stopped|configured|configuration_refused", "version", "uptime_s"?, "reason"?}
             between a stop and the next start nobody looked
    link     {"status": "online|offline|moved", "connection", "way", "reason", "offline_s"?}   the connection to the hub, as the box saw it
    word     {"subject", "status", "since", "reason"}   said again at the start of an epoch that replaces a bad one
    camera   {"slot", "name", "from", "to", "since", "reason", "changes"?}   from and to are words of edge_agent.contract.messages.WORDS
    command  {"number", "name", "status": "done|handed_over|refused|failed", "detail"}   what became of a command of the hub
    health   {"subject", "from", "to", "since", "reason"}   likewise; subjects and reasons in edge_agent.daemon.health
"""

import logging
import sqlite3
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, TypeVar

from edge_agent.contract.messages import Event
from edge_agent.daemon.outbox import Outbox, OutboxFull, Remembered

log = logging.getLogger(__name__)

#: Events kept in memory while the disk is full; the ones beyond are counted into a gap.
WAITING_LIMIT = 1000
T = TypeVar("T")


@dataclass(frozen=True)
class _Entry:
    cls: str
    body: dict[str, Any]
    status: tuple[str, Remembered] | None


class Journal:
    """Records events in order and hands the oldest out; mends itself when the outbox is lost or damaged.

    `open_outbox` opens (or makes) the outbox; `on_new` is called when a row was stored: the history has something to send.
    """

    def __init__(self, open_outbox: Callable[[], Outbox], synced: Callable[[], bool | None]) -> None:
        self._open = open_outbox
        self._outbox = open_outbox()
        self._synced = synced
        self.on_new: Callable[[], None] = lambda: None
        self._waiting: deque[_Entry] = deque()
        self._statuses = self._outbox.statuses()

    def record(self, cls: str, body: dict[str, Any], status: tuple[str, Remembered] | None = None) -> None:
        """Store the event; while the disk is full it is kept in memory, at most WAITING_LIMIT of them."""
        if status is not None:
            self._statuses[status[0]] = status[1]
        if len(self._waiting) >= WAITING_LIMIT:
            self._waiting.popleft()
            self._outbox.give_up_on(1)
        self._waiting.append(_Entry(cls, body, status))
        self.flush()

    def flush(self) -> None:
        """Store what waits, oldest first; stops at the first that does not fit."""
        while self._waiting:
            entry = self._waiting[0]
            try:
                seq = self._mended(partial(self._store, entry))
            except OutboxFull as error:
                log.error("%s: %d event(s) wait in memory", error, len(self._waiting))
                return
            self._waiting.popleft()
            log.info("event %s #%d %s", entry.cls, seq, entry.body)
            self.on_new()

    def head(self, rows: int, max_bytes: int) -> tuple[str, list[Event]]:
        """(epoch, the oldest rows)."""
        return self._mended(lambda outbox: (outbox.epoch, outbox.head(rows, max_bytes)))

    def acknowledge(self, epoch: str, upto: int) -> int:
        return self._mended(lambda outbox: outbox.acknowledge(epoch, upto))

    def position(self) -> tuple[str, int]:
        """(epoch, last seq written)."""
        return self._mended(lambda outbox: (outbox.epoch, outbox.last_seq()))

    def summary(self) -> dict[str, Any]:
        """What the state document says of the outbox."""
        return self._mended(
            lambda outbox: {"epoch": outbox.epoch, "last_seq": outbox.last_seq(), "unacknowledged": outbox.pending(),
                            "oldest_s": outbox.oldest(),
                            "waiting": len(self._waiting), "bytes": outbox.size_bytes()}
        )  # fmt: skip

    def check(self) -> bool:
        """Notice a file that was removed or overwritten while open; True when the outbox is well (again)."""
        if not self._outbox.intact():
            self._mend("removed or overwritten")
        self.flush()
        return self._outbox.intact()

    def begin_epoch(self, cause: str) -> None:
        """Go on in a new epoch and take along what was not acknowledged: its numbers in the old one belong to somebody else."""
        self._mended(lambda outbox: outbox.begin_epoch(cause))
        self._waiting.extend(
            _Entry("word", {"subject": subject, **asdict(last)}, (subject, last)) for subject, last in self._statuses.items()
        )
        self.flush()
        self.on_new()

    def last(self, subject: str) -> Remembered | None:
        return self._statuses.get(subject)

    def close(self) -> None:
        self._outbox.close()

    def _store(self, entry: _Entry, outbox: Outbox) -> int:
        return outbox.append(entry.cls, entry.body, self._synced(), entry.status)

    def _mended(self, use: Callable[[Outbox], T]) -> T:
        try:
            return use(self._outbox)
        except (sqlite3.DatabaseError, ValueError) as error:
            self._mend(str(error))
            return use(self._outbox)

    def _mend(self, why: str) -> None:
        """A new outbox in place of the bad one; the last words are said again in the new epoch, which begins without any."""
        log.error("outbox: %s: opened again", why)
        self._outbox.close()
        self._outbox = self._open()
        stored = self._outbox.statuses()
        for subject, last in self._statuses.items():
            if subject not in stored:
                self._waiting.append(_Entry("word", {"subject": subject, **asdict(last)}, (subject, last)))
        self.on_new()
