"""RTP payloads of video: where keyframes begin, and the pictures without their packets (RFC 6184, 7798, 2435)."""

from collections.abc import Callable, Iterable

START = b"\0\0\0\1"
_H264_STAP_A, _H264_FU_A = 24, 28
_H265_AP, _H265_FU = 48, 49
_H264_KEYS = {5, 7}
"""A picture that needs no other, or the parameters before one."""
_H265_KEYS = {*range(16, 22), 33}


def payload(packet: bytes) -> bytes:
    """What an RTP packet carries, without padding (RFC 3550)."""
    begin = 12 + 4 * (packet[0] & 15)
    if packet[0] & 0x10 and len(packet) >= begin + 4:
        begin += 4 + 4 * int.from_bytes(packet[begin + 2 : begin + 4], "big")
    end = len(packet) - (packet[-1] if packet[0] & 0x20 else 0)
    return packet[begin:end]


def h264_key(data: bytes) -> bool:
    return bool(_h264_kinds(data) & _H264_KEYS)


def h265_key(data: bytes) -> bool:
    return bool(_h265_kinds(data) & _H265_KEYS)


def _h264_kinds(data: bytes) -> set[int]:
    """The kinds of NAL unit that begin in a payload."""
    kind = data[0] & 31 if data else 0
    if kind == _H264_STAP_A:
        return {unit[0] & 31 for unit in _aggregated(data[1:])}
    if kind == _H264_FU_A:
        return {data[1] & 31} if len(data) > 1 and data[1] & 0x80 else set()
    return {kind}


def _h265_kinds(data: bytes) -> set[int]:
    kind = (data[0] >> 1) & 63 if len(data) > 2 else 0
    if kind == _H265_AP:
        return {(unit[0] >> 1) & 63 for unit in _aggregated(data[2:])}
    if kind == _H265_FU:
        return {data[2] & 63} if data[2] & 0x80 else set()
    return {kind}


def _aggregated(data: bytes) -> list[bytes]:
    """Units that share a packet, each behind its length."""
    found = []
    while len(data) > 2:
        length = int.from_bytes(data[:2], "big")
        if length:
            found.append(data[2 : 2 + length])
        data = data[2 + length :]
    return [unit for unit in found if unit]


def h264(payloads: Iterable[bytes]) -> bytes:
    """The byte stream of payloads in order (Annex B)."""
    stream = bytearray()
    for data in payloads:
        kind = data[0] & 31 if data else 0
        if kind == _H264_STAP_A:
            stream += b"".join(START + unit for unit in _aggregated(data[1:]))
        elif kind == _H264_FU_A and len(data) > 2:
            if data[1] & 0x80:
                stream += START + bytes([(data[0] & 0xE0) | (data[1] & 31)])
            stream += data[2:]
        elif data:
            stream += START + data
    return bytes(stream)


def h265(payloads: Iterable[bytes]) -> bytes:
    stream = bytearray()
    for data in payloads:
        kind = (data[0] >> 1) & 63 if len(data) > 2 else 0
        if kind == _H265_AP:
            stream += b"".join(START + unit for unit in _aggregated(data[2:]))
        elif kind == _H265_FU and len(data) > 3:
            if data[2] & 0x80:
                stream += START + bytes([(data[0] & 0x81) | (data[2] & 63) << 1, data[1]])
            stream += data[3:]
        elif data:
            stream += START + data
    return bytes(stream)


def jpeg_key(data: bytes) -> bool:
    """Every picture stands for itself; it begins at fragment offset 0."""
    return len(data) >= 8 and data[1:4] == b"\0\0\0"


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """In units of 8 pixels; 0 where the picture is larger than that field can say."""
    return (data[6] * 8, data[7] * 8) if len(data) >= 8 and data[6] and data[7] else None


KEYS: dict[str, Callable[[bytes], bool]] = {"h264": h264_key, "h265": h265_key, "mjpeg": jpeg_key}
UNPACK: dict[str, Callable[[Iterable[bytes]], bytes]] = {"h264": h264, "h265": h265}
