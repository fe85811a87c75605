"""What can go wrong between a facility and the internet."""

from __future__ import annotations

import time

from lab import layout
from lab.cables import ledger, net
from lab.plan import Facility, Plan
from lab.say import LabError

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


def delay(plan: Plan, facility: Facility, milliseconds: int) -> None:
    """Every frame between the facility's router and the internet takes so much longer each way; 0: no longer."""
    lab, what, wan = plan.lab, f"delay {facility.code}", f"r{facility.k}"
    inet, near, far = lab.netns("inet"), f"d{facility.k}", f"d{facility.k}net"
    if ledger.processes(lab, what):
        ledger.stop(lab, what)
        net.ip([f"link del {near}", f"link set {wan} arp on master net"], inet)
    if not milliseconds:
        return
    log = lab.run / f"delay-{facility.code}.log"
    log.unlink(missing_ok=True)
    joined = [f"link add {near} arp off type veth peer name {far}", f"link set {far} master net up", f"link set {near} up"]
    net.ip([f"link set {wan} nomaster arp off", *joined], inet)
    ledger.spawn(lab, what, ledger.python("-m", "lab.cables.delay", wan, near, str(milliseconds)), log, netns=inet)
    deadline = time.monotonic() + 20
    while not log.read_text().startswith("ready"):
        if time.monotonic() > deadline:
            raise LabError(f"đường truyền chậm của {facility.code}: xem {log}", f"the long line of {facility.code}: see {log}")
        time.sleep(0.02)


def line(plan: Plan, facility: Facility, up: bool) -> None:
    """The line to the internet, as if its plug were pulled. When it is back, NAT has forgotten all it knew."""
    netns = plan.lab.netns(layout.router(facility.code))
    net.carrier_up(netns, "wan", up)
    if up:
        net.ip([f"route replace default via {layout.INTERNET_ROUTER}"], netns)
