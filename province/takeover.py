"""Who is to become whom: the plan of a bootstrap, its process, and the records of the machines that succeeded.

The work on the machines is pyinfra's, in a process of its own (see the package `bootstrap`). enrolled/NAME.yml is written
only when everything on that machine succeeded.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from bootstrap.job import Event, Job, Lifeline, Machine
from bootstrap.repository import served
from province.model import Facility, Province, addresses
from province.office import enrolment, packages
from province.office.enrolment import HUB
from province.office.home import Home
from province.reach import netns
from province.text import Text
from province.user_error import UserError

Status = Literal["enrolled", "unchanged", "changed", "failed", "refused", "seen"]
Progress = Callable[[Machine, Event], None]
Played = tuple[Machine, "Outcome", dict[str, Any] | None]

CHILD = [sys.executable, "-m", "bootstrap"]
DIED = Text("tiến trình cài đặt dừng giữa chừng", "the bootstrap process ended half-way")
AGAIN = Text("chạy lại lệnh này", "run this command again")


class BootstrapError(UserError):
    """A bootstrap that can't begin."""


@dataclass(frozen=True)
class Outcome:
    """How one machine ended. changed: operations that wrote something; seconds: from the run's start to its end.

    "seen": it is the machine that we mean, and nothing was asked of it (`look`). known: it opened to a pinned host key.
    macs, serial: the machine's own marks, where it was asked.
    """

    name: str
    status: Status
    changed: int
    seconds: float
    reason: Text | None = None
    hint: Text | None = None
    known: bool = False
    macs: tuple[str, ...] = ()
    serial: str | None = None

    def document(self) -> dict[str, Any]:
        return {
            "code": self.name,
            "status": self.status,
            "changed": self.changed,
            "seconds": self.seconds,
            "reason": self.reason.as_dict() if self.reason else None,
            "hint": self.hint.as_dict() if self.hint else None,
        }


def take_over(inventory: Path, province: Province, where: Mapping[str, str], password: str | None, progress: Progress) -> list[Outcome]:
    """Bootstrap the machines and enrol those that succeed; an outcome for each, in order.

    where: `hub` or a facility's code -> address at which the machine answers now. Raises UserError before anything began.
    """
    home = _home(province)
    machines = [_machine(inventory, province, home, name, address) for name, address in where.items()]
    netns.enter(inventory)
    outcomes = {}
    with served(home.repository) as port:
        for machine, outcome, record in _play(Job(province.code, tuple(machines), password, port), progress):
            if record is not None:
                outcome = _enrol(inventory, home, machine, outcome, record)
            outcomes[machine.name] = outcome
    refresh(inventory, province, home)
    return [outcomes[machine.name] for machine in machines]


def look(inventory: Path, province: Province, name: str, address: str, password: str | None, mac: str | None = None) -> Outcome:
    """Is the machine at `address` the one that the inventory names, and do we know it already? Nothing is written.

    mac: the uplink's, in place of all marks that the inventory has.
    """
    home = _home(province)
    netns.enter(inventory)
    machine = _machine(inventory, province, home, name, address)
    if mac:
        machine = replace(machine, macs=(mac,), serial=None)
    job = Job(province.code, (replace(machine, trust="pending"),), password, look=True)
    return next(outcome for _, outcome, _ in _play(job, lambda machine, event: None))


def ready(province: Province) -> Home:
    """The office's home, its package repository up to date. Call it first: a lab's office has no way to the registries.

    Raises BootstrapError when `ketnoi init` hasn't been run.
    """
    home = _home(province)
    packages.build(home.repository, home.signing)
    return home


def _home(province: Province) -> Home:
    home = Home(province.code)
    if not home.ca_crt.exists() or not home.ssh_key.exists():
        raise BootstrapError("văn phòng chưa có khoá: chạy `ketnoi init` trước", "the office has no keys yet: run `ketnoi init` first")
    return home


def refresh(inventory: Path, province: Province, home: Home) -> bool:
    """known_hosts and reach.json from the records."""
    probe = province.central.probe
    hub = {"block": province.hub.block, "endpoint": province.hub.endpoint, "ssh_user": province.hub.ssh_user}
    return enrolment.refresh(home, inventory, hub, str(probe.host) if probe else None)


def _machine(inventory: Path, province: Province, home: Home, name: str, address: str) -> Machine:
    if name == HUB:
        alternatives = (str(province.hub.endpoint), *map(str, province.hub.more_endpoints), province.hub.address)
        return Machine(HUB, "hub", address, HUB, addresses=alternatives, **_trust(inventory, home, HUB))
    facility = province.facility(name)
    if facility is None:
        unknown = province.unknown(site=name) or Text(name, name)
        raise BootstrapError(*unknown)
    return _box(inventory, province, home, facility, address)


def _box(inventory: Path, province: Province, home: Home, facility: Facility, address: str) -> Machine:
    hub = enrolment.read(inventory, HUB)
    if hub is None:
        raise BootstrapError(
            "máy chủ kết nối (hub) chưa ghi danh, thiết bị biên chưa biết gọi về đâu: chạy `ketnoi bootstrap hub` trước",
            "the hub isn't enrolled, so a box can't know whom to call: run `ketnoi bootstrap hub` first",
        )
    port = addresses.lifeline_port(facility.number)
    return Machine(
        name=facility.code,
        kind="box",
        address=address,
        common_name=facility.id,
        number=facility.number,
        serial=facility.box.serial,
        macs=tuple(str(mac) for mac in (facility.box.mac, facility.box.lan_mac) if mac),
        lifeline=Lifeline(str(province.hub.endpoint), port, hub["lifeline_host_key"]),
        **_trust(inventory, home, facility.code),
    )


def _trust(inventory: Path, home: Home, name: str) -> dict[str, Any]:
    record = enrolment.read(inventory, name)
    if record is not None:
        return {"trust": "enrolled", "host_key": record["host_key"]}
    pending = home.pending / f"{name}.host_key"
    if pending.exists():
        return {"trust": "pending", "host_key": pending.read_text().strip()}
    return {}


def _play(job: Job, progress: Progress) -> Iterator[Played]:
    """Run the job in its process: each machine as it ends, with its record if it was finished."""
    machines = {machine.name: machine for machine in job.machines}
    waiting, changes, started = dict(machines), dict.fromkeys(machines, 0), time.monotonic()
    with subprocess.Popen(
        CHILD,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            assert child.stdin and child.stdout and child.stderr
            child.stdin.write(job.dumps())
            child.stdin.close()
            for line in child.stdout:
                event = Event.loads(line)
                machine = waiting[event.machine]
                changes[event.machine] += event.changed
                progress(machine, event)
                if event.result is not None:
                    del waiting[event.machine]
                    seconds = round(time.monotonic() - started, 1)
                    yield machine, _outcome(event, machine, changes[event.machine], seconds), event.record
            said = " ".join(child.stderr.read().strip().splitlines()[-1:])
        finally:
            if child.poll() is None:
                child.terminate()
    for machine in waiting.values():
        reason = Text(f"{machine.name}: {DIED.vi}: {said}", f"{machine.name}: {DIED.en}: {said}")
        seconds = round(time.monotonic() - started, 1)
        yield machine, Outcome(machine.name, "failed", changes[machine.name], seconds, reason, AGAIN), None


def _outcome(event: Event, machine: Machine, changed: int, seconds: float) -> Outcome:
    status: Status
    if event.result == "done":
        status = "seen" if event.record is None else "enrolled"
    else:
        status = "refused" if event.result == "refused" else "failed"
    marks = event.macs, event.serial
    return Outcome(machine.name, status, changed, seconds, event.reason, event.hint, event.known, *marks)


def _enrol(inventory: Path, home: Home, machine: Machine, outcome: Outcome, record: dict[str, Any]) -> Outcome:
    saved = enrolment.save(inventory, machine.name, record)
    (home.pending / f"{machine.name}.host_key").unlink(missing_ok=True)
    if machine.trust != "enrolled":
        return outcome
    return replace(outcome, status="changed" if outcome.changed or saved else "unchanged")
