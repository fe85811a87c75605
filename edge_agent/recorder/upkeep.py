"""Keeps the disk: looks whether it takes what is written, syncs, and makes room."""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from edge_agent.recorder import disk, retention, status
from edge_agent.recorder.index import Index, Segment
from edge_agent.recorder.index_writer import IndexWriter
from edge_agent.recorder.settings import Settings
from edge_agent.recorder.uninterrupted import uninterrupted
from edge_agent.recorder.wallclock import WallClock

log = logging.getLogger(__name__)
SYNC_EVERY_S = 3.0
LOOK_EVERY_S = 5.0
RETAIN_EVERY_S = 30.0
CROWDED_FOR_S = 86400.0
BATCH = 500


class Upkeep:
    """`look`, `sync` and `retain` run until cancelled. `disk` is how the disk was when last looked at; `changed` is called when
    that is another way now, `moved` whenever a look came to its end. `own_disk`: the footage has been on another disk than the
    index; on the same, it isn't mounted."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        clock: WallClock,
        writer: IndexWriter,
        changed: Callable[[], None],
        moved: Callable[[], None],
    ) -> None:
        self._settings, self._clock, self._writer, self._changed, self._moved = settings, clock, writer, changed, moved
        self.disk = disk.Disk(str(settings().footage), 0, 0, "ok", "ok")
        self.own_disk = False
        self._doubt = asyncio.Event()
        self._deleted: set[str] = set()
        """Files that are gone, while the index could not be told so yet."""
        self._crowded_at: float | None = None
        self._looking: asyncio.Task[disk.Disk] | None = None

    @property
    def shown(self) -> disk.Disk:
        """The disk as it is told: an index that can't be written is a failure too, though footage goes on."""
        if self._writer.failure and self.disk.writable:
            return replace(self.disk, state="full" if "full" in self._writer.failure else "failed", detail="index")
        return self.disk

    def obstacle(self) -> str | None:
        return None if self.disk.writable else f"disk_{self.disk.state}"

    def suspect(self, error: OSError | None) -> None:
        """Something could not be written, or a process ended: look at once."""
        if error is not None:
            self.disk = replace(self.disk, state="full" if disk.failure(error) == "full" else "failed", detail=disk.failure(error))
        self._doubt.set()

    async def look(self) -> None:
        while True:
            self._doubt.clear()
            await self._look_at_disk()
            self._moved()
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._doubt.wait()
                await asyncio.sleep(0.5)
            except TimeoutError:
                continue

    async def _look_at_disk(self) -> None:
        """A disk that hangs keeps its thread; the recorder goes on and says so."""
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look())
        try:
            async with asyncio.timeout(disk.SYNC_TIMEOUT_S / 2):
                found = await asyncio.shield(self._looking)
            self._looking = None
        except TimeoutError:
            found = replace(self.disk, state="failed", detail="silent")
        if (found.state, found.detail) != (self.disk.state, self.disk.detail):
            log.log(logging.INFO if found.state == "ok" else logging.ERROR, "disk %s: %s (%s)", found.path, found.state, found.detail)
            self._changed()
        self.disk = found

    async def _look(self) -> disk.Disk:
        try:
            held, daily = await self._writer.ask(lambda index: (index.size(), index.bytes_per_day()))
        except sqlite3.Error:
            held, daily = 0, None
        crowded = self._crowded_at is not None and self._clock.mono() - self._crowded_at < CROWDED_FOR_S
        wanted = self._settings()
        if self.own_disk and await asyncio.to_thread(disk.same, wanted.footage, self._writer.folder):
            return replace(self.disk, state="failed", detail="missing")
        return await asyncio.to_thread(disk.look, wanted.footage, wanted.keep_free_bytes, wanted.days, held, daily, crowded)

    async def sync(self) -> None:
        """What a power cut takes is at most what came since the last of these."""
        while True:
            await asyncio.sleep(SYNC_EVERY_S)
            if not self.disk.writable:
                continue
            problem = await disk.sync(self._settings().footage)
            if problem:
                log.error("disk: sync: %s", problem)
                self.disk = replace(self.disk, state="failed", detail=problem)
                self._doubt.set()

    async def retain(self) -> None:
        while True:
            try:
                while await uninterrupted(self.make_room()):  # what it deletes is forgotten by the index too
                    pass
            except sqlite3.Error as error:
                log.error("retention: %s", error)
            try:
                async with asyncio.timeout(RETAIN_EVERY_S):
                    await self._doubt.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(1)

    async def make_room(self) -> bool:
        """One batch of what has to go; True when there may be more."""
        now, days = self._clock.at(self._clock.mono()), self._settings().days
        going: list[Segment] = []
        if self._clock.trusted:
            going = await self._writer.ask(partial(past_their_days, now=now, days=days))
        missing = await asyncio.to_thread(short, self._settings())
        if not going and missing > 0:
            going = await self._writer.ask(partial(for_space, missing=missing, keep_last_s=self._settings().keep_last_s))
            if any(now - segment.end < days * 86400 for segment in going):
                self._crowded_at = self._clock.mono()
        gone = await asyncio.to_thread(delete, self._settings().footage, going)
        if len(gone) < len(going):
            self._doubt.set()
        fresh = [each for each in gone if each.path not in self._deleted]
        if fresh:
            self._deleted |= {each.path for each in fresh}
            self._writer.put(lambda index: index.forget(fresh))
            log.info("retention: %d segment(s) deleted, up to %s", len(fresh), status.iso(max(each.end for each in fresh)))
            self._changed()
        if not await self._writer.flush():
            return False  # the index goes on naming them: there is nothing more to be had of it now
        self._deleted.clear()
        return len(gone) >= BATCH


def past_their_days(index: Index, now: float, days: float) -> list[Segment]:
    """Of each camera, the first recorded that age out, at most BATCH of them; those without a date that counts go with the next."""
    recorded, going = index.days(), list[Segment]()
    for slot in index.slots():
        old = retention.expired(index.oldest_dated(slot, now + retention.FUTURE_S, BATCH), now, days, recorded)
        if old:
            going += index.oldest(slot, BATCH, old[-1].id)
    return going


def for_space(index: Index, missing: int, keep_last_s: float) -> list[Segment]:
    """The first recorded of all cameras, at most BATCH of them, that give the bytes that are missing."""
    return retention.crowded_out(index.first(BATCH), missing, index.newest_from(keep_last_s))


def short(settings: Settings) -> int:
    """Bytes that are missing to what is to be kept free."""
    try:
        usage = os.statvfs(settings.footage)
    except OSError:
        return 0
    return settings.keep_free_bytes - usage.f_bavail * usage.f_frsize


def delete(footage: Path, segments: list[Segment]) -> list[Segment]:
    """Those whose files are gone now; stops at the first that the disk keeps."""
    gone = []
    for segment in segments:
        path = footage / segment.path
        try:
            path.unlink(missing_ok=True)
            gone.append(segment)
        except OSError as error:
            log.error("retention: %s: %s", segment.path, error.strerror)
            break
        try:
            path.parent.rmdir()
        except OSError:
            continue
    return gone
