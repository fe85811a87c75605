"""python -m tests.crash outbox                         every change, every fault
python -m tests.crash outbox --points 6 --seed 3     of each fault the first, the last and some changes between
python -m tests.crash outbox --fault kill --at 17    this one
"""

import argparse
import importlib
import os
import sys
import tempfile
from pathlib import Path

from tests.crash import disk
from tests.crash.run import Harness

ALL = 10**9
TOLD = 5
"""So many of a fault's wrong runs are told in full."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("piece", choices=sorted(path.stem for path in Path(__file__).with_name("pieces").glob("[a-z]*.py")))
    parser.add_argument("--fault", choices=disk.FAULTS, action="append")
    parser.add_argument("--at", type=int, help="the number of the change")
    parser.add_argument("--points", type=int, default=ALL, help="how many changes of each fault are tried")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    scratch = Path(os.environ.get(disk.STATE, "")).parent
    if disk.STATE not in os.environ:
        # In memory where that can be: a thousand runs sync a hundred times each.
        memory = Path("/dev/shm")
        with tempfile.TemporaryDirectory(prefix="ketnoi-crash-", dir=memory if os.access(memory, os.W_OK) else None) as made:
            os.environ.update(disk.environment(Path(made)))
            return os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-m", "tests.crash", *sys.argv[1:]])
    harness = Harness(importlib.import_module(f"tests.crash.pieces.{options.piece}").PIECE, scratch)
    wrong = 0
    for fault in options.fault or disk.FAULTS:
        points = [options.at] if options.at else harness.points(options.points, f"{options.seed} {fault}")
        tried = list(harness.tried(fault, points))
        found = [what for what in tried if what is not None]
        print(f"{options.piece}, {fault}: {len(tried)} tried, {len(found)} wrong")
        print("".join(f"--- {what}\n" for what in found[:TOLD]), end="", flush=True)
        wrong += len(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
