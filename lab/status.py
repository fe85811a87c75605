"""How a lab is, looked up from what really runs."""

from __future__ import annotations

from typing import Any

from lab import down, layout, ledger, machine, say, topology
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
    half = say.pick("dựng dở (chạy lại up, hoặc down)", "half made (run up again, or down)")
    lines = [f"lab {found['lab']}: {say.pick('đang chạy', 'up') if found['up'] else half}, {found['inventory']}"]
    there, bench = say.pick("đã cắm tại cơ sở", "plugged in at its facility"), say.pick("trên bàn cài đặt", "on the bench")
    states, boots = {True: say.pick("bật", "on"), False: say.pick("tắt", "off")}, say.pick("số lần khởi động", "boots")
    for name, m in found["machines"].items():
        where = {None: "", True: there, False: f"{bench}, {m.get('bench_address')}"}[m.get("plugged")]
        lines.append(f"  {name:<24} {states[m['on']]:<3}  {boots} {m['boots']:<3} {where}")
    for name, c in found["cameras"].items():
        lines.append(f"  {name:<24} {states[c['running']]:<3}  {c['address']}")
    return "\n".join(lines)
