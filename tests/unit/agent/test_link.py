"""How long a refused agent waits, and what ends the waiting."""

import asyncio
import json
import os
import time
from collections.abc import Callable

import pytest

from edge_agent.daemon import link
from edge_agent.daemon.config import parse
from edge_agent.daemon.session import LoginRefused, Session

LONG_S = 100.0


class Refused:
    """A link whose logins are all refused; after each it is to wait LONG_S."""

    def __init__(self, folder, monkeypatch) -> None:
        self.tries, self.looks = 0, 0
        self.certificate = folder / "box.crt"
        for name in ("ca.crt", "box.crt", "box.key"):
            (folder / name).write_text("")
        document = {
            "schema": 1, "site": "BD-0001", "code": "a", "hub": {"endpoints": [{"address": "192.0.2.1", "port": 8883}]}, "cameras": [],
            "tls": {name: str(folder / file) for name, file in (("ca", "ca.crt"), ("cert", "box.crt"), ("key", "box.key"))},
            "link": {"probe_s": 0.02, "reconnect_jitter_s": 0, "hub_restart_jitter_s": 0, "boot_jitter_s": 0},
        }  # fmt: skip
        monkeypatch.setattr(Session, "open", self._open)
        monkeypatch.setattr(link, "client_context", lambda _config, _alpn: None)
        monkeypatch.setattr(link, "probe", self._probe)
        self.link = link.Link(parse(json.dumps(document)), self, lambda _low, high: LONG_S if high else 0.0)

    async def _open(self, *_: object) -> Session:
        self.tries += 1
        raise LoginRefused("no")

    async def _probe(self, *_: object) -> str:
        return "answers"

    def moved(self, _part: str) -> None:
        self.looks += 1

    async def until(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not what():
                await asyncio.sleep(0.01)

    async def goes_on_waiting(self) -> bool:
        """It comes round again and again and does not try."""
        tries, looks = self.tries, self.looks
        await self.until(lambda: self.looks > looks + 10)
        return self.tries == tries


@pytest.fixture
def refused(tmp_path, monkeypatch) -> Refused:
    return Refused(tmp_path, monkeypatch)


def try_after(refused: Refused, change: Callable[[], None]) -> None:
    async def play() -> None:
        running = asyncio.create_task(refused.link.run())
        try:
            await refused.until(lambda: refused.tries == 1)
            assert await refused.goes_on_waiting()
            change()
            await refused.until(lambda: refused.tries == 2)
            assert await refused.goes_on_waiting()
        finally:
            running.cancel()

    asyncio.run(play())


def test_another_certificate_is_tried_at_once(refused):
    try_after(refused, lambda: os.utime(refused.certificate, (1, 1)))


@pytest.mark.parametrize("seconds", [3600, -365 * 86400])
def test_a_clock_that_was_set_is_reason_enough_to_try(refused, monkeypatch, seconds):
    right = time.time
    try_after(refused, lambda: monkeypatch.setattr(time, "time", lambda: right() + seconds))
