"""The index before it can be used: opened at the start, on a full disk too, and made anew where it shows itself damaged."""

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

from edge_agent.recorder import disk, recovery, retention, upkeep
from edge_agent.recorder.index import Index, Segment
from edge_agent.recorder.index_writer import begun_anew
from edge_agent.recorder.settings import Settings
from edge_agent.recorder.wallclock import WallClock

log = logging.getLogger(__name__)
MAY_BE_GONE = 10_000
"""Rows looked through for files: the index as it was left still has rows of footage that was deleted since."""


class Opening:
    """`state`: the folder of the index; `boot`: this boot's id; `moved` is called while an index is renewed."""

    def __init__(self, settings: Callable[[], Settings], state: Path, clock: WallClock, boot: str, moved: Callable[[], None]) -> None:
        self._settings, self._state, self._clock, self._boot, self._moved = settings, state, clock, boot, moved
        self._freed: list[Segment] = []

    def open(self, moved: Callable[[], None]) -> Index:
        """Made one with what lies on the disk; why nothing was recorded since it was last written. `moved`: as it is filled.
        sqlite3.Error, OSError: not now."""
        self._state.mkdir(mode=0o750, parents=True, exist_ok=True)
        index = Index.open(self._state / "index.db", self._settings().gap_s)
        try:
            index.forget(self._freed)
            self._freed = []
            self._catch_up(index, moved)
        except BaseException:
            index.close()
            raise
        return index

    def make_room(self) -> None:
        """While the index can't be opened: footage goes for lack of space as it would otherwise, by the index as it was left."""
        settings = self._settings()
        try:
            if not disk.same(settings.footage, self._state):
                return
            index = Index.as_left(self._state / "index.db")
            try:
                first = [each for each in index.first(MAY_BE_GONE) if (settings.footage / each.path).exists()]
                spared_from = index.newest_from(settings.keep_last_s)
            finally:
                index.close()
            going = retention.crowded_out(first, upkeep.short(settings), spared_from)
            self._freed += upkeep.delete(settings.footage, going)
        except (sqlite3.Error, OSError) as error:
            log.error("index: no room can be made for it: %s", error)

    def renewed(self, damaged: Index) -> Index:
        """Another index in the place of one that is found damaged while cameras are recorded. sqlite3.Error: not now."""
        index = begun_anew(damaged)
        try:
            self._fill(index, True, self._moved)
            index.enlist([camera.slot for camera in self._settings().cameras], self._now())
        except BaseException:
            index.close()
            raise
        return index

    def _catch_up(self, index: Index, moved: Callable[[], None]) -> None:
        self._fill(index, False, moved)
        alive = index.remembered("alive")
        if isinstance(alive, dict):
            why = "recorder_stopped" if alive.get("boot") == self._boot else "box_off"
            for slot in index.slots():
                index.mark(slot, float(alive.get("at", 0.0)), why)
        index.enlist([camera.slot for camera in self._settings().cameras], self._now())

    def _fill(self, index: Index, recording: bool, moved: Callable[[], None]) -> None:
        """With the files that it does not know, unless the footage's own disk is not there."""
        settings = self._settings()
        try:
            if settings.footage.parent.is_dir():
                settings.footage.mkdir(mode=0o700, exist_ok=True)
            apart = not disk.same(settings.footage, self._state)
            if apart or index.remembered("own_disk") != str(settings.footage):
                index.remember("own_disk", str(settings.footage) if apart else None)
                recovery.recover(index, settings.footage, settings.gap_s, recording, moved)
        except OSError as error:
            log.error("footage %s: %s", settings.footage, error.strerror)

    def _now(self) -> float:
        return self._clock.at(self._clock.mono())
