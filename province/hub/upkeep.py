"""The database's own housekeeping: partitions for the months ahead, and what is older than the policy goes."""

import logging
from datetime import UTC, date, datetime, time
from typing import Any

import psycopg
from psycopg import sql

from province.hub.settings import Settings

log = logging.getLogger(__name__)
MONTHS_AHEAD = 2
EVERY_S = 6 * 3600.0


def keep_house(database: psycopg.Connection[Any], settings: Settings) -> list[str]:
    """Make the partitions that are missing and drop what the policy no longer keeps; what was dropped, by name."""
    with database.transaction():
        months = [_month(_today(), n) for n in range(MONTHS_AHEAD + 1)]
        for month in months:
            _make(database, month)
        oldest = date.fromordinal(_today().toordinal() - settings.keep_events_days)
        dropped = [name for name, month in _partitions(database) if _month(month, 1) <= oldest]
        for name in dropped:
            database.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
            log.info("events of %s dropped: kept for %d days", name, settings.keep_events_days)
        gone = "ended < now() - make_interval(days => %s)"
        database.execute(f"DELETE FROM intervals WHERE {gone}", (settings.keep_intervals_days,))  # noqa: S608 - a constant
        database.execute("DELETE FROM heard WHERE last_at < now() - interval '30 days'")
        database.execute("DELETE FROM boots WHERE last_at < now() - interval '30 days'")
    return dropped


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
    return datetime.combine(day, time(), UTC)


def _today() -> date:
    return datetime.now(UTC).date()
