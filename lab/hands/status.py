"""How a lab is, looked up from what really runs."""

from __future__ import annotations

from typing import Any

from lab import down, layout, say
from lab.cables import ledger, topology
from lab.machines import machine, services
from lab.plan import Plan


def status(plan: Plan) -> dict[str, Any]:
    """What runs and where it is plugged in.

    `{"lab", "up", "inventory", "machines": {name: {"on", "boots", "plugged"?, "bench_address"?}}, "devices": {"CODE/SLOT":
    {"running", "address", "what"}}, "processes"}`; `up` says that `up` came to its end. what: camera, recorder or switch.
    """
    lab = plan.lab
    machines: dict[str, dict[str, Any]] = {}
    for name in plan.machines:
        boots = lab.machine(name) / "boots"
        machines[name] = {"on": machine.on(lab, name), "boots": int(boots.read_text()) if boots.exists() else 0}
    devices: dict[str, dict[str, Any]] = {}
    for f in plan.facilities:
        machines[f.code] |= {"plugged": topology.plugged(plan, f), "bench_address": layout.bench_address(f.k)}
    for f, end in services.devices(plan):
        device = f.streaming.get(end) or f.switch
        assert device is not None
        running = bool(ledger.processes(lab, f"device {layout.device(f.code, end)}"))
        what = "switch" if end == "lan" else "recorder" if end.startswith("r") else "camera"
        devices[f"{f.code}/{device.slot}"] = {"running": running, "address": device.address, "what": what}
    return {
        "lab": lab.name,
        "up": lab.marker.exists(),
        "inventory": plan.inventory,
        "machines": machines,
        "devices": devices,
        "processes": len(down.processes(lab)),
    }


def table(found: dict[str, Any]) -> str:
    half = say.pick("dựng dở (chạy lại up, hoặc down)", "half made (run up again, or down)")
    lines = [f"lab {found['lab']}: {say.pick('đang chạy', 'up') if found['up'] else half}, {found['inventory']}"]
    there, bench = say.pick("đã cắm tại cơ sở", "plugged in at its facility"), say.pick("trên bàn cài đặt", "on the bench")
    states, boots = {True: say.pick("bật", "on"), False: say.pick("tắt", "off")}, say.pick("số lần khởi động", "boots")
    words = {"camera": "camera", "recorder": say.pick("đầu ghi hình", "recorder"), "switch": say.pick("bộ chuyển mạch", "switch")}
    for name, m in found["machines"].items():
        where = {None: "", True: there, False: f"{bench}, {m.get('bench_address')}"}[m.get("plugged")]
        lines.append(f"  {name:<24} {states[m['on']]:<3}  {boots} {m['boots']:<3} {where}")
    for name, c in found["devices"].items():
        lines.append(f"  {name:<24} {states[c['running']]:<3}  {c['address']:<16} {words[c['what']]}")
    return "\n".join(lines)
