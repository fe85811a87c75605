"""One ffmpeg for one camera: stream copy over TCP into Matroska segments on the minute; and what its complaints mean.

The address with its password reaches ffmpeg as a one-line playlist on standard input (its concat demuxer), so it stands in
no argument and no environment. ffmpeg names the address when it complains: what is kept of that is cleaned first.
"""

import asyncio
import contextlib
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from edge_agent.system.watched import Login

SOCKET_TIMEOUT_US = 5_000_000
# Timestamps go on from packet to packet. Debian's ffmpeg 5.1 gives the first packet of an RTSP stream none, and with B-frames
# Matroska then aborts ("Can't write packet with unknown timestamp"); a camera whose clock is set jumps by hours. A step back of over
# 5 s or ahead of over 10 s (a pause so long is a stall, and ends the process) counts as one frame. Milliseconds, Matroska's unit:
# setts says TB = 1/fps here, whatever the packets count in.
_STEP = r"st(0\,if(eq({before}\,NOPTS)\,max(33\,{now}-{out})\,{now}-{before}))\;{out}+if(between(ld(0)\,-5000\,10000)\,ld(0)\,33)"
_GO_ON = r"if(eq({now}\,NOPTS)\,if(N\,{out}+1\,0)\,if(N\,{step}\,{now}))"


def _expression(name: str) -> str:
    names = {"now": name, "before": f"PREV_IN{name}", "out": f"PREV_OUT{name}"}
    return _GO_ON.format(step=_STEP.format(**names), **names)


TIMESTAMPS = f"setts=pts={_expression('PTS')}:dts={_expression('DTS')}"

_MEANINGS = (
    (re.compile(r"401 Unauthorized|403 Forbidden"), "login_refused"),
    (re.compile(r"404 Not Found|454 Session"), "no_such_stream"),
    (re.compile(r"Connection refused"), "port_closed"),
    (re.compile(r"No route to host|Network is unreachable|Host is down|timed out"), "no_answer"),
    (re.compile(r"matches no streams|does not contain any stream|Could not find codec"), "no_video"),
    (re.compile(r"method \w+ failed"), "refused"),
)


def meaning(said: Iterable[str]) -> str:
    """A key of the agent's REASON for the complaints of an ffmpeg that ended, the last first."""
    for line in reversed(list(said)):
        for pattern, found in _MEANINGS:
            if pattern.search(line):
                return found
    return "closed"


@dataclass(frozen=True)
class Target:
    """Where a camera's main stream is, and as whom to ask for it. `mark` is another one when a visit offers the camera again."""

    address: str
    port: int
    path: str
    login: Login | None = field(repr=False)
    mark: str = field(default="", compare=False)

    def playlist(self) -> str:
        """ffmpeg's concat script: the one stream with its options. Only video is asked for, so no sound ever reaches the box."""
        who = f"{quote(self.login.user, safe='')}:{quote(self.login.password, safe='')}@" if self.login else ""
        path = quote(f"/{self.path.lstrip('/')}", safe="/?&=:;,+!*()@$%~")
        return (
            f"ffconcat version 1.0\nfile 'rtsp://{who}{self.address}:{self.port}{path}'\n"
            f"option rtsp_transport tcp\noption timeout {SOCKET_TIMEOUT_US}\noption allowed_media_types video\n"
            "option analyzeduration 3000000\n"
        )

    def clean(self, text: str) -> str:
        """`text` without the password."""
        text = re.sub(r"(rtsp://)[^@\s/]*@", r"\1***@", text)
        if self.login and self.login.password:
            for secret in {self.login.password, quote(self.login.password, safe="")}:
                text = text.replace(secret, "***")
        return text


def argv(pattern: Path, segment_s: int) -> list[str]:
    """`pattern`: where segments go, with %06d for their number. One line a finished segment comes on standard output."""
    return [
        "ffmpeg", "-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-threads", "1",
        "-protocol_whitelist", "pipe,rtsp,rtp,tcp,udp", "-f", "concat", "-safe", "0", "-i", "pipe:0",
        "-map", "0:v:0", "-c", "copy", "-bsf:v", TIMESTAMPS,
        "-f", "segment", "-segment_time", str(segment_s), "-segment_atclocktime", "1", "-reset_timestamps", "1",
        "-segment_format", "matroska", "-segment_format_options", "flush_packets=1:cluster_time_limit=1000",
        "-segment_list", "pipe:1", "-segment_list_type", "csv", str(pattern),
    ]  # fmt: skip


class Process:
    """A running ffmpeg; `lines` are its segment list, `said` the last of its complaints, cleaned."""

    def __init__(self, process: asyncio.subprocess.Process, target: Target) -> None:
        self._process, self._target = process, target
        self.said: deque[str] = deque(maxlen=12)
        self._listener = asyncio.get_running_loop().create_task(self._listen())

    @classmethod
    async def start(cls, target: Target, pattern: Path, segment_s: int) -> "Process":
        """OSError when there is no ffmpeg."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *argv(pattern, segment_s), stdin=pipe, stdout=pipe, stderr=pipe, env={"PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C"}
        )
        made = cls(process, target)
        assert process.stdin is not None
        try:
            process.stdin.write(target.playlist().encode())
            await process.stdin.drain()
        except ConnectionError:
            pass
        process.stdin.close()
        return made

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while line := await self._line(self._process.stderr):
            self.said.append(self._target.clean(line.decode("utf-8", "replace").strip()))

    @staticmethod
    async def _line(stream: asyncio.StreamReader) -> bytes:
        """The next line; one that is longer than the reader's patience is dropped. b"" at the end."""
        while True:
            try:
                return await stream.readline()
            except ValueError:
                continue

    async def line(self) -> str:
        """The next line of the segment list: NAME,START,END; "" when the process has ended."""
        assert self._process.stdout is not None
        return (await self._line(self._process.stdout)).decode("utf-8", "replace").strip()

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    async def stop(self, patience_s: float = 4.0) -> None:
        """Let it finish its segment, else kill it. One that a hanging disk keeps from dying is left to it."""
        for end in (self._process.terminate, self._process.kill):
            if not self.running:
                break
            with contextlib.suppress(ProcessLookupError):
                end()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._process.wait()
        if self.running:
            self._listener.cancel()
        await asyncio.wait({self._listener})
