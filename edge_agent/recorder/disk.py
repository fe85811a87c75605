"""How the disk with the footage is, and how many days it will hold."""

import asyncio
import errno
import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from edge_agent.contract.recordings import DiskState

SYNC_TIMEOUT_S = 30.0
FLOOR_BYTES = 32 << 20
"""With less than this free nothing is written: SQLite and the rest of the box need it."""


@dataclass(frozen=True)
class Disk:
    """`state`: ok, low (the days wanted will not fit, or have already been cut short), full, failed. `detail`: a key of words.DISK.
    `holds_days`: at today's rate; None while that isn't known."""

    path: str
    total_bytes: int
    free_bytes: int
    state: DiskState
    detail: str
    holds_days: float | None = None

    @property
    def writable(self) -> bool:
        return self.state in ("ok", "low")


def look(folder: Path, keep_free: int, days: float, held_bytes: int, bytes_per_day: float | None, crowded: bool) -> Disk:
    """Looks and tries a write. `held_bytes`: of footage; `crowded`: footage younger than `days` had to go for lack of space."""
    try:
        usage = os.statvfs(folder)
        total, free = usage.f_blocks * usage.f_frsize, usage.f_bavail * usage.f_frsize
    except OSError:
        return Disk(str(folder), 0, 0, "failed", "missing")
    holds = (held_bytes + free - keep_free) / bytes_per_day if bytes_per_day else None
    problem = _try(folder) if free > FLOOR_BYTES else "full"
    if problem:
        return Disk(str(folder), total, free, "full" if problem == "full" else "failed", problem, holds)
    if crowded:
        return Disk(str(folder), total, free, "low", "crowded", holds)
    if holds is not None and holds < days:
        return Disk(str(folder), total, free, "low", "too_small", holds)
    if free < keep_free:
        return Disk(str(folder), total, free, "low", "little_free", holds)
    return Disk(str(folder), total, free, "ok", "ok", holds)


def same(one: Path, other: Path) -> bool:
    """Are both on one filesystem? True also where one can't be looked at."""
    try:
        return one.stat().st_dev == other.stat().st_dev
    except OSError:
        return True


def _try(folder: Path) -> str | None:
    """A file made, written, synced, removed; what stood in the way."""
    probe = folder / f".probe-{uuid.uuid4().hex[:8]}"
    try:
        handle = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, b"ketnoi\n")
            os.fdatasync(handle)
        finally:
            os.close(handle)
            probe.unlink()
    except OSError as error:
        return failure(error)
    return None


_FAILURES = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "read_only",
    errno.EACCES: "not_ours",
    errno.EPERM: "not_ours",
    errno.ENOENT: "missing",
}


def failure(error: OSError) -> str:
    """The key of words.DISK for an error of the filesystem."""
    return _FAILURES.get(error.errno or 0, "broken")


async def sync(folder: Path) -> str | None:
    """One `sync -f`: all cameras' bytes reach the disk in one go, whatever their number. What stood in the way, or None."""
    try:
        process = await asyncio.create_subprocess_exec(
            "sync",
            "-f",
            str(folder),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(SYNC_TIMEOUT_S):
            return "broken" if await process.wait() else None
    except TimeoutError:
        return "silent"
