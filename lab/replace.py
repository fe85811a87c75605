"""A box dies for good, and its supplier sends another: blank, with MAC addresses of its own, to the office's bench."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from lab import layout, plan, up
from lab.cables import net, topology
from lab.hands import devices
from lab.machines import machine, services
from lab.plan import Facility, Plan, next_mac


def box(old: Plan, facility: Facility, mac: str | None, lan_mac: str | None) -> dict[str, Any]:
    """Destroy the facility's box and put a blank one on the bench; `{"code", "bench_address", "mac", "lan_mac"}`."""
    lab, code = old.lab, facility.code
    machine.cut(lab, code)
    machine.wipe(lab, code)
    if topology.plugged(old, facility):
        topology.unplug(old, facility)
    new = replace(facility, mac=mac or next_mac(facility.mac), lan_mac=lan_mac or next_mac(facility.lan_mac))
    raw = json.loads(json.dumps(old.raw))
    raw["facilities"][facility.k - 1]["box"] = {"mac": new.mac, "lan_mac": new.lan_mac}
    changed = plan.parse(raw)
    net.ip([f"link set eth0 address {new.mac}", f"link set eth1 address {new.lan_mac}"], lab.netns(code))
    lab.plan.write_text(json.dumps(raw, indent=1))
    services.dhcp(changed)
    up.write_marker(changed)
    if new.switch and not new.switch.machine:
        devices.power(changed, f"{code}/{new.switch.slot}", True)  # a simulated switch is told at its start whose addresses it sees
    machine.install(lab, code, {}, machine.BOX_DISK_BYTES)
    machine.start(lab, code)
    return {"code": code, "bench_address": layout.bench_address(facility.k), "mac": new.mac, "lan_mac": new.lan_mac}
