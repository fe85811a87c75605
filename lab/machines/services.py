"""Small daemons of a lab: DHCP on the bench and in each router, the internet's clock, simulated devices."""

from __future__ import annotations

import json
import re
import sys
import time
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from lab import layout
from lab.cables import ledger
from lab.plan import Device, Facility, Plan, Recorder, Switch
from lab.say import LabError

CAMERA_PYTHON = "/usr/bin/python3"
"""Debian's own, whose lxml simulated cameras use; a switch needs paramiko, which is in ours."""


def _hosts(lab: layout.Lab, part: str) -> Path:
    return lab.run / f"dhcp-{part}"


def _dnsmasq(plan: Plan, part: str, interface: str, network: IPv4Network, gateway: str) -> None:
    """DHCP by MAC alone, from a file of `MAC,ADDRESS`; no name server is offered, because a lab has none."""
    lab = plan.lab
    argv = [
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--port=0", "--no-ping",
        "--dhcp-authoritative", f"--interface={interface}", "--bind-dynamic", "--log-facility=-",
        f"--pid-file={lab.run / f'dhcp-{part}.pid'}", f"--dhcp-leasefile={lab.run / f'dhcp-{part}.leases'}",
        f"--dhcp-range={network.network_address},static,{network.netmask},1h", f"--dhcp-hostsfile={_hosts(lab, part)}",
        f"--dhcp-option=option:router,{gateway}", "--dhcp-option=option:dns-server",
    ]  # fmt: skip
    ledger.spawn(lab, f"dhcp {part}", argv, lab.run / f"dhcp-{part}.log", netns=lab.netns(part))


def dhcp(plan: Plan) -> None:
    """Who gets which address, on the bench and behind each router. Servers that run already are stopped first and forget their leases,
    because dnsmasq keeps an address for the MAC that had it."""
    lab = plan.lab
    bench = [f"{f.mac},{layout.bench_address(f.k)}" for f in plan.facilities]
    leases = {"office": bench} | {layout.router(f.code): [f"{f.mac},{f.uplink_box}"] for f in plan.facilities}
    for part, lines in leases.items():
        ledger.stop(lab, f"dhcp {part}")
        (lab.run / f"dhcp-{part}.leases").unlink(missing_ok=True)
        _hosts(lab, part).write_text("".join(f"{line}\n" for line in lines))
    _dnsmasq(plan, "office", "bench", IPv4Network(layout.BENCH), layout.BENCH_ROUTER)
    for f in plan.facilities:
        _dnsmasq(plan, layout.router(f.code), "lan", f.uplink_network, f.router_address)


def clock(plan: Plan) -> None:
    lab = plan.lab
    lab.ntp_offset.write_text("0")
    argv = ledger.python("-m", "lab.machines.ntp", layout.INTERNET_ROUTER, str(lab.ntp_offset))
    ledger.spawn(lab, "ntp", argv, lab.run / "ntp.log", netns=lab.netns("inet"))


def _config(facility: Facility, device: Device) -> dict[str, Any]:
    """A device as it comes from its maker: its clock is wrong by an amount of its own, the rest is the simulator's factory state."""
    config = {
        "make": device.make,
        "model": device.model,
        "serial": device.mac.replace(":", "").upper(),
        "mac": device.mac,
        "address": device.address,
        "netmask": str(facility.network.netmask),
        "gateway": facility.camera_gateway,
        "interface": "eth0",
        "http_port": device.port,
        "rtsp_port": 554,
        "clip_dir": str(layout.CLIPS),
        "factory": True,
        "clock_offset_s": -37.0 - 10.0 * device.slot,
    }
    return config | ({"channels": device.channels} if isinstance(device, Recorder) else {})


def _switch(lab: layout.Lab, facility: Facility, switch: Switch) -> dict[str, Any]:
    """A switch as its supplier sets it up on site: an account, and all ports in one VLAN. What its orders do to a port happens to
    the cable that ends there."""
    box = {"box": facility.lan_mac} if facility.topology == "routed" else {"uplink": facility.mac}
    ends = {**box, **{end: device.mac for end, device in facility.streaming.items()}}
    ports = [*switch.ports.values(), *_spare(list(switch.ports.values()))]
    password = "" if switch.make == "mikrotik" else layout.FACTORY_PASSWORD
    return {
        "kind": switch.driver,
        "model": switch.model,
        "mac": switch.mac,
        "address": switch.address,
        "port": switch.port,
        "ports": ports,
        "poe_ports": [name for end, name in switch.ports.items() if end in facility.streaming],
        "vlan": dict.fromkeys(ports, switch.vlan),
        "filtering": True,
        "account": {"user": "admin", "password": password},
        "wired": {name: [ends[end]] for end, name in switch.ports.items() if end in ends},
        "hook": [sys.executable, "-m", "lab.switch.cables", lab.name, facility.code],
    }


def _spare(names: list[str], count: int = 2) -> list[str]:
    """Ports that nothing hangs on, numbered on from the last; none where ports have no numbers."""
    numbered = sorted((int(found[2]), found[1]) for name in names if (found := re.fullmatch(r"(.*?)(\d+)", name)))
    return [f"{numbered[-1][1]}{numbered[-1][0] + more}" for more in range(1, count + 1)] if numbered else []


def start(plan: Plan, facility: Facility, end: str) -> Path:
    """Start the program that plays a camera (c3), a recorder (r20) or the switch (lan), again; the log in which it says `ready`."""
    lab, part = plan.lab, layout.device(facility.code, end)
    device = facility.switch if end == "lan" else facility.streaming[end]
    assert device is not None
    if isinstance(device, Switch):
        program, config = "lab.switch", _switch(lab, facility, device)
    else:
        program, config = "lab.recorder" if isinstance(device, Recorder) else "lab.camera", _config(facility, device)
    place = lab.device(part)
    place.mkdir(parents=True, exist_ok=True)
    config |= {"state_file": str(place / "state.json"), "control_socket": str(place / "control")}
    (place / "config.json").write_text(json.dumps(config, indent=1))
    log = place / "log"
    log.unlink(missing_ok=True)
    python = sys.executable if program == "lab.switch" else CAMERA_PYTHON
    argv = [python, "-m", program, "--config", str(place / "config.json")]
    ledger.spawn(lab, f"device {part}", argv, log, netns=lab.netns(part), cwd=ledger.SOURCE)
    return log


def devices(plan: Plan) -> list[tuple[Facility, str]]:
    """All that programs play, by facility and end of the cable."""
    return [(f, end) for f in plan.facilities for end in (*f.streaming, *(["lan"] if f.switch and not f.switch.machine else []))]


def await_devices(plan: Plan, logs: dict[str, Path], seconds: float = 180.0) -> None:
    """Until each log has its line `ready`. LabError at the first device that died, or of all that are late."""
    lab, waiting, deadline = plan.lab, dict(logs), time.monotonic() + seconds
    while waiting:
        for part, log in list(waiting.items()):
            if log.exists() and b"ready\n" in log.read_bytes():
                del waiting[part]
            elif not ledger.processes(lab, f"device {part}"):
                tail = log.read_text(errors="replace").strip().splitlines()[-3:] if log.exists() else []
                text = " / ".join(tail)
                raise LabError(
                    f"thiết bị mô phỏng {part} đã dừng: {text} (xem {log})",
                    f"simulated device {part} ended: {text} (see {log})",
                )
        if waiting and time.monotonic() > deadline:
            names = ", ".join(waiting)
            raise LabError(f"thiết bị mô phỏng chưa sẵn sàng: {names}", f"simulated devices not ready after {seconds:.0f} s: {names}")
        if waiting:
            time.sleep(0.05)
