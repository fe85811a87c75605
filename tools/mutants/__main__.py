"""python -m tools.mutants [--only TEXT...] [--seed N] [--code N] [--sql N] [--workers N]

Of each module of the table (those whose path has one of the texts in it) a sample of changes is made, the same for one seed: so many
to its code, so many to its SQL. Each is tried by the module's tests in a copy of the working tree, which itself stays as it is.
Prints each change that no test noticed, and the share noticed of each module. Exit 0: at least 95 % everywhere; 1: less somewhere;
2: tests that fail without any change.
"""

import argparse
import os
import queue
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

from tools.mutants.operators import Change, changed, changes
from tools.mutants.table import SAME, TESTS

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".cache", "build", "dist", "out", "__pycache__", ".*_cache", ".hypothesis")
ENOUGH = 0.95
HANGS_S = 120.0
"""Tests that take so much longer than without a change have noticed it."""
FAILED, PASSED = {1, 2}, 0
"""What pytest ends with: a test failed, or could not even be read; all passed."""


@dataclass(frozen=True)
class Tried:
    module: str
    is_sql: bool
    before: str
    after: str
    line: int
    is_noticed: bool


@dataclass(frozen=True)
class Task:
    """One change to try. `within_s`: for how long its tests may run."""

    module: str
    change: Change
    within_s: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tools.mutants", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("--only", nargs="*", default=[], metavar="TEXT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--code", type=int, default=20, help="changes to the code of each module")
    parser.add_argument("--sql", type=int, default=20, help="changes to the SQL of each module")
    parser.add_argument("--workers", type=int, default=2, help="copies of the tree that are tried in at a time")
    options = parser.parse_args(arguments)
    modules = [module for module in TESTS if not options.only or any(text in module for text in options.only)]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ketnoi-mutants-") as scratch:
        copies = [_copy(Path(scratch) / str(number)) for number in range(options.workers)]
        tasks: list[Task] = []
        for module in modules:
            started = time.monotonic()
            if _run(copies[0], module, None) != PASSED:
                print(f"{module}: its tests fail without any change", file=sys.stderr)
                return 2
            within_s = HANGS_S + 3 * (time.monotonic() - started)
            tasks += [Task(module, change, within_s) for change in _sample(module, options.seed, options.code, options.sql)]
        tried = list(_all(tasks, copies))
    return _report(modules, tried, time.monotonic() - begun)


def _sample(module: str, seed: int, code: int, sql: int) -> list[Change]:
    """Places are drawn, and of each place one of what can be done there: where much can be done is no more worth."""
    text = (ROOT / module).read_text(encoding="utf-8")
    found: list[Change] = []
    for is_sql, most in ((False, code), (True, sql)):
        places: defaultdict[tuple[int, int], list[Change]] = defaultdict(list)
        for change in changes(text):
            if (change.operator == "sql") is is_sql:
                places[change.begin].append(change)
        dice = random.Random(f"{seed} {module} {is_sql}")  # noqa: S311 - a sample
        drawn = (_one(module, text, dice, places[place]) for place in dice.sample(sorted(places), len(places)))
        found += islice((change for change in drawn if change), most)
    return found


def _one(module: str, text: str, dice: random.Random, place: Sequence[Change]) -> Change | None:
    """One of what can be done at a place; None: nothing that would be a change."""
    return next((change for change in dice.sample(place, len(place)) if not _is_same(module, text, change)), None)


def _lines(module: str, text: str, change: Change) -> tuple[int, str, str]:
    """(its number, as it was, as it is) of the line that is changed."""
    pairs = zip_longest(text.split("\n"), changed(text, change).split("\n"), fillvalue="")
    return next(((number, a.strip(), b.strip()) for number, (a, b) in enumerate(pairs, 1) if a != b), (0, "", ""))


def _is_same(module: str, text: str, change: Change) -> bool:
    number, _, after = _lines(module, text, change)
    return number == 0 or after in SAME.get(module, ())


def _copy(folder: Path) -> Path:
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT, symlinks=True)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def _run(copy: Path, module: str, within_s: float | None) -> int | None:
    """What pytest ends with; None: it did not."""
    command = [str(ROOT / ".venv/bin/python"), "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--hypothesis-seed=0", *TESTS[module]]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    process = subprocess.Popen(command, cwd=copy, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True)  # fmt: skip
    try:
        return process.wait(within_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
        return None


@contextmanager
def _changed(file: Path, text: str) -> Iterator[None]:
    before = file.read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(before, encoding="utf-8")


def _all(tasks: Sequence[Task], copies: Sequence[Path]) -> Iterator[Tried]:
    free: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def attempt(task: Task) -> Tried:
        copy = free.get()
        try:
            text = (ROOT / task.module).read_text(encoding="utf-8")
            line, before, after = _lines(task.module, text, task.change)
            with _changed(copy / task.module, changed(text, task.change)):
                code = _run(copy, task.module, task.within_s)
            if code not in {PASSED, None, *FAILED}:
                raise RuntimeError(f"{task.module}:{line}: pytest ended with {code}")
            return Tried(task.module, task.change.operator == "sql", before, after, line, code != PASSED)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        for tried in pool.map(attempt, tasks):
            if not tried.is_noticed:
                print(f"{tried.module}:{tried.line}\n  - {tried.before}\n  + {tried.after}", flush=True)
            yield tried


def _report(modules: Sequence[str], tried: Sequence[Tried], seconds: float) -> int:
    print(f"\n{'module':<40} {'code':>14} {'SQL':>14}")
    enough = True
    for module in [*modules, ""]:
        cells = []
        for is_sql in (False, True):
            mine = [each.is_noticed for each in tried if each.is_sql is is_sql and module in ("", each.module)]
            share = sum(mine) / len(mine) if mine else 1.0
            enough = enough and share >= ENOUGH
            cells.append(f"{sum(mine)}/{len(mine)} {100 * share:4.0f} %" if mine else "-")
        print(f"{module or 'all':<40} {cells[0]:>14} {cells[1]:>14}")
    print(f"{len(tried)} changes in {seconds / 60:.0f} minutes")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
