"""Packets that can be told apart wherever they turn up, and ears that hear them before any firewall does.

A probe is a TCP SYN, a UDP datagram or an ICMP echo request that carries a number of its own, of 64 bits: the SYN in its sequence and
acknowledgement numbers (the latter means nothing in a SYN, and is 0 in anybody else's), the others in their payload. Address translation
changes addresses and ports, not these. 32 bits were too few: with thousands of probes about, one was taken for another's after a few
hundred runs. Ears are AF_PACKET sockets, one for each
namespace, on all its interfaces; they count what is addressed to the machine, not what a bridge merely passes.
"""

from __future__ import annotations

import contextlib
import secrets
import select
import socket
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from lab.cables import net

MARK = b"ketnoi-lab-probe"
TCP_PORTS = (22, 53, 80, 443, 554, 8000, 8883, 40123)
UDP_PORTS = (53, 123, 443, 3702, 51820, 40123)
_ETH_P_IP = 0x0800
_TO_US = 0
"""PACKET_HOST of linux/if_packet.h."""


@dataclass(frozen=True)
class Kind:
    """`protocol` is tcp, udp or icmp; `port` is None for icmp."""

    protocol: str
    port: int | None = None


KINDS = (*(Kind("tcp", p) for p in TCP_PORTS), *(Kind("udp", p) for p in UDP_PORTS), Kind("icmp"))


def checksum(data: bytes) -> int:
    """Internet checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn(source: str, target: str, port: int, number: int) -> bytes:
    """A TCP header with SYN and nothing else; `number` is its sequence and acknowledgement numbers."""

    def header(check: int) -> bytes:
        return struct.pack("!HHIIBBHHH", 40000 + number % 20000, port, number >> 32, number & 0xFFFFFFFF, 5 << 4, 2, 64240, check, 0)

    pseudo = socket.inet_aton(source) + socket.inet_aton(target) + struct.pack("!BBH", 0, socket.IPPROTO_TCP, 20)
    return header(checksum(pseudo + header(0)))


def echo(number: int) -> bytes:
    payload = MARK + struct.pack("!Q", number)
    identifier, sequence = number >> 16 & 0xFFFF, number & 0xFFFF
    check = checksum(struct.pack("!BBHHH", 8, 0, 0, identifier, sequence) + payload)
    return struct.pack("!BBHHH", 8, 0, check, identifier, sequence) + payload


def number_of(packet: bytes) -> int | None:
    """The number that an IPv4 packet carries if it looks like a probe, else None. Any SYN looks like one."""
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return None
    body = packet[(packet[0] & 15) * 4 :]
    if packet[9] == socket.IPPROTO_TCP and len(body) >= 20 and body[13] & 0x3F == 2:
        return int.from_bytes(body[4:12], "big")
    if packet[9] == socket.IPPROTO_ICMP and body[:1] != b"\x08":
        return None
    if packet[9] in (socket.IPPROTO_UDP, socket.IPPROTO_ICMP) and body[8:].startswith(MARK) and len(body) >= 8 + len(MARK) + 8:
        return int.from_bytes(body[8 + len(MARK) :][:8], "big")
    return None


@dataclass
class Ears:
    """Listens in namespaces (part -> netns) from the moment it is made; `received[number]` are the parts where a probe arrived."""

    spaces: dict[str, str]
    received: dict[int, set[str]] = field(default_factory=dict)
    _sockets: dict[int, tuple[str, socket.socket]] = field(default_factory=dict)
    _poll: select.poll = field(default_factory=select.poll)

    def __post_init__(self) -> None:
        for part, netns in self.spaces.items():
            with net.inside(netns):
                ear = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_IP))
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
            ear.setblocking(False)
            self._sockets[ear.fileno()] = (part, ear)
            self._poll.register(ear, select.POLLIN)

    def listen(self, seconds: float) -> None:
        """Gather what arrives within this time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for fd, _ in self._poll.poll(left * 1000):
                part, ear = self._sockets[fd]
                with contextlib.suppress(BlockingIOError):
                    for _ in range(200):
                        packet, (_, _, to_whom, *_) = ear.recvfrom(256)
                        if to_whom == _TO_US and (number := number_of(packet)) is not None:
                            self.received.setdefault(number, set()).add(part)

    def close(self) -> None:
        for _, ear in self._sockets.values():
            ear.close()


class Sender:
    """Sends probes from a namespace; what it sent is `{number: (target, kind)}`. A number is 64 random bits."""

    def __init__(self, netns: str) -> None:
        self.sent: dict[int, tuple[str, Kind]] = {}
        self.refused: dict[str, str] = {}
        with net.inside(netns):
            self._tcp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
            self._icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._route = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for one in (self._tcp, self._icmp, self._udp):
            one.setblocking(False)

    def send(self, target: str, kinds: Iterable[Kind] = KINDS) -> None:
        """One probe of each kind. A target that the sender's own routes rule out is noted in `refused` with the reason."""
        try:
            self._route.connect((target, 9))
            source = self._route.getsockname()[0]
        except OSError as trouble:
            self.refused[target] = trouble.strerror or str(trouble)
            return
        for kind in kinds:
            number = secrets.randbits(64)
            self.sent[number] = (target, kind)
            with contextlib.suppress(OSError):
                if kind.protocol == "tcp":
                    self._tcp.sendto(syn(source, target, kind.port or 0, number), (target, 0))
                elif kind.protocol == "udp":
                    self._udp.sendto(MARK + struct.pack("!Q", number), (target, kind.port or 0))
                else:
                    self._icmp.sendto(echo(number), (target, 0))

    def close(self) -> None:
        for one in (self._tcp, self._icmp, self._udp, self._route):
            one.close()
