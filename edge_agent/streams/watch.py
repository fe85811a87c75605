"""What a stream really is: its RTP packets counted for a few seconds, its size read from the pictures themselves.

No program gets an address with a password: RTSP is the agent's own client, and ffprobe is given pictures on its standard input.
"""

import asyncio
import base64
import binascii
import json
import re
import subprocess
import time
from itertools import pairwise
from typing import TypedDict

from edge_agent.streams import nal
from edge_agent.streams.rtsp import Client, Packets, RtspError
from edge_agent.system.watched import Login

LEAST_S, MOST_S = 3.0, 6.0
"""Watched at least and at most: the least is enough where two keyframes came."""
SETUP_S = 8.0
_CLOCK = 90_000
"""Of RTP video (RFC 3551, 6184, 7798, 2435), ticks a second."""
_KEPT = 8 * 1024 * 1024
"""Bytes of pictures kept for ffprobe."""
_PROBE_S = 10.0
_CODECS = {"H264": "h264", "H265": "h265", "HEVC": "h265", "JPEG": "mjpeg", "MP4V-ES": "mpeg4"}
_JPEG = re.compile(r"^m=video \S+ \S+ 26\b", re.MULTILINE)
"""A payload type that needs no name (RFC 3551)."""
_SPROP = re.compile(r"sprop-(?:parameter-sets|vps|sps|pps)=([^;\s]+)")


class Reading(TypedDict):
    """What was counted; size, codec and rates are None where they could not be told."""

    codec: str | None
    width: int | None
    height: int | None
    fps: float | None
    kbps: int | None
    keyframe_s: float | None
    pictures: int
    packets: int
    seconds: float


class Watched(Reading):
    """reason: a code of edge_agent.daemon.probes; asked_login: whether the camera wanted one, None where it did not come so far."""

    ok: bool
    reason: str | None
    asked_login: bool | None


class Enough(Exception):
    """All that a look wants to see has come."""


class Counted(Packets):
    """RTP packets with what a look needs: when pictures were taken, and which of them are keyframes."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: float | None = None
        self.order: list[int] = []
        self.payloads: list[tuple[int, bytes]] = []
        self._kept = self._judged = 0
        self._keys: list[int] = []

    def take(self, packet: bytes) -> None:
        before = self.count
        super().take(packet)
        if self.count == before:
            return
        now = time.monotonic()
        self.begun = self.begun or now
        stamp, payload = int.from_bytes(packet[4:8], "big"), nal.payload(packet)
        if not self.order or self.order[-1] != stamp:
            self.order.append(stamp)
        if self._kept < _KEPT:
            self._kept += len(payload)
            self.payloads.append((stamp, payload))
        if now - self.begun >= LEAST_S and len(self.keyframes()) >= 2:
            raise Enough

    def keyframes(self) -> list[int]:
        """Their time stamps, in the order of arrival."""
        is_key = nal.KEYS.get(_CODECS.get(self.codec or "", ""))
        if is_key is not None:
            for stamp, payload in self.payloads[self._judged :]:
                if is_key(payload) and self._keys[-1:] != [stamp]:
                    self._keys.append(stamp)
            self._judged = len(self.payloads)
        return self._keys


def look(address: str, port: int, path: str, login: Login | None, most_s: float = MOST_S) -> Watched:
    """Never an exception for anything that a camera can do."""
    counted, sdp = Counted(), ""
    reason: str | None = None
    asked_login: bool | None = None
    try:
        sdp, asked_login = asyncio.run(_watch(address, port, path, login, counted, most_s))
    except TimeoutError:
        reason = "no_answer"
    except RtspError as error:
        reason = error.reason
    except ConnectionRefusedError:
        reason = "port_closed"
    except (EOFError, OSError):
        reason = "closed"
    except ValueError:  # an address that is none, where its own should stand
        reason = "not_rtsp"
    ok = len(counted.order) > 1
    return {"ok": ok, "reason": None if ok else reason, "asked_login": asked_login, **_reading(counted, sdp)}


async def _watch(address: str, port: int, path: str, login: Login | None, counted: Counted, most_s: float) -> tuple[str, bool]:
    """What the camera described, and whether it wanted a login."""
    async with asyncio.timeout(SETUP_S):
        client = await Client.connect(address, port, login)
    async with client:
        client.packets = counted
        async with asyncio.timeout(SETUP_S):
            await client.play(path)
        if counted.codec is None and _JPEG.search(client.sdp):
            counted.codec = "JPEG"
        try:
            async with asyncio.timeout(most_s):
                await client.watch(2**62)
        except (TimeoutError, Enough, EOFError, ConnectionError):
            pass
        await client.leave()
    return client.sdp, client.tried_login


def _reading(counted: Counted, sdp: str) -> Reading:
    codec = _CODECS.get(counted.codec or "", (counted.codec or "").lower() or None)
    seconds = _apart(counted.order[0], counted.order[-1]) if len(counted.order) > 1 else 0.0
    keys = counted.keyframes()
    gaps = [_apart(a, b) for a, b in pairwise(keys)]
    width, height = _size(codec, counted.payloads, sdp)
    return {
        "codec": codec,
        "width": width,
        "height": height,
        "fps": round((len(counted.order) - 1) / seconds, 1) if seconds > 0 else None,
        "kbps": round(counted.octets * 8 / seconds / 1000) if seconds > 0 else None,
        "keyframe_s": round(max(gaps), 2) if gaps else None,
        "pictures": len(counted.order),
        "packets": counted.count,
        "seconds": round(seconds, 1),
    }


def _apart(a: int, b: int) -> float:
    """Seconds from one time stamp to a later one; they wrap at 32 bits."""
    return ((b - a) & 0xFFFFFFFF) / _CLOCK


def _size(codec: str | None, payloads: list[tuple[int, bytes]], sdp: str) -> tuple[int | None, int | None]:
    if codec == "mjpeg":
        return next((size for _, payload in payloads if (size := nal.jpeg_size(payload))), (None, None))
    if codec not in nal.UNPACK or not payloads:
        return None, None
    return _probed({"h265": "hevc"}.get(codec, codec), parameter_sets(sdp) + nal.UNPACK[codec](payload for _, payload in payloads))


def parameter_sets(sdp: str) -> bytes:
    """Those that a camera sends in its description and not among its pictures."""
    found = b""
    for listed in _SPROP.findall(sdp):
        for each in listed.split(","):
            try:
                found += nal.START + base64.b64decode(each, validate=True)
            except binascii.Error:
                continue
    return found


def _probed(form: str, pictures: bytes) -> tuple[int | None, int | None]:
    """Size as ffprobe reads it; (None, None) where this machine has none, or it can't tell."""
    command = ["ffprobe", "-v", "quiet", "-f", form, "-show_entries", "stream=width,height", "-of", "json", "-i", "pipe:0"]
    try:
        done = subprocess.run(command, input=pictures, capture_output=True, timeout=_PROBE_S, check=False)
        stream = json.loads(done.stdout)["streams"][0]
        return (int(stream["width"]) or None, int(stream["height"]) or None)
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError):
        return None, None
