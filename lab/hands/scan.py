"""Is a box at its facility really hidden? The internet's own router, next door to the facility's, tries what an attacker there could:
the router's public address on many ports, and the private addresses behind it routed straight at it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from lab import layout
from lab.cables import net
from lab.hands import probe
from lab.plan import Facility, Plan

PORTS = (*range(1, 1025), 1883, 2222, 3702, 5000, 5432, 8000, 8080, 8443, 8554, 8883, 37777, 51820)
KINDS = (*(probe.Kind("tcp", p) for p in PORTS), *probe.KINDS[len(probe.TCP_PORTS) :])


@contextlib.contextmanager
def _routed(plan: Plan, facility: Facility, addresses: list[str]) -> Iterator[None]:
    """For a while the internet believes that these private addresses are behind the facility's router."""
    netns, via = plan.lab.netns("inet"), layout.wan_address(facility.k)
    net.ip((f"route replace {address}/32 via {via}" for address in addresses), netns)
    try:
        yield
    finally:
        net.ip((f"route del {address}/32" for address in addresses), netns)


def scan(plan: Plan, facility: Facility) -> dict[str, Any]:
    """`{"facility", "at", "probes", "proven", "arrived": [{"address", "protocol", "port", "received_at"}]}`.

    `arrived` is what was heard at the box or a camera, and is empty where the facility is hidden. `proven`: the same probes sent from the
    router's inside were heard at the box, so silence is no deafness.
    """
    lab, code = plan.lab, facility.code
    others = [*facility.streaming.values(), *([facility.switch] if facility.switch else [])]
    inner = list(dict.fromkeys([facility.uplink_box, facility.box_address, *(device.address for device in others)]))
    hidden = [code, layout.switch(code), *(layout.device(code, end) for end in facility.streaming)]
    ears = probe.Ears({part: lab.netns(part) for part in hidden})
    outside = probe.Sender(lab.netns("inet"))
    inside = probe.Sender(lab.netns(layout.router(code)))
    try:
        with _routed(plan, facility, inner):
            for address in (layout.wan_address(facility.k), *inner):
                outside.send(address, KINDS)
                ears.listen(0.05)
            inside.send(facility.uplink_box)
            ears.listen(0.5)
    finally:
        ears.close()
        outside.close()
        inside.close()
    arrived = [
        {"address": target, "protocol": kind.protocol, "port": kind.port, "received_at": sorted(ears.received[number])}
        for number, (target, kind) in outside.sent.items()
        if number in ears.received
    ]
    return {
        "facility": code,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "probes": len(outside.sent),
        "proven": any(code in ears.received.get(number, set()) for number in inside.sent),
        "arrived": arrived,
    }
