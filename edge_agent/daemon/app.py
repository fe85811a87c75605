"""The daemon: probes -> events -> outbox -> link, with a picture of the present beside it."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from edge_agent.contract import events
from edge_agent.contract.box import AgentStatus, HealthShown
from edge_agent.contract.messages import Ack, Beat, CameraState, HealthState, State
from edge_agent.contract.strict import ContractError
from edge_agent.daemon import health
from edge_agent.daemon.commands import Commands
from edge_agent.daemon.config import AgentConfig, Camera, Endpoint
from edge_agent.daemon.history import History
from edge_agent.daemon.journal import Journal
from edge_agent.daemon.link import Link
from edge_agent.daemon.outbox import Outbox
from edge_agent.daemon.probes import ProbeResult, Probes
from edge_agent.daemon.session import Session
from edge_agent.daemon.state import StateTracker
from edge_agent.daemon.version import agent_version
from edge_agent.system import clock, durable
from edge_agent.system.notify import Watchdog, notify
from edge_agent.system.refusals import Refusals
from edge_agent.system.watched import Login, Watched, read_digests

log = logging.getLogger(__name__)
TICK_S = 1.0
CLOCK_EVERY_S = 60.0
HEALTH_EVERY_S = 10.0
STATUS_EVERY_S = 5.0
#: Changes within this time travel in one state document.
SETTLE_S = 0.5


class Daemon:
    """One facility's agent. `state`: where the outbox lives; `run`: where status.json is written for `edge-agent status`.

    SIGHUP: `read_settings` is called again, and what it gives is in force without the connection being dropped.
    """

    def __init__(self, read_settings: Callable[[], AgentConfig], logins: dict[int, Login], state: Path, run: Path) -> None:
        self._read_settings = read_settings
        self.settings = settings = read_settings()
        self.watchdog = Watchdog()
        self.sync = clock.Sync()
        self.journal = Journal(lambda: Outbox.open(state, settings.site, settings.outbox_max_bytes), lambda: self.sync.synced)
        self.history = History(settings, self.journal)
        self.journal.on_new = self.history.wake
        self.link = Link(settings, self)
        self._logins, self._refusals = logins, Refusals(state / "refused.json")
        self.probes = Probes(settings, logins, self._refusals, self)
        self.tracker = StateTracker(self.journal, settings)
        self.commands = Commands(settings, self.journal, run, lambda: self.sync.synced)
        self.commands.own = {"probe_now": lambda: self.probes.look_now(), "report_now": self._report_now}
        self._places = health.Places(state=state, observed=settings.observed_path, recorder=settings.recorder_path,
                                     settings=settings.settings_path)  # fmt: skip
        self._cameras_changed = asyncio.Event()
        self.digests = Watched(settings.digests_path, read_digests)
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
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        self.sync = await clock.ask_chrony()
        self.journal.record("agent", {"status": "started", "version": agent_version(), "uptime_s": clock.mono()})
        tasks = [loop.create_task(part) for part in self._parts()]
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

    def _parts(self) -> tuple[Coroutine[Any, Any, None], ...]:
        return (self.link.run(), self._watch_cameras(), self._keep_time(), self._keep_health(), self._keep_house(), self.commands.run())

    async def _watch_cameras(self) -> None:
        """The probes, begun anew when the configuration names other cameras."""
        while True:
            self._cameras_changed.clear()
            probing = asyncio.get_running_loop().create_task(self.probes.run())
            changed = asyncio.get_running_loop().create_task(self._cameras_changed.wait())
            try:
                await asyncio.wait([probing, changed], return_when=asyncio.FIRST_COMPLETED)
            finally:
                probing.cancel()
                changed.cancel()
            if probing.done() and not probing.cancelled():
                probing.result()
            await asyncio.gather(probing, changed, return_exceptions=True)

    def _reload(self) -> None:
        """A configuration that can't be read, or is for another site, is refused, said so, and the old one stays."""
        try:
            wanted = self._read_settings()
            if (wanted.site, wanted.ca, wanted.cert, wanted.key) != self._identity():
                raise ContractError("agent.json: another site or certificate: restart the agent")
        except (OSError, UnicodeDecodeError, ContractError) as error:
            log.error("configuration refused, the old one stays: %s", error)
            self.journal.record("agent", {"status": "configuration_refused", "reason": str(error)[:500], "version": agent_version()})
            return
        before, self.settings = self.settings, wanted
        self.history.config = self.link.config = wanted
        self.tracker.look_after(wanted.cameras)
        if _probing(before) != _probing(wanted):
            self.probes = Probes(wanted, self._logins, self._refusals, self)
            self._cameras_changed.set()
        self.digests = Watched(wanted.digests_path, read_digests)
        self.journal.record("agent", {"status": "configured", "version": agent_version(), "uptime_s": clock.mono()})
        log.info("configuration read again")

    def _identity(self) -> tuple[object, ...]:
        return (self.settings.site, self.settings.ca, self.settings.cert, self.settings.key)

    def _callback_failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A broken callback leaves paho half-way through a packet: end, systemd starts the daemon again, the outbox stays."""
        loop.default_exception_handler(context)
        if context.get("handle") is not None and self._fault is None:
            self._fault = context.get("exception")
            self._stop.set()

    def moved(self, part: str) -> None:
        self.watchdog.moved(part)

    def link_up(self, session: Session) -> None:
        endpoint = session.endpoint
        body: events.Link = {"status": "online", "connection": session.connection, "reason": str(endpoint), "way": endpoint.way}
        if self._lost_at is not None:
            body["offline_s"] = round(clock.mono() - self._lost_at, 1)
        self.journal.record("link", body)
        self._sent_content = None
        self._publish_state()
        self.history.start(session)

    def link_down(self, session: Session, reason: str) -> None:
        self.history.stop()
        self._lost_at = clock.mono()
        self.journal.record("link", {"status": "offline", "connection": session.connection, "reason": reason})

    def link_moves(self, session: Session, to: Endpoint) -> None:
        self.history.stop()
        self.journal.record("link", {"status": "moved", "connection": session.connection, "reason": str(to), "way": to.way})

    def commanded(self, message: bytes) -> None:
        self.commands.take(message)

    def _report_now(self) -> None:
        self._sent_content = None

    def acknowledged(self, ack: Ack) -> None:
        if ack.publish_state:
            self._report_now()
        self.history.acknowledged(ack)

    def on_probe(self, camera: Camera, seen: ProbeResult) -> None:
        self.tracker.on_probe(camera, seen)

    async def _keep_time(self) -> None:
        while True:
            self.sync = await clock.ask_chrony()
            await asyncio.sleep(CLOCK_EVERY_S if self.sync.synced else 10)

    async def _keep_health(self) -> None:
        while True:
            for subject, seen in health.look(self._places, self.sync, self._link_facts(), clock.mono()).items():
                self.tracker.on_health(subject, seen)
            await asyncio.sleep(HEALTH_EVERY_S)

    def _link_facts(self) -> health.LinkFacts:
        session = self.link.session
        answers = {one.way: self.link.answers[str(one)] for one in reversed(self.settings.endpoints) if str(one) in self.link.answers}
        return health.LinkFacts(answers, session.endpoint.way if session else None, session.tcp_facts() if session else None,
                                self.settings.outside)  # fmt: skip

    async def _keep_house(self) -> None:
        written = 0.0
        while True:
            self.history.check()
            self.journal.check()
            self.moved("outbox")  # that it can't be used just now is told, and no reason to be restarted
            self.watchdog.feed()
            self.commands.check()
            self.digests.refresh()
            self._publish_state()
            if clock.mono() - written >= STATUS_EVERY_S:
                written = clock.mono()
                self._write_status()
            await asyncio.sleep(TICK_S)

    def _publish_state(self) -> None:
        """The whole state when something changed or it is due again, else a beat when that is due."""
        session = self.link.session
        if session is None:
            return
        now = clock.mono()
        content = (session.connection, self.digests.value, self.sync.synced, round((self.sync.offset_s or 0.0) * 10),
                   [(one.slot, one.status, one.reason) for one in self.tracker.cameras.values()],
                   [(subject, one.status, one.reason) for subject, one in self.tracker.health.items()])  # fmt: skip
        changed = content != self._sent_content and now - self._sent_at >= SETTLE_S
        if changed or now - self._sent_at >= self.settings.snapshot_s:
            self._number += 1
            self._sent_content, self._sent_at, self._beat_at = content, now, now
            session.publish("state", self._state(session).to_bytes())
        elif now - self._beat_at >= self.settings.beat_s:
            self._beat_at = now
            session.publish("state", Beat(self.settings.site, session.connection, self._number).to_bytes())

    def _state(self, session: Session) -> State:
        return State(
            site=self.settings.site, connection=session.connection, number=self._number, at=clock.wall(), agent=agent_version(),
            boot=clock.boot_id(), uptime_s=clock.mono(), clock=self.sync.as_dict(), outbox=self.journal.summary(),
            cameras=tuple(self.tracker.cameras.values()), digests=self.digests.value,
            link={"way": session.endpoint.way, "endpoint": str(session.endpoint)},
            health=dict(self.tracker.health),
        )  # fmt: skip

    def _write_status(self) -> None:
        session = self.link.session
        document: AgentStatus = {
            "schema": 1, "site": self.settings.site, "code": self.settings.code, "name": self.settings.name, "pid": os.getpid(),
            "written_mono": clock.mono(), "started_mono": self._started, "at": clock.wall(), "agent": agent_version(),
            "link": {
                "connected": session is not None, "endpoint": str(session.endpoint) if session else None,
                "way": session.endpoint.way if session else None,
                "problem": self.link.problem, "answers": dict(self.link.answers),
                "endpoints": [str(one) for one in self.settings.endpoints],
                "offline_s": None if session or self._lost_at is None else round(clock.mono() - self._lost_at, 1),
            },
            "clock": self.sync.as_dict(), "outbox": self.journal.summary(), "digests": self.digests.value,
            "stuck": self.watchdog.stuck(), "health": {subject: _shown(one) for subject, one in self.tracker.health.items()},
            "cameras": [{"slot": one.slot, "name": one.name, **_shown(one)} for one in self.tracker.cameras.values()],
        }  # fmt: skip
        durable.write_public(self._run / "status.json", document)


def _shown(one: CameraState | HealthState) -> HealthShown:
    return {"status": one.status, "since": one.since, "reason": one.reason, "measured": one.measured}


def _probing(settings: AgentConfig) -> tuple[object, ...]:
    """What the probes go by."""
    return (settings.cameras, settings.lan_interface, settings.probe_interval_s, settings.probe_timeout_s, settings.devices_path)
