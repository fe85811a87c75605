"""What differs between a Hikvision device and what is wanted of it. Pure: no device, no clock, no file."""

from dataclasses import replace

from edge_agent.contract.devices import DesiredChannel, DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices import planning
from edge_agent.devices.hikvision import services
from edge_agent.devices.model import Change, Channel, ObservedDevice, Problem

VIEWER_LEVEL, ONVIF_LEVEL = "Viewer", "mediaUser"
SDK_PORT = 8000
PROTOCOLS = {"hikvision": "HIKVISION", "onvif": "ONVIF", "dahua": "DAHUA"}
"""As a recorder calls them. "rtsp" would need a protocol of its own defined first."""


def plan(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    """The changes that turn `observed` into `desired`, in the order in which they are made. Nothing differs: empty.

    Services come late, because devices restart their web server after them.
    """
    return [
        *planning.clock(observed, desired),
        *_name(observed, desired),
        *planning.osd(observed, desired),
        *planning.smart_codec(observed, desired),
        *planning.encoder(observed.main, desired.encoder),
        *planning.encoder(observed.sub, desired.sub_encoder, "sub_encoder"),
        *planning.audio(observed, desired),
        *planning.viewer(observed, desired, VIEWER_LEVEL),
        *_onvif(observed, desired),
        *_channels(observed, desired),
        *planning.services(observed, replace(desired, services_off=services.off(desired))),
        *planning.network(observed, desired),
        *planning.admin(observed, desired),
    ]


def shortfalls(observed: ObservedDevice, desired: DesiredDevice) -> list[Problem]:
    """Where the device's own limits keep it from the wanted: class "obsolete" if it can't meet it, else "limited"."""
    found: list[Problem] = []
    if desired.kind == "camera" and all(p.field != "encoders" for p in observed.problems):
        found += planning.encoder_shortfalls(observed.main, desired.encoder)
        found += planning.encoder_shortfalls(observed.sub, desired.sub_encoder, "sub_encoder")
    if desired.discovery == "NonDiscoverable" and dict(observed.served).get("onvif"):
        vi, en = "ISAPI không tắt được việc dò tìm ONVIF", "ISAPI has no switch for ONVIF's discovery"
        found.append(Problem("limited", "discovery", Text(vi, en)))
    for one in desired.channels or ():
        if one.protocol not in PROTOCOLS:
            vi = f"kênh {one.number}: đầu ghi này không nhận giao thức {one.protocol}; dùng onvif hoặc hikvision"
            en = f"channel {one.number}: this recorder takes no {one.protocol}; use onvif or hikvision"
            found.append(Problem("limited", f"channel.{one.number}.protocol", Text(vi, en)))
    for disk in observed.storage:
        if disk.status in ("failed", "unformatted", "full"):
            vi, en = f"ổ đĩa {disk.name}: {disk.status}", f"disk {disk.name}: {disk.status}"
            found.append(Problem("limited", f"storage.{disk.name}", Text(vi, en)))
    return found + planning.recording_shortfalls(observed, desired)


def manage_port(channel: DesiredChannel) -> int:
    """Where a recorder reaches a camera: by its maker's own protocol that is the SDK's port, which no inventory knows."""
    return SDK_PORT if channel.protocol == "hikvision" and channel.port == 80 else channel.port


def _name(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    if desired.name is None or observed.title is None or observed.title == desired.name:
        return []
    return [Change("name", "name", observed.title, desired.name)]


def _onvif(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    """The viewer among ONVIF's own accounts, so that others than this driver can read the device.

    Where ONVIF is off it stays so if nobody is to discover the device: ISAPI can't have the one without the other.
    """
    on = dict(observed.served).get("onvif")
    if on is None or "onvif" in desired.services_off:
        return []
    if not on:
        return [] if desired.discovery == "NonDiscoverable" else [Change("onvif", "service.onvif", "off", "on")]
    if desired.viewer is None or observed.onvif_users is None:
        return []
    there = next((u for u in observed.onvif_users if u.name == desired.viewer.user), None)
    if there is None:
        return [Change("onvif", "onvif.viewer", None, desired.viewer.user)]
    if there.level != ONVIF_LEVEL:
        return [Change("onvif", "onvif.viewer", there.level, ONVIF_LEVEL)]
    # Its password is set with the other one's: it is the same.
    return [Change("onvif", "onvif.viewer", planning.SECRET, planning.SECRET)] if observed.viewer_works is False else []


def _channels(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    there = {c.number: c for c in observed.channels}
    refused = {p.field for p in observed.problems if p.category == "wrong_credentials"}
    changes: list[Change] = []
    for one in desired.channels or ():
        if one.protocol in PROTOCOLS:
            changes += _channel(one, there.get(one.number), refused)
        if desired.recording == "continuous":
            known = there.get(one.number)
            mode = known.recording if known else None
            if mode != "continuous" and (known is None or mode is not None) and (known or one.protocol in PROTOCOLS):
                changes.append(Change(f"recording.{one.number}", f"channel.{one.number}.recording", mode, "continuous"))
    return changes


def _channel(one: DesiredChannel, there: Channel | None, refused: set[str]) -> list[Change]:
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
