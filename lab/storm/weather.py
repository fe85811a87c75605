"""The faults: what each does, mends, and lets nobody know. One at a time; cameras come and go all the while."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lab import access, faults, machine, wait
from lab.plan import Facility, Plan
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

    def inside(self, name: str, *command: str, check: bool = True) -> str:
        done = subprocess.run([*access.enter_machine(self.plan.lab, name), *command], capture_output=True, text=True, timeout=120)
        if check and done.returncode:
            raise RuntimeError(f"{name}: {' '.join(command)}: {done.stderr.strip()}")
        return done.stdout


Weather = Callable[[Sky, Facility], "Iterator[None]"]
KINDS: dict[str, Weather] = {}


def fault(play: Weather) -> Weather:
    """A generator: everything before its `yield` does the harm, everything after mends it."""
    KINDS[play.__name__] = play
    return play


@contextmanager
def under(name: str, sky: Sky, facility: Facility) -> Iterator[None]:
    """Mended whatever happens in between."""
    play = KINDS[name](sky, facility)
    next(play)
    try:
        yield
    finally:
        next(play, None)


@fault
def agent_killed(sky: Sky, facility: Facility) -> Iterator[None]:
    began = time.time()
    sky.inside(facility.code, "systemctl", "kill", "--signal=KILL", "ketnoi-agent.service")
    yield
    sky.truth.cannot_know(facility.code, began - HEARD_S, began + BACK_S)


@fault
def broker_killed(sky: Sky, facility: Facility) -> Iterator[None]:
    sky.inside("hub", "systemctl", "kill", "--signal=KILL", "mosquitto.service")
    yield


@fault
def collector_killed(sky: Sky, facility: Facility) -> Iterator[None]:
    sky.inside("hub", "systemctl", "kill", "--signal=KILL", "ketnoi-collector.service")
    yield


@fault
def database_killed(sky: Sky, facility: Facility) -> Iterator[None]:
    sky.inside("hub", "systemctl", "kill", "--signal=KILL", "postgresql@15-main.service")
    yield


@fault
def power_cut(sky: Sky, facility: Facility) -> Iterator[None]:
    """What had not reached the disk is lost."""
    began = time.time()
    machine.cut(sky.plan.lab, facility.code)
    yield
    machine.start(sky.plan.lab, facility.code)
    wait.machines(sky.plan, [facility.code])
    sky.truth.cannot_know(facility.code, began - HEARD_S, time.time() + BACK_S)


@fault
def hub_power_cut(sky: Sky, facility: Facility) -> Iterator[None]:
    machine.cut(sky.plan.lab, "hub")
    yield
    machine.start(sky.plan.lab, "hub")
    wait.machines(sky.plan, ["hub"])


@fault
def disk_full(sky: Sky, facility: Facility) -> Iterator[None]:
    filler = "/var/lib/ketnoi-filler"
    sky.inside(facility.code, "sh", "-c", f"fallocate -l $(($(df --output=avail -B1 /var/lib | tail -1) - 65536)) {filler}")
    yield
    sky.inside(facility.code, "rm", "-f", filler)


@fault
def outbox_damaged(sky: Sky, facility: Facility) -> Iterator[None]:
    """Overwritten under the running agent: what it had not sent is gone, and must be declared."""
    began = time.time()
    path = "/var/lib/private/ketnoi-agent/outbox.db"
    sky.inside(facility.code, "sh", "-c", f"head -c 65536 /dev/urandom | dd of={path} conv=notrunc status=none; rm -f {path}-wal")
    yield
    sky.truth.cannot_know(facility.code, began - BACK_S, time.time() + BACK_S)


@fault
def line_down(sky: Sky, facility: Facility) -> Iterator[None]:
    faults.line(sky.plan, facility, False)
    yield
    faults.line(sky.plan, facility, True)


@fault
def half_open(sky: Sky, facility: Facility) -> Iterator[None]:
    faults.eat_all(sky.plan, facility, True)
    yield
    faults.eat_all(sky.plan, facility, False)


@fault
def udp_eaten(sky: Sky, facility: Facility) -> Iterator[None]:
    faults.eat_udp(sky.plan, facility, True)
    yield
    faults.eat_udp(sky.plan, facility, False)


@fault
def two_percent_lost(sky: Sky, facility: Facility) -> Iterator[None]:
    faults.lose(sky.plan, facility, 2)
    yield
    faults.lose(sky.plan, facility, 0)


@fault
def twenty_percent_lost(sky: Sky, facility: Facility) -> Iterator[None]:
    faults.lose(sky.plan, facility, 20)
    yield
    faults.lose(sky.plan, facility, 0)


@fault
def six_hundred_ms(sky: Sky, facility: Facility) -> Iterator[None]:
    """To the internet and back, as by satellite."""
    faults.delay(sky.plan, facility, 300)
    yield
    faults.delay(sky.plan, facility, 0)


@fault
def nat_rebound(sky: Sky, facility: Facility) -> Iterator[None]:
    """The router forgets every connection at once."""
    faults.line(sky.plan, facility, False)
    faults.line(sky.plan, facility, True)
    yield
