"""After a crash or a power cut: files without a row get one, rows without a file become gaps.

A file's last write is the arrival of its last packets, so it ends when it was last written and begins by what it holds before
that. Whatever was damaged beyond reading is named in the log and removed; a file that can't be read now is left for the next start.
"""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge_agent.recorder import matroska
from edge_agent.recorder.index import Index, Segment
from edge_agent.recorder.run import filed, move

log = logging.getLogger(__name__)
NOBODY_KNOWS = "recovered"
"""The boot of footage that was found without any row."""


@dataclass(frozen=True)
class Recovered:
    """What recovery did: files taken into the index, rows whose file is gone, files without a picture removed."""

    adopted: int = 0
    missing: int = 0
    empty: int = 0


def recover(index: Index, footage: Path, gap_s: float, recording: bool = False, moved: Callable[[], None] = lambda: None) -> Recovered:
    """Before anything is recorded, or while `recording`: then what is in the folders `live` is left to whoever writes it. A file counts
    as dated only if the clock was synchronised when the index was last written; where it is new, nobody knows. `moved`: called for
    each file. sqlite3.Error; OSError when the footage can't be read at all."""
    known = {segment.path: segment for segment in index.everything()}
    there = {path for path in _files(footage) if not (recording and "/live/" in path)}
    missing = [segment for path, segment in known.items() if path not in there]
    for segment in missing:
        index.lost(segment)
    adopted = empty = 0
    alive = index.remembered("alive")
    boot, dated = (str(alive.get("boot")), alive.get("synced") is True) if isinstance(alive, dict) else (NOBODY_KNOWS, False)
    for path in sorted(there - known.keys(), key=lambda each: (footage / each).stat().st_mtime):
        moved()
        try:
            span = matroska.read(footage / path, gap_s)
            if span is None:
                (footage / path).unlink()
                empty += 1
            else:
                _adopt(index, footage, path, span, boot, dated)
                adopted += 1
        except OSError as error:
            log.error("recovery: %s: %s; it is left as it is", path, error.strerror)
    if adopted or missing or empty:
        log.warning("recovery: %d file(s) taken into the index, %d missing, %d without a picture removed", adopted, len(missing), empty)
    return Recovered(adopted, len(missing), empty)


def _files(footage: Path) -> Iterator[str]:
    """Every segment, relative to the footage: SLOT/DAY/NAME.mkv, SLOT/live/NAME.mkv."""
    for slot in _folders(footage):
        if slot.name.isdigit():
            for day in _folders(Path(slot.path)):
                with os.scandir(day.path) as entries:
                    yield from (f"{slot.name}/{day.name}/{entry.name}" for entry in entries if entry.name.endswith(".mkv"))


def _folders(parent: Path) -> list[os.DirEntry[str]]:
    with os.scandir(parent) as entries:
        return [entry for entry in entries if entry.is_dir(follow_symlinks=False)]


def _adopt(index: Index, footage: Path, path: str, span: matroska.Span, boot: str, dated: bool) -> None:
    slot, folder, name = path.split("/")
    status = (footage / path).stat()
    end, start = status.st_mtime, status.st_mtime - span.seconds
    if folder == "live":
        target = "/".join((slot, *filed(start, name)))
        move(footage / path, footage / target)
        path = target
    holes = [(start + a - span.start_s, start + b - span.start_s) for a, b in span.holes]
    row = Segment(0, int(slot), start, end, status.st_size, path, span.codec, span.width, span.height, boot, dated)
    try:
        index.add(row, holes)
    except sqlite3.IntegrityError:
        log.error("recovery: %s is in the index already", path)
