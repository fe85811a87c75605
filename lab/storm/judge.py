"""Truth against what the hub kept. Pure: no clock, no network, nothing of what is judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from lab.storm.truth import Camera, State, Truth

SEEN_WITHIN_S = 60.0
"""A change may take the probe's interval (15 s), its patience (8 s), a second look (2 s), and a busy machine to be seen."""
STEP_S = 1.0
AGREES: dict[State, tuple[str, ...]] = {"up": ("up",), "down": ("down", "unreachable", "frozen"), "frozen": ("frozen", "down")}


@dataclass(frozen=True)
class Interval:
    """A row of the hub's intervals. `ended` None: it still holds."""

    camera: Camera
    status: str
    began: float
    ended: float | None


@dataclass(frozen=True)
class Row:
    """An event as kept, in the order of arrival. `before`, `after`: a camera's words; a word that is only said again has no `before`."""

    site: str
    epoch: str
    seq: int
    slot: int | None
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Gap:
    """Declared or found: numbers of an epoch that are known to be missing (None: all that an epoch before it still had)."""

    site: str
    epoch: str
    first: int | None
    last: int | None


@dataclass(frozen=True)
class Wrong:
    """One thing that must not be. kind: false_outage, missed_outage, undeclared, twice, lost, disordered, never_told, not_played,
    continuity, logins; of footage see lab.storm.footage."""

    kind: str
    subject: str
    since: float | None = None
    seconds: float = 0.0
    detail: str = ""


def judge(truth: Truth, intervals: Iterable[Interval], rows: Iterable[Row], gaps: Iterable[Gap]) -> list[Wrong]:
    """Everything that is wrong; nothing: the promise held."""
    by_camera: dict[Camera, list[Interval]] = defaultdict(list)
    for interval in intervals:
        by_camera[interval.camera].append(interval)
    wrong = [found for camera in sorted(truth.changes) for found in _camera(truth, camera, by_camera[camera])]
    return [*wrong, *_sequence(list(rows), list(gaps))]


def continuity(truth: Truth, before: dict[Camera, tuple[float, float]], after: dict[Camera, tuple[float, float]]) -> Iterator[Wrong]:
    """before, after: seconds of a day, (surely up, at most up), as told at the storm's beginning and at its end.

    What was told to be surely up was up, and what was up is told to be at most; each change may be seen SEEN_WITHIN_S late.
    """
    for camera, changes in sorted(truth.changes.items()):
        name, (surely, at_most) = f"{camera[0]}/{camera[1]}", (after[camera][n] - before[camera][n] for n in (0, 1))
        up, slack = truth.seconds(camera, "up"), SEEN_WITHIN_S * len(changes)
        if surely > up + slack or at_most < up - slack:
            yield Wrong("continuity", name, detail=f"up {up:.0f} s; told {surely:.0f} to {at_most:.0f} s")


LOGINS = 2
"""Failed logins that a camera may count, by the promise: it locks after a few."""


def logins(before: dict[Camera, int], after: dict[Camera, int]) -> Iterator[Wrong]:
    """Nobody uses a wrong password in a storm; but a rotation that was killed may try the one that the camera did not take."""
    for camera, count in sorted(after.items()):
        if count - before.get(camera, 0) > LOGINS:
            yield Wrong("logins", f"{camera[0]}/{camera[1]}", detail=f"{count - before.get(camera, 0)} failed logins")


def _camera(truth: Truth, camera: Camera, intervals: list[Interval]) -> Iterator[Wrong]:
    name = f"{camera[0]}/{camera[1]}"
    if not intervals:
        yield Wrong("never_told", name)
        return
    run: tuple[str, float, str] | None = None
    at = truth.began + SEEN_WITHIN_S
    while at <= truth.ended:
        fault = _instant(truth, camera, intervals, at)
        if run and (fault is None or fault[0] != run[0]):
            yield Wrong(run[0], name, run[1], at - run[1], run[2])
            run = None
        if fault and run is None:
            run = (fault[0], at, fault[1])
        at += STEP_S
    if run:
        yield Wrong(run[0], name, run[1], at - run[1], run[2])


def _instant(truth: Truth, camera: Camera, intervals: list[Interval], at: float) -> tuple[str, str] | None:
    """(kind, detail) of what is wrong at that instant, or None."""
    state, held = truth.state(camera, at)
    if held < SEEN_WITHIN_S:
        return None
    kept = next((one.status for one in reversed(intervals) if one.began <= at and (one.ended is None or at < one.ended)), None)
    if kept in AGREES[state] or (truth.is_blind(camera[0], at) and kept in ("unknown", None, *AGREES[state])):
        return None
    if kept in ("unknown", None):
        return ("undeclared", f"{state}, kept as {kept}, though the agent ran")
    return ("false_outage" if state == "up" else "missed_outage", f"{state}, kept as {kept}")


def _sequence(rows: list[Row], gaps: list[Gap]) -> Iterator[Wrong]:
    epochs: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        epochs[row.site, row.epoch].append(row)
    for (site, epoch), found in sorted(epochs.items()):
        where = f"{site} {epoch[:8]}"
        seqs = [row.seq for row in found]
        for seq in sorted({seq for seq in seqs if seqs.count(seq) > 1}):
            yield Wrong("twice", where, detail=f"#{seq}")
        if seqs != sorted(seqs):
            yield Wrong("disordered", where, detail="events were not kept in the order of their numbers")
        for first, last in _holes(sorted(set(seqs))):
            if not _declared(gaps, site, epoch, first, last):
                yield Wrong("lost", where, detail=f"#{first}..#{last}")
        yield from _statuses(where, sorted(found, key=lambda row: row.seq))


def _holes(seqs: list[int]) -> Iterator[tuple[int, int]]:
    for before, after in pairwise([0, *seqs]):
        if after > before + 1:
            yield before + 1, after - 1


def _declared(gaps: list[Gap], site: str, epoch: str, first: int, last: int) -> bool:
    named = [gap for gap in gaps if (gap.site, gap.epoch) == (site, epoch) and gap.first is not None and gap.last is not None]
    return any((gap.first or 0) <= first and last <= (gap.last or 0) for gap in named)


def _statuses(where: str, rows: list[Row]) -> Iterator[Wrong]:
    """Of each camera, every event begins with the word that the one before ended with."""
    last: dict[int, str] = {}
    for row in rows:
        if row.slot is None or row.after is None:
            continue
        if row.before is not None and row.before != last.get(row.slot, row.before):
            yield Wrong("disordered", where, detail=f"camera {row.slot} #{row.seq}: from {row.before} after {last[row.slot]}")
        last[row.slot] = row.after
