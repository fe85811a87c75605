"""`ketnoi bootstrap`: take blank machines over, side by side, and enrol them.

The work is pyinfra's, in a process of its own (see the package `bootstrap`); here are the plan of who is to be who, the
progress, and the records: enrolled/NAME.yml is written only when everything on that machine succeeded.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from getpass import getpass
from pathlib import Path
from typing import Any, Literal

from bootstrap.job import STEPS, Event, Job, Lifeline, Machine
from bootstrap.repository import served
from bootstrap.targets import Facility, Province, load
from province import enrolment, netns
from province.enrolment import HUB
from province.home import Home
from province.text import Lang, Text
from province.trouble import Trouble

PASSWORD_VARIABLE = "KETNOI_FACTORY_PASSWORD"  # noqa: S105 - a name
Status = Literal["enrolled", "unchanged", "changed", "failed", "refused"]

WORDS: Mapping[str, Text] = {
    "enrolled": Text("đã ghi danh", "enrolled"),
    "changed": Text("đã cập nhật", "updated"),
    "unchanged": Text("không đổi", "unchanged"),
    "failed": Text("HỎNG", "FAILED"),
    "refused": Text("TỪ CHỐI", "REFUSED"),
}
CHANGED, SAME = Text("xong", "done"), Text("đã có", "already so")
NOTHING = Text("Không có gì thay đổi.", "Nothing changed.")
DIED = Text("tiến trình cài đặt dừng giữa chừng", "the bootstrap process ended half-way")
AGAIN = Text("chạy lại lệnh này", "run this command again")


class BootstrapError(Trouble):
    """A bootstrap that can't begin."""


@dataclass(frozen=True)
class Outcome:
    """How one machine ended. changed: operations that wrote something; seconds: from start to its end."""

    name: str
    status: Status
    changed: int
    seconds: float
    reason: Text | None = None
    hint: Text | None = None

    def document(self) -> dict[str, Any]:
        return {
            "code": self.name,
            "status": self.status,
            "changed": self.changed,
            "seconds": self.seconds,
            "reason": self.reason.as_dict() if self.reason else None,
            "hint": self.hint.as_dict() if self.hint else None,
        }


Progress = Callable[[Machine, Event], None]


def factory_password(file: Path | None, *, ask: bool = True) -> str | None:
    """From the file (`-`: standard input), else KETNOI_FACTORY_PASSWORD, else a prompt; never from arguments."""
    if file is not None:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
        return text.rstrip("\n").partition("\n")[0]
    if PASSWORD_VARIABLE in os.environ:
        return os.environ[PASSWORD_VARIABLE]
    return getpass("Mật khẩu root xuất xưởng / factory root password: ") if ask and sys.stdin.isatty() else None


def read_bench(file: Path) -> dict[str, str]:
    """`{code: address}` from the bench's leases (JSON). Raises BootstrapError."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BootstrapError(f"{file}: không đọc được: {error}", f"{file}: can't be read: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise BootstrapError(f'{file}: phải là {{"mã": "địa chỉ"}}', f'{file}: must be {{"code": "address"}}')
    return found


def plan(inventory: Path, province: Province, home: Home, where: Mapping[str, str]) -> list[Machine]:
    """Machines to take over: where maps `hub` or a facility's code to its address now. Raises Trouble."""
    return [
        _hub(inventory, province, home, address) if name == HUB else _box(inventory, province, home, province.facility(name), address)
        for name, address in where.items()
    ]


def _trust(inventory: Path, home: Home, name: str) -> dict[str, Any]:
    record = enrolment.read(inventory, name)
    if record is not None:
        return {"trust": "enrolled", "host_key": record["host_key"]}
    pending = home.pending / f"{name}.host_key"
    if pending.exists():
        return {"trust": "pending", "host_key": pending.read_text().strip()}
    return {}


def _hub(inventory: Path, province: Province, home: Home, address: str) -> Machine:
    hub = province.hub
    return Machine(
        name=HUB,
        kind="hub",
        address=address,
        common_name=HUB,
        serial=hub.serial,
        macs=hub.macs,
        addresses=(hub.endpoint, hub.tunnel_address),
        **_trust(inventory, home, HUB),
    )


def _box(inventory: Path, province: Province, home: Home, facility: Facility, address: str) -> Machine:
    hub = enrolment.read(inventory, HUB)
    if hub is None:
        raise BootstrapError(
            "máy chủ tỉnh (hub) chưa ghi danh, thiết bị chưa biết gọi về đâu: chạy `ketnoi bootstrap hub` trước",
            "the hub isn't enrolled, so a box can't know whom to call: run `ketnoi bootstrap hub` first",
        )
    return Machine(
        name=facility.code,
        kind="box",
        address=address,
        common_name=facility.id,
        number=facility.number,
        serial=facility.serial,
        macs=facility.macs,
        lifeline=Lifeline(province.hub.endpoint, facility.lifeline_port, hub["lifeline_host_key"]),
        **_trust(inventory, home, facility.code),
    )


def take_over(inventory: Path, where: Mapping[str, str], password: str | None, progress: Progress) -> list[Outcome]:
    """Bootstrap the machines and enrol those that succeed; an outcome for each, in order. Raises Trouble."""
    netns.enter(inventory)
    province = load(inventory)
    home = Home(province.code)
    if not home.ca_crt.exists() or not home.ssh_key.exists():
        raise BootstrapError("văn phòng chưa có khoá: chạy `ketnoi init` trước", "the office has no keys yet: run `ketnoi init` first")
    machines = plan(inventory, province, home, where)
    with served(home.repository, [m.address for m in machines]) as urls:
        machines = [replace(m, repository=urls.get(m.address)) for m in machines]
        job = Job(province.code, tuple(machines), password)
        outcomes = {m.name: o for m, o in _play(job, inventory, home, progress)}
    enrolment.refresh(home, inventory, province.hub.as_mapping(), province.centre_host)
    return [outcomes[machine.name] for machine in machines]


def _play(job: Job, inventory: Path, home: Home, progress: Progress) -> Iterator[tuple[Machine, Outcome]]:
    """Run the job in its process, record what succeeds as it does."""
    machines = {machine.name: machine for machine in job.machines}
    waiting, changes, started = dict(machines), dict.fromkeys(machines, 0), time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-m", "bootstrap"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    stdout, stderr = child.stdout, child.stderr
    try:
        if child.stdin is None or stdout is None or stderr is None:
            raise RuntimeError("pipes were asked for")
        child.stdin.write(job.dumps())
        child.stdin.close()
        for line in stdout:
            event = Event.loads(line)
            machine = machines[event.machine]
            changes[event.machine] += event.changed
            progress(machine, event)
            if event.result is not None:
                del waiting[event.machine]
                yield (
                    machine,
                    _ended(event, machine, inventory, home, changes[event.machine], time.monotonic() - started),
                )
        said = stderr.read().strip().splitlines()[-1:]
        child.wait()
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
    for machine in waiting.values():
        reason = Text(f"{machine.name}: {DIED.vi}: {' '.join(said)}", f"{machine.name}: {DIED.en}: {' '.join(said)}")
        yield (
            machine,
            Outcome(machine.name, "failed", changes[machine.name], round(time.monotonic() - started, 1), reason, AGAIN),
        )


def _ended(event: Event, machine: Machine, inventory: Path, home: Home, changed: int, seconds: float) -> Outcome:
    seconds = round(seconds, 1)
    if event.result != "done" or event.record is None:
        status: Status = "refused" if event.result == "refused" else "failed"
        return Outcome(machine.name, status, changed, seconds, event.reason, event.hint)
    saved = enrolment.save(inventory, machine.name, event.record)
    (home.pending / f"{machine.name}.host_key").unlink(missing_ok=True)
    if machine.trust != "enrolled":
        return Outcome(machine.name, "enrolled", changed, seconds)
    return Outcome(machine.name, "changed" if changed or saved else "unchanged", changed, seconds)


def lines(lang: Lang) -> Progress:
    """A line on standard error for each machine and step."""

    def show(machine: Machine, event: Event) -> None:
        if event.result is None and event.step:
            at = machine.steps.index(event.step) + 1
            word = (CHANGED if event.changed else SAME).pick(lang) if event.step not in ("contact", "identity") else ""
            line = f"  {machine.name:<16} {at:>2}/{len(machine.steps)} {STEPS[event.step].pick(lang):<40} {word}"
            print(line.rstrip(), file=sys.stderr, flush=True)

    return show


def report(outcomes: Sequence[Outcome], lang: Lang, json_output: bool) -> int:
    """Print how each machine ended; 0 when all are enrolled, 1 otherwise."""
    failed = [o for o in outcomes if o.status in ("failed", "refused")]
    changed = sum(o.changed for o in outcomes)
    if json_output:
        document = {"changed": changed, "failed": len(failed), "machines": [o.document() for o in outcomes]}
        print(json.dumps(document, ensure_ascii=False))
        return 1 if failed else 0
    for outcome in outcomes:
        print(f"  {outcome.name:<16} {WORDS[outcome.status].pick(lang):<12} {outcome.seconds:>6.1f} s")
    for outcome in failed:
        if outcome.reason:
            print(f"\n{outcome.reason.pick(lang)}")
        if outcome.hint:
            print(f"  -> {outcome.hint.pick(lang)}")
    if not failed and not changed:
        print(NOTHING.pick(lang))
    return 1 if failed else 0


def bootstrap(
    inventory: Path,
    where: Mapping[str, str],
    lang: Lang,
    *,
    password_file: Path | None = None,
    json_output: bool = False,
) -> int:
    """The command: where maps `hub` or facility codes to addresses. 0 when every machine is enrolled. Raises Trouble."""
    password = factory_password(password_file)
    quiet: Progress = lambda machine, event: None  # noqa: E731
    outcomes = take_over(inventory, where, password, quiet if json_output else lines(lang))
    return report(outcomes, lang, json_output)
