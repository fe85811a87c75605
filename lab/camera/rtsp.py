"""RTSP (RFC 2326) with digest logins, over TCP interleaved and UDP: one connection, its sessions, and the pump that plays a clip."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import secrets
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lab.camera import clips, encoders, makes, rtp
from lab.camera.accounts import Refused
from lab.camera.http import head

if TYPE_CHECKING:
    from lab.camera.camera import Camera

SESSION_TIMEOUT_S = 60
REPORT_EVERY_S = 5.0
BACKLOG = 2_000_000
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER"
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed", 454: "Session Not Found",
           455: "Method Not Valid in This State", 461: "Unsupported Transport", 503: "Service Unavailable"}

Send = Callable[[bytes, bool], bool]  # (data, is it RTCP) -> False when the receiver is too far behind


@dataclass
class Session:
    """A stream that one connection has set up."""

    stream: str
    send: Send
    transport: str
    peer: str
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    ssrc: int = field(default_factory=lambda: random.getrandbits(32))
    pump: asyncio.Task[None] | None = None
    packets: int = 0
    close: Callable[[], None] = lambda: None


class Connection:
    """One client's TCP connection. ``run`` lasts as long as it does; whatever it set up ends with it."""

    def __init__(self, camera: Camera, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._camera, self._reader, self.writer = camera, reader, writer
        self._peer = str((writer.get_extra_info("peername") or ("?",))[0])
        self.sessions: dict[str, Session] = {}

    async def run(self) -> None:
        try:
            while True:
                first = await self._reader.readexactly(1)
                if first == b"$":
                    _, length = struct.unpack("!BH", await self._reader.readexactly(3))
                    await self._reader.readexactly(length)
                    continue
                start, headers = await head(self._reader)
                if self._camera.flags["rtsp_hang"]:
                    continue
                await self._reader.readexactly(int(headers.get("content-length", "0")))
                method, url, _ = (first.decode("latin-1") + start).split(" ", 2)
                status, extra, body = await self._handle(method, url, headers)
                self._reply(headers.get("cseq", "0"), status, extra, body)
                await self.writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
            return
        finally:
            for session in list(self.sessions.values()):
                self._end(session)

    def _reply(self, cseq: str, status: int, extra: dict[str, str], body: str) -> None:
        lines = [f"RTSP/1.0 {status} {REASONS[status]}", f"CSeq: {cseq}"] + [f"{k}: {v}" for k, v in extra.items()]
        if body:
            lines.append(f"Content-Length: {len(body.encode())}")
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    async def _handle(self, method: str, url: str, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
        if method == "OPTIONS":
            return 200, {"Public": METHODS}, ""
        if method not in METHODS.split(", "):
            return 405, {}, ""
        if not self._camera.memory["rtsp.anonymous"]:
            try:
                if "authorization" not in headers:
                    raise Refused("none")
                self._camera.accounts.digest(headers["authorization"], method, "rtsp", self._peer)
            except Refused as refusal:
                stale = refusal.result == "stale"
                return 401, {"WWW-Authenticate": self._camera.accounts.challenge(qop=False, stale=stale)}, ""
        if method == "DESCRIBE":
            return await self._describe(url)
        if method == "SETUP":
            return self._setup(url, headers.get("transport", ""))
        session = self.sessions.get(headers.get("session", "").split(";")[0])
        if session is None:
            return (200, {}, "") if method in ("GET_PARAMETER", "SET_PARAMETER") else (454, {}, "")
        if method == "PLAY":
            self._camera.play(session)
        elif method == "PAUSE" and session.pump:
            session.pump.cancel()
        elif method == "TEARDOWN":
            self._end(session)
        extra = {"Session": session.id}
        if method == "PLAY":
            extra["Range"] = "npt=0.000-"
        return 200, extra, ""

    def _stream(self, url: str) -> str | None:
        """Main or sub, by the path and query that the make gives out; None: no such stream."""
        parts = urlsplit(url)
        asked = unquote(parts.path + (f"?{parts.query}" if parts.query else "")).replace("/trackID=1", "").rstrip("/")
        for stream, known in zip(encoders.STREAMS, makes.of(self._camera.config.make).streams, strict=True):
            if asked == known:
                return stream
        return None

    async def _describe(self, url: str) -> tuple[int, dict[str, str], str]:
        stream = self._stream(url)
        if stream is None:
            return 404, {}, ""
        picture = encoders.picture(self._camera, stream)
        try:
            described = rtp.track(await clips.path_of(picture, self._camera.config.clip_dir))
        except (RuntimeError, OSError) as problem:
            self._camera.log(f"no clip for {picture}: {problem}")
            return 503, {}, ""
        lines = ["v=0", f"o=- {os.getpid()} 1 IN IP4 {self._camera.memory['network.address']}", "s=Media Presentation", "c=IN IP4 0.0.0.0",
                 "t=0 0", "a=control:*", "a=range:npt=0-", f"m=video 0 RTP/AVP {described.payload_type}", f"b=AS:{picture.bitrate_kbps}",
                 *described.attributes, f"a=x-dimensions:{picture.width},{picture.height}", "a=control:trackID=1", "a=recvonly"]
        base = url if url.endswith("/") else f"{url}/"
        return 200, {"Content-Type": "application/sdp", "Content-Base": base}, "\r\n".join(lines) + "\r\n"

    def _setup(self, url: str, wanted: str) -> tuple[int, dict[str, str], str]:
        stream = self._stream(url)
        if stream is None:
            return 404, {}, ""
        for offer in wanted.split(","):
            made = self._over_tcp(stream, offer) if "TCP" in offer else self._over_udp(stream, offer)
            if made is not None:
                session, transport = made
                self.sessions[session.id] = session
                self._camera.sessions.append(session)
                return 200, {"Transport": f"{transport};ssrc={session.ssrc:08X}", "Session": f"{session.id};timeout={SESSION_TIMEOUT_S}"}, ""
        return 461, {}, ""

    def _over_tcp(self, stream: str, offer: str) -> tuple[Session, str]:
        match = re.search(r"interleaved=(\d+)-(\d+)", offer)
        channels = (int(match[1]), int(match[2])) if match else (0, 1)
        link = self.writer.transport

        def send(data: bytes, control: bool) -> bool:
            if link.is_closing() or link.get_write_buffer_size() > BACKLOG:
                return False
            link.write(struct.pack("!BBH", 0x24, channels[1 if control else 0], len(data)) + data)
            return True

        return Session(stream, send, "tcp", self._peer), f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]}"

    def _over_udp(self, stream: str, offer: str) -> tuple[Session, str] | None:
        match = re.search(r"client_port=(\d+)-(\d+)", offer)
        if match is None or "multicast" in offer or self._camera.flags["udp_refused"]:
            return None
        ports = int(match[1]), int(match[2])
        sockets = _pair(str(self._camera.memory["network.address"]))
        vanishes = self._camera.flags["udp_vanishes"]

        def send(data: bytes, control: bool) -> bool:
            index = 1 if control else 0
            if not vanishes:
                with contextlib.suppress(OSError):
                    sockets[index].sendto(data, (self._peer, ports[index]))
            return True

        session = Session(stream, send, "udp", self._peer)
        session.close = lambda: [s.close() for s in sockets] and None  # type: ignore[func-returns-value]
        mine = [s.getsockname()[1] for s in sockets]
        return session, f"RTP/AVP;unicast;client_port={ports[0]}-{ports[1]};server_port={mine[0]}-{mine[1]}"

    def _end(self, session: Session) -> None:
        if session.pump:
            session.pump.cancel()
        session.close()
        self.sessions.pop(session.id, None)
        if session in self._camera.sessions:
            self._camera.sessions.remove(session)


def _pair(address: str) -> tuple[socket.socket, socket.socket]:
    """Two UDP sockets on neighbouring ports, the first even, as RTP and RTCP want them."""
    while True:
        port = random.randrange(20_000, 60_000, 2)
        pair = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            for offset, one in enumerate(pair):
                one.setblocking(False)
                one.bind((address, port + offset))
        except OSError:
            for one in pair:
                one.close()
            continue
        return pair


async def pump(camera: Camera, session: Session) -> None:
    """Play a stream's clip round and round, at its rate, from a keyframe on; a frozen camera sends nothing."""
    picture = encoders.picture(camera, session.stream)
    played = rtp.track(await clips.path_of(picture, camera.config.clip_dir))
    loop = asyncio.get_running_loop()
    sequence, first_stamp = random.getrandbits(16), random.getrandbits(32)
    started, reported, octets, index, sent_all = loop.time(), -REPORT_EVERY_S, 0, 0, True
    while True:
        if not camera.thawed.is_set():
            await camera.thawed.wait()
        due = started + index / picture.fps
        delay = due - loop.time()
        if delay > 0:
            await asyncio.sleep(delay)
        payloads = played.frames[index % len(played.frames)]
        stamp = first_stamp + index * rtp.CLOCK_RATE // picture.fps
        if due - reported >= REPORT_EVERY_S:
            reported = due
            session.send(rtp.sender_report(session.ssrc, camera.clock.now(), stamp, session.packets, octets), True)
        if sent_all or index % len(played.frames) == 0:
            sent_all = True
            for number, payload in enumerate(payloads, 1):
                data = rtp.packet(played.payload_type, number == len(payloads), sequence, stamp, session.ssrc, payload)
                sent_all = session.send(data, False) and sent_all
                sequence, session.packets, octets = sequence + 1, session.packets + 1, octets + len(payload)
        index += 1
