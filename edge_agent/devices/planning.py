"""Parts of a plan that are the same for every driver: what differs between a device and what is wanted of it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from edge_agent.contract.devices import DesiredDevice, DesiredEncoder
from edge_agent.contract.shortfalls import (
    ALLOWS,
    DELETED,
    ROOM_NOT_TOLD,
    codec_short,
    days_of_room,
    frames,
    keyframes_short,
    nearest,
    room,
    size_short,
)
from edge_agent.contract.text import Text
from edge_agent.devices import normalise
from edge_agent.devices.faults import SettingNotKept
from edge_agent.devices.model import Change, Encoder, EncoderOptions, ObservedDevice, Outcome, Problem

SETTLING_S = 1.0
"""How long a device's web server may need to be back after a change of its services."""
SECRET = "***"  # noqa: S105  what is shown in a password's place


@dataclass(frozen=True)
class EncoderTarget:
    """What a stream can be set to: the wanted, or the nearest that the device allows."""

    codec: str
    size: tuple[int, int]
    fps: int
    gov: int
    bitrate_kbps: int


def encoder_target(encoder: Encoder, desired: DesiredEncoder) -> EncoderTarget:
    """The wanted, or the nearest within the encoder's options: at or above it where there is one, since the standard asks
    for "at least"."""
    codec = _codec(encoder, desired)
    options = encoder.options.get(codec, EncoderOptions())
    size = nearest(options.sizes, (desired.width, desired.height), desired.most_height)
    fps = max(1, options.fps.clamp(desired.fps) if options.fps else desired.fps)
    fps = min(options.fps_list or (fps,), key=lambda f: (f < desired.fps, abs(f - desired.fps)))
    gov = frames(fps, desired.keyframe_s)
    bitrate = desired.bitrate_kbps
    return EncoderTarget(
        codec,
        size,
        fps,
        options.gov.clamp(gov) if options.gov else gov,
        options.bitrate.clamp(bitrate) if options.bitrate else bitrate,
    )


def clock(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    there, changes = observed.clock, []
    if desired.ntp is not None and there.servers is not None and (there.from_dhcp or there.servers != (desired.ntp,)):
        before = ", ".join(there.servers) + (" (DHCP)" if there.from_dhcp else "")
        changes.append(Change("ntp", "ntp", before or None, desired.ntp))
    if desired.ntp is not None and there.servers is not None and there.source not in (None, "NTP"):
        changes.append(Change("clock", "clock.source", there.source, "NTP"))
    zones = normalise.timezone(there.timezone), normalise.timezone(desired.timezone)
    if None not in zones and zones[0] != zones[1]:
        changes.append(Change("clock", "clock.timezone", there.timezone, desired.timezone))
    if (desired.ntp or desired.timezone) and there.offset_s is not None and abs(there.offset_s) > desired.clock_s:
        changes.append(Change("clock", "clock.offset_s", there.offset_s, 0))
    return changes


def encoder(there: Encoder | None, desired: DesiredEncoder | None, group: str = "encoder") -> list[Change]:
    """`group` ("encoder", "sub_encoder") is the writer and the beginning of each field's name."""
    if desired is None or there is None:
        return []
    target = encoder_target(there, desired)
    if there.options and target.codec not in there.options:
        return []
    pairs = (
        ("codec", there.codec, target.codec),
        ("size", _size((there.width, there.height)), _size(target.size)),
        ("fps", there.fps, target.fps),
        ("gov", there.gov, target.gov),
        ("bitrate_kbps", there.bitrate_kbps, target.bitrate_kbps),
    )
    return [Change(group, f"{group}.{field}", before, after) for field, before, after in pairs if before != after]


def services(observed: ObservedDevice, desired: DesiredDevice, group: str = "services") -> list[Change]:
    """Those that are on and should be off; what the device doesn't have is in neither."""
    on = dict(observed.served)
    return [Change(group, f"service.{name}", "on", "off") for name in dict.fromkeys(desired.services_off) if on.get(name)]


def audio(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    return [Change("audio", "audio", "on", "off")] if desired.audio == "off" and observed.audio_profiles else []


def smart_codec(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    return [Change("smart_codec", "smart_codec", "on", "off")] if desired.smart_codec == "off" and observed.smart_codec else []


def osd(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    if desired.osd is None or observed.osd is None or normalise.spaces(observed.osd) == normalise.spaces(desired.osd):
        return []
    return [Change("osd", "osd", observed.osd or None, desired.osd)]


def network(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    """Router, name servers and prefix as wanted, the address fixed: one from DHCP would wander."""
    there, asked, changes = observed.network, desired.network, []
    if asked is None or there is None:
        return []
    here = f"{there.address}/{there.prefix}" + (" (DHCP)" if there.dhcp else "")
    if there.dhcp or there.address != desired.address or there.prefix not in (None, asked.prefix):
        changes.append(Change("network", "network.address", here, f"{desired.address}/{asked.prefix}"))
    if asked.gateway is not None and there.gateway != asked.gateway:
        changes.append(Change("network", "network.gateway", there.gateway, asked.gateway))
    if asked.dns and there.dns is not None and there.dns != asked.dns:
        changes.append(Change("network", "network.dns", ", ".join(there.dns) or None, ", ".join(asked.dns)))
    return changes


def viewer(observed: ObservedDevice, desired: DesiredDevice, level: str) -> list[Change]:
    """`level`: what the device calls somebody who may watch and nothing else."""
    if desired.viewer is None or observed.users is None:
        return []
    there = next((u for u in observed.users if u.name == desired.viewer.user), None)
    if there is None:
        return [Change("viewer", "viewer", None, desired.viewer.user)]
    if there.level != level:
        return [Change("viewer", "viewer.level", there.level, level)]
    return [Change("viewer", "viewer.password", SECRET, SECRET)] if observed.viewer_works is False else []


def admin(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    if desired.admin is None or not observed.login_is_old:
        return []
    if observed.login_user != desired.admin.user:
        return [Change("admin", "admin", observed.login_user, desired.admin.user)]
    return [Change("admin", "admin.password", SECRET if desired.previous else "factory", SECRET)]


def encoder_shortfalls(there: Encoder | None, desired: DesiredEncoder | None, group: str = "encoder") -> list[Problem]:
    """Where a stream can't be what is wanted: class "obsolete" if the device can't meet it at all, else "limited"."""
    if desired is None:
        return []
    if there is None:
        return [Problem("obsolete", group, Text("không có luồng hình nào", "it has no video stream"))] if group == "encoder" else []
    target = encoder_target(there, desired)
    found = list(_too_little(there, desired, target, group))
    pairs = (
        ("codec", desired.codec, target.codec),
        ("size", _size((desired.width, desired.height)), _size(target.size)),
        ("fps", desired.fps, target.fps),
        ("gov", frames(desired.fps, desired.keyframe_s), target.gov),
        ("bitrate_kbps", desired.bitrate_kbps, target.bitrate_kbps),
    )
    named = {p.field for p in found}
    for name, asked, there_is in pairs:
        field = f"{group}.{name}"
        if asked != there_is and field not in named:
            found.append(Problem("limited", field, ALLOWS.format(offered=there_is, asked=asked)))
    return found


def _too_little(there: Encoder, desired: DesiredEncoder, target: EncoderTarget, group: str) -> Iterable[Problem]:
    category = "obsolete" if group == "encoder" else "limited"
    if short := codec_short(there.options, desired.codec):
        yield Problem("limited" if target.codec in there.options else category, f"{group}.codec", short)
    options = there.options.get(target.codec, EncoderOptions())
    if short := keyframes_short(options.gov.low if options.gov else None, target.fps, desired.keyframe_s):
        yield Problem("limited", f"{group}.gov", short)
    if short := size_short(options.sizes, (desired.width, desired.height), desired.most_height):
        yield Problem(category, f"{group}.size", short)


def recording_shortfalls(observed: ObservedDevice, desired: DesiredDevice) -> list[Problem]:
    """Whether a recorder can keep the days that are wanted: what it deletes by itself, and what its disks hold. Told, not changed: how
    long files are kept a facility may have its reasons for."""
    asked, found = desired.recording_days, []
    if not asked or not desired.recording:
        return []
    if observed.deletes_after_days and observed.deletes_after_days < asked:
        found.append(Problem("limited", "recording.days", DELETED.format(days=observed.deletes_after_days, asked=asked)))
    kbps = sum(channel.bitrate_kbps or 0 for channel in desired.channels or ())
    days = room(((disk.status, disk.total_mb) for disk in observed.storage), kbps)
    if days is not None and days < asked:
        found.append(Problem("limited", "recording.room", days_of_room(days, asked)))
    if kbps and not any(disk.total_mb for disk in observed.storage):
        found.append(Problem("unsupported", "recording.room", ROOM_NOT_TOLD.format(asked=asked)))
    return found


def _codec(encoder: Encoder, desired: DesiredEncoder) -> str:
    if not encoder.options or desired.codec in encoder.options:
        return desired.codec
    return next((c for c in ("h264", "h265") if c in encoder.options), desired.codec)


def _size(size: tuple[int | None, int | None]) -> str:
    return f"{size[0]}x{size[1]}"


def settling_s(done: Iterable[Change]) -> float:
    """Before the first look at what was written: devices restart their web server after a change of their services, and cut who is
    in the middle of a write."""
    return SETTLING_S if any(change.group == "services" for change in done) else 0.0


def viewer_not_kept(outcome: Outcome, admin: list[Change]) -> SettingNotKept | None:
    """Where the viewer's password was not kept, that of the account in use isn't tried: its loss would lock us out."""
    if any(field.startswith("viewer") for field in outcome.not_kept):
        return SettingNotKept("admin.password", SECRET, admin[0].before, "not tried, since the viewer's was not kept")
    return None
