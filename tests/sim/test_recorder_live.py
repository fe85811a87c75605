"""A simulated recorder's live pictures, at its make's addresses, as ffprobe sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from camera_clients import ffprobe, rtsp_url
from camera_process import CameraHandle
from recorder_process import RecorderHandle

Start = Callable[..., RecorderHandle]
MAIN = {"hikvision": "/Streaming/Channels/101", "dahua": "/cam/realmonitor?channel=1&subtype=0"}
SUB = {"hikvision": "/Streaming/Channels/102", "dahua": "/cam/realmonitor?channel=1&subtype=1"}
SECOND = {"hikvision": "/Streaming/Channels/201", "dahua": "/cam/realmonitor?channel=2&subtype=0"}


def with_camera(start: Start, make: str, source: CameraHandle) -> RecorderHandle:
    user, password = source.login
    where = {"address": source.address, "port": source.http_port, "protocol": "onvif", "rtsp_path": ""}
    channel: dict[str, Any] = {"set": True, "name": "Gate", "user": user, "password": password, **where}
    there = start(make=make, channels=2, factory_state={"channels.1": channel})
    there.await_online(1)
    return there


@pytest.mark.parametrize("make", ["hikvision", "dahua"])
def test_a_channel_plays_its_main_and_its_sub_stream(recorder: Start, camera: Callable[..., CameraHandle], make: str) -> None:
    there = with_camera(recorder, make, camera(factory=False))
    main, sub = ffprobe(rtsp_url(there, path=MAIN[make]), 3), ffprobe(rtsp_url(there, path=SUB[make]), 1)
    assert (main.codec, main.width, main.height, main.keyframe_distance) == ("h264", 1280, 720, 30)
    assert (sub.codec, sub.width, sub.height) == ("h264", 640, 360)


@pytest.mark.parametrize("make", ["hikvision", "dahua"])
def test_a_channel_without_a_camera_that_answers_plays_nothing(recorder: Start, camera: Callable[..., CameraHandle], make: str) -> None:
    source = camera(factory=False)
    there = with_camera(recorder, make, source)
    with pytest.raises(RuntimeError, match="404"):
        ffprobe(rtsp_url(there, path=SECOND[make]), 1)
    source.control("freeze", value=True)
    there.await_online(1, online=False)
    with pytest.raises(RuntimeError, match="404"):
        ffprobe(rtsp_url(there, path=MAIN[make]), 1)


def test_nobody_sees_it_without_the_recorders_password(recorder: Start, camera: Callable[..., CameraHandle]) -> None:
    there = with_camera(recorder, "hikvision", camera(factory=False))
    with pytest.raises(RuntimeError, match="401"):
        ffprobe(rtsp_url(there, ("admin", "wrong"), MAIN["hikvision"]), 1)
    assert "bad_password" in {entry["result"] for entry in there.control("logins")}
