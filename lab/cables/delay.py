"""A long line: hands frames from one interface to the other and back, each MILLISECONDS later. For kernels without netem.

    python -m lab.cables.delay ONE OTHER MILLISECONDS

Both interfaces must be of this network namespace, up, without addresses and without ARP (the namespace itself must not answer on
them). Frames travel with the kernel's note on them (PACKET_VNET_HDR), so that checksums and segments that are still to be made
stay so. Order is kept; nothing is dropped. Prints `ready` once it carries. Standard library only.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from collections import deque

ETH_P_ALL = 0x0003
SOL_PACKET, PACKET_VNET_HDR = 263, 15
OUTGOING = 4
MOST = 10 + 65536 + 18
"""The kernel's note, the largest segment yet to be cut, an Ethernet header with a VLAN's tag."""


def tap(interface: str) -> socket.socket:
    """Everything that arrives at the interface, and a way to send from it."""
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
    made.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    made.bind((interface, ETH_P_ALL))
    return made


def arrived(end: socket.socket) -> list[bytes]:
    """What has come in and was not sent from here."""
    found: list[bytes] = []
    while True:
        try:
            frame, source = end.recvfrom(MOST)
        except BlockingIOError:
            return found
        if source[2] != OUTGOING:
            found.append(frame)


def carry(ends: tuple[socket.socket, socket.socket], seconds: float) -> None:
    on_the_way: deque[tuple[float, socket.socket, bytes]] = deque()
    other = dict(zip(ends, reversed(ends), strict=True))
    while True:
        wait = max(0.0, on_the_way[0][0] - time.monotonic()) if on_the_way else None
        for end in select.select(ends, [], [], wait)[0]:
            now = time.monotonic()
            on_the_way.extend((now + seconds, other[end], frame) for frame in arrived(end))
        while on_the_way and on_the_way[0][0] <= time.monotonic():
            _, end, frame = on_the_way.popleft()
            try:
                end.send(frame)
            except OSError as error:
                print(f"not sent: {error}", flush=True)


if __name__ == "__main__":
    both = tap(sys.argv[1]), tap(sys.argv[2])
    print("ready", flush=True)
    carry(both, float(sys.argv[3]) / 1000)
