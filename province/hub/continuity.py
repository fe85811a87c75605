"""What the hub's history tells of whole days that are over, for the standard's rules over time.

The document is province.documents.evidence.ContinuityDocument. A day on which nobody looked is unknown, never good: [0, 1].
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from edge_agent.contract.strict import utc_text
from province.documents.evidence import ContinuityDocument, Past, Silences
from province.hub import overview
from province.hub.overview import midnight
from province.text import VIETNAM

DAY_S = 86400.0
Share = list[float]

_LINK = """
SELECT i.site, i.status, i.began, coalesce(i.ended, CASE WHEN i.status = 'online' THEN least(now(), s.last_seen) ELSE now() END),
  i.ended IS NULL AND i.status = 'online', s.last_seen
FROM intervals i JOIN sites s USING (site)
WHERE i.site = ANY(%(sites)s) AND i.subject = 'link' AND coalesce(i.ended, now()) > %(first)s AND i.began < %(last)s
ORDER BY i.site, i.began
"""
_FIRST = "SELECT site, subject, min(began) FROM intervals WHERE site = ANY(%s) AND subject LIKE 'camera/%%' GROUP BY site, subject"


def document(database: psycopg.Connection[Any], sites: Sequence[str], days: int, silent_s: float) -> ContinuityDocument:
    """Of the last `days` whole days."""
    now = datetime.now(UTC)
    last = now.astimezone(VIETNAM).date() - timedelta(days=1)
    first = last - timedelta(days=days - 1)
    since = dict(database.execute("SELECT site, first_seen FROM sites WHERE site = ANY(%s)", (list(sites),)).fetchall())
    shares = cameras(database, sites, first, last)
    links = _links(database, sites, first, last)
    told: dict[str, Past] = {}
    for site in sites:
        begun = since.get(site)
        known = [] if begun is None else whole_days(begun, first, last)
        told[site] = {
            "since": utc_text(begun) if begun else None,
            "days": [day.isoformat() for day in known],
            "cameras": {str(slot): [by_day.get(day) for day in known] for slot, by_day in shares.get(site, {}).items()},
            "link": [link_share(links.get(site, []), day) for day in known],
            "silences": silences(links.get(site, []), known, silent_s),
        }
    return {"schema": 1, "at": utc_text(now), "sites": told}


def whole_days(since: datetime, first: date, last: date) -> list[date]:
    """From the first midnight after `since`, within the two days."""
    begins = max(first, since.astimezone(VIETNAM).date() + timedelta(days=1))
    return [begins + timedelta(days=n) for n in range((last - begins).days + 1)]


def cameras(database: psycopg.Connection[Any], sites: Sequence[str], first: date, last: date) -> dict[str, dict[int, dict[date, Share]]]:
    """site -> slot -> day -> shares; a day before (or in) which a camera was first told of is left out."""
    began = {(site, int(subject.partition("/")[2])): at for site, subject, at in database.execute(_FIRST, (list(sites),))}
    found: dict[str, dict[int, dict[date, Share]]] = {}
    for camera in overview.availability(database, sites, first, last)["cameras"]:
        key = (camera["site"], camera["slot"])
        by_day: dict[date, Share] = {}
        for one in camera["days"]:
            if one["up_share"] is not None and one["up_share_at_most"] is not None:
                by_day[date.fromisoformat(one["day"])] = [one["up_share"], one["up_share_at_most"]]
        if key in began:
            there = set(whole_days(began[key], first, last))
            found.setdefault(key[0], {})[key[1]] = {day: share for day, share in by_day.items() if day in there}
    return found


Link = tuple[str, datetime, datetime]
"""(word, from, to): online, offline, or unknown (silent)."""


def _links(database: psycopg.Connection[Any], sites: Sequence[str], first: date, last: date) -> dict[str, list[Link]]:
    asked = {"sites": list(sites), "first": midnight(first), "last": midnight(last + timedelta(days=1))}
    found: dict[str, list[Link]] = {}
    for site, word, began, ended, open_, seen in database.execute(_LINK, asked):
        found.setdefault(site, []).append((word, began, max(began, ended)))
        if open_:  # said to be online, and silent since
            found[site].append(("unknown", max(began, seen), datetime.now(UTC)))
    return found


def link_share(links: Sequence[Link], day: date) -> Share:
    """The share of a day in which the agent was surely heard, and the most that it can have been."""
    surely, lost = _seconds(links, day, "online"), _seconds(links, day, "offline")
    return [round(min(surely, DAY_S) / DAY_S, 6), round(max(0.0, DAY_S - lost) / DAY_S, 6)]


def silences(links: Sequence[Link], days: Sequence[date], silent_s: float) -> Silences:
    """Each stretch without a word that touches these days; neighbours (silent, then offline) are one."""
    stretches: list[list[datetime]] = []
    for word, began, ended in links:
        if word == "online":
            continue
        if stretches and began <= stretches[-1][1]:
            stretches[-1][1] = max(stretches[-1][1], ended)
        else:
            stretches.append([began, ended])
    if not days:
        return {"times": 0, "longest_s": 0.0, "last": None}
    begins, ends = midnight(days[0]), midnight(days[-1] + timedelta(days=1))
    long = [(began, ended) for began, ended in stretches if (ended - began).total_seconds() > silent_s and began < ends and ended > begins]
    longest = max(((ended - began).total_seconds() for began, ended in long), default=0.0)
    return {"times": len(long), "longest_s": round(longest, 1), "last": utc_text(long[-1][0]) if long else None}


def _seconds(links: Sequence[Link], day: date, word: str) -> float:
    begins, ends = midnight(day), midnight(day + timedelta(days=1))
    return sum(max(0.0, (min(ended, ends) - max(began, begins)).total_seconds()) for name, began, ended in links if name == word)
