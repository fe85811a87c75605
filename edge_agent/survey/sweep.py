"""Which addresses of a LAN have somebody, and which of a few ports answer there: connections, closed at once, nothing is said."""

import asyncio
import contextlib
import time
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network

from edge_agent.devices import neighbours

PORTS = (80, 554, 8000, 8080, 8899, 2020, 37777, 443, 22)
"""HTTP; RTSP; Hikvision's and Dahua's own; HTTP of relabels, no-name and TP-Link cameras; what tells a switch or a computer apart."""
CONNECT_S = 2.0
AT_ONCE = 128
_NEIGHBOURS_S = 3.0


def hosts(network: IPv4Network, skipped: Iterable[str]) -> list[str]:
    left_out = set(skipped)
    return [host for each in network.hosts() if (host := str(each)) not in left_out]


def wake(addresses: Sequence[str], network: IPv4Network, seconds: float = _NEIGHBOURS_S) -> dict[str, str]:
    """The MAC address behind each of `addresses` that has somebody. The kernel asks (ARP); what it does not ask is one empty packet."""
    for address in addresses:
        neighbours.wake(address)
    wanted, ends, before = set(addresses), time.monotonic() + seconds, -1
    while True:
        known = {a: mac for a, mac in neighbours.rows() if mac and a in wanted and IPv4Address(a) in network}
        if time.monotonic() > ends or (len(known) == len(wanted) and before == len(known)):
            return known
        before = len(known)
        time.sleep(0.2)


def open_ports(asked: Mapping[str, Iterable[int]], seconds: float = CONNECT_S) -> dict[str, tuple[int, ...]]:
    """Of the ports asked for at each address those that accept a connection."""
    return asyncio.run(_all(asked, seconds))


async def _all(asked: Mapping[str, Iterable[int]], seconds: float) -> dict[str, tuple[int, ...]]:
    narrow = asyncio.Semaphore(AT_ONCE)

    async def accepts(address: str, port: int) -> bool:
        async with narrow:
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), seconds)
            except (OSError, TimeoutError):
                return False
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), seconds)
            return True

    pairs = [(address, port) for address, ports in asked.items() for port in dict.fromkeys(ports)]
    answers = await asyncio.gather(*(accepts(*pair) for pair in pairs))
    found: dict[str, tuple[int, ...]] = dict.fromkeys(asked, ())
    for (address, port), answer in zip(pairs, answers, strict=True):
        if answer:
            found[address] += (port,)
    return found
