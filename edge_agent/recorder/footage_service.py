"""Footage is given out in one place alone, and each time it is noted who took what.

No account but the service's can open a file of the footage by its name. `edge-agent recordings play` asks here, over a unix
socket; the kernel says who asks (SO_PEERCRED), root and the readers' group are let in, a line goes into access.log, and only when
that is on the disk the files are handed over, as open descriptors. Nobody lets in whoever can't be noted.

    request   a FootageRequest and \\n
    answer    Footage and \\n, then the files, in the same order, FDS at a time, each lot after a byte from the client; or a Rejection
              and \\n
"""

import asyncio
import contextlib
import grp
import json
import logging
import os
import pwd
import socket
import sqlite3
import struct
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NotRequired, TypedDict

from edge_agent.contract import typed
from edge_agent.contract.strict import utc_text
from edge_agent.recorder.index import Gap, Segment

log = logging.getLogger(__name__)
FDS = 100
LONGEST_S = 26 * 3600.0
REQUEST_LIMIT = 4096
PATIENCE_S = 10.0
GUESTS, QUEUE = 4, 32


FootageRequest = TypedDict("FootageRequest", {"slot": int, "from": float, "to": float, "as": NotRequired[str | None]})
"""Seconds since 1970; "as": $SUDO_USER, believed of root alone."""


class FootageSegment(TypedDict):
    start: float
    end: float
    codec: str | None
    width: int
    height: int


class FootageGap(TypedDict):
    start: float
    end: float
    why: str
    detail: str | None


class Footage(TypedDict):
    segments: list[FootageSegment]
    gaps: list[FootageGap]


class Rejection(TypedDict):
    """Why nothing is given out: a key of texts.SAYS; of not_a_reader who asked, and whom it takes."""

    refused: str
    user: NotRequired[str]
    group: NotRequired[str]


@dataclass(frozen=True)
class Peer:
    """Who is at the other end, as the kernel says; `sudo_user` is what root's sudo says of the person behind it."""

    uid: int
    gid: int
    sudo_user: str | None = None

    @property
    def user(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    def may_read(self, group: str) -> bool:
        if self.uid == 0:
            return True
        try:
            readers = grp.getgrnam(group).gr_gid
            return readers in os.getgrouplist(self.user, self.gid)
        except (KeyError, OSError):
            return False


@dataclass(frozen=True)
class Served:
    """What one request gets: segments in the order of recording, and where the one being written is."""

    segments: list[Segment]
    gaps: list[Gap]


class AccessLog:
    """One JSON line a look, only ever added to (the unit also sets ext4's append-only flag), and the same in the journal."""

    def __init__(self, path: Path) -> None:
        self._path, self._turn = path, threading.Lock()

    def note(self, peer: Peer, slot: int, start: float, end: float, granted: bool, segments: int) -> None:
        """Whole and durable when this returns. OSError when it can't be noted: what a full disk took of the line then stays, a
        line of its own, since nothing here may be shortened."""
        line = {
            "at": utc_text(datetime.now(UTC)), "uid": peer.uid, "user": peer.user, "sudo_user": peer.sudo_user, "slot": slot,
            "from": utc_text(datetime.fromtimestamp(start, UTC)), "to": utc_text(datetime.fromtimestamp(end, UTC)),
            "granted": granted, "segments": segments,
        }  # fmt: skip
        text = json.dumps(line, ensure_ascii=False)
        left = text.encode() + b"\n"
        with self._turn:
            handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
            try:
                size = os.fstat(handle).st_size
                if size and os.pread(handle, 1, size - 1) != b"\n":
                    left = b"\n" + left
                while left:
                    left = left[os.write(handle, left) :]
                os.fsync(handle)
            finally:
                os.close(handle)
        log.info("access %s", text)


Look = Callable[[int, float, float], Served]


class FootageService:
    """`open` makes the socket, `run` serves it until cancelled. `look` finds segments (in a thread; sqlite3.Error)."""

    def __init__(self, path: Path, group: Callable[[], str], footage: Path, access: AccessLog, look: Look) -> None:
        self._path, self._group, self._footage, self._access, self._look = path, group, footage, access, look
        self._server: socket.socket | None = None
        self._waiting = 0
        self._threads = ThreadPoolExecutor(GUESTS, "footage")  # its own: a guest who dawdles must not hold up the recorder

    def open(self) -> None:
        self._path.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._server.bind(str(self._path))
        self._path.chmod(0o666)
        self._server.listen(8)
        self._server.setblocking(False)

    async def run(self) -> None:
        assert self._server is not None
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(self._server)
            if self._waiting >= QUEUE:
                client.close()
                continue
            self._waiting += 1
            loop.run_in_executor(self._threads, self._serve, client).add_done_callback(self._left)

    def _left(self, _: object) -> None:
        self._waiting -= 1

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _serve(self, client: socket.socket) -> None:
        """One request, in a thread of its own. A client that misbehaves is dropped."""
        with client:
            client.settimeout(PATIENCE_S)
            try:
                self._answer(client)
            except (OSError, ValueError, KeyError, TypeError) as error:
                log.warning("footage service: a request was dropped: %s", type(error).__name__)

    def _answer(self, client: socket.socket) -> None:
        _, uid, gid = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        request = typed.read(FootageRequest, "request", json.loads(_line(client)))
        told = request.get("as") if uid == 0 else None
        peer = Peer(uid, gid, told[:64] if told else None)
        slot, start, end = request["slot"], request["from"], request["to"]
        if not 0 < end - start <= LONGEST_S:
            return _send(client, {"refused": "too_long"})
        if not peer.may_read(self._group()):
            with contextlib.suppress(OSError):
                self._access.note(peer, slot, start, end, False, 0)
            return _send(client, {"refused": "not_a_reader", "user": peer.user, "group": self._group()})
        try:
            served = self._look(slot, start, end)
        except sqlite3.Error as error:
            log.error("footage service: index: %s", error)
            return _send(client, {"refused": "index"})
        handles: list[tuple[Segment, int]] = []
        try:
            for segment in served.segments:
                if (handle := self._file(segment)) is not None:
                    handles.append((segment, handle))
            if handles and not self._noted(peer, slot, start, end, len(handles)):
                return _send(client, {"refused": "not_noted"})
            return self._hand_over(client, served, handles)
        finally:
            for _, handle in handles:
                os.close(handle)

    def _noted(self, peer: Peer, slot: int, start: float, end: float, segments: int) -> bool:
        try:
            self._access.note(peer, slot, start, end, True, segments)
        except OSError as error:
            log.error("footage service: access.log: %s", error.strerror)
            return False
        return True

    def _file(self, segment: Segment) -> int | None:
        """None: retention, or somebody else, took it meanwhile."""
        try:
            return os.open(self._footage / segment.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None

    @staticmethod
    def _hand_over(client: socket.socket, served: Served, handles: list[tuple[Segment, int]]) -> None:
        segments: list[FootageSegment] = [
            {"start": one.start, "end": one.end, "codec": one.codec, "width": one.width, "height": one.height} for one, _ in handles
        ]
        gaps: list[FootageGap] = [{"start": one.start, "end": one.end, "why": one.why, "detail": one.detail} for one in served.gaps]
        _send(client, {"segments": segments, "gaps": gaps})
        for at in range(0, len(handles), FDS):
            if client.recv(1) != b".":
                return
            socket.send_fds(client, [b"."], [handle for _, handle in handles[at : at + FDS]])


def _send(client: socket.socket, document: Footage | Rejection) -> None:
    client.sendall(json.dumps(document).encode() + b"\n")


def _line(client: socket.socket) -> bytes:
    """The request up to its end of line."""
    data = b""
    while b"\n" not in data:
        more = client.recv(1024)
        if not more or len(data) > REQUEST_LIMIT:
            raise ValueError("no request")
        data += more
    return data


class AccessRejected(Exception):
    """Nothing is given out; `answer` says why."""

    def __init__(self, answer: Rejection) -> None:
        super().__init__(answer["refused"])
        self.answer = answer


def borrow(path: Path, slot: int, start: float, end: float) -> tuple[Footage, list[int]]:
    """The client's side: (answer, open files of its segments). AccessRejected; OSError when no recorder runs; ValueError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(PATIENCE_S)
        link.connect(str(path))
        request: FootageRequest = {"slot": slot, "from": start, "to": end, "as": os.environ.get("SUDO_USER")}
        link.sendall(json.dumps(request).encode() + b"\n")
        with link.makefile("rb", buffering=0) as lines:
            found = json.loads(lines.readline())
        if isinstance(found, dict) and "refused" in found:
            raise AccessRejected(typed.read(Rejection, "answer", found))
        answer = typed.read(Footage, "answer", found)
        handles: list[int] = []
        try:
            while len(handles) < len(answer["segments"]):
                link.sendall(b".")
                _, more, _, _ = socket.recv_fds(link, 1, FDS)
                if not more:
                    raise ConnectionError("the recorder hung up")
                handles += more
        except OSError:
            for handle in handles:
                os.close(handle)
            raise
    return answer, handles
