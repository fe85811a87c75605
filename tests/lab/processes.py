"""What anybody on a machine could read in its process list, and what of it would betray a key."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time
from pathlib import Path

from hands import netns
from raised import Raised

from lab import layout

# linux/netlink.h, connector.h, cn_proc.h
NETLINK_CONNECTOR, CN_IDX_PROC, PROC_CN_MCAST_LISTEN, PROC_EVENT_EXEC = 11, 1, 1, 2


def key_lines(text: str) -> set[str]:
    """What betrays a key file: the key itself, or each line of a PEM body but the first of OpenSSH's, which all keys share."""
    body = [line for line in text.split() if re.fullmatch(r"[A-Za-z0-9+/=_-]{32,}", line)]
    return set(body[1:] if "OPENSSH" in text else body)


class ProcessList(threading.Thread):
    """Command lines and environments of all the lab's processes, machines' and office's, as each is started.

    The kernel tells of every exec (its process connector), so that what lives for two milliseconds is looked at too.
    """

    def __init__(self, province: Raised) -> None:
        super().__init__(daemon=True)
        self._mark, self._prefix = str(province.place).encode(), netns(province, "")
        self._lab = f"{layout.ENVIRONMENT}={province.name}".encode()
        self.seen: set[bytes] = set()
        self._enough = threading.Event()
        self._kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_CONNECTOR)
        self._kernel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._kernel.bind((0, CN_IDX_PROC))
        listen = struct.pack("=IIIIHHI", CN_IDX_PROC, 1, 0, 0, 4, 0, PROC_CN_MCAST_LISTEN)
        self._kernel.send(struct.pack("=IHHII", 16 + len(listen), 3, 0, 0, 0) + listen)
        self._kernel.settimeout(0.2)

    def run(self) -> None:
        spaces = self._spaces()
        for process in Path("/proc").glob("[0-9]*"):
            self._look(process, spaces)
        while not self._enough.is_set():
            with contextlib.suppress(TimeoutError, OSError):
                event = self._kernel.recv(256)
                if int.from_bytes(event[36:40], "little") == PROC_EVENT_EXEC:
                    self._look(Path("/proc", str(int.from_bytes(event[52:56], "little"))), spaces)
                continue
            # A machine that is started again gets a new namespace.
            spaces = self._spaces()

    def _spaces(self) -> set[int]:
        return {file.stat().st_ino for file in layout.NETNS.glob(f"{self._prefix}*")}

    def _look(self, process: Path, spaces: set[int]) -> None:
        with contextlib.suppress(OSError):
            arguments, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
            ours = self._mark in environment or self._lab in environment or self._mark in arguments
            if arguments and (ours or (process / "ns/net").stat().st_ino in spaces):
                self.seen |= {arguments, environment}

    def stop(self) -> bytes:
        time.sleep(0.3)
        self._enough.set()
        self.join()
        self._kernel.close()
        return b"\n".join(self.seen)
