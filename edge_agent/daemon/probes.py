"""Looks at each camera's stream at its own pace, all side by side, and says what it saw in words that are kept apart.

    up           two pictures or more began to arrive in RTP packets
    frozen       the session stands, but no_packets came, or only one picture (same_picture)
    down         we looked and it failed: no_answer, port_closed, no_reply, closed, not_rtsp, refused, no_such_stream, no_video,
                 login_wanted, login_refused, login_unknown (neither digest nor basic)
    unreachable  the box's own way to it is cut: no_carrier, no_interface, no_route
    unknown      nobody could look: not_configured_yet (its stream's path is not known), probe_failed (a fault of ours)

A login that was refused is not tried again for half an hour (system/refusals.py), or until the account or the stream changes: cameras lock
an address out for 5 to 30 minutes after a few bad passwords (evercam-server#91). Meanwhile it is asked without one.
"""

import asyncio
import errno
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from edge_agent.contract.messages import Status
from edge_agent.contract.present import Measured
from edge_agent.daemon.config import AgentConfig, Camera
from edge_agent.streams.rtsp import Client, RtspError
from edge_agent.system import clock
from edge_agent.system.refusals import Refusals
from edge_agent.system.watched import Login, Stream, Watched, read_streams

log = logging.getLogger(__name__)
CONFIRM_S = 2.0
PICTURES = 2
_NO_WAY = {errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}


@dataclass(frozen=True)
class ProbeResult:
    """What one look at a camera gave. measured: packets, pictures, codec, ms."""

    status: Status
    reason: str | None = None
    measured: Measured = field(default_factory=Measured)


class Listener(Protocol):
    def on_probe(self, camera: Camera, seen: ProbeResult) -> None: ...

    def moved(self, part: str) -> None: ...


def way_out(interface: str | None, sys_net: Path = Path("/sys/class/net")) -> ProbeResult | None:
    """Why no camera can be reached from here, or None if nothing speaks against it."""
    if interface is None:
        return None
    if not (sys_net / interface).exists():
        return ProbeResult("unreachable", "no_interface")
    try:
        carrier = (sys_net / interface / "carrier").read_text().strip()
    except OSError:  # EINVAL while the interface is down
        carrier = "0"
    return None if carrier == "1" else ProbeResult("unreachable", "no_carrier")


async def look(camera: Camera, stream: Stream, login: Login | None, timeout_s: float) -> ProbeResult:
    """One look; never longer than about `timeout_s` seconds, never an exception for anything that a camera can do."""
    begun = clock.mono()
    client: Client | None = None
    playing = False
    status: Status
    reason: str | None
    try:
        async with asyncio.timeout(timeout_s):
            client = await Client.connect(camera.address, stream.port, login)
            async with client:
                await client.play(stream.path)
                playing = True
                await client.watch(PICTURES)
                await client.leave()
        status, reason = "up", None
    except TimeoutError:
        if client is None:
            status, reason = "down", "no_answer"
        elif playing:
            status, reason = "frozen", "same_picture" if client.packets.count else "no_packets"
        else:
            status, reason = "down", "no_reply"
    except RtspError as error:
        log.debug("%s: %s", camera.name, error)
        status, reason = "down", error.reason
    except (EOFError, ConnectionResetError, BrokenPipeError):
        status, reason = "down", "closed"
    except ConnectionRefusedError:
        status, reason = "down", "port_closed"
    except OSError as error:
        status, reason = ("unreachable", "no_route") if error.errno in _NO_WAY else ("down", "no_answer")
    measured: Measured = {"ms": round((clock.mono() - begun) * 1000)}
    if client is not None and playing:
        packets = client.packets
        measured |= {"packets": packets.count, "pictures": len(packets.timestamps), "codec": packets.codec}
    return ProbeResult(status, reason, measured)


class Patient:
    """Asks a camera with its account, except for a while after that was refused."""

    def __init__(self, timeout_s: float, refusals: Refusals) -> None:
        self._timeout_s, self._refusals = timeout_s, refusals

    async def look(self, camera: Camera, stream: Stream, login: Login | None) -> ProbeResult:
        what = (login.user, login.password, str(stream.port), stream.path, stream.mark) if login else ()
        held_back = login is not None and self._refusals.holds(camera.slot, *what)
        seen = await look(camera, stream, None if held_back else login, self._timeout_s)
        if seen.reason == "login_refused" and login is not None:
            self._refusals.note(camera.slot, *what)
        elif seen.reason == "login_wanted" and held_back:
            return ProbeResult("down", "login_refused", seen.measured)
        elif seen.status == "up" and not held_back:
            self._refusals.forget(camera.slot)
        return seen


class Probes:
    """`run` until cancelled; every result goes to `listener.on_probe`."""

    def __init__(self, config: AgentConfig, logins: dict[int, Login], refusals: Refusals, listener: Listener) -> None:
        self._config, self._logins, self._refusals, self._listener = config, logins, refusals, listener
        self._streams = Watched(config.devices_path, read_streams)
        self._changed = asyncio.Event()
        self._looked = {camera.slot: clock.mono() for camera in config.cameras}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for index, camera in enumerate(self._config.cameras):
                group.create_task(self._follow(camera, index / len(self._config.cameras)))
            group.create_task(self._supervise())

    def look_now(self) -> None:
        """Do not wait for the interval."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _supervise(self) -> None:
        """Every second: new streams wake their cameras; the probes have moved if each of them has looked in its time."""
        patience = 2 * (self._config.probe_interval_s + self._config.probe_timeout_s) + CONFIRM_S + 5
        while True:
            if self._streams.refresh():
                self.look_now()
            if all(clock.mono() - at < patience for at in self._looked.values()):
                self._listener.moved("probes")
            await asyncio.sleep(1)

    async def _follow(self, camera: Camera, phase: float) -> None:
        """Looks spread over the interval, so that 64 cameras do not make one spike."""
        patient = Patient(self._config.probe_timeout_s, self._refusals)
        last: ProbeResult | None = None
        wait_s = phase * min(self._config.probe_interval_s, 5)
        while True:
            await self._pause(wait_s)
            seen = await self._look(patient, camera)
            if last is not None and last.status == "up" and seen.status != "up":
                await asyncio.sleep(min(CONFIRM_S, self._config.probe_interval_s / 4))
                seen = await self._look(patient, camera)
            self._listener.on_probe(camera, seen)
            last = seen
            wait_s = self._config.probe_interval_s

    async def _look(self, patient: Patient, camera: Camera) -> ProbeResult:
        self._looked[camera.slot] = clock.mono()
        cut = way_out(self._config.lan_interface)
        if cut is not None:
            return cut
        stream = self._streams.value.get(camera.slot)
        if stream is None:
            return ProbeResult("unknown", "not_configured_yet")
        try:
            return await patient.look(camera, stream, self._logins.get(camera.slot))
        except Exception:  # a fault of ours in one camera's probe must not end the others'
            log.exception("%s: the probe itself failed; the other cameras go on", camera.name)
            return ProbeResult("unknown", "probe_failed")

    async def _pause(self, seconds: float) -> None:
        changed = self._changed
        try:
            async with asyncio.timeout(seconds):
                await changed.wait()
        except TimeoutError:
            return
