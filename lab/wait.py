"""Waiting for a machine by what proves it is up: its SSH banner, read from a namespace that can reach it."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor

from lab import layout, net
from lab.plan import Facility, Plan
from lab.say import LabError

_PAUSE = 0.05


def banner(netns: str, address: str, seconds: float, port: int = 22) -> bool:
    """True when an SSH server greets within the time; refused, silent and unreachable are all tried again."""
    deadline = time.monotonic() + seconds
    with net.inside(netns):
        while (left := deadline - time.monotonic()) > 0:
            try:
                with socket.create_connection((address, port), timeout=min(1.0, left)) as connection:
                    if connection.recv(4) == b"SSH-":
                        return True
            except OSError:
                pass
            time.sleep(_PAUSE)
    return False


def vantage(plan: Plan, name: str) -> tuple[str, str]:
    """`(namespace, address)` from where and at which a machine's sshd can be seen now; a plugged box is seen from its router's LAN."""
    from lab import topology

    lab = plan.lab
    if name in ("hub", "centre"):
        return lab.netns("inet"), plan.hub if name == "hub" else plan.centre
    facility = plan.facility(name)
    if topology.plugged(plan, facility):
        return lab.netns(layout.router(name)), facility.uplink_box
    return lab.netns("office"), layout.bench_address(facility.k)


def machines(plan: Plan, names: list[str], seconds: float = 60.0) -> None:
    """Until all of them greet. LabError names those that didn't."""
    with ThreadPoolExecutor(max(1, len(names))) as pool:
        greeted = list(pool.map(lambda name: banner(*vantage(plan, name), seconds), names))
    if missing := [name for name, up in zip(names, greeted, strict=True) if not up]:
        logs = ", ".join(str(plan.lab.machine(name) / "console.log") for name in missing)
        text = ", ".join(missing)
        raise LabError(
            f"không thấy sshd của {text} sau {seconds:.0f} s; xem {logs}",
            f"no sshd from {text} after {seconds:.0f} s; see {logs}",
        )


def box_online(plan: Plan, facility: Facility, seconds: float = 30.0) -> bool:
    """A box has its address: its sshd greets where its cable now ends."""
    return banner(*vantage(plan, facility.code), seconds)
