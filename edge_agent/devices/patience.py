"""Connections that no device can keep open by dripping bytes: each read is bounded by the device's deadline as well.

A read timeout alone starts again with every byte, so a status line at a byte a second would take a day.
"""

import socket
import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool


class Deadline:
    """Until when a device may be worked on."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds; none left: TimeoutError."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline passed")
        return left


class Session(requests.Session):
    """`target`: path and query of the next request, sent to the letter: a digest is of what is sent, and old firmware takes
    "Encode[0].X", but not "Encode%5B0%5D.X", which urllib3 makes of it (python-amcrest#155, home-assistant/core#65350)."""

    target: str | None = None
    connections = 0
    """How many were made so far."""


def session(deadline: Deadline) -> Session:
    """A session for plain HTTP whose sockets stand under `deadline`; without proxies, netrc or redirects to elsewhere."""

    class Socket(socket.socket):
        def recv_into(self, *arguments: Any, **more: Any) -> int:
            patience = self.gettimeout()
            left = deadline.left()
            self.settimeout(left if patience is None else min(patience, left))
            try:
                return super().recv_into(*arguments, **more)
            finally:
                self.settimeout(patience)

    class Connection(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            plain = self.sock
            patience = plain.gettimeout()
            self.sock = Socket(fileno=plain.detach())
            self.sock.settimeout(patience)
            http.connections += 1

        def putrequest(self, method: str, url: str, *arguments: Any, **more: Any) -> None:
            super().putrequest(method, http.target or url, *arguments, **more)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1)
    adapter.poolmanager.pool_classes_by_scheme = {"http": Pool}
    http = Session()
    http.trust_env = False
    http.mount("http://", adapter)
    return http
