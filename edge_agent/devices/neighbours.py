"""Whose hardware answers at an address: the kernel's own table, filled by whatever was sent there last."""

import contextlib
import socket
import time
import uuid
from collections.abc import Callable
from ipaddress import IPv4Interface, IPv4Network, ip_address
from pathlib import Path
from typing import TypeVar

from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices.faults import UnknownDevice, Unreachable
from edge_agent.devices.normalise import mac

T = TypeVar("T")
TABLE = Path("/proc/net/arp")
_COMPLETE = 0x2
_DISCARD = 9
LARGEST = 1024
"""Addresses of the largest network that is searched; the kernel's table holds no more."""
_WAIT_S = 2.0
_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header>\
<a:MessageID>uuid:{number}</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>\
<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></s:Header><s:Body><d:Probe>\
<d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"""
"""WS-Discovery, with the prefixes that devices expect to the letter (python-ws-discovery#25)."""
_GROUP = ("239.255.255.250", 3702)


def hardware_at(address: str, table: Path | None = None) -> str | None:
    """The MAC address behind an IPv4 address of the LAN; None where it isn't known (loopback, another network)."""
    return next((hardware for there, hardware in rows(table or TABLE) if there == address), None)


def check(desired: DesiredDevice, table: Path | None = None) -> None:
    """Raise UnknownDevice where another device than the inventory's has its address, before it is told any password."""
    there, expected = hardware_at(desired.address, table), mac(desired.mac)
    if there is not None and expected is not None and there != expected:
        vi = f"tại {desired.address} là thiết bị {there}, trong danh mục là {expected}; chưa gửi mật khẩu nào"
        en = f"at {desired.address} there is {there}, the inventory says {expected}; no password was sent"
        raise UnknownDevice(Text(vi, en))


def find(desired: DesiredDevice, table: Path | None = None) -> str | None:
    """Where in its own LAN the device is that isn't at its address; None: not there, or it isn't known what to look for.

    The LAN is the one that the inventory lists, and only if this machine is in it: nothing beyond is ever sent a packet.
    """
    expected = mac(desired.mac)
    if expected is None or desired.network is None:
        return None
    lan = IPv4Interface(f"{desired.address}/{desired.network.prefix}").network
    own = own_address(desired.address)
    if lan.num_addresses > LARGEST or own is None or ip_address(own) not in lan:
        return None
    with contextlib.closing(asker(own)) as link:  # open until the answers are in: they fill the table as the sweep does
        probe(link)
        for host in lan.hosts():
            wake(str(host))
        ends = time.monotonic() + _WAIT_S
        while True:
            there = _where(expected, lan, desired.address, table or TABLE)
            if there is not None or time.monotonic() > ends:
                return there
            time.sleep(0.1)


def asked(desired: DesiredDevice, ask: Callable[[], T], move: Callable[[str], None]) -> T:
    """What `ask` gets of the device; one that isn't at its address is looked for, and asked again where it was found: `move` speaks to
    it there from now on."""
    try:
        return ask()
    except Unreachable:
        there = find(desired)
        if there is None:
            raise
    move(there)
    return ask()


def refuse_if_taken(desired: DesiredDevice, host: str) -> None:
    """Raise UnknownDevice where another device has the address that the one at `host` is to move to: both would be lost."""
    if host == desired.address:
        return
    wake(desired.address)
    there, expected = hardware_at(desired.address), mac(desired.mac)
    if there is not None and there != expected:
        vi = f"{desired.address} đang là của thiết bị {there}; không chuyển thiết bị ở {host} đến đó"
        raise UnknownDevice(Text(vi, f"{desired.address} belongs to {there}; the device at {host} was not moved there"))


def wake(address: str) -> None:
    """Make the kernel ask whose address this is: one empty packet to the discard port."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.setblocking(False)
        link.sendto(b"", (address, _DISCARD))


def asker(own: str) -> socket.socket:
    """A socket whose multicast goes to the LAN that has `own`, and no further."""
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with contextlib.suppress(OSError):
        link.bind((own, 0))
        link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
        link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    return link


def probe(link: socket.socket) -> None:
    """Ask the cameras of the LAN who is there."""
    with contextlib.suppress(OSError):
        link.sendto(_PROBE.format(number=uuid.uuid4()).encode(), _GROUP)


def own_address(address: str) -> str | None:
    """This machine's address on the way to `address`; sends nothing."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            link.connect((address, _DISCARD))
            return str(link.getsockname()[0])
    except OSError:
        return None


def _where(hardware: str, lan: IPv4Network, instead_of: str, table: Path) -> str | None:
    there = (a for a, h in rows(table) if h == hardware and a != instead_of and ip_address(a) in lan)
    return next(there, None)


def rows(table: Path = TABLE) -> list[tuple[str, str | None]]:
    """(address, MAC address) of each complete entry."""
    try:
        written = [line.split() for line in table.read_text().splitlines()[1:]]
    except OSError:
        return []
    return [(row[0], mac(row[3])) for row in written if len(row) >= 4 and int(row[2], 16) & _COMPLETE]
