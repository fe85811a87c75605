"""What the hub keeps of facilities as it was at an instant: all that a report needs besides inventory and standard.

{"schema": 1, "until": ISO, "days": int,                          history is told for so many days before `until`
 "standards": {digest: {"name", "version", "checks": {id: {"title", "source", "required", "once", ...}}}},
 "sites": {code: {
    "id",
    "verdict": {"number", "at", "kept", "profile", "standard": digest, "inventory", "verdict", "checks": [row], "devices": [...]}|null,
    "last_judged": ISO|null,             the newest verdict in which any camera's playing could be told at all
    "first_met": ISO|null, "first_connected": ISO|null,          connected: the centre played every camera
    "history": [[day, verdict, played, cameras]],                a day's last verdict, where it differs from the day's before
    "agent": {"first", "last": ISO, "status": "online|offline|unknown", "reason", "since": ISO}|null,     the agent, at the instant
    "rollouts": {"first", "last": ISO, "status", "worked": ISO|null}|null,         those that visited it; worked: the first that did
    "availability": {slot: {day: [up share, at most]}},          only whole days, and of which anything is known
    "outages": {subject: [times, seconds]}}}}                    "link", "camera", "disk" ...

A verdict counts from when it was kept (`appended_at`): one that was appended later changes no past. A row is a verdict's own,
without what its standard says once for all, and without what is null or false. Days are Vietnam's.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO

import psycopg

from edge_agent.contract.strict import utc_text
from province.hub import continuity, overview
from province.hub.rollouts import NOT_VISITED
from province.hub.settings import Site
from province.text import VIETNAM

DAYS = 30
NOBODY_LOOKED = [0.0, 1.0]
"""The share of a day on which a camera may have been up or not: nothing to tell."""
_ONCE = ("title", "source", "required", "once", "group", "declared", "override")
Asked = dict[str, Any]

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
SELECT site, max(judged_at) FILTER (WHERE judged > 0), min(judged_at) FILTER (WHERE word = 'met'),
  min(judged_at) FILTER (WHERE cameras > 0 AND played = cameras)
FROM facility_verdicts WHERE site = ANY(%(sites)s) AND appended_at <= %(until)s GROUP BY site
"""
_HISTORY = """
SELECT site, day, word, played, cameras FROM (
  SELECT DISTINCT ON (site, day) site, day, word, played, cameras FROM
    (SELECT *, (judged_at AT TIME ZONE interval '7 hours')::date AS day FROM facility_verdicts
     WHERE site = ANY(%(sites)s) AND appended_at <= %(until)s) dated
  ORDER BY site, day, judged_at DESC, verdict DESC) days
ORDER BY site, day
"""
_AGENT = """
SELECT s.site, s.first_seen, i.status, i.reason, i.began,
  coalesce(i.ended, (SELECT max(least(h.last_at, %(until)s)) FROM heard h WHERE h.site = s.site AND h.first_at <= %(until)s),
    CASE WHEN s.last_seen <= %(until)s THEN s.last_seen END, i.began)
FROM sites s LEFT JOIN LATERAL (SELECT status, reason, began, ended FROM intervals
  WHERE site = s.site AND subject = 'link' AND began <= %(until)s ORDER BY began DESC LIMIT 1) i ON true
WHERE s.site = ANY(%(sites)s) AND s.first_seen <= %(until)s
"""
_ROLLOUTS = """
SELECT f->>'code', r.appended_at, f->>'status' FROM rollouts r, jsonb_array_elements(r.document->'facilities') f
WHERE r.appended_at <= %(until)s AND f->>'code' = ANY(%(codes)s) AND NOT f->>'status' = ANY(%(not_visited)s) ORDER BY r.id
"""


def write(database: psycopg.Connection[Any], sites: Mapping[str, Site], until: datetime, out: TextIO, days: int = DAYS) -> None:
    """Print the document above; a province's verdicts pass one facility at a time. sites: by facility id."""
    codes = {name: site.code for name, site in sites.items()}
    asked: Asked = {"sites": list(codes), "codes": list(codes.values()), "until": until, "days": days}
    with database.transaction():
        database.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        told = _known(database, asked, codes)
        standards: dict[str, Any] = {}
        out.write(f'{{"schema": 1, "until": {json.dumps(utc_text(until))}, "days": {days}, "sites": {{')
        comma = ""
        for name, verdict in _verdicts(database, asked, standards):
            out.write(f"{comma}{json.dumps(codes[name])}: {_json(told.pop(name) | {'verdict': verdict})}")
            comma = ", "
        for name, rest in told.items():
            out.write(f"{comma}{json.dumps(codes[name])}: {_json(rest)}")
            comma = ", "
        out.write(f'}}, "standards": {_json(standards)}}}\n')


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _known(database: psycopg.Connection[Any], asked: Asked, codes: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Everything but the verdict itself, by facility id."""
    nothing: dict[str, Any] = {
        "verdict": None,
        "last_judged": None,
        "first_met": None,
        "first_connected": None,
        "agent": None,
        "rollouts": None,
    }
    told = {name: {"id": name, **nothing, "history": [], "availability": {}, "outages": {}} for name in sorted(codes)}
    for name, *moments in database.execute(_FIRSTS, asked):
        told[name] |= dict(zip(("last_judged", "first_met", "first_connected"), map(_moment, moments), strict=True))
    for name, day, *now in database.execute(_HISTORY, asked):
        history = told[name]["history"]
        if not history or history[-1][1:] != now:
            history.append([day.isoformat(), *now])
    for name, first, word, why, since, last in database.execute(_AGENT, asked):
        told[name]["agent"] = {"first": _moment(first), "last": _moment(last or first), "status": word or "unknown", "reason": why,
                               "since": _moment(since or first)}  # fmt: skip
    ids = {code: name for name, code in codes.items()}
    for code, at, status in database.execute(_ROLLOUTS, asked | {"not_visited": list(NOT_VISITED)}):
        one = told[ids[code]]["rollouts"] or {"first": _moment(at), "worked": None}
        worked = one["worked"] or (_moment(at) if status != "failed" else None)
        told[ids[code]]["rollouts"] = one | {"last": _moment(at), "status": status, "worked": worked}
    _ran(database, asked, told)
    return told


def _ran(database: psycopg.Connection[Any], asked: Asked, told: Mapping[str, dict[str, Any]]) -> None:
    """Availability in the last days that were whole and are over, and outages."""
    until: datetime = asked["until"]
    last = min(until, datetime.now(UTC)).astimezone(VIETNAM).date() - timedelta(days=1)
    for site, slots in continuity.cameras(database, asked["sites"], last - timedelta(days=asked["days"] - 1), last).items():
        for slot, by_day in slots.items():
            days = {day.isoformat(): share for day, share in by_day.items() if share != NOBODY_LOOKED}
            if days:
                told[site]["availability"][str(slot)] = days
    for outage in overview.outages(database, asked["sites"], until - timedelta(days=asked["days"]), until)["outages"]:
        counted = told[outage["site"]]["outages"].setdefault(outage["subject"].partition("/")[0], [0, 0.0])
        counted[0] += 1
        counted[1] = round(counted[1] + outage["seconds"], 1)


def _verdicts(database: psycopg.Connection[Any], asked: Asked, standards: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(facility id, its newest verdict) in turn; what their standards say once goes into `standards`."""
    chosen: dict[int, list[str]] = {}
    for name, number in database.execute(_NEWEST, asked).fetchall():
        chosen.setdefault(number, []).append(name)
    for number, names in sorted(chosen.items()):
        at, kept, head = database.execute(_HEAD, (number,)).fetchall()[0]
        standard = head.get("standard") or {}
        known = standards.setdefault(str(standard.get("digest")), {**_named(standard), "checks": {}})
        with database.cursor(name="facilities") as cursor:
            cursor.itersize = 20
            for name, facility in cursor.execute(_FACILITIES, {"verdict": number, "sites": names}):
                yield name, {
                    **{key: value for key, value in facility.items() if key not in ("id", "code", "name")},
                    "number": number, "at": _moment(at), "kept": _moment(kept), "profile": head.get("profile"),
                    "standard": str(standard.get("digest")), "inventory": head.get("inventory"),
                    "checks": slim(facility.get("checks") or [], known["checks"]),
                }  # fmt: skip


def _named(standard: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": standard.get("name"), "version": standard.get("version")}


def slim(rows: Sequence[Mapping[str, Any]], known: dict[str, Any]) -> list[dict[str, Any]]:
    for row in rows:
        known.setdefault(row["id"], {key: row[key] for key in _ONCE if key in row})
    return [{key: value for key, value in row.items() if key not in _ONCE and value not in (None, False)} for row in rows]


def _moment(at: datetime | None) -> str | None:
    return utc_text(at) if at else None
