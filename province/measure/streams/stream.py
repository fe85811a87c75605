"""A stream as it arrives: played over RTSP (TCP) in this process, so that no password stands in a process list.

What is told comes from packets, never from what the camera says of itself: codec and size from a decoded key frame,
rate from the packets' timestamps and from their arrival, keyframe distance from the packets between key frames.
"""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeVar
from urllib.parse import quote

import av
import av.error

from province.measure.evidence import Counted, NotPlayed, Played

av.logging.set_level(av.logging.PANIC)  # ffmpeg's messages carry addresses with passwords

CODECS = {"h264": "h264", "hevc": "h265", "mjpeg": "mjpeg", "mpeg4": "mpeg4"}
OPEN_S, READ_S = 8.0, 5.0
LEAST_S = 3.0
"""Watched at least this long: at 15 frames/s one picture more or less is 2 %."""
MARGIN_S = 1.0
SETTLE_S = 0.2
"""Packets that were waiting when the stream opened arrive at once; their arrival tells no rate."""
SLOW_S, KEEPS_UP = 12.0, 0.95
"""A link that starts slowly is watched for longer, until pictures arrive as fast as they were taken, or this long."""


Look = TypeVar("Look")


@dataclass
class Watch:
    """Packets as they came: (presentation time or None, arrival), seconds."""

    opened: float
    packets: list[tuple[float | None, float]] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)

    def add(self, at: float | None, arrival: float, key: bool) -> None:
        if key:
            self.keys.append(len(self.packets))
        self.packets.append((at, arrival))

    def count(self, into: Counted) -> None:
        """Puts there all that is told by counting; nothing where no packet came."""
        if not self.packets:
            return
        into["packets"] = len(self.packets)
        into["fps_timestamps"] = self.fps_timestamps()
        into["fps_arrival"] = self.fps_arrival()
        into["keyframe_s"] = self.keyframe_s()
        into["keyframe_at_least_s"] = self.keyframe_at_least_s()
        into["keyframes"] = len(self.keys)

    def enough(self, limit_s: float) -> bool:
        watched = self.packets[-1][1] - self.opened if self.packets else 0.0
        if not ((len(self.keys) >= 2 and watched >= LEAST_S) or watched > limit_s + MARGIN_S):
            return False
        taken, arrived = self.fps_timestamps(), self.fps_arrival()
        return taken is None or arrived is None or arrived >= KEEPS_UP * taken or watched >= SLOW_S

    def times(self) -> list[float]:
        """When each picture was taken: its timestamp, or where one lacks, its neighbour's; arrival without any."""
        stamps = [at for at, _ in self.packets]
        known = [at for at in stamps if at is not None]
        if len(known) < 2:
            return [arrival for _, arrival in self.packets]
        period = (known[-1] - known[0]) / (len(known) - 1)
        first = next(index for index, at in enumerate(stamps) if at is not None)
        filled = [known[0] - period * (first - index) for index in range(first)]
        for at in stamps[first:]:
            filled.append(at if at is not None else filled[-1] + period)
        return filled

    def keyframe_s(self) -> float | None:
        """The longest time from one key frame to the next; None before two were seen."""
        gaps = self._gaps(self.keys)
        return round(max(gaps), 3) if gaps else None

    def keyframe_at_least_s(self) -> float:
        """The longest stretch without a key frame that was seen, ends of the look included."""
        return round(max(self._gaps([0, *self.keys, len(self.packets) - 1])), 3)

    def _gaps(self, marks: list[int]) -> list[float]:
        times = self.times()
        return [times[later] - times[earlier] for earlier, later in pairwise(marks)]

    def fps_timestamps(self) -> float | None:
        stamps = sorted(at for at, _ in self.packets if at is not None)
        return _rate(stamps)

    def fps_arrival(self) -> float | None:
        return _rate([arrival for _, arrival in self.packets if arrival > self.opened + SETTLE_S])


def _rate(times: list[float]) -> float | None:
    if len(times) < 3 or times[-1] <= times[0]:
        return None
    return round((len(times) - 1) / (times[-1] - times[0]), 2)


def play(
    host: str, port: int, path: str, user: str, password: str, keyframe_limit_s: float = 4.0, brief: bool = False
) -> Played | NotPlayed:
    """Watch a stream until two key frames came, or for longer than they may be apart; `brief`: until a picture came.

    Where it doesn't play, why, with what could be counted. A brief look counts nothing.
    """
    started = time.monotonic()
    return opened(host, port, path, user, password, lambda container: _watch(container, started, keyframe_limit_s, brief))


def opened(host: str, port: int, path: str, user: str, password: str, look: Callable[[Any], Look]) -> Look | NotPlayed:
    """What `look` tells of the stream once it is open (PyAV's container); or why it can't be had."""
    try:
        socket.create_connection((host, port), timeout=4.0).close()
    except TimeoutError:
        return _missed("unreachable", "timeout")
    except OSError as error:
        return _missed("unreachable", type(error).__name__)
    address = f"rtsp://{quote(user, safe='')}:{quote(password, safe='')}@{host}:{port}{path}"
    options = {"rtsp_transport": "tcp", "analyzeduration": "1000000", "probesize": "2000000", "fflags": "nobuffer"}
    try:
        with av.open(address, options=options, timeout=(OPEN_S, READ_S)) as container:
            return look(container)
    except (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError):
        return {"ok": False, "reason": "login_refused"}
    except (av.error.ExitError, TimeoutError):
        return {"ok": False, "reason": "timeout"}
    except (ConnectionError, av.error.ConnectionRefusedError):
        return {"ok": False, "reason": "unreachable"}
    except (av.error.FFmpegError, OSError, ValueError) as error:
        return _missed("no_stream", type(error).__name__)


def _watch(container: Any, started: float, limit_s: float, brief: bool) -> Played | NotPlayed:
    if not container.streams.video:
        return {"ok": False, "reason": "no_stream"}
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1
    watch, picture, first_picture_s = Watch(time.monotonic()), None, None
    for packet in container.demux(stream):
        if packet.size == 0:
            break
        arrival = time.monotonic()
        stamp = packet.pts if packet.pts is not None else packet.dts
        at = float(stamp * packet.time_base) if stamp is not None and packet.time_base else None
        watch.add(at, arrival, packet.is_keyframe)
        if picture is None and watch.keys:
            picture = _decode(packet)
            first_picture_s = round(time.monotonic() - started, 2) if picture else None
        if (brief and picture) or watch.enough(limit_s):
            break
    seconds = round(time.monotonic() - started, 2)
    if picture is None:
        missed: NotPlayed = {"ok": False, "reason": "no_keyframe" if watch.packets else "no_stream", "seconds": seconds}
        watch.count(missed)
        return missed
    codec = stream.codec_context.name
    played: Played = {
        "ok": True,
        "codec": CODECS.get(codec, codec),
        "width": picture[0],
        "height": picture[1],
        "first_picture_s": first_picture_s,
        "audio": bool(container.streams.audio),
        "seconds": seconds,
    }
    if not brief:
        watch.count(played)
    return played


def _missed(reason: str, detail: str) -> NotPlayed:
    return {"ok": False, "reason": reason, "detail": detail}


def _decode(packet: Any) -> tuple[int, int] | None:
    """Size of the first picture that comes out; a decoder may want a few packets more."""
    try:
        pictures = packet.decode()
    except av.error.FFmpegError:
        return None
    return (pictures[0].width, pictures[0].height) if pictures else None
