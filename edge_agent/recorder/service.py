"""The recorder's service: cameras, index, disk, retention, status and footage service, each a task; ended by SIGTERM, reread on SIGHUP."""

import asyncio
import contextlib
import json
import logging
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from edge_agent.contract.strict import ContractError
from edge_agent.recorder import settings, status
from edge_agent.recorder.camera import Recording, Shared
from edge_agent.recorder.ffmpeg import Target
from edge_agent.recorder.footage_service import AccessLog, FootageService, Served
from edge_agent.recorder.index import Index, Segment
from edge_agent.recorder.index_writer import RETRY_S, IndexWriter
from edge_agent.recorder.opening import Opening
from edge_agent.recorder.settings import Settings
from edge_agent.recorder.upkeep import Upkeep
from edge_agent.recorder.wallclock import WallClock
from edge_agent.system import clock as chrony
from edge_agent.system import durable
from edge_agent.system.notify import Watchdog, notify
from edge_agent.system.refusals import Refusals
from edge_agent.system.watched import Login, Watched, credentials_folder, read_logins, read_streams

log = logging.getLogger(__name__)
PARTS = ("cameras", "index", "disk")
STATUS_EVERY_S = 30.0
STATUS_AT_MOST_EVERY_S = 1.0
ALIVE_EVERY_S = 60.0
START_SPREAD_S = 0.05
AFTER_A_BUG_S = 5.0
STUCK_S = 40.0
FED_EVERY_S = 10.0
AskClock = Callable[[], Awaitable[chrony.Sync]]


class Service:
    """One box's recorder. `state`: index and access log; `run`: status.json and door.sock; `file`: recorder.json, for rereading."""

    def __init__(self, wanted: Settings, file: Path, state: Path, run: Path, ask_clock: AskClock = chrony.ask_chrony) -> None:
        self.settings, self._file, self._state, self._run = wanted, file, state, run
        self.clock = WallClock()
        self.boot = chrony.boot_id()
        self.watchdog = Watchdog(parts=PARTS)
        self.recordings: dict[int, Recording] = {}
        self._ask_clock = ask_clock
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._logins: dict[int, Login] = {}
        self._refusals = Refusals(state / "refused.json")
        self._fed, self._begun = 0.0, False
        self._opening = Opening(lambda: self.settings, state, self.clock, self.boot, lambda: self.watchdog.moved("index"))
        self._streams = Watched(wanted.devices_path, read_streams)
        self._stop, self._news = asyncio.Event(), asyncio.Event()
        self._shown = run / "status.json"
        self.footage = FootageService(
            run / "door.sock", lambda: self.settings.readers, wanted.footage, AccessLog(state / "access.log"), self.served
        )

    async def main(self) -> None:
        """Until SIGTERM or SIGINT; every segment is closed and in the index then."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        self._shown.unlink(missing_ok=True)
        index = await self._index()
        if index is None:
            return
        self.writer = IndexWriter(index, lambda: self.watchdog.moved("index"), self._opening.renewed)
        self.upkeep = Upkeep(lambda: self.settings, self.clock, self.writer, self._wake, lambda: self.watchdog.moved("disk"))
        self.upkeep.own_disk = index.remembered("own_disk") is not None
        self._read_logins()
        self.footage.open()
        parts = (
            self.writer.run,
            self.upkeep.look,
            self.upkeep.sync,
            self.upkeep.retain,
            self._keep_time,
            self._keep_house,
            self.footage.run,
        )
        tasks = [loop.create_task(part()) for part in parts]
        self._arrange()
        self._begun = True
        notify("READY=1")
        stopping = loop.create_task(self._stop.wait())
        done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        notify("STOPPING=1")
        self.footage.close()
        await self._end(list(self._tasks))
        for task in (*tasks, stopping):
            task.cancel()
        await asyncio.gather(*tasks, stopping, return_exceptions=True)
        await self._say_goodbye()
        for task in done - {stopping}:
            task.result()

    # --- beginning and end --------------------------------------------------------------------------------------------

    async def _index(self) -> Index | None:
        """The index, as soon as it can be opened; on a full disk the oldest footage makes room for it. None: ended before that."""
        while not self._stop.is_set():
            try:
                return await asyncio.to_thread(self._opening.open, self._starting)
            except (sqlite3.Error, OSError) as error:
                log.error("index: %s: nothing can be recorded; tried again every %g s", error, RETRY_S)
            await asyncio.to_thread(self._opening.make_room)
            notify("READY=1")
            notify("WATCHDOG=1")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S):
                    await self._stop.wait()
        return None

    def _starting(self) -> None:
        """Taking thousands of files into the index is progress too, where systemd was told already that the service is up."""
        if self.clock.mono() - self._fed >= FED_EVERY_S:
            self._fed = self.clock.mono()
            notify("WATCHDOG=1")

    async def _say_goodbye(self) -> None:
        now, slots = self.clock.at(self.clock.mono()), list(self.recordings)
        for slot in slots:
            self.writer.put(partial(Index.mark, slot=slot, at=now, why="recorder_stopped"))
        self.writer.put(self._alive)
        if await self.writer.flush():
            await self.writer.ask(Index.close)
        self._shown.unlink(missing_ok=True)

    def _alive(self, index: Index) -> None:
        index.remember("alive", {"at": self.clock.at(self.clock.mono()), "boot": self.boot, "synced": self.clock.synced})

    # --- settings -----------------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """New settings and logins; cameras that stay as they are go on without a missing frame."""
        notify("RELOADING=1")
        try:
            self.settings = settings.parse(self._file.read_text(encoding="utf-8"))
            if self._begun:
                self._read_logins()
                self._arrange()
            log.info("settings read again: %d camera(s)", len(self.settings.cameras))
        except (OSError, UnicodeDecodeError, ContractError) as error:
            log.error("settings not taken: %s", error)
        notify("READY=1")

    def _read_logins(self) -> None:
        """What ExecReload laid down since the start counts before systemd's credential, which is as old as the process."""
        fresh = self._run / "credentials"
        self._logins = read_logins(fresh if (fresh / "devices.json").exists() else credentials_folder())

    def _arrange(self) -> None:
        """One task for each camera wanted, none for the others."""
        wanted = {camera.slot: camera for camera in self.settings.cameras}
        self._streams = Watched(self.settings.devices_path, read_streams)
        shared = Shared(
            self.settings, self.clock, self.writer, self.boot, self._target, self._news.set, self.upkeep.obstacle, self.upkeep.suspect,
            self._refusals,
        )  # fmt: skip
        now, gone = self.clock.at(self.clock.mono()), set(self._tasks) - set(wanted)
        self.writer.put(partial(Index.enlist, slots=list(wanted), at=now))
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
        """64 logins are not made in one moment. A bug in one camera's path is that camera's trouble."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await recording.run()
            except Exception:
                log.exception("%s: the recording itself failed; the other cameras go on", recording.camera.name)
                seconds = AFTER_A_BUG_S

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
        return Target(camera.address, stream.port, stream.path, self._logins.get(slot), stream.mark) if camera and stream else None

    def _wake(self) -> None:
        """Something is another way now: who waits looks again, and it is told."""
        self._news.set()
        for recording in self.recordings.values():
            recording.wake.set()

    # --- time, status, footage ---------------------------------------------------------------------------------------

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
                    self.writer.put(partial(Index.redate, boot=self.boot, seconds=step))
                for slot in self.recordings:
                    self.writer.put(partial(Index.mark, slot=slot, at=self.clock.at(self.clock.mono()) - max(step, 0.0), why="clock_set"))
            await asyncio.sleep(1.0)

    async def _keep_house(self) -> None:
        written = alive = 0.0
        while True:
            now = self.clock.mono()
            stuck = [slot for slot in self._tasks if slot in self.recordings and now - self.recordings[slot].looked > STUCK_S]
            if 2 * len(stuck) <= len(self._tasks):  # one that hangs must not cost the others their footage
                self.watchdog.moved("cameras")
            self.watchdog.feed()
            if self._streams.refresh():
                self._wake()
            if now - alive >= ALIVE_EVERY_S:
                alive = now
                self.writer.put(self._alive)
            if self._news.is_set() or now - written >= STATUS_EVERY_S:
                self._news.clear()
                written = now
                await self._write_status()
            await asyncio.sleep(STATUS_AT_MOST_EVERY_S)

    async def _write_status(self) -> None:
        """Not while the index's disk hangs."""
        shown = self.upkeep.shown
        try:
            document = await self.writer.ask(partial(status.document, self.settings, self.clock, shown, dict(self.recordings)))
        except sqlite3.Error as error:
            log.error("status: %s", error)
            return
        await asyncio.to_thread(durable.write_bytes, self._shown, json.dumps(document, ensure_ascii=False).encode(), 0o644)

    def served(self, slot: int, start: float, end: float) -> Served:
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
        return Served(segments, gaps)
