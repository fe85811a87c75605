"""Matroska segments written by hand, as ffmpeg's muxer lays them out: enough for the recorder's reader, and easy to spoil."""

from __future__ import annotations

import struct
from collections.abc import Sequence

SPS = b"\x67\x64\x00\x1f\xac\xd9\x40\x50\x05\xbb"
OTHER_SPS = b"\x67\x64\x00\x28\xac\xd9\x40\x78\x02\x27"
PRIVATE = b"\x01\x64\x00\x1f\xff\xe1\x00\x0a" + SPS + b"\x01\x00\x04\x68\xee\x3c\xb0"


def element(number: int, data: bytes) -> bytes:
    head = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return head + struct.pack(">Q", len(data) | 1 << 56) + data


def frame(unit: bytes = b"\x41picture", sps: bytes | None = None) -> bytes:
    units = [unit] if sps is None else [sps, unit]
    return b"".join(struct.pack(">I", len(each)) + each for each in units)


def cluster(begin_ms: int, shown_ms: Sequence[int], data: bytes | None = None) -> bytes:
    """With a checksum in front, as ffmpeg writes it."""
    blocks = b"".join(element(0xA3, b"\x81" + struct.pack(">hB", at - begin_ms, 0x80) + (data or frame())) for at in shown_ms)
    return element(0x1F43B675, element(0xBF, b"\0\0\0\0") + element(0xE7, struct.pack(">I", begin_ms)) + blocks)


def head(codec: bytes = b"V_MPEG4/ISO/AVC", width: int = 1920, height: int = 1080, private: bytes = PRIVATE) -> bytes:
    video = element(0xE0, element(0xB0, struct.pack(">H", width)) + element(0xBA, struct.pack(">H", height)))
    entry = element(0xAE, element(0xD7, b"\x01") + element(0x86, codec) + element(0x63A2, private) + video)
    return element(0x1549A966, element(0x2AD7B1, (1_000_000).to_bytes(3, "big"))) + element(0x1654AE6B, entry)


def segment(shown_ms: Sequence[int], complete: bool = True, first: bytes | None = None, **track: object) -> bytes:
    """A whole file: frames shown at these milliseconds, a cluster for each second in which there is one."""
    clusters, rest = b"", list(shown_ms)
    while rest:
        begin = rest[0]
        own = [at for at in rest if at < begin + 1000]
        clusters += cluster(begin, own, first if begin == shown_ms[0] else None)
        rest = rest[len(own) :]
    body = head(**track) + clusters + (element(0x1C53BB6B, b"\xbb\x80") if complete else b"")
    start = element(0x1A45DFA3, element(0x4282, b"matroska"))
    return start + (element(0x18538067, body) if complete else b"\x18\x53\x80\x67" + b"\x01" + b"\xff" * 7 + body)


def steady(seconds: float, fps: int = 15) -> list[int]:
    return [round(1000 * number / fps) for number in range(round(seconds * fps))]
