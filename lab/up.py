"""Raises a lab: image, cables, machines, cameras, all side by side where they may be; the marker is written last."""

from __future__ import annotations

import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lab import centre, checkpoint, down, layout
from lab.cables import topology
from lab.hands import wait
from lab.machines import image, linux_switch, machine, services
from lab.plan import Plan
from lab.say import LabError, announce, timed

TOOLS = {
    "mmdebstrap": "mmdebstrap", "systemd-nspawn": "systemd-container", "dnsmasq": "dnsmasq-base", "nft": "nftables",
    "ip": "iproute2", "nsenter": "util-linux", "mkfs.ext4": "e2fsprogs", "ffmpeg": "ffmpeg",
}  # fmt: skip


LXML = Path("/usr/lib/python3/dist-packages/lxml")
"""Of Debian's own Python, which plays the cameras."""


def check_root() -> None:
    if os.geteuid() != 0:
        raise LabError(
            "lab cần quyền root (không gian mạng, mount): chạy lại với sudo",
            "the lab needs root (network namespaces, mounts): run it again with sudo",
            2,
        )


def check_host() -> None:
    """LabError (exit 2) for what this machine lacks, with the command that mends it."""
    missing = {package for tool, package in TOOLS.items() if shutil.which(tool) is None}
    if not LXML.exists():
        missing.add("python3-lxml")
    if missing:
        names = " ".join(sorted(missing))
        raise LabError(f"thiếu gói: apt-get install {names}", f"packages are missing: apt-get install {names}", 2)
    if not Path("/dev/net/tun").exists():
        raise LabError("máy này không có /dev/net/tun (modprobe tun)", "this machine has no /dev/net/tun (modprobe tun)", 2)


INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
ENOUGH_INOTIFY = 4096


def roomy() -> None:
    """A systemd takes about 8 inotify instances and Debian allows root 128 in all: the limit is raised, and stays so until a reboot."""
    if int(INOTIFY.read_text()) < ENOUGH_INOTIFY:
        INOTIFY.write_text(str(ENOUGH_INOTIFY))


def _static(address: str) -> dict[str, str]:
    """A machine with a fixed public address, as its hosting company would hand it over."""
    text = f"[Match]\nName=eth0\n\n[Network]\nAddress={address}/24\nGateway={layout.INTERNET_ROUTER}\nIPv6AcceptRA=no\n"
    return {"etc/systemd/network/10-eth0.network": text}


def _machines(plan: Plan, kept: Path | None) -> None:
    lab = plan.lab
    files = {"hub": _static(plan.hub), centre.NAME: _static(plan.centre) | centre.seed()}
    files |= {layout.switch(f.code): linux_switch.seed(f) for f in plan.facilities if layout.switch(f.code) in plan.switches}

    boxes = {facility.code for facility in plan.facilities}

    def raise_one(name: str) -> None:
        below = checkpoint.layers(kept, name) if kept else None
        seed = {} if kept else files.get(name, {})
        machine.install(lab, name, seed, machine.BOX_DISK_BYTES if name in boxes else machine.DISK_BYTES, below)
        machine.start(lab, name)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(raise_one, plan.machines))


def marker(plan: Plan) -> dict[str, Any]:
    """The document by which the other commands find the lab (see lab.layout.Lab.marker)."""
    lab = plan.lab
    machines: dict[str, Any] = {
        "hub": {"kind": "hub", "netns": lab.netns("hub"), "address": plan.hub},
        "centre": {"kind": "centre", "netns": lab.netns("centre"), "address": plan.centre},
    }
    for name in plan.switches:
        machines[name] = {"kind": "switch", "netns": lab.netns(name)}
    for f in plan.facilities:
        machines[f.code] = {
            "kind": "box", "netns": lab.netns(f.code), "bench_address": layout.bench_address(f.k), "mac": f.mac,
            "router_netns": lab.netns(layout.router(f.code)), "lan_netns": lab.netns(layout.switch(f.code)),
            "router_address": layout.wan_address(f.k),
        }  # fmt: skip
    return {
        "lab": lab.name,
        "inventory": os.path.realpath(plan.inventory),
        "province": plan.province,
        "office_netns": lab.netns("office"),
        "internet_netns": lab.netns("inet"),
        "ntp": layout.INTERNET_ROUTER,
        "office": {"address": plan.office, "bench_address": layout.BENCH_ROUTER},
        "machines": machines,
    }


def write_marker(plan: Plan) -> None:
    written = plan.lab.marker.with_suffix(".new")
    written.write_text(json.dumps(marker(plan), indent=1))
    written.rename(plan.lab.marker)


def up(plan: Plan, cameras: bool = True, kept: Path | None = None) -> dict[str, float]:
    """Raise the lab, first removing whatever an earlier one of that name left; seconds of each part.

    Without `cameras` their namespaces are there but nothing runs in them. `kept`: a checkpoint (see lab.checkpoint) from which
    machines and devices go on, in place of blank ones.
    """
    check_host()
    lab, began = plan.lab, time.monotonic()
    spent: dict[str, float] = {}
    if down.remains(lab):
        with timed("gỡ lab cũ cùng tên", "removed an earlier lab of that name", spent):
            down.down(lab)
    roomy()
    with timed("ảnh đĩa", "image", spent):
        image.ensure()
    lab.run.mkdir(parents=True)
    lab.var.mkdir(parents=True)
    layout.CLIPS.mkdir(exist_ok=True)
    lab.plan.write_text(json.dumps(plan.raw, indent=1))
    with timed("mạng", "network", spent):
        topology.lay(plan)
        services.dhcp(plan)
        services.clock(plan)
        if kept:
            checkpoint.lay_devices(kept, lab)
            for facility in checkpoint.plugged(kept, plan):
                topology.plug(plan, facility)
    with timed("bật máy", "machines switched on", spent):
        _machines(plan, kept)
    logs: dict[str, Path] = {}
    if cameras:
        with timed("thiết bị mô phỏng khởi động", "simulated devices started", spent):
            logs = {layout.device(f.code, end): services.start(plan, f, end) for f, end in services.devices(plan)}
    with timed("máy trả lời SSH", "machines answer SSH", spent):
        wait.machines(plan, list(plan.machines))
        if kept is None:
            centre.prepare(plan)
    with timed("thiết bị mô phỏng sẵn sàng", "simulated devices ready", spent):
        services.await_devices(plan, logs)
    write_marker(plan)
    spent["total"] = round(time.monotonic() - began, 2)
    announce(f"lab {lab.name} đã dựng xong sau {spent['total']:.1f} s", f"lab {lab.name} is up after {spent['total']:.1f} s")
    return spent
