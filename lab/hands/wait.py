"""Waiting for a machine by what proves it is up: its uplink has its address and its sshd greets.

Both are looked up from inside the machine's own network namespace, because a machine that does its job well shows its sshd to
few others.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from lab import layout
from lab.cables import net, topology
from lab.hands import access
from lab.machines import linux_switch, machine
from lab.plan import Plan
from lab.say import LabError

_PAUSE = 0.05
_SIOCGIFADDR = 0x8915


def address_of(interface: str) -> str | None:
    """The interface's IPv4 address in the thread's current namespace; None while it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            answer = fcntl.ioctl(any_socket, _SIOCGIFADDR, struct.pack("256s", interface.encode()))
        except OSError:
            return None
    return socket.inet_ntoa(answer[20:24])


def greets(address: str = "127.0.0.1", port: int = 22) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1.0) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def expected(plan: Plan, name: str) -> tuple[str, str]:
    """(interface, address) that a machine should have now, where its cable ends."""
    if name in ("hub", "centre"):
        return "eth0", plan.hub if name == "hub" else plan.centre
    for facility in plan.facilities:
        if facility.switch and name == layout.switch(facility.code):
            return linux_switch.BRIDGE, facility.switch.address
    facility = plan.facility(name)
    return "eth0", facility.uplink_box if topology.plugged(plan, facility) else layout.bench_address(facility.k)


def online(plan: Plan, name: str, seconds: float) -> bool:
    """Until the machine is up at its place; False when it is not in time, or is off. A reboot on the way is waited out."""
    lab, deadline = plan.lab, time.monotonic() + seconds
    interface, address = expected(plan, name)
    while time.monotonic() < deadline and machine.on(lab, name):
        try:
            with net.inside(lab.netns(name)):
                if address_of(interface) == address and greets():
                    return True
        except (LabError, OSError):
            pass
        time.sleep(_PAUSE)
    return False


def machines(plan: Plan, names: list[str], seconds: float = 90.0) -> None:
    """Until all of them are up. LabError names those that aren't."""
    with ThreadPoolExecutor(max(1, len(names))) as pool:
        up = list(pool.map(lambda name: online(plan, name, seconds), names))
    if missing := [name for name, there in zip(names, up, strict=True) if not there]:
        logs = ", ".join(str(plan.lab.machine(name) / "console.log") for name in missing)
        text, told = ", ".join(missing), "\n".join(_network(plan, name) for name in missing)
        raise LabError(
            f"{text} không lên mạng (tắt, hoặc chưa có địa chỉ hay sshd sau {seconds:.0f} s); xem {logs}\n{told}",
            f"not up: {text} (off, or without address or sshd after {seconds:.0f} s); see {logs}\n{told}",
        )


def _network(plan: Plan, name: str) -> str:
    """What the machine itself says of the interface that should have its address."""
    interface, address = expected(plan, name)
    asked = [*access.enter_machine(plan.lab, name), "networkctl", "status", interface, "--no-pager", "--full", "--lines=20"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False).stdout
    except (LabError, OSError, subprocess.SubprocessError) as trouble:
        said = str(trouble)
    return f"{name}: {interface} should have {address}\n{said}".rstrip()
