"""Ends lifelines that nobody may have any more.

Taking a key out of authorized_keys keeps a box from coming again, not from staying: a session that is up lives on, and one
without a forward may ask for the port later. So when that file changed, every session goes that does not hold a port which the
file still gives to somebody. One that was just logging in goes too, and comes again within seconds.
"""

import contextlib
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

AUTHORIZED = Path("/etc/ketnoi/lifeline/authorized_keys")
_PERMITTED = re.compile(r'permitlisten="127\.0\.0\.1:(\d+)"')
_LISTENING = "0A"
_SOCKET = re.compile(r"socket:\[(\d+)\]")


def permitted(authorized_keys: str) -> set[int]:
    """The ports that the file gives to anybody."""
    return {int(port) for port in _PERMITTED.findall(authorized_keys)}


def listeners(table: str) -> dict[str, int]:
    """Of proc(5) net/tcp: socket inode -> port, for all that listen."""
    rows = [line.split() for line in table.splitlines()[1:]]
    return {row[9]: int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == _LISTENING}


def sessions(sshd: int, proc: Path = Path("/proc")) -> dict[int, set[int]]:
    """Each connection of this sshd, by the pid of its first process, and the ports that it listens on."""
    listening = listeners((proc / "net/tcp").read_text())
    return {child: {listening[each] for each in _sockets(child, proc) if each in listening} for child in _children(sshd, proc)}


def prune(sshd: int, authorized: Path = AUTHORIZED, proc: Path = Path("/proc")) -> list[int]:
    """End the sessions that may not stay; their pids. sshd: the listening one, whose own socket no session keeps."""
    allowed = permitted(authorized.read_text(encoding="utf-8"))
    ended = [pid for pid, ports in sessions(sshd, proc).items() if not ports & allowed]
    for pid in ended:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    return ended


def _children(pid: int, proc: Path) -> list[int]:
    try:
        return [int(child) for child in (proc / f"{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _sockets(pid: int, proc: Path) -> Iterator[str]:
    """Inodes of the sockets that a process or one of its children holds."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for handle in (proc / f"{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                if found := _SOCKET.match(str(handle.readlink())):
                    yield found[1]
    for child in _children(pid, proc):
        yield from _sockets(child, proc)
