"""Runs a piece on a disk that fails at each of its changes, starts it again, and asks after each whether what was promised holds."""

import contextlib
import ctypes
import json
import os
import random
import shutil
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.crash.disk import FAULTS, Disk
from tests.crash.piece import Piece

STUCK_S = 120
KILLS = ("kill", "torn", "power")
_PR_SET_CHILD_SUBREAPER = 36


class Wrong(Exception):
    """After this run something does not hold."""


class Harness:
    """One piece. Each run is a process of its own, forked after everything is imported; all of them see the same paths."""

    def __init__(self, piece: Piece, scratch: Path) -> None:
        self._piece = piece
        self._folder, self._prepared, self._synced = scratch / "disk", scratch / "prepared", scratch / "synced"
        self._said, self._outcome, self._log = scratch / "said", scratch / "outcome", scratch / "log"
        self._disk, self._changes = Disk(self._folder, self._synced), 0
        # What a killed process had started is waited for here.
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._folder.mkdir()
        self._in_order(lambda: piece.before(self._folder), "what is there before could not be made")
        shutil.copytree(self._folder, self._prepared, symlinks=True)

    def tried(self, fault: str, points: Iterable[int]) -> Iterator[str | None]:
        """For each of these changes what was wrong after it failed so; None if nothing was."""
        for at in points:
            try:
                self._run(fault, at)
                yield None
            except Wrong as wrong:
                yield str(wrong)

    def points(self, limit: int, seed: str) -> Iterator[int]:
        """To be tried in this order: first none at all (for a power cut: that after the end), which counts them; then all of them, or
        the first, the last and some between, `limit` in all."""
        yield 0
        between = range(2, self._changes)
        if self._changes > limit:
            between = sorted(random.Random(seed).sample(between, limit - 2))
        yield from sorted({1, *between, self._changes} if self._changes else ())

    def _run(self, fault: str, at: int) -> None:
        shutil.rmtree(self._folder)
        shutil.copytree(self._prepared, self._folder, symlinks=True)
        shutil.rmtree(self._synced, ignore_errors=True)
        self._synced.mkdir()
        self._said.write_text("")
        self._disk.spoil(FAULTS[fault], at)
        ended = self._forked(self._act, self._piece.refuses)
        self._changes, where = self._disk.well(), self._disk.where
        told = f"change {at}, {where}" if where else "none failed"
        if ended not in (("killed",) if fault in KILLS else ("done", "refused")) if where else ended != "done":
            raise Wrong(f"{told}: {ended}")
        if fault == "power":
            self._disk.as_synced()
        said = [json.loads(line) for line in self._said.read_text().splitlines()]
        self._in_order(lambda: self._piece.after(self._folder, said, ended == "done"), f"{told}, {ended}, {said}, started again")

    def _act(self) -> None:
        with self._said.open("a", buffering=1) as file:
            self._piece.act(self._folder, lambda *what: print(json.dumps(what), file=file))

    def _in_order(self, work: Callable[[], None], what: str) -> None:
        ended = self._forked(work)
        if ended != "done":
            raise Wrong(f"{what}: {ended}")

    def _forked(self, work: Callable[[], None], refuses: tuple[type[BaseException], ...] = ()) -> str:
        """done, refused, killed, or what went wrong. A process group of its own, so that a kill takes all that it started."""
        self._outcome.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            try:
                os.setpgid(0, 0)
                signal.alarm(STUCK_S)
                self._outcome.write_text(self._outcome_of(work, refuses))
            finally:
                os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-child, 0)
        if ended == -signal.SIGKILL:
            return "killed"
        return self._outcome.read_text() if self._outcome.exists() else f"ended with {ended}"

    def _outcome_of(self, work: Callable[[], None], refuses: tuple[type[BaseException], ...]) -> str:
        log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        try:
            work()
        except refuses:
            return "refused"
        except BaseException:  # whatever else it is, it is what the run is told to have found
            return traceback.format_exc()
        return "done"
