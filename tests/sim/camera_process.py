"""A simulated camera in a process of its own, on free ports of loopback, and the handle to give it orders."""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import fork_server

ROOT = fork_server.ROOT
CLIPS = Path(os.environ.get("KETNOI_CLIPS", Path(tempfile.gettempdir()) / f"ketnoi-clips-{os.getuid()}"))


@dataclass
class CameraHandle:
    """A running camera: where it listens, its login, and ``control`` to give it orders (see lab/camera/__init__.py)."""

    config: dict[str, Any]
    process: fork_server.Forked

    @property
    def address(self) -> str:
        return str(self.config["address"])

    @property
    def http_port(self) -> int:
        return int(self.config["http_port"])

    @property
    def rtsp_port(self) -> int:
        return int(self.config["rtsp_port"])

    @property
    def login(self) -> tuple[str, str]:
        user = self.control("get", path="users", secrets=True)[0]
        return user["name"], user["password"]

    def control(self, op: str, **order: Any) -> Any:
        """Give an order and wait for its end. RuntimeError: the camera refused it."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(30)
            link.connect(str(self.config["control_socket"]))
            link.sendall(json.dumps({"op": op, **order}).encode() + b"\n")
            with link.makefile() as answers:
                answer = json.loads(answers.readline())
        if not answer["ok"]:
            raise RuntimeError(answer["error"])
        return answer["value"]

    def set(self, path: str, value: Any) -> None:
        self.control("set", path=path, value=value)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def free_ports(count: int, address: str = "127.0.0.1") -> list[int]:
    """TCP ports that nobody listens on just now, all different; none that the kernel gives to connections or to others who ask for
    any, since it could do so before ours is taken, or while a device reboots."""
    found: set[int] = set()
    while len(found) < count:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind((address, port))
            found.add(port)
    return list(found)


def start_camera(home: Path, **overrides: Any) -> CameraHandle:
    """Start a camera whose files lie in ``home``; with the same home, it remembers. Overrides: keys of camera.json."""
    home.mkdir(parents=True, exist_ok=True)
    address = overrides.get("address", "127.0.0.1")
    file = home / "camera.json"
    if file.exists():  # its ports are among what it remembers
        before = json.loads(file.read_text(encoding="utf-8"))
        http_port, rtsp_port = before["http_port"], before["rtsp_port"]
    else:
        http_port, rtsp_port = free_ports(2, address)
    config = {
        "make": "hikvision",
        "serial": f"SIM{http_port}",
        "mac": "02:00:00:00:00:01",
        "address": address,
        "http_port": http_port,
        "rtsp_port": rtsp_port,
        "state_file": str(home / "state.json"),
        "control_socket": str(home / "control"),
        "clip_dir": str(CLIPS),
        **overrides,
    }
    file.write_text(json.dumps(config), encoding="utf-8")
    return CameraHandle(config, fork_server.start(interpreter(), "lab.camera", "--config", str(file)))


@lru_cache
def interpreter() -> str:
    """Debian's python where it has lxml, as in the lab; else the one that runs the tests."""
    system = "/usr/bin/python3"
    if Path(system).exists() and subprocess.run([system, "-c", "import lxml"], capture_output=True, check=False).returncode == 0:
        return system
    return sys.executable
