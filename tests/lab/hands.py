"""What several tests on real boxes do by hand: look at a province from the hub, from a namespace, from under a machine."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

from raised import Raised, until

from lab import layout
from lab.cables import net
from lab.hands import access
from lab.machines import machine

IDS = {"an-nhon-01": "BD-0001", "an-nhon-02": "BD-0002", "an-nhon-03": "BD-0003"}
NUMBERS = {"an-nhon-01": 1, "an-nhon-02": 2, "an-nhon-03": 3}
HUB, OFFICE, CENTRE = "10.5.255.193", "10.5.255.195", "10.5.255.196"
HUB_PUBLIC = "203.0.113.10"
MQTT, POSTGRESQL = 8883, 5432


def tunnel(code: str) -> str:
    """A box's address in the tunnel."""
    return f"10.5.0.{NUMBERS[code]}"


def mapped(code: str, slot: int) -> str:
    """A camera's address as hub and centre see it: the facility's /25 of 10.136.0.0/15."""
    offset = NUMBERS[code] * 128 + slot
    return f"10.136.{offset >> 8}.{offset & 255}"


def netns(province: Raised, part: str) -> str:
    return layout.Lab(province.name).netns(part)


def root(province: Raised, name: str) -> Path:
    """A running machine's files as the host sees them: read without a process, an argument or a log line inside."""
    pid = machine.leader(layout.Lab(province.name), name)
    assert pid, f"{name} is off"
    return Path(f"/proc/{pid}/root")


def boots(province: Raised, name: str) -> int:
    return int((layout.Lab(province.name).machine(name) / "boots").read_text())


def connects(province: Raised, part: str, address: str, port: int, seconds: float = 3.0) -> bool:
    """Does a TCP connection from a namespace of the lab come about?"""
    with net.inside(netns(province, part)):
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with client:
        client.settimeout(seconds)
        return client.connect_ex((address, port)) == 0


def that_connect(province: Raised, part: str, where: Iterable[tuple[str, int]], seconds: float = 1.5) -> list[tuple[str, int]]:
    """Those (address, port) that can be connected to from there, all tried at once."""
    wanted = list(where)
    with ThreadPoolExecutor(32) as pool:
        came = list(pool.map(lambda pair: connects(province, part, *pair, seconds), wanted))
    return [pair for pair, open_ in zip(wanted, came, strict=True) if open_]


def run_in(province: Raised, part: str, argv: list[str], seconds: float = 20, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """A program of this machine in a namespace of the lab, with no part of the caller's environment that matters."""
    with net.inside(netns(province, part)):
        return subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=seconds)


def at_once(province: Raised, name: str, *argv: str) -> str:
    """stdout of a command as root inside a machine, in a few milliseconds: for what is looked at again and again."""
    return access.inside(layout.Lab(province.name), name, *argv, seconds=20).stdout


def evidence(province: Raised) -> dict[str, dict[str, Any]]:
    """What the hub knows of each facility, by code; {} while the hub can't be asked."""
    done = province.inside("hub", "ketnoi-hub evidence --json", check=False)
    sites = json.loads(done.stdout)["sites"] if done.returncode == 0 and done.stdout.startswith("{") else {}
    return {code: sites[number] for code, number in IDS.items() if number in sites}


def back(seen: dict[str, Any], since: float = 0.0) -> bool:
    """Agent, tunnel and lifeline, as the hub sees them; each heard of after `since` (Unix time), so that no old word counts."""
    age = (seen.get("tunnel") or {}).get("handshake_age_s")
    spoke = seen.get("last_seen")
    return bool(
        seen.get("connected")
        and datetime.fromisoformat(str(spoke)).timestamp() > since
        and (seen.get("lifeline") or {}).get("up")
        and age is not None
        and age < min(180.0, time.time() - since)
    )


def await_back(province: Raised, *codes: str, since: float = 0.0, seconds: float = 150) -> None:
    """Until the hub sees all of these connected by agent, tunnel and lifeline."""

    def all_there() -> bool:
        seen = evidence(province)
        return all(back(seen.get(code, {}), since) for code in codes)

    until(all_there, seconds, every=1.0)


def rules(province: Raised, name: str) -> str:
    """The kernel's firewall in a machine, counters left out."""
    return province.box(name, "nft --stateless list ruleset")


@contextlib.contextmanager
def host_variables(province: Raised, code: str, text: str) -> Iterator[None]:
    """Variables of one box in the inventory, as Ansible has always kept them, for a while."""
    file = province.inventory / "host_vars" / f"{code}.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    try:
        yield
    finally:
        file.unlink()
