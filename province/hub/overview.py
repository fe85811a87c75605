"""What is kept, asked three ways: how every facility is now, which outages there were, how long each camera was up.

The documents are StatusDocument, OutagesDocument and AvailabilityDocument of province.documents.overview. Days are Vietnam's.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from edge_agent.contract.messages import STATUSES
from edge_agent.contract.strict import ContractError, utc_text
from province.documents.overview import (
    AvailabilityDocument,
    CameraCounts,
    CameraShare,
    Outage,
    OutagesDocument,
    Share,
    SiteNow,
    StatusDocument,
)
from province.documents.state import StateHead, fault, state_head
from province.hub.store import SILENT_S
from province.text import VIETNAM

OUTAGES = ("down", "frozen", "unreachable", "unknown", "offline")

_LINK_STATUS = """CASE WHEN f.link = 'offline' AND f.link_reason = 'stopped' THEN 'stopped' WHEN f.link = 'offline' THEN 'offline'
  WHEN f.link = 'online' AND s.last_seen > now() - make_interval(secs => %(silent)s) THEN 'connected' ELSE 'unknown' END"""
_STATUS = f"""
SELECT s.site, {_LINK_STATUS} AS status, f.link, f.link_reason, f.link_since, s.last_seen,
  extract(epoch FROM now() - s.last_seen)::float8 AS silent_s, d.counts, f.state - 'cameras' - 'digests' AS state,
  coalesce(f.duplicate_at > now() - interval '1 hour', false) AS duplicate,
  coalesce(g.gaps, 0) AS gaps, coalesce(r.refused, 0)::int AS refused
FROM sites s LEFT JOIN facility_state f USING (site)
LEFT JOIN (SELECT site, jsonb_object_agg(status, times) AS counts FROM
  (SELECT site, status, count(*) AS times FROM device_state GROUP BY site, status) w GROUP BY site) d USING (site)
LEFT JOIN (SELECT site, count(*) AS gaps FROM gaps GROUP BY site) g USING (site)
LEFT JOIN (SELECT split_part(topic, '/', 3) AS site, sum(times) AS refused FROM refusals GROUP BY 1) r USING (site)
WHERE s.site = ANY(%(sites)s)
"""  # noqa: S608 - no value is put in
_OUTAGES = """
SELECT i.site, i.subject, d.name, i.status, i.reason, i.began, i.ended, i.late,
  extract(epoch FROM least(coalesce(i.ended, now()), %(until)s) - greatest(i.began, %(since)s))::float8 AS seconds
FROM intervals i LEFT JOIN device_state d ON d.site = i.site AND i.subject = 'camera/' || d.slot
WHERE i.site = ANY(%(sites)s) AND i.status = ANY(%(statuses)s) AND i.began < %(until)s AND coalesce(i.ended, now()) > %(since)s
  AND coalesce(i.ended, now()) > i.began
ORDER BY i.began, i.site, i.subject
"""
_AVAILABILITY = f"""
WITH asked AS (
  SELECT s.site, CASE WHEN {_LINK_STATUS} = 'connected' THEN now() ELSE s.last_seen END AS known_until
  FROM sites s LEFT JOIN facility_state f USING (site) WHERE s.site = ANY(%(sites)s)
), days AS (
  SELECT day, day + interval '1 day' AS next FROM generate_series(%(first)s, %(last)s, interval '1 day') AS day
)
SELECT i.site, split_part(i.subject, '/', 2)::int AS slot, days.day, i.status,
  sum(extract(epoch FROM least(coalesce(i.ended, a.known_until), days.next) - greatest(i.began, days.day)))::float8 AS seconds
FROM intervals i JOIN asked a USING (site)
JOIN days ON i.began < days.next AND coalesce(i.ended, a.known_until) > days.day
WHERE i.subject LIKE 'camera/%%' AND coalesce(i.ended, a.known_until) > i.began
GROUP BY i.site, slot, days.day, i.status
"""  # noqa: S608 - no value is put in


def status(database: psycopg.Connection[Any], sites: Sequence[str]) -> StatusDocument:
    """How each is now; a facility never heard of is unknown."""
    with database.cursor(row_factory=dict_row) as cursor:
        rows = {row["site"]: row for row in cursor.execute(_STATUS, {"silent": SILENT_S, "sites": list(sites)})}
    return {"schema": 1, "at": utc_text(datetime.now(UTC)), "sites": [_site(site, rows.get(site)) for site in sites]}


def _site(site: str, row: DictRow | None) -> SiteNow:
    if row is None:
        return {"site": site, "status": "unknown", "since": None, "silent_s": None, "reason": "never_heard", "cameras": _counts({}),
                "last": None, "clock_synced": None, "backlog": None, "gaps": 0, "refused": 0, "way": None, "health": {},
                "duplicate": False}  # fmt: skip
    told, connected = _counts(row["counts"] or {}), row["status"] == "connected"
    state, problem = _head(row["state"])
    since = row["last_seen"] if row["status"] == "unknown" else row["link_since"]
    found: SiteNow = {
        "site": site, "status": row["status"], "since": utc_text(since) if since else None, "silent_s": round(row["silent_s"], 1),
        "reason": "silent" if row["status"] == "unknown" else row["link_reason"],
        "cameras": told if connected else _counts({"unknown": sum(told[status] for status in STATUSES)}),
        "last": None if connected else told,
        "clock_synced": state["clock"]["synced"] if state else None,
        "backlog": state["outbox"]["unacknowledged"] if state else None, "gaps": row["gaps"], "refused": row["refused"],
        "way": state["link"]["way"] if state and state["link"] and connected else None, "health": state["health"] if state else {},
        "duplicate": row["duplicate"],
    }  # fmt: skip
    if problem:
        found["unreadable"] = problem
    return found


def _head(state: object) -> tuple[StateHead | None, str | None]:
    """(what a box told of itself, what is wrong with it where it can't be read)."""
    try:
        return (None if state is None else state_head(state)), None
    except ContractError as error:
        return None, fault(error)


def _counts(found: Mapping[str, int]) -> CameraCounts:
    up, frozen, down, unreachable, unknown = (int(found.get(status, 0)) for status in STATUSES)
    return {"up": up, "frozen": frozen, "down": down, "unreachable": unreachable, "unknown": unknown}


def outages(database: psycopg.Connection[Any], sites: Sequence[str], since: datetime, until: datetime) -> OutagesDocument:
    """All that were under way at some time between the two instants."""
    asked = {"sites": list(sites), "since": since, "until": until, "statuses": list(OUTAGES)}
    with database.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_OUTAGES, asked).fetchall()
    found: list[Outage] = [
        {
            "site": row["site"],
            "subject": row["subject"],
            "name": row["name"],
            "status": row["status"],
            "reason": row["reason"],
            "began": utc_text(row["began"]),
            "ended": utc_text(row["ended"]) if row["ended"] else None,
            "late": row["late"],
            "seconds": round(row["seconds"], 1),
        }
        for row in rows
    ]
    return {"schema": 1, "at": utc_text(datetime.now(UTC)), "since": utc_text(since), "until": utc_text(until), "outages": found}


def availability(database: psycopg.Connection[Any], sites: Sequence[str], first: date, last: date) -> AvailabilityDocument:
    """How long each camera was up, both days included; today counts up to now."""
    now = datetime.now(UTC)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    length = {day: max(0.0, min((now - midnight(day)).total_seconds(), 86400.0)) for day in days}
    asked = {"sites": list(sites), "first": midnight(first), "last": midnight(last), "silent": SILENT_S}
    spent: dict[tuple[str, int], dict[date, dict[str, float]]] = {}
    for site, slot, day, word, seconds in database.execute(_AVAILABILITY, asked):
        spent.setdefault((site, slot), {}).setdefault(day.astimezone(VIETNAM).date(), {})[word] = seconds
    names = database.execute("SELECT site, slot, name FROM device_state WHERE site = ANY(%s)", (list(sites),)).fetchall()
    known = {(site, slot): name for site, slot, name in names}
    cameras: list[CameraShare] = [
        {"site": site, "slot": slot, "name": known.get((site, slot)), **_share(_summed(by_day.values()), sum(length.values())),
         "days": [{"day": day.isoformat(), **_share(by_day.get(day, {}), length[day])} for day in days]}
        for (site, slot), by_day in sorted({**{key: {} for key in known}, **spent}.items())
    ]  # fmt: skip
    return {"schema": 1, "at": utc_text(now), "from": first.isoformat(), "to": last.isoformat(), "cameras": cameras}


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM)


def _summed(days: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for day in days:
        for word, seconds in day.items():
            total[word] = total.get(word, 0.0) + seconds
    return total


def _share(spent: Mapping[str, float], total: float) -> Share:
    """`spent` by word over `total` seconds; whatever nobody told of is unknown."""
    told: dict[str, float] = {word: min(spent.get(word, 0.0), total) for word in STATUSES if word != "unknown"}
    told["unknown"] = max(0.0, total - sum(told.values()))
    return {
        "seconds": {word: round(told[word], 1) for word in STATUSES},
        "total_s": round(total, 1),
        "up_share": round(told["up"] / total, 6) if total else None,
        "up_share_at_most": round((told["up"] + told["unknown"]) / total, 6) if total else None,
    }
