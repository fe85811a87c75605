"""The box's times: wall, since boot, and whether the wall clock can be trusted."""

import asyncio
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge_agent.contract.strict import utc_text


def wall() -> str:
    return utc_text(datetime.now(UTC))


def mono() -> float:
    """Seconds since boot, counting sleep; comparable only within one boot."""
    return round(time.clock_gettime(time.CLOCK_BOOTTIME), 3)


def boot_id() -> str:
    """The boot's id. The hardened unit sees no /proc/sys, so systemd hands it over (KETNOI_BOOT_ID=%b)."""
    given = os.environ.get("KETNOI_BOOT_ID")
    if given:
        return given.replace("-", "")
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip().replace("-", "")
    except OSError:
        return "unknown"


@dataclass(frozen=True)
class Sync:
    """What chrony says. synced None: chrony could not be asked. offset_s: how far the wall clock is from its sources."""

    synced: bool | None = None
    offset_s: float | None = None
    source: str | None = None

    def as_dict(self) -> dict[str, object]:
        return {"synced": self.synced, "offset_s": self.offset_s, "source": self.source}


def parse_tracking(line: str) -> Sync:
    """From one line of `chronyc -c tracking`: 14 fields; 2 the source's name, 5 the system's offset, 14 the leap status."""
    parts = line.strip().split(",")
    if len(parts) < 14:
        return Sync()
    try:
        offset = float(parts[4])
    except ValueError:
        return Sync()
    synced = parts[13] != "Not synchronised"
    return Sync(synced, offset if synced else None, parts[1] or None)


async def ask_chrony(command: tuple[str, ...] = ("chronyc", "-n", "-c", "tracking"), timeout_s: float = 5.0) -> Sync:
    """One question to chrony's loopback port; a missing or silent chrony is an answer too (Sync())."""
    try:
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
    except OSError:
        return Sync()
    try:
        async with asyncio.timeout(timeout_s):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return Sync()
    return parse_tracking(output.decode("utf-8", "replace")) if process.returncode == 0 else Sync()
