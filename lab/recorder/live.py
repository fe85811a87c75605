"""A recorder's live pictures: each channel's main and sub stream, at its make's address, as long as its camera is online.

What it plays is a picture of its own, not the camera's packets.
"""

from __future__ import annotations

import re

from lab.camera.clips import Picture

PATHS = {
    "hikvision": re.compile(r"/Streaming/(?:channels|tracks)/(?P<channel>\d{1,3})0(?P<stream>[12])/?", re.IGNORECASE),
    "dahua": re.compile(r"/cam/realmonitor\?channel=(?P<channel>\d{1,3})&subtype=(?P<stream>[01])"),
}
PICTURES = {"main": Picture("H264", 1280, 720, 15, 30, 1024), "sub": Picture("H264", 640, 360, 10, 20, 256)}


def stream_at(make: str, path: str) -> tuple[int, str] | None:
    """(channel, main or sub) at this path and query; None: not an address of this make."""
    pattern = PATHS["hikvision" if make == "hikvision" else "dahua"]
    found = pattern.fullmatch(path)
    if found is None:
        return None
    return int(found["channel"]), "main" if found["stream"] == ("1" if make == "hikvision" else "0") else "sub"
