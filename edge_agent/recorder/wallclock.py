"""Wall time that may jump, told from time since boot that doesn't.

The recorder counts in seconds since boot and turns them into wall time only when it writes them down: a clock that was set
in the meantime then dates right. What was written before a clock was first set is dated anew (Index.redate).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

STEP_S = 0.5
TRUST_AFTER_S = 600.0
"""Retention by age waits so long after the clock was set or came to be synchronised."""


def _boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass
class WallClock:
    """`look` often; `synced` is what chrony last said. The two sources are there for tests."""

    wall: Callable[[], float] = time.time
    mono: Callable[[], float] = _boottime
    synced: bool = False
    _offset: float = field(init=False)
    _synced_since: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._offset = self.wall() - self.mono()

    def look(self, synced: bool) -> float:
        """Seconds by which the wall clock was set since the last look; 0 when it only ran (chrony's slewing is no step)."""
        offset = self.wall() - self.mono()
        step, self._offset = offset - self._offset, offset
        stepped = abs(step) > STEP_S
        if stepped or not synced:
            self._synced_since = None
        if synced and self._synced_since is None:
            self._synced_since = self.mono()
        self.synced = synced
        return step if stepped else 0.0

    def at(self, mono: float) -> float:
        """The wall time of a moment since boot, as the clock was at the last look: between a step and the look that finds it
        everything is still dated by the old clock, and dated anew together."""
        return mono + self._offset

    @property
    def trusted(self) -> bool:
        """May footage be deleted because of its age?"""
        return self._synced_since is not None and self.mono() - self._synced_since >= TRUST_AFTER_S
