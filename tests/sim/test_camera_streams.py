"""The packets of a simulated camera, as ffprobe sees them, and who gets none."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from camera_clients import ask_as_admin, ffprobe, rtsp_url
from camera_process import CameraHandle

Start = Callable[..., CameraHandle]
SMALL = {"encoder.width": 640, "encoder.height": 360, "encoder.bitrate_kbps": 256}


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("codec", "name"), [("H264", "h264"), ("H265", "hevc"), ("JPEG", "mjpeg")])
def test_every_codec_plays_over_every_transport(camera: Start, codec: str, name: str, transport: str) -> None:
    one = camera(factory=False, factory_state={**SMALL, "encoder.codec": codec, "encoder.gop": 20, "encoder.fps": 10})
    seen = ffprobe(rtsp_url(one), 3.5, transport)
    assert (seen.codec, seen.width, seen.height) == (name, 640, 360)
    assert seen.rate == pytest.approx(10, abs=0.3)
    assert seen.keyframe_distance == (1 if codec == "JPEG" else 20)


def test_frames_decode_without_an_error(camera: Start) -> None:
    for codec in ("H264", "H265", "JPEG"):
        one = camera(factory=False, factory_state={**SMALL, "encoder.codec": codec, "encoder.gop": 10, "encoder.fps": 10})
        command = ["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", rtsp_url(one), "-t", "2.5", "-f", "null", "-"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert (done.returncode, done.stderr) == (0, ""), codec


def test_the_sub_stream_is_a_stream_of_its_own(camera: Start) -> None:
    one = camera()
    seen = ffprobe(rtsp_url(one, path="/Streaming/Channels/102"), 2)
    assert (seen.codec, seen.width, seen.height) == ("h264", 352, 288)


@pytest.mark.parametrize("login", [("", ""), ("admin", "wrong"), ("nobody", "admin12345")])
def test_a_stream_is_refused_without_a_good_login(camera: Start, login: tuple[str, str]) -> None:
    one = camera()
    with pytest.raises(RuntimeError, match="401 Unauthorized"):
        ffprobe(rtsp_url(one, login), 1)
    results = {entry["result"] for entry in one.control("logins")}
    assert results == {"bad_password" if login[0] == "admin" else "unknown_user"} if login[0] else results <= {"unknown_user"}


def test_an_open_stream_needs_no_login(camera: Start) -> None:
    one = camera(factory=False, factory_state={**SMALL, "rtsp.anonymous": True})
    assert ffprobe(rtsp_url(one).replace("admin:admin12345@", ""), 1).codec == "h264"


class Player:
    """A client that keeps one RTSP connection open and counts bytes; ``play`` needs an open stream (rtsp.anonymous)."""

    def __init__(self, camera: CameraHandle, path: str = "/Streaming/Channels/101") -> None:
        self._url = f"rtsp://{camera.address}:{camera.rtsp_port}{path}"
        self.link = socket.create_connection((camera.address, camera.rtsp_port), 10)
        self._ask("DESCRIBE")
        self._ask("SETUP", f"{self._url}/trackID=1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")

    def _ask(self, method: str, url: str = "", more: str = "") -> str:
        self.link.sendall(f"{method} {url or self._url} RTSP/1.0\r\nCSeq: 1\r\n{more}\r\n".encode())
        answer = self.link.recv(65536).decode("latin-1")
        self.session = next((line.split()[1] for line in answer.splitlines() if line.startswith("Session:")), "")
        assert "200 OK" in answer
        return answer

    def play(self) -> None:
        self._ask("PLAY", more=f"Session: {self.session.split(';')[0]}\r\n")

    def read(self, seconds: float) -> int:
        """Bytes that arrive within some seconds; -1: the camera hung up."""
        total, end = 0, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.link.settimeout(left)
            try:
                data = self.link.recv(65536)
            except TimeoutError:
                break
            except ConnectionResetError:
                return -1
            if not data:
                return -1
            total += len(data)
        return total


def playing(start: Start) -> tuple[CameraHandle, Player]:
    one = start(factory=False, factory_state={**SMALL, "encoder.gop": 15, "rtsp.anonymous": True})
    player = Player(one)
    player.play()
    assert player.read(1) > 0
    return one, player


def test_a_frozen_camera_keeps_its_sockets_and_sends_nothing(camera: Start) -> None:
    one, player = playing(camera)
    one.control("freeze", value=True)
    player.read(0.3)
    assert player.read(1) == 0
    assert Player(one).link.fileno() > 0
    one.control("freeze", value=False)
    assert player.read(1) > 0


def test_a_write_cuts_the_stream_it_changes_and_no_other(camera: Start) -> None:
    one, player = playing(camera)
    sub = Player(one, "/Streaming/Channels/102")
    sub.play()
    one.set("encoder.fps", 5)
    assert player.read(2) == -1
    assert sub.read(1) > 0


def test_a_password_change_does_not_cut_a_stream(camera: Start) -> None:
    one, player = playing(camera)
    one.set("users", [{"name": "admin", "password": "another", "level": "Administrator"}])
    assert player.read(1) > 0


def test_sound_is_in_the_stream_until_it_is_taken_out_of_the_profile(camera: Start) -> None:
    one = camera()
    assert sorted(ffprobe(rtsp_url(one), 1).media) == ["audio", "video"]
    answer = ask_as_admin(
        one, "<trt:RemoveAudioEncoderConfiguration><trt:ProfileToken>Profile_1</trt:ProfileToken></trt:RemoveAudioEncoderConfiguration>"
    )
    assert answer.status_code == 200
    assert ffprobe(rtsp_url(one), 1).media == ["video"]


def test_an_unknown_path_is_not_found(camera: Start) -> None:
    one = camera()
    with pytest.raises(RuntimeError, match="404"):
        ffprobe(rtsp_url(one, path="/Streaming/Channels/999"), 1)


def test_cameras_that_start_side_by_side_encode_a_clip_once(camera: Start, tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    state = {**SMALL, "encoder.fps": 7, "encoder.gop": 14, "rtsp.anonymous": True}
    cameras = [camera(factory=False, factory_state=state, clip_dir=str(clips)) for _ in range(3)]
    players = [subprocess.Popen(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", rtsp_url(c)]) for c in cameras]
    assert [player.wait(60) for player in players] == [0, 0, 0]
    made = [entry for entry in clips.iterdir() if entry.suffix == ".h264"]
    assert len(made) == 1
    assert made[0].name == "main-640x360-7-g14-256k.h264"
