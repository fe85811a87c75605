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


def killed_and_run_again(sky: Sky, *words: str) -> None:
    """LabError unless the second run ends well."""
    command = [KETNOI, *words, "-i", sky.plan.inventory]
    nowhere = subprocess.DEVNULL
    first = subprocess.Popen(command, stdout=nowhere, stderr=nowhere, stdin=nowhere, start_new_session=True)
    try:
        first.wait(sky.dice.uniform(0.5, KILLED_AFTER_S))
    except subprocess.TimeoutExpired:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    again = subprocess.run(command, capture_output=True, text=True, timeout=ENDS_S, stdin=subprocess.DEVNULL)
    if again.returncode:
        said = f"ketnoi {' '.join(words)}: exit {again.returncode} after a run that was killed: {again.stdout[-600:]}{again.stderr[-600:]}"
        raise LabError(said, said)


@fault(None, MOMENT_S)
def rotation_killed(sky: Sky, facility: Facility) -> Iterator[None]:
    yield
    killed_and_run_again(sky, "rotate", "--site", facility.code)


@fault(None, MOMENT_S)
def packages_killed(sky: Sky, facility: Facility) -> Iterator[None]:
    yield
    killed_and_run_again(sky, "packages")
