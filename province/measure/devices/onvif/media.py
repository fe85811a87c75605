"""A camera's streams as ONVIF tells them: Media1, and Media2 where Media1 is missing or silent (H.265 only exists there).

What the camera doesn't tell of a stream is None.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from province.measure.devices.able import GOOD, able
from province.measure.devices.errors import AuthRejected, DeviceError
from province.measure.devices.onvif.zeep_device import MEDIA2, Device
from province.measure.evidence import Able, OnvifEncoder
from province.standard.verdict import StreamPlace

Stream = OnvifEncoder
MEDIA1 = "http://www.onvif.org/ver10/media/wsdl"
CODECS = {"H264": "h264", "H265": "h265", "HEVC": "h265", "JPEG": "mjpeg", "MPEG4": "mpeg4", "MPV4-ES": "mpeg4"}
_READING = (AttributeError, TypeError, ValueError, IndexError)


def find(device: Device) -> None:
    """Where the media services are: GetServices, else GetCapabilities as onvif-zeep does, else the usual place."""
    with suppress(DeviceError, *_READING):
        for service in device.call("devicemgmt", "GetServices", IncludeCapability=False) or []:
            names = {MEDIA1: "media", MEDIA2["ns"]: "media2"}
            if str(service.Namespace) in names:
                device.place(names[str(service.Namespace)], str(service.XAddr))
    if not device.has("media") and not device.has("media2"):
        device.place("media", "/onvif/Media")
        with suppress(DeviceError, *_READING):
            media = device.call("devicemgmt", "GetCapabilities", Category="All").Media
            if media is not None and media.XAddr:
                device.place("media", str(media.XAddr))


def streams(device: Device) -> list[Stream]:
    """All streams, main first. Raises DeviceError where neither service tells any."""
    found: list[Stream] = []
    failure: DeviceError | None = None
    if device.has("media"):
        try:
            found = _first(device.call("media", "GetProfiles") or [])
        except AuthRejected:
            raise
        except DeviceError as error:
            failure = error
    if device.has("media2") and not (found and all(each["codec"] for each in found)):
        try:
            second = _second(elements(device.call("media2", "GetProfiles", Type=["VideoSource", "VideoEncoder"])))
        except AuthRejected:
            raise
        except DeviceError as error:
            second, failure = [], failure or error
        by_token = {each["token"]: each for each in second}
        found = [by_token.get(each["token"], each) if not each["codec"] else each for each in found] or second
    if failure and not found:
        raise failure
    return found


def _first(profiles: Iterable[Any]) -> list[Stream]:
    # An H.265 profile has no encoder block in Media1 (node-onvif#78); a source is what makes it a video profile.
    listed = list(profiles)
    video = [each for each in listed if each.VideoSourceConfiguration is not None]
    return [_of_media1(each) for each in video or [each for each in listed if each.VideoEncoderConfiguration is not None]]


def _untold(token: str, media: int) -> Stream:
    return {
        "token": token, "media": media, "encoder": None, "codec": None, "width": None, "height": None, "fps": None, "gov": None,
        "bitrate_kbps": None,
    }  # fmt: skip


def _of_media1(profile: Any) -> Stream:
    found = _untold(str(profile.token), 1)
    encoder = profile.VideoEncoderConfiguration
    if encoder is None:
        return found
    found["encoder"] = str(encoder.token)
    with suppress(*_READING):
        # Hikvision's H.265, for which Media1 has no word, is an attribute that no schema knows; its Encoding says H264.
        found["codec"] = codec((getattr(encoder, "_attr_1", None) or {}).get("encoding") or encoder.Encoding)
    with suppress(*_READING):
        found["width"], found["height"] = int(encoder.Resolution.Width), int(encoder.Resolution.Height)
    with suppress(*_READING):
        found["fps"], found["bitrate_kbps"] = int(encoder.RateControl.FrameRateLimit), int(encoder.RateControl.BitrateLimit)
    with suppress(*_READING):
        found["gov"] = int((encoder.H264 or encoder.MPEG4).GovLength)
    with suppress(*_READING):
        found["multicast"] = bool(encoder.Multicast.AutoStart)
    return found


def _second(answer: Iterable[Any]) -> list[Stream]:
    return [found for profile in answer if local(profile) == "Profiles" and (found := _of_media2(profile))]


def _of_media2(profile: Any) -> Stream | None:
    encoder = _find(profile, "VideoEncoder")
    if encoder is None and _find(profile, "VideoSource") is None:
        return None
    token = profile.get("token") or ""
    if encoder is None:
        return _untold(token, 2)
    return {
        "token": token,
        "media": 2,
        "encoder": encoder.get("token"),
        "codec": codec(_text(encoder, "Encoding")),
        "width": _number(_text(encoder, "Width")),
        "height": _number(_text(encoder, "Height")),
        "fps": _number(_text(encoder, "FrameRateLimit")),
        "gov": _number(encoder.get("GovLength")),
        "bitrate_kbps": _number(_text(encoder, "BitrateLimit")),
        "multicast": (_text(encoder, "AutoStart") or "").strip() in ("true", "1"),
    }


def address(device: Device, stream: Stream) -> StreamPlace:
    """Of a stream; the host is always the dialled one."""
    if stream["media"] == 1:
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        uri = str(device.call("media", "GetStreamUri", StreamSetup=setup, ProfileToken=stream["token"]).Uri)
    else:
        answer = elements(device.call("media2", "GetStreamUri", Protocol="RTSP", ProfileToken=stream["token"]))
        uri = next((each.text or "" for each in answer if local(each) == "Uri"), "")
    parts = urlsplit(uri.strip())
    try:
        port = parts.port or 554
    except ValueError:
        port = 554
    return {"port": port, "path": (parts.path or "/") + (f"?{parts.query}" if parts.query else "")}


def texts(device: Device) -> list[str] | None:
    """The plain texts burned into the picture; None where the camera doesn't tell."""
    with suppress(DeviceError, *_READING):
        if device.has("media"):
            listed = device.call("media", "GetOSDs") or []
            return [str(osd.TextString.PlainText) for osd in listed if osd.TextString is not None and osd.TextString.PlainText]
    with suppress(DeviceError, *_READING):
        if device.has("media2"):
            listed = [each for each in elements(device.call("media2", "GetOSDs")) if local(each) == "OSDs"]
            return [text for each in listed if (text := _text(each, "PlainText"))]
    return None


def able_of(device: Device, stream: Stream) -> Able:
    """What a stream can be set to, by the camera's own options; nothing where one of two services doesn't tell its part."""
    sizes: dict[str, list[tuple[int, int]]] = {}
    rates: list[int] = []
    govs: list[int] = []
    try:
        if device.has("media"):
            options = device.call("media", "GetVideoEncoderConfigurationOptions", ProfileToken=stream["token"])
            for name, kind in (("mjpeg", options.JPEG), ("mpeg4", options.MPEG4), ("h264", options.H264)):
                if kind is not None:
                    sizes[name] = [(int(size.Width), int(size.Height)) for size in kind.ResolutionsAvailable or []]
                    rates += [int(kind.FrameRateRange.Max)] if name in GOOD and kind.FrameRateRange else []
                    govs += [int(kind.GovLengthRange.Min), int(kind.GovLengthRange.Max)] if name == "h264" and kind.GovLengthRange else []
        if device.has("media2"):
            answer = elements(device.call("media2", "GetVideoEncoderConfigurationOptions", ProfileToken=stream["token"]))
            for options in (each for each in answer if local(each) == "Options"):
                name = codec(_text(options, "Encoding")) or ""
                offered = [each for each in options.iter() if isinstance(each.tag, str) and local(each) == "ResolutionsAvailable"]
                sizes[name] = [(_number(_text(size, "Width")) or 0, _number(_text(size, "Height")) or 0) for size in offered]
                told = (options.get("FrameRatesSupported") or "").split()
                rates += [int(float(rate)) for rate in told] if name in GOOD else []
                govs += [int(gov) for gov in (options.get("GovLengthRange") or "").split()] if name in GOOD else []
    except (DeviceError, *_READING):
        return able((), (), ())
    return able(sizes, [size for name in GOOD for size in sizes.get(name, [])], rates, govs)


def codec(encoding: Any) -> str | None:
    name = str(encoding or "").upper().replace(".", "")
    return CODECS.get(name, name.lower() or None)


def elements(answer: Any) -> list[Any]:
    """An answer of media2.wsdl: its elements as they came (zeep hands over anything unknown as lxml's)."""
    inside = getattr(answer, "_value_1", answer)
    return [each for each in inside or [] if hasattr(each, "tag") and isinstance(each.tag, str)]


def local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _find(element: Any, name: str) -> Any:
    return next((each for each in element.iter() if isinstance(each.tag, str) and local(each) == name), None)


def _text(element: Any, name: str) -> str | None:
    found = _find(element, name)
    return found.text if found is not None else None


def _number(text: str | None) -> int | None:
    try:
        return int(float(text or ""))
    except (ValueError, OverflowError):
        return None
