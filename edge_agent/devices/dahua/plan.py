"""What differs between a Dahua device and what is wanted of it. Pure: no device, no clock, no file."""

from edge_agent.devices import normalise
from edge_agent.devices.dahua import channels
from edge_agent.devices.model import Change, Current, Encoder, Problem, Wanted, WantedEncoder
from edge_agent.devices.onvif.plan import CLOCK_TOLERANCE_S, SECRET, VIEWER_LEVEL, encoder_target
from edge_agent.devices.onvif.plan import shortfalls as encoder_shortfalls
from edge_agent.text import Text


def plan(current: Current, wanted: Wanted) -> list[Change]:
    """The changes that turn `current` into `wanted`, in the order in which they are made: smart codecs go before the encoder,
    whose rate and keyframes they hold; the account in use comes last. Nothing differs: empty."""
    is_camera = wanted.kind == "camera"
    return [
        *_time(current, wanted),
        *_name(current, wanted),
        *(_picture(current, wanted) if is_camera else channels.plan(current, wanted)),
        *_services(current, wanted),
        *_network(current, wanted),
        *_viewer(current, wanted),
        *_admin(current, wanted),
    ]


def shortfalls(current: Current, wanted: Wanted) -> list[Problem]:
    """Where the device's own limits keep it from the wanted."""
    found = encoder_shortfalls(current, wanted) if wanted.kind == "camera" else channels.shortfalls(current, wanted)
    if wanted.discovery is not None:
        detail = Text("CGI của Dahua không có cài đặt dò tìm", "Dahua's CGI has no setting for discovery")
        found = [*found, Problem("unsupported", "discovery", detail)]
    return found


def _time(current: Current, wanted: Wanted) -> list[Change]:
    clock, changes = current.clock, []
    told = wanted.timezone is not None and clock.timezone is not None
    if told and normalise.timezone(clock.timezone) != normalise.timezone(wanted.timezone):
        changes.append(Change("clock", "clock.timezone", clock.timezone, wanted.timezone))
    if (wanted.ntp or wanted.timezone) and clock.offset_s is not None and abs(clock.offset_s) > CLOCK_TOLERANCE_S:
        changes.append(Change("clock", "clock.offset_s", clock.offset_s, 0))
    if wanted.ntp is not None and clock.servers is not None:
        if clock.servers != (wanted.ntp,):
            changes.append(Change("ntp", "ntp", ", ".join(clock.servers) or None, wanted.ntp))
        if clock.source not in (None, "NTP"):
            changes.append(Change("ntp", "clock.source", clock.source, "NTP"))
    return changes


def _name(current: Current, wanted: Wanted) -> list[Change]:
    changes = []
    if wanted.name is not None and current.title is not None and current.title != wanted.name:
        changes.append(Change("name", "name", current.title or None, wanted.name))
    if wanted.kind == "camera" and wanted.osd is not None and current.osd is not None and current.osd != wanted.osd:
        changes.append(Change("osd", "osd", current.osd or None, wanted.osd))
    return changes


def _picture(current: Current, wanted: Wanted) -> list[Change]:
    changes = []
    if wanted.smart_codec == "off" and current.smart_codec:
        changes.append(Change("smart_codec", "smart_codec", "on", "off"))
    for group, there, asked in (("encoder", current.main, wanted.encoder), ("sub_encoder", current.sub, wanted.sub_encoder)):
        if there is not None and asked is not None:
            changes += _encoder(group, there, asked)
    if wanted.audio == "off" and current.audio_profiles:
        changes.append(Change("audio", "audio", "on", "off"))
    return changes


def _encoder(group: str, there: Encoder, wanted: WantedEncoder) -> list[Change]:
    target = encoder_target(there, wanted)
    if there.options and target.codec not in there.options:
        return []
    size = f"{there.width}x{there.height}" if there.width else None
    pairs = (
        ("codec", there.codec, target.codec),
        ("size", size, f"{target.size[0]}x{target.size[1]}"),
        ("fps", there.fps, target.fps),
        ("gov", there.gov, target.gov),
        ("bitrate_kbps", there.bitrate_kbps, target.bitrate_kbps),
    )
    return [Change(group, f"{group}.{field}", before, after) for field, before, after in pairs if before is not None and before != after]


def _services(current: Current, wanted: Wanted) -> list[Change]:
    return [Change("service", f"service.{name}", "on", "off") for name, on in current.served if on and name in wanted.services_off]


def _network(current: Current, wanted: Wanted) -> list[Change]:
    asked, there = wanted.network, current.network
    if asked is None or there is None:
        return []
    pairs = (
        ("dhcp", "on" if there.dhcp else "off", "off"),
        ("gateway", there.gateway, asked.gateway),
        ("dns", ", ".join(there.dns) if there.dns is not None else None, ", ".join(asked.dns) or None),
    )
    return [
        Change("network", f"network.{field}", before, after)
        for field, before, after in pairs
        if before is not None and after is not None and before != after
    ]


def _viewer(current: Current, wanted: Wanted) -> list[Change]:
    if wanted.viewer is None or current.users is None:
        return []
    there = next((u for u in current.users if u.name == wanted.viewer.user), None)
    if there is None:
        return [Change("viewer", "viewer", None, wanted.viewer.user)]
    if there.level != VIEWER_LEVEL:
        return [Change("viewer", "viewer.level", there.level, VIEWER_LEVEL)]
    return [Change("viewer", "viewer.password", SECRET, SECRET)] if current.viewer_works is False else []


def _admin(current: Current, wanted: Wanted) -> list[Change]:
    if wanted.admin is None or not current.login_is_factory:
        return []
    if current.login_user != wanted.admin.user:
        return [Change("admin", "admin", current.login_user, wanted.admin.user)]
    return [Change("admin", "admin.password", "factory", SECRET)]
