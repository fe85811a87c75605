"""Having a machine measure: what it is asked, for how long, and what comes back; every task does, with a reason where it can't."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from edge_agent.contract import typed
from edge_agent.contract.strict import ContractError, parse_json
from province.measure import remote
from province.measure.budget import Budget, Foreseen, seconds
from province.measure.evidence import failed
from province.measure.request import Line, Received, ReceivedAnswer, Request, Task
from province.reach.hub_view import last_line
from province.reach.ssh import CONNECT_S, Shell, cause

Progress = Callable[[str, Line], None]
"""Called with where ("hub", "centre", "box", "here") and the finished task's line."""
MOST_BYTES = 200 * 1024 * 1024
"""Of an answer: a province of 1,000 facilities of 20 cameras has a third of that."""
USUAL_S: Mapping[str, float] = {"tunnel": 0.5, "box": 2.5, "settings": 2.5, "switch": 0.5, "footage": 0.5, "recorder": 4.0, "stream": 5.0}
BRIEF_S = 1.5
"""How long a task usually takes on a device that answers; measured in the lab, a real camera takes a little longer."""
SLOW = 2.0
"""A slow device takes so many times longer."""
LEAST_S = 22.0
"""One that hangs is given up after about 20 s."""


def usual(task: Task | Foreseen) -> float:
    return BRIEF_S if task["kind"] == "stream" and task.get("brief") else USUAL_S.get(task["kind"], 1.0)


def request(asked: Sequence[Task], budget: Budget) -> Request:
    """The document that ketnoi-measure reads; `budget_s` leaves room for slow devices, and for one that hangs."""
    slow = seconds(asked, budget, remote.WORKERS, lambda task: SLOW * usual(task))
    longest = max((task.get("seconds", 0) for task in asked), default=0)
    return {"schema": 1, "budget_s": max(LEAST_S + slow, longest + 4), "bandwidth": budget.as_dict(), "tasks": list(asked)}


def ask(where: str, asked: Sequence[Task], budget: Budget, shell: Shell, progress: Progress) -> list[Received]:
    """Have a machine measure; every task comes back, with a reason where the machine or its tool can't be had."""
    if not asked:
        return []

    def line(text: str) -> None:
        with suppress(ContractError):  # whatever else is said there is for people
            progress(where, typed.read(Line, "line", parse_json("line", text)))

    document = request(asked, budget)
    done = shell.run(where, ["ketnoi-measure"], json.dumps(document), document["budget_s"] + CONNECT_S + 5, line)
    said = last_line(done.stderr)
    if done.returncode == 0:
        try:
            return typed.read(ReceivedAnswer, "answer", parse_json("answer", done.stdout, MOST_BYTES))["results"]
        except ContractError:
            return _none(asked, "measuring_failed", said)
    reasons = {"unreachable": f"{where}_unreachable", "tool_missing": "tool_missing", "failed": "measuring_failed"}
    return _none(asked, reasons[cause(done.returncode, said)], said)


def _none(asked: Sequence[Task], reason: str, said: str) -> list[Received]:
    return [{**remote.about(task), "found": {name: failed(reason, said) for name in remote.names(task)}} for task in asked]
