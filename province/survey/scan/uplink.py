"""What a facility's line carries upwards: noise pulled from its box through the tunnel (or lifeline), for a few seconds at most.

The way of that noise is the way of the pictures as far as the hub, and from there the office's own line. So the same is pulled from
the hub: where that is hardly faster, the office was the narrow place, and the facility's line carries *at least* what was seen.
"""

import os
import subprocess
import threading
import time
from dataclasses import dataclass

from province.reach.ssh import Shell
from province.text import Text

MEGABYTES = 8
SECONDS = 8
"""At most so much noise, at most so long: on a 4G line that is paid by volume, and at 1 Mbit/s, it still ends."""
SETTLE_BYTES = 64 * 1024
"""What was sent before the first look, while ssh and TCP were starting, is not counted."""
_SLACK_S = 25
_NARROW = 1.25

HOW = Text(
    "{mb:.1f} MB dữ liệu ngẫu nhiên kéo từ thiết bị biên bằng SSH trong {seconds:.0f} giây, qua máy chủ kết nối về văn phòng",
    "{mb:.1f} MB of noise pulled from the box over SSH for {seconds:.0f} s, through the hub to the office",
)
AT_LEAST = Text(
    "{how}; đường của văn phòng không nhanh hơn, nên đây là mức tối thiểu",
    "{how}; the office's own line was no faster, so this is the least",
)
SKIPPED = Text("không đo theo yêu cầu (--no-uplink)", "not measured, as asked (--no-uplink)")
NO_HUB = Text("quét bằng máy tính tại chỗ: không có máy chủ kết nối để đo", "scanned with a laptop: there is no hub to measure against")
FAILED = Text("không đo được: {why}", "could not be measured: {why}")


@dataclass(frozen=True)
class Rate:
    """kbit/s; None: it could not be measured, `how` says why."""

    kbps: int | None
    at_least: bool
    how: Text


def measure(shell: Shell, code: str) -> Rate:
    box = _pulled(shell, code)
    if isinstance(box, str):
        return Rate(None, False, FAILED.format(why=box))
    kbps, megabytes, seconds = box
    how = HOW.format(mb=megabytes, seconds=seconds)
    hub = _pulled(shell, "hub")
    narrow = not isinstance(hub, str) and hub[0] < kbps * _NARROW
    return Rate(kbps, narrow, Text(AT_LEAST.vi.format(how=how.vi), AT_LEAST.en.format(how=how.en)) if narrow else how)


def _pulled(shell: Shell, host: str) -> tuple[int, float, float] | str:
    """(kbit/s, megabytes, seconds) of what came, or why nothing did."""
    noise = f"timeout {SECONDS} head -c {MEGABYTES * 1_000_000} /dev/urandom"
    process = subprocess.Popen(
        shell.command(host, ["sh", "-c", noise]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    stop = threading.Timer(SECONDS + _SLACK_S, process.kill)
    stop.start()
    begun, first, last, counted, total = 0.0, 0, 0.0, 0, 0
    try:
        while process.stdout and (chunk := os.read(process.stdout.fileno(), 1 << 16)):
            total, last = total + len(chunk), time.monotonic()
            if not begun and total >= SETTLE_BYTES:
                begun, first = last, total
        counted = total - first
    finally:
        stop.cancel()
        process.kill()
        process.wait()
    if not begun or last <= begun or counted <= 0:
        return "no data" if not total else "too little came"
    return round(counted * 8 / (last - begun) / 1000), total / 1e6, last - begun
