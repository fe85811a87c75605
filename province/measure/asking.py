"""Having a machine measure: what it is asked, for how long, and what comes back; every task does, with a reason where it can't."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from province.measure import remote
from province.measure.budget import Budget, seconds
from province.measure.result import failed
from province.measure.tasks import Task
from province.reach.hub_view import last_line
from province.reach.ssh import CONNECT_S, Shell, cause

Progress = Callable[[str, Mapping[str, Any]], None]
"""Called with where ("hub", "centre", "box", "here") and the finished task's line {"kind", "site", "camera", "ok"}."""
USUAL_S: Mapping[str, float] = {"tunnel": 0.5, "box": 2.5, "settings": 2.5, "switch": 0.5, "footage": 0.5, "recorder": 4.0, "stream": 5.0}
BRIEF_S = 1.5
"""How long a task usually takes on a device that answers; measured in the lab, a real camera takes a little longer."""
SLOW = 2.0
"""A slow device takes so many times longer."""
LEAST_S = 22.0
"""One that hangs is given up after about 20 s."""


def usual(task: Mapping[str, Any]) -> float:
    return BRIEF_S if task.get("brief") else USUAL_S.get(str(task["kind"]), 1.0)


def request(asked: Sequence[Task], budget: Budget) -> dict[str, Any]:
    """The document that ketnoi-measure reads; `budget_s` leaves room for slow devices, and for one that hangs."""
    slow = seconds(asked, budget, remote.WORKERS, lambda task: SLOW * usual(task))
    longest = max((float(task.get("seconds", 0)) for task in asked), default=0.0)
    return {"schema": 1, "budget_s": max(LEAST_S + slow, longest + 4), "bandwidth": budget.as_dict(), "tasks": list(asked)}


def ask(where: str, asked: Sequence[Task], budget: Budget, shell: Shell, progress: Progress) -> list[dict[str, Any]]:
    """Have a machine measure; every task comes back, with a reason where the machine or its tool can't be had."""
    if not asked:
        return []

    def line(text: str) -> None:
        try:
            told = json.loads(text)
        except ValueError:
            return
        if isinstance(told, dict) and "kind" in told:
            progress(where, told)

    document = request(asked, budget)
    done = shell.run(where, ["ketnoi-measure"], json.dumps(document), float(document["budget_s"]) + CONNECT_S + 5, line)
    said = last_line(done.stderr)
    if done.returncode == 0:
        try:
            return list(json.loads(done.stdout)["results"])
        except (ValueError, KeyError, TypeError):
            return _none(asked, "measuring_failed", said)
    reasons = {"unreachable": f"{where}_unreachable", "tool_missing": "tool_missing", "failed": "measuring_failed"}
    return _none(asked, reasons[cause(done.returncode, said)], said)


def _none(asked: Sequence[Task], reason: str, said: str) -> list[dict[str, Any]]:
    return [remote.about(task) | {"found": {name: failed(reason, said) for name in remote.names(task)}} for task in asked]
