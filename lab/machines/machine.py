"""Machines that boot systemd: their disk, their supervisor, and power.

A machine's disk is a sparse file with ext4, mounted by a loop device; the image and it make an overlay. So a power cut can be
played: the filesystem is shut down without writing its journal out (what was fsynced stays, the rest is lost), then everything
is killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import struct
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab import layout
from lab.cables import ledger
from lab.machines import image, supervisor
from lab.say import LabError

DISK_BYTES, BOX_DISK_BYTES = 12 << 30, 4 << 40
"""Sparse. A box's is large enough to record on for a month, as a real one's is: what is forecast from it is no alarm."""
LAYERS = "layers"
"""Beside a machine's disk: the directories below it, topmost first, parted by colons."""
EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2


def _run(*argv: str | Path) -> None:
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True)
    if done.returncode:
        text = f"{' '.join(str(a) for a in argv)}: {done.stderr.strip()}"
        raise LabError(f"lệnh hỏng: {text}", f"command failed: {text}")


def install(
    lab: layout.Lab, name: str, files: Mapping[str, str], disk_bytes: int = DISK_BYTES, layers: Sequence[Path] | None = None
) -> None:
    """Give the machine a new, empty disk over the image, with these files (path under / -> text) laid between.

    `layers`, topmost first: what lies below the disk in place of the bare image (see lab.checkpoint).
    """
    place = lab.disk(name)
    for part in ("disk", "root", "seed"):
        (place / part).mkdir(parents=True)
    (place / LAYERS).write_text(":".join(str(layer) for layer in (place / "seed", *(layers or [image.path()]))))
    for path, text in files.items():
        (place / "seed" / path).parent.mkdir(parents=True, exist_ok=True)
        (place / "seed" / path).write_text(text)
    disk = place / "disk.img"
    with disk.open("wb") as file:
        file.truncate(disk_bytes)
    lazy = "lazy_itable_init=1,lazy_journal_init=1,nodiscard"
    few_inodes = ["-T", "largefile4"] if disk_bytes > DISK_BYTES else []
    _run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", lazy, "-J", "size=16", *few_inodes, disk)


def wipe(lab: layout.Lab, name: str) -> None:
    """Destroy a machine's disk. It must be off."""
    _released(lab, name)
    shutil.rmtree(lab.disk(name))


def _released(lab: layout.Lab, name: str) -> None:
    if not supervisor.await_release(lab.disk(name) / "disk.img"):
        raise LabError(f"đĩa của {name} vẫn đang được dùng", f"the disk of {name} is still in use")


def _supervisor(lab: layout.Lab, name: str) -> int | None:
    running = ledger.processes(lab, f"supervisor {name}")
    return running[-1]["pid"] if running else None


def leader(lab: layout.Lab, name: str) -> int | None:
    """The machine's own process 1, as the host numbers it; None while it is off."""
    try:
        nspawn = int((lab.machine(name) / "nspawn.pid").read_text())
        children = Path(f"/proc/{nspawn}/task/{nspawn}/children").read_text().split()
        for child in children:
            status = Path(f"/proc/{child}/status").read_text()
            if any(line.startswith("NSpid:") and line.split()[-1] == "1" and len(line.split()) > 2 for line in status.splitlines()):
                return int(child)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        pass
    return None


def on(lab: layout.Lab, name: str) -> bool:
    return _supervisor(lab, name) is not None


def start(lab: layout.Lab, name: str) -> None:
    """Switch it on; returns at once (wait for its sshd with lab.hands.wait)."""
    if on(lab, name):
        return
    state, netns, place = lab.machine(name), lab.netns(name), lab.disk(name)
    state.mkdir(parents=True, exist_ok=True)
    nspawn = [
        "systemd-nspawn", "-q", "--boot", f"--directory={place / 'root'}", f"--machine={netns}", "--register=no", "--keep-unit",
        f"--network-namespace-path={layout.NETNS / netns}", "--capability=CAP_NET_ADMIN", "--bind=/dev/net/tun",
        "--link-journal=no", "--resolv-conf=off", "--timezone=off", "--settings=no",
    ]  # fmt: skip
    argv = ledger.python("-m", "lab.machines.supervisor", netns, str(state), str(place), "--", *nspawn)
    env = ledger.environment(lab, SYSTEMD_NSPAWN_API_VFS_WRITABLE="network")
    ledger.spawn(lab, f"supervisor {name}", argv, state / "console.log", cwd=place, env=env)


def off(lab: layout.Lab, name: str, seconds: float = 30.0) -> None:
    """Power it off in good order, as its button would. LabError if it doesn't end in time."""
    pid = _supervisor(lab, name)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    if not ledger.gone([pid], seconds):
        raise LabError(
            f"{name} không tắt sau {seconds:.0f} s; thử: power {name} cut",
            f"{name} did not power off within {seconds:.0f} s; try: power {name} cut",
        )
    _released(lab, name)


def cut(lab: layout.Lab, name: str) -> None:
    """A power cut: what had not reached the disk is lost."""
    pid = _supervisor(lab, name)
    if pid is None:
        return
    nspawn = int((lab.machine(name) / "nspawn.pid").read_text())
    fd = os.open(f"/proc/{nspawn}/root{lab.disk(name) / 'disk'}", os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
    finally:
        os.close(fd)
    victims = [p for p in (pid, leader(lab, name), nspawn) if p]
    for victim in victims:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    if not ledger.gone(victims, 10):
        raise LabError(f"{name}: tiến trình không chịu dừng", f"{name}: its processes would not die")
    (lab.machine(name) / "nspawn.pid").unlink(missing_ok=True)
    _released(lab, name)
    supervisor.renew(lab.netns(name))
