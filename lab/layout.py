"""Names, places and addresses of a lab: pure, one definition for all who need them.

A lab's name is letters and digits only, so that the prefix `kn-NAME-` of its network namespaces belongs to it alone.
Addresses are those of documentation (RFC 5737) outside, RFC 1918 behind the routers; every lab uses the same ones, each in
namespaces of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

RUN = Path("/run/ketnoi-lab")
VAR = Path("/var/lib/ketnoi-lab")
CLIPS = VAR / "clips"
NETNS = Path("/run/netns")
FACTORY_PASSWORD = "ketnoi-factory"
ENVIRONMENT = "KETNOI_LAB_NAME"
"""Every process that the lab starts carries this variable: how `down` finds one that was started but not yet recorded."""

INTERNET = "203.0.113.0/24"
INTERNET_ROUTER = "203.0.113.1"
CENTRE = "203.0.113.20"
"""The centre's address where the inventory names none."""
SOMEWHERE = "198.51.100.1"
"""An address somewhere on the internet, for tests that ask what gets out."""
BENCH = "192.0.2.0/24"
BENCH_ROUTER = "192.0.2.1"
UPLINK_NETWORK = "192.168.100.0/24"
UPLINK_ROUTER = "192.168.100.1"
UPLINK_BOX = "192.168.100.10"

_NAME = re.compile(r"[a-z][a-z0-9]{0,11}")


def valid_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def wan_address(k: int) -> str:
    """Router of the plan's k-th facility (from 1), on the internet's side."""
    return f"203.0.113.{100 + k}"


def bench_address(k: int) -> str:
    """Box of the plan's k-th facility (from 1), on the office's bench."""
    return f"192.0.2.{100 + k}"


@dataclass(frozen=True)
class Lab:
    """Where one lab keeps its things. `run` is for what lives as long as the lab, `var` for its disks."""

    name: str

    @property
    def run(self) -> Path:
        return RUN / self.name

    @property
    def var(self) -> Path:
        return VAR / self.name

    @property
    def marker(self) -> Path:
        return self.run / "lab.json"

    @property
    def plan(self) -> Path:
        return self.run / "plan.json"

    @property
    def ledger(self) -> Path:
        return self.run / "made.jsonl"

    @property
    def lock(self) -> Path:
        return RUN / f".{self.name}.lock"

    @property
    def ntp_offset(self) -> Path:
        return self.run / "ntp-offset"

    @property
    def prefix(self) -> str:
        return f"kn-{self.name}-"

    def netns(self, part: str) -> str:
        return self.prefix + part

    def netns_path(self, part: str) -> Path:
        return NETNS / self.netns(part)

    def machine(self, name: str) -> Path:
        """Run-time files of a machine: pids, console, supervisor's word on it."""
        return self.run / "machines" / name

    def disk(self, name: str) -> Path:
        """Disk, its mount and the overlay of a machine."""
        return self.var / name

    def device(self, part: str) -> Path:
        """Run-time files of a simulated device: configuration, state, control socket, log."""
        return self.run / "devices" / part


def router(code: str) -> str:
    return f"{code}-router"


def switch(code: str) -> str:
    """The facility's switch: a bridge in a namespace of its own, or a machine, with the camera LAN's cables as its ports."""
    return f"{code}-lan"


def device(code: str, end: str) -> str:
    """The namespace of a camera (c3) or recorder (r20), named by the end of its cable."""
    return f"{code}-{end}"


def camera(code: str, slot: int) -> str:
    return device(code, f"c{slot}")


SHELF = "shelf"
"""A namespace where the far ends of cables lie that are plugged in nowhere: of each box's second one, `loose`."""


def loose(k: int) -> str:
    return f"b{k}lan"
