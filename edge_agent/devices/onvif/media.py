"""Streams and their encoders, through Media1 (ver10) and, where H.265 or the device needs it, Media2 (ver20)."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from edge_agent.contract.devices import DesiredDevice, DesiredEncoder
from edge_agent.contract.devices import codec as normal_codec
from edge_agent.contract.shortfalls import frames
from edge_agent.contract.text import Text
from edge_agent.devices import xmlsafe
from edge_agent.devices.faults import BadAnswer, NoPermission
from edge_agent.devices.model import Encoder, EncoderOptions, Range, Stream
from edge_agent.devices.onvif.reader import Reader
from edge_agent.devices.onvif.session import Source
from edge_agent.devices.soap import NS, TR2, TRT, TT, SoapFault
from edge_agent.devices.xmlsafe import Element

ABSURD = 1_000_000
"""Limits beyond this are no limits (2147483647: agsh/onvif#233)."""
TRUE_CODEC = "encoding"
"""An attribute in which Hikvision names what Media1 has no word for: <VideoEncoderConfiguration encoding="H265"> with an Encoding
of H264 (jimm98y/SharpOnvif's capture; quatanium/python-onvif#96)."""
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_NO_ENCODER = Text(
    "cấu hình đầu tiên có hình nhưng không cho biết bộ mã hoá (H.265 qua Media1?)",
    "its first profile has a picture, and no encoder that it tells of (H.265 over Media1?)",
)
_NO_PROFILE = Text(
    "không có cấu hình (profile) ONVIF nào; hãy tạo trong giao diện của thiết bị",
    "it tells of no ONVIF profile; make one in the device's own pages",
)


def encoders(reader: Reader, desired: DesiredDevice, everything: bool) -> tuple[list[Encoder], tuple[str, ...] | None, Source]:
    """The encoders of the first picture's profiles, main stream first; the profiles that carry sound; that picture's source.

    With `everything` the encoders of all pictures, and all options; else the options where something differs.
    Media1 leaves the encoder out of a profile whose stream is H.265 (node-onvif#78), or the keyframes of the encoder
    (Hikvision V5.5, easy_onvif_workspace): then Media2 is asked.
    """
    services, problems = reader.session.services, len(reader.problems)
    desired_codecs = {w.codec for w in (desired.encoder, desired.sub_encoder) if w}
    found = _media1(reader) if NS["trt"] in services or NS["tr2"] not in services else None
    if NS["tr2"] in services and ("h265" in desired_codecs or found is None or not found.whole or found.lacks_gov):
        better = _media2(reader)
        if better.encoders:
            del reader.problems[problems:]
            found = better
    if found is not None and not found.profiles and len(reader.problems) == problems:
        reader.cannot("encoders", _NO_PROFILE)
    if found is None or not found.profiles:
        return [], found.audio if found else None, Source(None, 1)
    if not found.whole:
        reader.cannot("encoders", _NO_ENCODER)
        return found.encoders if everything else [], found.audio, Source(found.source, found.media)
    mine = [e for e in found.encoders if everything or found.sources[e.profile] in (found.source, None)]
    asked = dict(zip((e.token for e in _own(mine)), (desired.encoder, desired.sub_encoder), strict=False))
    with_options = [_with_options(reader, e) if everything or differs(e, asked.get(e.token)) else e for e in mine]
    return with_options, found.audio, Source(found.source, found.media)


def differs(encoder: Encoder, desired: DesiredEncoder | None) -> bool:
    if desired is None:
        return False
    there = (encoder.codec, encoder.width, encoder.height, encoder.fps, encoder.gov, encoder.bitrate_kbps)
    gov = frames(desired.fps, desired.keyframe_s)
    return there != (desired.codec, desired.width, desired.height, desired.fps, gov, desired.bitrate_kbps)


def sends_multicast(encoder: Encoder) -> bool:
    with contextlib.suppress(BadAnswer):  # what lxml writes of odd names, it doesn't always read again
        return bool(xmlsafe.boolean(xmlsafe.parse(encoder.raw), "Multicast/AutoStart"))
    return False


def stream(reader: Reader, encoder: Encoder) -> Stream | None:
    """Where the stream of `encoder`'s profile is played."""
    if encoder.media == 1:
        setup = TRT.StreamSetup(TT.Stream("RTP-Unicast"), TT.Transport(TT.Protocol("RTSP")))
        body = TRT.GetStreamUri(setup, TRT.ProfileToken(encoder.profile))
        uri = reader.ask("streams", "trt", body, lambda a: xmlsafe.text(a, "MediaUri/Uri") or xmlsafe.text(a, "Uri") or "")
    else:
        body = TR2.GetStreamUri(TR2.Protocol("RtspUnicast"), TR2.ProfileToken(encoder.profile))
        uri = reader.ask("streams", "tr2", body, lambda a: xmlsafe.text(a, "Uri") or "")
    if uri is None:
        return None
    try:
        parts = urlsplit(uri)
        port = parts.port or 554
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme.lower() != "rtsp":
        reader.cannot("streams", Text(f"không phải địa chỉ RTSP: {parts.scheme or '-'}", f"no RTSP address: {parts.scheme or '-'}"))
        return None
    return Stream(encoder.profile, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def read_configuration(answer: Element, token: str) -> Element | None:
    """The configuration of `token` from either Media's answer."""
    found = xmlsafe.find_all(answer, "Configuration") + xmlsafe.find_all(answer, "Configurations")
    return next((c for c in found if c.get("token") == token), None)


def by_schema(root: Element) -> None:
    """What is below `root` as the schema has it, before it is sent back: some devices answer with a service's namespace where
    the schema's belongs, or with an empty element beside the real one, and take neither."""
    services = {uri for prefix, uri in NS.items() if prefix.startswith("t") and prefix != "tt"}
    for element in list(root.iter(etree.Element)):
        element.attrib.pop(_XSI_TYPE, "")  # its value's prefix is the device's own
        if element is not root and etree.QName(element).namespace in {*services, None}:
            element.tag = f"{{{NS['tt']}}}{xmlsafe.local(element)}"
        whole = {xmlsafe.local(child) for child in element if not xmlsafe.is_empty(child)}
        for child in [c for c in element if xmlsafe.is_empty(c) and xmlsafe.local(c) in whole]:
            element.remove(child)


@dataclass(frozen=True)
class _Profiles:
    """What one of the Media services told. `sources`: each profile with a picture, and that picture's configuration where it says so;
    `whole`: the first of them has an encoder."""

    media: int
    profiles: tuple[str, ...]
    encoders: list[Encoder]
    sources: dict[str, str | None]
    audio: tuple[str, ...] | None

    @property
    def source(self) -> str | None:
        return next(iter(self.sources.values()), None)

    @property
    def lacks_gov(self) -> bool:
        return any(e.codec == "h265" and e.gov is None for e in self.encoders)

    @property
    def whole(self) -> bool:
        first = next(iter(self.sources), None)
        return first is not None and any(e.profile == first for e in self.encoders)


_PARTS = {
    1: ("VideoSourceConfiguration", "VideoEncoderConfiguration", "AudioEncoderConfiguration"),
    2: ("Configurations/VideoSource", "Configurations/VideoEncoder", "Configurations/AudioEncoder"),
}


def _media1(reader: Reader) -> _Profiles:
    return _profiles(1, reader.ask("encoders", "trt", TRT.GetProfiles(), lambda a: xmlsafe.find_all(a, "Profiles")))


def _media2(reader: Reader) -> _Profiles:
    """Some devices don't know Type "All" and send profiles without their parts: then by name."""
    found = _profiles(2, None)
    for types in (("All",), ("VideoSource", "VideoEncoder", "AudioSource", "AudioEncoder")):
        body = TR2.GetProfiles(*(TR2.Type(t) for t in types))
        found = _profiles(2, reader.ask("encoders", "tr2", body, lambda a: xmlsafe.find_all(a, "Profiles")))
        if found.encoders or not found.profiles:
            break
    return found


def _profiles(version: int, answer: list[Element] | None) -> _Profiles:
    source, video, audio = _PARTS[version]
    there = [(p.get("token") or "", p) for p in answer or []]
    pictures = {t: (xmlsafe.find(p, source), xmlsafe.find(p, video)) for t, p in there}
    return _Profiles(
        version,
        tuple(t for t, _ in there),
        [e for t, (_, raw) in pictures.items() if (e := _encoder(t, raw, version))],
        {t: None if s is None else s.get("token") for t, (s, raw) in pictures.items() if s is not None or raw is not None},
        None if answer is None else tuple(t for t, p in there if xmlsafe.find(p, audio) is not None),
    )


def _own(encoders: list[Encoder]) -> list[Encoder]:
    """One for each token: profiles may share an encoder."""
    return list({e.token: e for e in reversed(encoders)}.values())[::-1]


def _encoder(profile: str, raw: Element | None, version: int) -> Encoder | None:
    if raw is None or (xmlsafe.find(raw, "Encoding") is None and xmlsafe.find(raw, "Resolution") is None):
        return None  # an H.265 stream that Media1 has no words for: its name alone (easy_onvif_workspace#20)
    frames = xmlsafe.number(raw, "RateControl/FrameRateLimit")
    interval = max(1, xmlsafe.number(raw, "RateControl/EncodingInterval") or 1)
    if frames and interval >= frames:
        interval = 1  # the sensor's own rate: D-Link says 30 there, whatever it sends (easy_onvif_workspace, DCS-6511)
    codec = normal_codec(raw.get(TRUE_CODEC) or xmlsafe.text(raw, "Encoding"))
    inter = (xmlsafe.number(raw, f"{block}/GovLength") for block in ("H264", "H265", "MPEG4"))  # H265: Dahua (use-go/onvif#43)
    gov = next((g for g in inter if g is not None), None) if version == 1 else xmlsafe.rounded(raw.get("GovLength"))
    return Encoder(
        profile=profile,
        token=raw.get("token") or "",
        media=version,
        name=xmlsafe.text(raw, "Name"),
        codec=codec,
        width=xmlsafe.number(raw, "Resolution/Width"),
        height=xmlsafe.number(raw, "Resolution/Height"),
        fps=frames // interval if frames else None,
        gov=gov,
        bitrate_kbps=xmlsafe.number(raw, "RateControl/BitrateLimit"),
        raw=etree.tostring(raw),
    )


def _with_options(reader: Reader, encoder: Encoder) -> Encoder:
    """With what the device allows. Media1 tells only the range of frame rates: Media2, where it is there, the rates."""
    if encoder.media == 2:
        return replace(encoder, options=_asked(reader, encoder, "tr2", TR2, lambda a: _options2(xmlsafe.find_all(a, "Options"))))
    options = _asked(reader, encoder, "trt", TRT, lambda a: _options1(xmlsafe.find(a, "Options")))
    if NS["tr2"] in reader.session.services:
        body = TR2.GetVideoEncoderConfigurationOptions(TR2.ConfigurationToken(encoder.token), TR2.ProfileToken(encoder.profile))
        with contextlib.suppress(SoapFault, NoPermission, BadAnswer):
            finer = _options2(xmlsafe.find_all(reader.session.call("tr2", body), "Options"))
            options = {c: replace(o, fps_list=finer[c].fps_list) if c in finer else o for c, o in options.items()}
    return replace(encoder, options=options)


def _asked(
    reader: Reader, encoder: Encoder, prefix: str, make: Any, convert: Callable[[Element], dict[str, EncoderOptions]]
) -> dict[str, EncoderOptions]:
    """The options, by configuration and profile; devices that don't take both are asked by configuration alone."""
    configuration, profile = make.ConfigurationToken(encoder.token), make.ProfileToken(encoder.profile)
    with contextlib.suppress(SoapFault, NoPermission, BadAnswer):
        return convert(reader.session.call(prefix, make.GetVideoEncoderConfigurationOptions(configuration, profile)))
    alone = make.GetVideoEncoderConfigurationOptions(make.ConfigurationToken(encoder.token))
    return reader.ask("encoder options", prefix, alone, convert) or {}


def _options1(options: Element | None) -> dict[str, EncoderOptions]:
    found = {}
    for name in ("JPEG", "MPEG4", "H264"):
        wider = xmlsafe.find(options, f"Extension/{name}")
        block = xmlsafe.find(options, name)
        if block is None or not len(block):
            block = wider
        if block is None or not len(block):
            continue
        found[normal_codec(name) or name] = EncoderOptions(
            sizes=_sizes(block),
            fps=_range(block, "FrameRateRange"),
            gov=_range(block, "GovLengthRange"),
            bitrate=_range(wider, "BitrateRange"),
            profiles=tuple(p.text.strip() for p in xmlsafe.find_all(block, "H264ProfilesSupported") if p.text),
        )
    return found


def _options2(blocks: list[Element]) -> dict[str, EncoderOptions]:
    found = {}
    for block in blocks:
        codec = normal_codec(xmlsafe.text(block, "Encoding"))
        if codec is None:
            continue
        rates = _numbers(block.get("FrameRatesSupported"))
        gov = _numbers(block.get("GovLengthRange"))
        found[codec] = EncoderOptions(
            sizes=_sizes(block),
            fps_list=tuple(dict.fromkeys(r for r in rates if r >= 1)),
            gov=Range(min(gov), max(gov)) if gov else None,
            bitrate=_range(block, "BitrateRange"),
            profiles=tuple((block.get("ProfilesSupported") or "").split()),
        )
    return found


def _sizes(block: Element) -> tuple[tuple[int, int], ...]:
    pairs = ((xmlsafe.number(r, "Width"), xmlsafe.number(r, "Height")) for r in xmlsafe.find_all(block, "ResolutionsAvailable"))
    return tuple((w, h) for w, h in pairs if w and h and w < ABSURD and h < ABSURD)


def _range(element: Element | None, name: str) -> Range | None:
    """Some devices put the two the wrong way round; 0 to 0 is none."""
    low, high = xmlsafe.number(element, f"{name}/Min"), xmlsafe.number(element, f"{name}/Max")
    if low is None or high is None or low == high == 0:
        return None
    return Range(min(low, high), max(low, high))


def _numbers(value: str | None) -> list[int]:
    """ "12.5 12 0.5": what of it is a number, rounded."""
    found = (xmlsafe.rounded(part) for part in (value or "").replace(",", " ").split())
    return [n for n in found if n is not None]
