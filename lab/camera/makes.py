"""What leaves the factory: each make's account, stream paths and settings, all off standard, and what its encoder can.

Invented from public manuals' defaults; no real device's data. A configuration may override any of it
(``factory_account``, ``factory_state``).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from lab.camera.config import Config

State = dict[str, Any]

SIZES = ((2560, 1440), (1920, 1080), (1280, 960), (1280, 720), (704, 576), (640, 480), (640, 360), (352, 288))


@dataclass(frozen=True)
class Make:
    """A maker's devices. ``streams``: RTSP paths of main and sub, with query; ``encoder``: the main stream's settings; ``habits``:
    flags of personality.py that all of them have."""

    maker: str
    model: str
    account: tuple[str, str]
    streams: tuple[str, str]
    encoder: State
    firmware: str = "V5.5.82"
    sizes: tuple[tuple[int, int], ...] = SIZES
    sub_sizes: tuple[tuple[int, int], ...] = SIZES[3:]
    rates: tuple[int, ...] = (1, 5, 10, 12, 15, 20, 25)
    max_gop: int = 400
    bitrates: tuple[int, int] = (32, 8192)
    habits: State = field(default_factory=dict)


MAKES: dict[str, Make] = {
    "hikvision": Make(
        "HIKVISION",
        "DS-2CD1021-I",
        ("admin", "admin12345"),
        ("/Streaming/Channels/101", "/Streaming/Channels/102"),
        {"codec": "H264", "width": 640, "height": 480, "fps": 5, "gop": 50, "bitrate_kbps": 512},
    ),
    "dahua": Make(
        "Dahua",
        "IPC-HFW1230S",
        ("admin", "admin"),
        ("/cam/realmonitor?channel=1&subtype=0&unicast=true", "/cam/realmonitor?channel=1&subtype=1&unicast=true"),
        {"codec": "JPEG", "width": 704, "height": 576, "fps": 5, "gop": 50, "bitrate_kbps": 2048},
        firmware="2.800.0000000.8.R",
    ),
    "kbvision": Make(
        "KBVISION",
        "KX-Y2001N3",
        ("admin", "admin"),
        ("/cam/realmonitor?channel=1&subtype=0", "/cam/realmonitor?channel=1&subtype=1"),
        {"codec": "H264", "width": 1280, "height": 720, "fps": 25, "gop": 250, "bitrate_kbps": 2048},
        firmware="2.622.0000000.10.R",
    ),
    "uniview": Make(
        "UNIVIEW",
        "IPC322SR3",
        ("admin", "123456"),
        ("/media/video1", "/media/video2"),
        {"codec": "H265", "width": 640, "height": 360, "fps": 10, "gop": 100, "bitrate_kbps": 512},
        firmware="IPC_G6107-B0005P28D1806",
    ),
    "illustra": Make(
        "Illustra",
        "IFS02-D21-OI03",
        ("admin", "admin"),
        ("/videoStreamId=1", "/videoStreamId=2"),
        {"codec": "H264", "width": 1280, "height": 720, "fps": 25, "gop": 100, "bitrate_kbps": 1024},
        firmware="Illustra.SS016.02.05.06.0030",
        habits={"action_refused": True},
    ),
    "generic": Make(
        "IPCAM",
        "HI3518E-2MP",
        ("admin", "admin"),
        ("/live/ch00_0", "/live/ch00_1"),
        {"codec": "JPEG", "width": 640, "height": 480, "fps": 5, "gop": 25, "bitrate_kbps": 1024},
        firmware="1.0.0.1",
    ),
}


def of(name: str) -> Make:
    """The make of that name in whatever case; an unknown one is a no-name camera."""
    return MAKES.get(name.lower(), MAKES["generic"])


def _encoder(token: str, name: str, settings: State) -> State:
    return {
        "token": token,
        "name": name,
        "profile": "Main",
        "quality": 3.0,
        "interval": 1,
        "cbr": False,
        "session_timeout": "PT60S",
        "multicast": {"address": "224.1.2.3", "port": 8860, "ttl": 5, "autostart": False},
        **settings,
    }


TIDY: State = {
    "encoder.codec": "H264",
    "encoder.width": 1920,
    "encoder.height": 1080,
    "encoder.fps": 15,
    "encoder.gop": 30,
    "encoder.bitrate_kbps": 2048,
    "discovery": "NonDiscoverable",
}


def factory_state(config: Config, more: State) -> State:
    """The state of a camera fresh from its box. Its keys are the paths of the control socket and the personality.

    encoder, sub_encoder: codec JPEG|H264|H265, fps in frames/s, gop in frames, bitrate in kbit/s.
    clock.offset_s: camera less host. ``more``: areas of the camera's other protocols.
    """
    make = of(config.make)
    user, password = make.account
    if config.factory_account:
        user, password = config.factory_account["user"], config.factory_account["password"]
    state: State = {
        "clock": {"offset_s": config.clock_offset_s, "type": "Manual", "timezone": "UTC0", "daylight": False},
        "ntp": {"from_dhcp": False, "servers": []},
        "hostname": "IPC",
        "scopes": ["onvif://www.onvif.org/name/IPCAM", "onvif://www.onvif.org/location/"],
        "discovery": "Discoverable",
        "network": {
            "address": config.address,
            "prefix": config.prefix,
            "dhcp": False,
            "gateway": config.gateway,
            "enabled": True,
        },
        "dns": {"from_dhcp": False, "search": [], "servers": []},
        "protocols": {
            "HTTP": {"enabled": True, "port": config.http_port},
            "HTTPS": {"enabled": False, "port": 443},
            "RTSP": {"enabled": True, "port": config.rtsp_port},
        },
        "users": [{"name": user, "password": password, "level": "Administrator"}],
        "encoder": _encoder("VideoEncoder_1", "MainStream", make.encoder),
        "sub_encoder": _encoder(
            "VideoEncoder_2",
            "SubStream",
            {"codec": "H264", "width": 352, "height": 288, "fps": 5, "gop": 50, "bitrate_kbps": 256},
        ),
        "audio": {"main": True, "sub": True, "bitrate": 64, "sample_rate": 8},
        "osd": [
            {"token": "OSD_1", "kind": "DateAndTime", "text": "", "position": "UpperLeft"},
            {"token": "OSD_2", "kind": "Plain", "text": "IPCAM", "position": "LowerLeft"},
        ],
        "rtsp": {"anonymous": False},
        **more,
    }
    overrides = {**({} if config.factory else TIDY), **config.factory_state}
    for path, value in overrides.items():
        *parents, last = path.split(".")
        node = state
        for key in parents:
            node = node[key]
        if last not in node:
            raise KeyError(f"factory_state: no such path: {path}")
        node[last] = copy.deepcopy(value)
    return state
