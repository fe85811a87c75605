"""What ansible-runner tells of a play as it goes on, as far as a rollout looks at it: read once, here, into types.

A task's result is whatever its module says; of what has another form than these fields nothing is known.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edge_agent.contract import typed
from edge_agent.contract.results import DeviceResult
from province.text import Text

_LONGEST = 600


@dataclass(frozen=True)
class TaskResult:
    """How a task ended. `reason`, `hint`: in both languages, where the task is ours; `devices`: what it says of each device."""

    changed: bool
    message: str
    reason: Text | None
    hint: Text | None
    diff: tuple[str, ...]
    devices: tuple[DeviceResult, ...]

    @classmethod
    def read(cls, document: object) -> "TaskResult":
        """Raises ContractError where it says something of devices that no task of ours says."""
        found = _mapping(document)
        return cls(
            changed=bool(found.get("changed")),
            message=_message(found),
            reason=_text(found.get("reason")),
            hint=_text(found.get("hint")),
            diff=tuple(_diff_lines(found.get("diff"))),
            devices=typed.read(tuple[DeviceResult, ...], "devices", found.get("devices") or []),
        )


@dataclass(frozen=True)
class Event:
    """`name` is Ansible's callback, such as "runner_on_ok". `is_ignored`: the play goes on for this host though its task failed."""

    name: str
    host: str
    task: str
    role: str
    is_ignored: bool
    result: TaskResult

    @classmethod
    def read(cls, document: object) -> "Event":
        found = _mapping(document)
        details = _mapping(found.get("event_data"))
        return cls(
            name=str(found.get("event") or ""),
            host=str(details.get("host") or ""),
            task=str(details.get("task") or ""),
            role=str(details.get("role") or ""),
            is_ignored=bool(details.get("ignore_errors")),
            result=TaskResult.read(details.get("res")),
        )


def _mapping(value: object) -> Mapping[object, object]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> Text | None:
    found = _mapping(value)
    return Text(str(found["vi"]), str(found["en"])) if {"vi", "en"} <= set(found) else None


def _message(result: Mapping[object, object]) -> str:
    parts = [str(result.get(key, "")).strip() for key in ("msg", "stderr")]
    return " / ".join(part for part in parts if part)[:_LONGEST] or "no message"


def _diff_lines(diff: object) -> Iterator[str]:
    for part in map(_mapping, diff if isinstance(diff, list) else [diff]):
        if part.get("prepared"):
            yield from str(part["prepared"]).splitlines()
        elif part.get("before") != part.get("after"):
            yield from _unified(part)


def _unified(part: Mapping[object, object]) -> Iterator[str]:
    before, after = (str(part.get(side) or "").splitlines() for side in ("before", "after"))
    names = (str(part.get("before_header") or "before"), str(part.get("after_header") or "after"))
    return difflib.unified_diff(before, after, *names, lineterm="", n=1)
