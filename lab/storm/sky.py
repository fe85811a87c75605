"""The province under a storm, and the table of faults into which the modules beside this one enter what they can do."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from lab.hands import access
from lab.plan import Facility, Plan
from lab.say import LabError
from lab.storm import kept
from lab.storm.truth import Truth

BACK_S = 90.0
"""After it ran again an agent needs this long at most until every camera was looked at: its boot, a probe's interval, its patience."""
HEARD_S = 25.0
"""An agent that died without a word is known to have run until the hub's last word of it: a beat comes every 20 s."""


@dataclass(frozen=True)
class Sky:
    """The province under the weather."""

    plan: Plan
    truth: Truth
    dice: random.Random
    sites: dict[str, str]
    """Facility's code -> its id."""
    rotated: set[str] = field(default_factory=set)
    """Codes of facilities whose passwords were rotated."""

    def inside(self, name: str, *command: str, check: bool = True, stdin: str = "") -> str:
        if check:
            return access.output_of(self.plan.lab, name, *command, stdin=stdin.encode())
        return access.inside(self.plan.lab, name, *command, stdin=stdin.encode()).stdout

    def sql(self, statement: str) -> None:
        """Done to the hub's database, past everything of the project's."""
        kept.ask(self.plan.lab, statement)

    def write(self, name: str, path: str, content: str) -> None:
        """In place of what is there, durably: a power cut may come next."""
        put = f"cat >{path}.new && chmod --reference={path} {path}.new && sync {path}.new && mv {path}.new {path}"
        self.inside(name, "sh", "-c", put, stdin=content)

    def status(self, code: str) -> dict[str, Any]:
        """What a box's agent says of itself; {} while it says nothing."""
        try:
            found: dict[str, Any] = json.loads(self.inside(code, "edge-agent", "status", "--json", check=False))
        except ValueError:
            return {}
        return found

    def link(self, code: str) -> dict[str, Any]:
        found: dict[str, Any] = self.status(code).get("link", {})
        return found


Play = Callable[[Sky, Facility], "Iterator[None]"]
LINK_S, HUB_S = 15.0, 60.0
"""Promised: heard again so long after the link's return, and after the hub's."""
LASTS_S = (12.0, 45.0)
MOMENT_S = (2.0, 6.0)


COMES_TO_PASS_S = 120.0


def until(true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + COMES_TO_PASS_S
    while not true():
        if time.monotonic() > deadline:
            raise LabError(otherwise, otherwise)
        time.sleep(0.5)


@dataclass(frozen=True)
class Weather:
    """A kind of fault. `recovery_s`: promised until the hub hears everybody again; None: a box's own start is part of it."""

    play: Play
    recovery_s: float | None
    lasts_s: tuple[float, float]
    on_hub: bool


KINDS: dict[str, Weather] = {}


def fault(recovery_s: float | None, lasts_s: tuple[float, float] = LASTS_S, on_hub: bool = False) -> Callable[[Play], Play]:
    """A generator: everything before its `yield` does the harm, everything after mends it."""

    def named(play: Play) -> Play:
        KINDS[play.__name__] = Weather(play, recovery_s, lasts_s, on_hub)
        return play

    return named


@contextmanager
def under(name: str, sky: Sky, facility: Facility) -> Iterator[None]:
    """Mended whatever happens in between."""
    play = KINDS[name].play(sky, facility)
    next(play)
    try:
        yield
    finally:
        next(play, None)
