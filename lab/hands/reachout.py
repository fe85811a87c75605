"""What a facility's cameras reach, found by really sending from each camera and listening at every place where a packet could arrive.

A camera *reaches* a target if a probe to it was heard at the target, or at the facility's own router on its way there: past the box
it is past the box, whatever the next firewall would have done. So that silence means something, each target's ear is proven by probes
from somewhere that does reach it (which never depends on this facility's or another's tunnel); a target whose ear heard none of these
is `unproven`. A camera whose probes to its own box aren't heard there is `able: false` (unplugged, box off): of it nothing is known.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lab import layout
from lab.hands import probe
from lab.plan import Facility, Plan

ROUNDS = 2
LISTEN_SECONDS = 0.7
TUNNEL = "ketnoi"
"""Name of the WireGuard interface on every machine."""


@dataclass(frozen=True)
class Target:
    """`at`: where it would be heard (a part of the lab). `proof`: what must be heard there, `(from which part, to which address)`."""

    name: str
    address: str
    at: str
    proof: tuple[str, str]

    @property
    def label(self) -> str:
        return f"{self.name} {self.address}"


def tunnel_address(plan: Plan, part: str) -> str | None:
    """A machine's address in the tunnel, read from its interface; None while there is none."""
    done = subprocess.run(["ip", "-n", plan.lab.netns(part), "-json", "-4", "addr", "show", "dev", TUNNEL], capture_output=True, text=True)
    if done.returncode:
        return None
    for link in json.loads(done.stdout or "[]"):
        for address in link.get("addr_info", []):
            return str(address["local"])
    return None


def mapped(tunnel: str, number: int, slot: int) -> str:
    """A device as others see it: the number-th /25 of 10.(126+2b).0.0/15, b being the hub's block (design, decision 1)."""
    block = int(tunnel.split(".")[1])
    offset = number * 128 + slot
    return f"10.{126 + 2 * block + (offset >> 16)}.{offset >> 8 & 255}.{offset & 255}"


def targets(plan: Plan, facility: Facility) -> list[Target]:
    """Everything beyond the LAN and the box that a camera might reach; those in the tunnel only once there is a tunnel."""
    own = layout.router(facility.code)
    found = [
        Target("hub", plan.hub, "hub", ("inet", plan.hub)),
        Target("centre", plan.centre, "centre", ("inet", plan.centre)),
        Target("office", plan.office, "office", ("inet", plan.office)),
        Target("internet", layout.SOMEWHERE, "inet", ("office", layout.SOMEWHERE)),
        Target("router", facility.router_address, own, (own, facility.router_address)),
    ]
    inside = {part: address for part in plan.machines if (address := tunnel_address(plan, part))}
    found += [Target(f"{p}-tunnel", inside[p], p, (p, inside[p])) for p in ("hub", "centre") if p in inside]
    for other in plan.facilities:
        if other.code == facility.code:
            continue
        wan = layout.wan_address(other.k)
        found.append(Target(f"{other.code} router", wan, layout.router(other.code), ("inet", wan)))
        if other.code in inside:
            proof = (other.code, inside[other.code])
            found.append(Target(f"{other.code} box", inside[other.code], other.code, proof))
            found += [
                Target(f"{other.code} C{c.slot}", mapped(inside[other.code], other.number, c.slot), other.code, proof)
                for c in other.cameras[:1]
            ]
    return found


def reachout(plan: Plan, facility: Facility) -> dict[str, Any]:
    """Send, listen, report.

    `{"facility", "at", "targets": [label], "unproven": [label], "cameras": [{"slot", "able", "reached": [label], "packets":
    [{"target", "protocol", "port", "received_at"}]}]}`.
    """
    lab, aims = plan.lab, targets(plan, facility)
    code, router = facility.code, layout.router(facility.code)
    ears = probe.Ears({part: lab.netns(part) for part in {code, router, *(t.at for t in aims)}})
    cameras = {c.slot: probe.Sender(lab.netns(layout.camera(code, c.slot))) for c in facility.cameras}
    proofs = {part: probe.Sender(lab.netns(part)) for part in {t.proof[0] for t in aims}}
    try:
        for _ in range(ROUNDS):
            for sender in cameras.values():
                sender.send(facility.box_address)
                for target in aims:
                    sender.send(target.address)
            for part, address in {t.proof for t in aims}:
                proofs[part].send(address)
            ears.listen(LISTEN_SECONDS)
    finally:
        ears.close()
        for sender in (*cameras.values(), *proofs.values()):
            sender.close()

    def arrived(sender: probe.Sender, address: str, where: set[str]) -> list[dict[str, Any]]:
        return [
            {"target": address, "protocol": kind.protocol, "port": kind.port, "received_at": sorted(heard)}
            for number, (target, kind) in sender.sent.items()
            if target == address and (heard := ears.received.get(number, set()) & where)
        ]

    report: list[dict[str, Any]] = []
    for slot, sender in cameras.items():
        packets = {t.label: arrived(sender, t.address, {t.at, router}) for t in aims}
        report.append(
            {
                "slot": slot,
                "able": bool(arrived(sender, facility.box_address, {code})),
                "reached": [label for label, heard in packets.items() if heard],
                "packets": [one for heard in packets.values() for one in heard],
            }
        )
    return {
        "facility": code,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "targets": [t.label for t in aims],
        "unproven": [t.label for t in aims if not arrived(proofs[t.proof[0]], t.proof[1], {t.at})],
        "cameras": report,
    }
