"""`python -m bench.idle [--minutes 10]`: what a whole box costs when nothing happens: bytes on its uplink, bytes to its disk. Needs root.

A lab of its own with one facility, rolled out as ever: systemd, chrony, the journal, the tunnel, the lifeline through nginx, the agent.
The uplink is heard at the box's own interface (bench.packets); the disk's bytes are the sectors that reached the loop device below the
box, and of each unit what the kernel charged its processes with (the rest is the file system's own).
"""

import os
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import bench.__main__ as boxes
from bench import packets, uplink
from bench.idle_day import DAY, main, written
from lab import layout
from lab.machines import machine, supervisor

LAB = "idle"
SETTLE_S = 120
UPLINK, TUNNEL, MQTT_PORT = "eth0", "ketnoi", 8883
EVERY_S = 2.0
_WRITTEN = re.compile(r"^write_bytes: (\d+)$", re.MULTILINE)


class Charged:
    """What each unit's processes in a machine had the kernel write, also of those that come and go between two looks."""

    def __init__(self, leader: int) -> None:
        self._space = Path(f"/proc/{leader}/ns/pid").readlink()
        self._first: dict[tuple[int, str], int] = {}
        self._last: dict[tuple[int, str], tuple[str, int]] = {}
        self._begun = False
        self.look()
        self._begun = True

    def look(self) -> None:
        for process in Path("/proc").iterdir():
            if not process.name.isdigit():
                continue
            try:
                if (process / "ns/pid").readlink() != self._space:
                    continue
                started = (process / "stat").read_text().rpartition(")")[2].split()[19]
                found = _WRITTEN.search((process / "io").read_text())
                unit = (process / "cgroup").read_text().strip().splitlines()[-1].rsplit("/", 1)[-1]
            except OSError:
                continue
            key, size = (int(process.name), started), int(found[1]) if found else 0
            self._first.setdefault(key, 0 if self._begun else size)
            self._last[key] = (unit or "systemd", size)

    def units(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for key, (unit, size) in self._last.items():
            total[unit] += size - self._first[key]
        return +total


def sectors(lab: layout.Lab, code: str) -> int:
    """Bytes that have reached the device below a machine's disk."""
    loop = supervisor.loop_of(lab.disk(code) / "disk.img")
    assert loop is not None
    return written(Path(loop).name)


def measure(lab: layout.Lab, code: str, seconds: float) -> dict[str, Any]:
    leader = machine.leader(lab, code)
    assert leader is not None
    ears = [packets.Ear(lab.netns(code), UPLINK), packets.Ear(lab.netns(code), TUNNEL)]
    os.sync()
    charged, before, due = Charged(leader), sectors(lab, code), [0.0]

    def look() -> None:
        if time.monotonic() >= due[0]:
            due[0] = time.monotonic() + EVERY_S
            charged.look()

    packets.listen(ears, seconds, look)
    charged.look()
    os.sync()
    outer = packets.outside(ears[0].heard, uplink.WIREGUARD_PORT, uplink.LIFELINE_PORT)
    inner = packets.inside(ears[1].heard, MQTT_PORT)
    return {"seconds": seconds, "outside": dict(outer), "inside": dict(inner), "disk": sectors(lab, code) - before,
            "units": dict(charged.units())}  # fmt: skip


def table(found: dict[str, Any]) -> str:
    scale = DAY / found["seconds"] / 1000
    rows = [(unit, size) for unit, size in sorted(found["units"].items(), key=lambda one: -one[1])]
    rows.append(("the rest: the file system's own", found["disk"] - sum(found["units"].values())))
    lines = ["| Written to the disk of a whole box | kB a day |", "|---|---|", *(f"| {name} | {size * scale:.0f} |" for name, size in rows)]
    return "\n".join([uplink.table(found, played=True), "", *lines, f"| **in all** | **{found['disk'] * scale:.0f}** |"])


def raised(seconds: float) -> dict[str, Any]:
    """`measure` on a lab of its own."""
    boxes.BOXES, boxes.LAB = 1, LAB
    repository = Path(os.environ.get("KETNOI_REPO", ".cache/repository")).absolute()
    with tempfile.TemporaryDirectory(prefix="ketnoi-bench-") as scratch:
        inventory = boxes.province(Path(scratch))
        os.environ |= {"KETNOI_HOME": f"{scratch}/home", "KETNOI_INVENTORY": str(inventory), "KETNOI_REPO": str(repository)}
        with boxes.lab(inventory) as (code,):
            boxes.ketnoi("rollout", "--area", boxes.AREA, cwd=inventory.parent)
            print(f"bench: {SETTLE_S} s to settle, then {seconds:.0f} s are heard", file=sys.stderr, flush=True)
            time.sleep(SETTLE_S)
            return measure(layout.Lab(LAB), code, seconds)


if __name__ == "__main__":
    sys.exit(main("idle", "What an idle box costs a day.", "raising the lab", raised, table))
