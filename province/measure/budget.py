"""How many streams may be pulled at once: never more of a facility's uplink, nor of the hub's line, than was set aside. Pure.

The same order of things is used to measure (province.measure.remote) and to say beforehand how long that will take (`seconds`).
Figures are kbit/s. A stream that is larger than its whole budget is pulled alone. Tasks without `kbps` (settings, ports, a
recorder's search) weigh nothing: they are a few packets each.
"""

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, NotRequired, TypedDict, TypeVar

from province.measure.request import Bandwidth, Task

UNLIMITED = 10**9


class Foreseen(TypedDict):
    """A stream that will be asked for, before its camera said where it is."""

    kind: Literal["stream"]
    site: str
    kbps: NotRequired[int]
    brief: NotRequired[bool]


T = TypeVar("T", Task, Foreseen)


@dataclass(frozen=True)
class Budget:
    """`total`: of this machine's line; `sites`: facility's code -> of its uplink. What isn't named is unlimited."""

    total: int = UNLIMITED
    sites: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> Bandwidth:
        return {"total_kbps": self.total, "sites_kbps": dict(self.sites)}

    @classmethod
    def of(cls, told: Bandwidth | None) -> "Budget":
        return cls(told.get("total_kbps", UNLIMITED), told.get("sites_kbps", {})) if told else cls()


class Schedule(Generic[T]):
    """Which tasks may start now, given those that run. Facilities take turns, so that a slow one holds no other up; the first whose
    turn it is waits for room in the whole line, so that a large stream is not passed over for ever."""

    def __init__(self, tasks: Sequence[T], budget: Budget, workers: int) -> None:
        self._budget, self._workers = budget, workers
        self._waiting: dict[str, deque[T]] = defaultdict(deque)
        for task in tasks:
            self._waiting[task["site"]].append(task)
        self._turns = deque(self._waiting)
        self._full: set[str] = set()
        """Facilities whose own line has no room until one of their tasks ends."""
        self.running = 0
        self.total = 0
        self.used: dict[str, int] = defaultdict(int)

    def start(self) -> list[T]:
        """All that may start now; they count as running."""
        started: list[T] = []
        while self._turns and self.running < self._workers:
            site = self._turns[0]
            queue = self._waiting[site]
            if queue and self._fits_own(queue[0]) and not self._fits_all(queue[0]):
                break
            self._turns.popleft()
            if queue and not self._fits_own(queue[0]):
                self._full.add(site)
            elif queue:
                started.append(self._take(queue.popleft()))
                self._turns.append(site)
        return started

    def done(self, task: T) -> None:
        kbps, site = _kbps(task), task["site"]
        self.running -= 1
        self.total -= kbps
        self.used[site] -= kbps
        if site in self._full:
            self._full.remove(site)
            self._turns.append(site)

    @property
    def left(self) -> list[T]:
        """Those that were never started."""
        return [task for queue in self._waiting.values() for task in queue]

    def _fits_own(self, task: T) -> bool:
        kbps, site = _kbps(task), task["site"]
        return not kbps or self.used[site] == 0 or self.used[site] + kbps <= self._budget.sites.get(site, UNLIMITED)

    def _fits_all(self, task: T) -> bool:
        kbps = _kbps(task)
        return not kbps or self.total == 0 or self.total + kbps <= self._budget.total

    def _take(self, task: T) -> T:
        kbps = _kbps(task)
        self.running += 1
        self.total += kbps
        self.used[task["site"]] += kbps
        return task


def _kbps(task: Task | Foreseen) -> int:
    return task.get("kbps") or 0


def seconds(tasks: Sequence[T], budget: Budget, workers: int, lasts: Callable[[T], float]) -> float:
    """How long all of it takes where each task lasts so long: the schedule played on a clock of its own."""
    schedule, now, order = Schedule(tasks, budget, workers), 0.0, 0
    ends: list[tuple[float, int, T]] = []
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


def of_sites(tasks: Iterable[T], codes: frozenset[str], inside: bool) -> list[T]:
    """The tasks about these facilities, or (not `inside`) about all others."""
    return [task for task in tasks if (task["site"] in codes) == inside]
