"""The camera as a whole: its parts, its sockets, and what a changed setting, a reboot, a freeze or a reset does."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable
from typing import Any

from lab.camera import address, device, discovery, encoders, makes, media, media2, protocols, recordings, rtsp, sessions, settings
from lab.camera.accounts import Accounts
from lab.camera.clips import Picture
from lab.camera.clock import Clock
from lab.camera.config import Config
from lab.camera.http import HttpRequest, HttpResponse, serve
from lab.camera.personality import Personality
from lab.camera.playing import Playing
from lab.camera.shape import Service
from lab.camera.state import Memory

SERVICES = (
    Service("tds", "/onvif/device_service", (2, 60), device.OPERATIONS),
    Service("trt", "/onvif/Media", (2, 60), media.OPERATIONS, flag="media1_missing"),
    Service("tr2", "/onvif/Media2", (2, 60), media2.OPERATIONS, flag="media2_missing"),
    Service("trc", "/onvif/Recording", (2, 50), recordings.RECORDING_OPERATIONS, needs="recordings"),
    Service("tse", "/onvif/Search", (2, 40), recordings.SEARCH_OPERATIONS, needs="recordings"),
)
HUNG_S = 0.2


class Camera(Playing):
    """One simulated camera. ``start`` opens its sockets; all of it runs in one event loop."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.flags = Personality({**makes.of(config.make).habits, **config.personality})
        self.memory = Memory(config.state_file, makes.factory_state(config, protocols.state(config)), self.flags)
        self.clock = Clock(config, self.memory)
        self.accounts = Accounts(self.memory, self.clock, self.flags)
        self.thawed = asyncio.Event()
        self.thawed.set()
        self.sessions: list[sessions.Session] = []
        self.boots = 1
        self._address = config.address
        self._servers: dict[str, asyncio.Server] = {}
        self._writers: dict[asyncio.StreamWriter, str] = {}
        self._connections: set[rtsp.Connection] = set()
        self._rebooting = asyncio.Lock()
        self.memory.listeners.append(self._changed)

    def log(self, text: str) -> None:
        print(f"camera {self.config.serial}: {text}", file=sys.stderr, flush=True)

    def services(self) -> list[Service]:
        return [s for s in SERVICES if s.there(self)]

    def settings(self) -> dict[str, Any]:
        return settings.of(self.memory.doc, *protocols.settings(self.config, self.memory.doc))

    def url(self, path: str) -> str:
        return f"http://{self._host()}:{self.memory['protocols.HTTP.port']}{path}"

    def stream_url(self, stream: str) -> str:
        path = makes.of(self.config.make).streams[encoders.STREAMS.index(stream)]
        return f"rtsp://{self._host()}:{self.memory['protocols.RTSP.port']}{path}"

    def _host(self) -> str:
        return str(self.flags["foreign_address"] or self.memory["network.address"])

    @property
    def serving(self) -> bool:
        return bool(self._servers)

    async def start(self) -> None:
        await self._open()
        self.spawn(self.clock.follow())
        await discovery.listen(self)

    async def _open(self) -> None:
        """OSError: the address isn't there, or a port is taken."""
        self._readdress()
        handlers = {"HTTP": self._http, "RTSP": self._rtsp}
        for name, handler in handlers.items():
            protocol = self.memory[f"protocols.{name}"]
            if protocol["enabled"]:
                where = self.memory["network.address"], protocol["port"]
                self._servers[name] = await asyncio.start_server(handler, *where, limit=1_000_000)

    async def _open_again(self) -> None:
        """After a change: a camera that was given nonsense is simply gone, as a real one would be."""
        try:
            await self._open()
        except OSError as problem:
            self.log(f"not reachable any more: {problem}")

    async def _close(self) -> None:
        for server in self._servers.values():
            server.close()
        self._servers.clear()
        self.cut("HTTP")
        self.cut("RTSP")

    def cut(self, protocol: str) -> None:
        """Drop every open connection of a protocol, without a goodbye."""
        for writer, kind in list(self._writers.items()):
            if kind == protocol:
                writer.transport.abort()

    async def reboot(self) -> None:
        """Down, and up again after a while with what was on disk. Connections are refused meanwhile."""
        async with self._rebooting:
            await self._close()
            await asyncio.sleep(float(self.flags["reboot_s"]))
            self.memory.reboot()
            if self.flags["clock_lost_on_reboot"]:
                self.memory.set("clock.offset_s", self.config.clock_offset_s)
            self.accounts.restart()
            self.clock.check()
            self.boots += 1
            self.thawed.set()
            await self._open_again()

    async def factory_reset(self) -> None:
        self.memory.reset(keep_network=False)
        await self.reboot()

    async def _reopen(self) -> None:
        if self._rebooting.locked():
            return
        async with self._rebooting:
            await self._close()
            await self._open_again()

    def _readdress(self) -> None:
        before, self._address = self._address, self.memory["network.address"]
        address.move(self.config.interface, before, self._address, self.memory["network.prefix"])

    def _changed(self, path: str) -> None:
        """A setting is in force that wasn't: do to the sockets what it does on a real camera."""
        area = path.split(".")[0]
        if area in ("encoder", "sub_encoder"):
            self._cut_stream("main" if area == "encoder" else "sub")
        elif area == "audio":
            self._cut_stream(path.partition(".")[2])
        elif area == "protocols" or path == "network.address":
            self.soon(self._reopen)

    def _cut_stream(self, stream: str) -> None:
        """A stream's settings changed: its clients lose their connection, as on a real camera, and ask again."""
        for connection in self._connections:
            if any(session.stream == stream for session in connection.sessions.values()):
                connection.writer.transport.abort()

    def stream_at(self, path: str) -> str | None:
        known = zip(encoders.STREAMS, makes.of(self.config.make).streams, strict=True)
        return next((stream for stream, own in known if path == own.partition("&unicast")[0]), None)

    def picture(self, stream: str) -> Picture:
        return encoders.picture(self, stream)

    def sounds(self, stream: str) -> bool:
        return bool(self.memory[f"audio.{stream}"])

    def play(self, session: sessions.Session) -> None:
        if session.pump is None or session.pump.done():
            session.pump = self.spawn(sessions.pump(self, session))

    async def _http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._guard("HTTP", writer, serve(reader, writer, self.answer))

    async def _rtsp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = rtsp.Connection(self, reader, writer)
        self._connections.add(connection)
        try:
            await self._guard("RTSP", writer, connection.run())
        finally:
            self._connections.discard(connection)

    async def _guard(self, kind: str, writer: asyncio.StreamWriter, work: Awaitable[None]) -> None:
        self._writers[writer] = kind
        try:
            await work
        except ConnectionError:
            pass
        finally:
            del self._writers[writer]
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def answer(self, request: HttpRequest) -> HttpResponse:
        """One HTTP request, with the delays and refusals of the personality in front."""
        while self.flags["hang"]:
            await asyncio.sleep(HUNG_S)
        if self.flags["slow_ms"]:
            await asyncio.sleep(self.flags["slow_ms"] / 1000)
        return await protocols.answer(self, request)
