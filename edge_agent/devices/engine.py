"""A facility's devices, side by side: each has a thread and a deadline of its own; one that hangs costs only itself."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from edge_agent.contract.box import KnownStream
from edge_agent.contract.devices import DesiredDevice, Document
from edge_agent.contract.results import Applied, DeviceResult, DeviceStatus, WrittenFailure
from edge_agent.contract.text import Text
from edge_agent.devices import channel_accounts, drivers
from edge_agent.devices.drivers import Driver
from edge_agent.devices.faults import DeviceFailure, LockedOut, NoAccess, Obsolete, SettingNotKept, UnknownDevice, Unreachable
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import Change, Outcome, Problem, Stream
from edge_agent.system import durable

T = TypeVar("T")

STREAMS = "devices.json"
GRACE_S = 5.0
"""A device that ignores its deadline (one blocked system call) is given up this much later."""
RESTART_S = 3.0
"""Between two looks whether a device that restarts is back."""


@dataclass
class Result:
    """What became of one device. `changes` are those that are there now, or would be made (`--check`); `admin_works`: whether
    the device takes the desired administrator's password now, None where that isn't known."""

    desired: DesiredDevice
    changes: list[Change] = field(default_factory=list)
    failures: list[DeviceFailure] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    stream: Stream | None = None
    admin_works: bool | None = None
    seconds: float = 0.0

    @property
    def status(self) -> DeviceStatus:
        if self.desired.no_access:
            return "no_access"
        return "failed" if self.failures else "changed" if self.changes else "ok"

    def as_dict(self) -> DeviceResult:
        first = self.failures[0] if self.failures else None
        return {
            "slot": self.desired.slot,
            "kind": self.desired.kind,
            "address": self.desired.address,
            "name": self.desired.name,
            "status": self.status,
            "class": first.category if first else None,
            "changes": [c.as_dict() for c in self.changes],
            "reason": first.reason.as_dict() if first else None,
            "hint": first.hint.as_dict() if first else None,
            "until": first.until.isoformat(timespec="seconds") if isinstance(first, LockedOut) else None,
            "failures": [_failure(f) for f in self.failures],
            "notes": [n.as_dict() for n in self.notes],
            "admin_works": self.admin_works,
            "seconds": round(self.seconds, 2),
        }


def _failure(failure: DeviceFailure) -> WrittenFailure:
    written: WrittenFailure = {"class": failure.category, "reason": failure.reason.as_dict(), "hint": failure.hint.as_dict()}
    if isinstance(failure, SettingNotKept):
        written |= {"field": failure.field, "sent": failure.sent, "there": failure.there}
    return written


def run(
    document: Document, *, check: bool, only: set[int] | None = None, told: Callable[[Result], None] = lambda r: None
) -> Applied:
    """Bring the devices to what is wanted (or with `check` only say what differs); `told` hears of each as it is done.

    Returns the result document, devices by slot. Writes STATE/devices.json and its public copy unless `check`.
    """
    devices = [d for d in document.devices if only is None or d.slot in only]
    state = durable.state_folder(document.state_dir)
    durable.make_folder(state)
    results = side_by_side(devices, lambda d: apply_one(d, state, check=check), _late, told)
    if not check:
        publish(document, results, state)
    return {
        "changed": sum(1 for r in results if r.changes),
        "failed": sum(1 for r in results if r.status == "failed"),
        "devices": [r.as_dict() for r in sorted(results, key=lambda r: r.desired.slot)],
    }


def apply_one(desired: DesiredDevice, state: Path, *, check: bool) -> Result:
    """One device from login to read back; every named failure becomes part of the result."""
    result, begun = Result(desired), time.monotonic()
    if desired.no_access:
        said = desired.no_access
        result.failures.append(NoAccess(said.reason, date=said.date, witness=said.witness))
        return result
    try:
        named(lambda: _bring(result, Logins(state, desired.lockout_s), begun + desired.deadline_s, check))
    except DeviceFailure as failure:
        result.failures.append(failure)
    result.seconds = time.monotonic() - begun
    return result


def named(work: Callable[[], T]) -> T:
    """What `work` gives; whatever a driver lets through becomes a DeviceFailure. Its text could carry a secret: only its kind is told."""
    try:
        return work()
    except DeviceFailure:
        raise
    except OSError as error:
        raise Unreachable(type(error).__name__) from error
    except Exception as error:  # a bug in one device's path is that device's failure
        raise UnknownDevice(f"internal error: {type(error).__name__}") from error


def _bring(result: Result, logins: Logins, ends: float, check: bool) -> None:
    """Log in, read, compare, write, read back."""
    desired = result.desired
    driver, outcome = drivers.of(desired.driver), Outcome()
    with driver.connect(desired, logins) as connection:
        observed = channel_accounts.as_known(driver.get(connection, desired), desired, logins.folder)
        changes = driver.plan(observed, desired)
        result.notes = [*observed.problems, *driver.shortfalls(observed, desired)]
        result.stream = next(iter(observed.streams), None)
        result.admin_works = None if desired.admin is None else not observed.login_is_old
        if check:
            result.changes = changes
        elif changes:
            outcome = driver.apply(connection, observed, desired, changes)
            result.changes, result.failures = outcome.done, outcome.failures
            result.notes += outcome.notes
            result.admin_works = result.admin_works or any(c.group == "admin" for c in outcome.done)
        _obsolete(result)
    if not check:
        failed = (f.field for f in result.failures if isinstance(f, SettingNotKept))
        channel_accounts.note(desired, observed, result.changes, failed, logins.folder)
    if outcome.restarts:
        _after_restart(driver, desired, logins, result, ends)


def _after_restart(driver: Driver, desired: DesiredDevice, logins: Logins, result: Result, ends: float) -> None:
    """Wait for a device that restarts, read it again: what it kept only until then is a failure.

    Raises the DeviceFailure of the last look when it isn't back in time.
    """
    while True:
        time.sleep(RESTART_S)
        left = ends - time.monotonic()
        try:
            with driver.connect(replace(desired, deadline_s=max(left, RESTART_S)), logins) as connection:
                lost = {c.field: c for c in driver.plan(driver.get(connection, desired), desired)}
            break
        except Unreachable:
            if left < RESTART_S:
                raise
    sent = {c.field: c.after for c in result.changes}
    result.changes = [c for c in result.changes if c.field not in lost]
    told = {f.field for f in result.failures if isinstance(f, SettingNotKept)}
    result.failures += [SettingNotKept(f, sent.get(f, c.after), c.before) for f, c in lost.items() if f not in told]


def _obsolete(result: Result) -> None:
    old = [n for n in result.notes if n.category == "obsolete"]
    if old:
        detail = Text("; ".join(n.detail.vi for n in old), "; ".join(n.detail.en for n in old))
        result.failures.append(Obsolete(detail))


def _late(device: DesiredDevice, seconds: float) -> Result:
    return Result(device, failures=[too_late(device)], seconds=seconds)


def too_late(device: DesiredDevice) -> Unreachable:
    return Unreachable(f"nothing within {device.deadline_s:.0f} s")


def side_by_side(
    devices: list[DesiredDevice], work: Callable[[DesiredDevice], T], late: Callable[[DesiredDevice, float], T], told: Callable[[T], None]
) -> list[T]:
    """What `work` gives for each device, each in a thread of its own; `late` says what becomes of one that takes too long."""
    done: queue.Queue[tuple[int, T]] = queue.Queue()
    begun = time.monotonic()

    def one(device: DesiredDevice) -> None:
        done.put((device.slot, work(device)))

    for device in devices:
        # Daemons: a thread stuck in a system call must not keep the command from ending.
        threading.Thread(target=one, args=(device,), name=f"slot-{device.slot}", daemon=True).start()
    waiting = {d.slot: d for d in devices}
    results: list[T] = []
    while waiting:
        ends = min(d.deadline_s for d in waiting.values()) + GRACE_S + begun
        try:
            slot, result = done.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            slowest = min(waiting.values(), key=lambda d: d.deadline_s)
            slot, result = slowest.slot, late(slowest, time.monotonic() - begun)
        if waiting.pop(slot, None) is not None:
            results.append(result)
            told(result)
    return results


def publish(document: Document, results: list[Result], state: Path) -> None:
    """Tell the agent's probes where each camera's stream is: {slot: {"rtsp_port", "path", "at"}}, no secrets.

    A device that could not be read, or is not in this document (an apply of some slots), keeps what was known of it: who reads
    this has a list of cameras of its own. "at" is when the entry was last found different, the camera got another viewer's
    password, or it was read while agent or recorder stood refused at its door: who was refused asks again then.
    """
    if not any(d.kind == "camera" for d in document.devices):
        return
    run = durable.run_folder(document.state_dir)
    with _locked(state):
        there = _known(state, run)
        now, refused = datetime.now(UTC).isoformat(timespec="seconds"), _refused(run)
        for result in results:
            if result.stream is None or result.desired.kind != "camera":
                continue
            stream, old = result.stream, there.get(str(result.desired.slot))
            other_login = any(c.field.startswith("viewer") for c in result.changes) or result.desired.slot in refused
            if other_login or old is None or (old["rtsp_port"], old["path"]) != (stream.rtsp_port, stream.path):
                there[str(result.desired.slot)] = {"rtsp_port": stream.rtsp_port, "path": stream.path, "at": now}
        if there != durable.read_json(state / STREAMS, {}):
            durable.write_json(state / STREAMS, there)
        _republish(state, run)


def _refused(run_dir: Path) -> set[int]:
    """Slots at which the viewer was refused, as the public status of agent and recorder says (beside /run/ketnoi)."""
    agent = durable.read_json(run_dir.with_name("ketnoi-agent") / "status.json", {}).get("cameras", [])
    recorder = durable.read_json(run_dir.with_name("ketnoi-recorder") / "status.json", {}).get("cameras", {})
    by_agent = {camera.get("slot") for camera in agent if camera.get("reason") == "login_refused"}
    return by_agent | {int(slot) for slot, camera in recorder.items() if camera.get("detail") == "login_refused"}


def republish(state: Path, run_dir: Path) -> None:
    """Copy STATE/devices.json to where services may read it; at boot too, since /run is empty then."""
    with _locked(state):
        _republish(state, run_dir)


def _republish(state: Path, run_dir: Path) -> None:
    there = _known(state, run_dir)
    if durable.read_json(run_dir / STREAMS, None) != there:
        durable.make_folder(run_dir, 0o755)
        durable.write_json(run_dir / STREAMS, there, 0o644)


def _known(state: Path, run_dir: Path) -> dict[str, KnownStream]:
    """The streams; from the public copy, which says the same, where the file is damaged."""
    for path in (state / STREAMS, run_dir / STREAMS):
        found = durable.read(dict[str, KnownStream], path)
        if found is not None:
            return found
    return {}


@contextlib.contextmanager
def _locked(state: Path) -> Iterator[None]:
    durable.make_folder(state)
    with durable.locked(state / "devices.lock"):
        yield
