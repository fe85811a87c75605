"""ONVIF's Media1 service (ver10/media/wsdl): profiles, sources, encoders, streams, audio. H.265 has no place in it."""

from __future__ import annotations

from typing import Any

from lab.camera import encoders
from lab.camera.encoders import PATHS, PROFILE_NAMES, PROFILE_TOKENS, SOURCE, SOURCE_CONFIGURATION, STREAMS
from lab.camera.media_audio import AUDIO_OPERATIONS, audio_encoder, audio_source
from lab.camera.osd import osd_operations
from lab.camera.shape import Camera, Operation
from lab.camera.xml import NS, Fault, Request, invalid, text, x


def get_service_capabilities(camera: Camera, request: Request) -> Any:
    return x(
        "trt:Capabilities",
        x("trt:ProfileCapabilities", MaximumNumberOfProfiles=2),
        x("trt:StreamingCapabilities", RTPMulticast=False, RTP_TCP=True, RTP_RTSP_TCP=True),
        SnapshotUri=True,
        OSD=True,
    )


def source_configuration(camera: Camera, tag: str) -> Any:
    width, height = encoders.ability(camera, "main").sizes[0]
    return x(
        tag,
        x("tt:Name", SOURCE_CONFIGURATION),
        x("tt:UseCount", 2),
        x("tt:SourceToken", SOURCE),
        x("tt:Bounds", x=0, y=0, width=width, height=height),
        token=SOURCE_CONFIGURATION,
    )


def encoder_configuration(camera: Camera, stream: str, tag: str) -> Any:
    """The encoder's settings, or None for an H.265 stream: Media1 has no word for it (node-onvif#78)."""
    s, codec = camera.memory[PATHS[stream]], camera.memory[f"{PATHS[stream]}.codec"]
    if codec == "H265" and camera.flags["h265_bare"]:
        return x(tag, x("tt:Name", s["name"]), x("tt:UseCount", 1), token=s["token"])
    if codec == "H265" and not camera.flags["h265_in_media1"]:
        return None
    block = x(f"tt:{codec}", x("tt:GovLength", s["gop"]), x(f"tt:{codec}Profile", s["profile"])) if codec != "JPEG" else None
    return x(
        tag,
        x("tt:Name", s["name"]),
        x("tt:UseCount", 1),
        x("tt:Encoding", s["codec"]),
        x("tt:Resolution", x("tt:Width", s["width"]), x("tt:Height", s["height"])),
        x("tt:Quality", s["quality"]),
        x(
            "tt:RateControl",
            x("tt:FrameRateLimit", s["fps"]),
            x("tt:EncodingInterval", s["interval"]),
            x("tt:BitrateLimit", s["bitrate_kbps"]),
        ),
        block,
        None if camera.flags["no_multicast"] else encoders.multicast(s),
        x("tt:SessionTimeout", s["session_timeout"]),
        token=s["token"],
    )


def _profile(camera: Camera, stream: str, tag: str) -> Any:
    audio = camera.memory[f"audio.{stream}"]
    return x(
        tag,
        x("tt:Name", PROFILE_NAMES[stream]),
        source_configuration(camera, "tt:VideoSourceConfiguration"),
        audio_source("tt:AudioSourceConfiguration") if audio else None,
        encoder_configuration(camera, stream, "tt:VideoEncoderConfiguration"),
        audio_encoder(camera, "tt:AudioEncoderConfiguration") if audio else None,
        token=PROFILE_TOKENS[stream],
        fixed=True,
    )


def get_profiles(camera: Camera, request: Request) -> Any:
    empty = x("trt:Profiles", x("tt:Name", "metadata"), token="Profile_0", fixed=True) if camera.flags["first_profile_empty"] else None
    return [empty, *(_profile(camera, stream, "trt:Profiles") for stream in STREAMS)]


def get_profile(camera: Camera, request: Request) -> Any:
    return _profile(camera, encoders.stream_of_profile(request.text("trt:ProfileToken")), "trt:Profile")


def get_sources(camera: Camera, request: Request) -> Any:
    width, height = encoders.ability(camera, "main").sizes[0]
    return x(
        "trt:VideoSources",
        x("tt:Framerate", 25),
        x("tt:Resolution", x("tt:Width", width), x("tt:Height", height)),
        token=SOURCE,
    )


def get_source_configurations(camera: Camera, request: Request) -> Any:
    return source_configuration(camera, "trt:Configurations")


def get_source_configuration(camera: Camera, request: Request) -> Any:
    if request.text("trt:ConfigurationToken") != SOURCE_CONFIGURATION:
        raise invalid("ter:NoConfig")
    return source_configuration(camera, "trt:Configuration")


def get_encoders(camera: Camera, request: Request) -> Any:
    return [encoder_configuration(camera, stream, "trt:Configurations") for stream in STREAMS]


def get_encoder(camera: Camera, request: Request) -> Any:
    found = encoder_configuration(camera, encoders.stream_of_encoder(camera, request.text("trt:ConfigurationToken")), "trt:Configuration")
    if found is None:
        raise invalid("ter:NoConfig", text="this encoder is set to H.265")
    return found


def get_encoder_options(camera: Camera, request: Request) -> Any:
    if camera.flags["options_missing"]:
        raise Fault("ter:ActionNotSupported", code="env:Receiver")
    if camera.flags["options_empty"]:
        return x("trt:Options", x("tt:H264"))

    def _range(tag: str, low: int, high: int) -> Any:
        low, high = (high, low) if camera.flags["options_reversed"] else (low, high)
        return x(tag, x("tt:Min", low), x("tt:Max", high))

    can = encoders.ability(camera, encoders.chosen_stream(camera, request, "trt"))
    sizes = [x("tt:ResolutionsAvailable", x("tt:Width", w), x("tt:Height", h)) for w, h in can.sizes]
    absurd = camera.flags["absurd_limits"]
    rates = [
        _range("tt:FrameRateRange", min(can.rates), encoders.ABSURD if absurd else max(can.rates)),
        _range("tt:EncodingIntervalRange", 1, 1),
    ]
    bitrate = _range("tt:BitrateRange", can.bitrates[0], encoders.ABSURD if absurd else can.bitrates[1])
    gop = _range("tt:GovLengthRange", can.gops[0], encoders.ABSURD if absurd else can.gops[1])
    profiles = [x("tt:H264ProfilesSupported", p) for p in ("Baseline", "Main", "High")]
    jpeg, h264 = [sizes, rates], [sizes, gop, rates, profiles]
    with_h264 = "H264" in can.codecs
    return x(
        "trt:Options",
        _range("tt:QualityRange", 1, 6),
        x("tt:JPEG", jpeg),
        x("tt:H264", h264) if with_h264 else None,
        x("tt:Extension", x("tt:JPEG", jpeg, bitrate), x("tt:H264", h264, bitrate) if with_h264 else None),
    )


def set_encoder(camera: Camera, request: Request) -> Any:
    element = request.find("trt:Configuration")
    if element is None:
        raise invalid("ter:NoConfig", text="Configuration is missing")
    stream = encoders.stream_of_encoder(camera, element.get("token", ""))
    if camera.flags["partial_write_refused"]:
        text(element, "tt:SessionTimeout")
    change = encoders.read_common(camera, element)
    change["codec"] = text(element, "tt:Encoding")
    change["session_timeout"] = text(element, "tt:SessionTimeout", "") or camera.memory[f"{PATHS[stream]}.session_timeout"]
    if element.find("tt:RateControl", NS) is not None:
        change |= {
            "fps": encoders.number(element, "tt:RateControl/tt:FrameRateLimit"),
            "interval": encoders.number(element, "tt:RateControl/tt:EncodingInterval"),
            "bitrate_kbps": encoders.number(element, "tt:RateControl/tt:BitrateLimit"),
        }
    if change["codec"] not in encoders.ability(camera, stream).codecs:
        raise invalid("ter:ConfigModify", text=f"no such Encoding: {change['codec']}")
    block = f"tt:{change['codec']}"
    if block == "tt:H265" and not camera.flags["h265_in_media1"]:
        raise invalid("ter:ConfigModify", text="Media1 knows no H.265")
    if text(element, f"{block}/tt:GovLength", ""):
        change |= {
            "gop": encoders.number(element, f"{block}/tt:GovLength"),
            "profile": text(element, f"{block}/{block}Profile"),
        }
    encoders.store(camera, stream, change)


def stop_multicast(camera: Camera, request: Request) -> Any:
    encoders.stream_of_profile(request.text("trt:ProfileToken"))


def get_guaranteed(camera: Camera, request: Request) -> Any:
    return [x("trt:TotalNumber", 2), x("trt:JPEG", 2), x("trt:H264", 2)]


def get_stream_uri(camera: Camera, request: Request) -> Any:
    stream = encoders.stream_of_profile(request.text("trt:ProfileToken"))
    return _uri(camera.stream_url(stream))


def get_snapshot_uri(camera: Camera, request: Request) -> Any:
    stream = encoders.stream_of_profile(request.text("trt:ProfileToken"))
    return _uri(camera.url(f"/onvif/snapshot?stream={stream}"))


def _uri(address: str) -> Any:
    return x(
        "trt:MediaUri",
        x("tt:Uri", address),
        x("tt:InvalidAfterConnect", False),
        x("tt:InvalidAfterReboot", False),
        x("tt:Timeout", "PT0S"),
    )


OPERATIONS: dict[str, Operation] = {
    "GetServiceCapabilities": Operation("PRE_AUTH", get_service_capabilities),
    "GetProfiles": Operation("READ_MEDIA", get_profiles),
    "GetProfile": Operation("READ_MEDIA", get_profile),
    "GetVideoSources": Operation("READ_MEDIA", get_sources),
    "GetVideoSourceConfigurations": Operation("READ_MEDIA", get_source_configurations),
    "GetVideoSourceConfiguration": Operation("READ_MEDIA", get_source_configuration),
    "GetCompatibleVideoSourceConfigurations": Operation("READ_MEDIA", get_source_configurations),
    "GetVideoEncoderConfigurations": Operation("READ_MEDIA", get_encoders),
    "GetCompatibleVideoEncoderConfigurations": Operation("READ_MEDIA", get_encoders),
    "GetVideoEncoderConfiguration": Operation("READ_MEDIA", get_encoder),
    "GetVideoEncoderConfigurationOptions": Operation("READ_MEDIA", get_encoder_options),
    "SetVideoEncoderConfiguration": Operation("ACTUATE", set_encoder),
    "GetGuaranteedNumberOfVideoEncoderInstances": Operation("READ_MEDIA", get_guaranteed),
    "StopMulticastStreaming": Operation("ACTUATE", stop_multicast),
    "GetStreamUri": Operation("READ_MEDIA", get_stream_uri),
    "GetSnapshotUri": Operation("READ_MEDIA", get_snapshot_uri),
    **AUDIO_OPERATIONS,
    **osd_operations("trt"),
}
