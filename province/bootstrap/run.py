"""`ketnoi bootstrap` as a whole: the folder is written, pyinfra claims, the office signs, pyinfra enrols, the record is written.

The same files and the same two deploys as by hand (bootstrap/README.md), side by side for all machines, the hub's among them.
enrolled/NAME.yml is written when everything on that machine succeeded; until then what is known of it stays in the office's home, so that
the next run goes on where one stopped.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from province.bootstrap import enrol, folder
from province.bootstrap.contact import entrances
from province.bootstrap.machine import Machine, expected, hub_key, lifeline, results_folder
from province.bootstrap.outcome import Outcome, another_machine, no_way_in, step_failed
from province.bootstrap.process import Deploy
from province.bootstrap.steps import AGAIN, CLAIM, DEPLOYS, ENROL, LOOK, StepDone
from province.model import Province
from province.office import packages
from province.office.enrolment import HUB
from province.office.home import Home
from province.reach import netns
from province.text import Text
from province.user_error import UserError

Progress = Callable[[Machine, StepDone], None]

DIED = Text("tiến trình cài đặt dừng giữa chừng", "the bootstrap process ended half-way")


def ready(province: Province) -> Home:
    """The office's home, its package repository up to date. Call it first: a lab's office has no way to the registries.

    Raises BootstrapError when `ketnoi init` hasn't been run.
    """
    home = enrol.office_home(province)
    packages.build(home.repository, home.signing)
    return home


def take_over(inventory: Path, province: Province, where: Mapping[str, str], password: str | None, progress: Progress) -> list[Outcome]:
    """Bootstrap the machines and enrol those that succeed; an outcome for each, in order.

    where: `hub` or a facility's code -> address at which the machine answers now. Raises UserError before anything began.
    """
    home = enrol.office_home(province)
    machines = [expected(inventory, province, name, address, results_folder(home, name)) for name, address in where.items()]
    if HUB not in where:
        hub_key(inventory)
    netns.enter(inventory)
    with _run(home, password, progress) as run:
        run.start(machines)
        run.deploy(CLAIM)
        certificates = run.sign(inventory, province)
        run.deploy(ENROL)
        run.record(inventory, certificates)
    enrol.refresh(inventory, province, home)
    return [run.outcomes[machine.name] for machine in machines]


def write_folder(inventory: Path, province: Province, where: Mapping[str, str], target: Path) -> list[Outcome]:
    """The folder for pyinfra by hand, its results beside. Machines that can't be entered are returned; then nothing is written."""
    home = enrol.office_home(province)
    target = target.absolute()
    machines = [expected(inventory, province, name, address, target / name) for name, address in where.items()]
    netns.enter(inventory)
    ways = list(entrances(machines))
    if outcomes := [way for way in ways if isinstance(way, Outcome)]:
        return outcomes
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.write_folder(target, home, [way for way in ways if isinstance(way, Machine)])
    return []


def look(inventory: Path, province: Province, name: str, address: str, password: str | None, mac: str | None = None) -> Outcome:
    """Is the machine at `address` the one that the inventory names, and do we know it already? Nothing is written.

    mac: the uplink's, in place of all hardware identity that the inventory has.
    """
    home = enrol.office_home(province)
    netns.enter(inventory)
    with _run(home, password, lambda machine, step: None) as run:
        machine = replace(expected(inventory, province, name, address, results_folder(home, name)), trust="pending")
        if mac:
            machine = replace(machine, macs=(mac,), serial=None)
        run.start([machine])
        run.deploy(LOOK)
        if outcome := run.outcomes.get(name):
            return outcome
        machine = run.machines[name]
        hardware = folder.hardware(machine)
        assert hardware is not None, "a machine that isn't among the outcomes was looked at"
        seconds, known = run.seconds(), machine.enter == "key"
        return Outcome(name, "seen", seconds=seconds, known=known, macs=hardware.macs, serial=hardware.serial)


@contextmanager
def _run(home: Home, password: str | None, progress: Progress) -> Iterator["_Run"]:
    home.ensure()
    with tempfile.TemporaryDirectory(prefix="ketnoi-bootstrap-") as scratch:
        yield _Run(home, Path(scratch), password, progress)


class _Run:
    """Machines on their way. `machines` go on, as they are now; those in `outcomes` have come to their end."""

    def __init__(self, home: Home, scratch: Path, password: str | None, progress: Progress) -> None:
        self.home, self.scratch, self.password, self.progress = home, scratch, password, progress
        self.machines: dict[str, Machine] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.changed: dict[str, int] = {}
        self.ended_at: dict[str, float] = {}
        self.started_at = time.monotonic()

    def seconds(self, name: str = "") -> float:
        return round(self.ended_at.get(name, time.monotonic()) - self.started_at, 1)

    def start(self, machines: Sequence[Machine]) -> None:
        """Find the way into each."""
        folder.forget(machines)
        self.changed = dict.fromkeys((machine.name for machine in machines), 0)
        for entrance in entrances(machines):
            if isinstance(entrance, Outcome):
                self._end(entrance)
            else:
                self.machines[entrance.name] = entrance

    def deploy(self, name: str) -> None:
        """Play a deploy over the machines that go on; those that it didn't finish go on no further."""
        if not self.machines:
            return
        folder.write_folder(self.scratch, self.home, self.machines.values())
        deploy, last = Deploy(self.scratch, name, self.password), dict.fromkeys(self.machines, "")
        for step in deploy.steps():
            if step.machine in self.machines:
                self.progress(self.machines[step.machine], step)
                last[step.machine] = step.step
                self.changed[step.machine] += step.changed
                self.ended_at[step.machine] = time.monotonic()
        for machine in list(self.machines.values()):
            steps = [step for step in DEPLOYS[name] if step in machine.steps]
            done = steps.index(last[machine.name]) + 1 if last[machine.name] else 0
            if done < len(steps):
                self._end(_failed(machine, steps[done], deploy))

    def sign(self, inventory: Path, province: Province) -> dict[str, enrol.Certificates]:
        """Sign what was requested. The hub comes first: boxes are told what its lifeline service answers with."""
        signed: dict[str, enrol.Certificates] = {}
        hubs_own = None
        for machine in sorted(self.machines.values(), key=lambda machine: machine.kind == "box"):
            try:
                _, facts = enrol.claimed(machine)
                if machine.kind == "hub":
                    hubs_own, home = facts.lifeline_key, None
                else:
                    home = lifeline(province, machine, hubs_own or hub_key(inventory))
                signed[machine.name] = enrol.sign(self.home, machine, facts)
            except UserError as error:
                self._end(Outcome(machine.name, "failed", reason=error.text, hint=AGAIN))
            else:
                self.machines[machine.name] = enrol.prepared(machine, facts, home)
        return signed

    def record(self, inventory: Path, certificates: Mapping[str, enrol.Certificates]) -> None:
        """enrolled/NAME.yml of each that came through; what was kept of it until here goes."""
        for machine in list(self.machines.values()):
            hardware, facts = enrol.claimed(machine)
            saved = enrol.record(inventory, machine, hardware, facts, certificates[machine.name])
            shutil.rmtree(machine.results)
            changed = saved or self.changed[machine.name] > 0
            self._end(Outcome(machine.name, "enrolled" if machine.trust != "enrolled" else "changed" if changed else "unchanged"))

    def _end(self, outcome: Outcome) -> None:
        self.machines.pop(outcome.name, None)
        seconds = self.seconds(outcome.name if outcome.reason is None else "")
        self.outcomes[outcome.name] = replace(outcome, changed=self.changed[outcome.name], seconds=seconds)


def _failed(machine: Machine, step: str, deploy: Deploy) -> Outcome:
    """Why a machine stopped at a step."""
    reason = deploy.reason(machine.name)
    if reason is None:
        return step_failed(machine.name, step, deploy.last_line, DIED)
    hardware = folder.hardware(machine)
    if step == "contact" and hardware is None:
        return no_way_in(machine.name, machine.address, reason)
    if step == "identity" and hardware is not None and hardware.wrong:
        return another_machine(machine.name, machine.address, hardware.wrong)
    return step_failed(machine.name, step, reason)
