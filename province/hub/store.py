"""What the collector writes: documents of the contract into PostgreSQL, so that the same one twice changes nothing."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from edge_agent.contract import events
from edge_agent.contract.messages import SCHEMA, Ack, Beat, Document, Event, EventBatch, LinkState, State, Unreadable, topic
from edge_agent.contract.strict import ContractError
from province.documents.state import KeptState, camera_kept, health_kept
from province.hub import commands
from province.hub.history import Fold, keep_state

UNREADABLE = "unreadable"
"""The cause of a gap where the hub put an event aside."""
REFUSALS = 50
OTHERS = "other reasons"
SHOWN = 16 * 1024
SILENT_S = 60.0
"""A facility of which nothing was heard for so long, by the hub's clock, is unknown."""


class Store:
    """Writes within the caller's transaction. The connection's own rules (autocommit) are the caller's too."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._db = connection

    def mark_seen(self, sites: Iterable[str]) -> None:
        """These were heard just now, by the hub's clock; unknown ones become known (the broker has checked their certificates)."""
        with self._db.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO sites (site) VALUES (%s) ON CONFLICT (site) DO UPDATE SET last_seen = now()",
                [(site,) for site in sorted(set(sites))],
            )

    def take(self, document: Document) -> Ack | None:
        """Write one document of a site that `mark_seen` has named; what to acknowledge after the commit."""
        match document:
            case EventBatch():
                return self._events(document)
            case State():
                self._state(document)
            case Beat():
                return self._beat(document)
            case LinkState(status="online"):
                self._online(document.site, document.connection)
            case LinkState():
                self._offline(document)
        return None

    def refuse(self, topic: str, reason: str, document: bytes | str) -> None:
        """Put aside what can't be read or kept, for somebody to look at, and count it.

        Of a topic the newest REFUSALS reasons are kept, each with its newest document; what others counted goes on in one row.
        """
        topic, reason, shown = (text.replace("\0", "\ufffd") for text in (topic[:200], reason[:200], _shown(document)))
        (fresh,) = self._db.execute(
            "INSERT INTO refusals AS r (topic, reason, document) VALUES (%s, %s, %s) ON CONFLICT (topic, reason) "
            "DO UPDATE SET times = r.times + 1, last_at = now(), document = excluded.document RETURNING xmax = 0",
            (topic, reason, shown),
        ).fetchone() or (False,)
        if fresh:
            self._db.execute(
                "WITH old AS (DELETE FROM refusals WHERE topic = %(topic)s AND reason IN (SELECT reason FROM refusals "
                "WHERE topic = %(topic)s AND reason <> %(others)s ORDER BY last_at DESC, reason OFFSET %(most)s) RETURNING times) "
                "INSERT INTO refusals AS r (topic, reason, times) SELECT %(topic)s, %(others)s, sum(times) FROM old HAVING count(*) > 0 "
                "ON CONFLICT (topic, reason) DO UPDATE SET times = r.times + excluded.times, last_at = now()",
                {"topic": topic, "others": OTHERS, "most": REFUSALS},
            )

    def _events(self, batch: EventBatch) -> Ack:
        """Each (site, epoch, seq) once: the epoch's row, locked here, says up to where. A jump over numbers that were never seen is
        written down as a gap."""
        self._db.execute("INSERT INTO epochs (site, epoch) VALUES (%s, %s) ON CONFLICT DO NOTHING", (batch.site, batch.epoch))
        row = self._db.execute(
            "SELECT acked, EXISTS (SELECT 1 FROM gaps g WHERE (g.site, g.epoch, g.seq, g.cause) = (e.site, e.epoch, e.acked, %s)) "
            "FROM epochs e WHERE site = %s AND epoch = %s FOR UPDATE OF e",
            (UNREADABLE, batch.site, batch.epoch),
        ).fetchone()
        acked, lost = (int(row[0]), bool(row[1])) if row else (0, False)
        if self._conflicts(batch, acked):
            self._add_gap(batch, batch.events[0].seq, "conflict", None, None, {})
            return Ack(batch.site, batch.epoch, acked, conflict=True)
        came: list[Event | Unreadable] = [*batch.events, *batch.unreadable]
        taken = sorted((one for one in came if one.seq > acked), key=lambda one: one.seq)
        if not taken:
            return Ack(batch.site, batch.epoch, acked)
        fresh = [one for one in taken if isinstance(one, Event)]
        with self._db.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO events (site, epoch, seq, wall, mono, boot, clock_synced, class, body, late) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    (batch.site, batch.epoch, one.seq, one.wall, one.mono, one.boot, one.clock_synced, one.cls,
                     Jsonb(one.body), one.late)
                    for one in fresh
                ],
            )  # fmt: skip
        upto = acked
        lost_before: set[int] = set()
        for one in taken:
            if isinstance(one, Event) and one.cls == "gap":
                self._declare(batch, one)
            elif isinstance(one, Event) and one.cls == "command":
                commands.answered(self._db, batch.site, one)
            if one.seq > upto + 1 and not self._declared(batch, upto + 1, one.seq - 1):
                self._add_gap(batch, one.seq, "missing", upto + 1, one.seq - 1, {})
                lost = True
            upto = one.seq
            if isinstance(one, Unreadable):
                self.refuse(topic(batch.site, "events"), one.reason, one.document)
                self._add_gap(batch, one.seq, UNREADABLE, one.seq, one.seq, {})
                lost = True
            elif lost:
                lost_before.add(one.seq)
                lost = False
        fold = Fold(self._db, batch.site, self._last_at(batch.site))
        fold.take(fresh, lost_before)
        self._db.execute(
            "UPDATE epochs SET acked = %s, last_at = %s WHERE site = %s AND epoch = %s", (upto, fold.last_at, batch.site, batch.epoch)
        )
        return Ack(batch.site, batch.epoch, upto)

    def _conflicts(self, batch: EventBatch, acked: int) -> bool:
        """Whether numbers that were acknowledged come again with other events: an old copy of an outbox that went on elsewhere."""
        again = {event.seq: (event.boot, event.mono) for event in batch.events if event.seq <= acked}
        if not again:
            return False
        rows = self._db.execute(
            "SELECT seq, boot, mono FROM events WHERE site = %s AND epoch = %s AND seq = ANY(%s)", (batch.site, batch.epoch, list(again))
        ).fetchall()
        return any(again[seq] != (boot, mono) for seq, boot, mono in rows)

    def _last_at(self, site: str) -> datetime | None:
        row = self._db.execute("SELECT max(last_at) FROM epochs WHERE site = %s", (site,)).fetchone()
        return row[0] if row else None

    def _declare(self, batch: EventBatch, event: Event) -> None:
        """Write down a gap that the agent declares, with its numbers where it names any (some rows between them may live)."""
        numbers = events.missing(event.body)
        first, last = numbers if numbers and 0 < numbers[0] <= event.seq <= numbers[1] < 2**62 else (None, None)
        self._add_gap(batch, event.seq, str(event.body.get("cause"))[:64], first, last, event.body)

    def _declared(self, batch: EventBatch, first: int, last: int) -> bool:
        found = self._db.execute(
            "SELECT 1 FROM gaps WHERE site = %s AND epoch = %s AND from_seq <= %s AND to_seq >= %s LIMIT 1",
            (batch.site, batch.epoch, first, last),
        )
        return found.fetchone() is not None

    def _add_gap(self, batch: EventBatch, seq: int, cause: str, first: int | None, last: int | None, body: Mapping[str, object]) -> None:
        self._db.execute(
            "INSERT INTO gaps (site, epoch, seq, cause, from_seq, to_seq, body) VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (batch.site, batch.epoch, seq, cause, first, last, Jsonb(body)),
        )

    def _state(self, state: State) -> None:
        self._online(state.site, state.connection)
        self._boot(state)
        document: KeptState = {
            "number": state.number, "connection": state.connection, "at": state.at, "agent": state.agent, "boot": state.boot,
            "uptime_s": state.uptime_s,
            "clock": state.clock, "outbox": state.outbox, "digests": state.digests, "link": state.link,
            "health": {subject: health_kept(one) for subject, one in state.health.items()},
            "cameras": [camera_kept(one) for one in state.cameras],
        }  # fmt: skip
        self._db.execute(
            "UPDATE facility_state SET state = %s, number = %s, state_at = now() WHERE site = %s",
            (Jsonb(document), state.number, state.site),
        )
        self._db.execute(
            "DELETE FROM device_state WHERE site = %s AND NOT slot = ANY(%s)",
            (state.site, [one.slot for one in state.cameras]),
        )
        with self._db.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO device_state (site, slot, name, status, reason, since, measured) VALUES (%s, %s, %s, %s, %s, %s, %s) "
                "ON CONFLICT (site, slot) DO UPDATE SET name = excluded.name, status = excluded.status, "
                "reason = excluded.reason, since = excluded.since, measured = excluded.measured, updated_at = now()",
                [(state.site, one.slot, one.name, one.status, one.reason, one.since, Jsonb(one.measured)) for one in state.cameras],
            )

        words = {f"camera/{one.slot}": (one.status, one.reason) for one in state.cameras}
        words |= {name: (one.status, one.reason) for name, one in state.health.items()}
        keep_state(self._db, state.site, words)

    def _beat(self, beat: Beat) -> Ack | None:
        """What was told last still holds; where it is not what we have (it was lost on its way to here), ask for it again."""
        self._online(beat.site, beat.connection)
        held = self._db.execute(
            "UPDATE facility_state SET state_at = now() WHERE site = %s AND number = %s AND state->>'connection' = %s RETURNING 1",
            (beat.site, beat.number, beat.connection),
        ).fetchone()
        if held:
            return None
        known = self._db.execute(
            "SELECT epoch, acked FROM epochs WHERE site = %s ORDER BY first_seen DESC LIMIT 1", (beat.site,)
        ).fetchone()  # fmt: skip
        return Ack(beat.site, known[0], known[1], publish_state=True) if known else None

    def _boot(self, state: State) -> None:
        """Two machines with one certificate take turns at one session: a boot that was over speaks again."""
        later = self._db.execute(
            "SELECT 1 FROM boots mine JOIN boots other USING (site) WHERE site = %s AND mine.boot = %s AND other.boot <> mine.boot "
            "AND other.first_at > mine.first_at LIMIT 1",
            (state.site, state.boot),
        ).fetchone()
        if later:
            self._db.execute("UPDATE facility_state SET duplicate_at = now() WHERE site = %s", (state.site,))
        self._db.execute(
            "INSERT INTO boots (site, boot) VALUES (%s, %s) ON CONFLICT (site, boot) DO UPDATE SET last_at = now()",
            (state.site, state.boot),
        )

    def _online(self, site: str, connection: str) -> None:
        """Only a living session publishes this, so it always counts. The link's interval begins where a session did."""
        self._db.execute(
            "INSERT INTO connections (site, connection) VALUES (%s, %s) ON CONFLICT (site, connection) DO UPDATE SET last_at = now()",
            (site, connection),
        )
        began = self._db.execute(
            "INSERT INTO facility_state (site, link, link_reason, connection) VALUES (%(site)s, 'online', 'connected', %(id)s) "
            "ON CONFLICT (site) DO UPDATE SET link = 'online', link_reason = 'connected', link_since = now(), connection = %(id)s "
            "WHERE (facility_state.link, facility_state.connection) IS DISTINCT FROM ('online', %(id)s) RETURNING 1",
            {"site": site, "id": connection},
        ).fetchone()
        if began:
            self._silence(site, connection)
            self._link_interval(site, "online", "connected")

    def _offline(self, link: LinkState) -> None:
        """Counts for the connection that it names; of a site never heard before it is still the best that is known."""
        ended = self._db.execute(
            "INSERT INTO facility_state (site, link, link_reason, connection) VALUES (%(site)s, 'offline', %(why)s, %(id)s) "
            "ON CONFLICT (site) DO UPDATE SET link = 'offline', link_reason = %(why)s, link_since = now() "
            "WHERE facility_state.link = 'online' AND facility_state.connection = %(id)s RETURNING 1",
            {"site": link.site, "why": link.reason[:200], "id": link.connection},
        ).fetchone()
        if ended:
            self._link_interval(link.site, "offline", link.reason[:200])

    def _silence(self, site: str, connection: str) -> None:
        """A session that ended without a word (broker or hub went away, too): from its last word on nothing was known."""
        row = self._db.execute(
            "SELECT max(last_at), max(last_at) < now() - make_interval(secs => %s) FROM connections WHERE site = %s AND connection <> %s",
            (SILENT_S, site, connection),
        ).fetchone()
        if row and row[1]:
            self._link_interval(site, "unknown", "silent", row[0], only_after="online")

    def _link_interval(self, site: str, status: str, why: str, since: datetime | None = None, only_after: str | None = None) -> None:
        """End what holds of the link, at `since` (now) and begin this, where it is another word."""
        row = self._db.execute(
            "SELECT id, status, began FROM intervals WHERE site = %s AND subject = 'link' AND ended IS NULL", (site,)
        ).fetchone()
        if (row and row[1] == status) or (only_after and (not row or row[1] != only_after)):
            return
        at = since if row is None or since is None else max(since, row[2])
        if row:
            self._db.execute("UPDATE intervals SET ended = coalesce(%s, now()) WHERE id = %s", (at, row[0]))
        self._db.execute(
            "INSERT INTO intervals (site, subject, status, reason, began) VALUES (%s, 'link', %s, %s, coalesce(%s, now()))",
            (site, status, why, at),
        )


def _shown(document: bytes | str) -> str:
    return (document if isinstance(document, str) else document.decode("utf-8", "replace"))[:SHOWN]


def forget_unreadable(database: psycopg.Connection[Any]) -> list[str]:
    """Of which sites the present was unreadable, as an older hub may have taken it: it is unknown until the agent tells it again, which
    the next beat asks it for. So whoever reads the table reads what `State` describes."""
    forgotten = []
    for site, state in database.execute("SELECT site, state FROM facility_state WHERE state IS NOT NULL").fetchall():
        try:
            State.parse(json.dumps({**state, "schema": SCHEMA, "site": site, "same": False}).encode())
        except (ContractError, TypeError):
            database.execute("UPDATE facility_state SET state = NULL, number = 0 WHERE site = %s", (site,))
            forgotten.append(site)
    return forgotten
