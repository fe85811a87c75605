"""Faults of the office: its commands killed at any moment, and run again. The second run must end what the first began."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from lab.plan import Facility
from lab.say import LabError
from lab.storm.sky import MOMENT_S, Sky, fault

KETNOI = str(Path(sys.executable).parent / "ketnoi")
KILLED_AFTER_S = 12.0
"""At most: by then the slower of the two is through."""
ENDS_S = 300.0


def killed_and_run_again(sky: Sky, *words: str, good: tuple[int, ...] = (0,)) -> None:
    """LabError unless the second run ends with one of these codes."""
    nowhere = subprocess.DEVNULL
    first = subprocess.Popen(_command(sky, words), stdout=nowhere, stderr=nowhere, stdin=nowhere, start_new_session=True)
    try:
        first.wait(sky.dice.uniform(0.5, KILLED_AFTER_S))
    except subprocess.TimeoutExpired:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    run_to_its_end(sky, *words, good=good)


def run_to_its_end(sky: Sky, *words: str, good: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(_command(sky, words), capture_output=True, text=True, timeout=ENDS_S, stdin=subprocess.DEVNULL)
    if done.returncode not in good:
        said = f"ketnoi {' '.join(words)}: exit {done.returncode}: {done.stdout[-600:]}{done.stderr[-600:]}"
        raise LabError(said, said)


def _command(sky: Sky, words: tuple[str, ...]) -> list[str]:
    return [KETNOI, *words, "-i", sky.plan.inventory]


@fault(None, MOMENT_S)
def rotation_killed(sky: Sky, facility: Facility) -> Iterator[None]:
    """A camera whose cable is out just then keeps its password: exit 1, and the storm's end sees to it."""
    yield
    killed_and_run_again(sky, "rotate", "--site", facility.code, good=(0, 1))
    sky.rotated.add(facility.code)


def end_rotations(sky: Sky) -> None:
    """Every camera can be reached again: rotations that were cut short come through. LabError where one does not."""
    for code in sorted(sky.rotated):
        run_to_its_end(sky, "rollout", "--site", code)


@fault(None, MOMENT_S)
def packages_killed(sky: Sky, facility: Facility) -> Iterator[None]:
    yield
    killed_and_run_again(sky, "packages")
