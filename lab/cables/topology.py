"""The cables: which namespaces there are, what joins them, and each one's addresses. `design` is pure; `lay` makes it so.

    inet (bridge "net", 203.0.113.0/24) ── hub eth0 · centre eth0 · office eth0 · each router's wan
    office: bridge "bench" 192.0.2.0/24 ── b1, b2 ... : the boxes' uplinks until they are plugged in at their facility
    CODE-router: wan ── NAT ── bridge "lan" ── b<k> once plugged
    CODE-lan: bridge "lan" ── b<k> (box eth1, once plugged) · c<slot>, r<slot> (eth0 of each camera and recorder)

Where the inventory has a switch, CODE-lan is that one: its bridge has the switch's address, and a program plays its command line;
or it is a machine (generic Linux) that makes its own bridge of its ports, which are called as the inventory calls them.
On a flat LAN the camera LAN's bridge hangs off the router's ("uplink"), and the box's eth1 leads nowhere.
"""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from lab import layout
from lab.cables import ledger, net
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

    def cable(self, part: str, interface: str, mac: str | None, other: str, port: str, bridge: str | None) -> None:
        """A veth from a part's interface to a port of a bridge in another part; None: what is there sees to its own ports."""
        self.links.append((part, interface, mac, other, port))
        if bridge:
            self.commands[other].append(f"link set {port} master {bridge} up")


def _switch(design: Design, facility: Facility) -> str | None:
    """Make the facility's switch; the bridge that cables are put into, None if it is a machine's own."""
    part, switch = layout.switch(facility.code), facility.switch
    if switch and switch.machine:
        design.space(part)
        return None
    address = [f"addr add {facility.interface(switch.address)} dev lan", f"link set lan address {switch.mac}"] if switch else []
    design.space(part, "link add lan type bridge", *address, "link set lan up")
    return "lan"


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
    bridge = _switch(design, facility)
    design.space(code)
    design.cable(code, "eth0", facility.mac, "office", port, "bench")
    design.cable(code, "eth1", facility.lan_mac, layout.SHELF, layout.loose(facility.k), None)
    if facility.topology == "flat":
        design.cable(router, "cameras", None, switch, facility.jack("uplink"), bridge)
        design.commands[router].append("link set cameras master lan up")
    for end, device in facility.streaming.items():
        part = layout.device(code, end)
        design.space(
            part,
            f"addr add {facility.interface(device.address)} dev eth0",
            "link set eth0 up",
            f"route add default via {facility.camera_gateway}",
        )
        design.cable(part, "eth0", device.mac, switch, facility.jack(end), bridge)


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
    made.space(layout.SHELF)
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
    """Carry the box from the bench to its facility: its uplink into the router's LAN; if it routes, its second port into the cameras'."""
    port = f"b{facility.k}"
    if facility.topology == "routed":
        _move(plan, layout.SHELF, layout.loose(facility.k), layout.switch(facility.code), facility.jack("box"), _bridge(facility))
    _move(plan, "office", port, layout.router(facility.code), port, "lan")


def _bridge(facility: Facility) -> str | None:
    """What the box's port is put into; None where the switch is a machine, which sees to it itself."""
    return None if facility.switch and facility.switch.machine else "lan"


def _move(plan: Plan, part: str, port: str, other: str, name: str, bridge: str | None) -> None:
    """Carry the end of a cable elsewhere, and into a bridge there. Its name is right on arrival: networkd looks at that alone."""
    lab = plan.lab
    renamed = [f"link set {port} name {name}"] if name != port else []
    net.ip([f"link set {port} down nomaster", *renamed, f"link set {name} netns {lab.netns(other)}"], lab.netns(part))
    if bridge:
        net.ip([f"link set {name} master {bridge} up"], lab.netns(other))


def unplug(plan: Plan, facility: Facility) -> None:
    """Bring the box back to the bench."""
    port = f"b{facility.k}"
    if facility.topology == "routed":
        _move(plan, layout.switch(facility.code), facility.jack("box"), layout.SHELF, layout.loose(facility.k), None)
    _move(plan, layout.router(facility.code), port, "office", port, "bench")


def plugged(plan: Plan, facility: Facility) -> bool:
    """Where the box's uplink cable really ends."""
    with net.inside(plan.lab.netns("office")):
        try:
            socket.if_nametoindex(f"b{facility.k}")
        except OSError:
            return True
    return False
