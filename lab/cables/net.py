"""Namespaces and links, by iproute2 in batches, and a way for a thread to step into a namespace for a while."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from lab import layout
from lab.say import LabError

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def ip(commands: Iterable[str], netns: str | None = None) -> None:
    """Run `ip` commands in one process, in a namespace by name. LabError with what ip said at the first that fails."""
    text = "\n".join(commands) + "\n"
    argv = ["ip", *(["-n", netns] if netns else []), "-batch", "-"]
    done = subprocess.run(argv, input=text, capture_output=True, text=True)
    if done.returncode:
        where = netns or "(netns)"
        raise LabError(f"ip ở {where}: {done.stderr.strip()}", f"ip in {where}: {done.stderr.strip()}")


def setns(fd: int) -> None:
    """setns(2) of the calling thread (Python has os.setns only from 3.12)."""
    if _libc.setns(fd, _CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


@contextlib.contextmanager
def inside(netns: str) -> Iterator[None]:
    """The calling thread's new sockets, /proc/sys/net and children belong to this namespace until the block ends.

    A socket stays in the namespace it was made in, so one opened here may be used after.
    """
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            there = os.open(layout.NETNS / netns, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as gone:
            raise LabError(f"không có không gian mạng {netns}", f"there is no network namespace {netns}") from gone
        try:
            setns(there)
        finally:
            os.close(there)
        yield
    finally:
        setns(before)
        os.close(before)


def sysctl(netns: str, **values: int) -> None:
    """Write under /proc/sys/net; `ipv4__ip_forward=1` is net.ipv4.ip_forward (two underscores are the dot)."""
    with inside(netns):
        for name, value in values.items():
            Path("/proc/sys/net", *name.split("__")).write_text(str(value))


def nft(netns: str, rules: str) -> None:
    with inside(netns):
        done = subprocess.run(["nft", "-f", "-"], input=rules, capture_output=True, text=True)
    if done.returncode:
        raise LabError(f"nft ở {netns}: {done.stderr.strip()}", f"nft in {netns}: {done.stderr.strip()}")


def namespaces(prefix: str) -> list[str]:
    """Names under /run/netns with this prefix, whether alive or left over as an empty file."""
    if not layout.NETNS.is_dir():
        return []
    return sorted(p.name for p in layout.NETNS.iterdir() if p.name.startswith(prefix))


def carrier_up(netns: str, link: str, up: bool) -> None:
    ip([f"link set {link} {'up' if up else 'down'}"], netns)
