"""Faults of time: clocks that are set, clocks that nobody sets, certificates whose days are over."""

from __future__ import annotations

import time
from collections.abc import Iterator

from lab.hands import faults, wait
from lab.machines import machine
from lab.plan import Facility
from lab.storm import certificates, clocks
from lab.storm.sky import BACK_S, HEARD_S, HUB_S, LINK_S, Sky, fault, until


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


CHRONY = "/etc/chrony/chrony.conf"


@fault(None)
def no_time_from_boot(sky: Sky, facility: Facility) -> Iterator[None]:
    """The box's power is cut and no time server answers it any more: its clock is right here, but nothing on it can know that."""
    code, began = facility.code, time.time()
    holds = sky.inside(code, "cat", CHRONY)
    try:
        sky.write(code, CHRONY, "".join(line for line in holds.splitlines(True) if not line.startswith(("server", "pool"))))
        machine.cut(sky.plan.lab, code)
        machine.start(sky.plan.lab, code)
        wait.machines(sky.plan, [code])
        until(lambda: sky.status(code).get("clock", {}).get("synced") is False, f"{code}: calls a clock right that nobody set")
        sky.truth.cannot_know(code, began - HEARD_S, time.time() + BACK_S)
        yield
    finally:
        sky.write(code, CHRONY, holds)
        sky.inside(code, "systemctl", "restart", "chrony.service")


@fault(HUB_S, on_hub=True)
def hub_clock_ahead_at_start(sky: Sky, facility: Facility) -> Iterator[None]:
    """The collector, which also keeps house, starts four years ahead: nothing may go for its age, and no certificate is good any more."""
    lab, unit = sky.plan.lab, "ketnoi-collector.service"
    clocks.fit(lab, "hub", unit)
    try:
        clocks.put(lab, "hub", "+1500d")
        sky.inside("hub", "systemctl", "restart", unit)
        yield
    finally:
        clocks.take_out(lab, "hub", unit)
        sky.inside("hub", "systemctl", "restart", unit)
