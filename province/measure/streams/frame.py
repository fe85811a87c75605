"""One picture of a camera as it is now: the first key frame that comes, made small, as JPEG."""

import time
from base64 import b64encode
from fractions import Fraction
from typing import Any, Literal, TypedDict

import av
import av.error

from province.measure.evidence import NotPlayed
from province.measure.streams import stream

WIDTH = 480
"""Enough to see where a camera looks and whether its picture is sound; not to know a face by."""
PATIENCE_S = 10.0
"""A camera whose key frames are further apart than this has none for us."""


class Frame(TypedDict):
    """`jpeg` is base64."""

    ok: Literal[True]
    jpeg: str
    width: int
    height: int


def take(host: str, port: int, path: str, user: str, password: str) -> Frame | NotPlayed:
    """A picture, or why there is none."""
    return stream.opened(host, port, path, user, password, _first)


def _first(container: Any) -> Frame | NotPlayed:
    if not container.streams.video:
        return {"ok": False, "reason": "no_stream"}
    video = container.streams.video[0]
    video.codec_context.thread_count = 1
    until, keyed = time.monotonic() + PATIENCE_S, False
    for packet in container.demux(video):
        keyed = keyed or packet.is_keyframe
        if packet.size == 0 or time.monotonic() > until:
            break
        if keyed and (pictures := _decoded(packet)):
            return _small(pictures[0])
    return {"ok": False, "reason": "no_keyframe"}


def _decoded(packet: Any) -> list[Any]:
    """A decoder may want a few packets more before its first picture."""
    try:
        return list(packet.decode())
    except av.error.FFmpegError:
        return []


def _small(picture: Any) -> Frame:
    width = min(WIDTH, picture.width)
    height = max(2, round(picture.height * width / picture.width / 2) * 2)
    encoder: Any = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base, encoder.qmin, encoder.qmax = Fraction(1, 25), 3, 6
    shrunk = picture.reformat(width, height, "yuvj420p")
    shrunk.pts = 0
    jpeg = b"".join(bytes(packet) for packet in [*encoder.encode(shrunk), *encoder.encode(None)])
    return {"ok": True, "jpeg": b64encode(jpeg).decode(), "width": width, "height": height}
