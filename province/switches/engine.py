"""A facility's switches, side by side: each has a thread and a deadline of its own; one that hangs costs only itself."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from edge_agent.contract.results import Applied
from province.switches import faults
from province.switches.apply import Result, apply_one
from province.switches.faults import SwitchFailure
from province.switches.model import DesiredSwitch
from province.switches.way import Direct, ThroughBox, Way

GRACE_S = 5.0
"""A switch that ignores its deadline is given up this much later. Its guard brings back what it had."""


def run(
    switches: Sequence[DesiredSwitch],
    inventory: Path,
    code: str,
    *,
    check: bool,
    local: bool = False,
    told: Callable[[Result], None] = lambda result: None,
) -> list[Result]:
    """Bring switches to what is wanted, or with `check` only say what differs; in the order of their slots.

    local: this machine stands for the box.
    """
    if not switches:
        return []
    way: Direct | ThroughBox = Direct() if local else ThroughBox(inventory, code)
    try:
        with way:
            results = _side_by_side(switches, way, inventory, code, check, told)
    except SwitchFailure as failure:
        results = [Result(switch, failures=[failure]) for switch in switches]
    return sorted(results, key=lambda result: result.desired.slot)


def _side_by_side(
    switches: Sequence[DesiredSwitch], way: Way, inventory: Path, code: str, check: bool, told: Callable[[Result], None]
) -> list[Result]:
    done: queue.Queue[Result] = queue.Queue()
    begun = time.monotonic()

    def one(switch: DesiredSwitch) -> None:
        try:
            done.put(apply_one(way, switch, inventory, code, check=check))
        except Exception as error:  # a bug in one switch's path is that switch's failure; its words could hold a password
            done.put(Result(switch, failures=[SwitchFailure(faults.BROKEN, detail=type(error).__name__)]))

    for switch in switches:
        # Daemons: a thread stuck in a system call must not keep the run from ending.
        threading.Thread(target=one, args=(switch,), name=f"switch-{switch.slot}", daemon=True).start()
    waiting = {switch.slot: switch for switch in switches}
    results: list[Result] = []
    while waiting:
        first = min(waiting.values(), key=lambda switch: switch.deadline_s)
        result = Result(first, failures=[SwitchFailure(faults.LATE, seconds=round(first.deadline_s))])
        with contextlib.suppress(queue.Empty):
            result = done.get(timeout=max(0.0, first.deadline_s + GRACE_S + begun - time.monotonic()))
        if waiting.pop(result.desired.slot, None) is not None:
            result.seconds = result.seconds or time.monotonic() - begun
            results.append(result)
            told(result)
    return results


def document(results: Sequence[Result]) -> Applied:
    """What Ansible and the commands hand on."""
    return {
        "changed": sum(1 for result in results if result.changes),
        "failed": sum(1 for result in results if result.failures),
        "devices": [result.as_dict() for result in results],
    }
