"""What a survey may send, and what it makes of what comes back: questions by a table, RTP payloads, answers to WS-Discovery."""

from __future__ import annotations

import json
import os
import socket
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contract.devices import BadDocument
from edge_agent.devices import exchange
from edge_agent.devices.exchange import Wire
from edge_agent.devices.patience import Deadline
from edge_agent.devices.soap import TDS, TRT, Soap
from edge_agent.streams import nal
from edge_agent.streams import watch as stream
from edge_agent.survey import discovery, readonly, request


def soap(operation: str) -> bytes:
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>'
        f'<d:{operation} xmlns:d="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>'
    ).encode()


QUESTIONS = [
    ("GET", "/ISAPI/System/deviceInfo", None),
    ("GET", "/ketnoi-is-not-there", None),
    ("GET", "/cgi-bin/configManager.cgi?action=getConfig&name=Encode", None),
    ("GET", "/cgi-bin/encode.cgi?action=getConfigCaps&channel=1", None),
    ("GET", "/cgi-bin/storageDevice.cgi?action=factory.getCollect", None),
    ("POST", "/onvif/device_service", soap("GetDeviceInformation")),
    ("POST", "/onvif/search", soap("FindRecordings")),
    ("POST", "/OutsideCmd", b'{"method": "DevInit.getStatus", "params": null, "id": 1}'),
]
WRITES = [
    ("PUT", "/ISAPI/System/time", b"<Time/>"),
    ("DELETE", "/ISAPI/Security/users/2", None),
    ("POST", "/ISAPI/Security/users", b"<User/>"),
    ("GET", "/cgi-bin/configManager.cgi?action=setConfig&Encode[0].X=1", None),
    ("GET", "/cgi-bin/magicBox.cgi?action=reboot", None),
    ("GET", "/cgi-bin/magicBox.cgi?action=getX&action=reboot", None),
    ("GET", "/cgi-bin/mediaFileFind.cgi?action=factory.create", None),
    ("GET", "/cgi-bin/userManager.cgi", None),
    ("POST", "/onvif/device_service", soap("SetSystemDateAndTime")),
    ("POST", "/onvif/device_service", soap("SystemReboot")),
    ("POST", "/onvif/device_service", b""),
    ("POST", "/onvif/device_service", b"<not xml"),
    ("POST", "/OutsideCmd", b'{"method": "DevInit.account", "params": {}, "id": 1}'),
    ("POST", "/OutsideCmd", b"{rubbish"),
    ("GET", "/a/page/that/no/driver/knows", None),
]


@pytest.mark.parametrize(("method", "target", "data"), QUESTIONS)
def test_questions_are_let_through(method: str, target: str, data: bytes | None) -> None:
    readonly.check(method, target, data)


@pytest.mark.parametrize(("method", "target", "data"), WRITES)
def test_whatever_is_no_question_is_refused(method: str, target: str, data: bytes | None) -> None:
    with pytest.raises(readonly.WouldWrite):
        readonly.check(method, target, data)


def test_a_refused_request_never_leaves_and_the_guard_ends_with_its_block() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        port = server.getsockname()[1]
        wire, device = Wire("127.0.0.1", port, Deadline(20)), Soap("127.0.0.1", port, Deadline(20))
        with readonly.only_questions():
            with pytest.raises(readonly.WouldWrite):
                wire.send("PUT", "/ISAPI/System/time", b"<Time/>")
            with pytest.raises(readonly.WouldWrite):
                device.call("/onvif/device_service", TDS.SetHostname(TDS.Name("x")))
        with pytest.raises(TimeoutError):
            server.accept()
        assert exchange.GUARD.get() is None


@pytest.mark.parametrize("operation", [TDS.GetUsers(), TRT.GetProfiles(), TDS.GetServices(TDS.IncludeCapability("false"))])
def test_what_the_driver_asks_is_a_question(operation: object) -> None:
    data, _ = Soap("127.0.0.1", 1, Deadline(20))._envelope(operation, None)
    readonly.check("POST", "/onvif/device_service", data)


def rtp(payload: bytes, stamp: int = 0) -> bytes:
    return b"\x80\x60\x00\x01" + stamp.to_bytes(4, "big") + b"\0\0\0\1" + payload


def fragments(header: int, unit: bytes, size: int) -> list[bytes]:
    """A NAL unit of H.264 as FU-A fragments."""
    kind, body = unit[0] & 31, unit[1:]
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    flags = [(0x80 if n == 0 else 0) | (0x40 if n == len(pieces) - 1 else 0) for n in range(len(pieces))]
    return [bytes([(header & 0xE0) | 28, flag | kind]) + piece for flag, piece in zip(flags, pieces, strict=True)]


@given(st.binary(min_size=4, max_size=200), st.integers(1, 50))
def test_a_unit_that_was_cut_into_packets_is_whole_again(body: bytes, size: int) -> None:
    unit = bytes([0x65]) + body
    packets = fragments(unit[0], unit, size)
    assert nal.h264(packets) == nal.START + unit
    assert [nal.h264_key(each) for each in packets] == [True] + [False] * (len(packets) - 1)


@given(st.binary(max_size=400))
def test_no_payload_however_odd_stops_a_look(data: bytes) -> None:
    payload = nal.payload(rtp(data))
    for codec, is_key in nal.KEYS.items():
        assert isinstance(is_key(payload), bool)
        if codec in nal.UNPACK:
            assert isinstance(nal.UNPACK[codec]([payload, data]), bytes)
    nal.jpeg_size(payload)


def test_parameters_that_share_a_packet_announce_a_keyframe() -> None:
    sps, pps = b"\x67\x42\x00\x1e", b"\x68\xce"
    together = b"\x18" + len(sps).to_bytes(2, "big") + sps + len(pps).to_bytes(2, "big") + pps
    assert nal.h264_key(together) and nal.h264([together]) == nal.START + sps + nal.START + pps


def test_a_look_counts_pictures_and_the_distance_of_keyframes() -> None:
    counted = stream.Counted()
    counted.codec = "H264"
    for n in range(20):
        counted.take(rtp(b"\x65\x88" if n % 10 == 0 else b"\x41\x9a", n * 6000))
    told = stream._reading(counted, "")
    assert (told["pictures"], told["fps"], told["keyframe_s"]) == (20, 15.0, 0.67)


VIDEO = b"m=video 0 RTP/AVP 96\r\na=control:track1"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Base: rtsp://[::bad\r\nContent-Length: 38\r\n\r\n" + VIDEO,
            "not_rtsp",
        ),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not_rtsp"),
        (b"RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n", "no_such_stream"),
        (b"", "closed"),
    ],
)
def test_whatever_answers_instead_of_a_stream_becomes_a_reason(answer: bytes, reason: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            link, _ = server.accept()
            with link:
                link.recv(4096)
                link.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        told = stream.look("127.0.0.1", server.getsockname()[1], "/live", None)
        thread.join(20)
    assert (told["ok"], told["reason"], told["packets"]) == (False, reason, 0)


def test_time_stamps_that_wrap_are_counted_on() -> None:
    assert stream._apart(2**32 - 45_000, 45_000) == 1.0


def test_parameter_sets_of_a_description_are_taken_and_rubbish_is_not() -> None:
    sdp = "m=video 0 RTP/AVP 96\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IAHg==,aM4=,%%%\r\n"
    assert stream.parameter_sets(sdp) == nal.START + b"\x67\x42\x00\x1e" + nal.START + b"\x68\xce"


ANSWER = """<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Body><d:ProbeMatches><d:ProbeMatch>
 <d:Scopes>onvif://www.onvif.org/hardware/DS-2CD onvif://www.onvif.org/name/HIK</d:Scopes>
 <d:XAddrs>http://10.9.8.7:8000/onvif/device_service https://10.9.8.7/onvif</d:XAddrs></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"""


def test_an_announced_host_is_not_believed_its_port_is() -> None:
    match = discovery.read("192.168.1.20", ANSWER.encode())
    assert (match.address, match.ports) == ("192.168.1.20", (8000,)) and match.scopes[0].endswith("DS-2CD")


@given(st.binary(max_size=300))
def test_an_odd_answer_still_tells_that_somebody_is_there(said: bytes) -> None:
    assert discovery.read("192.168.1.20", said).address == "192.168.1.20"


@pytest.mark.skipif(os.geteuid() != 0, reason="reading off the wire needs root")
def test_what_came_before_it_was_known_whose_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    attach = socket.socket.setsockopt

    def late(ear: socket.socket, *arguments: Any) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.sendto(b"to somebody else", ("127.0.0.1", 9))
        attach(ear, *arguments)

    monkeypatch.setattr(socket.socket, "setsockopt", late)
    with discovery._wire(65000) as ear:
        ear.settimeout(0.2)
        with pytest.raises(TimeoutError):
            ear.recv(2048)


@pytest.mark.skipif(os.geteuid() != 0, reason="reading off the wire needs root")
def test_answers_are_read_off_the_wire_by_their_port_alone() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        for each in (ours, other):
            each.bind(("127.0.0.1", 0))
        with discovery._wire(ours.getsockname()[1]) as ear:
            ear.settimeout(20)
            other.sendto(b"to somebody else", other.getsockname())
            other.sendto(b"to us", ours.getsockname())
            packet = ear.recv(2048)
    assert packet[(packet[0] & 15) * 4 + 8 :] == b"to us"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"lan": "192.168.0.0/16"}, "larger"),
        ({"lan": "nonsense"}, "lan"),
        ({"lan": None}, "lan"),
        ({"skip": ["gate"]}, "skip"),
        ({"ports": [70000]}, "ports"),
        ({"deadline_s": True}, "deadline_s"),
        ({"devices": [{"slot": 1, "address": "10.0.0.1"}]}, "outside"),
        ({"devices": [{"slot": 1, "address": "camera.local"}]}, "devices"),
        ({"devices": [{"slot": 1, "address": "192.168.1.9", "accounts": {"admin": {"user": "admin", "password": 5}}}]}, "password"),
    ],
)
def test_a_faulty_request_is_refused_by_the_field_s_name_and_never_its_value(change: dict[str, object], named: str) -> None:
    document = {"schema": 1, "site": {"id": "BD-1", "code": "x"}, "lan": "192.168.1.0/24", "devices": []}
    with pytest.raises(BadDocument) as fault:
        request.read(document | change)
    assert named in str(fault.value)


def test_a_device_that_nobody_may_touch_is_left_out_by_its_address() -> None:
    barred = {"slot": 3, "address": "192.168.1.13", "no_access": {"reason": "r", "date": "2021-05-20", "witness": "w"}}
    asked = request.read(
        json.loads(json.dumps({"schema": 1, "lan": "192.168.1.0/24", "devices": [barred, {"slot": 4, "address": "192.168.1.14"}]}))
    )
    assert asked.no_access == {"192.168.1.13"} and [each.slot for each in asked.listed] == [4]
