"""What the standard asks a device to be set to: the one place where thresholds become settings. Pure.

The rollout sets this, a scan and `--check` compare with it, and the box keeps it to see whether somebody changed it. Where the
standard leaves a choice (which codec, which bit rate), it is ours, and stands here. A role's variables may choose otherwise,
within the standard: `unmet` names what would not be.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, NamedTuple

from edge_agent.contract.devices import DesiredEncoder
from province.standard.checks import Check, Standard
from province.standard.load import load

Thresholds = Mapping[str, Mapping[str, Any]]
"""Check -> its threshold, of the checks that settings come from."""
CHECKS = ("codec", "size", "rate", "keyframe_distance", "sub_stream", "services_off", "osd", "not_discoverable", "ntp_source",
          "camera_clock", "recorder_clock", "days_kept")  # fmt: skip
TIMEZONE = "ICT-7"
"""Vietnam's, as POSIX writes it: its sign is inverted."""
CODECS = ("h264", "h265")
"""Those that we set, the one that everything plays first."""
KEYFRAME_S = 2
"""Where the standard allows more, a picture still comes soon to who begins to look."""
KBPS_OF_FULL_HD, FULL_HD = 2048, 1920 * 1080 * 15
"""The main stream's bit rate, in proportion to its pixels in a second."""
SUB = DesiredEncoder("h264", 640, 360, 10, KEYFRAME_S, 384)
"""For small screens and bad lines."""


@dataclass(frozen=True)
class DeviceSettings:
    """`ntp` and `timezone` None: those of the facility. `*_clock_s`: how far a device's clock may be off before it is set."""

    encoder: DesiredEncoder
    sub_encoder: DesiredEncoder
    services_off: tuple[str, ...]
    osd: bool
    discovery: str
    camera_clock_s: float
    recorder_clock_s: float
    recording_days: int
    ntp: str | None = None
    timezone: str = TIMEZONE


class Unmet(NamedTuple):
    """A choice that would not meet the standard: which (as `encoder.fps`), its value, and by which check."""

    field: str
    value: Any
    check: Check


def thresholds(standard: Standard) -> dict[str, dict[str, Any]]:
    return {check.id: dict(check.threshold) for check in standard.checks if check.id in CHECKS}


def of(given: Thresholds) -> DeviceSettings:
    """What a province's own standard says nothing of is taken from the default one."""
    asked = {name: {**default, **given.get(name, {})} for name, default in thresholds(load()).items()}
    sub, clocks = asked["sub_stream"], {name: float(asked[name]["seconds"]) for name in ("camera_clock", "recorder_clock")}
    return DeviceSettings(
        encoder=_main(asked),
        sub_encoder=_below(replace(SUB, codec=_codec(sub["any_of"])), int(sub["most_height"])),
        services_off=tuple(asked["services_off"]["unwanted"]),
        osd=True,
        discovery="NonDiscoverable",
        camera_clock_s=_clock(clocks["camera_clock"]),
        recorder_clock_s=_clock(clocks["recorder_clock"]),
        recording_days=math.ceil(asked["days_kept"]["days"]),
    )


def _main(asked: Thresholds) -> DesiredEncoder:
    width, height, fps = (math.ceil(n) for n in (asked["size"]["width"], asked["size"]["height"], asked["rate"]["fps"]))
    kbps = math.ceil(KBPS_OF_FULL_HD * width * height * fps / FULL_HD / 128) * 128
    keyframe_s = min(KEYFRAME_S, asked["keyframe_distance"]["seconds"])
    return DesiredEncoder(_codec(asked["codec"]["any_of"]), width, height, fps, keyframe_s, kbps)


def _codec(any_of: list[str]) -> str:
    return next((codec for codec in CODECS if codec in any_of), CODECS[0])


def _below(stream: DesiredEncoder, most_height: int) -> DesiredEncoder:
    """As it is, or its picture in proportion as high as it may be."""
    height = min(stream.height, most_height)
    return replace(stream, width=stream.width * height // stream.height, height=height, most_height=most_height)


def _clock(seconds: float) -> float:
    """Set before the standard is missed: a device tells whole seconds. Sooner than at one second off it would be set for ever."""
    return min(1.5, max(1.0, seconds - 0.5))


def chosen(settings: DeviceSettings, role: Mapping[str, Any]) -> DeviceSettings:
    """`settings` with what a role's variables choose otherwise: an encoder field by field, the rest as a whole. None: not chosen."""
    values = {name: role[name] for name in _CHOICES if role.get(name) not in (None, {}, [], "")}
    if "services_off" in values:
        values["services_off"] = tuple(values["services_off"])
    for stream in ("encoder", "sub_encoder"):
        if stream in values:
            values[stream] = replace(getattr(settings, stream), **values[stream])
    return replace(settings, **values)


def unmet(settings: DeviceSettings, standard: Standard) -> Iterator[Unmet]:
    """What devices set so would be *not met* by; nothing of what `of` makes, unless the standard asks for what nothing can be set to."""
    for field, name, meets in _MEETS:
        check = standard.get(name)
        if check is not None and not meets(settings, check.threshold):
            yield Unmet(field, attrgetter(field)(settings), check)


_MEETS: tuple[tuple[str, str, Callable[[DeviceSettings, Mapping[str, Any]], bool]], ...] = (
    ("encoder.codec", "codec", lambda chosen, asked: chosen.encoder.codec in asked.get("any_of", CODECS)),
    ("encoder.width", "size", lambda chosen, asked: chosen.encoder.width >= asked.get("width", 0)),
    ("encoder.height", "size", lambda chosen, asked: chosen.encoder.height >= asked.get("height", 0)),
    ("encoder.fps", "rate", lambda chosen, asked: chosen.encoder.fps >= asked.get("fps", 0)),
    ("encoder.keyframe_s", "keyframe_distance", lambda chosen, asked: chosen.encoder.keyframe_s <= asked.get("seconds", math.inf)),
    ("sub_encoder.codec", "sub_stream", lambda chosen, asked: chosen.sub_encoder.codec in asked.get("any_of", CODECS)),
    ("sub_encoder.height", "sub_stream", lambda chosen, asked: chosen.sub_encoder.height <= asked.get("most_height", math.inf)),
    ("services_off", "services_off", lambda chosen, asked: set(asked.get("unwanted", ())) <= set(chosen.services_off)),
    ("osd", "osd", lambda chosen, asked: chosen.osd),
    ("discovery", "not_discoverable", lambda chosen, asked: chosen.discovery == "NonDiscoverable"),
    ("ntp", "ntp_source", lambda chosen, asked: chosen.ntp is None),
    ("recording_days", "days_kept", lambda chosen, asked: chosen.recording_days >= asked.get("days", 0)),
)
"""What is chosen, the check that asks for it, and whether it would be met."""
_CHOICES = ("encoder", "sub_encoder", "services_off", "osd", "discovery", "ntp", "timezone", "recording_days")
