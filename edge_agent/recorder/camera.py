"""One camera's recording, supervised: by bytes that come, never by ffmpeg's exit code (it says 0 when a camera vanishes).

Everything is counted in seconds since boot; wall time is made of it when a row is written (run.py says how a segment is dated).
"""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge_agent.contract.recordings import CameraRecording
from edge_agent.recorder import disk, matroska
from edge_agent.recorder.ffmpeg import Process, Target, meaning
from edge_agent.recorder.index import Segment
from edge_agent.recorder.index_writer import IndexWriter
from edge_agent.recorder.run import SILENT_S, Ended, Run, dated, filed, move
from edge_agent.recorder.settings import Camera, Settings
from edge_agent.recorder.uninterrupted import uninterrupted
from edge_agent.recorder.wallclock import WallClock
from edge_agent.system.refusals import Refusals

log = logging.getLogger(__name__)
TICK_S = 1.0
BACKOFF_S, BACKOFF_MAX_S = 1.0, 60.0
LASTED_S = 30.0
"""A recording that lasted so long was a good one: the next pause is a short one again."""
FIRST_BYTES_S = 15.0
HEAD_BYTES = 2048
"""A file that is larger has a picture in it."""
AT_ONCE = ("resized", "changed")


@dataclass
class Shared:
    """What all cameras of a box have in common."""

    settings: Settings
    clock: WallClock
    writer: IndexWriter
    boot: str
    target: Callable[[int], Target | None]
    changed: Callable[[], None]
    writable: Callable[[], str | None]
    """None: write; else the reason why not (disk_full, disk_failed)."""
    suspect_disk: Callable[[OSError | None], None]
    refusals: Refusals
    """A refused login is tried again when account or stream are others, or a visit has read the camera: cameras lock after a few."""


def _what(target: Target) -> tuple[str, ...]:
    """Of what a refusal was."""
    login = (target.login.user, target.login.password) if target.login else ()
    return (target.address, str(target.port), target.path, target.mark, *login)


class Recording:
    """`run` until cancelled. `state` is recording, stalled or down; `why` and `detail` say why it isn't recording."""

    def __init__(self, camera: Camera, shared: Shared) -> None:
        self.camera, self._shared = camera, shared
        self.state: CameraRecording = "down"
        self.why: str | None = "starting"
        self.detail: str | None = None
        self.live: Run | None = None
        self.looked = shared.clock.mono()
        self.wake = asyncio.Event()
        self._noted: tuple[str, str | None] | None = None

    def adopt(self, camera: Camera, shared: Shared) -> None:
        """Settings were read again; what runs goes on."""
        self.camera, self._shared = camera, shared
        self.wake.set()

    @property
    def folder(self) -> Path:
        return self._shared.settings.footage / str(self.camera.slot)

    def live_file(self) -> tuple[Path, float] | None:
        """The segment being written, and the moment since boot of its first picture, as far as known."""
        run = self.live
        if run is None or run.opened is None:
            return None
        return self.folder / "live" / run.name(), run.before_end or run.opened

    async def run(self) -> None:
        pause = 0.0
        while True:
            source = self._source()
            if isinstance(source, Target):
                ended = await self._record(source)
                lasted = ended.at is not None and self.live is not None and ended.at - self.live.started >= LASTED_S
                self.live = None
                pause = BACKOFF_S if lasted else min(BACKOFF_MAX_S, max(BACKOFF_S, pause * 2))
                self._note(ended.why, ended.detail, ended.at)
                if ended.detail == "login_refused":
                    self._shared.refusals.note(self.camera.slot, *_what(source))
                elif lasted:
                    self._shared.refusals.forget(self.camera.slot)
                await self._pause(0.0 if ended.why in AT_ONCE else pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            else:
                pause = 0.0
                self._note(*source, None)
                await self._pause(2.0)

    def _source(self) -> Target | tuple[str, str | None]:
        """What to record from; else (why, detail) that nothing can be recorded now."""
        stop = self._shared.writable()
        if stop:
            return stop, None
        target = self._shared.target(self.camera.slot)
        if target is None:
            return "camera_down", "not_configured_yet"
        refused = self._shared.refusals.holds(self.camera.slot, *_what(target))
        return ("camera_down", "login_refused") if refused else target

    async def _pause(self, seconds: float) -> None:
        """Less when something was changed meanwhile."""
        self.wake.clear()
        end = self._shared.clock.mono() + seconds
        while (left := end - self._shared.clock.mono()) > 0:
            self.looked = self._shared.clock.mono()
            try:
                async with asyncio.timeout(min(left, 5.0)):
                    await self.wake.wait()
            except TimeoutError:
                continue
            return

    def _note(self, why: str, detail: str | None, at: float | None) -> None:
        """From `at` (default: now) on, this is why there is no picture."""
        self.state = "stalled" if why == "stalled" else "down"
        self.why, self.detail = why, detail
        if (why, detail) == self._noted:
            return
        self._noted = (why, detail)
        clock, slot = self._shared.clock, self.camera.slot
        moment = clock.mono() if at is None else at
        log.warning("%s: not recorded: %s%s", self.camera.name, why, f" ({detail})" if detail else "")
        self._shared.writer.put(lambda index: index.mark(slot, clock.at(moment), why, detail))
        self._shared.changed()

    async def _record(self, target: Target) -> Ended:
        """One ffmpeg from start to end; every segment that it finished is in the index when this returns."""
        clock = self._shared.clock
        run = self.live = Run(target, clock.mono())
        live = self.folder / "live"
        try:
            await asyncio.to_thread(live.mkdir, 0o700, True, True)
            process = await Process.start(target, live / f"{run.id}-%06d.mkv", self._shared.settings.segment_s)
        except OSError as error:
            self._shared.suspect_disk(error)
            return Ended("disk_failed" if disk.failure(error) != "full" else "disk_full", None, None)
        reader = asyncio.get_running_loop().create_task(self._follow(run, process))
        try:
            why = await self._watch(run, process, reader)
        finally:
            await self._end(run, process, reader)
        return self._ended(run, process, why)

    async def _end(self, run: Run, process: Process, reader: "asyncio.Task[None]") -> None:
        await process.stop()
        if process.running:
            reader.cancel()
        await asyncio.wait({reader})
        await self._finish(run, self._shared.clock.mono())

    async def _watch(self, run: Run, process: Process, reader: "asyncio.Task[None]") -> str | None:
        """Until the process ends, or must: why it must. None: it ended by itself."""
        clock, settings = self._shared.clock, self._shared.settings
        while True:
            done, _ = await asyncio.wait({reader}, timeout=TICK_S)
            now = self.looked = clock.mono()
            if done:
                return None
            self._look(run, now)
            if run.grown is None:
                if now - run.started > FIRST_BYTES_S:
                    return "stalled"
            elif now - run.grown > settings.stall_s:
                return "stalled"
            if run.resized:
                return "resized"
            stop = self._shared.writable()
            if stop:
                return stop
            if self._shared.target(self.camera.slot) is None or self._moved(run.target):
                return "changed"

    def _moved(self, target: Target) -> bool:
        """The stream is elsewhere now. Another password is no reason to end a session that stands."""
        wanted = self._shared.target(self.camera.slot)
        return wanted is not None and (wanted.address, wanted.port, wanted.path) != (target.address, target.port, target.path)

    def _look(self, run: Run, now: float) -> None:
        """Has the segment being written grown?"""
        try:
            size = (self.folder / "live" / run.name()).stat().st_size
        except OSError:
            return
        if run.opened is None:
            run.opened = now
        if size != run.size:
            run.size, run.grown = size, now
        if size > HEAD_BYTES:
            self._is_recording()

    def _is_recording(self) -> None:
        if self.state != "recording":
            self.state, self.why, self.detail = "recording", None, None
            self._noted = None
            log.info("%s: recording", self.camera.name)
            self._shared.changed()

    async def _follow(self, run: Run, process: Process) -> None:
        """Take over each segment that ffmpeg says it finished."""
        while line := await process.line():
            closed = self._shared.clock.mono()
            if line.split(",")[0] == run.name():
                await self._finish(run, closed)

    async def _finish(self, run: Run, closed: float) -> None:
        """Date a segment, give it its place, put it into the index; the next one begins."""
        path = self.folder / "live" / run.name()
        try:
            span = await asyncio.to_thread(matroska.read, path, self._shared.settings.gap_s)
            if span is None:
                await asyncio.to_thread(path.unlink)
            else:
                start, end, honest = dated(run, span, closed, self._shared.settings.gap_s)
                await uninterrupted(self._keep(run, path, span, start, end, span.holes if honest else ()))
                run.before_end, run.last_end = closed, end
                run.resized |= span.resized and run.honest_size
                run.honest_size |= not span.resized
                self._is_recording()
        except FileNotFoundError:
            return
        except OSError as error:
            log.error("%s: segment %s: %s", self.camera.name, path.name, error.strerror)
            self._shared.suspect_disk(error)
        run.number, run.opened, run.size = run.number + 1, closed, -1
        self._shared.changed()

    async def _keep(
        self, run: Run, path: Path, span: matroska.Span, start: float, end: float, holes: tuple[tuple[float, float], ...]
    ) -> None:
        clock = self._shared.clock
        begin, ended, dated = clock.at(start), clock.at(end), clock.synced  # together: the clock may be set while the file moves
        place = Path(str(self.camera.slot), *filed(begin, path.name))
        size = await asyncio.to_thread(move, path, self._shared.settings.footage / place)
        segment = Segment(
            0,
            self.camera.slot,
            begin,
            ended,
            size,
            str(place),
            span.codec,
            span.width,
            span.height,
            self._shared.boot,
            dated,
        )
        pauses = [(begin + a - span.start_s, begin + b - span.start_s) for a, b in holes]
        self._shared.writer.put(lambda index: index.add(segment, pauses))

    def _ended(self, run: Run, process: Process, why: str | None) -> Ended:
        """Why, for a person: what ffmpeg complained of when it ended by itself, told from a camera that only fell silent."""
        if why is not None:
            return Ended(why, "no_packets" if why == "stalled" else None, run.last_end)
        self._shared.suspect_disk(None)
        log.info("%s: ffmpeg ended: %s", self.camera.name, "; ".join(process.said) or "without a word")
        if run.last_end is None:
            return Ended("camera_down", meaning(process.said), None)
        if run.grown is not None and self._shared.clock.mono() - run.grown > SILENT_S:
            return Ended("stalled", "no_packets", run.last_end)
        return Ended("camera_down", "closed", run.last_end)
