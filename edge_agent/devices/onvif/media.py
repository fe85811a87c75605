"""Streams and their encoders, through Media1 (ver10) and, where H.265 or the device needs it, Media2 (ver20)."""

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lxml import etree

from edge_agent.devices import xmlsafe
from edge_agent.devices.faults import BadAnswer, NoPermission
from edge_agent.devices.model import Encoder, EncoderOptions, Range, Stream
from edge_agent.devices.normalise import codec as normal_codec
from edge_agent.devices.soap import NS, TR2, TRT, TT, SoapFault

if TYPE_CHECKING:
    from edge_agent.devices.onvif.read import Reader

ABSURD = 1_000_000
"""Limits beyond this are no limits (2147483647: agsh/onvif#233)."""


def encoders(reader: "Reader", codec: str | None, all_options: bool) -> tuple[list[Encoder], tuple[str, ...] | None]:
    """The encoders of all profiles that have one, main stream first, and the profiles that carry sound.

    Media1 leaves the encoder out of a profile whose stream is H.265 (node-onvif#78): then Media2 is asked.
    """
    services = reader.session.services
    profiles: list[etree._Element] | None = []
    if NS["trt"] in services:
        profiles = reader.ask("encoders", "trt", TRT.GetProfiles(), lambda a: xmlsafe.find_all(a, "Profiles"))
    video = [p for p in profiles or [] if xmlsafe.find(p, "VideoSourceConfiguration") is not None]
    missing = any(xmlsafe.find(p, "VideoEncoderConfiguration") is None for p in video[:1])
    if NS["tr2"] in services and (codec == "h265" or missing or not video):
        found, audio = _media2(reader)
    else:
        found = [e for p in video if (e := _encoder(p.get("token") or "", xmlsafe.find(p, "VideoEncoderConfiguration"), 1))]
        audio = (
            None
            if profiles is None
            else tuple(p.get("token") or "" for p in profiles if xmlsafe.find(p, "AudioEncoderConfiguration") is not None)
        )
    return [_with_options(reader, e) if all_options or n == 0 else e for n, e in enumerate(found)], audio


def stream(reader: "Reader", encoder: Encoder) -> Stream | None:
    """Where the stream of `encoder`'s profile is played."""
    if encoder.media == 1:
        setup = TRT.StreamSetup(TT.Stream("RTP-Unicast"), TT.Transport(TT.Protocol("RTSP")))
        body = TRT.GetStreamUri(setup, TRT.ProfileToken(encoder.profile))
        uri = reader.ask("streams", "trt", body, lambda a: xmlsafe.text(a, "MediaUri/Uri"))
    else:
        body = TR2.GetStreamUri(TR2.Protocol("RtspUnicast"), TR2.ProfileToken(encoder.profile))
        uri = reader.ask("streams", "tr2", body, lambda a: xmlsafe.text(a, "Uri"))
    try:
        parts = urlsplit(uri or "")
        port = parts.port or 554
    except ValueError:
        return None
    if parts.scheme.lower() != "rtsp":
        return None
    return Stream(encoder.profile, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def read_configuration(answer: etree._Element, token: str) -> etree._Element | None:
    """The configuration of `token` from either Media's answer."""
    found = xmlsafe.find_all(answer, "Configuration") + xmlsafe.find_all(answer, "Configurations")
    return next((c for c in found if c.get("token") == token), None)


def _media2(reader: "Reader") -> tuple[list[Encoder], tuple[str, ...] | None]:
    profiles = reader.ask("encoders", "tr2", TR2.GetProfiles(TR2.Type("All")), lambda a: xmlsafe.find_all(a, "Profiles"))
    found = [e for p in profiles or [] if (e := _encoder(p.get("token") or "", xmlsafe.find(p, "Configurations/VideoEncoder"), 2))]
    audio = (
        None
        if profiles is None
        else tuple(p.get("token") or "" for p in profiles if xmlsafe.find(p, "Configurations/AudioEncoder") is not None)
    )
    return found, audio


def _encoder(profile: str, raw: etree._Element | None, version: int) -> Encoder | None:
    if raw is None:
        return None
    frames = xmlsafe.number(raw, "RateControl/FrameRateLimit")
    interval = xmlsafe.number(raw, "RateControl/EncodingInterval") or 1
    codec = normal_codec(xmlsafe.text(raw, "Encoding"))
    gov = xmlsafe.number(raw, "H264/GovLength") if version == 1 else _attribute(raw, "GovLength")
    return Encoder(
        profile=profile,
        token=raw.get("token") or "",
        media=version,
        name=xmlsafe.text(raw, "Name"),
        codec=codec,
        width=xmlsafe.number(raw, "Resolution/Width"),
        height=xmlsafe.number(raw, "Resolution/Height"),
        fps=frames // interval if frames is not None else None,
        gov=gov,
        bitrate_kbps=xmlsafe.number(raw, "RateControl/BitrateLimit"),
        raw=etree.tostring(raw),
    )


def _attribute(element: etree._Element, name: str) -> int | None:
    value = element.get(name)
    return int(value) if value and value.isdecimal() else None


def _with_options(reader: "Reader", encoder: Encoder) -> Encoder:
    """With what the device allows. Media1 tells only the range of frame rates: Media2, where it is there, the rates."""
    tokens = encoder.token, encoder.profile
    ask1 = TRT.GetVideoEncoderConfigurationOptions(TRT.ConfigurationToken(tokens[0]), TRT.ProfileToken(tokens[1]))
    ask2 = TR2.GetVideoEncoderConfigurationOptions(TR2.ConfigurationToken(tokens[0]), TR2.ProfileToken(tokens[1]))
    if encoder.media == 2:
        options = reader.ask("encoder options", "tr2", ask2, lambda a: _options2(xmlsafe.find_all(a, "Options")))
        return replace(encoder, options=options or {})
    options = reader.ask("encoder options", "trt", ask1, lambda a: _options1(xmlsafe.find(a, "Options"))) or {}
    if NS["tr2"] in reader.session.services:
        with contextlib.suppress(SoapFault, NoPermission, BadAnswer):
            finer = _options2(xmlsafe.find_all(reader.session.call("tr2", ask2), "Options"))
            options = {c: replace(o, fps_list=finer[c].fps_list) if c in finer else o for c, o in options.items()}
    return replace(encoder, options=options)


def _options1(options: etree._Element | None) -> dict[str, EncoderOptions]:
    found = {}
    for name in ("JPEG", "MPEG4", "H264"):
        block = xmlsafe.find(options, name)
        if block is None:
            continue
        wider = xmlsafe.find(options, f"Extension/{name}")
        found[normal_codec(name) or name] = EncoderOptions(
            sizes=_sizes(block),
            fps=_range(block, "FrameRateRange"),
            gov=_range(block, "GovLengthRange"),
            bitrate=_range(wider, "BitrateRange"),
            profiles=tuple(p.text.strip() for p in xmlsafe.find_all(block, "H264ProfilesSupported") if p.text),
        )
    return found


def _options2(blocks: list[etree._Element]) -> dict[str, EncoderOptions]:
    found = {}
    for block in blocks:
        codec = normal_codec(xmlsafe.text(block, "Encoding"))
        if codec is None:
            continue
        rates = [round(float(r)) for r in (block.get("FrameRatesSupported") or "").split() if _is_number(r)]
        gov = [int(g) for g in (block.get("GovLengthRange") or "").split() if g.isdecimal()]
        found[codec] = EncoderOptions(
            sizes=_sizes(block),
            fps_list=tuple(rates),
            gov=Range(min(gov), max(gov)) if gov else None,
            bitrate=_range(block, "BitrateRange"),
            profiles=tuple((block.get("ProfilesSupported") or "").split()),
        )
    return found


def _sizes(block: etree._Element) -> tuple[tuple[int, int], ...]:
    pairs = ((xmlsafe.number(r, "Width"), xmlsafe.number(r, "Height")) for r in xmlsafe.find_all(block, "ResolutionsAvailable"))
    return tuple((w, h) for w, h in pairs if w and h and w < ABSURD and h < ABSURD)


def _range(element: etree._Element | None, name: str) -> Range | None:
    low, high = xmlsafe.number(element, f"{name}/Min"), xmlsafe.number(element, f"{name}/Max")
    if low is None or high is None or high < low or (low == high == 0):
        return None
    return Range(low, high)


def _is_number(value: str) -> bool:
    return value.replace(".", "", 1).isdecimal()
