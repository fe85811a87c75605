"""``python -m lab.switch.cables LAB CODE``: what a simulated switch's port does happens to the cable that ends there.

The hook of a lab's switches; stdin as in the package's docstring. A port that is off has no carrier; isolated ports are so in the
facility's bridge; a device that is fed by the port loses its power with it, and starts anew when it has it again.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from lab import layout, plan
from lab.cables import ledger, net
from lab.hands import devices


def follow(lab: layout.Lab, code: str, told: dict[str, Any]) -> None:
    """Make one port's cable what the switch says. A port with no cable is no matter."""
    running = plan.of_running(lab)
    facility = running.facility(code)
    assert facility.switch is not None
    end = next((end for end, name in facility.switch.ports.items() if name == told["port"]), None)
    if end is None or (end == "uplink" and facility.topology == "routed"):
        return
    jack, netns = facility.jack(end), lab.netns(layout.switch(code))
    net.ip([f"link set {jack} type bridge_slave isolated {'on' if told['isolated'] else 'off'}"], netns)
    net.carrier_up(netns, jack, bool(told["link"]))
    if end in facility.streaming and told["power"] is not None:
        part = layout.device(code, end)
        if bool(ledger.processes(lab, f"device {part}")) != told["power"]:
            devices.power(running, f"{code}/{facility.streaming[end].slot}", told["power"])


def main() -> int:
    name, code = sys.argv[1:]
    follow(layout.Lab(name), code, json.load(sys.stdin))
    return 0


if __name__ == "__main__":
    sys.exit(main())
