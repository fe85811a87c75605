"""The looks by which a driver reads back what it wrote."""

import time
from collections.abc import Callable, Iterator, Sequence

from edge_agent.devices.faults import Unreachable
from edge_agent.devices.model import ObservedDevice, Outcome
from edge_agent.devices.planning import settling_s


def looks(pauses_s: Sequence[float], outcome: Outcome, read: Callable[[], ObservedDevice]) -> Iterator[ObservedDevice]:
    """What `read` gives after each pause. A device that restarts its services can't be reached for a moment: only the last look's
    Unreachable is raised; any other failure is, at once."""
    for n, pause in enumerate(pauses_s):
        time.sleep(pause or settling_s(outcome.done))
        try:
            there = read()
        except Unreachable:
            if n == len(pauses_s) - 1:
                raise
            continue
        yield there
