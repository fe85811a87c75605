"""A simulated recorder in a process of its own, on a free port of loopback, and the handle to give it orders."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import fork_server
from camera_process import CLIPS, CameraHandle, free_ports, interpreter


class RecorderHandle(CameraHandle):
    """A running recorder; orders as lab/recorder/__init__.py tells."""

    def await_online(self, *channels: int, online: bool = True, seconds: float = 60.0) -> None:
        """Until these channels are, or are not, online. AssertionError: not in time."""
        ends = time.monotonic() + seconds
        while True:
            told = self.control("channels")
            if all(told.get(str(n), {"online": False})["online"] is online for n in channels):
                return
            assert time.monotonic() < ends, told
            time.sleep(0.1)


def start_recorder(home: Path, **overrides: Any) -> RecorderHandle:
    """Start a recorder whose files lie in ``home``; with the same home, it remembers. Overrides: keys of recorder.json."""
    home.mkdir(parents=True, exist_ok=True)
    file = home / "recorder.json"
    http_port, rtsp_port = free_ports(2)
    if file.exists():
        before = json.loads(file.read_text(encoding="utf-8"))
        http_port, rtsp_port = before["http_port"], before["rtsp_port"]
    config = {
        "make": "hikvision",
        "serial": f"NVR{http_port}",
        "mac": "02:00:00:00:00:20",
        "address": "127.0.0.1",
        "http_port": http_port,
        "rtsp_port": rtsp_port,
        "state_file": str(home / "state.json"),
        "control_socket": str(home / "control"),
        "clip_dir": str(CLIPS),
        **overrides,
    }
    file.write_text(json.dumps(config), encoding="utf-8")
    return RecorderHandle(config, fork_server.start(interpreter(), "lab.recorder", "--config", str(file)))
