"""PyAV measures in process, so that no password stands in an argument; what it tells is what ffprobe tells of the same stream."""

from collections.abc import Callable

import pytest
from camera_clients import STREAMS, ffprobe, rtsp_url
from camera_process import CameraHandle

from province.measure.streams.stream import play

NAMES = {"h264": "h264", "hevc": "h265"}
SETTINGS = [
    ("H264", 1920, 1080, 15, 30, False),
    ("H264", 1280, 720, 25, 50, True),
    ("H264", 640, 360, 10, 10, False),
    ("H265", 1920, 1080, 15, 45, True),
    ("H265", 2560, 1440, 12, 24, False),
    ("H265", 704, 576, 20, 20, False),
]


@pytest.mark.parametrize(("codec", "width", "height", "fps", "gop", "sound"), SETTINGS)
def test_codec_size_rate_keyframes_and_sound_agree_with_ffprobe(
    codec: str, width: int, height: int, fps: int, gop: int, sound: bool, camera: Callable[..., CameraHandle]
) -> None:
    encoder = {"encoder.codec": codec, "encoder.width": width, "encoder.height": height, "encoder.fps": fps, "encoder.gop": gop}
    handle = camera(factory=False, factory_state={**encoder, "audio.main": sound})
    seen = ffprobe(rtsp_url(handle), seconds=2 * gop / fps + 1)
    user, password = handle.login
    told = play(handle.address, handle.rtsp_port, STREAMS["hikvision"], user, password)
    assert told["ok"], told
    assert (told["codec"], told["width"], told["height"]) == (NAMES[seen.codec], seen.width, seen.height)
    assert (told["width"], told["height"]) == (width, height)
    assert told["fps_timestamps"] == pytest.approx(seen.rate, rel=0.03)
    assert told["fps_arrival"] == pytest.approx(seen.rate, rel=0.15)
    assert told["keyframe_s"] == pytest.approx(seen.keyframe_distance / seen.rate, abs=1.5 / fps)
    assert told["audio"] == ("audio" in seen.media)
