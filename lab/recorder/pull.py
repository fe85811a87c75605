"""Pulling a camera: ONVIF to learn where its stream is, RTSP over TCP to get it, digest for both. No more than a recorder needs."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
TIMEOUT_S = 5.0
SILENCE_S = 4.0
"""Without a packet for this long a camera counts as gone."""
PATHS = {"hikvision": "/Streaming/Channels/101", "dahua": "/cam/realmonitor?channel=1&subtype=0"}
_FIELD = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


class Unanswered(Exception):
    """The camera isn't there, or sends nothing."""


class WrongPassword(Exception):
    """It is there and refuses the login."""


@dataclass(frozen=True)
class Source:
    """``port``: HTTP for onvif; a maker's own protocol has its stream at ``rtsp_port``."""

    protocol: str
    address: str
    port: int
    user: str
    password: str
    rtsp_port: int
    rtsp_path: str = ""


async def _within(seconds: float, work: Awaitable[T]) -> T:
    """``wait_for`` of Python 3.11 forgets a cancellation that comes together with the answer: the old pull would go on for ever."""
    async with asyncio.timeout(seconds):
        return await work


async def watch(source: Source, seen: Callable[[], None]) -> None:
    """Call ``seen`` for what arrives, until nothing does. Unanswered, WrongPassword: why it ended."""
    try:
        port, path = await _where(source)
        await _stream(source, port, path, seen)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, IndexError) as trouble:
        raise Unanswered(type(trouble).__name__) from trouble


async def _where(source: Source) -> tuple[int, str]:
    if source.protocol == "rtsp":
        return source.port, source.rtsp_path or "/"
    if source.protocol != "onvif":
        return source.rtsp_port, PATHS[source.protocol]
    token = re.search(r'Profiles[^>]*\btoken="([^"]+)"', await _soap(source, "GetProfiles", ""))
    setup = (
        '<StreamSetup><Stream xmlns="{0}">RTP-Unicast</Stream><Transport xmlns="{0}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
    )
    asked = setup.format("http://www.onvif.org/ver10/schema") + f"<ProfileToken>{token[1] if token else ''}</ProfileToken>"
    uri = re.search(r"<[\w:]*Uri>([^<]+)</", await _soap(source, "GetStreamUri", asked))
    if not uri:
        raise Unanswered("no stream")
    parts = urlsplit(uri[1].replace("&amp;", "&"))
    return parts.port or 554, parts.path + (f"?{parts.query}" if parts.query else "")


async def _soap(source: Source, operation: str, body: str) -> str:
    """One call of Media1, with a UsernameToken; the clocks of camera and recorder agree, or the camera refuses."""
    nonce, created = secrets.token_bytes(16), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha1(nonce + created.encode() + source.password.encode(), usedforsecurity=False).digest()
    oasis = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
    token = (
        f'<wsse:Security xmlns:wsse="{oasis}-wssecurity-secext-1.0.xsd" xmlns:wsu="{oasis}-wssecurity-utility-1.0.xsd">'
        f"<wsse:UsernameToken><wsse:Username>{source.user}</wsse:Username>"
        f'<wsse:Password Type="{oasis}-username-token-profile-1.0#PasswordDigest">{base64.b64encode(digest).decode()}</wsse:Password>'
        f"<wsse:Nonce>{base64.b64encode(nonce).decode()}</wsse:Nonce><wsu:Created>{created}</wsu:Created>"
        "</wsse:UsernameToken></wsse:Security>"
    )
    envelope = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
        f"<s:Header>{token}</s:Header><s:Body>"
        f'<{operation} xmlns="http://www.onvif.org/ver10/media/wsdl">{body}</{operation}></s:Body></s:Envelope>'
    ).encode()
    reader, writer = await _within(TIMEOUT_S, asyncio.open_connection(source.address, source.port))
    try:
        head = f"POST /onvif/Media HTTP/1.1\r\nHost: {source.address}\r\nContent-Type: application/soap+xml\r\n"
        writer.write(f"{head}Content-Length: {len(envelope)}\r\nConnection: close\r\n\r\n".encode() + envelope)
        answer = (await _within(TIMEOUT_S, reader.read(200_000))).decode(errors="replace")
        while "Envelope>" not in answer.rpartition("</")[2] and (more := await _within(TIMEOUT_S, reader.read(200_000))):
            answer += more.decode(errors="replace")
    finally:
        writer.close()
    if "NotAuthorized" in answer:
        raise WrongPassword(operation)
    return answer


async def _stream(source: Source, port: int, path: str, seen: Callable[[], None]) -> None:
    reader, writer = await _within(TIMEOUT_S, asyncio.open_connection(source.address, port, limit=1_000_000))
    talk = _Talk(source, reader, writer, f"rtsp://{source.address}:{port}{path}")
    try:
        described = await talk.ask("DESCRIBE", talk.url, "Accept: application/sdp")
        control = next((c for c in re.findall(r"a=control:(\S+)", described.partition("m=video")[2])), "trackID=1")
        url = control if control.startswith("rtsp:") else f"{talk.url.rstrip('/')}/{control}"
        await talk.ask("SETUP", url, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        await talk.ask("PLAY", talk.url, "Range: npt=0.000-")
        beat = asyncio.get_running_loop().time()
        while True:
            if not await _within(SILENCE_S, reader.read(262_144)):
                raise Unanswered("closed")
            seen()
            if asyncio.get_running_loop().time() - beat > 20:
                beat = asyncio.get_running_loop().time()
                talk.send("GET_PARAMETER", talk.url, "")
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class _Talk:
    """Requests on one RTSP connection, one digest challenge answered. WrongPassword: a second one came."""

    def __init__(self, source: Source, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str) -> None:
        self._source, self._reader, self._writer, self.url = source, reader, writer, url
        self._number, self._session, self._challenge = 0, "", {"": ""}

    async def ask(self, method: str, url: str, header: str) -> str:
        status, text = await self._once(method, url, header)
        if status == 401:
            status, text = await self._once(method, url, header)
        if status == 401:
            raise WrongPassword(method)
        if status != 200:
            raise Unanswered(f"{method} {status}")
        return text

    async def _once(self, method: str, url: str, header: str) -> tuple[int, str]:
        self.send(method, url, header)
        head = (await _within(TIMEOUT_S, self._reader.readuntil(b"\r\n\r\n"))).decode("latin-1")
        fields = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in head.split("\r\n")[1:])}
        body = await _within(TIMEOUT_S, self._reader.readexactly(int(fields.get("content-length", "0"))))
        self._session = fields.get("session", self._session).split(";")[0]
        if "www-authenticate" in fields:
            self._challenge = {m[1].lower(): m[2] or m[3] for m in _FIELD.finditer(fields["www-authenticate"])}
        return int(head.split(" ")[1]), body.decode(errors="replace")

    def send(self, method: str, url: str, header: str) -> None:
        self._number += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._number}"] + [h for h in (header, self._authorization(method, url)) if h]
        lines += [f"Session: {self._session}"] if self._session else []
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def _authorization(self, method: str, url: str) -> str:
        realm, nonce, source = self._challenge.get("realm"), self._challenge.get("nonce"), self._source
        if nonce is None or realm is None:
            return ""

        def md5(text: str) -> str:
            return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

        response = md5(f"{md5(f'{source.user}:{realm}:{source.password}')}:{nonce}:{md5(f'{method}:{url}')}")
        return f'Authorization: Digest username="{source.user}", realm="{realm}", nonce="{nonce}", uri="{url}", response="{response}"'
