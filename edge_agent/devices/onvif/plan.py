"""What differs between a device and what is wanted of it. Pure: no device, no clock, no file."""

from dataclasses import dataclass

from edge_agent.devices import normalise
from edge_agent.devices.model import Change, Current, Encoder, EncoderOptions, Problem, Wanted, WantedEncoder
from edge_agent.devices.onvif.read import scope_name
from edge_agent.text import Text

CLOCK_TOLERANCE_S = 1.5
"""The device tells whole seconds; the standard (our choice) asks for 2 s."""
VIEWER_LEVEL = "User"
SECRET = "***"  # noqa: S105  what is shown in a password's place


@dataclass(frozen=True)
class EncoderTarget:
    """What the main stream can be set to: the wanted, or the nearest that the device allows."""

    codec: str
    size: tuple[int, int]
    fps: int
    gov: int
    bitrate_kbps: int


def plan(current: Current, wanted: Wanted) -> list[Change]:
    """The changes that turn `current` into `wanted`, in the order in which they are made. Nothing differs: empty."""
    return [
        *_time(current, wanted),
        *_name(current, wanted),
        *_encoder(current, wanted),
        *_audio(current, wanted),
        *_discovery(current, wanted),
        *_viewer(current, wanted),
        *_admin(current, wanted),
    ]


def encoder_target(encoder: Encoder, wanted: WantedEncoder) -> EncoderTarget:
    """The wanted, or the nearest within the encoder's options: at or above it where there is one, since the standard asks
    for "at least"."""
    codec = _codec(encoder, wanted)
    options = encoder.options.get(codec, EncoderOptions())
    width, height = wanted.width, wanted.height
    size = min(
        options.sizes or ((width, height),),
        key=lambda s: (s[0] < width or s[1] < height, abs(s[0] - width) + abs(s[1] - height), -s[0] * s[1]),
    )
    fps = options.fps.clamp(wanted.fps) if options.fps else wanted.fps
    fps = min(options.fps_list or (fps,), key=lambda f: (f < wanted.fps, abs(f - wanted.fps)))
    gov = round(fps * wanted.keyframe_s)
    bitrate = wanted.bitrate_kbps
    return EncoderTarget(
        codec,
        size,
        fps,
        options.gov.clamp(gov) if options.gov else gov,
        options.bitrate.clamp(bitrate) if options.bitrate else bitrate,
    )


def shortfalls(current: Current, wanted: Wanted) -> list[Problem]:
    """Where the device's own limits keep it from the wanted: class "obsolete" if it can't meet it, else "limited"."""
    if wanted.encoder is None:
        return []
    encoder = current.main
    if encoder is None:
        return [Problem("obsolete", "encoder", Text("không có luồng hình nào", "it has no video stream"))]
    target, w = encoder_target(encoder, wanted.encoder), wanted.encoder
    found = []
    if encoder.options and target.codec not in encoder.options:
        offered = ", ".join(encoder.options)
        found.append(
            Problem(
                "obsolete",
                "encoder.codec",
                Text(f"không có H.264/H.265, chỉ có {offered}", f"no H.264/H.265, only {offered}"),
            )
        )
    if target.size[0] < w.width or target.size[1] < w.height:
        found.append(
            Problem(
                "obsolete",
                "encoder.size",
                Text(
                    f"hình lớn nhất gần {w.width}x{w.height} là {_size(target.size)}",
                    f"the nearest picture to {w.width}x{w.height} is {_size(target.size)}",
                ),
            )
        )
    pairs = (
        ("encoder.codec", w.codec, target.codec),
        ("encoder.size", _size((w.width, w.height)), _size(target.size)),
        ("encoder.fps", w.fps, target.fps),
        ("encoder.gov", round(w.fps * w.keyframe_s), target.gov),
        ("encoder.bitrate_kbps", w.bitrate_kbps, target.bitrate_kbps),
    )
    named = {p.field for p in found}
    found += [
        Problem(
            "limited",
            field,
            Text(f"thiết bị chỉ cho phép {there}, mong muốn {asked}", f"the device allows {there}, wanted {asked}"),
        )
        for field, asked, there in pairs
        if asked != there and field not in named
    ]
    return found


def _codec(encoder: Encoder, wanted: WantedEncoder) -> str:
    if not encoder.options or wanted.codec in encoder.options:
        return wanted.codec
    return next((c for c in ("h264", "h265") if c in encoder.options), wanted.codec)


def _size(size: tuple[int | None, int | None]) -> str:
    return f"{size[0]}x{size[1]}"


def _time(current: Current, wanted: Wanted) -> list[Change]:
    clock, changes = current.clock, []
    if wanted.ntp is not None and clock.servers is not None and (clock.from_dhcp or clock.servers != (wanted.ntp,)):
        before = ", ".join(clock.servers) + (" (DHCP)" if clock.from_dhcp else "")
        changes.append(Change("ntp", "ntp", before or None, wanted.ntp))
    if wanted.ntp is not None and clock.servers is not None and clock.source not in (None, "NTP"):
        changes.append(Change("clock", "clock.source", clock.source, "NTP"))
    if wanted.timezone is not None and normalise.timezone(clock.timezone) != normalise.timezone(wanted.timezone):
        changes.append(Change("clock", "clock.timezone", clock.timezone, wanted.timezone))
    if (wanted.ntp or wanted.timezone) and clock.offset_s is not None and abs(clock.offset_s) > CLOCK_TOLERANCE_S:
        changes.append(Change("clock", "clock.offset_s", clock.offset_s, 0))
    return changes


def _name(current: Current, wanted: Wanted) -> list[Change]:
    if wanted.name is None:
        return []
    changes, host = [], normalise.hostname(wanted.name)
    if current.hostname is not None and current.hostname != host:
        changes.append(Change("hostname", "hostname", current.hostname or None, host))
    if current.scopes is not None and (name := scope_name(current.scopes)) != wanted.name:
        changes.append(Change("name", "name", name, wanted.name))
    return changes


def _encoder(current: Current, wanted: Wanted) -> list[Change]:
    there = current.main
    if wanted.encoder is None or there is None:
        return []
    target = encoder_target(there, wanted.encoder)
    if there.options and target.codec not in there.options:
        return []
    pairs = (
        ("encoder.codec", there.codec, target.codec),
        ("encoder.size", _size((there.width, there.height)), _size(target.size)),
        ("encoder.fps", there.fps, target.fps),
        ("encoder.gov", there.gov, target.gov),
        ("encoder.bitrate_kbps", there.bitrate_kbps, target.bitrate_kbps),
    )
    return [Change("encoder", field, before, after) for field, before, after in pairs if before != after]


def _audio(current: Current, wanted: Wanted) -> list[Change]:
    if wanted.audio != "off" or not current.audio_profiles:
        return []
    return [Change("audio", "audio", "on", "off")]


def _discovery(current: Current, wanted: Wanted) -> list[Change]:
    if wanted.discovery is None or current.discovery is None or current.discovery == wanted.discovery:
        return []
    return [Change("discovery", "discovery", current.discovery, wanted.discovery)]


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
