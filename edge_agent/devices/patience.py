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


def session(deadline: Deadline) -> requests.Session:
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
        def _new_conn(self) -> socket.socket:
            plain = super()._new_conn()
            patience = plain.gettimeout()
            bounded = Socket(fileno=plain.detach())
            bounded.settimeout(patience)
            return bounded

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1)
    adapter.poolmanager.pool_classes_by_scheme = {"http": Pool}
    http = requests.Session()
    http.trust_env = False
    http.mount("http://", adapter)
    return http
