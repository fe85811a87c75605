"""Sends the outbox, oldest first, one batch in flight, and lets go only of what the collector says it has."""

import asyncio
import logging
from dataclasses import replace

from edge_agent.contract.messages import Ack, EventBatch
from edge_agent.daemon.config import AgentConfig
from edge_agent.daemon.journal import Journal
from edge_agent.daemon.outbox import OutboxUnavailable
from edge_agent.daemon.session import Session

log = logging.getLogger(__name__)
BATCH_EVENTS = 50
BATCH_BYTES = 48 * 1024
RESEND_MAX_S = 60.0
UNAVAILABLE_S = 5.0


class History:
    """`start` with each new connection, `stop` when it is lost; `wake` after a new row; `acknowledged` on the hub's word."""

    def __init__(self, config: AgentConfig, journal: Journal) -> None:
        self.config = config
        self._journal = journal
        self._new_row = asyncio.Event()
        self._ack = asyncio.Event()
        self._acked: tuple[str, int] = ("", 0)
        self._task: asyncio.Task[None] | None = None

    def start(self, session: Session) -> None:
        """What was recorded until now is late: it is history by the time that it arrives."""
        self.stop()
        try:
            late = self._journal.position()
        except OutboxUnavailable as error:
            log.error("%s: what it holds is not marked as late", error)
            late = ("", 0)
        self._task = asyncio.get_running_loop().create_task(self._send(session, *late))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def check(self) -> None:
        """Raises what broke the sending, if anything did: better a daemon that starts again than one that sends nothing."""
        if self._task is not None and self._task.done() and not self._task.cancelled():
            self._task.result()

    def wake(self) -> None:
        self._new_row.set()

    def acknowledged(self, ack: Ack) -> None:
        try:
            epoch, last = self._journal.position()
            if ack.epoch == epoch and (ack.conflict or ack.upto > last):
                # The hub has other events under our numbers: this file is an old copy (a restored image, a cloned box).
                self._journal.begin_epoch("rolled_back")
                return
            gone = self._journal.acknowledge(ack.epoch, ack.upto)
        except OutboxUnavailable as error:
            log.error("%s: the rows stay, are sent again, and acknowledged again", error)
            return
        log.debug("acknowledged %s/%d: %d row(s) deleted", ack.epoch, ack.upto, gone)
        self._acked = (ack.epoch, ack.upto)
        self._ack.set()

    async def _send(self, session: Session, late_epoch: str, late_upto: int) -> None:
        wait_s = self.config.ack_timeout_s
        while not session.closed.done():
            self._new_row.clear()
            try:
                epoch, events = self._journal.head(BATCH_EVENTS, BATCH_BYTES)
            except OutboxUnavailable as error:
                log.error("%s: history is sent later", error)
                await asyncio.sleep(UNAVAILABLE_S)
                continue
            if not events:
                await self._new_row.wait()
                continue
            marked = tuple(replace(one, late=epoch == late_epoch and one.seq <= late_upto) for one in events)
            session.publish("events", EventBatch(self.config.site, epoch, marked).to_bytes())
            if not await self._acked_within(epoch, events[0].seq, wait_s):
                log.warning("no acknowledgement of %s/%d within %.0f s: sent again", epoch, events[0].seq, wait_s)
                wait_s = min(RESEND_MAX_S, wait_s * 2)
                continue
            wait_s = self.config.ack_timeout_s
            if marked[0].late and self.config.history_events_per_s:
                await asyncio.sleep(len(marked) / self.config.history_events_per_s)

    async def _acked_within(self, epoch: str, seq: int, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                while not (self._acked[0] == epoch and self._acked[1] >= seq):
                    self._ack.clear()
                    await self._ack.wait()
        except TimeoutError:
            return False
        return True
