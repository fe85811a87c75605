"""What a device is set to, in words that are no protocol's: the truth that drivers and verifiers are held against.

    {"name", "hostname", "osd": [texts], "main", "sub": {codec, width, height, fps, gop, bitrate_kbps}, "audio": any, "smart_codec",
     "ntp": {"servers", "from_dhcp", "on"}, "zone_s": seconds east, "clock_offset_s", "users": {name: level}, "onvif_users", "discovery",
     "services": {name: on}, "network": {"address", "prefix", "dhcp", "gateway", "dns"},
     "channels": {number: {"address", "port", "protocol", "user", "name", "recording"}}}
A key that the device has no setting for is missing.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from lab.camera.clock import utc_offset_s

Document = dict[str, Any]
NAME = "onvif://www.onvif.org/name/"
_ENCODER = ("width", "height", "fps", "gop", "bitrate_kbps")


def of(doc: Document, *own: Document) -> Document:
    """Of a camera's or recorder's memory. ``own``: what protocols say of the areas that are theirs; services add up, all else is in
    place of ONVIF's."""
    found = {**_device(doc), **(_camera(doc) if "encoder" in doc else {}), **(_recorder(doc) if "channels" in doc else {})}
    for each in own:
        services = {**found["services"], **each.get("services", {})}
        found = {**found, **each, "services": services}
    return found


def _device(doc: Document) -> Document:
    network, clock = doc["network"], doc["clock"]
    return {
        "ntp": {**doc["ntp"], "on": clock["type"] == "NTP"},
        "zone_s": utc_offset_s(clock["timezone"]),
        "clock_offset_s": clock["offset_s"],
        "users": {user["name"]: user["level"] for user in doc["users"]},
        "services": {"https": doc["protocols"]["HTTPS"]["enabled"]},
        "network": {**{key: network[key] for key in ("address", "prefix", "dhcp", "gateway")}, "dns": doc["dns"]["servers"]},
    }


def _camera(doc: Document) -> Document:
    streams = {name: doc[path] for name, path in (("main", "encoder"), ("sub", "sub_encoder"))}
    return {
        "name": next((unquote(scope[len(NAME) :]) for scope in doc["scopes"] if scope.startswith(NAME)), None),
        "hostname": doc["hostname"],
        "osd": [osd["text"] for osd in doc["osd"] if osd["kind"] == "Plain" and osd["text"]],
        **{name: {"codec": stream["codec"].lower(), **{key: stream[key] for key in _ENCODER}} for name, stream in streams.items()},
        "audio": doc["audio"]["main"] or doc["audio"]["sub"],
        "discovery": doc["discovery"],
        "services": {
            "https": doc["protocols"]["HTTPS"]["enabled"],
            "multicast": any(stream["multicast"]["autostart"] for stream in streams.values()),
        },
    }


def _recorder(doc: Document) -> Document:
    taken = {number: channel for number, channel in doc["channels"].items() if channel["set"]}
    shown = ("address", "port", "protocol", "user", "name")
    return {
        "channels": {
            number: {**{key: channel[key] for key in shown}, "recording": _recording(doc["tracks"][number])}
            for number, channel in taken.items()
        }
    }


def _recording(track: Document) -> str:
    """ "continuous" where all days are, from midnight to midnight."""
    whole = {row[0] for row in track["week"] if row[1:] == [0, 1440, "CMR"]}
    return "off" if not track["enabled"] else "continuous" if whole == set(range(7)) else "other"
