"""Damps what goes to and fro: a camera that changes its word all the time is told of once, with a count, until it is calm.

Each change between up and not up adds one to a penalty that halves every HALF_LIFE_S. At BEGIN and above the subject flaps, below
END it is calm again (the thresholds of route flap damping, RFC 2439, made ours).
"""

from dataclasses import dataclass

BEGIN = 5.0
END = 1.5
HALF_LIFE_S = 300.0


@dataclass
class Damper:
    """One subject's memory. `changes`: how many there were since it began to flap."""

    flapping: bool = False
    changes: int = 0
    _penalty: float = 0.0
    _at: float = 0.0

    def saw(self, changed: bool, now: float) -> None:
        """One look at `now` (monotonic seconds); `changed`: between up and not up, since the look before."""
        self._penalty *= 0.5 ** (max(0.0, now - self._at) / HALF_LIFE_S)
        self._at = now
        if changed:
            self._penalty += 1
        if self.flapping:
            self.changes += changed
            self.flapping = self._penalty >= END
        elif self._penalty >= BEGIN:
            self.flapping, self.changes = True, 1
