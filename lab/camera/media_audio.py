"""The audio half of Media1: one microphone, G.711; a profile with no audio configuration has no sound in its stream."""

from __future__ import annotations

from typing import Any

from lab.camera import encoders
from lab.camera.shape import Camera, Operation
from lab.camera.xml import Fault, Request, invalid, x

SOURCE, SOURCE_CONFIGURATION, ENCODER = "AudioSource_1", "AudioSourceConfig_1", "AudioEncoder_1"


def audio_source(tag: str) -> Any:
    return x(
        tag,
        x("tt:Name", SOURCE_CONFIGURATION),
        x("tt:UseCount", 2),
        x("tt:SourceToken", SOURCE),
        token=SOURCE_CONFIGURATION,
    )


def audio_encoder(camera: Camera, tag: str) -> Any:
    audio = camera.memory["audio"]
    nowhere = x(
        "tt:Multicast",
        x("tt:Address", x("tt:Type", "IPv4"), x("tt:IPv4Address", "224.1.2.4")),
        x("tt:Port", 8870),
        x("tt:TTL", 5),
        x("tt:AutoStart", False),
    )
    return x(
        tag,
        x("tt:Name", ENCODER),
        x("tt:UseCount", 2),
        x("tt:Encoding", "G711"),
        x("tt:Bitrate", audio["bitrate"]),
        x("tt:SampleRate", audio["sample_rate"]),
        nowhere,
        x("tt:SessionTimeout", "PT60S"),
        token=ENCODER,
    )


def audio_encoder2(camera: Camera, tag: str) -> Any:
    """The same encoder as Media2 tells of it."""
    audio = camera.memory["audio"]
    return x(
        tag,
        x("tt:Name", ENCODER),
        x("tt:UseCount", 2),
        x("tt:Encoding", "PCMU"),
        x("tt:Bitrate", audio["bitrate"]),
        x("tt:SampleRate", audio["sample_rate"]),
        token=ENCODER,
    )


def get_sources(camera: Camera, request: Request) -> Any:
    return x("trt:AudioSources", x("tt:Channels", 1), token=SOURCE)


def get_source_configurations(camera: Camera, request: Request) -> Any:
    return audio_source("trt:Configurations")


def get_encoder_configurations(camera: Camera, request: Request) -> Any:
    return audio_encoder(camera, "trt:Configurations")


def get_encoder_configuration(camera: Camera, request: Request) -> Any:
    if request.text("trt:ConfigurationToken") != ENCODER:
        raise invalid("ter:NoConfig")
    return audio_encoder(camera, "trt:Configuration")


def get_options(camera: Camera, request: Request) -> Any:
    return x(
        "trt:Options",
        x(
            "tt:Options",
            x("tt:Encoding", "G711"),
            x("tt:BitrateList", x("tt:Items", 64)),
            x("tt:SampleRateList", x("tt:Items", 8)),
        ),
    )


def remove(camera: Camera, request: Request) -> Any:
    if camera.flags["sound_fixed"]:
        raise Fault("ter:InvalidArgVal", "ter:FixedProfile", text="a fixed profile keeps its sound")
    camera.memory.write(f"audio.{encoders.stream_of_profile(request.text('trt:ProfileToken'))}", False)


def add(camera: Camera, request: Request) -> Any:
    if request.text("trt:ConfigurationToken") not in (ENCODER, SOURCE_CONFIGURATION):
        raise invalid("ter:NoConfig")
    camera.memory.write(f"audio.{encoders.stream_of_profile(request.text('trt:ProfileToken'))}", True)


AUDIO_OPERATIONS: dict[str, Operation] = {
    "GetAudioSources": Operation("READ_MEDIA", get_sources),
    "GetAudioSourceConfigurations": Operation("READ_MEDIA", get_source_configurations),
    "GetAudioEncoderConfigurations": Operation("READ_MEDIA", get_encoder_configurations),
    "GetAudioEncoderConfiguration": Operation("READ_MEDIA", get_encoder_configuration),
    "GetAudioEncoderConfigurationOptions": Operation("READ_MEDIA", get_options),
    "AddAudioEncoderConfiguration": Operation("ACTUATE", add),
    "AddAudioSourceConfiguration": Operation("ACTUATE", add),
    "RemoveAudioEncoderConfiguration": Operation("ACTUATE", remove),
    "RemoveAudioSourceConfiguration": Operation("ACTUATE", remove),
}
