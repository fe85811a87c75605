"""The recorder's service: cameras, index, disk, retention, status and door, each a task; ended by SIGTERM, reread on SIGHUP."""

import asyncio
import json
import logging
import os
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from edge_agent import durable
from edge_agent.contract import ContractError
from edge_agent.daemon import clock as chrony
from edge_agent.daemon.config import Login, Watched, credentials_folder, read_logins, read_streams
from edge_agent.daemon.notify import Watchdog, notify
from edge_agent.recorder import disk, recovery, retention, settings, status
from edge_agent.recorder.books import Books
from edge_agent.recorder.camera import Recording, Shared
from edge_agent.recorder.door import AccessLog, Door, Lent
from edge_agent.recorder.ffmpeg import Target
from edge_agent.recorder.index import Index, Segment
from edge_agent.recorder.settings import Settings
from edge_agent.recorder.wallclock import WallClock

log = logging.getLogger(__name__)
PARTS = ("cameras", "index", "disk")
SYNC_EVERY_S = 3.0
LOOK_EVERY_S = 5.0
RETAIN_EVERY_S = 30.0
STATUS_EVERY_S = 30.0
STATUS_AT_MOST_EVERY_S = 1.0
ALIVE_EVERY_S = 60.0
CROWDED_FOR_S = 86400.0
BATCH = 500
START_SPREAD_S = 0.05
AskClock = Callable[[], Awaitable[chrony.Sync]]


class Service:
    """One box's recorder. `state`: index and access log; `run`: status.json and the door; `file`: recorder.json, for rereading."""

    def __init__(self, wanted: Settings, file: Path, state: Path, run: Path, ask_clock: AskClock = chrony.ask_chrony) -> None:
        self.settings, self._file, self._state, self._run = wanted, file, state, run
        self.clock = WallClock()
        self.boot = chrony.boot_id()
        self.watchdog = Watchdog(parts=PARTS)
        self.disk = disk.Disk(str(wanted.footage), 0, 0, "ok", "ok")
        self.recordings: dict[int, Recording] = {}
        self._ask_clock = ask_clock
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._logins: dict[int, Login] = {}
        self._streams = Watched(wanted.devices_path, read_streams)
        self._stop, self._doubt, self._news = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._crowded_at: float | None = None
        self._look: asyncio.Task[disk.Disk] | None = None
        self._shown = run / "status.json"
        self.door = Door(run / "door.sock", lambda: self.settings.readers, wanted.footage, AccessLog(state / "access.log"), self.lend)

    async def main(self) -> None:
        """Until SIGTERM or SIGINT; every segment is closed and in the index then."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        self._shown.unlink(missing_ok=True)
        index = await asyncio.to_thread(self._prepare)
        self.books = Books(index, lambda: self.watchdog.moved("index"))
        self._read_logins()
        self.door.open()
        parts = (self.books.run, self._keep_disk, self._sync, self._retain, self._keep_time, self._keep_house, self.door.run)
        tasks = [loop.create_task(part()) for part in parts]
        self._settle()
        notify("READY=1")
        stopping = loop.create_task(self._stop.wait())
        done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        notify("STOPPING=1")
        self.door.close()
        await self._end(list(self._tasks))
        for task in (*tasks, stopping):
            task.cancel()
        await asyncio.gather(*tasks, stopping, return_exceptions=True)
        await self._say_goodbye()
        for task in done - {stopping}:
            task.result()

    # --- beginning and end --------------------------------------------------------------------------------------------

    def _prepare(self) -> Index:
        """The index, made one with what lies on the disk; why nothing was recorded since it was last written."""
        self._state.mkdir(mode=0o750, parents=True, exist_ok=True)
        index = Index.open(self._state / "index.db", self.settings.gap_s)
        try:
            if self.settings.footage.parent.is_dir():
                self.settings.footage.mkdir(mode=0o700, exist_ok=True)
            recovery.recover(index, self.settings.footage, self.settings.gap_s)
        except OSError as error:
            log.error("footage %s: %s", self.settings.footage, error.strerror)
        alive = index.remembered("alive")
        if isinstance(alive, dict):
            why = "recorder_stopped" if alive.get("boot") == self.boot else "box_off"
            for slot in index.slots():
                index.mark(slot, float(alive.get("at", 0.0)), why)
        index.enlist([camera.slot for camera in self.settings.cameras], self.clock.at(self.clock.mono()))
        return index

    async def _say_goodbye(self) -> None:
        now, slots = self.clock.at(self.clock.mono()), list(self.recordings)
        for slot in slots:
            self.books.put(partial(Index.mark, slot=slot, at=now, why="recorder_stopped"))
        self.books.put(self._alive)
        if await self.books.flush():
            await self.books.ask(Index.close)
        self._shown.unlink(missing_ok=True)

    def _alive(self, index: Index) -> None:
        index.remember("alive", {"at": self.clock.at(self.clock.mono()), "boot": self.boot})

    # --- settings -----------------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """New settings and logins; cameras that stay as they are go on without a missing frame."""
        notify("RELOADING=1")
        try:
            self.settings = settings.parse(self._file.read_text(encoding="utf-8"))
            self._read_logins()
            self._settle()
            log.info("settings read again: %d camera(s)", len(self.settings.cameras))
        except (OSError, UnicodeDecodeError, ContractError) as error:
            log.error("settings not taken: %s", error)
        notify("READY=1")

    def _read_logins(self) -> None:
        """What ExecReload laid down since the start counts before systemd's credential, which is as old as the process."""
        fresh = self._run / "credentials"
        self._logins = read_logins(fresh if (fresh / "devices.json").exists() else credentials_folder())

    def _settle(self) -> None:
        """One task for each camera wanted, none for the others."""
        wanted = {camera.slot: camera for camera in self.settings.cameras}
        self._streams = Watched(self.settings.devices_path, read_streams)
        shared = Shared(self.settings, self.clock, self.books, self.boot, self._target, self._news.set, self._obstacle, self._suspect)
        now, gone = self.clock.at(self.clock.mono()), set(self._tasks) - set(wanted)
        self.books.put(partial(Index.enlist, slots=list(wanted), at=now))
        loop = asyncio.get_running_loop()
        if gone:
            task = loop.create_task(self._end(list(gone)))
            task.add_done_callback(lambda _: self._news.set())
        for place, (slot, camera) in enumerate(wanted.items()):
            if slot in self.recordings and slot in self._tasks:
                self.recordings[slot].adopt(camera, shared)
            else:
                self.recordings[slot] = Recording(camera, shared)
                self._tasks[slot] = loop.create_task(self._later(place * START_SPREAD_S, self.recordings[slot]))

    async def _later(self, seconds: float, recording: Recording) -> None:
        """64 logins are not made in one moment."""
        await asyncio.sleep(seconds)
        await recording.run()

    async def _end(self, slots: list[int]) -> None:
        tasks = [self._tasks.pop(slot) for slot in slots]
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                log.error("a camera's recording ended badly", exc_info=result)
        if not self._stop.is_set():
            for slot in slots:
                self.recordings.pop(slot, None)

    def _target(self, slot: int) -> Target | None:
        """Where the stream is as the box knows it now; None before the camera was configured."""
        camera = next((each for each in self.settings.cameras if each.slot == slot), None)
        stream = self._streams.value.get(slot)
        return Target(camera.address, stream.port, stream.path, self._logins.get(slot)) if camera and stream else None

    # --- disk ---------------------------------------------------------------------------------------------------------

    def _obstacle(self) -> str | None:
        return None if self.disk.writable else f"disk_{self.disk.state}"

    def _suspect(self, error: OSError | None) -> None:
        """Something could not be written, or a process ended: look at once."""
        if error is not None:
            self.disk = replace(self.disk, state="full" if disk.trouble(error) == "full" else "failed", detail=disk.trouble(error))
        self._doubt.set()

    async def _keep_disk(self) -> None:
        while True:
            self._doubt.clear()
            await self._look_at_disk()
            self.watchdog.moved("disk")
            try:
                await asyncio.wait_for(self._doubt.wait(), LOOK_EVERY_S)
                await asyncio.sleep(0.5)
            except TimeoutError:
                continue

    async def _look_at_disk(self) -> None:
        """A disk that hangs keeps its thread; the recorder goes on and says so."""
        if self._look is None:
            self._look = asyncio.get_running_loop().create_task(self._seen())
        try:
            found = await asyncio.wait_for(asyncio.shield(self._look), disk.SYNC_TIMEOUT_S / 2)
            self._look = None
        except TimeoutError:
            found = replace(self.disk, state="failed", detail="silent")
        except sqlite3.Error:
            self._look, found = None, replace(self.disk, state="failed", detail="index")
        if (found.state, found.detail) != (self.disk.state, self.disk.detail):
            log.log(logging.INFO if found.state == "ok" else logging.ERROR, "disk %s: %s (%s)", found.path, found.state, found.detail)
            self._news.set()
            for recording in self.recordings.values():
                recording.wake.set()
        self.disk = found

    async def _seen(self) -> disk.Disk:
        held, daily = (0, None) if self.books.trouble else await self.books.ask(lambda index: (index.size(), index.bytes_per_day()))
        crowded = self._crowded_at is not None and self.clock.mono() - self._crowded_at < CROWDED_FOR_S
        wanted = self.settings
        return await asyncio.to_thread(disk.look, wanted.footage, wanted.keep_free_bytes, wanted.days, held, daily, crowded)

    async def _sync(self) -> None:
        """What a power cut takes is at most what came since the last of these."""
        while True:
            await asyncio.sleep(SYNC_EVERY_S)
            if not self.disk.writable:
                continue
            problem = await disk.sync(self.settings.footage)
            if problem:
                log.error("disk: sync: %s", problem)
                self.disk = replace(self.disk, state="failed", detail=problem)
                self._doubt.set()

    async def _retain(self) -> None:
        while True:
            try:
                while await self.retain():
                    pass
            except sqlite3.Error as error:
                log.error("retention: %s", error)
            try:
                await asyncio.wait_for(self._doubt.wait(), RETAIN_EVERY_S)
            except TimeoutError:
                continue
            await asyncio.sleep(1)

    async def retain(self) -> bool:
        """One batch of what has to go; True when there may be more."""
        now, days = self.clock.at(self.clock.mono()), self.settings.days
        going: list[Segment] = []
        if self.clock.trusted:
            for slot in await self.books.ask(Index.slots):
                going += retention.expired(await self.books.ask(partial(Index.oldest, slot=slot, limit=BATCH)), now, days)
        short = await asyncio.to_thread(self._short)
        if not going and short > 0:
            going = retention.crowded_out(await self.books.ask(partial(Index.first, limit=BATCH)), short, now, self.settings.keep_last_s)
            if any(now - segment.end < days * 86400 for segment in going):
                self._crowded_at = self.clock.mono()
        gone = await asyncio.to_thread(self._delete, going)
        if gone:
            self.books.put(lambda index: index.forget(gone))
            await self.books.flush()
            log.info("retention: %d segment(s) deleted, up to %s", len(gone), status.iso(max(each.end for each in gone)))
            self._news.set()
        return len(gone) >= BATCH

    def _short(self) -> int:
        """Bytes that are missing to what is to be kept free."""
        try:
            usage = os.statvfs(self.settings.footage)
        except OSError:
            return 0
        return self.settings.keep_free_bytes - usage.f_bavail * usage.f_frsize

    def _delete(self, segments: list[Segment]) -> list[Segment]:
        """Those whose files are gone now."""
        gone = []
        for segment in segments:
            path = self.settings.footage / segment.path
            try:
                path.unlink(missing_ok=True)
                gone.append(segment)
            except OSError as error:
                log.error("retention: %s: %s", segment.path, error.strerror)
                self._doubt.set()
                break
            try:
                path.parent.rmdir()
            except OSError:
                continue
        return gone

    # --- time, status, door -------------------------------------------------------------------------------------------

    async def _keep_time(self) -> None:
        asked = 0.0
        synced = False
        while True:
            if self.clock.mono() - asked >= (60.0 if synced else 10.0):
                asked = self.clock.mono()
                synced = bool((await self._ask_clock()).synced)
            dated = self.clock.synced
            step = self.clock.look(synced)
            if step:
                log.warning("the clock was set by %.1f s", step)
                if not dated:
                    self.books.put(partial(Index.redate, boot=self.boot, seconds=step))
                for slot in self.recordings:
                    self.books.put(partial(Index.mark, slot=slot, at=self.clock.at(self.clock.mono()) - max(step, 0.0), why="clock_set"))
            await asyncio.sleep(1.0)

    async def _keep_house(self) -> None:
        written = alive = 0.0
        while True:
            now = self.clock.mono()
            if all(now - self.recordings[slot].looked < 40 for slot in self._tasks if slot in self.recordings):
                self.watchdog.moved("cameras")
            self.watchdog.feed()
            if self._streams.refresh():
                for recording in self.recordings.values():
                    recording.wake.set()
            if now - alive >= ALIVE_EVERY_S:
                alive = now
                self.books.put(self._alive)
            if self._news.is_set() or now - written >= STATUS_EVERY_S:
                self._news.clear()
                written = now
                await self._write_status()
            await asyncio.sleep(STATUS_AT_MOST_EVERY_S)

    async def _write_status(self) -> None:
        """What is told of the index is the last known while its disk takes nothing."""
        shown = self.disk
        if self.books.trouble and shown.writable:
            shown = replace(shown, state="full" if "full" in self.books.trouble else "failed", detail="index")
        try:
            document = await self.books.ask(partial(status.document, self.settings, self.clock, shown, dict(self.recordings)))
        except sqlite3.Error as error:
            log.error("status: %s", error)
            return
        await asyncio.to_thread(durable.write_bytes, self._shown, json.dumps(document, ensure_ascii=False).encode(), 0o644)

    def lend(self, slot: int, start: float, end: float) -> Lent:
        """What there is of a camera in this time, the segment being written included. In a thread. sqlite3.Error."""
        try:
            index = Index.read(self._state / "index.db")
        except OSError as error:
            raise sqlite3.OperationalError(str(error)) from error
        try:
            segments, gaps = index.between(slot, start, end), index.gaps(slot, start, end)
        finally:
            index.close()
        recording = self.recordings.get(slot)
        live = recording.live_file() if recording else None
        if live is not None:
            path, begin = live
            now, began = self.clock.at(self.clock.mono()), self.clock.at(begin)
            if began < end and now > start:
                place = str(path.relative_to(self.settings.footage))
                last = segments[-1] if segments else None
                segments.append(Segment(0, slot, began, now, 0, place, last.codec if last else None, 0, 0, self.boot, self.clock.synced))
        return Lent(segments, gaps)
