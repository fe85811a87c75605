"""One ffmpeg's run: how far it has come, how its segments are dated, where they go.

A segment's end is the moment at which ffmpeg tells of the next one's first packet; its start is the end of the one before it, or
that end less what its packets hold. So the camera's own clock counts only within one segment, and where it tells another story
than the arrival, not even there.
"""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from edge_agent.recorder.ffmpeg import Target
from edge_agent.recorder.matroska import Span

SILENT_S = 3.0
"""Bytes reach the file every second; after so long without, the last ones tell when the picture ended."""
LIES_S, LIES_SHARE = 5.0, 0.1
"""Packets that hold more or less time than their arrival took, by over so much, come from a camera whose clock is not one."""


@dataclass
class Run:
    """One ffmpeg from its start to its end. Moments are seconds since boot."""

    target: Target
    started: float
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    number: int = 0
    opened: float | None = None
    grown: float | None = None
    size: int = -1
    before_end: float | None = None
    last_end: float | None = None
    resized: bool = False
    honest_size: bool = False

    def name(self) -> str:
        return f"{self.id}-{self.number:06d}.mkv"


@dataclass(frozen=True)
class Ended:
    """Why a run came to its end; `at`: of its last picture."""

    why: str
    detail: str | None
    at: float | None


def dated(run: Run, span: Span, closed: float, gap_s: float) -> tuple[float, float, bool]:
    """(start, end, do the packets tell the same story as their arrival?) of the segment closed at `closed`, in seconds since boot.

    A camera that fell silent long before its segment was closed: what the packets hold tells the end."""
    opened = closed if run.opened is None else run.opened
    silent = run.grown is not None and closed - run.grown > SILENT_S
    arrived = run.grown if silent and run.grown is not None else closed
    honest = abs(span.seconds - (arrived - opened)) <= LIES_S + LIES_SHARE * (arrived - opened)
    start = run.before_end
    if start is None:
        return (arrived - span.seconds if honest else opened), arrived, honest
    held = start + span.seconds
    early = silent or arrived - held > gap_s
    return start, max(start, min(arrived, held) if honest and early else arrived), honest


def filed(begin: float, name: str) -> tuple[str, str]:
    """(folder, file) for a segment: by its day and time in UTC, for whoever reads the disk without the index; the run's own
    number behind it, so that a clock that was set back never names two alike."""
    when = datetime.fromtimestamp(begin, UTC)
    return when.strftime("%Y-%m-%d"), f"{when.strftime('%H%M%SZ')}-{name}"


def move(path: Path, target: Path) -> int:
    """Rename within the footage's filesystem; the file's size."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    size = path.stat().st_size
    path.rename(target)
    return size
