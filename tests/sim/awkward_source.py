"""An RTSP server that is more awkward than any camera we play: B-frames, jumping clocks, a size that changes in mid-stream, silence.

One thread a client, RTP interleaved in TCP, no login unless `login` is given (Basic). What it plays is a list of access units;
tests bend its attributes while it runs.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from camera_process import CLIPS

from lab.camera import rtp

_SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\n{lines}\r\na=control:trackID=1\r\n"


@dataclass(frozen=True)
class Clip:
    """Access units as RTP payloads, each with its time of showing in frames from the start; it loops."""

    frames: list[list[bytes]]
    shown: list[int]
    attributes: tuple[str, ...]
    fps: int


def clip(codec: str = "h264", size: str = "640x360", fps: int = 15, b_frames: int = 0, gop: int = 15) -> Clip:
    """Two seconds of a test picture; encoded once on this machine."""
    CLIPS.mkdir(parents=True, exist_ok=True)
    path = CLIPS / f"awkward-{size}-{fps}-g{gop}-b{b_frames}.{codec}"
    if not path.exists():
        common = f"aud=1:repeat-headers=1:keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b_frames}:b-adapt=0"
        encoder = (
            ["-c:v", "libx264", "-preset", "superfast", "-x264-params", common]
            if codec == "h264"
            else ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", f"{common}:open-gop=0:log-level=error"]
        )
        fresh = path.with_suffix(f".{time.monotonic_ns()}")
        source = f"testsrc2=size={size}:rate={fps}"
        command = ["ffmpeg", "-nostdin", "-y", "-v", "error", "-f", "lavfi", "-i", source, "-frames:v", str(2 * gop), *encoder]
        subprocess.run([*command, "-pix_fmt", "yuv420p", "-f", {"h264": "h264", "h265": "hevc"}[codec], str(fresh)], check=True)
        fresh.replace(path)
    described = rtp.described(path)
    return Clip(described.frames, _shown(path, len(described.frames)), described.attributes, fps)


def _shown(path: Path, count: int) -> list[int]:
    """The frames' order of showing, as ffprobe reads it from the stream."""
    asked = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=coded_picture_number", "-of", "csv=p=0", str(path)]
    coded = [int(line.strip().strip(",")) for line in subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()]
    if len(coded) != count or path.suffix != ".h264":
        return list(range(count))
    shown, begin = [0] * count, 0
    for place, number in enumerate(coded):
        if number == 0:
            begin = place
        shown[begin + number] = place
    return shown


class AwkwardSource:
    """`with AwkwardSource(clip()) as source:` serves rtsp://127.0.0.1:{source.port}/stream until the block ends.

    `mute`: sessions stay open without a packet. `jump_s`: added to the stream's timestamps from now on. `clip`: swapped while
    it plays, the size changes without a word. `refuse`: an RTSP status in place of every DESCRIBE's answer. `played`: sessions.
    """

    def __init__(self, playing: Clip, login: tuple[str, str] | None = None, port: int = 0) -> None:
        self.clip, self.login = playing, login
        self.mute, self.jump_s, self.refuse = False, 0.0, 0
        self.played = 0
        self.described = 0
        self._open: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", port))
        self.port = int(self._server.getsockname()[1])
        self._ended = threading.Event()
        self._frame = threading.Lock()

    def __enter__(self) -> AwkwardSource:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Cut every connection that stands."""
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def becomes(self, playing: Clip) -> None:
        """Cut every connection that stands, behind a whole frame of what it asked for; who comes again gets `playing`."""
        with self._frame:
            self.clip = playing
            self.hang_up()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self._open.add(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as lines:
            try:
                while request := self._request(lines):
                    method, headers = request
                    if self._answer(client, method, headers):
                        self._play(client)
                        return
            except OSError:
                pass
            finally:
                self._open.discard(client)

    def _request(self, lines) -> tuple[str, dict[str, str]] | None:
        first = lines.readline().decode("latin-1").split()
        headers: dict[str, str] = {}
        while line := lines.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return (first[0], headers) if first else None

    def _answer(self, client: socket.socket, method: str, headers: dict[str, str]) -> bool:
        """Answers one request; True when it was PLAY."""
        status, extra, body = "200 OK", "", ""
        self.described += method == "DESCRIBE"
        if method == "DESCRIBE" and self.login and headers.get("authorization") != self._basic():
            status, extra = "401 Unauthorized", 'WWW-Authenticate: Basic realm="awkward"\r\n'
        elif method == "DESCRIBE" and self.refuse:
            status = f"{self.refuse} Refused"
        elif method == "DESCRIBE":
            body = _SDP.format(lines="\r\n".join(self.clip.attributes))
            base = f"rtsp://127.0.0.1:{self.port}/stream/"
            extra = f"Content-Type: application/sdp\r\nContent-Base: {base}\r\nContent-Length: {len(body)}\r\n"
        elif method == "SETUP":
            channels = re.search(r"interleaved=\d+-\d+", headers.get("transport", ""))
            extra = f"Session: 1\r\nTransport: RTP/AVP/TCP;unicast;{channels[0] if channels else ''}\r\n"
        elif method == "PLAY":
            extra = "Session: 1\r\n"
        client.sendall(f"RTSP/1.0 {status}\r\nCSeq: {headers.get('cseq', 0)}\r\n{extra}\r\n{body}".encode())
        return method == "PLAY"

    def _basic(self) -> str:
        return "Basic " + base64.b64encode(":".join(self.login or ("", "")).encode()).decode()

    def _play(self, client: socket.socket) -> None:
        self.played += 1
        started, tick, sequence = time.monotonic(), 0, 1
        while not self._ended.is_set():
            playing = self.clip
            frame = tick % len(playing.frames)
            self._ended.wait(max(0.0, started + tick / playing.fps - time.monotonic()))
            shown = (tick - frame + playing.shown[frame]) / playing.fps + self.jump_s
            with self._frame:
                for payload in [] if self.mute else playing.frames[frame]:
                    last = payload is playing.frames[frame][-1]
                    data = rtp.packet(96, last, sequence, int(shown * rtp.CLOCK_RATE) + 100_000, 7, payload)
                    client.sendall(struct.pack("!BBH", 0x24, 0, len(data)) + data)
                    sequence += 1
            tick += 1
