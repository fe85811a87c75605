"""Footage as spans of time: what is kept, since when, where it has holes. Pure.

A camera's footage at a recorder is a measurement (province.measure.evidence.Footage). Instants are ISO text in UTC, all null without
footage; `gaps` are the longest few, in the order of time.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypedDict

from province.measure.evidence import Footage, Gap

Span = tuple[datetime, datetime]
JOINED = timedelta(seconds=2)
"""Recorders tell whole seconds; one file's end and the next one's start may differ by so much without a picture missing."""
LISTED = 20


def merged(spans: Iterable[Span]) -> list[Span]:
    """Sorted and joined; a span that ends before it begins is not one. Applied twice it changes nothing."""
    whole: list[Span] = []
    for begin, end in sorted(span for span in spans if span[1] >= span[0]):
        if whole and begin <= whole[-1][1] + JOINED:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((begin, end))
    return whole


class Gaps(TypedDict):
    gaps: list[Gap]
    gaps_in_all: int


def footage(
    spans: Iterable[Span], at: datetime, searched_from: datetime, kept_from: datetime | None = None, *, mode: str | None = None
) -> Footage:
    """The measurement. `kept_from`: the oldest footage, where it was asked for beyond `searched_from`; `mode`: how it is recorded."""
    whole = merged(spans)
    gaps = [gap(before[1], after[0]) for before, after in pairwise(whole)]
    if kept_from is not None and whole and kept_from < searched_from and whole[0][0] > searched_from + JOINED:
        gaps.insert(0, gap(searched_from, whole[0][0]))
    first = min((moment for moment in (kept_from, whole[0][0] if whole else None) if moment is not None), default=None)
    last, listed = whole[-1][1] if whole else None, longest(gaps)
    return {
        "ok": True,
        "at": text(at),
        "kept_from": text(first) if first else None,
        "last": text(last) if last else None,
        "behind_s": round((at - last).total_seconds(), 1) if last else None,
        "days_kept": days(first, at),
        "searched_from": text(searched_from),
        "gaps": listed["gaps"],
        "gaps_in_all": listed["gaps_in_all"],
        "mode": mode,
    }


def gap(begin: datetime, end: datetime, why: str | None = None) -> Gap:
    return {"from": text(begin), "to": text(end), "seconds": round((end - begin).total_seconds(), 1), "why": why}


def longest(gaps: Sequence[Gap]) -> Gaps:
    """A recorder with thousands of holes needs no thousands of lines."""
    chosen = sorted(gaps, key=lambda each: -each["seconds"])[:LISTED]
    return {"gaps": sorted(chosen, key=lambda each: each["from"]), "gaps_in_all": len(gaps)}


def days(first: datetime | None, at: datetime) -> float:
    return round(max(0.0, (at - first).total_seconds()) / 86400, 2) if first else 0.0


def text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
