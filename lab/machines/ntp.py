"""A small NTP server (RFC 5905, mode 4, stratum 2) whose clock is the host's plus an offset that can be changed while it runs.

    python -m lab.machines.ntp ADDRESS OFFSET_FILE

OFFSET_FILE holds seconds (text, may be negative), read again for each answer; missing or unreadable means 0. Prints `ready` once
bound. Standard library only.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from pathlib import Path

PORT = 123
EPOCH = 2_208_988_800
"""Seconds from NTP's epoch (1900) to Unix's (1970)."""
_PACKET = struct.Struct("!BBBbIII8s8s8s8s")


def timestamp(unix: float) -> bytes:
    """Unix seconds as NTP's 32.32 fixed point, modulo its 136-year era."""
    whole = round((unix + EPOCH) * 2**32) & 0xFFFFFFFFFFFFFFFF
    return struct.pack("!Q", whole)


def answer(request: bytes, received: float, sent: float) -> bytes | None:
    """The reply to one datagram, both times being Unix seconds of the served clock; None for what is no client request."""
    if len(request) < _PACKET.size or request[0] & 7 != 3:
        return None
    version = min(max((request[0] >> 3) & 7, 1), 4)
    origin = request[40:48]
    return _PACKET.pack(
        version << 3 | 4, 2, request[2], -20, 0, 1 << 8, 0x4C4F434C,
        timestamp(received - received % 16), origin, timestamp(received), timestamp(sent),
    )  # fmt: skip


def offset(file: Path) -> float:
    try:
        return float(file.read_text())
    except (OSError, ValueError):
        return 0.0


def serve(address: str, file: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, PORT))
        print("ready", flush=True)
        while True:
            request, client = server.recvfrom(1024)
            arrived = time.time()
            off = offset(file)
            if reply := answer(request, arrived + off, time.time() + off):
                server.sendto(reply, client)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]))
