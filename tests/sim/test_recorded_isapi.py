"""Hikvision devices as their answers were published (maciej-or/hikvision_next, re-typed and shortened), played to the whole driver;
and each of their answers replaced by every refusal that firmware has for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from device_site import ADMIN, VIEWER
from recorded import Played, Reply, digest, played

from edge_agent.contract.devices import Account, DesiredChannel, DesiredDevice, DesiredEncoder, DesiredNetwork
from edge_agent.devices import hikvision
from edge_agent.devices.faults import DeviceFailure
from edge_agent.devices.hikvision import isapi
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import Identity, ObservedDevice, Storage

NEW, OLD = 'xmlns="http://www.isapi.org/ver20/XMLSchema"', 'xmlns="http://www.hikvision.com/ver20/XMLSchema"'
DIGEST = (
    'Digest realm="fe12f37bd1ccbbd35f1", domain="::", qop="auth", nonce="300b7e88f3d69ebf:1685", opaque="", algorithm="MD5", stale="FALSE"'
)
ENCODER = DesiredEncoder("h264", 1920, 1080, 15, 2, 2048)
CAMERA: dict[str, Any] = {"encoder": ENCODER, "sub_encoder": ENCODER, "osd": "Kho", "discovery": "NonDiscoverable"}
RECORDER: dict[str, Any] = {
    "kind": "recorder",
    "channels": (DesiredChannel(1, "Cổng", "1.0.0.236", 80, "hikvision", Account("kn-view", "x")),),
    "recording": "continuous",
    "recording_days": 2,
}


def status(code: int, sub: str, word: str = "Invalid Operation") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ResponseStatus version="2.0" {NEW}><requestURL>/ISAPI</requestURL>'
        f"<statusCode>{code}</statusCode><statusString>{word}</statusString><subStatusCode>{sub}</subStatusCode></ResponseStatus>"
    )


NOT_SUPPORTED = Reply(status(4, "notSupport"), 403)
INVALID = Reply(status(4, "invalidOperation"), 403)


def camera_stream(number: int, codec: str, size: tuple[int, int], rate: int) -> str:
    return (
        f'<StreamingChannel version="2.0" {OLD}><id>{number}</id><channelName>SCD14</channelName><enabled>true</enabled><Transport>'
        "<Multicast><enabled>true</enabled><destIPAddress>0.0.0.0</destIPAddress></Multicast></Transport><Video><enabled>true</enabled><videoCodecType>"
        f"{codec}</videoCodecType><videoResolutionWidth>{size[0]}</videoResolutionWidth><videoResolutionHeight>{size[1]}</videoResolutionHeight>"
        "<videoQualityControlType>CBR</videoQualityControlType><constantBitRate>4096</constantBitRate><fixedQuality>60</fixedQuality>"
        f"<maxFrameRate>{rate}</maxFrameRate><keyFrameInterval>2000</keyFrameInterval><H264Profile>Main</H264Profile><GovLength>50</GovLength>"
        "<SVC><enabled>false</enabled></SVC><PacketType>PS</PacketType><PacketType>RTP</PacketType></Video><Audio><enabled>true</enabled>"
        "</Audio></StreamingChannel>"
    )


USERS = f'<UserList version="2.0" {OLD}><User><id>1</id><userName>admin</userName><userLevel>Administrator</userLevel></User></UserList>'
TIME = (
    f'<Time version="2.0" {OLD}><timeMode>manual</timeMode><localTime>2021-10-21T17:32:54+08:00</localTime>'
    "<timeZone>CST-8:00:00</timeZone></Time>"
)
IPC_2532F = {
    "System/deviceInfo": f'<DeviceInfo version="2.0" {OLD}><deviceName>SCD14 #TUIN</deviceName><model>DS-2CD2532F-IWS</model><serialNumber>'
    "DS-2CD2532F-IWS0</serialNumber><macAddress>16:33:90:0d:9b:e8</macAddress><firmwareVersion>V5.2.0</firmwareVersion><firmwareReleasedDate>"
    "build 140721</firmwareReleasedDate><deviceType>IPCamera</deviceType></DeviceInfo>",
    "Streaming/channels/101": camera_stream(101, "H.264", (1920, 1080), 2500),
    "Streaming/channels/102": camera_stream(102, "MJPEG", (640, 480), 1250),
    "System/time": TIME,
    "Security/users": USERS,
    "Security/adminAccesses": f"<AdminAccessProtocolList {OLD}><AdminAccessProtocol><id>1</id><enabled>true</enabled>"
    "<protocol>HTTPS</protocol><portNo>443</portNo></AdminAccessProtocol></AdminAccessProtocolList>",
    "System/time/ntpServers/1": f"<NTPServer {OLD}><id>1</id><addressingFormatType>hostname</addressingFormatType><hostName>time.nist.gov"
    "</hostName><portNo>123</portNo><synchronizeInterval>1440</synchronizeInterval></NTPServer>",
    "System/Network/interfaces/1": f"<NetworkInterface {OLD}><id>1</id><IPAddress><ipVersion>dual</ipVersion><addressingType>static"
    "</addressingType><ipAddress>127.0.0.1</ipAddress><subnetMask>255.255.255.0</subnetMask><DefaultGateway><ipAddress>127.0.0.254</ipAddress>"
    "</DefaultGateway></IPAddress></NetworkInterface>",
}
NVR_7608 = {
    "System/deviceInfo": f'<DeviceInfo version="2.0" {NEW}><deviceName>nvr</deviceName><model>DS-7608NXI-I2/8P/S</model><serialNumber>CCRRJ'
    "</serialNumber><macAddress>e0:44:cf:0b:a7:98</macAddress><firmwareVersion>V4.62.210</firmwareVersion><firmwareReleasedDate>"
    "build 230619</firmwareReleasedDate><deviceType>NVR</deviceType></DeviceInfo>",
    "ContentMgmt/Storage": f'<storage version="2.0" {NEW}><hddList><hdd><id>1</id><hddName>hdd1</hddName><hddPath/><hddType>SATA</hddType>'
    "<status>ok</status><capacity>1907729</capacity><freeSpace>0</freeSpace><property>RW</property></hdd></hddList><nasList/><workMode>quota</workMode>"
    "</storage>",
    "Security/adminAccesses": f"<AdminAccessProtocolList {NEW}><AdminAccessProtocol><id>2</id><enabled>true</enabled>"
    "<protocol>RTSP</protocol><portNo>10554</portNo></AdminAccessProtocol><AdminAccessProtocol><id>5</id><enabled>false</enabled><protocol>WebSocket</protocol><portNo>"
    "7681</portNo></AdminAccessProtocol></AdminAccessProtocolList>",
    "Streaming/channels/101": f'<StreamingChannel version="2.0" {NEW}><id>101</id><channelName>101</channelName><enabled>true</enabled>'
    "<Transport><ControlProtocolList><ControlProtocol><streamingTransport>RTSP</streamingTransport></ControlProtocol></ControlProtocolList></Transport>"
    "<Video><enabled>true</enabled><videoCodecType>H.264</videoCodecType><videoResolutionWidth>3840</videoResolutionWidth>"
    "<videoResolutionHeight>2160</videoResolutionHeight><videoQualityControlType>VBR</videoQualityControlType><vbrUpperCap>12288</vbrUpperCap>"
    "<GovLength>50</GovLength><maxFrameRate>0</maxFrameRate><SmartCodec><enabled>false</enabled></SmartCodec></Video></StreamingChannel>",
    "ContentMgmt/InputProxy/channels": f'<InputProxyChannelList version="2.0" {NEW} size="4"><InputProxyChannel><id>1</id>'
    "<name>garden</name><sourceInputPortDescriptor><proxyProtocol>HIKVISION</proxyProtocol><addressingFormatType>ipaddress</addressingFormatType><ipAddress>"
    "1.0.0.236</ipAddress><managePortNo>8000</managePortNo><srcInputPort>1</srcInputPort><userName>admin</userName><connMode>plugplay"
    "</connMode><deviceID/></sourceInputPortDescriptor><enableTiming>true</enableTiming></InputProxyChannel></InputProxyChannelList>",
    "System/time": TIME,
    "Security/users": USERS,
}
DVR_7204 = {
    "System/deviceInfo": f"<DeviceInfo {OLD}><deviceName>DVR</deviceName><model>iDS-7204HUHI-M1/E</model><serialNumber>X</serialNumber>"
    "<macAddress>e0:44:cf:0b:a7:99</macAddress><firmwareVersion>V4.75.011</firmwareVersion><deviceType>DVR</deviceType></DeviceInfo>",
    "System/Video/inputs/channels": f"<VideoInputChannelList {OLD}><VideoInputChannel><id>1</id><name>Camera 01</name>"
    "<resDesc>1080P25</resDesc></VideoInputChannel><VideoInputChannel><id>2</id><name>Camera 02</name>"
    "<resDesc>NO VIDEO</resDesc></VideoInputChannel>"
    "</VideoInputChannelList>",
    "ContentMgmt/InputProxy/channels": f'<InputProxyChannelList version="1.0" {OLD} size="2"/>',
    "System/time": TIME,
    "Security/users": USERS,
}
DOME_2SE4C = {
    "System/deviceInfo": f'<DeviceInfo version="2.0" {OLD}><deviceName>IP DOME</deviceName><model>DS-2SE4C425MWG-E-26</model><serialNumber>'
    "DS-2SE4C425MWG-E/0</serialNumber><macAddress>46:c0:7b:b4:78:f6</macAddress><firmwareVersion>V5.8.1</firmwareVersion>"
    "<firmwareReleasedDate>build 240929</firmwareReleasedDate><deviceType>IPDome</deviceType></DeviceInfo>",
    "Streaming/channels/101": camera_stream(101, "H.265", (2560, 1440), 2500),
    "Streaming/channels/102": camera_stream(102, "H.265", (704, 576), 2500),
    "Streaming/channels": f"<StreamingChannelList {OLD}>"
    + "".join(
        camera_stream(n, "H.265", s, 2500) for n, s in ((101, (2560, 1440)), (102, (704, 576)), (201, (3680, 1656)), (202, (1200, 536)))
    )
    + "</StreamingChannelList>",
    "Streaming/channels/201": camera_stream(201, "H.264", (3680, 1656), 2500),
    "ContentMgmt/Storage": f'<storage version="2.0" {OLD}><hddList version="1.0" size="8"><hdd><id>1</id><hddName>SD1</hddName><hddPath/>'
    "<hddType>SATA</hddType><status>ok</status><capacity>237708</capacity><freeSpace>213093</freeSpace><property>RW</property><Encryption>"
    '<passwordLen min="6" max="64"/></Encryption></hdd></hddList><nasList><nas><id>9</id><nasType>NFS</nasType><nasName>NAS</nasName>'
    "<status>unformatted</status><capacity>119460</capacity><freeSpace>0</freeSpace><userName>booa</userName></nas></nasList></storage>",
    "System/time": TIME,
    "Security/users": USERS,
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isapi, "BUSY_PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr("edge_agent.devices.vendor_http.RESTART_PAUSES_S", (0.0, 0.0))


def table(documents: Mapping[str, str | Reply]) -> dict[str, Reply]:
    return {f"GET /ISAPI/{path}": d if isinstance(d, Reply) else Reply(d) for path, d in documents.items()}


def read(device: Played, state: Path, **more: Any) -> tuple[ObservedDevice, DesiredDevice]:
    whole = {
        "viewer": Account("kn-view", VIEWER),
        "ntp": "10.0.0.1",
        "timezone": "ICT-7",
        "name": "C01",
        "network": DesiredNetwork(24, "127.0.0.254"),
    }
    target = DesiredDevice(
        slot=1, address="127.0.0.1", port=device.port, driver="hikvision", admin=Account("admin", ADMIN), services_off=("https", "upnp"),
        **{**whole, "deadline_s": 30.0, **more},
    )  # fmt: skip
    with hikvision.connect(target, Logins(state)) as connection:
        observed = hikvision.get(connection, target, all_options=True)
        hikvision.plan(observed, target)
        hikvision.shortfalls(observed, target)
    return observed, target


def test_a_camera_of_2014_is_read_whole(tmp_path: Path) -> None:
    with played(table(IPC_2532F), NOT_SUPPORTED, digest(DIGEST)) as device:
        observed, target = read(device, tmp_path, **CAMERA)
    assert observed.identity == Identity("HIKVISION", "DS-2CD2532F-IWS", "V5.2.0 build 140721", "DS-2CD2532F-IWS0", "16:33:90:0d:9b:e8")
    assert [(e.codec, e.width, e.fps, e.gov, e.bitrate_kbps) for e in observed.encoders] == [
        ("h264", 1920, 25, 50, 4096),
        ("jpeg", 640, 12, 50, 4096),
    ]
    assert observed.clock.servers == ("time.nist.gov",) and dict(observed.served)["multicast"] and dict(observed.served)["https"]
    fields = {c.field for c in hikvision.plan(observed, target)}
    assert {"encoder.fps", "sub_encoder.codec", "ntp", "viewer", "service.https", "audio"} <= fields


def test_a_recorder_that_lists_no_streams_is_asked_for_each(tmp_path: Path) -> None:
    with played(table(NVR_7608), INVALID, digest(DIGEST)) as device:
        observed, target = read(device, tmp_path, **RECORDER)
    (channel,) = observed.channels
    assert (channel.number, channel.address, channel.port, channel.protocol, channel.user) == (1, "1.0.0.236", 8000, "hikvision", "admin")
    assert [(e.codec, e.width, e.fps, e.gov) for e in observed.encoders] == [("h264", 3840, None, 50)]
    assert observed.storage == (Storage("hdd1", "ok", 2000399, 0),)
    assert [(s.rtsp_port, s.path) for s in observed.streams] == [(10554, "/Streaming/Channels/101")]
    assert {"channel.1.account", "channel.1.name"} <= {c.field for c in hikvision.plan(observed, target)}


def test_cameras_on_a_recorders_own_sockets_are_channels(tmp_path: Path) -> None:
    with played(table(DVR_7204), INVALID, digest(DIGEST)) as device:
        observed, _ = read(device, tmp_path, **RECORDER)
    assert [(c.number, c.name, c.protocol, c.online) for c in observed.channels] == [
        (1, "Camera 01", "analog", True),
        (2, "Camera 02", "analog", False),
    ]


def test_a_cameras_card_is_told_with_its_two_pictures(tmp_path: Path) -> None:
    with played(table(DOME_2SE4C), NOT_SUPPORTED, digest(DIGEST)) as device:
        observed, target = read(device, tmp_path, **CAMERA)
    assert observed.storage == (Storage("SD1", "ok", 249255, 223444), Storage("nas9", "unformatted", 125263, 0))
    assert [(e.token, e.codec, e.width) for e in observed.encoders] == [
        ("101", "h265", 2560),
        ("102", "h265", 704),
        ("201", "h264", 3680),
    ]
    assert observed.sub and observed.sub.token == "102"
    assert not observed.channels and "channel" not in {p.field for p in hikvision.shortfalls(observed, target)}


def test_a_recorders_full_rate_is_asked_of_its_main_streams_alone(tmp_path: Path) -> None:
    """Key-Information-Solutions/DVRtool, tests/DVRTool.Tests/HikvisionStorageTests.cs."""
    rates = '<maxFrameRate opt="0,3000,2500,2000,1500,100,50,25,12,6">0</maxFrameRate>'
    documents = {
        **NVR_7608,
        "Streaming/channels/101/capabilities": f"<StreamingChannel {NEW}><Video>{rates}</Video></StreamingChannel>",
        "Streaming/channels/102": NVR_7608["Streaming/channels/101"].replace("<id>101", "<id>102"),
    }
    with played(table(documents), INVALID, digest(DIGEST)) as device:
        observed, _ = read(device, tmp_path, **RECORDER)
    assert [(e.token, e.fps) for e in observed.encoders] == [("101", 30), ("102", None)]
    assert "GET /ISAPI/Streaming/channels/102/capabilities" not in device.asked


REFUSALS = {
    "401": Reply(status=401, headers={"WWW-Authenticate": DIGEST}),
    "401 without a challenge": Reply(status=401),
    "401 badAuthorization": Reply(status(4, "badAuthorization"), 401, {"WWW-Authenticate": DIGEST}),
    "403": Reply(status=403),
    "403 notSupport": NOT_SUPPORTED,
    "403 lowPrivilege": Reply(status(4, "lowPrivilege"), 403),
    "403 JSON": Reply('{"statusCode":4,"statusString":"Invalid Operation","subStatusCode":"notSupport","errorCode":1073741825}', 403),
    "404": Reply("<!DOCTYPE html><html><body><h2>Access Error: 404 -- Not Found</h2></body></html>", 404),
    "400": Reply(status(6, "badXmlContent", "Invalid XML Content"), 400),
    "405": Reply(status(4, "methodNotAllowed"), 405),
    "500": Reply(status=500),
    "500 deviceError": Reply(status(3, "deviceError", "Device Error"), 500),
    "503 deviceBusy": Reply(status(2, "deviceBusy", "Device Busy"), 503, {"Retry-After": "1"}),
    "redirect": Reply(status=302, headers={"Location": "https://127.0.0.1/"}),
    "200 notSupport": Reply(status(4, "notSupport")),
    "200 empty": Reply(""),
    "200 page": Reply("<!DOCTYPE html><html><head><title>index</title></head><body>login</body></html>"),
    "200 another's": Reply(f'<?xml version="1.0"?><Other {NEW}/>'),
    "200 GB2312": Reply('<?xml version="1.0" encoding="GB2312"?><Khác>摄像机</Khác>'.encode("gb18030")),
    "cut": Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<DeviceInfo"),
}


@pytest.mark.parametrize(
    ("documents", "kind"), [(IPC_2532F, CAMERA), (DOME_2SE4C, CAMERA), (NVR_7608, RECORDER)], ids=["camera", "dome", "recorder"]
)
@pytest.mark.parametrize("refusal", REFUSALS)
def test_one_answer_refused_in_any_way_leaves_the_others(
    tmp_path: Path, documents: dict[str, str], kind: dict[str, Any], refusal: str
) -> None:
    for number, path in enumerate(documents):
        with played(table({**documents, path: REFUSALS[refusal]}), NOT_SUPPORTED, digest(DIGEST)) as device:
            try:
                observed, target = read(device, tmp_path / str(number), **kind)
            except DeviceFailure as failure:
                assert path == "System/deviceInfo" or refusal == "cut", (path, failure)  # with which the login is tried
                assert failure.category in ("wrong_credentials", "no_permission", "unknown_device", "unreachable"), (path, failure)
                continue
        assert observed.clock.timezone is not None or path == "System/time", path
        assert observed.users or path == "Security/users", path
        assert "obsolete" not in {p.category for p in hikvision.shortfalls(observed, target)}, (path, "not told is no reason to replace it")


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_device_that_asks_nobody_who_he_is_may_still_refuse_one_thing(tmp_path: Path, refusal: str) -> None:
    for number, path in enumerate(p for p in IPC_2532F if p != "System/deviceInfo"):
        with played(table({**IPC_2532F, path: REFUSALS[refusal]}), NOT_SUPPORTED) as device:
            try:
                observed, _ = read(device, tmp_path / str(number), **CAMERA)
            except DeviceFailure as failure:
                assert (refusal, failure.category) == ("cut", "unreachable"), (path, failure)
                continue
        assert observed.identity.model == "DS-2CD2532F-IWS"


@pytest.mark.parametrize("missing", REFUSALS)
def test_what_a_firmware_lacks_it_may_refuse_in_any_way(tmp_path: Path, missing: str) -> None:
    if missing == "cut":
        pytest.skip("a device that cuts every answer is broken")
    with played(table(IPC_2532F), REFUSALS[missing], digest(DIGEST)) as device:
        observed, _ = read(device, tmp_path, **CAMERA)
    assert observed.identity.model == "DS-2CD2532F-IWS" and len(observed.encoders) == 2


def test_a_device_that_hangs_up_behind_each_answer_is_read_and_written_all_the_same(tmp_path: Path) -> None:
    put = {"PUT /ISAPI/System/deviceInfo": Reply(status(1, "ok", "OK"))}
    with played({**table(IPC_2532F), **put}, NOT_SUPPORTED, digest(DIGEST), hangs_up=True) as device:
        observed, target = read(device, tmp_path, **CAMERA)
        with hikvision.connect(target, Logins(tmp_path)) as connection:
            name = [c for c in hikvision.plan(observed, target) if c.field == "name"]
            outcome = hikvision.apply(connection, observed, target, name)
    assert observed.users and len(observed.encoders) == 2
    assert "PUT /ISAPI/System/deviceInfo" in device.asked and "unreachable" not in {f.category for f in outcome.failures}


@pytest.mark.parametrize(
    ("challenge", "category"),
    [
        ('Basic realm="iVMS"', None),
        ('Digest realm="x", nonce="n", qop="auth,auth-int"', None),
        ('Digest realm="x", nonce="n", qop="auth", algorithm=SHA-256', None),
        ('Digest realm="x", nonce="n", qop="auth-int"', "unknown_device"),
        ('Digest realm="x", nonce="n", qop="auth", algorithm=SHA-512-256', "unknown_device"),
        ("Negotiate", "unknown_device"),
    ],
)
def test_a_kind_of_login_is_answered_or_told(tmp_path: Path, challenge: str, category: str | None) -> None:
    with played(table(IPC_2532F), NOT_SUPPORTED, digest(challenge)) as device:
        try:
            read(device, tmp_path, **CAMERA)
        except DeviceFailure as failure:
            assert failure.category == category
        else:
            assert category is None
