"""What differs between a Hikvision device and what is wanted of it. Pure: no device, no clock, no file."""

from dataclasses import replace

from edge_agent.contract.devices import Wanted, WantedChannel
from edge_agent.contract.text import Text
from edge_agent.devices import planning
from edge_agent.devices.hikvision import services
from edge_agent.devices.model import Change, Channel, Current, Problem

VIEWER_LEVEL, ONVIF_LEVEL = "Viewer", "mediaUser"
SDK_PORT = 8000
PROTOCOLS = {"hikvision": "HIKVISION", "onvif": "ONVIF", "dahua": "DAHUA"}
"""As a recorder calls them. "rtsp" would need a protocol of its own defined first."""


def plan(current: Current, wanted: Wanted) -> list[Change]:
    """The changes that turn `current` into `wanted`, in the order in which they are made. Nothing differs: empty.

    Services come late, because devices restart their web server after them.
    """
    return [
        *planning.clock(current, wanted),
        *_name(current, wanted),
        *planning.osd(current, wanted),
        *planning.smart_codec(current, wanted),
        *planning.encoder(current.main, wanted.encoder),
        *planning.encoder(current.sub, wanted.sub_encoder, "sub_encoder"),
        *planning.audio(current, wanted),
        *planning.viewer(current, wanted, VIEWER_LEVEL),
        *_onvif(current, wanted),
        *_channels(current, wanted),
        *planning.services(current, replace(wanted, services_off=services.off(wanted))),
        *planning.network(current, wanted),
        *planning.admin(current, wanted),
    ]


def shortfalls(current: Current, wanted: Wanted) -> list[Problem]:
    """Where the device's own limits keep it from the wanted: class "obsolete" if it can't meet it, else "limited"."""
    found: list[Problem] = []
    if wanted.kind == "camera" and all(p.field != "encoders" for p in current.problems):
        found += planning.encoder_shortfalls(current.main, wanted.encoder)
        found += planning.encoder_shortfalls(current.sub, wanted.sub_encoder, "sub_encoder")
    if wanted.discovery == "NonDiscoverable" and dict(current.served).get("onvif"):
        vi, en = "ISAPI không tắt được việc dò tìm ONVIF", "ISAPI has no switch for ONVIF's discovery"
        found.append(Problem("limited", "discovery", Text(vi, en)))
    for one in wanted.channels or ():
        if one.protocol not in PROTOCOLS:
            vi = f"kênh {one.number}: đầu ghi này không nhận giao thức {one.protocol}; dùng onvif hoặc hikvision"
            en = f"channel {one.number}: this recorder takes no {one.protocol}; use onvif or hikvision"
            found.append(Problem("limited", f"channel.{one.number}.protocol", Text(vi, en)))
    for disk in current.storage:
        if disk.status in ("failed", "unformatted", "full"):
            vi, en = f"ổ đĩa {disk.name}: {disk.status}", f"disk {disk.name}: {disk.status}"
            found.append(Problem("limited", f"storage.{disk.name}", Text(vi, en)))
    return found


def manage_port(channel: WantedChannel) -> int:
    """Where a recorder reaches a camera: by its maker's own protocol that is the SDK's port, which no inventory knows."""
    return SDK_PORT if channel.protocol == "hikvision" and channel.port == 80 else channel.port


def _name(current: Current, wanted: Wanted) -> list[Change]:
    if wanted.name is None or current.title is None or current.title == wanted.name:
        return []
    return [Change("name", "name", current.title, wanted.name)]


def _onvif(current: Current, wanted: Wanted) -> list[Change]:
    """The viewer among ONVIF's own accounts, so that others than this driver can read the device.

    Where ONVIF is off it stays so if nobody is to discover the device: ISAPI can't have the one without the other.
    """
    on = dict(current.served).get("onvif")
    if on is None or "onvif" in wanted.services_off:
        return []
    if not on:
        return [] if wanted.discovery == "NonDiscoverable" else [Change("onvif", "service.onvif", "off", "on")]
    if wanted.viewer is None or current.onvif_users is None:
        return []
    there = next((u for u in current.onvif_users if u.name == wanted.viewer.user), None)
    if there is None:
        return [Change("onvif", "onvif.viewer", None, wanted.viewer.user)]
    if there.level != ONVIF_LEVEL:
        return [Change("onvif", "onvif.viewer", there.level, ONVIF_LEVEL)]
    # Its password is set with the other one's: it is the same.
    return [Change("onvif", "onvif.viewer", planning.SECRET, planning.SECRET)] if current.viewer_works is False else []


def _channels(current: Current, wanted: Wanted) -> list[Change]:
    there = {c.number: c for c in current.channels}
    refused = {p.field for p in current.problems if p.category == "wrong_credentials"}
    changes: list[Change] = []
    for one in wanted.channels or ():
        if one.protocol in PROTOCOLS:
            changes += _channel(one, there.get(one.number), refused)
        if wanted.recording == "continuous":
            known = there.get(one.number)
            mode = known.recording if known else None
            if mode != "continuous" and (known is None or mode is not None) and (known or one.protocol in PROTOCOLS):
                changes.append(Change(f"recording.{one.number}", f"channel.{one.number}.recording", mode, "continuous"))
    return changes


def _channel(one: WantedChannel, there: Channel | None, refused: set[str]) -> list[Change]:
    group = f"channel.{one.number}"
    if there is None or not there.address:
        return [Change(group, f"{group}.address", None, one.address)]
    pairs = (
        ("address", there.address, one.address),
        ("port", there.port, manage_port(one)),
        ("protocol", there.protocol, one.protocol),
        ("account", there.user, one.account.user),
        ("name", there.name, one.name),
    )
    changes = [Change(group, f"{group}.{field}", before, after) for field, before, after in pairs if before != after]
    if f"{group}.account" in refused and there.user == one.account.user:
        changes.append(Change(group, f"{group}.account", planning.SECRET, planning.SECRET))
    return changes
