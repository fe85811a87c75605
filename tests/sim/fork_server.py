"""Forks simulated devices from a Python that has loaded their modules: on a busy machine an interpreter and its imports take a second
each time, and the tests start some eight hundred.

`start(python, "lab.camera", "--config", file)` gives a `Forked` that has said "ready". As a program this is the server: it lives as long
as whoever started it, and ends its devices with itself.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_S = 60.0
LONGEST_ORDER = 1 << 20
TOGETHER = ("lab.camera", "lab.recorder")
"""Packages that one server loads, as they share most of their modules."""


class Forked:
    """A process that the server forked: as much of subprocess.Popen as its users need."""

    def __init__(self, pidfd: int) -> None:
        self._pidfd = pidfd

    def running(self) -> bool:
        return not select.select([self._pidfd], [], [], 0)[0]

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def wait(self, seconds: float) -> None:
        """Until it has ended. TimeoutError: it has not."""
        if not select.select([self._pidfd], [], [], seconds)[0]:
            raise TimeoutError(f"a device did not end within {seconds} s")

    def _send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, number)

    def __del__(self) -> None:
        os.close(self._pidfd)


def start(python: str, package: str, *arguments: str) -> Forked:
    """`python -m package arguments`, in the checkout, with this process's environment. RuntimeError: it did not get ready."""
    server = _server(python, TOGETHER if package in TOGETHER else (package,), Path("/proc/thread-self/ns/net").stat().st_ino)
    read, write = os.pipe()
    order = {"package": package, "arguments": arguments, "environment": dict(os.environ)}
    socket.send_fds(server, [json.dumps(order).encode()], [write, 2])
    os.close(write)
    _, (pidfd,), _, _ = socket.recv_fds(server, 1, 1)
    forked = Forked(pidfd)
    with os.fdopen(read, encoding="utf-8") as printed:
        ready, _, _ = select.select([printed], [], [], START_S)
        if not ready or printed.readline().strip() != "ready":
            forked.kill()
            raise RuntimeError(f"{package} did not start")
    return forked


@lru_cache
def _server(python: str, packages: tuple[str, ...], network: int) -> socket.socket:
    """One for each network namespace that devices are started in: what is forked is where its server is."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [python, str(Path(__file__).resolve()), str(theirs.fileno()), *packages]
        server = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)

    def end() -> None:
        ours.close()
        server.wait(10)

    atexit.register(end)
    return ours


def _serve(orders: socket.socket) -> tuple[str, list[str]] | None:
    """Fork for each order. In the fork: the package to be, its arguments; in the server: None, when nobody is left to give orders."""
    forks: set[int] = set()
    while True:
        order, handed, _, _ = socket.recv_fds(orders, LONGEST_ORDER, 2)
        if not order:
            for pid in forks:
                os.kill(pid, signal.SIGTERM)
            return None
        pid = os.fork()
        if pid == 0:
            return _become(json.loads(order), *handed)
        forks.add(pid)
        pidfd = os.pidfd_open(pid)
        socket.send_fds(orders, [b"+"], [pidfd])
        for each in (*handed, pidfd):
            os.close(each)
        forks -= {pid for pid in forks if os.waitpid(pid, os.WNOHANG)[0]}


def _become(order: dict[str, object], stdout: int, stderr: int) -> tuple[str, list[str]]:
    for given, own in ((stdout, 1), (stderr, 2)):
        os.dup2(given, own)
        os.close(given)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(order["environment"])
    return str(order["package"]), list(order["arguments"])


def main() -> None:
    sys.path[0] = str(ROOT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started this
    for package in sys.argv[2:]:
        for each in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not each.name.endswith(".__main__"):
                importlib.import_module(each.name)
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as orders:
        device = _serve(orders)
    if device is not None:
        sys.argv = [device[0], *device[1]]
        runpy.run_module(device[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
