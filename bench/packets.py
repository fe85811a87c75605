"""What goes over a box's uplink, packet by packet, and which part of Ketnoi it belongs to.

Bytes are those of IP packets, both ways together, as a mobile line counts them. WireGuard's are seen twice: outside, encrypted, and
inside, where they can be told apart; a packet inside costs COVER bytes more outside (padding included: its length is rounded up).
"""

import select
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from lab.cables import net

ETH_P_IP = 0x0800
COVER = 20 + 8 + 16 + 16
"""Outer IP, UDP, WireGuard's header and its tag."""
LARGE = 600
"""Bytes of a packet by which a state document is told from a beat."""
QUIET_S = 1.0
"""Packets closer together than this belong to one exchange."""
MTU = 1500


@dataclass(frozen=True)
class Packet:
    at: float
    size: int
    protocol: int
    ports: frozenset[int]
    body: bytes


@dataclass
class Ear:
    """Hears all IPv4 of one interface in a namespace, both ways, from when it is made until `stop`."""

    netns: str
    interface: str
    heard: list[Packet] = field(default_factory=list)

    def __post_init__(self) -> None:
        with net.inside(self.netns):
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
            self._socket.bind((self.interface, 0x0003))  # ETH_P_ALL: ETH_P_IP alone does not hear what goes out
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.setblocking(False)

    def fileno(self) -> int:
        return self._socket.fileno()

    def take(self) -> None:
        try:
            raw, (_, protocol, *_) = self._socket.recvfrom(65535)
        except BlockingIOError:
            return
        if protocol == ETH_P_IP and (packet := parse(raw, time.monotonic())):
            self.heard.append(packet)

    def stop(self) -> None:
        self._socket.close()


def listen(ears: list[Ear], seconds: float, meanwhile: Callable[[], None]) -> None:
    """Hear with all ears for so long; `meanwhile` is called every second or so."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        ready, _, _ = select.select(ears, [], [], min(1.0, left))
        for ear in ready:
            ear.take()
        if not ready:
            meanwhile()


def parse(raw: bytes, at: float) -> Packet | None:
    """None: not IPv4. What an offload put together is counted as the packets that leave."""
    if len(raw) < 20 or raw[0] >> 4 != 4:
        return None
    head = (raw[0] & 15) * 4
    size = struct.unpack_from("!H", raw, 2)[0] or len(raw)
    size += (size - 1) // MTU * (head + 32)
    ports = frozenset(struct.unpack_from("!HH", raw, head)) if raw[9] in (6, 17) and len(raw) >= head + 4 else frozenset()
    start = head + 8 if raw[9] == 17 else head
    return Packet(at, size, raw[9], ports, raw[start:])


def outside(packets: list[Packet], wireguard: int, lifeline: int) -> Counter[str]:
    """Bytes by part at the uplink; "tunnel" is all that WireGuard carries, to be told apart by `inside`."""
    found: Counter[str] = Counter()
    for packet in packets:
        found[_part(packet, wireguard, lifeline)] += packet.size
    return found


def _part(packet: Packet, wireguard: int, lifeline: int) -> str:
    if packet.protocol == 17 and wireguard in packet.ports:
        kind = packet.body[0] if packet.body else 0
        return "handshakes" if kind in (1, 2, 3) else "keepalives" if len(packet.body) == 32 else "tunnel"
    if packet.protocol == 6 and lifeline in packet.ports:
        return "lifeline"
    if packet.protocol == 17 and 123 in packet.ports:
        return "time"
    return f"other (protocol {packet.protocol}, ports {sorted(packet.ports)})"


def inside(packets: list[Packet], mqtt: int) -> Counter[str]:
    """Bytes by part as they cost outside: exchanges of MQTT with a large packet are state documents, the others beats."""
    found: Counter[str] = Counter()
    exchange: list[Packet] = []
    for packet in [*packets, None]:
        if exchange and (packet is None or packet.at - exchange[-1].at > QUIET_S):
            large = any(one.size > LARGE for one in exchange)
            found["state documents" if large else "beats"] += sum(map(_covered, exchange))
            exchange = []
        if packet is None:
            break
        if packet.protocol == 6 and mqtt in packet.ports:
            exchange.append(packet)
        else:
            found["other, in the tunnel"] += _covered(packet)
    return found


def _covered(packet: Packet) -> int:
    return -(-packet.size // 16) * 16 + COVER
