"""A facility's devices, side by side: each has a thread and a deadline of its own; one that hangs costs only itself."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge_agent import durable
from edge_agent.devices import drivers
from edge_agent.devices.faults import DeviceFailure, Obsolete, UnknownDevice, Unreachable
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import Change, Current, Problem, Stream, Wanted
from edge_agent.devices.wanted import Document
from edge_agent.text import Text

GRACE_S = 5.0
"""A device that ignores its deadline (one blocked system call) is given up this much later."""


@dataclass
class Result:
    """What became of one device. `changes` are those that are there now, or would be made (`--check`)."""

    wanted: Wanted
    changes: list[Change] = field(default_factory=list)
    failures: list[DeviceFailure] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    stream: Stream | None = None
    seconds: float = 0.0

    @property
    def status(self) -> str:
        return "failed" if self.failures else "changed" if self.changes else "ok"

    def as_dict(self) -> dict[str, Any]:
        first = self.failures[0] if self.failures else None
        return {
            "slot": self.wanted.slot,
            "address": self.wanted.address,
            "name": self.wanted.name,
            "status": self.status,
            "class": first.klass if first else None,
            "changes": [c.as_dict() for c in self.changes],
            "reason": first.reason.as_dict() if first else None,
            "hint": first.hint.as_dict() if first else None,
            "failures": [{"class": f.klass, "reason": f.reason.as_dict()} for f in self.failures],
            "notes": [n.as_dict() for n in self.notes],
            "seconds": round(self.seconds, 2),
        }


def run(
    document: Document, *, check: bool, only: set[int] | None = None, told: Callable[[Result], None] = lambda r: None
) -> dict[str, Any]:
    """Bring the devices to what is wanted (or with `check` only say what differs); `told` hears of each as it is done.

    Returns the result document, devices by slot. Writes STATE/devices.json and its public copy unless `check`.
    """
    devices = [d for d in document.devices if only is None or d.slot in only]
    state = durable.state_folder(document.state_dir)
    durable.make_folder(state)
    results = _side_by_side(devices, lambda d: apply_one(d, state, check=check), told)
    if not check:
        publish(document, results, state)
    return {
        "changed": sum(1 for r in results if r.changes),
        "failed": sum(1 for r in results if r.failures),
        "devices": [r.as_dict() for r in sorted(results, key=lambda r: r.wanted.slot)],
    }


def apply_one(wanted: Wanted, state: Path, *, check: bool) -> Result:
    """One device from login to read back; every named failure becomes part of the result."""
    result = Result(wanted)
    try:
        driver = drivers.of(wanted.driver)
        with driver.connect(wanted, Logins(state, wanted.lockout_s)) as connection:
            current = driver.get(connection, wanted)
            changes = driver.plan(current, wanted)
            result.notes = [*current.problems, *driver.shortfalls(current, wanted)]
            result.stream = next(iter(current.streams), None)
            if check:
                result.changes = changes
            elif changes:
                outcome = driver.apply(connection, current, wanted, changes)
                result.changes, result.failures = outcome.done, outcome.failures
            _obsolete(current, result)
    except DeviceFailure as failure:
        result.failures.append(failure)
    return result


def _obsolete(current: Current, result: Result) -> None:
    old = [n for n in result.notes if n.klass == "obsolete"]
    if old:
        detail = Text("; ".join(n.detail.vi for n in old), "; ".join(n.detail.en for n in old))
        result.failures.append(Obsolete(detail))


def _side_by_side(devices: list[Wanted], work: Callable[[Wanted], Result], told: Callable[[Result], None]) -> list[Result]:
    done: queue.Queue[Result] = queue.Queue()
    begun = time.monotonic()

    def one(device: Wanted) -> None:
        try:
            result = work(device)
        except Exception as error:  # a bug in one device's path is that device's failure; its text could carry a secret
            result = Result(device, failures=[UnknownDevice(f"internal error: {type(error).__name__}")])
        result.seconds = time.monotonic() - begun
        done.put(result)

    for device in devices:
        # Daemons: a thread stuck in a system call must not keep the command from ending.
        threading.Thread(target=one, args=(device,), name=f"slot-{device.slot}", daemon=True).start()
    waiting = {d.slot: d for d in devices}
    results: list[Result] = []
    while waiting:
        ends = min(d.deadline_s for d in waiting.values()) + GRACE_S + begun
        try:
            result = done.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            late = min(waiting.values(), key=lambda d: d.deadline_s)
            result = Result(
                late,
                failures=[Unreachable(f"nothing within {late.deadline_s:.0f} s")],
                seconds=time.monotonic() - begun,
            )
        if waiting.pop(result.wanted.slot, None) is not None:
            results.append(result)
            told(result)
    return results


def publish(document: Document, results: list[Result], state: Path) -> None:
    """Tell the agent's probes where each stream is: {slot: {"rtsp_port", "path", "at"}}, no secrets.

    A device that could not be read keeps what was known of it; one that is wanted no more goes. "at" is when the entry
    was last found different.
    """
    known = durable.read_json(state / "devices.json", {})
    there = {str(d.slot): known[str(d.slot)] for d in document.devices if str(d.slot) in known}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for result in results:
        if result.stream is None:
            continue
        entry = {"rtsp_port": result.stream.rtsp_port, "path": result.stream.path}
        old = there.get(str(result.wanted.slot), {})
        if {k: old.get(k) for k in entry} != entry:
            there[str(result.wanted.slot)] = {**entry, "at": now}
    if there != known:
        durable.write_json(state / "devices.json", there)
    republish(state, durable.run_folder(document.state_dir))


def republish(state: Path, run_dir: Path) -> None:
    """Copy STATE/devices.json to where services may read it; at boot too, since /run is empty then."""
    there = durable.read_json(state / "devices.json", {})
    public = run_dir / "devices.json"
    if durable.read_json(public, None) != there:
        durable.make_folder(run_dir, 0o755)
        durable.write_json(public, there, 0o644)
