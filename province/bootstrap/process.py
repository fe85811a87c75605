"""pyinfra as a process: one deploy over the machines of a folder, its steps as they end, and what it printed of each machine.

It is called as a person calls it (bootstrap/README.md). The factory's password goes through its standard input.
"""

import ctypes
import re
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread, Timer
from typing import IO

from province.bootstrap.steps import DEPLOYS, StepDone

PYINFRA = [sys.executable, "-m", "pyinfra"]
PROJECT = Path(__file__).resolve().parents[2] / "bootstrap"
"""The pyinfra project: beside the package `province`, in a checkout as where a wheel was installed."""
LIMIT_S = 1800.0
"""How long a deploy may take: what hangs beyond its operation's own limit is ended, and what others achieved is kept."""

_STEP = re.compile(r"(?P<machine>\S+): (?P<step>[a-z]+): (?P<changed>\d+) changed")
_MESSAGE = re.compile(r"\s*\[(?P<machine>[a-z0-9-]+)\]\s*(?P<message>.*\S)")
_NO_MESSAGE = re.compile(r"Connected|Ready: .*|Success|No changes|Skipped|Error: executed .*")
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def deploy_file(deploy: str) -> Path:
    return PROJECT / "deploys" / f"{deploy}.py"


class Deploy:
    """One run of a deploy. `steps` plays it; afterwards `reason` tells why a machine did not come to its end."""

    def __init__(self, folder: Path, deploy: str, password: str | None = None) -> None:
        self.folder, self.deploy, self.password = folder, deploy, password or ""
        self._messages: dict[str, list[str]] = defaultdict(list)
        self._last = ""

    def steps(self) -> Iterator[StepDone]:
        argv = [*PYINFRA, "-y", "--no-wait", str(self.folder / "inventory.py"), str(deploy_file(self.deploy))]
        with subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            preexec_fn=_end_with_parent,
        ) as child:
            assert child.stdin and child.stdout and child.stderr
            listener, limit = Thread(target=self._listen, args=(child.stderr,)), Timer(LIMIT_S, child.terminate)
            listener.start()
            limit.start()
            try:
                with suppress(BrokenPipeError), child.stdin:
                    child.stdin.write(f"{self.password}\n")
                for line in child.stdout:
                    step = _STEP.fullmatch(line.strip())
                    if step and step["step"] in DEPLOYS[self.deploy]:
                        yield StepDone(step["machine"], step["step"], int(step["changed"]))
            finally:
                limit.cancel()
                if child.poll() is None:
                    child.terminate()
                listener.join()

    def _listen(self, stream: IO[str]) -> None:
        for line in stream:
            found = _MESSAGE.fullmatch(line.rstrip("\n"))
            if found is None:
                self._last = line.strip() or self._last
            elif not _NO_MESSAGE.fullmatch(found["message"]):
                self._messages[found["machine"]].append(found["message"])

    def reason(self, machine: str) -> str | None:
        """What pyinfra printed of the machine last; None when it printed nothing of it."""
        return " / ".join(self._messages[machine][-4:]) or None

    @property
    def last_line(self) -> str:
        """The last line that is of no machine in particular: why pyinfra itself stopped, if it did."""
        return self._last


def _end_with_parent() -> None:
    """Nobody is left to enrol what it would finish."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
