"""RTSP (RFC 2326) with digest logins: one client's connection, from OPTIONS to the cut."""

from __future__ import annotations

import asyncio
import os
import struct
from urllib.parse import unquote, urlsplit

from lab.camera import clips, rtp, sessions
from lab.camera.accounts import LoginRejected
from lab.camera.http import head
from lab.camera.sessions import Player, Session, Track

SESSION_TIMEOUT_S = 60
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER"
REASONS = {
    200: "OK",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    454: "Session Not Found",
    461: "Unsupported Transport",
    503: "Service Unavailable",
}
CONTROLS = {"video": "trackID=1", "audio": "trackID=2"}

Answer = tuple[int, dict[str, str], str]  # status, headers, body


class Connection:
    """One client's TCP connection. ``run`` lasts as long as it does; whatever it set up ends with it."""

    def __init__(self, camera: Player, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._camera, self._reader, self.writer = camera, reader, writer
        self._peer = str((writer.get_extra_info("peername") or ("?",))[0])
        self.sessions: dict[str, Session] = {}

    async def run(self) -> None:
        try:
            while True:
                first = await self._reader.readexactly(1)
                if first == b"$":
                    _, length = struct.unpack("!BH", await self._reader.readexactly(3))
                    await self._reader.readexactly(length)
                    continue
                start, headers = await head(self._reader)
                await self._reader.readexactly(int(headers.get("content-length", "0")))
                if self._camera.flags["rtsp_hang"]:
                    continue
                method, url, _ = (first.decode("latin-1") + start).split(" ", 2)
                self._reply(headers.get("cseq", "0"), *await self._handle(method, url, headers))
                await self.writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
            return
        finally:
            for session in list(self.sessions.values()):
                self._end(session)

    def _reply(self, cseq: str, status: int, extra: dict[str, str], body: str) -> None:
        lines = [f"RTSP/1.0 {status} {REASONS[status]}", f"CSeq: {cseq}"] + [f"{k}: {v}" for k, v in extra.items()]
        if body:
            lines.append(f"Content-Length: {len(body.encode())}")
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    async def _handle(self, method: str, url: str, headers: dict[str, str]) -> Answer:
        if method == "OPTIONS":
            return 200, {"Public": METHODS}, ""
        if method not in METHODS.split(", "):
            return 405, {}, ""
        refusal = self._login(method, headers.get("authorization"))
        if refusal:
            return refusal
        if method == "DESCRIBE":
            return await self._describe(url)
        known = self.sessions.get(headers.get("session", "").split(";")[0])
        if method == "SETUP":
            return self._setup(url, headers.get("transport", ""), known)
        if known is None:
            return (200, {}, "") if method in ("GET_PARAMETER", "SET_PARAMETER") else (454, {}, "")
        return self._steer(method, known)

    def _login(self, method: str, authorization: str | None) -> Answer | None:
        """The refusal of a request whose login isn't right; None: come in."""
        if self._camera.memory["rtsp.anonymous"]:
            return None
        try:
            if authorization is None:
                raise LoginRejected("none")
            self._camera.accounts.digest(authorization, method, "rtsp", self._peer)
        except LoginRejected as refusal:
            challenge = self._camera.accounts.challenge(qop=False, stale=refusal.result == "stale")
            return 401, {"WWW-Authenticate": challenge}, ""
        return None

    def _steer(self, method: str, session: Session) -> Answer:
        if method == "PLAY":
            self._camera.play(session)
            info = [f"url={t.url};seq={t.sequence & 0xFFFF};rtptime={t.start}" for t in session.tracks.values()]
            return 200, {"Session": session.id, "Range": "npt=0.000-", "RTP-Info": ",".join(info)}, ""
        if method == "PAUSE" and session.pump:
            session.pump.cancel()
        if method == "TEARDOWN":
            self._end(session)
        return 200, {"Session": session.id}, ""

    def _asked(self, url: str) -> tuple[str | None, str]:
        """(stream or None for no such; medium) by the path and query that the make gives out."""
        parts = urlsplit(url)
        asked = unquote(parts.path + (f"?{parts.query}" if parts.query else ""))
        medium = "audio" if asked.endswith(CONTROLS["audio"]) else "video"
        asked = asked.removesuffix(CONTROLS[medium]).rstrip("/")
        # Dahua's ONVIF adds "&unicast=true" to its addresses; the camera takes them without it as well.
        return self._camera.stream_at(asked.partition("&unicast")[0]), medium

    async def _describe(self, url: str) -> Answer:
        stream, _ = self._asked(url)
        if stream is None:
            return 404, {}, ""
        picture = self._camera.picture(stream)
        try:
            described = rtp.described(await clips.path_of(picture, self._camera.config.clip_dir))
        except (RuntimeError, OSError) as problem:
            self._camera.log(f"no clip for {picture}: {problem}")
            return 503, {}, ""
        lines = [
            "v=0",
            f"o=- {os.getpid()} 1 IN IP4 {self._camera.memory['network.address']}",
            "s=Media Presentation",
            "c=IN IP4 0.0.0.0",
            "t=0 0",
            "a=control:*",
            "a=range:npt=0-",
            f"m=video 0 RTP/AVP {described.payload_type}",
            f"b=AS:{picture.bitrate_kbps}",
            *described.attributes,
            f"a=x-dimensions:{picture.width},{picture.height}",
            f"a=control:{CONTROLS['video']}",
            "a=recvonly",
        ]
        if self._camera.sounds(stream):
            lines += ["m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", f"a=control:{CONTROLS['audio']}", "a=recvonly"]
        base = url if url.endswith("/") else f"{url}/"
        return 200, {"Content-Type": "application/sdp", "Content-Base": base}, "\r\n".join(lines) + "\r\n"

    def _setup(self, url: str, wanted: str, session: Session | None) -> Answer:
        stream, medium = self._asked(url)
        if stream is None:
            return 404, {}, ""
        for offer in wanted.split(","):
            tcp = "TCP" in offer
            made = sessions.over_tcp(self.writer.transport, offer) if tcp else sessions.over_udp(self._camera, self._peer, offer)
            if made is None:
                continue
            send, close, transport = made
            if session is None:
                session = Session(stream, "tcp" if tcp else "udp", self._peer)
                self.sessions[session.id] = session
                self._camera.sessions.append(session)
            codec = self._camera.picture(stream).codec
            track = Track(send, sessions.PCMU if medium == "audio" else rtp.PAYLOAD_TYPES[codec], url, close)
            session.tracks[medium] = track
            extra = {
                "Transport": f"{transport};ssrc={track.ssrc:08X}",
                "Session": f"{session.id};timeout={SESSION_TIMEOUT_S}",
            }
            return 200, extra, ""
        return 461, {}, ""

    def _end(self, session: Session) -> None:
        session.end()
        self.sessions.pop(session.id, None)
        if session in self._camera.sessions:
            self._camera.sessions.remove(session)
