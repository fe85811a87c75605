"""A small RTSP client: log in, play, count the RTP packets that really arrive, leave. RFC 2326; interleaved TCP only.

UDP vanishes in tunnels and behind NAT (rtsp-camera-view#28), and one connection is what a camera's limit of sessions allows.
"""

import asyncio
import base64
import contextlib
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from edge_agent.system.watched import Login

_LINE_LIMIT = 64 * 1024
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


class RtspError(Exception):
    """The camera answers, but not with a stream. `reason` is a code for reports."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes
    challenges: tuple[str, ...] = ()


@dataclass
class Packets:
    """RTP of the video track, as counted. pictures: different RTP timestamps seen; a frozen stream repeats one."""

    count: int = 0
    octets: int = 0
    timestamps: set[int] = field(default_factory=set)
    codec: str | None = None

    def take(self, packet: bytes) -> None:
        """One RTP packet (RFC 3550: version 2, at least 12 bytes); anything else is not counted."""
        if len(packet) >= 12 and packet[0] >> 6 == 2:
            self.count += 1
            self.octets += len(packet)
            self.timestamps.add(int.from_bytes(packet[4:8], "big"))


def authorization(challenges: tuple[str, ...], login: Login, method: str, uri: str) -> str | None:
    """The Authorization header for the best challenge offered: Digest SHA-256, Digest MD5, Basic; None if there is none of these."""
    offers = []
    for challenge in challenges:
        scheme, _, rest = challenge.strip().partition(" ")
        fields = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(rest)}
        algorithm = fields.get("algorithm", "MD5").upper()
        if scheme.lower() == "digest" and algorithm in _HASHES and "nonce" in fields:
            offers.append((2 if algorithm == "SHA-256" else 1, fields, algorithm))
        elif scheme.lower() == "basic":
            offers.append((0, fields, ""))
    if not offers:
        return None
    rank, fields, algorithm = max(offers, key=lambda offer: offer[0])
    if rank == 0:
        return "Basic " + base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    return _digest(fields, algorithm, login, method, uri)


_HASHES = {"MD5": "md5", "SHA-256": "sha256"}


def _digest(fields: dict[str, str], algorithm: str, login: Login, method: str, uri: str) -> str:
    """RFC 7616 with qop=auth, RFC 2069 where the camera offers no qop."""

    def hashed(text: str) -> str:
        return hashlib.new(_HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()

    realm, nonce = fields.get("realm", ""), fields["nonce"]
    secret, asked = hashed(f"{login.user}:{realm}:{login.password}"), hashed(f"{method}:{uri}")
    parts = [f'username="{login.user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"']
    if "auth" in [one.strip() for one in fields.get("qop", "").split(",")]:
        cnonce, count = secrets.token_hex(8), "00000001"
        parts += [
            "qop=auth",
            f"nc={count}",
            f'cnonce="{cnonce}"',
            f'response="{hashed(f"{secret}:{nonce}:{count}:{cnonce}:auth:{asked}")}"',
        ]
    else:
        parts.append(f'response="{hashed(f"{secret}:{nonce}:{asked}")}"')
    if "algorithm" in fields:
        parts.append(f"algorithm={algorithm}")
    if "opaque" in fields:
        parts.append(f'opaque="{fields["opaque"]}"')
    return "Digest " + ", ".join(parts)


@dataclass(frozen=True)
class Track:
    control: str
    codec: str | None


def video_track(sdp: str, base: str) -> Track:
    """The first video track's control address, made absolute; RtspError("no_video") if there is none."""
    control, codec, inside = None, None, False
    for line in sdp.splitlines():
        if line.startswith("m="):
            if inside:
                break
            inside = line.startswith("m=video")
        elif inside and line.startswith("a=control:"):
            control = line.removeprefix("a=control:").strip()
        elif inside and line.startswith("a=rtpmap:"):
            codec = line.partition(" ")[2].partition("/")[0].upper() or None
    if not inside and control is None:
        raise RtspError("no_video")
    if control is None or control == "*":
        return Track(base, codec)
    if control.startswith("rtsp://"):
        return Track(control, codec)
    return Track(f"{base.rstrip('/')}/{control.lstrip('/')}", codec)


class Client:
    """One RTSP connection. Use as `async with await Client.connect(...)`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, netloc: str, login: Login | None) -> None:
        self._reader, self._writer = reader, writer
        self._netloc, self._login = netloc, login
        self._sequence = 0
        self._challenges: tuple[str, ...] = ()
        self._session: str | None = None
        self.packets = Packets()
        self.tried_login = False
        self._accepted = False
        self._url = ""
        self.sdp = ""

    @classmethod
    async def connect(cls, address: str, port: int, login: Login | None) -> "Client":
        """OSError where nothing answers."""
        reader, writer = await asyncio.open_connection(address, port, limit=_LINE_LIMIT)
        return cls(reader, writer, f"{address}:{port}", login)

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def play(self, path: str) -> str | None:
        """DESCRIBE, SETUP, PLAY; the codec that the camera announces. RtspError names what it refused."""
        url = f"rtsp://{self._netloc}/{quote(path.lstrip('/'), safe='/?&=:;,@%+~!$*()-._')}"
        described = await self._ask("DESCRIBE", url, {"Accept": "application/sdp"})
        base = described.headers.get("content-base") or described.headers.get("content-location") or url
        self.sdp = described.body.decode("utf-8", "replace")
        track = video_track(self.sdp, base)
        setup = await self._ask("SETUP", self._ours(track.control), {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})
        self._session = setup.headers.get("session", "").partition(";")[0].strip() or None
        self._url = self._ours(base)
        await self._ask("PLAY", self._url, {"Range": "npt=0.000-"})
        self.packets.codec = track.codec
        return track.codec

    async def watch(self, pictures: int) -> Packets:
        """Read until so many different pictures have begun to arrive. The caller bounds the time; what came is in `packets`."""
        while len(self.packets.timestamps) < pictures:
            if await self._reader.readexactly(1) == b"$":
                await self._interleaved()
        return self.packets

    async def leave(self) -> None:
        """TEARDOWN without waiting for the answer: some cameras go on sending and never answer."""
        if self._session:
            with contextlib.suppress(OSError):
                self._send("TEARDOWN", self._url, {})
                await self._writer.drain()

    def _ours(self, url: str) -> str:
        """With the host that was dialled: a camera behind NAT names one of its own (frigate#18352)."""
        parts = urlsplit(url)
        return parts._replace(scheme="rtsp", netloc=self._netloc).geturl()

    async def _ask(self, method: str, url: str, headers: dict[str, str]) -> Reply:
        self._send(method, url, headers)
        reply = await self._reply()
        for _ in range(2):
            if reply.status != 401 or not self._may_log_in(reply.challenges):
                break
            self.tried_login, self._challenges = True, reply.challenges
            self._send(method, url, headers)
            reply = await self._reply()
        if self._challenges and reply.status < 400:
            self._accepted = True
        if reply.status == 401:
            raise RtspError(self._why_not_in())
        if reply.status == 404:
            raise RtspError("no_such_stream", url)
        if not 200 <= reply.status < 300:
            raise RtspError("refused", f"{method}: {reply.status}")
        return reply

    def _why_not_in(self) -> str:
        if self.tried_login:
            return "login_refused"
        return "login_unknown" if self._login else "login_wanted"

    def _may_log_in(self, challenges: tuple[str, ...]) -> bool:
        """Once; again only with a nonce that grew stale, or when the account was already accepted on this connection."""
        if self._login is None or authorization(challenges, self._login, "", "") is None:
            return False
        stale = any("stale=true" in one.replace('"', "").lower() for one in challenges)
        return stale or self._accepted or not self.tried_login

    def _send(self, method: str, url: str, headers: dict[str, str]) -> None:
        self._sequence += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._sequence}", "User-Agent: ketnoi"]
        if self._session:
            lines.append(f"Session: {self._session}")
        if self._challenges and self._login:
            answer = authorization(self._challenges, self._login, method, url)
            if answer:
                lines.append(f"Authorization: {answer}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def _reply(self) -> Reply:
        """The answer to the newest request; packets that come between are counted, requests of the camera's are skipped."""
        while True:
            first = await self._reader.readexactly(1)
            if first == b"$":
                await self._interleaved()
                continue
            line = (first + await self._line()).decode("latin-1").strip()
            if not line:
                continue
            headers, challenges = await self._headers()
            length = headers.get("content-length", "0")
            body = await self._reader.readexactly(min(int(length), _LINE_LIMIT)) if length.isdigit() else b""
            parts = line.split(" ", 2)
            if not parts[0].startswith("RTSP/") or len(parts) < 2 or not parts[1].isdigit():
                if parts[-1].startswith("RTSP/"):
                    continue
                raise RtspError("not_rtsp")
            if headers.get("cseq", str(self._sequence)) == str(self._sequence):
                return Reply(int(parts[1]), headers, body, challenges)

    async def _headers(self) -> tuple[dict[str, str], tuple[str, ...]]:
        headers: dict[str, str] = {}
        challenges: list[str] = []
        for _ in range(100):
            line = (await self._line()).decode("latin-1").strip()
            if not line:
                return headers, tuple(challenges)
            name, _, value = line.partition(":")
            if name.lower() == "www-authenticate":
                challenges.append(value.strip())
            headers[name.lower()] = value.strip()
        raise RtspError("not_rtsp", "more than 100 header lines")

    async def _line(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            raise RtspError("not_rtsp", "an endless line") from error

    async def _interleaved(self) -> None:
        channel, high, low = await self._reader.readexactly(3)
        packet = await self._reader.readexactly(high << 8 | low)
        if channel == 0:
            self.packets.take(packet)
