"""Cut short at any of its changes to the disk, or refused one, each piece keeps what it promised: see tests/crash/piece.py.

Here at the first change, the last and some between; in `make soak` at each. By hand: python -m tests.crash --help
"""

import subprocess
import sys
from pathlib import Path

import pytest
import soak

ROOT = Path(__file__).parents[2]
POINTS = 5
ALL = {path.stem for path in (ROOT / "tests/crash/pieces").glob("[a-z]*.py")}


def crashed(*arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "tests.crash", *arguments, *(() if soak.FACTOR > 1 else ("--points", str(POINTS)))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.soak
@pytest.mark.parametrize("piece", sorted(ALL - {"careless"}))
def test_whatever_the_disk_does_the_next_start_finds_what_was_promised(piece: str) -> None:
    code, told = crashed(piece)
    assert code == 0, told


def test_what_is_careless_is_found() -> None:
    """The harness itself: each of its faults is one that can be noticed."""
    code, told = crashed("careless")
    wrong = {line.split(", ")[1].split(":")[0] for line in told.splitlines() if line.startswith("careless, ") and ", 0 wrong" not in line}
    assert code == 1 and wrong == {"kill", "torn", "full", "eio", "power"}, told
