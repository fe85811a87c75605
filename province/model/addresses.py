"""The address plan of a hub: pure functions from block and number to addresses.

A hub owns block *b* (1..63), its facilities have numbers *n* (1..1023), a facility's devices have slots *s* (1..126).
Tunnel: 10.b.0.0/16, facility n is 10.b.0.0 + n; the top 64 addresses are kept for hub, second hub, office and centre.
Devices as others see them: 10.(126+2b).0.0/15, facility n owns the n-th /25 of it, slot s is that network's address + s.
Blocks therefore fill 10.1-63.x.x and 10.128-253.x.x without ever overlapping one another.
"""

from functools import cache
from ipaddress import IPv4Address, IPv4Network

BLOCKS = range(1, 64)
NUMBERS = range(1, 1024)
SLOTS = range(1, 127)
INTERFACE = "ketnoi"
TUNNEL_MTU = 1280
WIREGUARD_PORT = 51820
KEEPALIVE_SECONDS = 25
LIFELINE_BASE = 20000
LIFELINE_SSH_PORT = 443


def _within(value: int, allowed: range, what: str) -> int:
    if value not in allowed:
        raise ValueError(f"{what} {value} is not in {allowed.start}..{allowed.stop - 1}")
    return value


def tunnel_network(block: int) -> IPv4Network:
    return IPv4Network(f"10.{_within(block, BLOCKS, 'block')}.0.0/16")


def devices_network(block: int) -> IPv4Network:
    """The /15 that holds every device of the hub's facilities."""
    return IPv4Network(f"10.{126 + 2 * _within(block, BLOCKS, 'block')}.0.0/15")


def hub_address(block: int) -> IPv4Address:
    return tunnel_network(block)[0xFFC1]


def second_hub_address(block: int) -> IPv4Address:
    return tunnel_network(block)[0xFFC2]


def office_address(block: int) -> IPv4Address:
    return tunnel_network(block)[0xFFC3]


def centre_address(block: int) -> IPv4Address:
    return tunnel_network(block)[0xFFC4]


def tunnel_address(block: int, number: int) -> IPv4Address:
    return tunnel_network(block)[_within(number, NUMBERS, "number")]


def facility_network(block: int) -> IPv4Network:
    """Every number's tunnel address, and neither hub, office nor centre."""
    return IPv4Network((tunnel_network(block)[0], 22))


@cache  # each of a facility's devices asks
def mapped_network(block: int, number: int) -> IPv4Network:
    """The /25 under which hub and centre reach the devices of a facility."""
    return IPv4Network((devices_network(block)[_within(number, NUMBERS, "number") * 128], 25))


def mapped_address(block: int, number: int, slot: int) -> IPv4Address:
    return mapped_network(block, number)[_within(slot, SLOTS, "slot")]


def lifeline_port(number: int) -> int:
    """TCP port on the hub's loopback where the facility's sshd appears."""
    return LIFELINE_BASE + _within(number, NUMBERS, "number")
