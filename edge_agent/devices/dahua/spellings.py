"""What Dahua's words and numbers mean, as tables. Each translation, applied to what it gave, changes nothing more."""

import re

from edge_agent.contract.devices import codec as normal_codec
from edge_agent.devices import normalise

ZONES = (
    *(0, 60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 540, 570, 600, 660, 720, 780),
    *(-60, -120, -180, -210, -240, -300, -360, -420, -480, -540, -600, -660, -720),
    *(-270, 630, 840, -570, 510, 525, 765),
)
"""NTP.TimeZone is an index: minutes east of Greenwich by it (the NetSDK's DH_TIME_ZONE_TYPE; those after 32 only on newer ones)."""
ZONE_NAMES = {420: "Bangkok"}
"""NTP.TimeZoneDesc where a device has it; only the zone that our facilities are in."""

SIZES = {
    "qcif": (176, 144),
    "qvga": (320, 240),
    "cif": (352, 288),
    "nhd": (640, 360),
    "vga": (640, 480),
    "d1": (704, 576),
    "svga": (800, 600),
    "960h": (960, 576),
    "xvga": (1024, 768),
    "720p": (1280, 720),
    "wxga": (1280, 800),
    "1.3m": (1280, 960),
    "sxga": (1280, 1024),
    "uxga": (1600, 1200),
    "1080p": (1920, 1080),
    "wuxga": (1920, 1200),
    "qxga": (2048, 1536),
    "3m": (2048, 1536),
    "qfhd": (3840, 2160),
    "4k": (3840, 2160),
}
_PIXELS = re.compile(r"(\d{2,5})\s*[xX*]\s*(\d{2,5})")

LEVELS = {"admin": "Administrator", "user": "User"}
"""Accounts are in groups; ONVIF's words for the two that every device has."""
VIEWER_LEVEL = "User"

PROTOCOLS = {
    "onvif": "onvif",
    "private": "dahua",
    "dahua": "dahua",
    "dahua2": "dahua",
    "dahua3": "dahua",
    "hikvision": "hikvision",
    "rtsp": "rtsp",
    "general": "rtsp",
}
"""A recorder's ProtocolType (or Vendor), in the words of `DesiredChannel.protocol`."""
PROTOCOL_TYPES = {"onvif": "Onvif", "dahua": "Private", "hikvision": "Hikvision", "rtsp": "General"}

STATES = {
    "success": "ok",
    "normal": "ok",
    "ok": "ok",
    "running": "ok",
    "active": "ok",
    "error": "failed",
    "failure": "failed",
    "failed": "failed",
    "fail": "failed",
    "broken": "failed",
    "offline": "failed",
    "unformatted": "unformatted",
    "notformatted": "unformatted",
    "noformat": "unformatted",
    "full": "full",
}
"""Of disks, in the words of `Storage.status`; other words stay as they are."""


def zone(index: int | None) -> str | None:
    """A POSIX zone ("UTC-07:00") for an index; None for one that nobody documents."""
    if index is None or not 0 <= index < len(ZONES):
        return None
    east = ZONES[index]
    return f"UTC{'-' if east > 0 else '+'}{abs(east) // 60:02d}:{abs(east) % 60:02d}"


def zone_index(posix: str | None) -> int | None:
    east = normalise.zone_minutes(posix)
    return ZONES.index(east) if east in ZONES else None


def codec(value: str | None) -> str | None:
    """ "H.264H" (High), "H.264B" (Baseline) and "H.264" are "h264"; "MJPG" is "jpeg"."""
    plain = normal_codec(value)
    for family in ("h264", "h265"):
        if plain is not None and plain.startswith(family):
            return family
    return "jpeg" if plain in ("mjpg", "mjpeg") else plain


def size(value: str | None) -> tuple[int, int] | None:
    """ "1920x1080", "3840*2160(3840x2160)" and "1080P" in pixels; None for a word that isn't known."""
    if value is None:
        return None
    if pixels := _PIXELS.search(value):
        return int(pixels[1]), int(pixels[2])
    return SIZES.get(value.strip().lower())


def numbers(value: str | None) -> list[int]:
    return [int(n) for n in re.findall(r"\d{1,9}", value or "")]


def protocol(value: str | None) -> str | None:
    """The word of `DesiredChannel.protocol`; a maker that isn't known stays as it is, in lower case."""
    return PROTOCOLS.get(value.strip().lower(), value.strip().lower()) if value and value.strip() else None


def disk_state(value: str | None) -> str | None:
    return STATES.get(value.strip().lower().replace(" ", ""), value.strip()) if value and value.strip() else None
