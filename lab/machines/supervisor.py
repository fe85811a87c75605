"""Keeps one machine: runs systemd-nspawn, and starts it again when the machine reboots.

nspawn ends with status 133 for a reboot, anything else is a power-off. A real machine's kernel forgets its addresses, routes,
firewall and tunnels then, and a machine that is off answers nobody; a namespace would do neither, so after each run the
cables are moved into a new one, where they are down until somebody raises them. The console goes to this process's stdout.

Each supervisor has control groups of its own: without them all machines' systemds would share one, /system.slice/ssh.service of one
being that of all.

A machine's disk and overlay are mounted in a mount namespace that only its nspawn lives in. Mounted in the host's, each would be
copied into every machine started later and stay busy there.

    python -m lab.machines.supervisor NETNS STATE_DIR DISK_DIR -- NSPAWN ARGV...      (NETNS also names the control group)

STATE_DIR gets `nspawn.pid` while the machine runs and `boots` (how often it was started). SIGTERM powers the machine off in
good order. DISK_DIR holds disk.img, the directories disk and root to mount at, and the file `layers`: what lies below the disk
(files laid over the image, the image itself), topmost first, as overlay's `lowerdir` takes it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

REBOOT = 133
CGROUPS = Path("/sys/fs/cgroup")


def cgroup_roots() -> list[Path]:
    """Where control groups can be made: the one root of version 2, or version 1's hierarchies (cpuset would need its CPUs set first)."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    named = [p for p in CGROUPS.iterdir() if p.name not in ("cpuset",) and (p / "cgroup.procs").exists() and not p.is_symlink()]
    return sorted(named)


def enter_cgroup(name: str) -> None:
    for root in cgroup_roots():
        own = root / "ketnoi-lab" / name
        own.mkdir(parents=True, exist_ok=True)
        (own / "cgroup.procs").write_text(str(os.getpid()))


MOUNT_AND_RUN = """
cd "$1"; shift
mount -o loop,noinit_itable disk.img disk
mkdir -p disk/upper disk/work
mount -t overlay "$1" -o "lowerdir=$(cat layers),upperdir=$PWD/disk/upper,workdir=$PWD/disk/work" root; shift
exec "$@"
"""


def loop_of(disk: Path) -> str | None:
    """The loop device that stands on this file, if any."""
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            if backing.read_text().rstrip("\n") == str(disk):
                return f"/dev/{backing.parent.parent.name}"
        except OSError:
            continue
    return None


def await_release(disk: Path, seconds: float = 10.0) -> bool:
    """Until the last mount of this disk has gone: the kernel takes mounts down a little after the processes that held them."""
    deadline = time.monotonic() + seconds
    while loop_of(disk):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def cables(netns: str) -> list[str]:
    """The interfaces that lead out of a namespace; bridges and tunnels are the machine's own and end with it."""
    shown = subprocess.run(["ip", "-n", netns, "-br", "link", "show", "type", "veth"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0].partition("@")[0] for line in shown.splitlines()]


def renew(netns: str) -> None:
    """Put the cables into a new namespace and give it the old one's name."""
    fresh = f"{netns}.next"
    here, there = Path("/run/netns", netns), Path("/run/netns", fresh)
    subprocess.run(["ip", "netns", "add", fresh], check=True)
    subprocess.run(["ip", "-n", fresh, "link", "set", "lo", "up"], check=True)
    for interface in cables(netns):
        subprocess.run(["ip", "-n", netns, "link", "set", interface, "down", "netns", fresh], check=True)
    subprocess.run(["ip", "netns", "del", netns], check=True)
    here.touch()
    subprocess.run(["mount", "--bind", there, here], check=True)
    subprocess.run(["ip", "netns", "del", fresh], check=True)


def keep(netns: str, state: Path, place: Path, nspawn: list[str]) -> int:
    machine: subprocess.Popen[bytes] | None = None
    stopping = False

    def power_off(signum: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        if machine:
            machine.send_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, power_off)
    own_mounts = ["unshare", "--mount", "--propagation", "slave", "--", "sh", "-euc", MOUNT_AND_RUN, "sh", str(place), netns]
    pid, boots = state / "nspawn.pid", state / "boots"
    count = int(boots.read_text()) if boots.exists() else 0
    while True:
        if not await_release(place / "disk.img"):
            print("--- supervisor: the disk is still busy, starting all the same", flush=True)
        count += 1
        boots.write_text(str(count))
        print(f"--- supervisor: boot {count}", flush=True)
        machine = subprocess.Popen([*own_mounts, *nspawn], stdin=subprocess.DEVNULL)
        pid.write_text(str(machine.pid))
        status = machine.wait()
        pid.unlink(missing_ok=True)
        print(f"--- supervisor: nspawn ended with status {status}", flush=True)
        renew(netns)
        if status != REBOOT or stopping:
            return 0 if status == REBOOT else status


def main(argv: list[str]) -> int:
    cut = argv.index("--")
    netns, state, place = argv[:cut]
    enter_cgroup(netns)
    return keep(netns, Path(state), Path(place), argv[cut + 1 :])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
