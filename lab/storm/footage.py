"""What recorders kept against what there was to record. Pure, as lab.storm.judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lab.storm.judge import Wrong
from lab.storm.truth import Camera, Truth

Span = tuple[float, float]
"""(from, to), seconds since 1970."""
RECORDED_WITHIN_S = 90.0
"""A camera that came back, a recorder that was started again: by then it records."""
SLACK_S = 3.0
"""A file is named by the second, begins with a keyframe, and a decoder's word on its length is about right."""
STEP_S = 1.0


@dataclass(frozen=True)
class Recorded:
    """Of one camera. files: by a program that isn't judged; claimed, gaps: what the box says of itself."""

    files: list[Span]
    claimed: list[Span]
    gaps: list[Span]


def judge(truth: Truth, recorded: dict[Camera, Recorded]) -> Iterator[Wrong]:
    """footage_lost: there was a picture, there is no file, and no gap says so. footage_claimed: said to be there, and isn't.
    footage_invented: of a camera whose cable was out."""
    for camera, found in sorted(recorded.items()):
        faults = [_instant(truth, camera, found, at) for at in _instants(truth)]
        yield from _runs(camera, list(zip(_instants(truth), faults, strict=True)))


def _instants(truth: Truth) -> list[float]:
    first = truth.began + RECORDED_WITHIN_S
    return [first + n * STEP_S for n in range(max(0, int((truth.ended - first) / STEP_S)))]


def _instant(truth: Truth, camera: Camera, found: Recorded, at: float) -> str | None:
    state, held = truth.state(camera, at)
    kept = _within(found.files, at, SLACK_S)
    if _within(found.claimed, at, -SLACK_S) and not kept:
        return "footage_claimed"
    if state == "up" and held >= RECORDED_WITHIN_S and not kept and not _within(found.gaps, at, SLACK_S):
        return "footage_lost"
    if state == "down" and held >= RECORDED_WITHIN_S and _within(found.files, at, -SLACK_S):
        return "footage_invented"
    return None


def _within(spans: list[Span], at: float, slack: float) -> bool:
    return any(begin - slack <= at <= end + slack for begin, end in spans)


def _runs(camera: Camera, instants: list[tuple[float, str | None]]) -> Iterator[Wrong]:
    """Of instants one after the other with the same fault, one that says from when and for how long."""
    since: float | None = None
    for n, (at, kind) in enumerate(instants):
        since = at if since is None else since
        after = instants[n + 1][1] if n + 1 < len(instants) else None
        if after != kind or n + 1 == len(instants):
            if kind:
                yield Wrong(kind, f"{camera[0]}/{camera[1]}", since, at - since + STEP_S)
            since = None
