"""What is played of each make, for the suites that every driver and every reader passes: one simulator a driver, taken back to its
factory between tests; what is desired of it; and the ways in which a device, or the line to it, can be broken."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from camera_process import CameraHandle, free_ports, start_camera
from device_site import ADMIN, VIEWER
from recorder_process import start_recorder

from edge_agent.contract import devices as contract
from edge_agent.contract.devices import DesiredDevice
from edge_agent.devices import drivers
from edge_agent.devices.drivers import Driver
from lab.camera import makes
from lab.camera.personality import FLAGS
from lab.recorder import state as recorders

OTHER_NAMES = {"onvif": "generic"}
"""A driver's devices are played by the make of its own name, but for these."""
NAME, OSD, ZONE, NTP = "AN-NHON-01 C01", "KHO 1", "ICT-7", "127.0.0.1"
NETWORK = {"prefix": 24, "gateway": "127.0.0.254", "dns": ["127.0.0.53"]}
MAIN = {"codec": "h264", "width": 1920, "height": 1080, "fps": 15, "keyframe_s": 2, "bitrate_kbps": 2048}
SUB = {"codec": "h264", "width": 640, "height": 480, "fps": 10, "keyframe_s": 2, "bitrate_kbps": 512}
NOBODY = {"address": "127.0.0.1", "port": 1, "protocol": "onvif", "account": {"user": "kn-view", "password": VIEWER}}
"""A recorder's camera that isn't there: nothing is said of whether the recorder reaches it."""
WRONG: Mapping[tuple[str, str], dict[str, Any]] = {
    ("hikvision", "camera"): {f"isapi.services.{name}": True for name in ("upnp", "p2p", "ssh", "telnet", "bonjour", "snmp")}
    | {"isapi.main.smart": True},
    ("dahua", "camera"): {f"cgi.{name}.Enable": True for name in ("UPnP", "T2UServer", "SSHD", "Telnet", "SNMP", "Bonjour", "Email")}
    | {"cgi.SmartEncode.#0.Enable": True, "cgi.NAS.#0.Enable": True},
}
"""What a make's own interface can have wrong beside what its factory leaves wrong: a make without a row is tested for less."""
EVERYWHERE = {"protocols.HTTPS.enabled": True, "network.dhcp": True, "dns.servers": ["192.0.2.53"]}
WRONG_CAMERA = {"encoder.multicast.autostart": True, "sub_encoder.fps": 25}


def make_of(driver: str) -> str:
    return OTHER_NAMES.get(driver, driver)


def kinds(driver: str) -> list[str]:
    """The kinds of device that are played for a driver. None: its make is missing in lab/camera/makes.py."""
    played = {"camera": makes.MAKES, "recorder": recorders.MAKES}
    return [kind for kind, table in played.items() if make_of(driver) in table]


@dataclass
class Played:
    """A running simulator and the driver that it is for."""

    name: str
    kind: str
    handle: CameraHandle
    folder: Path
    initial: dict[str, Any] = field(default_factory=dict)
    looks: int = 0

    @property
    def driver(self) -> Driver:
        return drivers.of(self.name)

    def fresh(self) -> None:
        """As it left the factory, its clock wrong, nothing noted of it; the box has never seen it."""
        control = self.handle.control
        for flag in control("get", path="personality"):
            self.handle.set(f"personality.{flag}", self.initial.get(flag, FLAGS[flag].default))
        control("rest")
        control("factory_reset")
        control("forget")

    def state(self) -> Path:
        """A box's memory that knows nothing yet."""
        self.looks += 1
        return self.folder / f"box{self.looks}"

    def settings(self) -> dict[str, Any]:
        found: dict[str, Any] = self.handle.control("settings")
        return found

    def passwords(self) -> dict[str, str]:
        return {user["name"]: user["password"] for user in self.handle.control("get", path="users", secrets=True)}

    def failed_logins(self) -> int:
        return sum(login["count"] for login in self.handle.control("logins") if login["result"] != "ok")

    def desired(self, port: int | None = None, **more: Any) -> DesiredDevice:
        """Everything that can be wanted of it."""
        user, password = self.handle.login
        own: dict[str, Any] = {
            "slot": 1, "driver": self.name, "kind": self.kind, "address": self.handle.address, "port": port or self.handle.http_port,
            "name": NAME, "ntp": NTP, "timezone": ZONE, "services_off": list(contract.SERVICES), "network": NETWORK,
            "accounts": {"admin": {"user": user, "password": ADMIN}, "viewer": {"user": "kn-view", "password": VIEWER}},
            "factory": [{"user": user, "password": password}],
        }  # fmt: skip
        if self.kind == "camera":
            own |= {"osd": OSD, "encoder": MAIN, "sub_encoder": SUB, "discovery": "NonDiscoverable"}
        else:
            own |= {"channels": [{"number": 1, "name": "C01", **NOBODY}], "recording": "continuous", "audio": None, "smart_codec": None}
        return contract.device(own | more, "desired")


def start(driver: str, kind: str, folder: Path) -> Played:
    wrong = WRONG.get((driver, kind), {}) | EVERYWHERE | (WRONG_CAMERA if kind == "camera" else {})
    begin: Callable[..., CameraHandle] = start_camera if kind == "camera" else start_recorder
    more = {"channels": 2} if kind == "recorder" else {}
    handle = begin(
        folder / "device", make=make_of(driver), clock_offset_s=-7 * 3600.0, factory_state=wrong, personality={"reboot_s": 0.05}, **more
    )
    return Played(driver, kind, handle, folder, {"reboot_s": 0.05, **makes.of(make_of(driver)).habits})


class Line:
    """A line to a device that breaks: after so many pieces of its answers it is cut, silent, or carries rubbish.

    Served at `port` while the block lasts. `after` counts pieces, of which an answer has one or two.
    """

    def __init__(self, to: int, how: str, after: int) -> None:
        self._to, self.how, self.after = to, how, after
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self.port = int(self._server.getsockname()[1])

    def __enter__(self) -> Line:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self._to), timeout=10)
            except OSError:
                return
            self._open |= {near, far}
            threading.Thread(target=self._carry, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, True), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, is_answer: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := one.recv(65536):
                if is_answer:
                    self.after -= 1
                if self.after < 0:
                    piece = self._broken(piece, other)
                if piece:
                    other.sendall(piece)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _broken(self, piece: bytes, other: socket.socket) -> bytes:
        if self.how == "silence":
            return b""
        if self.how == "cut":
            other.sendall(piece[: len(piece) // 2])
            raise OSError("cut")
        return bytes(255 - byte for byte in piece)


ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n" + b"<a>" * 20_000
ANSWERS: Mapping[str, tuple[bytes, float]] = {
    "closes": (b"", 0.0),
    "silent": (b"", 60.0),
    "noise": (bytes(range(256)) * 8, 0.0),
    "a page": (b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>", 0.0),
    "half an answer": (b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\nContent-Type: text/xml\r\n\r\n<?xml version='1.0'?><s:Env", 0.0),
    "no end of headers": (b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"b" * 70_000, 0.0),
    "a redirection": (b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n", 0.0),
    "an error page": (b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy", 0.0),
    "no challenge": (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", 0.0),
    "a challenge in vain": (b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="x", qop="y"\r\nContent-Length: 0\r\n\r\n', 0.0),
    "drops": (b"HTTP/1.1 200 OK\r\n", 0.05),
    "an endless document": (ENDLESS, 0.001),
}
"""What a broken device says to each request, and the pause behind which it goes on saying it; 0: then it hangs up."""


@contextlib.contextmanager
def broken(says: str) -> Iterator[int]:
    """The port of a device that answers so."""
    answer, pause = ANSWERS[says]
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve(client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            while client.recv(65536):
                if not answer and not pause:
                    return
                if says == "drops":
                    for byte in answer * 1000:
                        client.sendall(bytes([byte]))
                        if ended.wait(pause):
                            return
                while pause and not ended.is_set():
                    client.sendall(answer)
                    ended.wait(pause)
                client.sendall(answer)
                if "Length" not in answer.decode("latin-1") or says.startswith("half"):
                    return

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = server.accept()
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(server.getsockname()[1])
    finally:
        ended.set()
        server.close()


def nobody() -> int:
    """A port at which nobody listens."""
    return int(free_ports(1)[0])


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that it came of."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


@contextlib.contextmanager
def in_a_hurry(most_s: float = 0.5) -> Iterator[None]:
    """No pause is longer: a device that comes to itself after a write takes longer than a simulator."""
    plain = time.sleep
    time.sleep = lambda seconds: plain(min(seconds, most_s))
    try:
        yield
    finally:
        time.sleep = plain
