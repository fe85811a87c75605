"""The index, written from a thread of its own, in order; while the disk takes nothing, what is to be written waits.

One thread at a time uses its connection, also when the task that asked is cancelled: at the end of the service two of them, one writing
and one closing, ended the process by a signal, and a change that was written by the first was written again.
"""

import asyncio
import logging
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from edge_agent.recorder.index import Index
from edge_agent.recorder.uninterrupted import uninterrupted
from edge_agent.system import damage

log = logging.getLogger(__name__)
WAITING_LIMIT = 20_000
"""Changes that wait. Beyond them the oldest are dropped: the files are there, and the next start finds them."""
RETRY_S = 2.0
CHECK_EVERY_S = 3600.0
T = TypeVar("T")


def begun_anew(damaged: Index) -> Index:
    """An empty index in the place of the damaged one."""
    damaged.close()
    return Index.anew(damaged.path, damaged.gap_s)


class IndexWriter:
    """`put` a change and go on, or `ask` and wait; `moved` is called whenever the index is seen to work. `renewed` makes another
    in the place of one that shows itself damaged: what was to be written is then written into that."""

    def __init__(self, index: Index, moved: Callable[[], None] = lambda: None, renewed: Callable[[Index], Index] = begun_anew) -> None:
        self._index, self._moved, self._renewed = index, moved, renewed
        self._damaged = False
        self._checked = time.monotonic()
        self._turn = asyncio.Lock()
        self._waiting: deque[Callable[[Index], None]] = deque(maxlen=WAITING_LIMIT)
        self._more = asyncio.Event()
        self.failure: str | None = None
        self.folder = index.path.parent

    def put(self, change: Callable[[Index], None]) -> None:
        self._waiting.append(change)
        self._more.set()

    async def ask(self, question: Callable[[Index], T]) -> T:
        """What the index answers after every change that was put before. sqlite3.Error."""
        await self.flush()
        return await uninterrupted(self._ask(question))

    async def _ask(self, question: Callable[[Index], T]) -> T:
        async with self._turn:
            return await self._do(question)

    async def flush(self) -> bool:
        """Write what waits; False when the disk refuses."""
        return await uninterrupted(self._flush())

    async def _flush(self) -> bool:
        async with self._turn:
            while self._waiting:
                try:
                    await self._do(self._waiting[0])
                except sqlite3.Error as error:
                    if isinstance(error, sqlite3.OperationalError) or self._damaged or damage.is_damage(error):
                        if self.failure is None:
                            log.error("index: %s: %d change(s) wait in memory", error, len(self._waiting))
                        self.failure = str(error)
                        return False
                    log.error("index: %s: one change is lost", error)
                self._waiting.popleft()
            self.failure = None
            self._moved()
            return True

    async def _do(self, work: Callable[[Index], T]) -> T:
        """`work` on the index, made anew before that where it is damaged."""
        if not self._damaged:
            try:
                return await asyncio.to_thread(work, self._index)
            except sqlite3.Error as error:
                if not damage.is_damage(error):
                    raise
                log.error("index: damaged while in use (%s): set aside, made again from the footage", error)
                self._damaged = True
        self._index = await asyncio.to_thread(self._renewed, self._index)
        self._damaged = False
        return await asyncio.to_thread(work, self._index)

    async def check(self) -> None:
        """Look the whole index through once in a while: damage that no read has met would show itself at the next start only."""
        if time.monotonic() - self._checked < CHECK_EVERY_S:
            return
        self._checked = time.monotonic()
        try:
            await self.ask(Index.check)
        except sqlite3.Error as error:
            log.error("index: %s", error)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.check()
            if await self.flush():
                self._more.clear()
                try:
                    async with asyncio.timeout(10):
                        await self._more.wait()
                except TimeoutError:
                    continue
            else:
                self._moved()  # that the disk is full is no reason to be restarted
                await asyncio.sleep(RETRY_S)
