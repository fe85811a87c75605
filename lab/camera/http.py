"""A small HTTP/1.1 server on asyncio: keep-alive, bodies by length or in chunks, nothing more than cameras have."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

MAX_BODY = 1_000_000
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Payload Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}


@dataclass(frozen=True)
class HttpRequest:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    peer: str

    @property
    def path(self) -> str:
        return urlsplit(self.target).path


@dataclass(frozen=True)
class HttpResponse:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/soap+xml; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    framing: str = "length"
    """How the body's end is told: length, chunked, close (of the connection), or long: a length that is never reached."""

    @property
    def closes(self) -> bool:
        return self.framing in ("close", "long") or self.headers.get("Connection") == "close"

    def encode(self, close: bool) -> bytes:
        end = {
            "length": f"Content-Length: {len(self.body)}",
            "long": f"Content-Length: {len(self.body) + 100}",
            "chunked": "Transfer-Encoding: chunked",
        }
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Unknown')}", f"Content-Type: {self.content_type}"]
        lines += [end[self.framing]] if self.framing in end else []
        lines.append(f"Connection: {'close' if close or self.closes else 'keep-alive'}")
        lines += [f"{name}: {value}" for name, value in self.headers.items() if name != "Connection"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + (_chunked(self.body) if self.framing == "chunked" else self.body)


def _chunked(body: bytes) -> bytes:
    """In pieces of 1 to 1000 bytes, as gSOAP sends them."""
    pieces = [body[:1], *(body[at : at + 1000] for at in range(1, len(body), 1000))]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces if p) + b"0\r\n\r\n"


Handler = Callable[[HttpRequest], Awaitable[HttpResponse]]


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler) -> None:
    """Answer one connection until either side has enough."""
    peer = str((writer.get_extra_info("peername") or ("?",))[0])
    while True:
        try:
            request = await _read(reader, writer, peer)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            return
        except ValueError:
            writer.write(HttpResponse(400).encode(close=True))
            return
        if request is None:
            return
        response = await handler(request)
        close = request.headers.get("connection", "").lower() == "close" or response.closes
        writer.write(response.encode(close))
        await writer.drain()
        if close:
            return


async def head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    """First line and headers (names in lower case) of a message, HTTP or RTSP. ValueError: not one."""
    raw = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lstrip("\r\n")
    first, *lines = raw.split("\r\n")
    headers = {}
    for line in lines:
        if line:
            name, colon, value = line.partition(":")
            if not colon:
                raise ValueError(f"not a header: {line!r}")
            headers[name.strip().lower()] = value.strip()
    return first, headers


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str) -> HttpRequest | None:
    first, headers = await head(reader)
    method, target, _ = first.split(" ", 2)
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _chunks(reader)
    else:
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= MAX_BODY:
            raise ValueError("body too large")
        body = await reader.readexactly(length)
    return HttpRequest(method, target, headers, body, peer)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    while True:
        size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
        if not 0 <= size <= MAX_BODY - sum(map(len, parts)):
            raise ValueError("body too large")
        parts.append((await reader.readexactly(size + 2))[:-2])
        if size == 0:
            return b"".join(parts)
