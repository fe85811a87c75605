"""Streams and their encoders: Streaming/channels/101 is channel 1's main stream, 102 its sub stream."""

import re
from dataclasses import replace

from lxml import etree

from edge_agent.contract.devices import DesiredDevice, codec
from edge_agent.devices import xmlsafe
from edge_agent.devices.hikvision.isapi import IsapiFault, put_text
from edge_agent.devices.model import Encoder, EncoderOptions, Range, Stream
from edge_agent.devices.planning import EncoderTarget
from edge_agent.devices.xmlsafe import Element

CHANNELS = "Streaming/channels"
_CODECS = {"h264": "H.264", "h265": "H.265"}
_RATE_FIELDS = {"cbr": "constantBitRate", "vbr": "vbrUpperCap"}
_PAIR = re.compile(r"(\d{2,5})[*xX](\d{2,5})")
MOST_GOV = 400
"""Frames, the longest distance of keyframes. A keyFrameInterval of no more is in frames, as firmware before GovLength had it
(a DS-2CD of 2013 allows 2 to 250); all others are in ms."""


def encoder(raw: Element) -> Encoder | None:
    """One StreamingChannel; None for one without a number or a picture.

    maxFrameRate is in hundredths; 0 is "as many as it can". The keyframe distance is GovLength in frames, in older firmware
    only keyFrameInterval.
    """
    token, video = xmlsafe.text(raw, "id"), xmlsafe.find(raw, "Video")
    if token is None or video is None:
        return None
    rate = xmlsafe.number(video, "maxFrameRate")
    gov, interval = xmlsafe.number(video, "GovLength"), xmlsafe.number(video, "keyFrameInterval")
    if gov is None and interval:
        gov = interval if interval <= MOST_GOV else round(interval * rate / 100_000) if rate else None
    return Encoder(
        profile=token,
        token=token,
        media=0,
        name=xmlsafe.text(raw, "channelName"),
        codec=codec(xmlsafe.text(video, "videoCodecType")),
        width=xmlsafe.number(video, "videoResolutionWidth"),
        height=xmlsafe.number(video, "videoResolutionHeight"),
        fps=round(rate / 100) if rate else None,
        gov=gov or None,
        bitrate_kbps=xmlsafe.number(video, _rate_field(video)),
        raw=etree.tostring(raw),
    )


def number(token: str) -> tuple[int, int] | None:
    """Channel and stream of a token: "1602" is (16, 2). Old firmware counts streams of its one channel: "1" is (1, 1)."""
    if not token.isdecimal() or len(token) > 6:
        return None
    value = int(token)
    return (value // 100, value % 100) if value >= 100 else (1, value)


def is_main(token: str) -> bool:
    return (number(token) or (0, 0))[1] == 1


def smart(raw: Element) -> bool | None:
    """Whether Smart264/H.264+ is on; None where the device doesn't have it."""
    codec = xmlsafe.text(raw, "Video/videoCodecType") or ""
    on = xmlsafe.boolean(raw, "Video/SmartCodec/enabled")
    return True if codec.endswith("+") else on


def audio(raw: Element) -> bool | None:
    return xmlsafe.boolean(raw, "Audio/enabled")


def multicast(raw: Element) -> bool | None:
    return xmlsafe.boolean(raw, "Transport/Multicast/enabled")


def stream(token: str, port: int) -> Stream:
    return Stream(token, port, f"/Streaming/Channels/{token}")


def with_options(found: Encoder, capabilities: Element) -> Encoder:
    """With what `CHANNELS/ID/capabilities` allows: values in `opt`, `min` and `max` attributes beside the value in force."""
    video = xmlsafe.find(capabilities, "Video")
    if video is None:
        return found
    rates = sorted({round(r / 100) for r in _opt(video, "maxFrameRate") if r >= 100})
    allowed = EncoderOptions(
        sizes=_sizes(video),
        fps_list=tuple(rates),
        gov=_range(video, "GovLength") or _in_frames(_range(video, "keyFrameInterval")),
        bitrate=_range(video, _rate_field(video)) or _range(video, "vbrUpperCap") or _range(video, "constantBitRate"),
    )
    codecs = [c for n in _options(video, "videoCodecType") if (c := codec(n))] or ([found.codec] if found.codec else [])
    at_most = rates[-1] if rates and xmlsafe.number(video, "maxFrameRate") == 0 else None
    return replace(found, options=dict.fromkeys(codecs, allowed), fps=found.fps or at_most)


def fill(raw: Element, target: EncoderTarget) -> None:
    """Put the wanted into a StreamingChannel: what it has of several spellings is kept consistent, nothing else is touched."""
    video = xmlsafe.find(raw, "Video")
    if video is None:
        raise IsapiFault(200, None)
    put_text(video, "videoCodecType", _CODECS.get(target.codec, target.codec))
    put_text(video, "videoResolutionWidth", target.size[0])
    put_text(video, "videoResolutionHeight", target.size[1])
    put_text(video, _rate_field(video), target.bitrate_kbps)
    put_text(video, "maxFrameRate", target.fps * 100)
    interval, has_gov = xmlsafe.number(video, "keyFrameInterval"), xmlsafe.find(video, "GovLength") is not None
    if has_gov:
        put_text(video, "GovLength", target.gov)
    if interval is not None or not has_gov:
        is_frames = not has_gov and interval is not None and 0 < interval <= MOST_GOV
        put_text(video, "keyFrameInterval", target.gov if is_frames else round(target.gov * 1000 / target.fps))


def switch_off(raw: Element, desired: DesiredDevice) -> None:
    """Smart codec, sound and multicast, as wanted. Each write of a stream does it: what the one before switched off may be in
    force only after a restart, and would come back with the rest of the document."""
    paths = {
        "Video/SmartCodec/enabled": desired.smart_codec == "off",
        "Audio/enabled": desired.audio == "off",
        "Transport/Multicast/enabled": "multicast" in desired.services_off,
    }
    for path, is_off in paths.items():
        if is_off and xmlsafe.find(raw, path) is not None:
            put_text(raw, path, "false")
    kind = xmlsafe.text(raw, "Video/videoCodecType")
    if desired.smart_codec == "off" and kind:
        put_text(raw, "Video/videoCodecType", kind.removesuffix("+"))


def _rate_field(video: Element) -> str:
    kind = (xmlsafe.text(video, "videoQualityControlType") or "").lower()
    present = [f for f in ("vbrUpperCap", "constantBitRate") if xmlsafe.find(video, f) is not None]
    desired = _RATE_FIELDS.get(kind, "constantBitRate")
    return desired if desired in present or not present else present[0]


def _sizes(video: Element) -> tuple[tuple[int, int], ...]:
    """Of two lists of one length the first with the first; old firmware has pairs in both ("1280*720,1920*1080"). What of two
    lists of different lengths goes together isn't told."""
    widths, heights = _opt(video, "videoResolutionWidth"), _opt(video, "videoResolutionHeight")
    pairs = [(int(w), int(h)) for w, h in _PAIR.findall(",".join(_options(video, "videoResolutionWidth")))]
    found = pairs + (list(zip(widths, heights, strict=True)) if len(widths) == len(heights) else [])
    return tuple(dict.fromkeys((w, h) for w, h in found if w and h))


def _options(video: Element, name: str) -> list[str]:
    element = xmlsafe.find(video, name)
    return [w.strip() for w in (element.get("opt") or "").split(",")] if element is not None else []


def _opt(video: Element, name: str) -> list[int]:
    return [int(w) for w in _options(video, name) if w.isdecimal() and len(w) < 8]


def _in_frames(interval: Range | None) -> Range | None:
    return interval if interval is not None and interval.high <= MOST_GOV else None


def _range(video: Element, name: str) -> Range | None:
    element = xmlsafe.find(video, name)
    if element is None:
        return None
    low, high = (int(v) if (v := (element.get(k) or "").strip()).isdecimal() and len(v) < 8 else None for k in ("min", "max"))
    return Range(low, high) if low is not None and high is not None and low <= high > 0 else None
