"""The index, written from a thread of its own, in order; while the disk takes nothing, what is to be written waits."""

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from edge_agent.recorder.index import Index

log = logging.getLogger(__name__)
WAITING_LIMIT = 20_000
"""Changes that wait. Beyond them the oldest are dropped: the files are there, and the next start finds them."""
RETRY_S = 2.0
T = TypeVar("T")


class IndexWriter:
    """`put` a change and go on, or `ask` and wait; `moved` is called whenever the index is seen to work."""

    def __init__(self, index: Index, moved: Callable[[], None] = lambda: None) -> None:
        self._index, self._moved = index, moved
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
        async with self._turn:
            return await asyncio.to_thread(question, self._index)

    async def flush(self) -> bool:
        """Write what waits; False when the disk refuses."""
        async with self._turn:
            while self._waiting:
                try:
                    await asyncio.to_thread(self._waiting[0], self._index)
                except sqlite3.OperationalError as error:
                    if self.failure is None:
                        log.error("index: %s: %d change(s) wait in memory", error, len(self._waiting))
                    self.failure = str(error)
                    return False
                except sqlite3.Error as error:
                    log.error("index: %s: one change is lost", error)
                self._waiting.popleft()
            self.failure = None
            self._moved()
            return True

    async def run(self) -> None:
        """Until cancelled."""
        while True:
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
