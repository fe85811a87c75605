"""One current frame of a camera: a small JPEG of what it shows, or why there is none; the password goes nowhere."""

import io
from base64 import b64decode
from collections.abc import Callable

import pytest
from camera_clients import STREAMS
from camera_process import CameraHandle
from PIL import Image

from province.measure.streams import frame


@pytest.mark.parametrize(("codec", "width", "height"), [("H264", 1920, 1080), ("H265", 704, 576), ("H264", 640, 360)])
def test_a_frame_is_a_small_picture_of_the_camera_s_shape(codec: str, width: int, height: int, camera: Callable[..., CameraHandle]) -> None:
    handle = camera(factory=False, factory_state={"encoder.codec": codec, "encoder.width": width, "encoder.height": height})
    told = frame.take(handle.address, handle.rtsp_port, STREAMS["hikvision"], *handle.login)
    assert told["ok"], told
    picture = Image.open(io.BytesIO(b64decode(told["jpeg"])))
    assert picture.format == "JPEG"
    assert picture.size == (told["width"], told["height"]) == (frame.WIDTH, pytest.approx(frame.WIDTH * height / width, abs=2))
    assert len(picture.convert("RGB").getcolors(1 << 20) or ["many"]) > 1, "one colour only: nothing was decoded"


def test_a_refused_login_and_a_silent_camera_say_so(camera: Callable[..., CameraHandle]) -> None:
    handle = camera(factory=False)
    user, password = handle.login
    told = frame.take(handle.address, handle.rtsp_port, STREAMS["hikvision"], user, f"{password}-wrong")
    assert told == {"ok": False, "reason": "login_refused"}
    assert frame.take(handle.address, 1, STREAMS["hikvision"], user, password)["reason"] == "unreachable"
