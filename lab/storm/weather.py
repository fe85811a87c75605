"""The faults: what each does, mends, and lets nobody know. One at a time; cameras come and go all the while."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lab.hands import access, faults, wait
from lab.machines import machine
from lab.plan import Facility, Plan
from lab.say import LabError
from lab.storm import certificates, clocks
from lab.storm.truth import Truth

BACK_S = 90.0
"""After it ran again an agent needs this long at most until every camera was looked at: its boot, a probe's interval, its patience."""
HEARD_S = 25.0
"""An agent that died without a word is known to have run until the hub's last word of it: a beat comes every 20 s."""


@dataclass(frozen=True)
class Sky:
    """The province under the weather."""

    plan: Plan
    truth: Truth

    def inside(self, name: str, *command: str, check: bool = True, stdin: str = "") -> str:
        done = subprocess.run(
            [*access.enter_machine(self.plan.lab, name), *command], input=stdin, capture_output=True, text=True, timeout=300
        )
        if check and done.returncode:
            said = f"{name}: {' '.join(command)}: {done.stderr.strip()}"
            raise LabError(said, said)
        return done.stdout

    def write(self, name: str, path: str, content: str) -> None:
        """In place of what is there, durably: a power cut may come next."""
        put = f"cat >{path}.new && chmod --reference={path} {path}.new && sync {path}.new && mv {path}.new {path}"
        self.inside(name, "sh", "-c", put, stdin=content)

    def status(self, code: str) -> dict[str, Any]:
        """What a box's agent says of itself; {} while it says nothing."""
        try:
            found: dict[str, Any] = json.loads(self.inside(code, "edge-agent", "status", "--json", check=False))
        except ValueError:
            return {}
        return found

    def link(self, code: str) -> dict[str, Any]:
        found: dict[str, Any] = self.status(code).get("link", {})
        return found


Play = Callable[[Sky, Facility], "Iterator[None]"]
LINK_S, HUB_S = 15.0, 60.0
"""Promised: heard again so long after the link's return, and after the hub's."""
LASTS_S = (12.0, 45.0)
MOMENT_S = (2.0, 6.0)


COMES_TO_PASS_S = 120.0


def until(true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + COMES_TO_PASS_S
    while not true():
        if time.monotonic() > deadline:
            raise LabError(otherwise, otherwise)
        time.sleep(0.5)


@dataclass(frozen=True)
class Weather:
    """A kind of fault. `recovery_s`: promised until the hub hears everybody again; None: a box's own start is part of it."""

    play: Play
    recovery_s: float | None
    lasts_s: tuple[float, float]
    on_hub: bool


KINDS: dict[str, Weather] = {}


def fault(recovery_s: float | None, lasts_s: tuple[float, float] = LASTS_S, on_hub: bool = False) -> Callable[[Play], Play]:
    """A generator: everything before its `yield` does the harm, everything after mends it."""

    def named(play: Play) -> Play:
        KINDS[play.__name__] = Weather(play, recovery_s, lasts_s, on_hub)
        return play

    return named


@contextmanager
def under(name: str, sky: Sky, facility: Facility) -> Iterator[None]:
    """Mended whatever happens in between."""
    play = KINDS[name].play(sky, facility)
    next(play)
    try:
        yield
    finally:
        next(play, None)


@fault(None, MOMENT_S)
def agent_killed(sky: Sky, facility: Facility) -> Iterator[None]:
    began = time.time()
    sky.inside(facility.code, "systemctl", "kill", "--signal=KILL", "ketnoi-agent.service")
    yield
    sky.truth.cannot_know(facility.code, began - HEARD_S, began + BACK_S)


@fault(HUB_S, MOMENT_S, on_hub=True)
def broker_killed(sky: Sky, facility: Facility) -> Iterator[None]:
    sky.inside("hub", "systemctl", "kill", "--signal=KILL", "mosquitto.service")
    yield


@fault(HUB_S, MOMENT_S, on_hub=True)
def collector_killed(sky: Sky, facility: Facility) -> Iterator[None]:
    sky.inside("hub", "systemctl", "kill", "--signal=KILL", "ketnoi-collector.service")
    yield


@fault(HUB_S, MOMENT_S, on_hub=True)
def database_killed(sky: Sky, facility: Facility) -> Iterator[None]:
    sky.inside("hub", "systemctl", "kill", "--signal=KILL", "postgresql@15-main.service")
    yield


@fault(None)
def power_cut(sky: Sky, facility: Facility) -> Iterator[None]:
    """What had not reached the disk is lost."""
    began = time.time()
    machine.cut(sky.plan.lab, facility.code)
    yield
    machine.start(sky.plan.lab, facility.code)
    wait.machines(sky.plan, [facility.code])
    sky.truth.cannot_know(facility.code, began - HEARD_S, time.time() + BACK_S)


@fault(HUB_S, on_hub=True)
def hub_power_cut(sky: Sky, facility: Facility) -> Iterator[None]:
    machine.cut(sky.plan.lab, "hub")
    yield
    machine.start(sky.plan.lab, "hub")
    wait.machines(sky.plan, ["hub"])


@fault(LINK_S)
def disk_full(sky: Sky, facility: Facility) -> Iterator[None]:
    """Most of it at once; the last of it, which also holds the map of all that, byte for byte."""
    filler = "/var/lib/ketnoi-filler"
    most = f"fallocate -l $(($(df --output=avail -B1 /var/lib | tail -1) - {64 << 20})) {filler}"
    try:
        sky.inside(facility.code, "sh", "-c", f"{most} && ! dd if=/dev/zero of={filler}.rest bs=64k status=none 2>/dev/null")
        yield
    finally:
        sky.inside(facility.code, "rm", "-f", filler, f"{filler}.rest")


@fault(None, MOMENT_S)
def outbox_damaged(sky: Sky, facility: Facility) -> Iterator[None]:
    """Overwritten under the running agent: what it had not sent is gone, and must be declared."""
    began = time.time()
    path = "/var/lib/private/ketnoi-agent/outbox.db"
    sky.inside(facility.code, "sh", "-c", f"head -c 65536 /dev/urandom | dd of={path} conv=notrunc status=none; rm -f {path}-wal")
    yield
    sky.truth.cannot_know(facility.code, began - BACK_S, time.time() + BACK_S)


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


@fault(LINK_S)
def line_down(sky: Sky, facility: Facility) -> Iterator[None]:
    faults.line(sky.plan, facility, False)
    yield
    faults.line(sky.plan, facility, True)


@fault(LINK_S)
def half_open(sky: Sky, facility: Facility) -> Iterator[None]:
    faults.eat_all(sky.plan, facility, True)
    yield
    faults.eat_all(sky.plan, facility, False)


@fault(LINK_S)
def udp_eaten(sky: Sky, facility: Facility) -> Iterator[None]:
    faults.eat_udp(sky.plan, facility, True)
    yield
    faults.eat_udp(sky.plan, facility, False)


@fault(LINK_S)
def two_percent_lost(sky: Sky, facility: Facility) -> Iterator[None]:
    faults.lose(sky.plan, facility, 2)
    yield
    faults.lose(sky.plan, facility, 0)


@fault(LINK_S)
def twenty_percent_lost(sky: Sky, facility: Facility) -> Iterator[None]:
    faults.lose(sky.plan, facility, 20)
    yield
    faults.lose(sky.plan, facility, 0)


@fault(LINK_S)
def six_hundred_ms(sky: Sky, facility: Facility) -> Iterator[None]:
    """To the internet and back, as by satellite."""
    faults.delay(sky.plan, facility, 300)
    yield
    faults.delay(sky.plan, facility, 0)


@fault(LINK_S)
def certificate_ended(sky: Sky, facility: Facility) -> Iterator[None]:
    """The box's: its session is broken, and the hub takes it in again only with the certificate that holds."""
    code = facility.code
    holds = sky.inside(code, "cat", certificates.AT)
    try:
        sky.write(code, certificates.AT, certificates.ended(sky.plan.province, holds))
        faults.eat_all(sky.plan, facility, True)
        try:
            until(lambda: sky.link(code).get("connected") is False, f"{code}: the session stands")
        finally:
            faults.eat_all(sky.plan, facility, False)
        until(lambda: "certificate ended" in (sky.link(code).get("problem") or ""), f"{code}: an ended certificate was not refused")
        yield
    finally:
        sky.write(code, certificates.AT, holds)


@fault(LINK_S)
def clock_back_a_year(sky: Sky, facility: Facility) -> Iterator[None]:
    clocks.put(sky.plan.lab, facility.code, "-365d")
    yield
    clocks.put(sky.plan.lab, facility.code, "+0")


@fault(LINK_S)
def clock_ahead_an_hour(sky: Sky, facility: Facility) -> Iterator[None]:
    clocks.put(sky.plan.lab, facility.code, "+1h")
    yield
    clocks.put(sky.plan.lab, facility.code, "+0")


@fault(LINK_S, MOMENT_S)
def nat_rebound(sky: Sky, facility: Facility) -> Iterator[None]:
    """The router forgets every connection at once."""
    faults.line(sky.plan, facility, False)
    faults.line(sky.plan, facility, True)
    yield
