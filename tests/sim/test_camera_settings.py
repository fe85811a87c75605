"""What onvif-zeep reads and writes on a simulated camera, and what becomes of it."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from camera_clients import ask, ask_as_admin, body_of, ffprobe, rtsp_url, subcodes, user_token, zeep_client
from camera_process import CameraHandle
from onvif import ONVIFError

Start = Callable[..., CameraHandle]
SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}


def set_encoder(media: Any, width: int, height: int, fps: int, gop: int, codec: str = "H264") -> None:
    config = media.GetProfiles()[0].VideoEncoderConfiguration
    config.Encoding = codec
    config.Resolution.Width, config.Resolution.Height = width, height
    config.RateControl.FrameRateLimit, config.RateControl.BitrateLimit = fps, 1024
    config.H264 = {"GovLength": gop, "H264Profile": "Main"}
    media.SetVideoEncoderConfiguration({"Configuration": config, "ForcePersistence": True})


def test_the_stream_becomes_what_onvif_zeep_set(camera: Start) -> None:
    one = camera(make="generic")
    before = ffprobe(rtsp_url(one), 1)
    assert (before.codec, before.width, before.height) == ("mjpeg", 640, 480)

    media = zeep_client(one).create_media_service()
    set_encoder(media, 1920, 1080, 15, 30)
    uri = media.GetStreamUri({"StreamSetup": SETUP, "ProfileToken": media.GetProfiles()[0].token}).Uri
    assert uri == f"rtsp://{one.address}:{one.rtsp_port}/live/ch00_0"

    after = ffprobe(rtsp_url(one), 4)
    assert (after.codec, after.profile, after.width, after.height) == ("h264", "Main", 1920, 1080)
    assert after.rate == pytest.approx(15, abs=0.3)
    assert after.keyframe_distance == 30


def test_a_factory_camera_is_off_standard_in_every_way(camera: Start) -> None:
    one = camera(clock_offset_s=-3600)
    device = zeep_client(one).devicemgmt
    clock = device.GetSystemDateAndTime()
    assert (clock.DateTimeType, clock.TimeZone.TZ) == ("Manual", "UTC0")
    assert device.GetNTP().NTPManual == []
    assert device.GetDiscoveryMode() == "Discoverable"
    assert device.GetHostname().Name == "IPC"
    assert [(u.Username, u.UserLevel) for u in device.GetUsers()] == [("admin", "Administrator")]
    encoder = zeep_client(one).create_media_service().GetProfiles()[0].VideoEncoderConfiguration
    assert (encoder.Resolution.Width, encoder.RateControl.FrameRateLimit, encoder.H264.GovLength) == (640, 5, 50)


def test_a_wrong_password_is_refused_and_journalled(camera: Start) -> None:
    one = camera()
    with pytest.raises(ONVIFError, match="not Authorized"):
        zeep_client(one, "admin", "guess").devicemgmt.GetDeviceInformation()
    assert [(entry["user"], entry["result"]) for entry in one.control("logins")] == [("admin", "bad_password")]


def test_a_viewer_reads_and_cannot_write(camera: Start) -> None:
    one = camera()
    admin = zeep_client(one).devicemgmt
    admin.CreateUsers({"User": [{"Username": "kn-view", "Password": "viewer2021", "UserLevel": "User"}]})
    viewer = zeep_client(one, "kn-view", "viewer2021")
    assert viewer.devicemgmt.GetDeviceInformation().Manufacturer == "HIKVISION"
    media = viewer.create_media_service()
    assert len(media.GetProfiles()) == 2
    for forbidden in (
        lambda: set_encoder(media, 1920, 1080, 15, 30),
        lambda: viewer.devicemgmt.SetHostname({"Name": "mine"}),
        lambda: viewer.devicemgmt.GetUsers(),
    ):
        with pytest.raises(ONVIFError, match="not Authorized"):
            forbidden()
    refused = [entry for entry in one.control("writes") if entry["user"] == "kn-view"]
    assert {entry["result"] for entry in refused} == {"ter:NotAuthorized"}
    assert one.control("get", path="hostname") == "IPC"


def test_a_changed_password_opens_and_the_old_one_does_not(camera: Start) -> None:
    one = camera()
    zeep_client(one).devicemgmt.SetUser({"User": [{"Username": "admin", "Password": "Zx81Zx81Zx81Zx81", "UserLevel": "Administrator"}]})
    with pytest.raises(ONVIFError):
        zeep_client(one, "admin", "admin12345").devicemgmt.GetUsers()
    assert zeep_client(one, "admin", "Zx81Zx81Zx81Zx81").devicemgmt.GetUsers()[0].Username == "admin"


def test_the_last_administrator_stays(camera: Start) -> None:
    one = camera()
    refused = ask_as_admin(one, "<tds:DeleteUsers><tds:Username>admin</tds:Username></tds:DeleteUsers>")
    assert subcodes(refused) == ["ter:InvalidArgVal", "ter:FixedUser"]


def test_state_survives_a_reboot_and_a_power_cut_but_not_a_factory_reset(camera: Start, tmp_path: Any) -> None:
    one = camera(tmp_path)
    device = zeep_client(one).devicemgmt
    device.SetHostname({"Name": "AN-NHON-01-C01"})
    device.SystemReboot()
    deadline = time.monotonic() + 30
    while one.control("status")["boots"] == 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert zeep_client(one).devicemgmt.GetHostname().Name == "AN-NHON-01-C01"

    one.process.kill()
    one.process.wait(10)
    again = camera(tmp_path)
    assert zeep_client(again).devicemgmt.GetHostname().Name == "AN-NHON-01-C01"
    again.control("factory_reset")
    assert zeep_client(again).devicemgmt.GetHostname().Name == "IPC"


def test_connections_are_refused_while_it_reboots(camera: Start) -> None:
    one = camera(personality={"reboot_s": 5})
    rebooting = threading.Thread(target=lambda: one.control("reboot"))
    rebooting.start()
    refused = False
    while not refused and rebooting.is_alive():
        rebooting.join(0.05)  # so that connections it hasn't accepted yet don't queue up until the kernel drops the next
        try:
            socket.create_connection((one.address, one.http_port), 1).close()
        except ConnectionRefusedError:
            refused = True
        except (ConnectionResetError, TimeoutError):  # it was just closing: says nothing
            continue
    rebooting.join(30)
    assert refused
    socket.create_connection((one.address, one.http_port), 20).close()


def test_a_setting_out_of_range_is_refused_by_the_book(camera: Start) -> None:
    one = camera()
    with pytest.raises(ONVIFError, match="Resolution 123x45") as refusal:
        set_encoder(zeep_client(one).create_media_service(), 123, 45, 15, 30)
    assert [code.localname for code in refusal.value.__context__.subcodes] == ["InvalidArgVal", "ConfigModify"]
    assert one.control("get", path="encoder.width") == 640


@pytest.fixture
def time_server() -> Iterator[int]:
    """An SNTP server on loopback, right to the second; its port."""
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                data, peer = link.recvfrom(100)
            except OSError:
                return
            if data == b"stop":
                return
            seconds = int(time.time()) + 2_208_988_800
            link.sendto(b"\x24\x02" + bytes(22) + data[40:48] + struct.pack("!IIII", seconds, 0, seconds, 0), peer)

    thread = threading.Thread(target=serve)
    thread.start()
    yield link.getsockname()[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
        last.sendto(b"stop", link.getsockname())
    thread.join(5)
    link.close()


def test_the_clock_follows_the_time_server_it_was_given(camera: Start, time_server: int) -> None:
    one = camera(clock_offset_s=-25_200, ntp_port=time_server)
    device = zeep_client(one).devicemgmt
    device.SetNTP({"FromDHCP": False, "NTPManual": [{"Type": "IPv4", "IPv4Address": "127.0.0.1"}]})
    assert one.control("get", path="clock.offset_s") == -25_200
    device.SetSystemDateAndTime({"DateTimeType": "NTP", "DaylightSavings": False, "TimeZone": {"TZ": "ICT-7"}})
    deadline = time.monotonic() + 30
    while abs(one.control("get", path="clock.offset_s")) > 1.5 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert abs(one.control("get", path="clock.offset_s")) < 1.5
    clock = zeep_client(one).devicemgmt.GetSystemDateAndTime()
    assert (clock.LocalDateTime.Time.Hour - clock.UTCDateTime.Time.Hour) % 24 == 7


def test_a_login_counts_only_near_the_cameras_own_clock(camera: Start) -> None:
    one = camera(clock_offset_s=-25_200)
    question = "<tds:GetDeviceInformation/>"
    assert ask(one, "<tds:GetSystemDateAndTime/>").status_code == 200
    late = ask(one, question, user_token(*one.login))
    assert (late.status_code, subcodes(late)) == (400, ["ter:NotAuthorized"])
    token = user_token(*one.login, skew_s=-25_200)
    assert ask(one, question, token).status_code == 200
    assert subcodes(ask(one, question, token)) == ["ter:NotAuthorized"]
    assert [entry["result"] for entry in one.control("logins")] == ["stale", "ok", "replay"]


def test_nothing_but_time_and_services_is_told_without_a_login(camera: Start) -> None:
    one = camera()
    for operation in ("GetSystemDateAndTime", "GetCapabilities", "GetWsdlUrl"):
        assert ask(one, f"<tds:{operation}/>").status_code == 200
    for operation in ("tds:GetDeviceInformation", "tds:GetUsers", "tds:GetScopes", "tds:GetNTP", "trt:GetProfiles", "tr2:GetProfiles"):
        refused = ask(one, f"<{operation}/>")
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Digest ")
        assert subcodes(refused) == ["ter:NotAuthorized"]


def test_the_address_moves_when_it_is_written(camera: Start) -> None:
    one = camera()
    device = zeep_client(one).devicemgmt
    change = {"Enabled": True, "IPv4": {"Enabled": True, "DHCP": False, "Manual": [{"Address": "127.0.0.7", "PrefixLength": 8}]}}
    assert device.SetNetworkInterfaces({"InterfaceToken": "eth0", "NetworkInterface": change}) is False
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.7", one.http_port), 1).close()
            break
        except OSError:
            time.sleep(0.05)
    with pytest.raises(OSError):
        socket.create_connection((one.address, one.http_port), 1)
    moved = CameraHandle({**one.config, "address": "127.0.0.7"}, one.process)
    assert zeep_client(moved).devicemgmt.GetNetworkInterfaces()[0].IPv4.Config.Manual[0].Address == "127.0.0.7"


def test_the_lab_changes_a_setting_behind_everybodys_back(camera: Start) -> None:
    one = camera(factory=False)
    one.set("encoder.width", 640)
    assert zeep_client(one).create_media_service().GetProfiles()[0].VideoEncoderConfiguration.Resolution.Width == 640
    assert one.control("writes") == []
    with pytest.raises(RuntimeError, match="no such path"):
        one.set("encoder.colour", "blue")


def test_passwords_stay_out_of_what_the_lab_shows_unasked(camera: Start) -> None:
    one = camera()
    assert one.control("get")["users"] == [{"name": "admin", "password": "***", "level": "Administrator"}]
    assert body_of(ask_as_admin(one, "<tds:GetUsers/>")).findtext(".//{*}Password") is None
