"""What a lab has made, written as it is made, and processes told apart from later ones that reuse their pid.

The ledger (`made.jsonl`, one object a line) holds `{"kind": "process", "pid", "start", "what"}` and
`{"kind": "netns" | "mount" | "loop", "name"}`. It helps `down`; it is never trusted alone, because a `kill -9` can fall between
making and writing (see lab.down).
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from lab import layout

SOURCE = Path(__file__).resolve().parents[2]


def note(lab: layout.Lab, kind: str, **fields: Any) -> None:
    line = json.dumps({"kind": kind, **fields}) + "\n"
    fd = os.open(lab.ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, line.encode())
    finally:
        os.close(fd)


def notes(lab: layout.Lab) -> Iterator[dict[str, Any]]:
    """Every readable line; one cut short by a kill is skipped."""
    try:
        lines = lab.ledger.read_text().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue


def started_at(pid: int) -> int | None:
    """The process's start in clock ticks since the machine's boot (field 22 of proc(5) stat); None if there is none or only its zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def alive(process: dict[str, Any]) -> bool:
    return bool(started_at(process["pid"]) == process["start"])


def processes(lab: layout.Lab, what: str | None = None) -> list[dict[str, Any]]:
    """Recorded processes that still run, of that name or all."""
    return [n for n in notes(lab) if n["kind"] == "process" and what in (None, n["what"]) and alive(n)]


def gone(pids: list[int], seconds: float) -> bool:
    """Wait for processes (not our children) to end, through their pidfds."""
    deadline = time.monotonic() + seconds
    for pid in pids:
        with contextlib.suppress(ProcessLookupError), _pidfd(pid) as fd:
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                return False
    return True


@contextlib.contextmanager
def _pidfd(pid: int) -> Iterator[int]:
    fd = os.pidfd_open(pid)
    try:
        yield fd
    finally:
        os.close(fd)


def stop(lab: layout.Lab, what: str) -> None:
    """Kill the recorded processes of that name and wait until they are gone."""
    pids = [p["pid"] for p in processes(lab, what)]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    gone(pids, 5)


def environment(lab: layout.Lab, **more: str) -> dict[str, str]:
    """For whatever the lab starts: little of the caller's, the lab's name, and the way to this package."""
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/root",
        "PYTHONPATH": str(SOURCE),
        layout.ENVIRONMENT: lab.name,
        **more,
    }


def spawn(
    lab: layout.Lab,
    what: str,
    argv: Sequence[str],
    log: Path | BinaryIO,
    netns: str | None = None,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a daemon in its own session (in a namespace of the lab if named), its output to `log`, and record it as `what`.

    nsenter replaces `ip netns exec` because the latter gives the process a copy of all mounts, which would keep the lab's disks busy.
    """
    command = ["nsenter", f"--net={layout.NETNS / netns}", "--", *argv] if netns else list(argv)
    out = log.open("ab") if isinstance(log, Path) else log
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=cwd or lab.run,
            env=env or environment(lab),
        )
    finally:
        if isinstance(log, Path):
            out.close()
    note(lab, "process", pid=process.pid, start=started_at(process.pid), what=what)
    return process


def python(*arguments: str) -> list[str]:
    """A command line of this package's own modules; -S because they need the standard library only, and start faster so."""
    return [sys.executable, "-S", *arguments]
