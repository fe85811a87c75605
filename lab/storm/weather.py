"""Faults of programs, power and links: what each does, mends, and lets nobody know."""

from __future__ import annotations

import time
from collections.abc import Iterator

from lab.hands import faults, wait
from lab.machines import machine
from lab.plan import Facility
from lab.storm.sky import BACK_S, HEARD_S, HUB_S, LINK_S, MOMENT_S, Sky, fault


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


@fault(LINK_S, MOMENT_S)
def nat_rebound(sky: Sky, facility: Facility) -> Iterator[None]:
    """The router forgets every connection at once."""
    faults.line(sky.plan, facility, False)
    faults.line(sky.plan, facility, True)
    yield
