"""What can go wrong between a facility and the internet."""

from __future__ import annotations

from lab import layout, net
from lab.plan import Facility, Plan

_EAT_UDP = """
add table inet eat_udp
delete table inet eat_udp
table inet eat_udp {
  chain forward {
    type filter hook forward priority filter - 10; policy accept;
    meta l4proto udp counter drop
  }
}
"""
_SPARE_UDP = """
add table inet eat_udp
delete table inet eat_udp
"""


def eat_udp(plan: Plan, facility: Facility, on: bool) -> None:
    """The facility's router swallows every UDP datagram it should forward, both ways, those of known connections too."""
    net.nft(plan.lab.netns(layout.router(facility.code)), _EAT_UDP if on else _SPARE_UDP)
