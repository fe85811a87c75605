"""The area "isapi" of a Hikvision device's memory: what no other protocol has."""

from __future__ import annotations

from typing import Any

from lab.camera.config import Config
from lab.camera.personality import Personality
from lab.camera.state import Memory

OWN_ACCOUNTS = "isapi.onvif_users"


def common(config: Config, title: str) -> dict[str, Any]:
    """What cameras and recorders have alike."""
    return {
        "activated": True,
        "title": title,
        "onvif": not config.personality.get("onvif_off", False),
        "onvif_users": [],
        "ntp_minutes": 1440,
        "services": {"upnp": True, "p2p": True, "ssh": False, "telnet": False, "bonjour": True, "snmp": False, "sadp": True},
        "watching": [],
        "sdk_port": 8000,
    }


def factory(config: Config) -> dict[str, Any]:
    streams = {"smart": False, "multicast": True}
    own = {"main": dict(streams), "sub": dict(streams), "channel_name": "Camera 01"}
    return {"isapi": {**common(config, "IP CAMERA"), **own}}


def settings(doc: dict[str, Any]) -> dict[str, Any]:
    """What this area says of the device, in the words of `lab.camera.settings`."""
    own = doc["isapi"]
    streams = [own[stream] for stream in ("main", "sub") if stream in own]
    services = {**own["services"], "onvif": own["onvif"]}
    found = {"name": own["title"], "services": services, "onvif_users": {user["name"]: user["level"] for user in own["onvif_users"]}}
    if not streams:
        return found
    services["multicast"] = any(stream["multicast"] for stream in streams)
    return {**found, "smart_codec": any(stream["smart"] for stream in streams)}


def smart(memory: dict[str, Any], stream: str) -> bool:
    """Whether a stream's smart codec is on."""
    return bool("isapi" in memory and memory["isapi"][stream]["smart"])


def onvif_off(memory: Memory, flags: Personality, config: Config) -> bool:
    """Whether ONVIF is off: here the flag with which a camera starts is only how its switch leaves the factory."""
    switch = memory.doc.get("isapi", {}).get("onvif")
    if switch is None:
        return bool(flags["onvif_off"])
    flagged_since = flags["onvif_off"] and not config.personality.get("onvif_off")
    return bool(flagged_since or not switch)
