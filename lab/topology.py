"""The cables: which namespaces there are, what joins them, and each one's addresses. `design` is pure; `lay` makes it so.

    inet (bridge "net", 203.0.113.0/24) ── hub eth0 · centre eth0 · office eth0 · each router's wan
    office: bridge "bench" 192.0.2.0/24 ── b1, b2 ... : the boxes' uplinks until they are plugged in at their facility
    CODE-router: wan ── NAT ── bridge "lan" ── b<k> once plugged
    CODE-lan: bridge "lan" without address ── b<k> (box eth1) · c<slot> (each camera's eth0)

With one arm the camera LAN's bridge hangs off the router's ("uplink"), and the box's eth1 leads nowhere.
"""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from lab import layout, ledger, net
from lab.plan import Facility, Plan

NAT_RULES = """
table inet nat {{
  chain forward {{
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "{inner}" oifname {{ "{inner}", "{outer}" }} accept
  }}
  chain input {{
    type filter hook input priority filter; policy drop;
    iifname {{ "lo", "{inner}" }} accept
    ct state established,related accept
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    oifname "{outer}" masquerade
  }}
}}
"""


@dataclass
class Design:
    """Namespaces by their part of the name; links `(part, interface, MAC or None, part, interface)`; `ip` commands by part."""

    parts: list[str] = field(default_factory=list)
    links: list[tuple[str, str, str | None, str, str]] = field(default_factory=list)
    commands: dict[str, list[str]] = field(default_factory=dict)
    routing: list[str] = field(default_factory=list)
    nft: dict[str, str] = field(default_factory=dict)

    def space(self, part: str, *commands: str, forward: bool = False, nft: str | None = None) -> None:
        self.parts.append(part)
        self.commands[part] = ["link set lo up", *commands]
        if forward:
            self.routing.append(part)
        if nft:
            self.nft[part] = nft

    def cable(self, part: str, interface: str, mac: str | None, other: str, port: str, bridge: str, up: bool = True) -> None:
        """A veth from a part's interface to a port of a bridge in another part, which is up unless told otherwise."""
        self.links.append((part, interface, mac, other, port))
        self.commands[other].append(f"link set {port} master {bridge} {'up' if up else 'down'}")


def _facility(design: Design, facility: Facility) -> None:
    code, port = facility.code, f"b{facility.k}"
    router, switch = layout.router(code), layout.switch(code)
    design.space(
        router,
        f"addr add {layout.wan_address(facility.k)}/24 dev wan",
        "link set wan up",
        f"route add default via {layout.INTERNET_ROUTER}",
        "link add lan type bridge",
        f"addr add {facility.router_address}/{facility.uplink_network.prefixlen} dev lan",
        "link set lan up",
        forward=True,
        nft=NAT_RULES.format(inner="lan", outer="wan"),
    )
    design.cable(router, "wan", None, "inet", f"r{facility.k}", "net")
    design.space(switch, "link add lan type bridge", "link set lan up")
    design.space(code)
    design.cable(code, "eth0", facility.mac, "office", port, "bench")
    design.cable(code, "eth1", facility.lan_mac, switch, port, "lan", up=False)
    if facility.arms == 1:
        design.commands[switch].append("link set uplink up master lan")
        design.cable(switch, "uplink", None, router, "cameras", "lan")
    for camera in facility.cameras:
        part = layout.camera(code, camera.slot)
        design.space(
            part,
            f"addr add {facility.interface(camera.address)} dev eth0",
            "link set eth0 up",
            f"route add default via {facility.camera_gateway}",
        )
        design.cable(part, "eth0", camera.mac, switch, f"c{camera.slot}", "lan")


def design(plan: Plan) -> Design:
    made = Design()
    made.space(
        "inet",
        f"addr add {layout.SOMEWHERE}/32 dev lo",
        "link add net type bridge",
        f"addr add {layout.INTERNET_ROUTER}/24 dev net",
        "link set net up",
    )
    made.space(
        "office",
        f"addr add {plan.office}/24 dev eth0",
        "link set eth0 up",
        f"route add default via {layout.INTERNET_ROUTER}",
        "link add bench type bridge",
        f"addr add {layout.BENCH_ROUTER}/24 dev bench",
        "link set bench up",
        forward=True,
        nft=NAT_RULES.format(inner="bench", outer="eth0"),
    )
    made.cable("office", "eth0", None, "inet", "office", "net")
    for machine in ("hub", "centre"):
        made.space(machine)
        made.cable(machine, "eth0", None, "inet", machine, "net")
    for facility in plan.facilities:
        _facility(made, facility)
    return made


def lay(plan: Plan) -> None:
    """Make the namespaces, then the cables between them (never an interface in the host's own), then addresses and rules."""
    made, lab = design(plan), plan.lab
    for part in made.parts:
        ledger.note(lab, "netns", name=lab.netns(part))
    net.ip(f"netns add {lab.netns(part)}" for part in made.parts)
    net.ip(
        f"link add {interface} {f'address {mac} ' if mac else ''}netns {lab.netns(part)} "
        f"type veth peer name {port} netns {lab.netns(other)}"
        for part, interface, mac, other, port in made.links
    )

    def dress(part: str) -> None:
        netns = lab.netns(part)
        bridges = [c for c in made.commands[part] if "type bridge" in c]
        net.ip([*bridges, *(c for c in made.commands[part] if c not in bridges)], netns)
        if part in made.routing:
            net.sysctl(netns, ipv4__ip_forward=1)
        if part in made.nft:
            net.nft(netns, made.nft[part])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(dress, made.parts))


def plug(plan: Plan, facility: Facility) -> None:
    """Carry the box from the bench to its facility: its uplink into the router's LAN, its other arm into the camera LAN."""
    lab, port = plan.lab, f"b{facility.k}"
    net.ip(
        [f"link set {port} down nomaster", f"link set {port} netns {lab.netns(layout.router(facility.code))}"],
        lab.netns("office"),
    )
    net.ip([f"link set {port} master lan up"], lab.netns(layout.router(facility.code)))
    if facility.arms == 2:
        net.carrier_up(lab.netns(layout.switch(facility.code)), port, True)


def unplug(plan: Plan, facility: Facility) -> None:
    """Bring the box back to the bench."""
    lab, port = plan.lab, f"b{facility.k}"
    net.carrier_up(lab.netns(layout.switch(facility.code)), port, False)
    net.ip(
        [f"link set {port} down nomaster", f"link set {port} netns {lab.netns('office')}"],
        lab.netns(layout.router(facility.code)),
    )
    net.ip([f"link set {port} master bench up"], lab.netns("office"))


def plugged(plan: Plan, facility: Facility) -> bool:
    """Where the box's uplink cable really ends."""
    with net.inside(plan.lab.netns("office")):
        try:
            socket.if_nametoindex(f"b{facility.k}")
        except OSError:
            return True
    return False
