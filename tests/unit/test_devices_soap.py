"""The SOAP client against hostile and broken answers: always an answer or one of our named errors, and never for long."""

import contextlib
import re
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from soak import examples

from edge_agent.contract.devices import Account, DesiredDevice, DesiredEncoder, DesiredNetwork
from edge_agent.devices import xmlsafe
from edge_agent.devices.exchange import Answer
from edge_agent.devices.faults import BadAnswer, DeviceFailure, Unreachable
from edge_agent.devices.logins import Logins
from edge_agent.devices.onvif import read
from edge_agent.devices.onvif.session import Session, dialled_path
from edge_agent.devices.patience import Deadline
from edge_agent.devices.soap import NS, TDS, AuthRejected, Login, Soap, SoapFault, token
from edge_agent.devices.xmlsafe import Element

pytestmark = pytest.mark.slow

ENVELOPE = f'<s:Envelope xmlns:s="{NS["s"]}" xmlns:tds="{NS["tds"]}"><s:Body>%s</s:Body></s:Envelope>'
GOOD = (ENVELOPE % "<tds:GetHostnameResponse><tds:X>a</tds:X></tds:GetHostnameResponse>").encode()
FAULT = ENVELOPE % (
    '<s:Fault xmlns:ter="http://www.onvif.org/ver10/error"><s:Code><s:Value>s:Sender</s:Value><s:Subcode>'
    "<s:Value>ter:%s</s:Value></s:Subcode></s:Code><s:Reason><s:Text>%s</s:Text></s:Reason></s:Fault>"
)


@contextmanager
def device(*answers: bytes | Callable[[socketserver.StreamRequestHandler], None]) -> Iterator[tuple[int, list[bytes]]]:
    """A device that gives `answers` in turn, the last again and again; yields its port and the requests that it heard."""
    heard: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = self.rfile.readline()
                    if not line:
                        return
                    head += line
                length = re.search(rb"content-length: *(\d+)", head, re.I)
                heard.append(head + self.rfile.read(int(length[1]) if length else 0))
                answer = answers[min(len(heard), len(answers)) - 1]
                if callable(answer):
                    answer(self)
                    return
                self.wfile.write(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1], heard
        finally:
            server.shutdown()
            thread.join()


def http(body: bytes | str, status: int = 200, headers: str = "") -> bytes:
    content = body.encode() if isinstance(body, str) else body
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n{headers}\r\n".encode() + content


def ask(port: int, login: Login | None = None, seconds: float = 5.0) -> Element:
    soap = Soap("127.0.0.1", port, Deadline(seconds), connect_s=1, read_s=1)
    try:
        return soap.call("/onvif/device_service", TDS.GetHostname(), login)
    finally:
        soap.close()


def test_a_good_answer_is_the_first_element_of_the_body() -> None:
    with device(http(GOOD)) as (port, heard):
        assert xmlsafe.local(ask(port)) == "GetHostnameResponse"
    assert b'action="http://www.onvif.org/ver10/device/wsdl/GetHostname"' in heard[0]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http(FAULT % ("ActionNotSupported", ""), 500), SoapFault),
        (http(FAULT % ("NotAuthorized", ""), 400), AuthRejected),
        (http(FAULT % ("Other", "Sender not authorized"), 400), AuthRejected),
        (http("", 401, 'WWW-Authenticate: Basic realm="x"\r\n'), AuthRejected),
        (http("<html>404</html>", 404), SoapFault),
        (http("<html>hello</html>"), BadAnswer),
        (http("<html>hello"), BadAnswer),
        (http(""), BadAnswer),
        (http(b"\x1f\x8b\x08", headers="Content-Encoding: gzip\r\n"), BadAnswer),
        (http("x", 302, "Location: http://203.0.113.9/\r\n"), SoapFault),
        (b"rubbish\r\n\r\n", DeviceFailure),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", DeviceFailure),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", DeviceFailure),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b"<" * (xmlsafe.LIMIT + 70_000), BadAnswer),
        (lambda handler: None, Unreachable),
    ],
)  # fmt: skip
def test_every_broken_answer_has_a_name(answer: bytes, error: type[Exception]) -> None:
    with device(answer) as (port, _), pytest.raises(error):
        ask(port)


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"])
def test_one_that_drips_ends_at_the_deadline(head: bytes) -> None:
    stop = threading.Event()

    def drip(handler: socketserver.StreamRequestHandler) -> None:
        handler.wfile.write(head)
        while not stop.wait(0.05):
            try:
                handler.wfile.write(b" ")
                handler.wfile.flush()
            except OSError:
                return

    begun = time.monotonic()
    with device(drip) as (port, _):
        with pytest.raises(DeviceFailure):
            ask(port, seconds=1.5)
        stop.set()
    assert time.monotonic() - begun < 8


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "hostile",
    [
        BOMB + "<x>&b;</x>",
        '<!DOCTYPE x SYSTEM "http://203.0.113.9/x.dtd"><x/>',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>',
        BOMB.replace("<!DOCTYPE", "\n<!DOCTYPE") + "<x>a & b &b;</x>",
        "<a>" * 100_000,
    ],
)
def test_hostile_xml_is_a_bad_answer(hostile: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(BadAnswer):
            xmlsafe.parse(hostile.encode(encoding))


@pytest.mark.parametrize(
    "data",
    [
        b"<x>rtsp://h/a?b=1&c=2&amp;d</x>",
        b'\n\n  <?xml version="1.0" encoding="UTF-8"?><x>rtsp://h/a?b=1&amp;c=2&amp;d</x>',
        b'<?xml version="1.0" encoding="no-such"?><x>rtsp://h/a?b=1&amp;c=2&amp;d</x>',
        b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><x>\x01rtsp://h/a?b=1&amp;c=2&amp;d</x>',
    ],
)
def test_what_honest_devices_get_wrong_is_read_all_the_same(data: bytes) -> None:
    assert xmlsafe.text(xmlsafe.parse(data)) == "rtsp://h/a?b=1&c=2&d"


def test_bytes_of_another_encoding_do_not_cost_the_answer() -> None:
    root = xmlsafe.parse(b'<?xml version="1.0" encoding="utf-8"?><x><n>' + "门口".encode("gbk") + b"</n><p>1</p></x>")
    assert xmlsafe.number(root, "p") == 1


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_rubbish_is_read_or_named(data: bytes) -> None:
    with contextlib.suppress(BadAnswer):
        xmlsafe.parse(data)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Real answers with a piece cut out, doubled or overwritten."""
    data = draw(st.sampled_from(ANSWERS))
    start, end = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
    return draw(
        st.sampled_from(
            [data[:start], data[:start] + data[end:], data[:end] + data[start:], data[:start] + draw(st.binary(max_size=9)) + data[end:]]
        )
    )


PROFILES = f"""<trt:GetProfilesResponse xmlns:trt="{NS["trt"]}" xmlns:tt="{NS["tt"]}"><trt:Profiles token="p" fixed="true">
<tt:VideoSourceConfiguration token="s"/><tt:VideoEncoderConfiguration token="e"><tt:Name>n</tt:Name><tt:Encoding>H264</tt:Encoding>
<tt:Resolution><tt:Width>640</tt:Width><tt:Height>480</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>5
</tt:FrameRateLimit><tt:EncodingInterval>0</tt:EncodingInterval><tt:BitrateLimit>1e999</tt:BitrateLimit></tt:RateControl>
<tt:H264><tt:GovLength>30</tt:GovLength></tt:H264></tt:VideoEncoderConfiguration></trt:Profiles></trt:GetProfilesResponse>"""
OPTIONS = f"""<trt:R xmlns:trt="{NS["trt"]}" xmlns:tt="{NS["tt"]}"><trt:Options GovLengthRange="1 x 9" FrameRatesSupported="25 . 5">
<tt:Encoding>H264</tt:Encoding><tt:H264><tt:ResolutionsAvailable><tt:Width>640</tt:Width><tt:Height>480</tt:Height>
</tt:ResolutionsAvailable><tt:GovLengthRange><tt:Min>9</tt:Min><tt:Max>2147483647</tt:Max></tt:GovLengthRange></tt:H264>
</trt:Options></trt:R>"""
TIME = f"""<tds:R xmlns:tds="{NS["tds"]}" xmlns:tt="{NS["tt"]}"><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>
<tt:TimeZone><tt:TZ>ICT-7</tt:TZ></tt:TimeZone><tt:UTCDateTime><tt:Time><tt:Hour>24</tt:Hour><tt:Minute>0</tt:Minute>
<tt:Second>60</tt:Second></tt:Time><tt:Date><tt:Year>99999</tt:Year><tt:Month>13</tt:Month><tt:Day>31</tt:Day></tt:Date>
</tt:UTCDateTime></tds:SystemDateAndTime></tds:R>"""
NTP = f"""<tds:R xmlns:tds="{NS["tds"]}" xmlns:tt="{NS["tt"]}"><tds:NTPInformation><tt:FromDHCP>false</tt:FromDHCP><tt:NTPManual>
<tt:Type>IPv4</tt:Type><tt:IPv4Address>10.0.0.1</tt:IPv4Address></tt:NTPManual></tds:NTPInformation></tds:R>"""
ANSWERS = [(ENVELOPE % body).encode() for body in (PROFILES, OPTIONS, TIME, NTP)]


EVERYTHING = DesiredDevice(
    slot=1, address="127.0.0.1", port=9, name="n", osd="n", viewer=Account("v", "p"), ntp="127.0.0.1", discovery="NonDiscoverable",
    encoder=DesiredEncoder("h265", 1920, 1080, 15, 2, 2048), sub_encoder=DesiredEncoder("h264", 640, 360, 10, 2, 256),
    services_off=("https", "multicast"), network=DesiredNetwork(24, "127.0.0.1", ("127.0.0.1",)),
)  # fmt: skip


class Canned(Soap):
    """Gives one answer to everything."""

    def __init__(self, answer: bytes) -> None:
        super().__init__("127.0.0.1", 9, Deadline(60))
        self.answer = answer

    def _send(self, path: str, data: bytes, headers: dict[str, str]) -> Answer:
        return Answer(200, {}, self.answer)


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damaged())
def test_a_device_that_answers_everything_with_damaged_xml_is_read_or_named(tmp_path: Path, data: bytes) -> None:
    session = Session(Canned(data), Logins(tmp_path), "d:80")
    session.services |= {NS[p]: "/m" for p in ("trt", "tr2", "trc", "tse")}
    try:
        moment = session.read_time()
        read.get(session, moment, EVERYTHING, everything=True)
        read.get(session, moment, EVERYTHING)
        read.get(session, moment, replace(EVERYTHING, kind="recorder"))
    except DeviceFailure:
        pass


@given(st.text(max_size=100))
def test_only_path_and_query_of_a_devices_address_are_used(address: str) -> None:
    assert dialled_path(address).startswith("/")


def test_addresses_are_rewritten() -> None:
    assert dialled_path("http://10.0.0.5:8899/onvif/media?x=1") == "/onvif/media?x=1"
    assert dialled_path("http://[broken") == "/onvif/device_service"


def test_a_token_is_short_fresh_and_never_the_password() -> None:
    login, now = Login("admin", "pass-word"), datetime(2021, 6, 1, 12, 0, 0, 123456, UTC)
    first, second = (etree.tostring(token(login, now)).decode() for _ in range(2))
    assert "2021-06-01T12:00:00Z" in first and "pass-word" not in first and first != second
    nonce = re.search(r"Nonce[^>]*>([^<]+)<", first)
    assert nonce is not None and len(nonce[1]) == 24
    assert "pass-word" not in repr(login)


CHALLENGE = 'WWW-Authenticate: Basic realm="b"\r\nWWW-Authenticate: Digest realm="r", qop="auth", nonce="%s"\r\n'


def test_digest_is_one_attempt_and_a_used_up_nonce_is_answered_again() -> None:
    first, second = (http("", 401, CHALLENGE % n) for n in ("n1", "n2"))
    with device(first, http(GOOD), http(GOOD), second, http(GOOD)) as (port, heard):
        soap = Soap("127.0.0.1", port, Deadline(5))
        login = Login("admin", "p", "digest")
        for _ in range(3):
            soap.call("/", TDS.GetHostname(), login)
        soap.close()
    assert [b"Authorization" in h for h in heard] == [False, True, True, True, True]
    assert b'nonce="n2"' in heard[-1] and not any(b"UsernameToken" in h for h in heard)


def test_a_password_refused_by_digest_is_not_sent_twice() -> None:
    with device(http("", 401, CHALLENGE % "n1")) as (port, heard), pytest.raises(AuthRejected) as refused:
        ask(port, Login("admin", "p", "digest"))
    assert refused.value.digest and sum(b"Authorization" in h for h in heard) == 1


def test_after_the_deadline_no_request_is_begun() -> None:
    with device(http(GOOD)) as (port, heard), pytest.raises(Unreachable):
        ask(port, seconds=-1)
    assert heard == []
