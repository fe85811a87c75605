"""What a Matroska segment really holds: read from its clusters, so that one cut off by a power cut tells its end too.

Only what ffmpeg's muxer writes has to be understood (RFC 9559): one video track, clusters of about a second. Times are
seconds in the file's own time. Nothing is decoded; of a minute's segment some 70 small reads are made.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_EBML, _SEGMENT, _CLUSTER, _CUES = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1C53BB6B
_TRACKS, _ENTRY, _CODEC, _PRIVATE, _VIDEO, _WIDTH, _HEIGHT = 0x1654AE6B, 0xAE, 0x86, 0x63A2, 0xE0, 0xB0, 0xBA
_TIME, _SIMPLE, _GROUP, _BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
CODECS = {"V_MPEG4/ISO/AVC": "h264", "V_MPEGH/ISO/HEVC": "h265", "V_MJPEG": "jpeg"}
_SPS = {"h264": lambda byte: byte & 0x1F == 7, "h265": lambda byte: byte >> 1 & 0x3F == 33}
_HEAD = 12
_TICK_S = 0.001  # ffmpeg's muxer always counts milliseconds
_TRACKS_LIMIT = 1 << 20
_BLOCK_LIMIT = 4096


@dataclass(frozen=True)
class Span:
    """A segment's content. `end_s`: when the last frame has been shown; `holes`: pauses longer than asked for; `complete`: ended
    in good order; `resized`: the packets carry other parameter sets than the head (the size changed in mid-stream)."""

    codec: str | None
    width: int
    height: int
    start_s: float
    end_s: float
    holes: tuple[tuple[float, float], ...]
    complete: bool
    resized: bool

    @property
    def seconds(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True)
class _Element:
    """One EBML element: where its data are. An unknown size reaches to the end of its parent."""

    id: int
    at: int
    end: int
    whole: bool


class _Reader:
    def __init__(self, handle: int) -> None:
        self._handle = handle
        self.size = os.fstat(handle).st_size

    def bytes(self, at: int, count: int) -> bytes:
        return os.pread(self._handle, max(0, min(count, self.size - at)), at)

    def elements(self, at: int, end: int) -> Iterator[_Element]:
        """Elements side by side from `at`; ends at the first thing that isn't one (the muxer's padding, the torn end)."""
        while at < end:
            head = self.bytes(at, _HEAD)
            try:
                number, used = _vint(head, keep_marker=True)
                size, more = _vint(head[used:], keep_marker=False)
            except ValueError:
                return
            data = at + used + more
            stop = end if size == (1 << 7 * more) - 1 else data + size
            yield _Element(number, data, min(stop, end), stop <= end)
            at = stop

    def unsigned(self, element: _Element) -> int:
        return int.from_bytes(self.bytes(element.at, min(8, element.end - element.at)), "big")


def _vint(data: bytes, keep_marker: bool) -> tuple[int, int]:
    """EBML's number of variable length: (value, bytes used)."""
    if not data or data[0] == 0:
        raise ValueError("no EBML number")
    length = 9 - data[0].bit_length()
    if len(data) < length:
        raise ValueError("cut off")
    value = int.from_bytes(data[:length], "big")
    return (value if keep_marker else value & (1 << 7 * length) - 1), length


def read(path: Path, hole_s: float = 2.0) -> Span | None:
    """None: there is no picture in the file. OSError when it can't be read."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _read(_Reader(handle), hole_s)
    finally:
        os.close(handle)


def _read(reader: _Reader, hole_s: float) -> Span | None:
    codec, private, width, height = "", b"", 0, 0
    clusters: list[_Element] = []
    complete = False
    for top in reader.elements(0, reader.size):
        if top.id != _SEGMENT:
            continue
        for part in reader.elements(top.at, top.end):
            if part.id == _TRACKS:
                codec, private, width, height = _track(reader, part)
            elif part.id == _CLUSTER:
                clusters.append(part)
            complete |= part.id == _CUES and part.whole
    times = [(cluster, found) for cluster in clusters if (found := _begin(reader, cluster)) is not None]
    last = next((shown for cluster, _ in times[:-3:-1] if (shown := _blocks(reader, cluster))), [])
    if not last:
        return None
    first = _blocks(reader, times[0][0]) or last
    name = CODECS.get(codec)
    return Span(
        name, width, height, min(*first, *last), max(last) + _frame(last), tuple(_holes(reader, times, hole_s)), complete,
        bool(name and private) and _resized(reader, times[0][0], name or "", private),
    )  # fmt: skip


def _track(reader: _Reader, tracks: _Element) -> tuple[str, bytes, int, int]:
    """(codec's name, its private data, width, height) of the first track."""
    codec, private, sizes = "", b"", {_WIDTH: 0, _HEIGHT: 0}
    for entry in reader.elements(tracks.at, tracks.end):
        if entry.id != _ENTRY:
            continue
        for part in reader.elements(entry.at, entry.end):
            if part.id == _CODEC:
                codec = reader.bytes(part.at, min(part.end - part.at, 64)).decode("ascii", "replace")
            elif part.id == _PRIVATE:
                private = reader.bytes(part.at, min(part.end - part.at, _TRACKS_LIMIT))
            elif part.id == _VIDEO:
                sizes |= {e.id: reader.unsigned(e) for e in reader.elements(part.at, part.end) if e.id in sizes}
        break
    return codec, private, sizes[_WIDTH], sizes[_HEIGHT]


def _begin(reader: _Reader, cluster: _Element) -> float | None:
    """A cluster's own time, from which its blocks count; it comes before them."""
    for part in reader.elements(cluster.at, cluster.end):
        if part.id == _TIME and part.whole:
            return reader.unsigned(part) * _TICK_S
        if part.id in (_SIMPLE, _GROUP):
            break
    return None


def _places(reader: _Reader, cluster: _Element) -> Iterator[_Element]:
    """Whole blocks, in the order of decoding."""
    for part in reader.elements(cluster.at, cluster.end):
        if part.id == _SIMPLE and part.whole:
            yield part
        elif part.id == _GROUP and part.whole:
            yield from (each for each in reader.elements(part.at, part.end) if each.id == _BLOCK)


def _blocks(reader: _Reader, cluster: _Element) -> list[float]:
    """When the cluster's frames are shown, in the order of decoding."""
    begin = _begin(reader, cluster) or 0.0
    found = []
    for block in _places(reader, cluster):
        head = reader.bytes(block.at, 3)
        if len(head) == 3:
            found.append(begin + struct.unpack(">h", head[1:3])[0] * _TICK_S)
    return found


def _frame(shown: list[float]) -> float:
    """How long one frame is shown, from the middle of the distances; 0 where one frame is alone."""
    order = sorted(shown)
    steps = sorted(b - a for a, b in pairwise(order))
    return steps[len(steps) // 2] if steps else 0.0


def _holes(reader: _Reader, times: list[tuple[_Element, float]], hole_s: float) -> Iterator[tuple[float, float]]:
    """A pause always begins a new cluster, since one lasts a second at most; only then are its neighbour's blocks looked at."""
    for (before, began), (_, after) in pairwise(times):
        if after - began > hole_s:
            shown = _blocks(reader, before)
            end = max(shown, default=began) + _frame(shown)
            if after - end > hole_s:
                yield end, after


def _resized(reader: _Reader, cluster: _Element, codec: str, private: bytes) -> bool:
    """Does the first picture carry a sequence parameter set that the head doesn't know?"""
    block = next(_places(reader, cluster), None)
    if block is None or codec not in _SPS:
        return False
    data, at = reader.bytes(block.at, min(block.end - block.at, _BLOCK_LIMIT))[4:], 0
    while at + 5 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        unit = data[at + 4 : at + 4 + length]
        if unit and _SPS[codec](unit[0]) and len(unit) == length and unit not in private:
            return True
        at += 4 + length
    return False
