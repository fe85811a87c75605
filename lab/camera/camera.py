"""The camera as a whole: its parts, its sockets, and what happens when a setting changes, it reboots, freezes or is reset."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from lab.camera import clips, device, encoders, makes, media, media2, onvif, rtsp
from lab.camera.accounts import Accounts, Refused
from lab.camera.clock import Clock
from lab.camera.config import Config
from lab.camera.http import HttpRequest, HttpResponse, serve
from lab.camera.onvif import Service
from lab.camera.personality import Personality
from lab.camera.state import Memory

SERVICES = (
    Service("tds", "/onvif/device_service", (2, 60), device.OPERATIONS),
    Service("trt", "/onvif/Media", (2, 60), media.OPERATIONS),
    Service("tr2", "/onvif/Media2", (2, 60), media2.OPERATIONS, flag="media2_missing"),
)
SETTLE_S = 0.1  # between the answer to a write and what it does to the sockets


class Camera:
    """One simulated camera. ``start`` opens its sockets; everything runs in one event loop, so nothing needs a lock but a reboot."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.flags = Personality(config.personality)
        self.memory = Memory(config.state_file, makes.factory_state(config), self.flags)
        self.clock = Clock(config, self.memory)
        self.accounts = Accounts(self.memory, self.clock, self.flags)
        self.thawed = asyncio.Event()
        self.thawed.set()
        self.sessions: list[rtsp.Session] = []
        self.boots = 1
        self._servers: dict[str, asyncio.Server] = {}
        self._writers: dict[asyncio.StreamWriter, str] = {}
        self._connections: set[rtsp.Connection] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._rebooting = asyncio.Lock()
        self.memory.listeners.append(self._changed)

    def log(self, text: str) -> None:
        print(f"camera {self.config.serial}: {text}", file=sys.stderr, flush=True)

    def services(self) -> list[Service]:
        return [s for s in SERVICES if not self.flags[s.flag]]

    def url(self, path: str) -> str:
        return f"http://{self._host()}:{self.memory['protocols.HTTP.port']}{path}"

    def stream_url(self, stream: str) -> str:
        path = makes.of(self.config.make).streams[encoders.STREAMS.index(stream)]
        return f"rtsp://{self._host()}:{self.memory['protocols.RTSP.port']}{path}"

    def _host(self) -> str:
        return str(self.flags["foreign_address"] or self.memory["network.address"])

    def soon(self, action: Callable[[], Awaitable[Any]]) -> None:
        """Do something once the answer that is being written has gone out."""

        async def later() -> None:
            await asyncio.sleep(SETTLE_S)
            await action()

        self.spawn(later())

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def start(self) -> None:
        await self._open()
        self.spawn(self.clock.follow())

    async def _open(self) -> None:
        handlers = {"HTTP": self._http, "RTSP": self._rtsp}
        for name, handler in handlers.items():
            protocol = self.memory[f"protocols.{name}"]
            if protocol["enabled"]:
                self._servers[name] = await asyncio.start_server(handler, self.memory["network.address"], protocol["port"], limit=1_000_000)

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
            before = self.memory["network.address"]
            self.memory.reboot()
            if self.flags["clock_lost_on_reboot"]:
                self.memory.set("clock.offset_s", self.config.clock_offset_s)
            self.accounts.restart()
            self.boots += 1
            self.thawed.set()
            self._readdress(before)
            await self._open()

    async def factory_reset(self) -> None:
        self.memory.reset(keep_network=False)
        await self.reboot()

    async def _reopen(self) -> None:
        if self._rebooting.locked():
            return
        async with self._rebooting:
            await self._close()
            await self._open()

    def _readdress(self, before: str) -> None:
        """Move the host's own address along, where the camera has an interface to itself; else the address must be there already."""
        network = self.memory["network"]
        if self.config.interface and network["address"] != before:
            prefix = network["prefix"]
            for action, address in (("add", network["address"]), ("del", before)):
                subprocess.run(["ip", "address", action, f"{address}/{prefix}", "dev", self.config.interface], check=False, timeout=5)

    def _changed(self, path: str) -> None:
        """A setting is in force that wasn't: do to the sockets what it does on a real camera."""
        area = path.split(".")[0]
        if area in ("encoder", "sub_encoder"):
            self._cut_stream("main" if area == "encoder" else "sub")
        elif area == "protocols" or path == "network.address":
            if path == "network.address" and self.config.interface:
                subprocess.run(["ip", "address", "add", f"{self.memory['network.address']}/{self.memory['network.prefix']}", "dev",
                                self.config.interface], check=False, timeout=5)
            self.soon(self._reopen)

    def _cut_stream(self, stream: str) -> None:
        """A stream's settings changed: its clients lose their connection, as on a real camera, and ask again."""
        for connection in self._connections:
            if any(session.stream == stream for session in connection.sessions.values()):
                connection.writer.transport.abort()

    def play(self, session: rtsp.Session) -> None:
        if session.pump is None or session.pump.done():
            session.pump = self.spawn(rtsp.pump(self, session))

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
        if self.flags["hang"]:
            await asyncio.Event().wait()
        if self.flags["slow_ms"]:
            await asyncio.sleep(self.flags["slow_ms"] / 1000)
        if self.flags["onvif_off"] or not request.path.startswith("/onvif/"):
            return HttpResponse(404, b"<html><body>404 Not Found</body></html>", "text/html")
        if request.path == "/onvif/snapshot":
            return await self._snapshot(request)
        if request.method != "POST":
            return HttpResponse(405, headers={"Allow": "POST"})
        return await onvif.answer(self, request)

    async def _snapshot(self, request: HttpRequest) -> HttpResponse:
        try:
            if "authorization" not in request.headers:
                raise Refused("none")
            self.accounts.digest(request.headers["authorization"], request.method, "http", request.peer)
        except Refused as refusal:
            return HttpResponse(401, headers={"WWW-Authenticate": self.accounts.challenge(qop=True, stale=refusal.result == "stale")})
        stream = "sub" if "stream=sub" in request.target else "main"
        return HttpResponse(200, await clips.snapshot(encoders.picture(self, stream), self.config.clip_dir), "image/jpeg")
