"""What can go wrong between a facility and the internet."""

from __future__ import annotations

from lab import layout, net
from lab.plan import Facility, Plan

_TABLE = """
add table inet {name}
delete table inet {name}
table inet {name} {{
  chain forward {{
    type filter hook forward priority filter - 10; policy accept;
    {rule} counter drop
  }}
}}
"""
_NONE = """
add table inet {name}
delete table inet {name}
"""
_RULES = {"eat_udp": "meta l4proto udp", "eat_all": "meta nfproto ipv4", "lose": "numgen random mod 100 < {percent}"}


def _drop(plan: Plan, facility: Facility, name: str, on: bool, **values: int) -> None:
    rules = _TABLE.format(name=name, rule=_RULES[name].format(**values)) if on else _NONE.format(name=name)
    net.nft(plan.lab.netns(layout.router(facility.code)), rules)


def eat_udp(plan: Plan, facility: Facility, on: bool) -> None:
    """The facility's router swallows every UDP datagram it should forward, both ways, those of known connections too."""
    _drop(plan, facility, "eat_udp", on)


def eat_all(plan: Plan, facility: Facility, on: bool) -> None:
    """Nothing is forwarded and nobody is told: connections stand half open."""
    _drop(plan, facility, "eat_all", on)


def lose(plan: Plan, facility: Facility, percent: int) -> None:
    """So many of a hundred packets are dropped at random, both ways; 0: none."""
    _drop(plan, facility, "lose", percent > 0, percent=percent)


def line(plan: Plan, facility: Facility, up: bool) -> None:
    """The line to the internet, as if its plug were pulled. When it is back, NAT has forgotten all it knew."""
    netns = plan.lab.netns(layout.router(facility.code))
    net.carrier_up(netns, "wan", up)
    if up:
        net.ip([f"route replace default via {layout.INTERNET_ROUTER}"], netns)
