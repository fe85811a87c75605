"""A stream on its way to a client: the transports (TCP interleaved, UDP), the session, and the pump that plays a clip."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import secrets
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from lab.camera import clips, rtp
from lab.camera.accounts import Accounts
from lab.camera.clips import Picture
from lab.camera.clock import Clock
from lab.camera.config import Config
from lab.camera.personality import Personality
from lab.camera.state import Memory

REPORT_EVERY_S = 5.0
BACKLOG = 2_000_000
PCMU, PCMU_RATE, PCMU_MOST = 0, 8000, 800  # G.711: a byte a sample; 100 ms to a packet at most

Send = Callable[[bytes, bool], bool]  # (data, is it RTCP) -> False when the receiver is too far behind


class Player(Protocol):
    """A device that plays streams, each under a name of its own."""

    flags: Personality
    memory: Memory
    accounts: Accounts
    clock: Clock
    sessions: list[Any]
    thawed: asyncio.Event

    @property
    def config(self) -> Config: ...

    def log(self, text: str) -> None: ...

    def stream_at(self, path: str) -> str | None:
        """The stream at this path and query; None: no such stream."""

    def picture(self, stream: str) -> Picture:
        """What a stream is just now."""

    def sounds(self, stream: str) -> bool: ...

    def play(self, session: Session) -> None: ...


@dataclass
class Track:
    """One medium of a session, on its way: where it goes and how far it got. ``start``: its first RTP timestamp."""

    send: Send
    payload_type: int
    url: str
    close: Callable[[], None] = lambda: None
    ssrc: int = field(default_factory=lambda: random.getrandbits(32))
    start: int = field(default_factory=lambda: random.getrandbits(32))
    sequence: int = field(default_factory=lambda: random.getrandbits(16))
    packets: int = 0
    octets: int = 0

    def put(self, payload: bytes, marker: bool, elapsed: int) -> bool:
        """Send one payload, ``elapsed`` ticks of the track's clock after its start."""
        data = rtp.packet(self.payload_type, marker, self.sequence, self.start + elapsed, self.ssrc, payload)
        self.sequence, self.packets, self.octets = self.sequence + 1, self.packets + 1, self.octets + len(payload)
        return self.send(data, False)

    def report(self, now: float, elapsed: int) -> None:
        self.send(rtp.sender_report(self.ssrc, now, self.start + elapsed, self.packets, self.octets), True)


@dataclass
class Session:
    """What one connection has set up of a stream: its video, and its sound where the profile has any."""

    stream: str
    transport: str
    peer: str
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    tracks: dict[str, Track] = field(default_factory=dict)
    pump: asyncio.Task[None] | None = None

    @property
    def packets(self) -> int:
        return sum(track.packets for track in self.tracks.values())

    def end(self) -> None:
        if self.pump:
            self.pump.cancel()
        for track in self.tracks.values():
            track.close()


def over_tcp(link: asyncio.WriteTransport, offer: str) -> tuple[Send, Callable[[], None], str]:
    """Interleaved with RTSP itself, on the channels that the client asks for."""
    match = re.search(r"interleaved=(\d+)-(\d+)", offer)
    channels = (int(match[1]), int(match[2])) if match else (0, 1)

    def send(data: bytes, control: bool) -> bool:
        if link.is_closing() or link.get_write_buffer_size() > BACKLOG:
            return False
        link.write(struct.pack("!BBH", 0x24, channels[control], len(data)) + data)
        return True

    return send, lambda: None, f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]}"


def over_udp(camera: Player, peer: str, offer: str) -> tuple[Send, Callable[[], None], str] | None:
    """To the client's pair of ports; None: not an offer that this camera takes."""
    match = re.search(r"client_port=(\d+)-(\d+)", offer)
    if match is None or "multicast" in offer or camera.flags["udp_refused"]:
        return None
    ports = int(match[1]), int(match[2])
    sockets = _pair(str(camera.memory["network.address"]))

    def send(data: bytes, control: bool) -> bool:
        if not camera.flags["udp_vanishes"]:
            with contextlib.suppress(OSError):
                sockets[control].sendto(data, (peer, ports[control]))
        return True

    def close() -> None:
        for one in sockets:
            one.close()

    mine = [one.getsockname()[1] for one in sockets]
    return send, close, f"RTP/AVP;unicast;client_port={ports[0]}-{ports[1]};server_port={mine[0]}-{mine[1]}"


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


async def pump(camera: Player, session: Session) -> None:
    """Play a stream's clip round and round, at its rate, from a keyframe on; a frozen camera sends nothing.

    A receiver that is too far behind misses the rest of its group of pictures; after a freeze time has gone on.
    """
    picture = camera.picture(session.stream)
    frames = rtp.described(await clips.path_of(picture, camera.config.clip_dir)).frames
    video, audio = session.tracks.get("video"), session.tracks.get("audio")
    loop = asyncio.get_running_loop()
    started, next_report, tick, frame, keeping_up = loop.time(), 0.0, 0, 0, True
    while True:
        if not camera.thawed.is_set():
            await camera.thawed.wait()
            tick, frame = int((loop.time() - started) * picture.fps) + 1, 0
        elapsed = tick / picture.fps
        await asyncio.sleep(max(0.0, started + elapsed - loop.time()))
        if not camera.thawed.is_set():
            continue
        if video and (keeping_up or frame == 0):
            payloads, ticks = frames[frame], tick * rtp.CLOCK_RATE // picture.fps
            keeping_up = all(video.put(p, p is payloads[-1], ticks) for p in payloads)
        if audio:
            _silence(audio, tick * PCMU_RATE // picture.fps, (tick + 1) * PCMU_RATE // picture.fps)
        if elapsed >= next_report:
            next_report = elapsed + REPORT_EVERY_S
            for track, rate in ((video, rtp.CLOCK_RATE), (audio, PCMU_RATE)):
                if track:
                    track.report(camera.clock.now(), int(elapsed * rate))
        tick, frame = tick + 1, (frame + 1) % len(frames)


def _silence(audio: Track, begin: int, end: int) -> None:
    """Silence in G.711 u-law, from sample to sample."""
    for at in range(begin, end, PCMU_MOST):
        audio.put(b"\xff" * min(PCMU_MOST, end - at), at == 0, at)
