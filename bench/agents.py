"""Many agents without cameras in one process: `python -m bench.agents FOLDER FIRST COUNT`.

Each is the agent's own code as it stands: link (probes, back-off, jitter), session (MQTT over mutual TLS), outbox, journal and
history. Left out are the cameras' probes and the box's own health; a state document of CAMERAS cameras stands in for them.

FOLDER holds what `bench.sessions` laid there: SITE.json and each one's certificate and key. What happens is written to
FOLDER/FIRST.log, a line each, with the instant (CLOCK_MONOTONIC, which all processes share):

    up 1234.567 0.042      a login was answered, after 0.042 s
    failed 1234.567 0.042  it was not
    down 1240.123 0        a session ended
"""

import asyncio
import random
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO

from edge_agent.contract.messages import Ack, Beat, CameraState, State
from edge_agent.daemon import config
from edge_agent.daemon.config import AgentConfig, Endpoint
from edge_agent.daemon.history import History
from edge_agent.daemon.journal import Journal
from edge_agent.daemon.link import Link
from edge_agent.daemon.outbox import Outbox
from edge_agent.daemon.session import LinkDown, LoginRefused, Session
from edge_agent.system import clock

CAMERAS = 16
SPREAD_S = 10.0
"""The first logins are spread over so long: what is measured is the second."""


class Noted(Link):
    """The agent's link, with a note of each login."""

    notes: TextIO

    async def _open(self, endpoint: Endpoint) -> Session:
        begun = time.monotonic()
        try:
            session = await super()._open(endpoint)
        except (LinkDown, LoginRefused):
            self._note("failed", begun)
            raise
        self._note("up", begun)
        return session

    def _note(self, word: str, begun: float) -> None:
        now = time.monotonic()
        print(word, f"{now:.3f} {now - begun:.3f}", file=self.notes, flush=True)


class Bare:
    """One facility's agent without its cameras: its events, its state, then a beat every 20 s."""

    def __init__(self, settings: AgentConfig, state: Path, notes: TextIO) -> None:
        self._settings = settings
        self._journal = Journal(lambda: Outbox.open(state, settings.site), lambda: True)
        self._history = History(settings, self._journal)
        self._journal.on_new = self._history.wake
        self._link = Noted(settings, self)
        self._link.notes = notes
        self._cameras = tuple(CameraState(slot, f"C{slot:02}", "up") for slot in range(1, CAMERAS + 1))
        self._number = 0
        self._said_at = 0.0

    async def run(self) -> None:
        await asyncio.sleep(random.uniform(0, SPREAD_S))
        await asyncio.gather(self._link.run(), self._say())

    async def _say(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._history.check()
            session = self._link.session
            if session and time.monotonic() - self._said_at >= self._settings.beat_s:
                self._said_at = time.monotonic()
                session.publish("state", Beat(self._settings.site, session.connection, self._number).to_bytes())

    def link_up(self, session: Session) -> None:
        self._journal.record("link", {"status": "online", "connection": session.connection, "reason": str(session.endpoint)})
        self._number, self._said_at = self._number + 1, time.monotonic()
        state = State(
            site=self._settings.site, connection=session.connection, number=self._number, at=clock.wall(), agent="bench",
            boot=clock.boot_id(), uptime_s=clock.mono(), clock=clock.Sync().as_dict(), outbox=self._journal.summary(),
            cameras=self._cameras, digests={},
        )  # fmt: skip
        session.publish("state", state.to_bytes())
        self._history.start(session)

    def link_down(self, session: Session, reason: str) -> None:
        self._history.stop()
        print("down", f"{time.monotonic():.3f} 0", file=self._link.notes, flush=True)
        self._journal.record("link", {"status": "offline", "connection": session.connection, "reason": reason})

    def link_moves(self, session: Session, to: Endpoint) -> None:
        self._history.stop()

    def acknowledged(self, ack: Ack) -> None:
        self._history.acknowledged(ack)

    def commanded(self, message: bytes) -> None:
        """Nobody commands these."""

    def moved(self, part: str) -> None:
        """Nobody watches over these."""


async def run(folder: Path, first: int, count: int) -> None:
    """Every agent has a thread to log in with, as on its own box."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(count))
    with (folder / f"{first}.log").open("w") as notes:
        agents = []
        for number in range(first, first + count):
            site = f"BD-{number:04}"
            settings = config.parse((folder / f"{site}.json").read_text(encoding="utf-8"))
            agents.append(Bare(settings, folder / "state" / site, notes))
        await asyncio.gather(*(agent.run() for agent in agents))


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
