"""What leaves the factory: a recorder with empty channels that record on motion, its clock and accounts off standard."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from lab.camera.makes import State
from lab.recorder.config import Config

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ALWAYS, MOTION = "CMR", "MOTION"


@dataclass(frozen=True)
class Make:
    maker: str
    model: str
    account: tuple[str, str]
    firmware: str


MAKES = {
    "hikvision": Make("HIKVISION", "DS-7616NI-K2", ("admin", "admin12345"), "V4.30.085"),
    "dahua": Make("Dahua", "DHI-NVR4216-4KS2", ("admin", "admin"), "4.001.0000000.3.R"),
}


def of(name: str) -> Make:
    return MAKES.get(name.lower(), MAKES["hikvision"])


def channel() -> State:
    """An empty slot. ``protocol``: hikvision, onvif, dahua or rtsp; ``rtsp_path`` for rtsp alone."""
    return {"set": False, "name": "", "address": "", "port": 80, "protocol": "onvif", "user": "", "password": "", "rtsp_path": ""}


def track(mode: str = MOTION) -> State:
    """What a channel is told to record. ``week``: [day 0..6, minute from, minute to, mode]; ``loop``: the oldest makes room."""
    return {"enabled": True, "loop": True, "week": [[day, 0, 1440, mode] for day in range(7)]}


def factory_state(config: Config) -> State:
    """The state of a recorder fresh from its box, before its protocols add theirs. Keys are the paths of the control socket."""
    user, password = of(config.make).account
    if config.factory_account:
        user, password = config.factory_account["user"], config.factory_account["password"]
    numbers = [str(n) for n in range(1, config.channels + 1)]
    return {
        "clock": {"offset_s": config.clock_offset_s, "type": "Manual", "timezone": "CST-8:00:00", "daylight": False},
        "ntp": {"from_dhcp": False, "servers": []},
        "hostname": "NVR",
        "network": {"address": config.address, "prefix": config.prefix, "dhcp": False, "gateway": config.gateway, "enabled": True},
        "dns": {"from_dhcp": False, "search": [], "servers": []},
        "protocols": {
            "HTTP": {"enabled": True, "port": config.http_port},
            "HTTPS": {"enabled": False, "port": 443},
            "RTSP": {"enabled": True, "port": config.rtsp_port},
        },
        "rtsp": {"anonymous": False},
        "users": [{"name": user, "password": password, "level": "Administrator"}],
        "title": "Network Video Recorder",
        "channels": {n: channel() for n in numbers},
        "tracks": {n: track() for n in numbers},
        "disks": [{"name": "hdd1", "status": "ok", "total_mb": 8001563, "free_mb": 5557797}],
    }


def overridden(state: State, config: Config) -> State:
    """With the configuration's single values. KeyError: no such path."""
    for path, value in config.factory_state.items():
        *parents, last = path.split(".")
        node: Any = state
        for key in parents:
            node = node[key]
        if last not in node:
            raise KeyError(f"factory_state: no such path: {path}")
        node[last] = copy.deepcopy(value)
    return state
