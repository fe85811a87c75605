"""ONVIF devices as their answers were published, and meaner ones, played to the whole driver: each is read, or has its class.

Facts are re-typed from recordings: 0x524A/onvif-go (Bosch FLEXIDOME 5100i), agsh/onvif#233 (Axis, Media2), the author of viewport
(Reolink NVS8), an Artosyn camera's profiles in somebody's notes, agsh/onvif's server mock-up (Grandstream),
faithoflifedev/easy_onvif_workspace, packages/easy_onvif/test/xml (D-Link DCS-6511, ENP1A14-IR/25X, Uniview GX728MF-IR28).
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

import pytest
from device_site import ADMIN
from recorded import Login, Played, Reply, Table, digest, played, token

from edge_agent.contract.devices import Account, DesiredDevice, DesiredEncoder, DesiredNetwork
from edge_agent.devices import onvif
from edge_agent.devices.faults import DeviceFailure
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import ObservedDevice

SOAP = "http://www.w3.org/2003/05/soap-envelope"
TDS, TRT, TR2 = (f"http://www.onvif.org/ver{v}/wsdl" for v in ("10/device", "10/media", "20/media"))
TT = "http://www.onvif.org/ver10/schema"
PREFIXES = (
    f'xmlns:s="{SOAP}" xmlns:tds="{TDS}" xmlns:trt="{TRT}" xmlns:tr2="{TR2}" xmlns:tt="{TT}" xmlns:ter="http://www.onvif.org/ver10/error"'
)
ENCODER = DesiredEncoder("h264", 1920, 1080, 15, 2, 2048)
MD5 = 'Digest realm="IPC", nonce="5f2a", qop="auth", algorithm=MD5'


def soap(body: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope {PREFIXES}><s:Body>{body}</s:Body></s:Envelope>'


def fault(code: str, reason: str, status: int = 400) -> Reply:
    inner = (
        f"<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{code}</s:Value></s:Subcode></s:Code><s:Reason><s:Text>{reason}</s:Text>"
    )
    return Reply(soap(f"<s:Fault>{inner}</s:Reason></s:Fault>"), status)


UNKNOWN = fault("ter:ActionNotSupported", "Optional Action Not Implemented", 500)
NOT_AUTHORIZED = fault("ter:NotAuthorized", "Sender not Authorized")


def date(year: int, zone: str = "CST-8") -> str:
    return (
        f"<tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>{zone}"
        "</tt:TZ></tt:TimeZone><tt:UTCDateTime><tt:Time><tt:Hour>4</tt:Hour><tt:Minute>5</tt:Minute><tt:Second>6</tt:Second></tt:Time><tt:Date>"
        f"<tt:Year>{year}</tt:Year><tt:Month>1</tt:Month><tt:Day>2</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime>"
    )


def services(**addresses: str) -> str:
    spaces = {"tds": TDS, "trt": TRT, "tr2": TR2}
    return "".join(
        f"<tds:Service><tds:Namespace>{spaces[n]}</tds:Namespace><tds:XAddr>{a}</tds:XAddr></tds:Service>" for n, a in addresses.items()
    )


def profile(number: int, size: tuple[int, int], fps: int = 25, *, source: str = "vs", attributes: bool = True) -> str:
    own, at = (f' token="vec{number}"', f' token="{source}"') if attributes else ("", "")
    return (
        f'<trt:Profiles fixed="true" token="p{number}"><tt:Name>Profile{number}</tt:Name><tt:VideoSourceConfiguration{at}>'
        f"<tt:SourceToken>{source}</tt:SourceToken></tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration{own}><tt:Name>e</tt:Name><tt:Encoding>H264</tt:Encoding>"
        f"<tt:Resolution><tt:Width>{size[0]}</tt:Width><tt:Height>{size[1]}</tt:Height></tt:Resolution><tt:Quality>3072</tt:Quality>"
        f"<tt:RateControl><tt:FrameRateLimit>{fps}</tt:FrameRateLimit><tt:EncodingInterval>0</tt:EncodingInterval><tt:BitrateLimit>3072"
        f"</tt:BitrateLimit></tt:RateControl><tt:H264><tt:GovLength>60</tt:GovLength></tt:H264></tt:VideoEncoderConfiguration></trt:Profiles>"
    )


def stream(uri: str) -> str:
    return f"<trt:MediaUri><tt:Uri>{uri}</tt:Uri></trt:MediaUri>"


WHOLE = {
    "GetSystemDateAndTime": date(2031),
    "GetDeviceInformation": "<tds:Manufacturer>Reolink</tds:Manufacturer><tds:Model>NVS8</tds:Model>"
    "<tds:FirmwareVersion>v3.4.0.318</tds:FirmwareVersion><tds:SerialNumber>0001</tds:SerialNumber>",
    "GetServices": services(tds="http://cam:8000/onvif/device_service", trt="http://cam:8000/onvif/media_service"),
    "GetProfiles": profile(0, (1280, 720)) + profile(1, (640, 360), 10),
    "GetStreamUri": stream("rtsp://cam:554/stream/p0"),
    "GetUsers": "<tds:User><tt:Username>admin</tt:Username><tt:UserLevel>Administrator</tt:UserLevel></tds:User>",
}


def table(bodies: Mapping[str, str], make: Callable[[str], str] = soap) -> dict[str, Reply]:
    prefix = {"GetProfiles": "trt", "GetStreamUri": "trt"}
    return {
        f"POST {n}": Reply(make(f"<{prefix.get(n, 'tds')}:{n}Response>{b}</{prefix.get(n, 'tds')}:{n}Response>")) for n, b in bodies.items()
    }


def desired(device: Played, **more: Any) -> DesiredDevice:
    own = {"viewer": Account("kn-view", "x"), "ntp": "10.0.0.1", "timezone": "ICT-7", "name": "C01", "osd": "Kho", "encoder": ENCODER}
    network = DesiredNetwork(24, "127.0.0.254", ())
    return DesiredDevice(
        slot=1, address="127.0.0.1", port=device.port, driver="onvif", admin=Account("admin", ADMIN), discovery="NonDiscoverable",
        services_off=("https", "multicast"), network=network, **{**own, "deadline_s": 30.0, **more},
    )  # fmt: skip


def read(device: Played, state: Path, **more: Any) -> ObservedDevice:
    """What the driver makes of it; its plan and its shortfalls must be there too."""
    target = desired(device, **more)
    with onvif.connect(target, Logins(state)) as connection:
        observed = onvif.get(connection, target, all_options=True)
        onvif.plan(observed, target)
        onvif.shortfalls(observed, target)
    return observed


def class_of(answers: Table, state: Path, otherwise: Reply = UNKNOWN, login: Login | None = None) -> tuple[str | None, str]:
    with played(answers, otherwise, login or token(NOT_AUTHORIZED)) as device:
        try:
            read(device, state)
        except DeviceFailure as failure:
            assert failure.reason.vi and failure.hint.vi
            return failure.category, failure.reason.en
    return None, ""


def default_namespaces(body: str) -> str:
    """As Bosch writes it: no prefix anywhere, and declarations that declare nothing."""
    bare = body
    for prefix in ("tds:", "trt:", "tt:"):
        bare = bare.replace(f"<{prefix}", "<").replace(f"</{prefix}", "</")
    return f'<Envelope xmlns="{SOAP}" xmlns:_xmlns="xmlns" _xmlns:tt="{TT}"><Body xmlns="{SOAP}">{bare}</Body></Envelope>'


def odd_prefixes(body: str) -> str:
    return soap(body).replace("s:", "SOAP-ENV:").replace("xmlnSOAP-ENV:", "xmlns:").replace("tdSOAP-ENV:", "tds:")


STYLES: dict[str, Callable[[dict[str, Reply]], dict[str, Reply]]] = {
    "plain": lambda t: t,
    "chunked": lambda t: {k: Reply(r.body, framing="chunked") for k, r in t.items()},
    "until the connection closes": lambda t: {k: Reply(r.body, framing="close") for k, r in t.items()},
    "said to be HTML": lambda t: {k: Reply(r.body, headers={"Content-Type": "text/html"}) for k, r in t.items()},
    "UTF-16": lambda t: {k: Reply(str(r.body).replace('"UTF-8"', '"UTF-16"').encode("utf-16")) for k, r in t.items()},
    "GB2312": lambda t: {
        k: Reply(str(r.body).replace('"UTF-8"', '"GB2312"').replace("NVS8", "NVS8 摄像").encode("gb2312")) for k, r in t.items()
    },
    "SOAP 1.1": lambda t: {k: Reply(str(r.body).replace(SOAP, "http://schemas.xmlsoap.org/soap/envelope/")) for k, r in t.items()},
    "blank lines before": lambda t: {k: Reply("\r\n\r\n" + str(r.body)) for k, r in t.items()},
}


@pytest.mark.parametrize("style", STYLES)
def test_how_an_answer_is_wrapped_does_not_matter(tmp_path: Path, style: str) -> None:
    with played(STYLES[style](table(WHOLE)), UNKNOWN, token(NOT_AUTHORIZED)) as device:
        observed = read(device, tmp_path)
    assert observed.identity.maker == "Reolink" and (observed.identity.model or "").startswith("NVS8")
    assert [(e.codec, e.width, e.height, e.fps, e.gov) for e in observed.encoders] == [
        ("h264", 1280, 720, 25, 60),
        ("h264", 640, 360, 10, 60),
    ]
    assert observed.streams[0].path == "/stream/p0" and [u.name for u in observed.users or ()] == ["admin"]


def test_bosch_writes_default_namespaces_only(tmp_path: Path) -> None:
    bodies = {**WHOLE, "GetStreamUri": stream("rtsp://192.168.1.201/rtsp_tunnel?p=1&amp;line=1&amp;inst=2&amp;vcd=2")}
    with played(table(bodies, default_namespaces), UNKNOWN, digest(MD5)) as device:
        observed = read(device, tmp_path)
    assert len(observed.encoders) == 2 and observed.streams[0].path == "/rtsp_tunnel?p=1&line=1&inst=2&vcd=2"
    assert observed.streams[0].rtsp_port == 554


def test_reolink_gives_its_encoders_no_tokens_and_has_only_capabilities(tmp_path: Path) -> None:
    capabilities = "<tds:Capabilities><tt:Media><tt:XAddr>http://cam:8000/onvif/media_service</tt:XAddr></tt:Media></tds:Capabilities>"
    bodies = {n: b for n, b in WHOLE.items() if n != "GetServices"} | {
        "GetCapabilities": capabilities,
        "GetProfiles": "".join(
            profile(n, size, source=f"vs{n // 2}", attributes=False)
            for n, size in enumerate([(3840, 2160), (640, 360), (2560, 1920), (640, 480)])
        ),
    }
    with played(table(bodies), UNKNOWN, token(NOT_AUTHORIZED)) as device:
        observed = read(device, tmp_path)
    assert observed.identity.model == "NVS8"
    assert [(e.width, e.height) for e in observed.encoders] == [(3840, 2160), (640, 360), (2560, 1920), (640, 480)]


def test_artosyn_has_a_sub_stream_of_no_size(tmp_path: Path) -> None:
    bodies = {**WHOLE, "GetProfiles": profile(0, (1280, 720)) + profile(1, (0, 0), 0)}
    with played(table(bodies), UNKNOWN, token(NOT_AUTHORIZED)) as device:
        observed = read(device, tmp_path, sub_encoder=DesiredEncoder("h264", 640, 360, 10, 2, 512))
    assert (observed.encoders[0].width, observed.encoders[0].fps) == (1280, 25)


def test_axis_in_media2_alone_has_no_limit_of_its_rate(tmp_path: Path) -> None:
    encoder = (
        '<tr2:VideoEncoder Profile="Main" GovLength="32" token="default_1_h264"><tt:Name>default_1 h264</tt:Name>'
        "<tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>2688</tt:Width><tt:Height>1520</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>30"
        "</tt:FrameRateLimit><tt:BitrateLimit>2147483647</tt:BitrateLimit></tt:RateControl></tr2:VideoEncoder>"
    )
    profiles = (
        '<tr2:GetProfilesResponse><tr2:Profiles fixed="true" token="profile_1_h264"><tr2:Name>profile_1 h264</tr2:Name><tr2:Configurations>'
        f'<tr2:VideoSource token="0"><tt:SourceToken>0</tt:SourceToken></tr2:VideoSource>{encoder}</tr2:Configurations></tr2:Profiles>'
        "</tr2:GetProfilesResponse>"
    )
    bodies = {**WHOLE, "GetServices": services(tr2="http://[2001:db8::9]/onvif/services")}
    answers = table(bodies) | {
        "POST GetProfiles": Reply(soap(profiles)),
        "POST GetStreamUri": Reply(
            soap("<tr2:GetStreamUriResponse><tr2:Uri>rtsp://[2001:db8::9]/onvif-media/media.amp</tr2:Uri></tr2:GetStreamUriResponse>")
        ),
    }
    with played(answers, UNKNOWN, digest(MD5)) as device:
        observed = read(device, tmp_path)
    (found,) = observed.encoders
    assert (found.media, found.width, found.gov) == (2, 2688, 32) and observed.streams[0].path == "/onvif-media/media.amp"


def test_d_link_has_its_sensors_rate_for_an_interval(tmp_path: Path) -> None:
    """7 frames/s "of which each 30th is sent" are no frames at all."""
    profiles = profile(0, (1280, 1024), 7) + profile(1, (640, 480), 30) + profile(2, (320, 240), 25)
    profiles = profiles.replace("<tt:EncodingInterval>0", "<tt:EncodingInterval>30", 2).replace("Interval>0<", "Interval>5<")
    with played(table({**WHOLE, "GetProfiles": profiles}), UNKNOWN, token(NOT_AUTHORIZED)) as device:
        observed = read(device, tmp_path)
    assert [e.fps for e in observed.encoders] == [7, 30, 5]


def test_keyframes_of_h265_that_media1_leaves_out_are_asked_of_media2(tmp_path: Path) -> None:
    """ENP1A14-IR/25X (Hikvision's V5.5.3): Media1 tells of the H.265 encoder all but its GovLength."""
    h265 = profile(1, (2560, 1440)).replace("H264</tt:Encoding>", "H265</tt:Encoding>")
    h265 = h265.replace("<tt:H264><tt:GovLength>60</tt:GovLength></tt:H264>", "")
    size = "<tt:Resolution><tt:Width>2560</tt:Width><tt:Height>1440</tt:Height></tt:Resolution>"
    rate = "<tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit></tt:RateControl>"
    encoder = f'<tr2:VideoEncoder GovLength="50" token="vec1"><tt:Encoding>H265</tt:Encoding>{size}{rate}</tr2:VideoEncoder>'
    second = soap(
        f'<tr2:GetProfilesResponse><tr2:Profiles token="p1"><tr2:Configurations><tr2:VideoSource token="vs"/>{encoder}</tr2:Configurations>'
        "</tr2:Profiles></tr2:GetProfilesResponse>"
    )
    first = table({"GetProfiles": h265})["POST GetProfiles"]
    answers = table({**WHOLE, "GetServices": services(trt="http://cam/onvif/Media", tr2="http://cam/onvif/Media2")})
    with played({**answers, "POST GetProfiles": first}, UNKNOWN, token(NOT_AUTHORIZED), by_path={"/onvif/Media2": Reply(second)}) as device:
        observed = read(device, tmp_path)
    assert [(e.codec, e.gov, e.media) for e in observed.encoders] == [("h265", 50, 2)]


def test_hikvision_names_h265_in_an_attribute_of_media1(tmp_path: Path) -> None:
    """jimm98y/SharpOnvif's capture: the element says H264 whatever is sent."""
    profiles = profile(1, (1920, 1080), 15).replace(' token="vec1"', ' token="vec1" encoding="H265"')
    configuration = profiles[profiles.index("<tt:VideoEncoderConfiguration") : profiles.index("</trt:Profiles>")]
    answers = table({**WHOLE, "GetProfiles": profiles})
    told = configuration.replace("tt:VideoEncoderConfiguration", "trt:Configuration")
    answers["POST GetVideoEncoderConfiguration"] = Reply(
        soap(f"<trt:GetVideoEncoderConfigurationResponse>{told}</trt:GetVideoEncoderConfigurationResponse>")
    )
    answers["POST SetVideoEncoderConfiguration"] = Reply(soap("<trt:SetVideoEncoderConfigurationResponse/>"))
    with played(answers, UNKNOWN, digest_but_for_time(MD5)) as device:
        target = desired(device)
        with onvif.connect(target, Logins(tmp_path)) as connection:
            observed = onvif.get(connection, target)
            changes = [c for c in onvif.plan(observed, target) if c.field == "encoder.codec"]
            onvif.apply(connection, observed, target, changes)
    assert [(c.before, c.after) for c in changes] == [("h265", "h264")]
    (sent,) = [b for b in device.bodies if b"SetVideoEncoderConfiguration" in b]
    assert b'encoding="H264"' in sent and b'"H265"' not in sent


def test_an_address_of_zeros_is_no_time_server(tmp_path: Path) -> None:
    """GX728MF-IR28, where none was ever entered."""
    servers = "<tds:NTPInformation><tt:FromDHCP>false</tt:FromDHCP>" + "".join(
        f"<tt:NTPManual><tt:Type>IPv4</tt:Type><tt:IPv4Address>{a}</tt:IPv4Address></tt:NTPManual>" for a in ("0.0.0.0", "10.0.0.1")
    )
    with played(table({**WHOLE, "GetNTP": servers + "</tds:NTPInformation>"}), UNKNOWN, token(NOT_AUTHORIZED)) as device:
        observed = read(device, tmp_path)
        changes = onvif.plan(observed, desired(device))
    assert observed.clock.servers == ("10.0.0.1",) and "ntp" not in {c.field for c in changes}


def test_a_stream_without_an_address_is_one_problem(tmp_path: Path) -> None:
    with played({**table(WHOLE), "POST GetStreamUri": UNKNOWN}, UNKNOWN, token(NOT_AUTHORIZED)) as device:
        observed = read(device, tmp_path)
    (problem,) = [p for p in observed.problems if p.field == "streams"]
    assert "ActionNotSupported" in problem.detail.en


def test_a_time_that_even_who_is_logged_in_may_not_read_is_only_unknown(tmp_path: Path) -> None:
    refused = Reply(status=401, headers={"WWW-Authenticate": MD5})
    with played({**table(WHOLE), "POST GetSystemDateAndTime": refused}, UNKNOWN, digest_but_for_time(MD5)) as device:
        observed = read(device, tmp_path)
    assert observed.clock.offset_s is None and "clock" in {p.field for p in observed.problems} and observed.users


@pytest.mark.parametrize(
    "address",
    [
        "http://cam/onvif/media_service",
        "http://[fe80::1%eth0]:80/onvif/media_service",
        "https://cam:443/onvif/media_service",
        "http://192.168.1.10:0/onvif/media_service",
        "http://192.168.1.10:notaport/onvif/media_service",
        "/onvif/media_service",
        " http://cam:8000/onvif/media_service\n",
    ],
)
def test_an_address_counts_by_its_path_alone(tmp_path: Path, address: str) -> None:
    answers = table({**WHOLE, "GetServices": services(trt=address)})
    with played(answers, UNKNOWN, token(NOT_AUTHORIZED)) as device:
        observed = read(device, tmp_path)
    assert dict(observed.services)[TRT] == "/onvif/media_service" and len(observed.encoders) == 2


@pytest.mark.parametrize("year", [1970, 2000, 2015, 2037, 2106, 9999])
def test_a_clock_that_is_off_by_years_keeps_nobody_out(tmp_path: Path, year: int) -> None:
    with played(table({**WHOLE, "GetSystemDateAndTime": date(year)}), UNKNOWN, token(NOT_AUTHORIZED)) as device:
        observed = read(device, tmp_path)
    assert observed.identity.model == "NVS8" and abs(observed.clock.offset_s or 0) > 86400


@pytest.mark.parametrize(
    "challenge",
    [
        'Digest realm="IPC", nonce="n", qop="auth,auth-int"',
        'Digest realm="IPC", nonce="n"',
        'Digest realm="IPC", nonce="n", qop="auth", algorithm=SHA-256',
        'Digest realm="IPC", nonce="n", qop="auth", algorithm=SHA-512-256, Digest realm="IPC", nonce="n", qop="auth", algorithm=MD5',
        'Digest qop="auth", realm="IP Camera(C1)", nonce="n", opaque="", domain="::", algorithm="MD5", stale="FALSE"',
    ],
)
def test_every_digest_that_can_be_answered_is(tmp_path: Path, challenge: str) -> None:
    with played(table(WHOLE), UNKNOWN, digest_but_for_time(challenge)) as device:
        assert read(device, tmp_path).identity.model == "NVS8"


def digest_but_for_time(challenge: str) -> Login:
    inner = digest(challenge)
    return lambda method, login, body: None if b"GetSystemDateAndTime" in body else inner(method, login, body)


HTML = Reply("<!DOCTYPE html><html><head><title>Login</title></head><body>Please log in</body></html>")
REDIRECT = Reply(status=302, headers={"Location": "https://127.0.0.1/onvif/device_service"})


@pytest.mark.parametrize(
    ("otherwise", "category", "words"),
    [
        (HTML, "onvif_off", ""),
        (Reply(""), "onvif_off", ""),
        (Reply(status=404), "onvif_off", "404"),
        (Reply("<html>404 Not Found</html>", 404), "onvif_off", "404"),
        (Reply("<html>403 Forbidden</html>", 403), "onvif_off", "403"),
        (Reply(status=500), "unknown_device", "500"),
        (Reply(status=503, headers={"Retry-After": "30"}), "unknown_device", "503"),
        (REDIRECT, "unknown_device", "HTTPS"),
        (Reply("<html>The plain HTTP request was sent to HTTPS port</html>", 400), "onvif_off", "HTTPS port"),
        (Reply(raw=b"SSH-2.0-dropbear_2019.78\r\n"), "unreachable", ""),
        (Reply(raw=b""), "onvif_off", ""),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n<half"), "onvif_off", ""),
        (Reply(raw=b"HTTP/1.1 999 \r\n\r\n"), "unknown_device", "999"),
    ],
    ids=["page", "nothing", "404", "404 page", "403 page", "500", "503", "redirect", "tls port", "ssh", "empty", "half", "999"],
)
def test_what_is_no_onvif_has_its_class(tmp_path: Path, otherwise: Reply, category: str, words: str) -> None:
    found, reason = class_of({}, tmp_path, otherwise, login=lambda *asked: None)
    assert (found, words in reason) == (category, True), reason


def test_a_port_that_speaks_tls_is_told(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    request = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=IPC",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    subprocess.run(request, check=True, capture_output=True)
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with played(table(WHOLE), UNKNOWN, context=context) as device, pytest.raises(DeviceFailure) as failure:
        read(device, tmp_path / "state")
    assert failure.value.category in ("unreachable", "unknown_device")


STATUSES = {
    "401": Reply(status=401, headers={"WWW-Authenticate": MD5}),
    "401 without a challenge": Reply(status=401),
    "401 fault": fault("ter:NotAuthorized", "Sender not Authorized", 401),
    "403": Reply("<html>Forbidden</html>", 403),
    "404": Reply(status=404),
    "405": Reply(status=405),
    "500": Reply(status=500),
    "500 fault": fault("ter:Action", "Internal error", 500),
    "503": Reply(status=503, headers={"Retry-After": "5"}),
    "redirect": REDIRECT,
    "empty": Reply(""),
    "page": HTML,
    "SOAP 1.1 fault": Reply(
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server</faultcode><faultstring>Method'
        " not implemented</faultstring></e:Fault></e:Body></e:Envelope>",
        500,
    ),
    "unsupported": UNKNOWN,
    "another's answer": Reply(soap("<tds:GetWsdlUrlResponse><tds:WsdlUrl>http://x</tds:WsdlUrl></tds:GetWsdlUrlResponse>")),
    "cut": Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<s:Envelope"),
}
ASKED = [
    "GetServices", "GetDeviceInformation", "GetProfiles", "GetStreamUri", "GetUsers", "GetScopes", "GetHostname", "GetNTP", "GetDNS",
    "GetNetworkInterfaces", "GetNetworkProtocols", "GetDiscoveryMode", "GetVideoEncoderConfigurationOptions", "GetOSDs",
]  # fmt: skip


def test_a_device_that_hangs_up_behind_each_answer_is_read_and_written_all_the_same(tmp_path: Path) -> None:
    answers = table({**WHOLE, "GetDiscoveryMode": "<tds:DiscoveryMode>Discoverable</tds:DiscoveryMode>", "SetDiscoveryMode": ""})
    with played(answers, UNKNOWN, digest_but_for_time(MD5), hangs_up=True) as device:
        target = desired(device)
        with onvif.connect(target, Logins(tmp_path)) as connection:
            observed = onvif.get(connection, target)
            discovery = [c for c in onvif.plan(observed, target) if c.field == "discovery"]
            outcome = onvif.apply(connection, observed, target, discovery)
    assert len(observed.encoders) == 2 and "POST SetDiscoveryMode" in device.asked
    assert "unreachable" not in {f.category for f in outcome.failures}


@pytest.mark.parametrize("operation", ASKED)
def test_one_question_refused_in_any_way_leaves_the_others(tmp_path: Path, operation: str) -> None:
    for number, (name, reply) in enumerate(STATUSES.items()):
        with played({**table(WHOLE), f"POST {operation}": reply}, UNKNOWN, digest_but_for_time(MD5)) as device:
            try:
                observed = read(device, tmp_path / str(number))
            except DeviceFailure as failure:
                assert operation == "GetDeviceInformation", (name, failure)  # with which the login is tried
                assert failure.category in ("wrong_credentials", "unknown_device", "unreachable"), (name, failure)
                continue
        if operation != "GetUsers":
            assert observed.users, name
        if operation not in ("GetProfiles", "GetServices"):
            assert observed.encoders, name
        short = onvif.shortfalls(observed, desired(device))
        assert "obsolete" not in {p.category for p in short}, (name, "what isn't told is no reason to replace it")


@pytest.mark.parametrize(
    "operation", [o for o in ASKED if o not in ("GetDeviceInformation", "GetUsers", "GetNetworkInterfaces", "GetHostname")]
)
def test_a_device_that_asks_nobody_who_he_is_may_still_refuse_one_thing(tmp_path: Path, operation: str) -> None:
    """But for what is asked to find out whether it wants a login: then our password is refused, for all that can be known."""
    for number, reply in enumerate(STATUSES.values()):
        with played({**table(WHOLE), f"POST {operation}": reply}, UNKNOWN) as device:
            assert read(device, tmp_path / str(number)).identity.model == "NVS8"
