"""The agent's side of the hub's commands: each is checked, obeyed or handed over to root's unit, and answered by an event."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from edge_agent.contract.events import Answer, CommandStatus
from edge_agent.daemon.config import AgentConfig
from edge_agent.daemon.journal import Journal
from edge_agent.daemon.outbox import Remembered
from edge_agent.orders import command
from edge_agent.system import clock, durable
from edge_agent.system.watched import Watched

log = logging.getLogger(__name__)
SUBJECT = "command"
"""Under which the journal remembers the last number, in the transaction of its answer."""
WAITING = 20


class Commands:
    """`take` a message; `own` are those that the daemon does itself, by name. One at a time, in the order of arrival."""

    def __init__(self, settings: AgentConfig, journal: Journal, run: Path, synced: Callable[[], bool | None]) -> None:
        self._settings, self._journal, self._run, self._synced = settings, journal, run, synced
        self.own: dict[str, Callable[[], None]] = {}
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(WAITING)
        self._obeyed = Watched(settings.obeyed_path, partial(durable.read, Answer))

    def take(self, message: bytes) -> None:
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            log.error("a command was dropped: %d wait", WAITING)

    async def run(self) -> None:
        """Until cancelled. Checking runs openssl, so it is kept out of the event loop."""
        while True:
            message = await self._queue.get()
            try:
                found = await asyncio.to_thread(command.read, message, self._settings.site, self._settings.ca)
                last = self._journal.last(SUBJECT)
                if last is None and self._journal.problem:
                    raise command.CommandRejected(f"which commands came before can't be read: {self._journal.problem}")
                command.check_order(found, int(last.status) if last else 0, self._synced())
            except command.CommandRejected as error:
                log.error("command refused: %s", error)
                self._journal.record("command", {"number": None, "name": None, "status": "refused", "detail": str(error)[:200]})
                continue
            if found.name in self.own:
                self.own[found.name]()
                self._answer(found, "done", "")
            else:
                # Root's unit has no capability, so it opens only what anybody may read; the message holds no secret.
                durable.write_bytes(self._run / "command.cms", message, 0o644, at_once=False)
                self._answer(found, "handed_over", command.OF_ROOT[found.name])

    def check(self) -> None:
        """Root's unit has ended: tell how. That it took over was told when it was handed over."""
        if self._obeyed.refresh() and self._obeyed.value and self._obeyed.value["status"] != "handed_over":
            self._journal.record("command", self._obeyed.value)

    def _answer(self, found: command.Command, status: CommandStatus, detail: str) -> None:
        body: Answer = {"number": found.number, "name": found.name, "status": status, "detail": detail}
        self._journal.record("command", body, (SUBJECT, Remembered(str(found.number), clock.wall(), found.name)))
