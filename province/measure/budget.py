"""How many streams may be pulled at once: never more of a facility's uplink, nor of the hub's line, than was set aside. Pure.

The same order of things is used to measure (province.measure.remote) and to say beforehand how long that will take (`seconds`).
Figures are kbit/s. A stream that is larger than its whole budget is pulled alone. Tasks without `kbps` (settings, ports, a
recorder's search) weigh nothing: they are a few packets each.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Task = Mapping[str, Any]
UNLIMITED = 10**9


@dataclass(frozen=True)
class Budget:
    """`total`: of this machine's line; `sites`: facility's code -> of its uplink. What isn't named is unlimited."""

    total: int = UNLIMITED
    sites: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {"total_kbps": self.total, "sites_kbps": dict(self.sites)}

    @classmethod
    def of(cls, document: Mapping[str, Any] | None) -> "Budget":
        told = document or {}
        return cls(int(told.get("total_kbps", UNLIMITED)), {str(code): int(kbps) for code, kbps in (told.get("sites_kbps") or {}).items()})


class Schedule:
    """Which tasks may start now, given those that run. Facilities take turns, so that a slow one holds no other up."""

    def __init__(self, tasks: Sequence[Task], budget: Budget, workers: int) -> None:
        self._budget, self._workers = budget, workers
        self._waiting: dict[str, list[Task]] = defaultdict(list)
        for task in tasks:
            self._waiting[str(task["site"])].append(task)
        self._turns = list(self._waiting)
        self.running = 0
        self.total = 0
        self.used: dict[str, int] = defaultdict(int)

    def start(self) -> list[Task]:
        """All that may start now; they count as running."""
        started: list[Task] = []
        again = True
        while again and self.running < self._workers:
            again = False
            for site in list(self._turns):
                if self.running >= self._workers:
                    break
                queue = self._waiting[site]
                if queue and self._fits(queue[0]):
                    started.append(self._take(queue.pop(0)))
                    self._turns.remove(site)
                    self._turns.append(site)
                    again = True
        return started

    def done(self, task: Task) -> None:
        kbps = _kbps(task)
        self.running -= 1
        self.total -= kbps
        self.used[str(task["site"])] -= kbps

    @property
    def left(self) -> list[Task]:
        """Those that were never started."""
        return [task for queue in self._waiting.values() for task in queue]

    def _fits(self, task: Task) -> bool:
        kbps, site = _kbps(task), str(task["site"])
        if not kbps:
            return True
        own = self._budget.sites.get(site, UNLIMITED)
        return (self.used[site] == 0 or self.used[site] + kbps <= own) and (self.total == 0 or self.total + kbps <= self._budget.total)

    def _take(self, task: Task) -> Task:
        kbps = _kbps(task)
        self.running += 1
        self.total += kbps
        self.used[str(task["site"])] += kbps
        return task


def _kbps(task: Task) -> int:
    return int(task.get("kbps") or 0)


def seconds(tasks: Sequence[Task], budget: Budget, workers: int, lasts: Callable[[Task], float]) -> float:
    """How long all of it takes where each task lasts so long: the schedule played on a clock of its own."""
    schedule, now, order = Schedule(tasks, budget, workers), 0.0, 0
    ends: list[tuple[float, int, Task]] = []
    while True:
        for task in schedule.start():
            heapq.heappush(ends, (now + lasts(task), order, task))
            order += 1
        if not ends:
            return now
        now, _, task = heapq.heappop(ends)
        schedule.done(task)


def shared(budget: Budget, largest: Mapping[str, int]) -> tuple[Budget, Budget, frozenset[str]]:
    """(the hub's share, the centre's, the facilities that both may measure at the same time).

    Both pull through the same uplink and the same line of the hub, and neither sees the other: the hub, which only looks
    briefly, has a quarter (one stream at least), the centre the rest. `largest`: facility -> its largest stream. Where that leaves no
    room for two streams they take turns, each with the whole.
    """
    few: dict[str, int] = {}
    for code, kbps in budget.sites.items():
        few[code] = max(kbps // 4, largest.get(code, 0))
    hub_total = max(budget.total // 4, max(largest.values(), default=0))
    rest = {code: kbps - few[code] for code, kbps in budget.sites.items()}
    together = frozenset(code for code, kbps in rest.items() if kbps >= largest.get(code, 0) and few[code] >= largest.get(code, 0))
    if budget.total - hub_total < max(largest.values(), default=0):
        together = frozenset()
    return Budget(hub_total, few), Budget(budget.total - hub_total, rest), together


def of_sites(tasks: Iterable[dict[str, Any]], codes: frozenset[str], inside: bool) -> list[dict[str, Any]]:
    """The tasks about these facilities, or (not `inside`) about all others."""
    return [task for task in tasks if (str(task["site"]) in codes) == inside]
