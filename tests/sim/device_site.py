"""A facility's desired document over simulated cameras, and the engine run on it, for the driver's tests."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from camera_process import CameraHandle

from edge_agent.contract import devices as desired
from edge_agent.devices import engine

ENCODER = {"codec": "h264", "width": 1920, "height": 1080, "fps": 15, "keyframe_s": 2, "bitrate_kbps": 2048}
WHOLE: dict[str, Any] = {
    "osd": "Cổng chính C01",
    "sub_encoder": {"codec": "h264", "width": 640, "height": 360, "fps": 10, "keyframe_s": 2, "bitrate_kbps": 512},
    "services_off": ["https", "multicast", "telnet"],
    "network": {"prefix": 24, "gateway": "127.0.0.254", "dns": ["127.0.0.53"]},
}
"""What else can be wanted of a camera, for those that are asked for all of it."""
ADMIN, VIEWER = "Kn1adminAAAAbbbb", "Kn1viewerCCCCddd"


@dataclass
class Site:
    """`devices` are entries of the desired document; tests change them at will. Slots count from 1."""

    state: Path
    devices: list[dict[str, Any]] = field(default_factory=list)

    def add(self, camera: CameraHandle, **more: Any) -> dict[str, Any]:
        user, password = camera.login
        slot = len(self.devices) + 1
        device = {
            "slot": slot,
            "driver": "onvif",
            "address": camera.address,
            "port": camera.http_port,
            "name": f"AN-NHON-01 C{slot:02d}",
            "accounts": {"admin": {"user": user, "password": ADMIN}, "viewer": {"user": "kn-view", "password": VIEWER}},
            "factory": [{"user": user, "password": password}],
            "encoder": dict(ENCODER),
            "discovery": "NonDiscoverable",
            **more,
        }
        self.devices.append(device)
        return device

    def document(self) -> dict[str, Any]:
        site = {"id": "BD-0001", "code": "an-nhon-01"}
        return {
            "schema": 1,
            "site": site,
            "ntp": "127.0.0.1",
            "timezone": "ICT-7",
            "state_dir": str(self.state),
            "devices": copy.deepcopy(self.devices),
        }

    def run(self, *, check: bool = False, only: set[int] | None = None) -> dict[str, Any]:
        return engine.run(desired.read(self.document()), check=check, only=only)

    def one(self, *, check: bool = False) -> dict[str, Any]:
        """The first device's result."""
        found: dict[str, Any] = self.run(check=check)["devices"][0]
        return found


def fields(result: dict[str, Any]) -> set[str]:
    return {c["field"] for c in result["changes"]}


def bad_logins(camera: CameraHandle) -> int:
    """Logins that the camera itself saw fail."""
    return sum(entry["count"] for entry in camera.control("logins") if entry["result"] != "ok")
