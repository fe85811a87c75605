"""Segments into one file that any player opens: copied, never decoded, cut at keyframes.

The file keeps the facility's time: a minute without footage is a minute in which the last picture stands, so a place in the file
is a time of day. Chapters say which is which. A picture whose codec changed can't go on in the same track: a further file.
"""

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

JOINT_S = 2.0
"""Segments nearer than this are one picture after the other."""


@dataclass(frozen=True)
class Piece:
    """One open segment and its times."""

    start: float
    end: float
    codec: str | None
    handle: int


class PlayoutError(Exception):
    """ffmpeg could not write it; the text is what it said last."""


def parts(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces of one codec each, in their order. A codec that isn't known goes with its neighbour."""
    found: list[list[Piece]] = []
    for piece in pieces:
        known = next((each.codec for each in reversed(found[-1]) if each.codec), None) if found else None
        if found and (piece.codec is None or known is None or piece.codec == known):
            found[-1].append(piece)
        else:
            found.append([piece])
    return found


def script(pieces: Sequence[Piece], start: float, end: float) -> str:
    """ffmpeg's concat script. Each piece lasts until the next begins; a clock that was set back in between costs no footage."""
    lines = ["ffconcat version 1.0"]
    for number, piece in enumerate(pieces):
        lines.append(f"file 'file:/proc/self/fd/{piece.handle}'")
        begin = piece.start
        if piece.start < start:
            begin = start
            lines.append(f"inpoint {start - piece.start:.3f}")
        if piece.end > end:
            lines.append(f"outpoint {end - piece.start:.3f}")
        if number + 1 < len(pieces):
            following = pieces[number + 1].start
            lines.append(f"duration {following - begin if following > begin else piece.end - begin:.3f}")
    return "\n".join(lines) + "\n"


def stretches(pieces: Sequence[Piece], start: float, end: float) -> Iterator[tuple[float, float, bool]]:
    """(from, to, is there a picture), one after the other over all that the pieces hold of this time."""
    since = max(start, pieces[0].start)
    for before, after in pairwise(pieces):
        if after.start - before.end > JOINT_S:
            yield since, before.end, True
            yield before.end, after.start, False
            since = after.start
    yield since, max(since, min(end, pieces[-1].end)), True


def metadata(pieces: Sequence[Piece], start: float, end: float, title: str, label: Callable[[float, float, bool], str]) -> str:
    """ffmpeg's metadata: the title, and a chapter for each stretch, in milliseconds from the first picture."""
    begin = max(start, pieces[0].start)
    lines = [";FFMETADATA1", f"title={_escaped(title)}"]
    for at, until, shown in stretches(pieces, start, end):
        times = f"TIMEBASE=1/1000\nSTART={round((at - begin) * 1000)}\nEND={round((until - begin) * 1000)}"
        lines.append(f"[CHAPTER]\n{times}\ntitle={_escaped(label(at, until, shown))}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    for character in ("\\", "=", ";", "#", "\n"):
        text = text.replace(character, f"\\{character}")
    return text


def write(target: Path, concat: str, described: str, handles: Sequence[int]) -> None:
    """Make one Matroska file of the open segments; it appears under its name when it is whole. PlayoutError, OSError."""
    fresh = target.with_name(f".{target.name}.part")
    given = [_memory(text) for text in (concat, described)]
    command = [
        "ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-y", "-protocol_whitelist", "file",
        "-f", "concat", "-safe", "0", "-i", f"file:/proc/self/fd/{given[0]}", "-f", "ffmetadata", "-i", f"file:/proc/self/fd/{given[1]}",
        "-map", "0:v:0", "-map_metadata", "1", "-map_chapters", "1", "-c", "copy", "-f", "matroska", f"file:{fresh}",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, pass_fds=(*given, *handles))
        if done.returncode or not fresh.exists():
            raise PlayoutError(done.stderr.strip()[-400:] or f"ffmpeg: exit {done.returncode}")
        fresh.rename(target)
    finally:
        fresh.unlink(missing_ok=True)
        for handle in given:
            os.close(handle)


def _memory(text: str) -> int:
    """A file that is nowhere."""
    handle = os.memfd_create("ketnoi")
    os.write(handle, text.encode())
    os.lseek(handle, 0, os.SEEK_SET)
    return handle
