"""What must stay as it was while something else is done: services, files, cameras, and the traffic of other facilities."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hands import mapped, netns, tunnel
from raised import CODES, Raised

from lab.cables import net

UNITS = ["ketnoi*.service", "ssh.service", "wg-quick@ketnoi.service", "chrony.service", "nginx.service", "mosquitto.service"]
UNITS += ["postgresql@*.service", "nftables.service", "systemd-networkd.service"]
SHOWN = "Id,ActiveState,MainPID,NRestarts,ActiveEnterTimestampMonotonic,StateChangeTimestampMonotonic"
KEPT = "/etc /usr/lib/systemd/system /opt/ketnoi/lib/edge_agent /var/lib/ketnoi"


def services(province: Raised, machine: str) -> dict[str, dict[str, str]]:
    """Unit -> its state: a restart shows in every field, a reload in StateChangeTimestampMonotonic."""
    quoted = " ".join(f"'{unit}'" for unit in UNITS)
    blocks = province.box(machine, f"systemctl show --property={SHOWN} {quoted}").split("\n\n")
    shown = [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in blocks]
    return {unit["Id"]: unit for unit in shown if unit.get("ActiveState") == "active"}


def files(province: Raised, *machines: str) -> set[str]:
    """What a rollout could have written on machines: a line for each file, and for what their kernels have of the network."""
    kernel = ("nft --stateless list ruleset", "ip -br address | sort", "wg show ketnoi allowed-ips | sort")
    found = set()
    for machine in machines:
        digests = province.box(machine, f"find {KEPT} -type f -exec sha256sum {{}} +").splitlines()
        found |= {f"{machine} {line}" for line in digests}
        found |= {f"{machine} {command}: {province.box(machine, command)}" for command in kernel}
    return found


def forget_writes(province: Raised) -> None:
    """Empty every camera's journal."""
    for camera in cameras():
        province.camera(camera, "forget")


def writes(province: Raised) -> dict[str, list[str]]:
    """What each camera was written since, by `CODE/SLOT`; cameras that nobody wrote to are left out."""
    journals = {camera: province.camera(camera, "writes") for camera in cameras()}
    return {camera: [entry["op"] for entry in journal] for camera, journal in journals.items() if journal}


def cameras() -> list[str]:
    return [f"{code}/{slot}" for code in CODES for slot in (1, 2, 3, 4)]


@contextlib.contextmanager
def edited(file: Path, old: str, new: str) -> Iterator[None]:
    """One place of an inventory's file changed, for a while; the first, where there are several."""
    before = file.read_text(encoding="utf-8")
    assert old in before, f"{file} has no {old!r}"
    file.write_text(before.replace(old, new, 1), encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(before, encoding="utf-8")


@dataclass
class Traffic:
    """Steady traffic from the hub's namespace: an echo every 50 ms to each box, and questions on one TCP connection to a camera of each."""

    sent: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def clean(self) -> bool:
        return bool(self.sent) and min(self.sent.values()) > 20 and not any(self.lost.values()) and not self.broken


@contextlib.contextmanager
def traffic(province: Raised, *codes: str) -> Iterator[Traffic]:
    """Through these facilities' tunnels, for as long as the block runs. What is not answered within 2 s is lost."""
    seen, stop = Traffic(), threading.Event()
    with net.inside(netns(province, "hub")):
        echoes = {code: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) for code in codes}
        streams = {code: socket.create_connection((mapped(code, 1), 554), timeout=5) for code in codes}
    threads = [threading.Thread(target=_echo, args=(code, link, seen, stop)) for code, link in echoes.items()]
    threads += [threading.Thread(target=_ask, args=(code, link, seen, stop)) for code, link in streams.items()]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
        for link in [*echoes.values(), *streams.values()]:
            link.close()


def _echo(code: str, link: socket.socket, seen: Traffic, stop: threading.Event) -> None:
    name, number = f"{code} echo", 0
    link.connect((tunnel(code), 0))
    link.settimeout(2)
    identity = threading.get_native_id() & 0xFFFF
    seen.sent[name] = seen.lost[name] = 0
    while not stop.is_set():
        number = (number + 1) & 0xFFFF
        packet = struct.pack("!BBHHH", 8, 0, 0, identity, number)
        total = sum(struct.unpack("!4H", packet))
        seen.sent[name] += 1
        try:
            link.send(packet[:2] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + packet[4:])
            seen.lost[name] += not _answered(link, identity, number)
        except OSError as error:
            seen.broken.append(f"{name}: {error!r} at echo {number}")
            return
        stop.wait(0.05)


def _answered(link: socket.socket, identity: int, number: int) -> bool:
    deadline = time.monotonic() + 2
    try:
        while time.monotonic() < deadline:
            kind, _, _, whose, which = struct.unpack("!BBHHH", link.recv(1500)[20:28])
            if (kind, whose, which) == (0, identity, number):
                return True
    except TimeoutError:
        pass
    return False


def _ask(code: str, link: socket.socket, seen: Traffic, stop: threading.Event) -> None:
    """RTSP OPTIONS, again and again on one connection: a tunnel that was taken down would not answer in time."""
    name, number = f"{code} stream", 0
    link.settimeout(2)
    seen.sent[name] = seen.lost[name] = 0
    while not stop.is_set():
        number += 1
        seen.sent[name] += 1
        try:
            link.sendall(f"OPTIONS * RTSP/1.0\r\nCSeq: {number}\r\n\r\n".encode())
            answer = b""
            while b"\r\n\r\n" not in answer:
                part = link.recv(4096)
                if not part:
                    raise ConnectionError("closed")
                answer += part
        except OSError as error:
            seen.broken.append(f"{name}: {error!r} at question {number}")
            return
        stop.wait(0.05)


def descendants(pid: int) -> list[int]:
    """A process and all that came of it, those that moved to sessions of their own too."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        todo += children.get(one, [])
    return found


def kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def playing(province: Raised) -> list[str]:
    """Command lines of ansible processes that still work on this province's inventory."""
    said = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in said if "ansible-playbook" in line and str(province.inventory) in line]


def not_met(document: dict[str, Any], code: str) -> dict[str, set[str]]:
    """Subject -> the ids of its checks that are not met, of one facility in a verdict."""
    found: dict[str, set[str]] = {}
    for row in facility(document, code)["checks"]:
        if row["verdict"] == "not_met":
            assert row["hint"] and row["hint"]["vi"] and row["hint"]["en"], f"{row['id']} says not what to do"
            found.setdefault(row["subject"], set()).add(row["id"])
    return found


def facility(document: dict[str, Any], code: str) -> dict[str, Any]:
    """One facility's entry in the document of a rollout or a verdict."""
    (found,) = [each for each in document["facilities"] if each["code"] == code]
    return dict(found)


def verdicts(document: dict[str, Any]) -> dict[str, str]:
    return {each["code"]: each["verdict"] for each in document["facilities"]}
