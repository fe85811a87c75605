"""Plays a device from a table of its answers, over real sockets: what it was asked is looked up, and answered to the letter.

    with played({"POST GetProfiles": Reply(body)}, otherwise=Reply(status=404)) as device: ... device.port, device.asked

A question's name is "POST Operation" for SOAP, else the method and the path with its query, shortened to what the table has:
"GET /cgi-bin/configManager.cgi?action=getConfig&name=NTP", then "GET /cgi-bin/configManager.cgi?action=getConfig",
then "GET /cgi-bin/configManager.cgi".
"""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_OPERATION = re.compile(rb"Body[^>]*>\s*<(?:[\w.-]+:)?(\w+)")


@dataclass(frozen=True)
class Reply:
    """`raw`: the whole answer, head included, in place of all others. `framing`: length, chunked or close."""

    body: str | bytes = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    framing: str = "length"
    raw: bytes = b""

    def sent(self) -> bytes:
        if self.raw:
            return self.raw
        body = self.body.encode() if isinstance(self.body, str) else self.body
        head = {"length": f"Content-Length: {len(body)}\r\n", "chunked": "Transfer-Encoding: chunked\r\n", "close": "Connection: close\r\n"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        if self.framing == "chunked":
            body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:1], body[1:7], body[7:]) if p) + b"0\r\n\r\n"
        return f"HTTP/1.1 {self.status} Said\r\n{head[self.framing]}{lines}\r\n".encode() + body


Login = Callable[[str, str | None, bytes], Reply | None]
"""(method, Authorization, body) -> the refusal; None: come in."""
Table = Mapping[str, Reply]


@dataclass
class Played:
    port: int = 0
    asked: list[str] = field(default_factory=list)
    """What was asked by who had come in."""
    bodies: list[bytes] = field(default_factory=list)
    """What was sent with it."""
    refused: int = 0


def digest(challenge: str) -> Login:
    """Whoever answers the challenge at all comes in: the tables tell what devices say, not who may ask."""
    return lambda method, login, body: None if login else Reply(status=401, headers={"WWW-Authenticate": challenge})


def token(refusal: Reply) -> Login:
    """Whoever sends a WS-Security token comes in; the time is told to everybody."""
    return lambda method, login, body: None if b"UsernameToken" in body or b"GetSystemDateAndTime" in body else refusal


@contextmanager
def played(
    table: Table,
    otherwise: Reply,
    login: Login | None = None,
    context: ssl.SSLContext | None = None,
    *,
    hangs_up: bool = False,
    by_path: Table | None = None,
) -> Iterator[Played]:
    """`hangs_up`: each connection is closed behind its first answer, and nothing says so. `by_path`: what a whole address answers,
    whatever it is asked."""
    device = Played()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            refusal = login(self.command, self.headers.get("Authorization"), body) if login else None
            name = self._name(body, table)
            if refusal is None:
                device.asked.append(name)
                device.bodies.append(body)
            else:
                device.refused += 1
            reply = refusal or (by_path or {}).get(self.path) or table.get(name, otherwise)
            self.wfile.write(reply.sent())
            self.close_connection = hangs_up or bool(reply.raw) or reply.framing == "close"

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def _name(self, body: bytes, table: Table) -> str:
            operation = _OPERATION.search(body)
            name = f"{self.command} {operation[1].decode() if operation else self.path}"
            while name not in table and ("&" in name or "?" in name):
                name = name.rpartition("&" if "&" in name else "?")[0]
            return name

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    device.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield device
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)
