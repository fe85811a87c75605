"""A Hikvision camera's own resources in ISAPI: identity, streams, sound, texts in the picture, events."""

from __future__ import annotations

import re
from typing import Any

from lab.camera import encoders, isapi, isapi_system, makes
from lab.camera.http import HttpRequest, HttpResponse
from lab.camera.isapi import BAD_CONTENT, Resource, boolean, number, text
from lab.camera.shape import Camera
from lab.camera.xml import Fault, Xml, x

CODECS = {"H264": "H.264", "H265": "H.265", "JPEG": "MJPEG"}
TOKENS = {"101": "main", "102": "sub", "1": "main", "2": "sub"}
TEXTS = 4
TEXT_MAX = 44
Match = re.Match[str]


async def answer(camera: Camera, request: HttpRequest) -> HttpResponse:
    return await isapi.answer(camera, request, RESOURCES)


def show_info(camera: Camera, match: Match) -> Xml:
    make = makes.of(camera.config.make)
    return isapi_system.identity(camera, make.model, make.firmware, "88000000", "build 190909", "IPCamera", 88)


def show_capabilities(camera: Camera, match: Match) -> Xml:
    return x("DeviceCap", x("SysCap", x("NetworkCap", x("isSupportNtp", True), x("isSupportIntegrate", True))), version="2.0")


def show_streams(camera: Camera, match: Match) -> Xml:
    return x("StreamingChannelList", *(_stream(camera, t, options=False) for t in ("101", "102")), version="2.0")


def show_stream(camera: Camera, match: Match) -> Xml:
    return _stream(camera, match["id"], options=False)


def show_options(camera: Camera, match: Match) -> Xml:
    return _stream(camera, match["id"], options=True)


def _stream(camera: Camera, token: str, options: bool) -> Xml:
    stream = TOKENS[token]
    settings, own = camera.memory[encoders.PATHS[stream]], camera.memory[f"isapi.{stream}"]
    can = encoders.ability(camera, stream)

    def option(**attributes: Any) -> dict[str, Any]:
        return attributes if options else {}

    low, high = can.bitrates
    gop = {"min": can.gops[0], "max": can.gops[1]}
    codec = x("videoCodecType", CODECS[settings["codec"]], **option(opt=",".join(CODECS[c] for c in can.codecs)))
    distance = round(settings["gop"] * 1000 / max(1, settings["fps"]))
    video = [
        x("enabled", True),
        x("videoInputChannelID", 1),
        codec,
        x("videoResolutionWidth", settings["width"], **option(opt=",".join(str(s[0]) for s in can.sizes))),
        x("videoResolutionHeight", settings["height"], **option(opt=",".join(str(s[1]) for s in can.sizes))),
        x("videoQualityControlType", "VBR"),
        x("fixedQuality", 60),
        x("vbrUpperCap", settings["bitrate_kbps"], **option(min=low, max=high)),
        x("vbrLowerCap", 32),
        x("maxFrameRate", settings["fps"] * 100, **option(opt=",".join(str(r * 100) for r in sorted(can.rates, reverse=True)))),
        x("keyFrameInterval", distance, **option(min=1, max=400_000)),
        x("snapShotImageType", "JPEG"),
        None if camera.flags["isapi_no_gov"] else x("GovLength", settings["gop"], **option(**gop)),
        x("SmartCodec", x("enabled", own["smart"], **option(opt="true,false"))) if stream == "main" else None,
    ]
    return x(
        "StreamingChannel",
        x("id", token),
        x("channelName", camera.memory["isapi.channel_name"]),
        x("enabled", True),
        x("Transport", x("Multicast", x("enabled", own["multicast"]), x("destIPAddress", "0.0.0.0"), x("videoDestPortNo", 8860))),
        x("Video", video),
        x("Audio", x("enabled", camera.memory[f"audio.{stream}"]), x("audioInputChannelID", 1), x("audioCompressionType", "G.711ulaw")),
        version="2.0",
    )


def take_stream(camera: Camera, match: Match, body: Any) -> None:
    """A whole StreamingChannel; what is missing is refused, as firmware does."""
    stream = TOKENS[match["id"]]
    codec = {word: name for name, word in CODECS.items()}.get(text(body, "Video/videoCodecType"))
    rate = number(body, "Video/maxFrameRate")
    if codec is None or rate < 100:
        raise BAD_CONTENT
    interval = number(body, "Video/keyFrameInterval")
    change = {
        "codec": codec,
        "width": number(body, "Video/videoResolutionWidth"),
        "height": number(body, "Video/videoResolutionHeight"),
        "fps": rate // 100,
        "gop": number(body, "Video/GovLength", round(interval * rate / 100_000)),
        "bitrate_kbps": number(body, "Video/vbrUpperCap"),
    }
    try:
        if change != {k: camera.memory[f"{encoders.PATHS[stream]}.{k}"] for k in change}:
            encoders.store(camera, stream, change)
    except Fault:
        raise BAD_CONTENT from None
    own = {"smart": boolean(body, "Video/SmartCodec/enabled", False), "multicast": boolean(body, "Transport/Multicast/enabled", True)}
    camera.memory.write(f"isapi.{stream}", own)
    camera.memory.write(f"audio.{stream}", boolean(body, "Audio/enabled"))


def show_overlays(camera: Camera, match: Match) -> Xml:
    return x(
        "VideoOverlay",
        x("normalizedScreenSize", x("normalizedScreenWidth", 704), x("normalizedScreenHeight", 576)),
        x("TextOverlayList", *(_text_row(camera, n) for n in range(1, TEXTS + 1)), size=TEXTS),
        x("DateTimeOverlay", x("enabled", True), x("dateStyle", "YYYY-MM-DD")),
        x("channelNameOverlay", x("enabled", True)),
        version="2.0",
    )


def show_text(camera: Camera, match: Match) -> Xml:
    return _text_row(camera, int(match["id"]))


def _texts(camera: Camera) -> list[str]:
    found = [osd["text"] for osd in camera.memory["osd"] if osd["kind"] == "Plain"]
    return [*found, *[""] * TEXTS][:TEXTS]


def _text_row(camera: Camera, number: int) -> Xml:
    shown = _texts(camera)[number - 1]
    position = [x("positionX", 16), x("positionY", 32 * number)]
    return x("TextOverlay", x("id", number), x("enabled", bool(shown)), position, x("displayText", shown))


def take_overlays(camera: Camera, match: Match, body: Any) -> None:
    rows = body.findall("TextOverlayList/TextOverlay")
    _put_texts(camera, {number(row, "id"): row for row in rows})


def take_text(camera: Camera, match: Match, body: Any) -> None:
    _put_texts(camera, {int(match["id"]): body})


def _put_texts(camera: Camera, rows: dict[int, Any]) -> None:
    texts = _texts(camera)
    for place, row in rows.items():
        if not 1 <= place <= TEXTS or len(text(row, "displayText", "")) > TEXT_MAX:
            raise BAD_CONTENT
        texts[place - 1] = text(row, "displayText", "") if boolean(row, "enabled") else ""
    others = [osd for osd in camera.memory["osd"] if osd["kind"] != "Plain"]
    plain = [{"token": f"OSD_{n + 1}", "kind": "Plain", "text": t, "position": "LowerLeft"} for n, t in enumerate(texts, 1) if t]
    camera.memory.write("osd", [*others, *plain])


def show_triggers(camera: Camera, match: Match) -> Xml:
    notices = x("EventTriggerNotificationList", x("EventTriggerNotification", x("id", "center"), x("notificationMethod", "center")))
    motion = x("EventTrigger", x("id", "VMD-1"), x("eventType", "VMD"), x("videoInputChannelID", 1), notices)
    return x("EventNotification", x("EventTriggerList", motion), version="2.0")


def show_motion(camera: Camera, match: Match) -> Xml:
    return x("MotionDetection", x("enabled", False), x("enableHighlight", False), version="2.0")


def show_inputs(camera: Camera, match: Match) -> Xml:
    channel = x("VideoInputChannel", x("id", 1), x("inputPort", 1), x("name", camera.memory["isapi.channel_name"]), x("videoFormat", "PAL"))
    return x("VideoInputChannelList", channel, version="2.0")


STREAM = r"Streaming/channels/(?P<id>101|102)"
OVERLAYS = "System/Video/inputs/channels/1/overlays"
RESOURCES: tuple[Resource, ...] = (
    Resource("System/deviceInfo", show_info, isapi_system.take_name, everybody=True),
    Resource("System/capabilities", show_capabilities, everybody=True),
    Resource("Streaming/channels", show_streams, everybody=True),
    Resource(STREAM, show_stream, take_stream, everybody=True),
    Resource(rf"{STREAM}/capabilities", show_options, everybody=True),
    Resource(OVERLAYS, show_overlays, take_overlays),
    Resource(rf"{OVERLAYS}/text/(?P<id>[1-{TEXTS}])", show_text, take_text),
    Resource("System/Video/inputs/channels", show_inputs, everybody=True),
    Resource("System/Video/inputs/channels/1/motionDetection", show_motion),
    Resource("Event/triggers", show_triggers),
    *isapi_system.RESOURCES,
)
