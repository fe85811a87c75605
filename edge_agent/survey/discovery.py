"""WS-Discovery on one interface: who says that it is a camera, unasked for anything else.

To a firewall an answer to a multicast question is a stranger: it comes from an address that nobody wrote to. So answers are
read twice, from the socket that asked (a laptop) and, where this process may, off the wire before any firewall (the box).
"""

import contextlib
import ctypes
import select
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from urllib.parse import urlsplit

from edge_agent.devices import neighbours, xmlsafe
from edge_agent.devices.faults import BadAnswer

WAIT_S = 4.0
"""Answers are held back at random for half a second (WS-Discovery 1.1, APP_MAX_DELAY); slow cameras take longer."""
_IPV4 = 0x0800
_ATTACH_FILTER = 26
_UDP = 17


@dataclass(frozen=True)
class Match:
    """What a device at `address` announced: its scopes, and the ports of its service addresses (their hosts are not believed)."""

    address: str
    scopes: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()


def ask(own: str, network: IPv4Network, seconds: float = WAIT_S) -> dict[str, Match]:
    """Ask the LAN that this machine is in as `own`; by address those of `network` that answered."""
    found: dict[str, Match] = {}
    with contextlib.closing(neighbours.asker(own)) as link:
        ears = [link]
        with contextlib.suppress(OSError):  # not root: the socket's own answers must do
            ears.append(_wire(link.getsockname()[1]))
        neighbours.probe(link)
        try:
            for address, said in _answers(ears, seconds):
                if IPv4Address(address) in network and (address not in found or not found[address].ports):
                    found[address] = read(address, said)
        finally:
            for ear in ears[1:]:
                ear.close()
    return found


def read(address: str, said: bytes) -> Match:
    """The first match of an answer; one that is cut or odd tells that somebody is there, and no more."""
    try:
        match = xmlsafe.find(xmlsafe.parse(said), "Body/ProbeMatches/ProbeMatch")
    except BadAnswer:
        return Match(address)
    addresses = (xmlsafe.text(match, "XAddrs") or "").split()
    ports = dict.fromkeys(port for each in addresses if (port := _port(each)))
    return Match(address, tuple((xmlsafe.text(match, "Scopes") or "").split()), tuple(ports))


def _port(address: str) -> int | None:
    try:
        parts = urlsplit(address)
        return (parts.port or 80) if parts.scheme == "http" else None
    except ValueError:
        return None


def _answers(ears: list[socket.socket], seconds: float) -> Iterator[tuple[str, bytes]]:
    """(address, what was said) of every answer that comes within the time."""
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        for ear in select.select(ears, [], [], left)[0]:
            with contextlib.suppress(OSError):
                packet, sender = ear.recvfrom(65535)
                if ear.family == socket.AF_INET:
                    yield sender[0], packet
                elif len(packet) >= 28:
                    header = (packet[0] & 15) * 4
                    yield socket.inet_ntoa(packet[12:16]), packet[header + 8 :]


def _wire(port: int) -> socket.socket:
    """All UDP to our `port` as it comes in, before the firewall. OSError: this process may not."""
    code = [
        (0x30, 0, 0, 9),  # protocol
        (0x15, 0, 4, _UDP),
        (0xB1, 0, 0, 0),  # x = length of the IP header
        (0x48, 0, 0, 2),  # destination port
        (0x15, 0, 1, port),
        (0x06, 0, 0, 65535),
        (0x06, 0, 0, 0),
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
    ear = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_IPV4))
    try:
        ear.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HL", len(code), ctypes.addressof(program)))
        _forget(ear)
    except OSError:
        ear.close()
        raise
    return ear


def _forget(ear: socket.socket) -> None:
    """What came in before the filter was there."""
    ear.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            ear.recv(1)
    ear.setblocking(True)
