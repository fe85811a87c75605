"""Takes a lab away, whatever state it is in: finished, half made, or left by a kill -9.

The ledger is not enough (a kill can fall between making and writing), so what belongs to the lab is found by what it is:
processes by the lab's variable in their environment, a network namespace of the lab, or a root or working directory in its
places; namespaces by their prefix; mounts and loop devices by their place; control groups by name.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from lab import layout
from lab.cables import ledger, net
from lab.machines import supervisor
from lab.say import LabError


def _mounts(lab: layout.Lab) -> list[str]:
    """Mount points in the lab's places, deepest first."""
    places = (f"{lab.var}/", f"{lab.run}/")
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [p for p in reversed(points) if p.startswith(places)]


def _namespace_ids(lab: layout.Lab) -> set[tuple[int, int]]:
    found = set()
    for name in net.namespaces(lab.prefix):
        with contextlib.suppress(FileNotFoundError):
            status = (layout.NETNS / name).stat()
            found.add((status.st_dev, status.st_ino))
    return found


def _ancestors() -> set[int]:
    """This process and those above it: never to be killed."""
    spared, pid = set(), os.getpid()
    while pid > 0:
        spared.add(pid)
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            break
    return spared


def _belongs(process: Path, lab: layout.Lab, spaces: set[tuple[int, int]]) -> bool:
    variable = f"{layout.ENVIRONMENT}={lab.name}".encode()
    with contextlib.suppress(OSError):
        if variable in (process / "environ").read_bytes().split(b"\0"):
            return True
    with contextlib.suppress(OSError):
        status = (process / "ns/net").stat()
        if (status.st_dev, status.st_ino) in spaces:
            return True
    for link in ("cwd", "root"):
        with contextlib.suppress(OSError):
            if f"{(process / link).readlink()}/".startswith((f"{lab.var}/", f"{lab.run}/")):
                return True
    return False


def processes(lab: layout.Lab) -> set[int]:
    """Pids of all that belongs to the lab, this command and its ancestors apart."""
    spaces, spared = _namespace_ids(lab), _ancestors()
    recorded = {p["pid"] for p in ledger.processes(lab)}
    found = {int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and _belongs(p, lab, spaces)}
    return {pid for pid in recorded | found if pid not in spared and ledger.started_at(pid) is not None}


def _kill(lab: layout.Lab, seconds: float = 15.0) -> int:
    """Kill all of it; looked for again until nothing is left, since a process may have forked meanwhile."""
    killed: set[int] = set()
    deadline = time.monotonic() + seconds
    while victims := processes(lab):
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        killed |= victims
        if time.monotonic() > deadline:
            text = ", ".join(map(str, sorted(victims)))
            raise LabError(f"tiến trình không chịu dừng: {text}", f"these processes would not die: {text}")
        time.sleep(0.02)
    return len(killed)


def _unmount(lab: layout.Lab) -> int:
    """Unmount all, loop devices going with their mounts; a killed machine's last references may take a moment to go."""
    count, deadline = 0, time.monotonic() + 10
    while points := _mounts(lab):
        for point in points:
            done = subprocess.run(["umount", point], capture_output=True, text=True)
            count += done.returncode == 0
        if points == _mounts(lab):
            if time.monotonic() > deadline:
                text = ", ".join(points)
                raise LabError(f"không gỡ được {text}; có ai đang ở trong đó?", f"can't unmount {text}; is somebody in there?")
            time.sleep(0.1)
    return count


def loops(lab: layout.Lab) -> list[str]:
    """Loop devices whose file is in the lab's places (also where the file is deleted already)."""
    found = []
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):
            if backing.read_text().startswith(f"{lab.var}/"):
                found.append(f"/dev/{backing.parent.parent.name}")
    return found


def cgroups(lab: layout.Lab) -> list[Path]:
    """Control groups of the lab's machines, deepest first."""
    tops = [own for root in supervisor.cgroup_roots() for own in (root / "ketnoi-lab").glob(f"{lab.prefix}*")]
    return sorted((place for own in tops for place in (own, *own.rglob("*")) if place.is_dir()), key=lambda place: -len(place.parts))


def _cgroups(lab: layout.Lab, seconds: float = 10.0) -> None:
    """A control group can go only when the last of its killed processes has been reaped, a moment after it died."""
    deadline = time.monotonic() + seconds
    while left := cgroups(lab):
        for place in left:
            with contextlib.suppress(OSError):
                place.rmdir()
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    for root in supervisor.cgroup_roots():
        with contextlib.suppress(OSError):
            (root / "ketnoi-lab").rmdir()


def _netns(lab: layout.Lab) -> int:
    names = net.namespaces(lab.prefix)
    for name in names:
        if subprocess.run(["ip", "netns", "del", name], capture_output=True).returncode:
            with contextlib.suppress(FileNotFoundError):
                (layout.NETNS / name).unlink()
    return len(names)


def remains(lab: layout.Lab) -> list[str]:
    """What there is of this lab, in words; empty when it is gone."""
    found = [str(place) for place in (lab.run, lab.var) if place.exists()]
    found += net.namespaces(lab.prefix) + _mounts(lab) + loops(lab) + [str(place) for place in cgroups(lab)]
    return found + [f"process {pid}" for pid in sorted(processes(lab))]


def _free_loops(lab: layout.Lab, seconds: float = 10.0) -> int:
    """Loop devices go with their mounts, a moment after the processes; one that is still there after that is detached."""
    count, deadline = len(loops(lab)), time.monotonic() + seconds
    while left := loops(lab):
        if time.monotonic() > deadline - seconds + 1:
            for device in left:
                subprocess.run(["losetup", "-d", device], capture_output=True)
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    return count


def down(lab: layout.Lab) -> dict[str, int]:
    """Remove all of it; how many things of each sort went. LabError names what stays."""
    counts = {"processes": _kill(lab), "mounts": _unmount(lab), "loops": _free_loops(lab), "namespaces": _netns(lab)}
    _cgroups(lab)
    for place in (lab.var, lab.run):
        if place.exists():
            shutil.rmtree(place)
    for shared in ("propagate", "unix-export"):
        for left in Path("/run/systemd/nspawn", shared).glob(f"{lab.prefix}*"):
            shutil.rmtree(left, ignore_errors=True)
    if left_over := ", ".join(remains(lab)):
        raise LabError(f"lab {lab.name} chưa được gỡ hết, còn {left_over}", f"of lab {lab.name} there is still {left_over}")
    return counts
