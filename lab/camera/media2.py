"""ONVIF's Media2 service (ver20/media/wsdl): the same encoders with H.265 among their codecs."""

from __future__ import annotations

from typing import Any

from lab.camera import encoders
from lab.camera.encoders import ABSURD, PATHS, PROFILE_NAMES, PROFILE_TOKENS, STREAMS
from lab.camera.media import source_configuration
from lab.camera.media_audio import audio_encoder2, audio_source
from lab.camera.osd import osd_operations
from lab.camera.shape import Camera, Operation
from lab.camera.xml import NS, Fault, Request, invalid, text, x

H264_PROFILES, H265_PROFILES = "Baseline Main High", "Main"


def get_service_capabilities(camera: Camera, request: Request) -> Any:
    return x(
        "tr2:Capabilities",
        x(
            "tr2:ProfileCapabilities",
            MaximumNumberOfProfiles=2,
            ConfigurationsSupported="VideoSource VideoEncoder AudioSource AudioEncoder",
        ),
        x("tr2:StreamingCapabilities", RTSPStreaming=True, RTPMulticast=False, RTP_RTSP_TCP=True),
        SnapshotUri=True,
        OSD=True,
    )


def encoder_configuration(camera: Camera, stream: str, tag: str) -> Any:
    s = camera.memory[PATHS[stream]]
    inter = s["codec"] != "JPEG"
    return x(
        tag,
        x("tt:Name", s["name"]),
        x("tt:UseCount", 1),
        x("tt:Encoding", s["codec"]),
        x("tt:Resolution", x("tt:Width", s["width"]), x("tt:Height", s["height"])),
        x(
            "tt:RateControl",
            x("tt:FrameRateLimit", s["fps"]),
            x("tt:BitrateLimit", s["bitrate_kbps"]),
            ConstantBitRate=s["cbr"],
        ),
        None if camera.flags["no_multicast"] else encoders.multicast(s),
        x("tt:Quality", s["quality"]),
        token=s["token"],
        GovLength=s["gop"] if inter else None,
        Profile=s["profile"] if inter else None,
    )


def get_profiles(camera: Camera, request: Request) -> Any:
    token = request.text("tr2:Token", "")
    types = {str(e.text).strip() for e in request.all("tr2:Type")}
    if camera.flags["types_by_name"]:
        types.discard("All")
    streams = [encoders.stream_of_profile(token)] if token else STREAMS

    def configurations(stream: str) -> Any:
        def is_asked(kind: str) -> bool:
            return bool(types & {kind, "All"})

        sound = camera.memory[f"audio.{stream}"]
        return [
            source_configuration(camera, "tr2:VideoSource") if is_asked("VideoSource") else None,
            audio_source("tr2:AudioSource") if is_asked("AudioSource") and sound else None,
            encoder_configuration(camera, stream, "tr2:VideoEncoder") if is_asked("VideoEncoder") else None,
            audio_encoder2(camera, "tr2:AudioEncoder") if is_asked("AudioEncoder") and sound else None,
        ]

    return [
        x(
            "tr2:Profiles",
            x("tr2:Name", PROFILE_NAMES[stream]),
            x("tr2:Configurations", configurations(stream)) if types else None,
            token=PROFILE_TOKENS[stream],
            fixed=True,
        )
        for stream in streams
    ]


def get_source_configurations(camera: Camera, request: Request) -> Any:
    return source_configuration(camera, "tr2:Configurations")


def get_encoders(camera: Camera, request: Request) -> Any:
    one = request.text("tr2:ConfigurationToken", "") or request.text("tr2:ProfileToken", "")
    streams = [encoders.chosen_stream(camera, request, "tr2")] if one else STREAMS
    return [encoder_configuration(camera, stream, "tr2:Configurations") for stream in streams]


def get_encoder_options(camera: Camera, request: Request) -> Any:
    if camera.flags["options_missing"]:
        raise Fault("ter:ActionNotSupported", code="env:Receiver")
    if camera.flags["options_empty"]:
        return []
    can = encoders.ability(camera, encoders.chosen_stream(camera, request, "tr2"))
    absurd = camera.flags["absurd_limits"]

    def options(codec: str) -> Any:
        inter = codec != "JPEG"
        rates = " ".join(str(float(r)) for r in sorted(can.rates, reverse=True))
        return x(
            "tr2:Options",
            x("tt:Encoding", codec),
            x("tt:QualityRange", x("tt:Min", 1.0), x("tt:Max", 6.0)),
            [x("tt:ResolutionsAvailable", x("tt:Width", w), x("tt:Height", h)) for w, h in can.sizes],
            x("tt:BitrateRange", x("tt:Min", can.bitrates[0]), x("tt:Max", ABSURD if absurd else can.bitrates[1])),
            GovLengthRange=f"{can.gops[0]} {ABSURD if absurd else can.gops[1]}" if inter else None,
            FrameRatesSupported=rates,
            ProfilesSupported=(H264_PROFILES if codec == "H264" else H265_PROFILES) if inter else None,
            ConstantBitRateSupported=True,
        )

    return [options(codec) for codec in can.codecs]


def set_encoder(camera: Camera, request: Request) -> Any:
    element = request.find("tr2:Configuration")
    if element is None:
        raise invalid("ter:NoConfig", text="Configuration is missing")
    stream = encoders.stream_of_encoder(camera, element.get("token", ""))
    change = encoders.read_common(camera, element)
    change["codec"] = text(element, "tt:Encoding")
    control = element.find("tt:RateControl", NS)
    if control is not None:
        change |= {
            "fps": encoders.number(element, "tt:RateControl/tt:FrameRateLimit"),
            "interval": 1,
            "bitrate_kbps": encoders.number(element, "tt:RateControl/tt:BitrateLimit"),
            "cbr": control.get("ConstantBitRate", "false") in ("true", "1"),
        }
    if element.get("GovLength"):
        try:
            change["gop"] = int(element.get("GovLength"))
        except ValueError:
            raise Fault("ter:InvalidArgs", text="GovLength is no number") from None
    profile = element.get("Profile") or camera.memory[f"{PATHS[stream]}.profile"]
    change["profile"] = "Main" if change["codec"] == "H265" else profile
    encoders.store(camera, stream, change)


def get_stream_uri(camera: Camera, request: Request) -> Any:
    request.text("tr2:Protocol")
    return x("tr2:Uri", camera.stream_url(encoders.stream_of_profile(request.text("tr2:ProfileToken"))))


def get_snapshot_uri(camera: Camera, request: Request) -> Any:
    return x("tr2:Uri", camera.url(f"/onvif/snapshot?stream={encoders.stream_of_profile(request.text('tr2:ProfileToken'))}"))


def stop_multicast(camera: Camera, request: Request) -> Any:
    encoders.stream_of_profile(request.text("tr2:ProfileToken"))


def remove_configuration(camera: Camera, request: Request) -> Any:
    stream = encoders.stream_of_profile(request.text("tr2:ProfileToken"))
    kinds = {text(e, "tr2:Type") for e in request.all("tr2:Configuration")}
    if not kinds <= {"AudioSource", "AudioEncoder"} or camera.flags["sound_fixed"]:
        raise Fault("ter:OperationProhibited", "ter:ConfigurationConflict", text="a fixed profile keeps its video")
    camera.memory.write(f"audio.{stream}", False)


OPERATIONS: dict[str, Operation] = {
    "GetServiceCapabilities": Operation("PRE_AUTH", get_service_capabilities),
    "GetProfiles": Operation("READ_MEDIA", get_profiles),
    "GetVideoSourceConfigurations": Operation("READ_MEDIA", get_source_configurations),
    "GetVideoEncoderConfigurations": Operation("READ_MEDIA", get_encoders),
    "GetVideoEncoderConfigurationOptions": Operation("READ_MEDIA", get_encoder_options),
    "SetVideoEncoderConfiguration": Operation("ACTUATE", set_encoder),
    "GetStreamUri": Operation("READ_MEDIA", get_stream_uri),
    "GetSnapshotUri": Operation("READ_MEDIA", get_snapshot_uri),
    "StopMulticastStreaming": Operation("ACTUATE", stop_multicast),
    "RemoveConfiguration": Operation("ACTUATE", remove_configuration),
    **osd_operations("tr2"),
}
