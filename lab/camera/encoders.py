"""What the encoders can, and whether a wanted setting is one of it: shared by Media1 and Media2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lab.camera import cgi_state, isapi_state, makes
from lab.camera.clips import Picture
from lab.camera.shape import Camera
from lab.camera.xml import Fault, Request, invalid, text, x

STREAMS = ("main", "sub")
PATHS = {"main": "encoder", "sub": "sub_encoder"}
PROFILE_TOKENS = {"main": "Profile_1", "sub": "Profile_2"}
PROFILE_NAMES = {"main": "mainStream", "sub": "subStream"}
SOURCE, SOURCE_CONFIGURATION = "VideoSource_1", "VideoSourceConfig_1"
ABSURD = 2147483647


@dataclass(frozen=True)
class Ability:
    """What one encoder offers. Sizes in pixels, rates in frames/s, bitrates in kbit/s, fewest and most gops in frames."""

    codecs: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...]
    rates: tuple[int, ...]
    gops: tuple[int, int]
    bitrates: tuple[int, int]


def ability(camera: Camera, stream: str) -> Ability:
    make, flags = makes.of(camera.config.make), camera.flags
    codecs = ["JPEG"] + ([] if flags["h264_missing"] else ["H264"]) + ([] if flags["h265_missing"] or flags["h264_missing"] else ["H265"])
    sizes = make.sizes if stream == "main" else make.sub_sizes
    widest = flags["max_width"] or sizes[0][0]
    return Ability(
        tuple(codecs),
        tuple(s for s in sizes if s[0] <= widest),
        tuple(flags["rates"] or make.rates),
        (flags["min_gop"], make.max_gop),
        make.bitrates,
    )


def stream_of_profile(token: str) -> str:
    for stream, known in PROFILE_TOKENS.items():
        if token == known:
            return stream
    raise invalid("ter:NoProfile", text=f"no such profile: {token}")


def stream_of_encoder(camera: Camera, token: str) -> str:
    for stream, path in PATHS.items():
        if token == camera.memory[f"{path}.token"]:
            return stream
    raise invalid("ter:NoConfig", text=f"no such configuration: {token}")


def chosen_stream(camera: Camera, request: Request, prefix: str) -> str:
    """The stream that an Options request means, by configuration or profile; main where neither is given."""
    configuration = request.text(f"{prefix}:ConfigurationToken", "")
    if configuration and request.text(f"{prefix}:ProfileToken", "") and camera.flags["both_tokens_refused"]:
        raise invalid("ter:NoConfig", text="one token, not two")
    if configuration:
        return stream_of_encoder(camera, configuration)
    profile = request.text(f"{prefix}:ProfileToken", "")
    return stream_of_profile(profile) if profile else "main"


def multicast(settings: dict[str, Any]) -> Any:
    m = settings["multicast"]
    return x(
        "tt:Multicast",
        x("tt:Address", x("tt:Type", "IPv4"), x("tt:IPv4Address", m["address"])),
        x("tt:Port", m["port"]),
        x("tt:TTL", m["ttl"]),
        x("tt:AutoStart", m["autostart"]),
    )


def read_common(camera: Camera, element: Any) -> dict[str, Any]:
    """The fields that both Media services write alike, and the rules on what must come back."""
    if camera.flags["partial_write_refused"]:
        for name in ("tt:Name", "tt:UseCount", "tt:Multicast", "tt:Resolution/tt:Width"):
            text(element, name)
    change: dict[str, Any] = {
        "width": number(element, "tt:Resolution/tt:Width"),
        "height": number(element, "tt:Resolution/tt:Height"),
        "quality": number(element, "tt:Quality", fraction=True),
    }
    name = text(element, "tt:Name", "")
    if name:
        change["name"] = name
    address = text(element, "tt:Multicast/tt:Address/tt:IPv4Address", "")
    if address:
        if address == "0.0.0.0" and camera.flags["multicast_zero_refused"]:
            raise Fault("ter:InvalidArgVal", "ter:ConfigModify", text="multicast address 0.0.0.0")
        change["multicast"] = {
            "address": address,
            "port": int(number(element, "tt:Multicast/tt:Port")),
            "ttl": int(number(element, "tt:Multicast/tt:TTL")),
            "autostart": text(element, "tt:Multicast/tt:AutoStart") in ("true", "1"),
        }
    return change


def number(element: Any, path: str, fraction: bool = False) -> Any:
    word = text(element, path)
    try:
        return float(word) if fraction else int(float(word))
    except ValueError:
        raise Fault("ter:InvalidArgs", text=f"{path} is no number: {word}") from None


def store(camera: Camera, stream: str, change: dict[str, Any]) -> None:
    """Check a change against what the encoder can and write it. Fault ConfigModify: it can't."""
    can, path = ability(camera, stream), PATHS[stream]
    wanted = {**camera.memory[path], **change}
    if camera.flags["rates"]:
        wanted["fps"] = change["fps"] = max((r for r in can.rates if r <= wanted["fps"]), default=can.rates[0])
    wrong = [
        f"{name} {value}"
        for name, value, good in (
            ("Encoding", wanted["codec"], wanted["codec"] in can.codecs),
            ("Resolution", f"{wanted['width']}x{wanted['height']}", (wanted["width"], wanted["height"]) in can.sizes),
            ("FrameRateLimit", wanted["fps"], min(can.rates) <= wanted["fps"] <= max(can.rates)),
            ("GovLength", wanted["gop"], can.gops[0] <= wanted["gop"] <= can.gops[1]),
            ("BitrateLimit", wanted["bitrate_kbps"], can.bitrates[0] <= wanted["bitrate_kbps"] <= _most(camera, can)),
        )
        if not good
    ]
    if wrong:
        raise invalid("ter:ConfigModify", text=f"out of range: {', '.join(wrong)}")
    camera.memory.write(path, change)


def _most(camera: Camera, can: Ability) -> int:
    return int(camera.flags["bitrate_refused"]) or can.bitrates[1]


def picture(camera: Camera, stream: str) -> Picture:
    """What the stream really is: its settings, and what a smart codec makes of them."""
    s = camera.memory[PATHS[stream]]
    fps = max(1, round(s["fps"] / max(1, s["interval"])))
    gop = s["gop"]
    if camera.flags["smart_codec"] or cgi_state.smart(camera.memory.doc) or isapi_state.smart(camera.memory.doc, stream):
        fps, gop = max(1, fps // 2), gop * 4
    return Picture(s["codec"], s["width"], s["height"], fps, gop, s["bitrate_kbps"], s["profile"])
