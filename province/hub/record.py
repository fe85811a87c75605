"""What the hub keeps of facilities as it was at an instant: all that a report needs besides inventory and standard.

The document is `province.documents.record.RecordDocument`.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO, TypedDict

import psycopg

from edge_agent.contract.strict import utc_text
from province.documents.record import HistoryDay, Keeping, KeptVerdict, SiteRecord, StandardKept, kept_verdict
from province.hub import continuity, overview
from province.hub.rollouts import NOT_VISITED
from province.hub.settings import Site
from province.text import VIETNAM

DAYS = 30
NOBODY_LOOKED = [0.0, 1.0]
"""The share of a day on which a camera may have been up or not: nothing to tell."""


class Asked(TypedDict):
    """What the queries are filled with. `sites`: ids; `codes`: theirs, in the same order."""

    sites: list[str]
    codes: list[str]
    until: datetime
    days: int


_NEWEST = """
SELECT DISTINCT ON (site) site, verdict FROM facility_verdicts
WHERE site = ANY(%(sites)s) AND appended_at <= %(until)s ORDER BY site, judged_at DESC, verdict DESC
"""
_HEAD = "SELECT judged_at, appended_at, document - 'facilities' FROM verdicts WHERE id = %s"
_FACILITIES = """
SELECT coalesce(f->>'id', f->>'code'), f FROM verdicts v, jsonb_array_elements(v.document->'facilities') f
WHERE v.id = %(verdict)s AND coalesce(f->>'id', f->>'code') = ANY(%(sites)s)
"""
_FIRSTS = """
SELECT site, max(judged_at) FILTER (WHERE judged > 0), min(judged_at) FILTER (WHERE status = 'met'),
  min(judged_at) FILTER (WHERE cameras > 0 AND played = cameras)
FROM facility_verdicts WHERE site = ANY(%(sites)s) AND appended_at <= %(until)s GROUP BY site
"""
_HISTORY = """
SELECT site, day, status, played, cameras FROM (
  SELECT DISTINCT ON (site, day) site, day, status, played, cameras FROM
    (SELECT *, (judged_at AT TIME ZONE interval '7 hours')::date AS day FROM facility_verdicts
     WHERE site = ANY(%(sites)s) AND appended_at <= %(until)s) dated
  ORDER BY site, day, judged_at DESC, verdict DESC) days
ORDER BY site, day
"""
_AGENT = """
SELECT s.site, s.first_seen, i.status, i.reason, i.began,
  coalesce(i.ended, (SELECT max(least(c.last_at, %(until)s)) FROM connections c WHERE c.site = s.site AND c.first_at <= %(until)s),
    CASE WHEN s.last_seen <= %(until)s THEN s.last_seen END, i.began)
FROM sites s LEFT JOIN LATERAL (SELECT status, reason, began, ended FROM intervals
  WHERE site = s.site AND subject = 'link' AND began <= %(until)s ORDER BY began DESC LIMIT 1) i ON true
WHERE s.site = ANY(%(sites)s) AND s.first_seen <= %(until)s
"""
_ROLLOUTS = """
SELECT f->>'id', f->>'code', r.appended_at, f->>'status' FROM rollouts r, jsonb_array_elements(r.document->'facilities') f
WHERE r.appended_at <= %(until)s AND NOT f->>'status' = ANY(%(not_visited)s)
  AND (f->>'id' = ANY(%(sites)s) OR f->>'id' IS NULL AND f->>'code' = ANY(%(codes)s)) ORDER BY r.id
"""
"""Documents from before rollouts told ids are found by the code that the facility has now."""


def write(database: psycopg.Connection[Any], sites: Mapping[str, Site], until: datetime, out: TextIO, days: int = DAYS) -> None:
    """Print the document above; a province's verdicts pass one facility at a time. sites: by facility id."""
    codes = {name: site.code for name, site in sites.items()}
    asked: Asked = {"sites": list(codes), "codes": list(codes.values()), "until": until, "days": days}
    with database.transaction():
        database.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        told = _known(database, asked, codes)
        standards: dict[str, StandardKept] = {}
        out.write(f'{{"schema": 1, "until": {json.dumps(utc_text(until))}, "days": {days}, "sites": {{')
        comma = ""
        for name, verdict in _verdicts(database, asked, standards):
            known = told.pop(name)
            known["verdict"] = verdict
            out.write(f"{comma}{json.dumps(codes[name])}: {_json(known)}")
            comma = ", "
        for name, rest in told.items():
            out.write(f"{comma}{json.dumps(codes[name])}: {_json(rest)}")
            comma = ", "
        out.write(f'}}, "standards": {_json(standards)}}}\n')


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _known(database: psycopg.Connection[Any], asked: Asked, codes: Mapping[str, str]) -> dict[str, SiteRecord]:
    """Everything but the verdict itself, by facility id."""
    known: dict[str, SiteRecord] = {
        name: {
            "id": name,
            "verdict": None,
            "last_judged": None,
            "first_met": None,
            "first_connected": None,
            "agent": None,
            "rollouts": None,
            "history": [],
            "availability": {},
            "outages": {},
        }
        for name in sorted(codes)
    }
    for name, judged, met, connected in database.execute(_FIRSTS, asked):
        site = known[name]
        site["last_judged"], site["first_met"], site["first_connected"] = (utc_text(at) if at else None for at in (judged, met, connected))
    for name, day, *now in database.execute(_HISTORY, asked):
        history = known[name]["history"]
        if not history or list(history[-1][1:]) != now:
            history.append(HistoryDay(day.isoformat(), *now))
    for name, first, status, why, since, last in database.execute(_AGENT, asked):
        known[name]["agent"] = {"first": utc_text(first), "last": utc_text(last or first), "status": status or "unknown", "reason": why,
                                "since": utc_text(since or first)}  # fmt: skip
    ids = {code: name for name, code in codes.items()}
    for site_id, code, at, status in database.execute(_ROLLOUTS, {**asked, "not_visited": list(NOT_VISITED)}):
        site = known[site_id or ids[code]]
        before = site["rollouts"]
        site["rollouts"] = {
            "first": before["first"] if before else utc_text(at),
            "worked": (before["worked"] if before else None) or (utc_text(at) if status != "failed" else None),
            "last": utc_text(at),
            "status": status,
        }
    _ran(database, asked, known)
    return known


def _ran(database: psycopg.Connection[Any], asked: Asked, known: Mapping[str, SiteRecord]) -> None:
    """Availability in the last days that were whole and are over, and outages."""
    until = asked["until"]
    last = min(until, datetime.now(UTC)).astimezone(VIETNAM).date() - timedelta(days=1)
    for site, slots in continuity.cameras(database, asked["sites"], last - timedelta(days=asked["days"] - 1), last).items():
        for slot, by_day in slots.items():
            days = {day.isoformat(): share for day, share in by_day.items() if share != NOBODY_LOOKED}
            if days:
                known[site]["availability"][str(slot)] = days
    for outage in overview.outages(database, asked["sites"], until - timedelta(days=asked["days"]), until)["outages"]:
        counted = known[outage["site"]]["outages"].setdefault(outage["subject"].partition("/")[0], [0, 0.0])
        counted[0] += 1
        counted[1] = round(counted[1] + outage["seconds"], 1)


def _verdicts(database: psycopg.Connection[Any], asked: Asked, standards: dict[str, StandardKept]) -> Iterator[tuple[str, KeptVerdict]]:
    """(facility id, its newest verdict) in turn; what their standards say once goes into `standards`."""
    chosen: dict[int, list[str]] = {}
    for name, number in database.execute(_NEWEST, asked).fetchall():
        chosen.setdefault(number, []).append(name)
    for number, names in sorted(chosen.items()):
        at, kept, head = database.execute(_HEAD, (number,)).fetchall()[0]
        standard = head.get("standard") or {}
        digest = str(standard.get("digest"))
        if digest not in standards:
            standards[digest] = {"name": standard.get("name"), "version": standard.get("version"), "checks": {}}
        keeping: Keeping = {"number": number, "at": utc_text(at), "kept": utc_text(kept), "profile": head.get("profile"),
                            "standard": digest, "inventory": head.get("inventory")}  # fmt: skip
        with database.cursor(name="facilities") as cursor:
            cursor.itersize = 20
            for name, facility in cursor.execute(_FACILITIES, {"verdict": number, "sites": names}):
                yield name, kept_verdict(facility, keeping, standards[digest]["checks"])
