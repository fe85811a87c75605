"""The database's own housekeeping: partitions for the months ahead, and what is older than the policy goes."""

import logging
import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from province.hub.settings import Settings

log = logging.getLogger(__name__)
MONTHS_AHEAD = 2
EVERY_S = 6 * 3600.0
CATCHING_UP = 2.0
"""Days of history that may go for each real day: a hub that was off for months catches up, one whose clock jumped loses little."""


def keep_house(database: psycopg.Connection[Any], settings: Settings) -> list[str]:
    """Make the partitions that are missing and drop what the policy no longer keeps; what was dropped, by name."""
    with database.transaction():
        months = [_month(_today(), n) for n in range(MONTHS_AHEAD + 1)]
        for month in months:
            _make(database, month)
        at = _reached(database)
        oldest = date.fromordinal(at.date().toordinal() - settings.keep_events_days)
        dropped = [name for name, month in _partitions(database) if _month(month, 1) <= oldest]
        for name in dropped:
            database.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
            log.info("events of %s dropped: kept for %d days", name, settings.keep_events_days)
        database.execute("DELETE FROM intervals WHERE ended < %s - make_interval(days => %s)", (at, settings.keep_intervals_days))
        database.execute("DELETE FROM connections WHERE last_at < %s - interval '30 days'", (at,))
        database.execute("DELETE FROM boots WHERE last_at < %s - interval '30 days'", (at,))
    return dropped


def _reached(database: psycopg.Connection[Any]) -> datetime:
    """The instant from which ages are counted: the clock's, but no further than real days have passed since it was last moved.

    The first time it stands at what the hub heard last. A boot counts from its beginning: what passed before is not known.
    """
    boot, uptime, now = _boot_id(), time.clock_gettime(time.CLOCK_BOOTTIME), datetime.now(UTC)
    row = database.execute("SELECT at, boot, uptime_s FROM upkeep").fetchone()
    if row is None:
        (heard,) = database.execute("SELECT max(last_seen) FROM sites").fetchone() or (None,)
        row = (min(heard or now, now), boot, uptime)
    before, before_boot, before_uptime = row
    passed = timedelta(seconds=max(0.0, uptime - before_uptime if boot == before_boot else uptime))
    at = min(now, before + CATCHING_UP * passed)
    if now - at > timedelta(days=2):
        log.warning("the clock says %s; ages are counted from %s, at most %g days on each real day", now, at, CATCHING_UP)
    database.execute(
        "INSERT INTO upkeep (at, boot, uptime_s) VALUES (%s, %s, %s) "
        "ON CONFLICT (one) DO UPDATE SET at = excluded.at, boot = excluded.boot, uptime_s = excluded.uptime_s",
        (max(at, before), boot, uptime),
    )
    return at


def _boot_id() -> str:
    """systemd hands it over (KETNOI_BOOT_ID=%b): a hardened unit sees no /proc/sys."""
    return os.environ.get("KETNOI_BOOT_ID") or Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _make(database: psycopg.Connection[Any], month: date) -> None:
    """One month's partition; rows of it that came before it was there leave the default partition for it."""
    name = f"events_{month:%Y_%m}"
    if database.execute("SELECT to_regclass(%s)", (name,)).fetchone() != (None,):
        return
    ends = {"first": _instant(month), "next": _instant(_month(month, 1))}
    table = sql.Identifier(name)
    database.execute(sql.SQL("CREATE TABLE {} (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)").format(table))
    moved = sql.SQL(
        "WITH moved AS (DELETE FROM events_rest WHERE received_at >= %(first)s AND received_at < %(next)s RETURNING *) "
        "INSERT INTO {} SELECT * FROM moved"
    ).format(table)
    database.execute(moved, ends)
    bounds = [sql.Literal(end.isoformat()) for end in ends.values()]
    database.execute(sql.SQL("ALTER TABLE events ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(table, *bounds))


def _partitions(database: psycopg.Connection[Any]) -> list[tuple[str, date]]:
    rows = database.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'events'::regclass AND c.relname ~ %s",
        (r"^events_\d{4}_\d{2}$",),
    ).fetchall()
    return sorted((name, date(int(name[7:11]), int(name[12:14]), 1)) for (name,) in rows)


def _month(day: date, ahead: int) -> date:
    """The first of the month `ahead` months later."""
    index = day.year * 12 + day.month - 1 + ahead
    return date(index // 12, index % 12 + 1, 1)


def _instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _today() -> date:
    return datetime.now(UTC).date()
