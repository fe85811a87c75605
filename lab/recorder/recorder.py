"""The recorder as a whole: its parts, its HTTP socket, its channels, and what a reboot does to them."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable
from typing import Any

from lab.camera import address, rtsp, sessions, settings
from lab.camera.accounts import Accounts
from lab.camera.clips import Picture
from lab.camera.clock import Clock, utc_offset_s
from lab.camera.http import HttpRequest, HttpResponse, serve
from lab.camera.personality import Personality
from lab.camera.playing import Playing
from lab.camera.state import Memory
from lab.recorder import live, protocols, state
from lab.recorder.channels import Channel
from lab.recorder.config import Config
from lab.recorder.index import Index

HUNG_S = 0.2
DAY_S = 86400.0


class Recorder(Playing):
    """One simulated recorder. ``start`` opens its sockets and its channels; all of it runs in one event loop."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.flags = Personality(config.personality)
        factory = state.overridden({**state.factory_state(config), **protocols.state(config)}, config)
        is_new = not config.state_file.exists()
        self.memory = Memory(config.state_file, factory, self.flags)
        self.clock = Clock(config, self.memory)
        self.accounts = Accounts(self.memory, self.clock, self.flags)
        self.index = Index(config.state_file.with_name("index.json"))
        self.channels = {n: Channel(self, n) for n in range(1, config.channels + 1)}
        self.boots = 1
        self._address = config.address
        self.sessions: list[Any] = []
        self.thawed = asyncio.Event()
        self.thawed.set()
        self._servers: list[asyncio.Server] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self._rebooting = asyncio.Lock()
        self.memory.listeners.append(self._changed)
        if is_new:
            self._give_history()

    def log(self, text: str) -> None:
        print(f"recorder {self.config.serial}: {text}", file=sys.stderr, flush=True)

    def settings(self) -> dict[str, Any]:
        return settings.of(self.memory.doc, *protocols.settings(self.config, self.memory.doc))

    def local(self) -> float:
        """The recorder's local time, in seconds since 1970 as if it were UTC."""
        return self.clock.now() + utc_offset_s(self.memory["clock.timezone"])

    def numbers(self) -> list[int]:
        """The channels that have a camera."""
        return [n for n, channel in self.channels.items() if channel.settings["set"]]

    def disk_works(self) -> bool:
        """Whether anything could be written now."""
        if self.flags["disk_failed"]:
            return False
        loops = any(t["loop"] for t in self.memory["tracks"].values())
        return not self.flags["disk_full"] or loops

    async def start(self) -> None:
        await self._open()
        self.spawn(self.clock.follow())

    async def stop(self) -> None:
        for channel in self.channels.values():
            channel.stop()
        self.index.save()

    async def _open(self) -> None:
        """OSError: the address isn't there, or the port is taken."""
        before, self._address = self._address, self.memory["network.address"]
        address.move(self.config.interface, before, self._address, self.memory["network.prefix"])
        for name, handler in {"HTTP": self._http, "RTSP": self._rtsp}.items():
            protocol = self.memory[f"protocols.{name}"]
            if protocol["enabled"]:
                where = self.memory["network.address"], protocol["port"]
                self._servers.append(await asyncio.start_server(handler, *where, limit=1_000_000))
        for channel in self.channels.values():
            channel.changed()

    async def reboot(self) -> None:
        """Down, and up again after a while with what was on disk."""
        async with self._rebooting:
            await self._close()
            await asyncio.sleep(float(self.flags["reboot_s"]))
            self.memory.reboot()
            self.accounts.restart()
            self.clock.check()
            self.boots += 1
            await self._open_again()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()
        for writer in list(self._writers):
            writer.transport.abort()
        await self.stop()

    async def _open_again(self) -> None:
        """A recorder that was given nonsense is simply gone, as a real one would be."""
        try:
            await self._open()
        except OSError as problem:
            self.log(f"not reachable any more: {problem}")

    async def _moved(self) -> None:
        async with self._rebooting:
            await self._close()
            await self._open_again()

    async def factory_reset(self) -> None:
        self.memory.reset(keep_network=False)
        self.index.clear()
        await self.reboot()

    def _changed(self, path: str) -> None:
        area, _, rest = path.partition(".")
        if area == "channels":
            number = int(rest.partition(".")[0])
            self.soon(lambda: self._again(number))
        elif path == "network.address" and not self._rebooting.locked():
            self.soon(self._moved)

    async def _again(self, number: int) -> None:
        self.channels[number].changed()

    def _give_history(self) -> None:
        """Days that were recorded before anybody looked."""
        now = self.local()
        for number, channel in self.channels.items():
            if channel.settings["set"] and self.config.history_days:
                self.index.add(number, now - self.config.history_days * DAY_S, now)

    def stream_at(self, path: str) -> str | None:
        """ "1 main" for a channel whose camera is online."""
        found = live.stream_at(self.config.make.lower(), path)
        online = found is not None and found[0] in self.numbers() and self.channels[found[0]].online
        return f"{found[0]} {found[1]}" if found and online else None

    def picture(self, stream: str) -> Picture:
        return live.PICTURES[stream.split()[1]]

    def sounds(self, stream: str) -> bool:
        return False

    def play(self, session: sessions.Session) -> None:
        if session.pump is None or session.pump.done():
            session.pump = self.spawn(sessions.pump(self, session))

    async def _http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._guard(writer, serve(reader, writer, self.answer))

    async def _rtsp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._guard(writer, rtsp.Connection(self, reader, writer).run())

    async def _guard(self, writer: asyncio.StreamWriter, work: Awaitable[None]) -> None:
        self._writers.add(writer)
        try:
            await work
        except ConnectionError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def answer(self, request: HttpRequest) -> HttpResponse:
        """One HTTP request, with the delays of the personality in front."""
        while self.flags["hang"]:
            await asyncio.sleep(HUNG_S)
        if self.flags["slow_ms"]:
            await asyncio.sleep(self.flags["slow_ms"] / 1000)
        return await protocols.answer(self, request)
