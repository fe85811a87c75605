"""The daemon: probes -> events -> outbox -> link, with a picture of the present beside it."""

import asyncio
import json
import logging
import os
import signal
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge_agent.contract import Ack, Beat, CameraState, State
from edge_agent.daemon import clock, config
from edge_agent.daemon.config import AgentConfig, Camera
from edge_agent.daemon.history import History
from edge_agent.daemon.journal import Journal
from edge_agent.daemon.link import Link
from edge_agent.daemon.notify import Watchdog, notify
from edge_agent.daemon.outbox import Outbox, Remembered
from edge_agent.daemon.probes import Probes, Seen
from edge_agent.daemon.session import Session
from edge_agent.daemon.version import agent_version

log = logging.getLogger(__name__)
TICK_S = 1.0
CLOCK_EVERY_S = 60.0
STATUS_EVERY_S = 5.0
#: Changes within this time travel in one state document.
SETTLE_S = 0.5


class Daemon:
    """One facility's agent. `state`: where the outbox lives; `run`: where status.json is written for `edge-agent status`."""

    def __init__(self, settings: AgentConfig, logins: dict[int, config.Login], state: Path, run: Path) -> None:
        self.settings = settings
        self.watchdog = Watchdog()
        self.sync = clock.Sync()
        self.journal = Journal(lambda: Outbox.open(state, settings.site, settings.outbox_max_bytes), lambda: self.sync.synced)
        self.history = History(settings, self.journal)
        self.journal.on_new = self.history.wake
        self.link = Link(settings, self)
        self.probes = Probes(settings, logins, self)
        self.cameras = {one.slot: self._remembered(one) for one in settings.cameras}
        self.digests = config.Watched(settings.digests_path, config.read_digests)
        self._run = run
        self._started = clock.mono()
        self._number = 0
        self._sent_content: tuple[Any, ...] | None = None
        self._sent_at = 0.0
        self._beat_at = 0.0
        self._lost_at: float | None = None
        self._stop = asyncio.Event()
        self._fault: BaseException | None = None

    async def main(self) -> None:
        """Until SIGTERM or SIGINT; then says goodbye to the hub."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        self.journal.record("agent", {"status": "started", "version": agent_version(), "uptime_s": clock.mono()})
        tasks = [loop.create_task(part) for part in (self.link.run(), self.probes.run(), self._keep_time(), self._keep_house())]
        notify("READY=1")
        stopping = loop.create_task(self._stop.wait())
        loop.set_exception_handler(self._callback_failed)
        done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        notify("STOPPING=1")
        for task in (*tasks, stopping):
            task.cancel()
        await asyncio.gather(*tasks, stopping, return_exceptions=True)
        self.journal.record("agent", {"status": "stopped", "version": agent_version(), "uptime_s": clock.mono()})
        self.history.stop()
        await self.link.stop("stopped")
        self.journal.close()
        for task in done - {stopping}:
            task.result()
        if self._fault is not None:
            raise self._fault

    def _callback_failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A broken callback leaves paho half-way through a packet: end, systemd starts the daemon again, the outbox stays."""
        loop.default_exception_handler(context)
        if context.get("handle") is not None and self._fault is None:
            self._fault = context.get("exception")
            self._stop.set()

    def moved(self, part: str) -> None:
        self.watchdog.moved(part)

    def link_up(self, session: Session) -> None:
        body: dict[str, Any] = {"status": "online", "connection": session.connection, "reason": str(session.endpoint)}
        if self._lost_at is not None:
            body["offline_s"] = round(clock.mono() - self._lost_at, 1)
        self.journal.record("link", body)
        self._sent_content = None
        self._tell_state()
        self.history.start(session)

    def link_down(self, session: Session, reason: str) -> None:
        self.history.stop()
        self._lost_at = clock.mono()
        self.journal.record("link", {"status": "offline", "connection": session.connection, "reason": reason})

    def acknowledged(self, ack: Ack) -> None:
        self.history.acknowledged(ack)

    def seen(self, camera: Camera, seen: Seen) -> None:
        """A probe's result: a changed word is an event, and the word is remembered in the same transaction."""
        before = self.cameras[camera.slot]
        if (seen.status, seen.reason) == (before.status, before.reason):
            self.cameras[camera.slot] = replace(before, measured=seen.measured)
            return
        since = clock.wall() if seen.status != before.status else before.since
        self.cameras[camera.slot] = replace(before, status=seen.status, reason=seen.reason, since=since, measured=seen.measured)
        body = {"slot": camera.slot, "name": camera.name, "from": before.status, "to": seen.status, "since": since,
                "reason": seen.reason}  # fmt: skip
        subject = f"camera/{camera.slot}"
        self.journal.record("camera", body, (subject, Remembered(seen.status, since or clock.wall(), seen.reason)))

    def _remembered(self, camera: Camera) -> CameraState:
        """After a start the last word stays until a probe says another; it is not said twice."""
        word = self.journal.last(f"camera/{camera.slot}")
        if word is None:
            return CameraState(camera.slot, camera.name, "unknown", None, "not_probed_yet")
        return CameraState(camera.slot, camera.name, word.status, word.since, word.reason)  # type: ignore[arg-type]

    async def _keep_time(self) -> None:
        while True:
            self.sync = await clock.ask_chrony()
            await asyncio.sleep(CLOCK_EVERY_S if self.sync.synced else 10)

    async def _keep_house(self) -> None:
        written = 0.0
        while True:
            self.history.check()
            if self.journal.check():
                self.moved("outbox")
            self.watchdog.feed()
            self.digests.refresh()
            self._tell_state()
            if clock.mono() - written >= STATUS_EVERY_S:
                written = clock.mono()
                self._write_status()
            await asyncio.sleep(TICK_S)

    def _tell_state(self) -> None:
        """The whole state when something changed or it is due again, else a beat when that is due."""
        session = self.link.session
        if session is None:
            return
        now = clock.mono()
        content = (session.connection, self.digests.value, self.sync.synced,
                   [(one.slot, one.status, one.reason) for one in self.cameras.values()])  # fmt: skip
        changed = content != self._sent_content and now - self._sent_at >= SETTLE_S
        if changed or now - self._sent_at >= self.settings.snapshot_s:
            self._number += 1
            self._sent_content, self._sent_at, self._beat_at = content, now, now
            session.publish("state", self._state(session.connection).to_bytes())
        elif now - self._beat_at >= self.settings.beat_s:
            self._beat_at = now
            session.publish("state", Beat(self.settings.site, session.connection, self._number).to_bytes())

    def _state(self, connection: str) -> State:
        return State(
            site=self.settings.site, connection=connection, number=self._number, at=clock.wall(), agent=agent_version(),
            boot=clock.boot_id(), uptime_s=clock.mono(), clock=self.sync.as_dict(), outbox=self.journal.summary(),
            cameras=tuple(self.cameras.values()), digests=self.digests.value,
        )  # fmt: skip

    def _write_status(self) -> None:
        session = self.link.session
        document = {
            "schema": 1, "site": self.settings.site, "code": self.settings.code, "name": self.settings.name, "pid": os.getpid(),
            "written_mono": clock.mono(), "started_mono": self._started, "at": clock.wall(), "agent": agent_version(),
            "link": {
                "connected": session is not None, "endpoint": str(session.endpoint) if session else None,
                "problem": self.link.problem, "answers": self.link.answers,
                "endpoints": [str(one) for one in self.settings.endpoints],
                "offline_s": None if session or self._lost_at is None else round(clock.mono() - self._lost_at, 1),
            },
            "clock": self.sync.as_dict(), "outbox": self.journal.summary(), "digests": self.digests.value,
            "stuck": self.watchdog.stuck(), "cameras": [vars(one) for one in self.cameras.values()],
        }  # fmt: skip
        write_public(self._run / "status.json", document)


def write_public(path: Path, document: dict[str, Any]) -> None:
    """Replace a file that anybody may read, in one step; on /run, so that flash is spared."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False)
        os.fchmod(file.fileno(), 0o644)
    Path(name).replace(path)
