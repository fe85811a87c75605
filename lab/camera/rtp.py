"""Frames into RTP payloads: H.264 (RFC 6184), H.265 (RFC 7798), JPEG (RFC 2435); and what SDP says of them."""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lab.camera import clips

MTU_PAYLOAD = 1180  # fits a tunnel of 1280 bytes with RTP, UDP and IP around it
CLOCK_RATE = 90_000
NTP_EPOCH = 2_208_988_800
PAYLOAD_TYPES = {"JPEG": 26, "H264": 96, "H265": 96}


@dataclass(frozen=True)
class Described:
    """A clip ready to be sent: its frames' payloads, RTP's payload type and the lines that describe it in SDP."""

    payload_type: int
    frames: list[list[bytes]]
    attributes: tuple[str, ...]


@lru_cache(maxsize=4)
def described(path: Path) -> Described:
    """Cut a clip up, once for as long as it is played."""
    units = clips.frames(path)
    if path.suffix == ".jpeg":
        return Described(PAYLOAD_TYPES["JPEG"], [_jpeg(frame[0]) for frame in units], ())
    if path.suffix == ".h264":
        sps, pps = (next(u for u in units[0] if u[0] & 0x1F == kind) for kind in (7, 8))
        sets = f"{_b64(sps)},{_b64(pps)}"
        line = f"a=fmtp:96 packetization-mode=1;profile-level-id={sps[1:4].hex()};sprop-parameter-sets={sets}"
        return Described(96, [[p for unit in frame for p in _h264(unit)] for frame in units], ("a=rtpmap:96 H264/90000", line))
    vps, sps, pps = (next(u for u in units[0] if u[0] >> 1 & 0x3F == kind) for kind in (32, 33, 34))
    line = f"a=fmtp:96 sprop-vps={_b64(vps)};sprop-sps={_b64(sps)};sprop-pps={_b64(pps)}"
    return Described(96, [[p for unit in frame for p in _h265(unit)] for frame in units], ("a=rtpmap:96 H265/90000", line))


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def _flags(index: int, count: int) -> int:
    return (0x80 if index == 0 else 0) | (0x40 if index == count - 1 else 0)


def _h264(unit: bytes) -> list[bytes]:
    if len(unit) <= MTU_PAYLOAD:
        return [unit]
    parts = _pieces(unit[1:], MTU_PAYLOAD - 2)
    return [bytes([unit[0] & 0xE0 | 28, _flags(i, len(parts)) | unit[0] & 0x1F]) + part for i, part in enumerate(parts)]


def _h265(unit: bytes) -> list[bytes]:
    if len(unit) <= MTU_PAYLOAD:
        return [unit]
    parts = _pieces(unit[2:], MTU_PAYLOAD - 3)
    return [bytes([unit[0] & 0x81 | 49 << 1, unit[1], _flags(i, len(parts)) | unit[0] >> 1 & 0x3F]) + part for i, part in enumerate(parts)]


def _jpeg(image: bytes) -> list[bytes]:
    """RFC 2435 with the quantisation tables in the first packet (Q = 255); the image must use the standard Huffman tables."""
    tables: dict[int, bytes] = {}
    at, kind, width, height = 2, 1, 0, 0
    while True:
        marker, length = struct.unpack("!HH", image[at : at + 4])
        segment = image[at + 4 : at + 2 + length]
        if marker == 0xFFDB:
            while segment:
                tables[segment[0] & 0x0F], segment = segment[1:65], segment[65:]
        elif marker == 0xFFC0:
            height, width = struct.unpack("!HH", segment[1:5])
            kind = 1 if segment[7] == 0x22 else 0
        at += 2 + length
        if marker == 0xFFDA:
            break
    scan = image[at:].removesuffix(b"\xff\xd9")
    quantisation = tables[0] + tables.get(1, tables[0])
    header = struct.pack("!BBH", 0, 0, len(quantisation)) + quantisation
    payloads, offset = [], 0
    while offset < len(scan):
        room = MTU_PAYLOAD - 8 - (len(header) if offset == 0 else 0)
        main = struct.pack("!I", offset) + bytes([kind, 255, width // 8, height // 8])
        payloads.append(main + (header if offset == 0 else b"") + scan[offset : offset + room])
        offset += room
    return payloads


def packet(payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int, payload: bytes) -> bytes:
    return struct.pack("!BBHII", 0x80, payload_type | (0x80 if marker else 0), sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def sender_report(ssrc: int, now: float, timestamp: int, packets: int, octets: int) -> bytes:
    """RTCP's sender report: the camera's wall clock beside the stream's."""
    seconds = int(now)
    return struct.pack(
        "!BBHIIIIII",
        0x80,
        200,
        6,
        ssrc,
        seconds + NTP_EPOCH & 0xFFFFFFFF,
        int((now - seconds) * 2**32),
        timestamp & 0xFFFFFFFF,
        packets & 0xFFFFFFFF,
        octets & 0xFFFFFFFF,
    )
