"""A fault of the agent's own ends it, so that systemd starts it again; it never goes on with one part dead."""

import asyncio
from types import SimpleNamespace

import pytest

from edge_agent.daemon.history import History


class Broken:
    """A journal whose file cannot be mended."""

    def position(self):
        return "e1", 0

    def head(self, rows, size):
        raise OSError("no such device")


class Alive:
    def __init__(self) -> None:
        self.closed = asyncio.get_running_loop().create_future()


def test_a_sender_that_broke_is_noticed_by_whoever_keeps_house():
    async def play() -> None:
        history = History(SimpleNamespace(ack_timeout_s=1.0), Broken())
        history.check()
        history.start(Alive())
        await asyncio.sleep(0)
        with pytest.raises(OSError, match="no such device"):
            history.check()

    asyncio.run(play())
