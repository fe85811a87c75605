"""What was really so: each camera's state over time, and the times of which the box itself can know nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

State = Literal["up", "down", "frozen"]
Camera = tuple[str, int]
"""Facility's code and slot."""


@dataclass
class Truth:
    """Instants are seconds since 1970, by the machine's one clock. changes: oldest first, the first at the beginning."""

    began: float
    changes: dict[Camera, list[tuple[float, State]]] = field(default_factory=dict)
    blind: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Code -> (from, to): the agent did not run, or what it had written was destroyed."""
    ended: float = 0.0

    def add(self, camera: Camera, at: float, state: State) -> None:
        self.changes.setdefault(camera, []).append((at, state))

    def cannot_know(self, code: str, since: float, until: float) -> None:
        self.blind.setdefault(code, []).append((since, until))

    def state(self, camera: Camera, at: float) -> tuple[State, float]:
        """What was so at that instant, and for how long it had been."""
        since, state = next((change for change in reversed(self.changes[camera]) if change[0] <= at), self.changes[camera][0])
        return state, at - since

    def seconds(self, camera: Camera, state: State) -> float:
        """How long it was so, from the beginning to the end."""
        changes = [*self.changes[camera], (self.ended, state)]
        return sum(min(until, self.ended) - max(at, self.began) for (at, one), (until, _) in pairwise(changes) if one == state)

    def is_blind(self, code: str, at: float) -> bool:
        return any(since <= at <= until for since, until in self.blind.get(code, []))
