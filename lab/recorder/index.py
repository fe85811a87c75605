"""What is recorded of each channel, by the recorder's own clock; on disk, so that a reboot or a kill keeps it."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from pathlib import Path

JOIN_S = 3.0
SAVE_S = 5.0
FILE_S = 1800.0
"""A recorder cuts its recordings into files of this length; searches give files."""

Span = tuple[float, float]


class Index:
    """Times are seconds since 1970, by a clock that shows the recorder's local time as if it were UTC."""

    def __init__(self, file: Path) -> None:
        self._file = file
        found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        self._spans: dict[int, list[list[float]]] = {int(n): spans for n, spans in found.items()}
        self._saved = 0.0

    def add_moment(self, channel: int, now: float) -> None:
        """A moment of picture was written."""
        spans = self._spans.setdefault(channel, [])
        if spans and 0 <= now - spans[-1][1] <= JOIN_S:
            spans[-1][1] = now
        else:
            spans.append([now, now])
        if time.monotonic() - self._saved > SAVE_S:
            self.save()

    def add(self, channel: int, start: float, end: float) -> None:
        self._spans[channel] = sorted([*self._spans.get(channel, []), [start, end]])
        self.save()

    def cut(self, channel: int, start: float, end: float) -> None:
        kept: list[list[float]] = []
        for a, b in self._spans.get(channel, []):
            kept += [[a, min(b, start)]] if a < start else []
            kept += [[max(a, end), b]] if b > end else []
        self._spans[channel] = kept
        self.save()

    def clear(self) -> None:
        self._spans = {}
        self.save()

    def spans(self, channel: int) -> list[Span]:
        return [(a, b) for a, b in self._spans.get(channel, [])]

    def files(self, channel: int, start: float, end: float) -> list[Span]:
        """The files that touch a time, oldest first."""
        found: list[Span] = []
        for a, b in self.spans(channel):
            at = a
            while at < b:
                cut = min(b, (at // FILE_S + 1) * FILE_S)
                if cut > start and at < end:
                    found.append((at, cut))
                at = cut
        return found

    def days(self, channel: int, year: int, month: int) -> set[int]:
        """The days of a month that have anything."""
        found = set()
        for a, b in self.spans(channel):
            first, last = (datetime.fromtimestamp(t, UTC).date() for t in (a, max(a, b - 1)))
            for ordinal in range(first.toordinal(), last.toordinal() + 1):
                day = date.fromordinal(ordinal)
                if (day.year, day.month) == (year, month):
                    found.add(day.day)
        return found

    def save(self) -> None:
        self._saved = time.monotonic()
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(self._spans), encoding="utf-8")
        fresh.replace(self._file)
