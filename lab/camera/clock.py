"""The camera's own clock: the host's and an offset, and an SNTP client that corrects it as a real camera would."""

from __future__ import annotations

import asyncio
import re
import struct
import time
from datetime import UTC, datetime, timedelta

from lab.camera.config import Config
from lab.camera.state import Memory

NTP_EPOCH = 2_208_988_800
POLL_S = 60.0
RETRY_S = 5.0
_POSIX_TZ = re.compile(r"^(?:<[+\-A-Za-z0-9]{3,}>|[A-Za-z]{3,})([+-]?\d{1,2})(?::?(\d{2}))?")


def utc_offset_s(timezone: str) -> int:
    """Seconds that local time is ahead of UTC in a POSIX time zone (sign inverted: ICT-7 is 7 h ahead). ValueError: none."""
    match = _POSIX_TZ.match(timezone)
    if not match:
        raise ValueError(f"not a POSIX time zone: {timezone}")
    hours, minutes = int(match[1]), int(match[2] or 0)
    sign = -1 if match[1].startswith("-") else 1
    return -(hours * 3600 + sign * minutes * 60)


class Clock:
    """Time as the camera believes it. ``follow`` is the SNTP client, at work while the type is NTP and servers are set."""

    def __init__(self, config: Config, memory: Memory) -> None:
        self._port = config.ntp_port
        self._memory = memory
        self._wake = asyncio.Event()
        memory.listeners.append(self._changed)

    def now(self) -> float:
        return time.time() + float(self._memory["clock.offset_s"])

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.now(), UTC)

    def local(self) -> datetime:
        return self.utc() + timedelta(seconds=utc_offset_s(self._memory["clock.timezone"]))

    def _changed(self, path: str) -> None:
        if path.startswith("ntp") or path == "clock.type":
            self.check()

    def check(self) -> None:
        """Ask the time servers now rather than at the next round."""
        self._wake.set()

    async def follow(self) -> None:
        """Ask the servers now, after each change of the settings, and once a minute; sooner while none answers."""
        while True:
            self._wake.clear()
            following = self._memory["clock.type"] == "NTP" and self._memory["ntp.servers"]
            good = await self._correct() if following else True
            try:
                await asyncio.wait_for(self._wake.wait(), POLL_S if good else RETRY_S)
            except TimeoutError:
                continue

    async def _correct(self) -> bool:
        for server in self._memory["ntp.servers"]:
            offset = await ask(server, self._port)
            if offset is not None:
                self._memory.set("clock.offset_s", round(offset, 6))
                return True
        return False


class _Answer(asyncio.DatagramProtocol):
    def __init__(self, answer: asyncio.Future[bytes]) -> None:
        self._answer = answer

    def datagram_received(self, data: bytes, addr: object) -> None:
        if not self._answer.done():
            self._answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self._answer.done():
            self._answer.set_exception(exc)


async def ask(server: str, port: int, timeout_s: float = 2.0) -> float | None:
    """The server's clock less the host's, in seconds; None: no answer, or it isn't synchronised itself."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()
    try:
        transport, _ = await loop.create_datagram_endpoint(lambda: _Answer(answer), remote_addr=(server, port))
    except OSError:
        return None
    try:
        sent = time.time()
        transport.sendto(b"\x23" + bytes(47))
        data = await asyncio.wait_for(answer, timeout_s)
    except (TimeoutError, OSError):
        return None
    finally:
        transport.close()
    if len(data) < 48 or data[0] >> 6 == 3 or not 1 <= data[1] <= 15:
        return None
    seconds, fraction = struct.unpack("!II", data[40:48])
    return float(seconds - NTP_EPOCH + fraction / 2**32 - (sent + time.time()) / 2)
