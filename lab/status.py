"""How a lab is, looked up from what really runs."""

from __future__ import annotations

from typing import Any

from lab import down, layout, ledger, machine, topology
from lab.plan import Plan


def status(plan: Plan) -> dict[str, Any]:
    """What runs and where it is plugged in.

    `{"lab", "up", "inventory", "machines": {name: {"on", "boots", "plugged"?, "bench_address"?}}, "cameras": {"CODE/SLOT":
    {"running", "address"}}, "processes"}`; `up` says that `up` came to its end.
    """
    lab = plan.lab
    machines: dict[str, dict[str, Any]] = {}
    for name in plan.machines:
        boots = lab.machine(name) / "boots"
        machines[name] = {"on": machine.on(lab, name), "boots": int(boots.read_text()) if boots.exists() else 0}
    cameras: dict[str, dict[str, Any]] = {}
    for f in plan.facilities:
        machines[f.code] |= {"plugged": topology.plugged(plan, f), "bench_address": layout.bench_address(f.k)}
        for c in f.cameras:
            running = bool(ledger.processes(lab, f"camera {layout.camera(f.code, c.slot)}"))
            cameras[f"{f.code}/{c.slot}"] = {"running": running, "address": c.address}
    return {
        "lab": lab.name,
        "up": lab.marker.exists(),
        "inventory": plan.inventory,
        "machines": machines,
        "cameras": cameras,
        "processes": len(down.processes(lab)),
    }


def table(found: dict[str, Any]) -> str:
    lines = [f"lab {found['lab']}: {'up' if found['up'] else 'half made (run up again, or down)'}, {found['inventory']}"]
    for name, m in found["machines"].items():
        where = {None: "", True: "plugged in at its facility", False: f"on the bench, {m.get('bench_address')}"}[m.get("plugged")]
        lines.append(f"  {name:<24} {'on ' if m['on'] else 'off'}  boots {m['boots']:<3} {where}")
    for name, c in found["cameras"].items():
        lines.append(f"  {name:<24} {'on ' if c['running'] else 'off'}  {c['address']}")
    return "\n".join(lines)
