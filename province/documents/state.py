"""The state of a box as the hub keeps it: the last State of its agent. What stands in it is the box's own word, so it is taken apart by
`kept_state` and `state_head` wherever it is read: one box's rubbish stays its own.
"""

from typing import TypedDict

from edge_agent.contract import typed
from edge_agent.contract.messages import CameraState, HealthState, Status
from edge_agent.contract.present import ClockState, Measured, OutboxState, Way
from edge_agent.contract.strict import ContractError

LONGEST = 200
"""Characters that are said of what can't be read."""


class CameraKept(TypedDict):
    slot: int
    name: str
    status: Status
    since: str | None
    reason: str | None
    measured: Measured


class HealthKept(TypedDict):
    status: Status
    reason: str | None
    since: str | None
    measured: Measured


class StateHead(TypedDict):
    """Of a State what tells of the box itself."""

    at: str
    agent: str
    boot: str
    uptime_s: float
    clock: ClockState
    outbox: OutboxState
    link: Way | None
    health: dict[str, HealthKept]


class KeptState(StateHead):
    """The last State of an agent (edge_agent.contract.messages), whole. `digests`: part -> what the box converged to."""

    number: int
    connection: str
    digests: dict[str, str]
    cameras: list[CameraKept]


def kept_state(document: object) -> KeptState:
    """Raises ContractError: a hub of another version may have kept it."""
    return typed.read(KeptState, "state", document)


def state_head(document: object) -> StateHead:
    """Raises ContractError."""
    return typed.read(StateHead, "state", document)


def fault(error: ContractError) -> str:
    """What is wrong with what a box told, fit to be printed: the name of a field is the box's own word too."""
    return "".join(char for char in str(error) if char.isprintable())[:LONGEST]


def health_kept(health: HealthState) -> HealthKept:
    return {"status": health.status, "reason": health.reason, "since": health.since, "measured": health.measured}


def camera_kept(camera: CameraState) -> CameraKept:
    return {"slot": camera.slot, "name": camera.name, "status": camera.status, "since": camera.since, "reason": camera.reason,
            "measured": camera.measured}  # fmt: skip
