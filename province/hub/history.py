"""Folds events into intervals: from when to when a word held of a subject ("camera/3", "disk"). Each event is folded once, in the
order of its epoch.

Instants are the box's, put right: within a boot only the time since boot counts, and the boot's true beginning comes from its
first event with a synchronised clock, until one that arrives at once shows that this was wrong. A time in which nobody looked
(the agent did not run, events are missing) is an interval of its own, "unknown", after which the word before it holds again until
a probe says another; after a gap that nobody declared it does not, and the next word is awaited (`told`: a state document has it
too).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from edge_agent.contract import events as event_bodies
from edge_agent.contract.messages import STATUSES, Event, Status

NOT_RUNNING = "agent_not_running"
MISSING = "events_missing"
SAMPLES_DROPPED = "full"
"""The cause of a gap in which no word about a device is missing."""
AGREES_S = 120.0
"""An event whose clock is right arrives so soon after its instant, if nothing kept it waiting."""
LINK = "link"
"""The subject whose word is the hub's own."""
_SUBJECT = re.compile(r"camera/([1-9]|[1-9][0-9]|1[01][0-9]|12[0-6])|[a-z][a-z_]{0,31}")
_BOOT = """
WITH boot AS (SELECT subject, min(id) AS id, min(began) AS began FROM intervals WHERE site = %(site)s AND boot = %(boot)s GROUP BY subject)
SELECT i.* FROM boot b, LATERAL (
  (SELECT id, subject, boot, mono, began FROM intervals
   WHERE site = %(site)s AND subject = b.subject AND began <= b.began AND id < b.id ORDER BY began DESC, id DESC LIMIT 1)
  UNION ALL
  (SELECT id, subject, boot, mono, began FROM intervals WHERE site = %(site)s AND subject = b.subject AND began >= b.began AND id >= b.id)
) i ORDER BY i.subject, i.id
"""
"""The intervals of each subject from the first that began in this boot, and the one before it. Of a subject no interval begins
before an earlier one did."""
_NOBODY_LOOKED = (NOT_RUNNING, MISSING)


@dataclass
class _Interval:
    """A row of the table. id None: not written yet. `held_*`: what is to be taken up again after it."""

    subject: str
    status: str
    reason: str | None
    began: datetime
    held_status: str | None
    held_reason: str | None
    id: int | None = None
    boot: str | None = None
    mono: float | None = None
    late: bool = False
    ended: datetime | None = None


def keep_state(database: psycopg.Connection[Any], site: str, words: Mapping[str, tuple[Status, str | None]]) -> None:
    """What a state document says, by subject, of what was lost with events that nobody declared missing. It holds from now on."""
    ended = database.execute(
        "UPDATE intervals SET ended = greatest(began, now()) WHERE site = %s AND subject = ANY(%s) AND ended IS NULL "
        "AND reason = %s AND held_status IS NULL RETURNING subject, ended",
        (site, list(words), MISSING),
    ).fetchall()
    with database.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO intervals (site, subject, status, reason, began) VALUES (%s, %s, %s, %s, %s)",
            [(site, subject, words[subject][0], _short(words[subject][1]), at) for subject, at in ended],
        )


def _short(reason: str | None) -> str | None:
    return None if reason is None else reason[:200]


class Fold:
    """The intervals of one site, within the caller's transaction. `last_at`: the instant of the last event folded."""

    def __init__(self, database: psycopg.Connection[Any], site: str, last_at: datetime | None) -> None:
        self._db, self._site, self.last_at = database, site, last_at
        self._clocks: dict[str, float] = dict(database.execute("SELECT boot, offset_s FROM clocks WHERE site = %s", (site,)).fetchall())
        self._dated = set(self._clocks)
        self._now = datetime.now(UTC).timestamp()
        self._open = self._read_open()
        self._ended: list[_Interval] = []

    def take(self, events: Sequence[Event], lost_before: Collection[int] = ()) -> None:
        """Fold events of one epoch that were never folded, in their order, and write what they make of the intervals.

        lost_before: numbers of those before which others are missing that nobody declared.
        """
        for event in events:
            self._learn_clock(event)
        for event in events:
            at = self._instant(event)
            if event.seq in lost_before:
                self._lost(event, self.last_at or at)
            if found := event_bodies.status_of(event.cls, event.body):
                self._change(event, at, found)
            match event.cls:
                case "gap" if event.body.get("cause") != SAMPLES_DROPPED:
                    self._nobody_looked(event, self.last_at or at, MISSING)
                    self._looked_again(event, at)
                case "agent" if event.body.get("status") == "stopped":
                    self._nobody_looked(event, at, NOT_RUNNING)
                case "agent" if event.body.get("status") == "started":
                    self._nobody_looked(event, self._last_seen(event, at), NOT_RUNNING)
                    self._looked_again(event, at)
            if event.boot in self._clocks:
                self.last_at = max(self.last_at or at, at)
        self._write()

    def _change(self, event: Event, at: datetime, told: event_bodies.SubjectStatus) -> None:
        if told.status not in STATUSES or not _SUBJECT.fullmatch(told.subject) or told.subject == LINK:
            return
        now = self._open.get(told.subject)
        if now is None or (now.status, now.reason) != (told.status, told.reason):
            self._begin(event, at, told.subject, told.status, _short(told.reason))

    def _nobody_looked(self, event: Event, since: datetime, why: str) -> None:
        for now in list(self._open.values()):
            if now.reason not in _NOBODY_LOOKED:
                self._begin(event, since, now.subject, "unknown", why, held=now)

    def _lost(self, event: Event, since: datetime) -> None:
        """The agent knows of no gap, so it says nothing again: what held before is not taken up, but unknown until it is told."""
        for now in list(self._open.values()):
            if now.reason != MISSING or now.held_status is not None:
                self._begin(event, since, now.subject, "unknown", MISSING)
                self._open[now.subject].boot = None  # it did not begin with this event

    def _looked_again(self, event: Event, at: datetime) -> None:
        for now in list(self._open.values()):
            if now.reason in _NOBODY_LOOKED and now.held_status is not None:
                self._begin(event, at, now.subject, now.held_status, now.held_reason)

    def _begin(self, event: Event, at: datetime, subject: str, status: str, reason: str | None, held: _Interval | None = None) -> None:
        """End what holds of this subject and begin this. `held`: it is to be taken up again; then `at` is not the event's instant."""
        now = self._open.get(subject)
        if now is not None:
            at = now.ended = max(at, now.began)
            self._ended.append(now)
        begun = _Interval(subject, status, reason, at, held.status if held else None, held.reason if held else None, late=event.late)
        if held is None:
            begun.boot, begun.mono = event.boot, event.mono
        self._open[subject] = begun

    def _last_seen(self, event: Event, before: datetime) -> datetime:
        """Until when an agent that died without a word is known to have run: its last event, or what the hub last heard of it."""
        if event.boot not in self._clocks:
            return self.last_at or before
        row = self._db.execute(
            "SELECT max(last_at) FROM connections WHERE site = %s AND last_at <= %s AND first_at < %s", (self._site, before, before)
        ).fetchone()
        known = [at for at in (self.last_at, row[0] if row else None) if at is not None]
        return min(max(known), before) if known else before

    def _instant(self, event: Event) -> datetime:
        return self._instant_of(event.boot, event.mono) if event.boot in self._clocks else datetime.fromisoformat(event.wall)

    def _instant_of(self, boot: str, mono: float) -> datetime:
        return datetime.fromtimestamp(self._clocks[boot] + mono, UTC)

    def _learn_clock(self, event: Event) -> None:
        """The first synchronised event of a boot dates it, and what was begun in that boot before.

        Where chrony did not answer (None) the clock is believed for the time being: early in a boot it may be years behind. A clock
        may call itself right and be wrong: a later one that agrees with when it arrived dates the boot again if the first did not.
        """
        if event.clock_synced is False:
            return
        offset = datetime.fromisoformat(event.wall).timestamp() - event.mono
        if event.clock_synced is None:
            self._clocks.setdefault(event.boot, offset)
            return
        if event.boot in self._dated:
            arrived = self._now - event.mono
            if abs(arrived - offset) > AGREES_S or abs(arrived - self._clocks[event.boot]) <= AGREES_S:
                return
            if self.last_at is not None:
                self.last_at = min(self.last_at, datetime.fromtimestamp(offset + event.mono, UTC))
        self._clocks[event.boot] = offset
        self._dated.add(event.boot)
        self._db.execute(
            "INSERT INTO clocks (site, boot, offset_s) VALUES (%s, %s, %s) "
            "ON CONFLICT (site, boot) DO UPDATE SET offset_s = excluded.offset_s", (self._site, event.boot, offset),
        )  # fmt: skip
        self._date_again(event.boot)

    def _date_again(self, boot: str) -> None:
        """What began in that boot while its clock could not be trusted begins when it really did; what went before ends there.

        Read and written are these intervals and the one before them, however many there are from earlier.
        """
        rows = self._db.execute(_BOOT, {"site": self._site, "boot": boot}).fetchall()
        begins: list[datetime] = []
        for index, (_, subject, begun_in, mono, began) in enumerate(rows):
            at = self._instant_of(boot, mono) if begun_in == boot else began
            begins.append(max(at, begins[-1]) if index and rows[index - 1][1] == subject else at)
        ends = [begins[n + 1] if n + 1 < len(rows) and rows[n + 1][1] == rows[n][1] else None for n in range(len(rows))]
        with self._db.cursor() as cursor:
            cursor.executemany(
                "UPDATE intervals SET began = %s, ended = %s WHERE id = %s",
                [(began, ended, row[0]) for began, ended, row in zip(begins, ends, rows, strict=True)],
            )
        self._open = self._read_open()

    def _read_open(self) -> dict[str, _Interval]:
        rows = self._db.execute(
            "SELECT subject, status, reason, began, held_status, held_reason, id, boot, mono, late FROM intervals "
            "WHERE site = %s AND subject <> 'link' AND ended IS NULL",
            (self._site,),
        )
        return {row[0]: _Interval(*row) for row in rows.fetchall()}

    def _write(self) -> None:
        """Ends first: of each device one interval is open at most."""
        fresh = [one for one in (*self._ended, *self._open.values()) if one.id is None]
        with self._db.cursor() as cursor:
            cursor.executemany(
                "UPDATE intervals SET ended = %s WHERE id = %s", [(one.ended, one.id) for one in self._ended if one.id is not None]
            )
            cursor.executemany(
                "INSERT INTO intervals (site, subject, status, reason, began, ended, boot, mono, late, held_status, held_reason) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    (self._site, one.subject, one.status, one.reason, one.began, one.ended, one.boot, one.mono, one.late,
                     one.held_status, one.held_reason)
                    for one in fresh
                ],
            )  # fmt: skip
