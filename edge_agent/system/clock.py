"""The box's times: wall, since boot, and whether the wall clock can be trusted."""

import asyncio
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge_agent.contract.present import ClockState
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


MEASURED_WITHIN_S = 86400.0
"""So long after the last measurement a clock still counts as synchronised: an uplink is down for hours, and by then it is
off by tenths of a second at most (chrony reckons with 1 ppm beyond what it has corrected)."""
MEASURED_AHEAD_S = 5.0
"""A measurement further in the future: somebody else than chrony has set the clock since."""
_NO_SOURCE = ("00000000", "7F7F0101")
"""References that are none: never synchronised, and the box's own clock."""
_LEAPS = ("Normal", "Insert second", "Delete second")


@dataclass(frozen=True)
class Sync:
    """Whether the clock is right. synced None: chrony could not be asked. offset_s: how far the wall clock is from its sources."""

    synced: bool | None = None
    offset_s: float | None = None
    source: str | None = None

    def as_dict(self) -> ClockState:
        return {"synced": self.synced, "offset_s": self.offset_s, "source": self.source}


def parse_tracking(line: str, now: float) -> Sync:
    """From one line of `chronyc -c tracking`, read at `now` (wall, seconds since 1970), whether the clock is right.

    14 fields; 1 the reference, 2 the source's name, 4 when the clock was last measured, 5 the system's offset, 14 the leap status.
    "Normal" alone says nothing: a box that never had a source says it too (`local stratum`, by which it serves its cameras),
    and one that lost its source goes on saying it.
    """
    parts = line.strip().split(",")
    if len(parts) < 14:
        return Sync()
    reference, source, leap = parts[0], parts[1] or None, parts[13]
    try:
        measured_s, offset = now - float(parts[3]), float(parts[4])
    except ValueError:
        return Sync()
    synced = reference not in _NO_SOURCE and leap in _LEAPS and -MEASURED_AHEAD_S <= measured_s <= MEASURED_WITHIN_S
    return Sync(synced, offset if synced else None, source)


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
    return parse_tracking(output.decode("utf-8", "replace"), time.time()) if process.returncode == 0 else Sync()
