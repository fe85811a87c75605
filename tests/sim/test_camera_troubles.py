"""Each trouble of the personality table, shown by a client: what it does, and that it does nothing when it isn't asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from camera_clients import ask, ask_as_admin, body_of, ffprobe, rtsp_url, subcodes, user_token, zeep_client
from camera_process import CameraHandle
from lxml import etree
from onvif import ONVIFError

Start = Callable[..., CameraHandle]
SMALL = {"encoder.width": 640, "encoder.height": 360, "encoder.bitrate_kbps": 256, "encoder.gop": 10, "encoder.fps": 10}
INFORMATION = "<tds:GetDeviceInformation/>"
PROFILE = "<trt:ProfileToken>Profile_1</trt:ProfileToken>"


def encoder(fps: int = 15, multicast: str = "224.1.2.3", leave_out: str = "") -> str:
    """A Media1 write of the main stream's encoder, whole but for one element."""
    parts = {
        "Name": "<tt:Name>MainStream</tt:Name>",
        "UseCount": "<tt:UseCount>1</tt:UseCount>",
        "Encoding": "<tt:Encoding>H264</tt:Encoding>",
        "Resolution": "<tt:Resolution><tt:Width>640</tt:Width><tt:Height>480</tt:Height></tt:Resolution>",
        "Quality": "<tt:Quality>3</tt:Quality>",
        "RateControl": f"<tt:RateControl><tt:FrameRateLimit>{fps}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>"
        "<tt:BitrateLimit>512</tt:BitrateLimit></tt:RateControl>",
        "H264": "<tt:H264><tt:GovLength>30</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>",
        "Multicast": f"<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>{multicast}</tt:IPv4Address></tt:Address>"
        "<tt:Port>8860</tt:Port><tt:TTL>5</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>",
        "SessionTimeout": "<tt:SessionTimeout>PT60S</tt:SessionTimeout>",
    }
    inner = "".join(xml for name, xml in parts.items() if name != leave_out)
    return (
        f'<trt:SetVideoEncoderConfiguration><trt:Configuration token="VideoEncoder_1">{inner}</trt:Configuration>'
        "<trt:ForcePersistence>true</trt:ForcePersistence></trt:SetVideoEncoderConfiguration>"
    )


def user(password: str) -> str:
    return (
        f"<tds:CreateUsers><tds:User><tt:Username>new</tt:Username><tt:Password>{password}</tt:Password>"
        "<tt:UserLevel>User</tt:UserLevel></tds:User></tds:CreateUsers>"
    )


def test_an_unknown_flag_stops_the_camera_from_starting(camera: Start) -> None:
    with pytest.raises(RuntimeError, match="did not start"):
        camera(personality={"acepts_and_forgets": ["users"]})


def test_accepts_and_forgets(camera: Start) -> None:
    one = camera(personality={"accepts_and_forgets": ["encoder.fps", "users", "hostname"]})
    assert ask_as_admin(one, encoder(fps=15)).status_code == 200
    assert ask_as_admin(one, user("viewer2021")).status_code == 200
    assert ask_as_admin(one, "<tds:SetHostname><tds:Name>C01</tds:Name></tds:SetHostname>").status_code == 200
    now = one.control("get")
    assert (now["encoder"]["fps"], now["encoder"]["gop"], len(now["users"]), now["hostname"]) == (5, 30, 1, "IPC")
    assert [(w["op"], w["result"]) for w in one.control("writes")] == [
        ("SetVideoEncoderConfiguration", "ok"),
        ("CreateUsers", "ok"),
        ("SetHostname", "ok"),
    ]


def test_forgets_on_reboot(camera: Start) -> None:
    one = camera(personality={"forgets_on_reboot": ["hostname"], "reboot_s": 0.1})
    ask_as_admin(one, "<tds:SetHostname><tds:Name>C01</tds:Name></tds:SetHostname>")
    assert one.control("get", path="hostname") == "C01"
    one.control("reboot")
    assert one.control("get", path="hostname") == "IPC"


def test_reboot_on(camera: Start) -> None:
    one = camera(personality={"reboot_on": ["network"], "reboot_s": 0.1})
    change = (
        "<tds:SetNetworkInterfaces><tds:InterfaceToken>eth0</tds:InterfaceToken><tds:NetworkInterface><tt:IPv4><tt:Manual>"
        "<tt:Address>127.0.0.9</tt:Address><tt:PrefixLength>8</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP></tt:IPv4>"
        "</tds:NetworkInterface></tds:SetNetworkInterfaces>"
    )
    assert body_of(ask_as_admin(one, change)).findtext("{*}RebootNeeded") == "true"
    assert ask_as_admin(one, INFORMATION).status_code == 200
    one.control("reboot")
    moved = CameraHandle({**one.config, "address": "127.0.0.9"}, one.process)
    assert ask_as_admin(moved, INFORMATION).status_code == 200


@pytest.mark.parametrize("left_out", ["Name", "UseCount", "Multicast", "SessionTimeout"])
def test_partial_write_refused(camera: Start, left_out: str) -> None:
    one = camera(personality={"partial_write_refused": True})
    assert subcodes(ask_as_admin(one, encoder(leave_out=left_out))) == ["ter:InvalidArgs"]
    assert ask_as_admin(one, encoder()).status_code == 200
    one.set("personality.partial_write_refused", False)
    assert ask_as_admin(one, encoder(leave_out=left_out)).status_code == 200


def test_multicast_zero_refused(camera: Start) -> None:
    one = camera(personality={"multicast_zero_refused": True})
    assert subcodes(ask_as_admin(one, encoder(multicast="0.0.0.0"))) == ["ter:InvalidArgVal", "ter:ConfigModify"]
    assert ask_as_admin(one, encoder()).status_code == 200


def test_foreign_address(camera: Start) -> None:
    one = camera(personality={"foreign_address": "10.9.9.9"})
    services = ask(one, "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>")
    assert {e.text.split("/")[2] for e in body_of(services).iterfind(".//{*}XAddr")} == {f"10.9.9.9:{one.http_port}"}
    stream = ask_as_admin(one, f"<trt:GetStreamUri><trt:StreamSetup/>{PROFILE}</trt:GetStreamUri>")
    assert body_of(stream).findtext(".//{*}Uri") == f"rtsp://10.9.9.9:{one.rtsp_port}/Streaming/Channels/101"


def test_unescaped_amp(camera: Start) -> None:
    one = camera(make="dahua", personality={"unescaped_amp": True})
    question = f"<trt:GetStreamUri><trt:StreamSetup/>{PROFILE}</trt:GetStreamUri>"
    with pytest.raises(etree.XMLSyntaxError):
        body_of(ask_as_admin(one, question))
    one.set("personality.unescaped_amp", False)
    uri = body_of(ask_as_admin(one, question)).findtext(".//{*}Uri")
    assert uri.endswith("/cam/realmonitor?channel=1&subtype=0&unicast=true")


def test_digest_only_and_wss_only(camera: Start) -> None:
    one = camera(personality={"digest_only": True})
    digest = requests.auth.HTTPDigestAuth(*one.login)
    assert ask(one, INFORMATION, user_token(*one.login)).status_code == 401
    assert ask(one, INFORMATION, auth=digest).status_code == 200
    one.set("personality.digest_only", False)
    one.set("personality.wss_only", True)
    assert ask(one, INFORMATION, user_token(*one.login)).status_code == 200
    refused = ask(one, INFORMATION, auth=digest)
    assert (refused.status_code, refused.headers.get("WWW-Authenticate")) == (400, None)


def test_long_nonces_and_times_are_refused(camera: Start) -> None:
    one = camera(personality={"wss_created_max": 20, "wss_nonce_max": 16})
    short = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    assert ask(one, INFORMATION, user_token(*one.login, created=short)).status_code == 200
    assert ask(one, INFORMATION, user_token(*one.login)).status_code == 400
    assert ask(one, INFORMATION, user_token(*one.login, created=short, nonce=bytes(32))).status_code == 400


def test_lockout(camera: Start) -> None:
    one = camera(personality={"lockout": {"after": 2, "seconds": 60}})
    for _ in range(2):
        ask(one, INFORMATION, user_token("admin", "guess"))
    assert ask_as_admin(one, INFORMATION).status_code == 400
    with pytest.raises(RuntimeError, match="401"):
        ffprobe(rtsp_url(one), 1)
    assert [entry["result"] for entry in one.control("logins")][:3] == ["bad_password", "bad_password", "locked"]
    assert one.control("status")["locked_until"] > time.time() + 50
    one.control("unlock")
    assert ask_as_admin(one, INFORMATION).status_code == 200


def test_passwords_have_their_limits(camera: Start) -> None:
    one = camera(personality={"password_max": 16, "password_min": 8})
    assert subcodes(ask_as_admin(one, user("x" * 17))) == ["ter:InvalidArgVal", "ter:PasswordTooLong"]
    assert subcodes(ask_as_admin(one, user("short"))) == ["ter:OperationProhibited", "ter:PasswordTooWeak"]
    assert ask_as_admin(one, user("x" * 16)).status_code == 200


def test_password_cut(camera: Start) -> None:
    one = camera(personality={"password_cut": 10})
    assert ask_as_admin(one, user("0123456789abcdef")).status_code == 200
    assert ask(one, INFORMATION, user_token("new", "0123456789abcdef")).status_code == 400
    assert ask(one, INFORMATION, user_token("new", "0123456789")).status_code == 200


def test_osd_text_max(camera: Start) -> None:
    def osd(text: str) -> str:
        return (
            '<trt:SetOSD><trt:OSD token="OSD_2"><tt:VideoSourceConfigurationToken>VideoSourceConfig_1</tt:VideoSourceConfigurationToken>'
            "<tt:Type>Text</tt:Type><tt:Position><tt:Type>LowerLeft</tt:Type></tt:Position><tt:TextString><tt:Type>Plain</tt:Type>"
            f"<tt:PlainText>{text}</tt:PlainText></tt:TextString></trt:OSD></trt:SetOSD>"
        )

    one = camera(personality={"osd_text_max": 10})
    assert subcodes(ask_as_admin(one, osd("AN-NHON-01 C01"))) == ["ter:InvalidArgVal", "ter:ConfigModify"]
    assert ask_as_admin(one, osd("AN-NHON-01")).status_code == 200
    assert one.control("get", path="osd")[1]["text"] == "AN-NHON-01"


def test_an_obsolete_camera_has_mjpeg_and_nothing_else(camera: Start) -> None:
    one = camera(make="generic", personality={"h264_missing": True, "media2_missing": True, "max_width": 704})
    options = body_of(ask_as_admin(one, "<trt:GetVideoEncoderConfigurationOptions/>"))
    assert options.find(".//{*}H264") is None
    assert max(int(e.text) for e in options.iterfind(".//{*}Width")) == 704
    assert subcodes(ask_as_admin(one, encoder())) == ["ter:InvalidArgVal", "ter:ConfigModify"]
    assert subcodes(ask_as_admin(one, "<tr2:GetProfiles/>")) == ["ter:ActionNotSupported"]


def test_services_fault_leaves_capabilities(camera: Start) -> None:
    one = camera(personality={"services_fault": True})
    services = "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>"
    assert subcodes(ask(one, services)) == ["ter:ActionNotSupported"]
    assert body_of(ask(one, "<tds:GetCapabilities/>")).findtext(".//{*}Media/{*}XAddr").endswith("/onvif/Media")


def test_absurd_limits_and_no_multicast(camera: Start) -> None:
    one = camera(personality={"absurd_limits": True, "no_multicast": True})
    options = body_of(ask_as_admin(one, "<trt:GetVideoEncoderConfigurationOptions/>"))
    assert "2147483647" in [e.text for e in options.iterfind(".//{*}Max")]
    assert body_of(ask_as_admin(one, "<trt:GetVideoEncoderConfigurations/>")).find(".//{*}Multicast") is None


def test_rates_are_rounded_down_without_a_word(camera: Start) -> None:
    one = camera(personality={"rates": [5, 12, 25]})
    assert ask_as_admin(one, encoder(fps=15)).status_code == 200
    assert one.control("get", path="encoder.fps") == 12


def test_local_time_as_utc_and_no_clock(camera: Start) -> None:
    one = camera(factory_state={"clock.timezone": "ICT-7"}, personality={"local_time_as_utc": True, "no_clock": True})
    clock = zeep_client(one).devicemgmt.GetSystemDateAndTime()
    assert clock.UTCDateTime.Time.Hour == clock.LocalDateTime.Time.Hour
    with pytest.raises(ONVIFError):
        zeep_client(one).devicemgmt.SetNTP({"FromDHCP": False})


def test_clock_lost_on_reboot(camera: Start) -> None:
    one = camera(clock_offset_s=-5000, personality={"clock_lost_on_reboot": True, "reboot_s": 0.1})
    one.set("clock.offset_s", 0.0)
    one.control("reboot")
    assert one.control("get", path="clock.offset_s") == -5000


def test_smart_codec_falsifies_rate_and_keyframes(camera: Start) -> None:
    one = camera(factory=False, factory_state=SMALL, personality={"smart_codec": True})
    settings = zeep_client(one).create_media_service().GetProfiles()[0].VideoEncoderConfiguration
    assert (settings.RateControl.FrameRateLimit, settings.H264.GovLength) == (10, 10)
    seen = ffprobe(rtsp_url(one), 9)
    assert seen.rate == pytest.approx(5, abs=0.2)
    assert seen.keyframe_distance == 40


def test_udp_refused_and_udp_vanishing(camera: Start) -> None:
    one = camera(factory=False, factory_state=SMALL, personality={"udp_refused": True})
    with pytest.raises(RuntimeError, match="461"):
        ffprobe(rtsp_url(one), 1, "udp")
    one.set("personality.udp_refused", False)
    one.set("personality.udp_vanishes", True)
    assert ffprobe(rtsp_url(one), 1, "udp", timeout_s=2).keyframes == []
    assert len(ffprobe(rtsp_url(one), 1, "tcp").keyframes) > 0


def test_slow_and_hanging(camera: Start) -> None:
    one = camera(personality={"slow_ms": 400})
    assert ask(one, "<tds:GetSystemDateAndTime/>").elapsed.total_seconds() > 0.4
    one.set("personality.slow_ms", 0)
    one.set("personality.hang", True)
    with pytest.raises(requests.exceptions.ReadTimeout):
        ask(one, "<tds:GetSystemDateAndTime/>", timeout=0.5)
    one.set("personality.hang", False)
    assert ask(one, "<tds:GetSystemDateAndTime/>").status_code == 200


def test_onvif_off_and_failing_operations(camera: Start) -> None:
    one = camera(personality={"write_faults": {"SetNTP": "ter:ActionNotSupported"}, "denied_status": 403})
    failing: Any = ask_as_admin(one, "<tds:SetNTP><tds:FromDHCP>false</tds:FromDHCP></tds:SetNTP>")
    assert (failing.status_code, subcodes(failing)) == (500, ["ter:ActionNotSupported"])
    assert one.control("writes")[-1]["result"] == "ter:ActionNotSupported"
    assert ask(one, INFORMATION, user_token("admin", "no")).status_code == 403
    one.set("personality.onvif_off", True)
    assert ask(one, "<tds:GetSystemDateAndTime/>").status_code == 404
