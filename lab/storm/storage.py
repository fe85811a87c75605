"""Faults of what is stored: disks that are full, files that are damaged, put back or copied, a history of years."""

from __future__ import annotations

import time
from collections.abc import Iterator

from lab.hands import wait
from lab.machines import machine
from lab.plan import Facility
from lab.storm.sky import BACK_S, HEARD_S, LINK_S, MOMENT_S, Sky, fault

AGENT, RECORDER = "ketnoi-agent.service", "ketnoi-recorder.service"
OUTBOX = "/var/lib/private/ketnoi-agent"
INDEX = "/var/lib/ketnoi-recorder/index.db"
FILLER = "/var/lib/ketnoi-filler"


def fill(sky: Sky, code: str) -> None:
    """Most of the disk at once; the last of it, which also holds the map of all that, byte for byte."""
    most = f"fallocate -l $(($(df --output=avail -B1 /var/lib | tail -1) - {64 << 20})) {FILLER}"
    sky.inside(code, "sh", "-c", f"{most} && ! dd if=/dev/zero of={FILLER}.rest bs=64k status=none 2>/dev/null")


def free(sky: Sky, code: str) -> None:
    sky.inside(code, "rm", "-f", FILLER, f"{FILLER}.rest")


@fault(LINK_S)
def disk_full(sky: Sky, facility: Facility) -> Iterator[None]:
    try:
        fill(sky, facility.code)
        yield
    finally:
        free(sky, facility.code)


@fault(LINK_S)
def disk_full_at_start(sky: Sky, facility: Facility) -> Iterator[None]:
    """Agent and recorder find the disk full when they start; the agent's outbox is sound, and must be taken for sound."""
    code, began = facility.code, time.time()
    try:
        sky.inside(code, "systemctl", "stop", AGENT, RECORDER)
        fill(sky, code)
        sky.inside(code, "systemctl", "start", "--no-block", AGENT, RECORDER)
        sky.truth.cannot_know(code, began - HEARD_S, time.time() + BACK_S)
        yield
    finally:
        free(sky, code)
        sky.inside(code, "systemctl", "start", AGENT, RECORDER)


@fault(None, MOMENT_S)
def outbox_damaged(sky: Sky, facility: Facility) -> Iterator[None]:
    """Overwritten under the running agent: what it had not sent is gone, and must be declared."""
    began = time.time()
    path = "/var/lib/private/ketnoi-agent/outbox.db"
    sky.inside(facility.code, "sh", "-c", f"head -c 65536 /dev/urandom | dd of={path} conv=notrunc status=none; rm -f {path}-wal")
    yield
    sky.truth.cannot_know(facility.code, began - BACK_S, time.time() + BACK_S)


@fault(None, MOMENT_S)
def outbox_put_back(sky: Sky, facility: Facility) -> Iterator[None]:
    """From a copy that is some moments old: numbers that the hub already has come again for other events."""
    code, copy = facility.code, "/var/lib/private/ketnoi-storm-copy"
    began = time.time()
    sky.inside(code, "sh", "-c", f"systemctl stop {AGENT}; rm -rf {copy}; cp -a {OUTBOX} {copy}; systemctl start {AGENT}")
    yield
    sky.inside(code, "sh", "-c", f"systemctl stop {AGENT}; rm -rf {OUTBOX}; mv {copy} {OUTBOX}; systemctl start {AGENT}")
    sky.truth.cannot_know(code, began - HEARD_S, time.time() + BACK_S)


@fault(None, MOMENT_S)
def index_damaged(sky: Sky, facility: Facility) -> Iterator[None]:
    """The recorder's, overwritten while it records, at the first facility that records on its box, and started again: its files must all
    be found."""
    code = next(each.code for each in sky.plan.facilities if sky.inside(each.code, "ls", "/etc/ketnoi/recorder.json", check=False))
    sky.inside(code, "sh", "-c", f"head -c 65536 /dev/urandom | dd of={INDEX} conv=notrunc status=none")
    yield
    sky.inside(code, "systemctl", "restart", RECORDER)


_CLONE = """set -e
rm -rf /run/ketnoi-clone; mkdir -p /run/ketnoi-clone/run /run/ketnoi-clone/keys
cp -a /var/lib/private/ketnoi-agent /run/ketnoi-clone/state
cp /etc/ketnoi/box.key /etc/ketnoi/credentials/devices.json /run/ketnoi-clone/keys
export KETNOI_BOOT_ID=$(cat /proc/sys/kernel/random/uuid) CREDENTIALS_DIRECTORY=/run/ketnoi-clone/keys
setsid edge-agent daemon --state /run/ketnoi-clone/state --run /run/ketnoi-clone/run </dev/null >/run/ketnoi-clone/log 2>&1 &
echo $! >/run/ketnoi-clone/pid
"""


@fault(None)
def cloned_box(sky: Sky, facility: Facility) -> Iterator[None]:
    """A copy of the box's disk runs elsewhere, with its key, its outbox and a boot of its own; both look at the same cameras."""
    began = time.time()
    sky.inside(facility.code, "sh", "-c", _CLONE)
    yield
    sky.inside(facility.code, "sh", "-c", "kill -9 -$(cat /run/ketnoi-clone/pid); rm -rf /run/ketnoi-clone")
    sky.truth.cannot_know(facility.code, began - HEARD_S, time.time() + BACK_S)


_YEARS = """
INSERT INTO intervals (site, subject, status, began, ended)
SELECT '{site}', 'camera/' || slot, CASE n % 2 WHEN 0 THEN 'up' ELSE 'down' END,
  now() - interval '1000 days' + n * interval '50 minutes', now() - interval '1000 days' + (n + 1) * interval '50 minutes'
FROM generate_series(1, 16) slot, generate_series(1, 9000) n
"""


@fault(None)
def booted_after_years(sky: Sky, facility: Facility) -> Iterator[None]:
    """A site with 144,000 intervals of three years (made, not waited for) has a power cut: its boot must not rewrite them."""
    code, began = facility.code, time.time()
    site = sky.sites[code]
    sky.sql(_YEARS.format(site=site))
    try:
        machine.cut(sky.plan.lab, code)
        yield
        machine.start(sky.plan.lab, code)
        wait.machines(sky.plan, [code])
        sky.truth.cannot_know(code, began - HEARD_S, time.time() + BACK_S)
    finally:
        sky.sql(f"DELETE FROM intervals WHERE site = '{site}' AND boot IS NULL AND ended < now() - interval '30 days'")
