"""A whole run of the ONVIF driver, one of whose answers is damaged: it ends, in a result or a named failure, never in a crash."""

import contextlib
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from soak import examples

from edge_agent.contract.devices import Account, DesiredDevice, DesiredEncoder, DesiredNetwork
from edge_agent.devices import onvif, planning
from edge_agent.devices.exchange import Answer
from edge_agent.devices.faults import DeviceFailure
from edge_agent.devices.limits import Limits
from edge_agent.devices.logins import Logins
from edge_agent.devices.onvif.session import Session
from edge_agent.devices.patience import Deadline
from edge_agent.devices.soap import NS, Soap

pytestmark = pytest.mark.slow

DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())
ENCODER = (
    "<tt:Name>n</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>640</tt:Width><tt:Height>480"
    "</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>5</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>"
    "<tt:BitrateLimit>512</tt:BitrateLimit></tt:RateControl><tt:H264><tt:GovLength>30</tt:GovLength></tt:H264><tt:Multicast><tt:Address>"
    "<tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:AutoStart>true</tt:AutoStart></tt:Multicast>"
)
SIZE = "<tt:ResolutionsAvailable><tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:ResolutionsAvailable>"
RANGE = "<tt:Min>1</tt:Min><tt:Max>2147483647</tt:Max>"
OSD = (
    '<trt:OSDs token="o"><tt:VideoSourceConfigurationToken>s</tt:VideoSourceConfigurationToken><tt:Type>Text</tt:Type><tt:Position>'
    "<tt:Type>Custom</tt:Type></tt:Position><tt:TextString><tt:Type>Plain</tt:Type><tt:PlainText>x</tt:PlainText></tt:TextString></trt:OSDs>"
)
RECORDING = (
    "<tt:RecordingToken>r</tt:RecordingToken><tt:Source><tt:Name>x</tt:Name></tt:Source><tt:Track><tt:TrackType>Video</tt:TrackType>"
    "<tt:DataFrom>2021-06-01T00:00:00Z</tt:DataFrom><tt:DataTo>2021-06-02T00:00:00Z</tt:DataTo></tt:Track>"
)
BODIES = {
    "GetSystemDateAndTime": "<tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType><tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone>"
    "<tt:UTCDateTime><tt:Time><tt:Hour>24</tt:Hour><tt:Minute>0</tt:Minute><tt:Second>60</tt:Second></tt:Time><tt:Date><tt:Year>2021"
    "</tt:Year><tt:Month>6</tt:Month><tt:Day>31</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime>",
    "GetDeviceInformation": "<tds:Manufacturer>A</tds:Manufacturer><tds:FirmwareVersion>1</tds:FirmwareVersion>",
    "GetServices": "".join(
        f"<tds:Service><tds:Namespace>{NS[p]}</tds:Namespace><tds:XAddr>http://h/{p}</tds:XAddr></tds:Service>"
        for p in ("trt", "tr2", "trc", "tse")
    ),
    "GetUsers": "<tds:User><tt:Username>admin</tt:Username><tt:UserLevel>Administrator</tt:UserLevel></tds:User>",
    "GetHostname": "<tds:HostnameInformation><tt:Name>x</tt:Name></tds:HostnameInformation>",
    "GetScopes": "<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>onvif://www.onvif.org/name/%ff</tt:ScopeItem></tds:Scopes>",
    "GetDiscoveryMode": "<tds:DiscoveryMode>Discoverable</tds:DiscoveryMode>",
    "GetNTP": "<tds:NTPInformation><tt:FromDHCP>false</tt:FromDHCP><tt:NTPManual><tt:IPv4Address>10.0.0.1</tt:IPv4Address></tt:NTPManual>"
    "</tds:NTPInformation>",
    "GetNetworkInterfaces": '<tds:NetworkInterfaces token="e"><tt:Info><tt:HwAddress>02:00:00:00:00:01</tt:HwAddress></tt:Info><tt:IPv4>'
    "<tt:Config><tt:Manual><tt:Address>127.0.0.1</tt:Address><tt:PrefixLength>24</tt:PrefixLength></tt:Manual></tt:Config></tt:IPv4>"
    "</tds:NetworkInterfaces>",
    "GetNetworkProtocols": "<tds:NetworkProtocols><tt:Name>HTTPS</tt:Name><tt:Enabled>true</tt:Enabled><tt:Port>443</tt:Port>"
    "</tds:NetworkProtocols>",
    "GetDNS": "<tds:DNSInformation><tt:DNSManual><tt:IPv4Address>10.0.0.1</tt:IPv4Address></tt:DNSManual></tds:DNSInformation>",
    "GetNetworkDefaultGateway": "<tds:NetworkGateway><tt:IPv4Address>10.0.0.1</tt:IPv4Address></tds:NetworkGateway>",
    "GetProfiles": f'<trt:Profiles token="p"><tt:VideoSourceConfiguration token="s"/><tt:VideoEncoderConfiguration token="e">{ENCODER}'
    '</tt:VideoEncoderConfiguration><tt:AudioEncoderConfiguration token="a"/></trt:Profiles>',
    "GetVideoEncoderConfiguration": f'<trt:Configuration token="e">{ENCODER}</trt:Configuration>',
    "GetVideoEncoderConfigurationOptions": f'<trt:Options GovLengthRange="1 x 9" FrameRatesSupported="25 . 0.5"><tt:H264>{SIZE}'
    f"<tt:GovLengthRange>{RANGE}</tt:GovLengthRange><tt:FrameRateRange>{RANGE}</tt:FrameRateRange></tt:H264></trt:Options>",
    "GetStreamUri": "<trt:MediaUri><tt:Uri>rtsp://h:554/a?b=1</tt:Uri></trt:MediaUri>",
    "GetOSDs": OSD,
    "GetRecordings": f"<trc:RecordingItem>{RECORDING}</trc:RecordingItem>",
    "FindRecordings": "<tse:SearchToken>t</tse:SearchToken>",
    "FindEvents": "<tse:SearchToken>t</tse:SearchToken>",
    "GetRecordingSearchResults": f"<tse:ResultList><tt:SearchState>Completed</tt:SearchState><tt:RecordingInformation>{RECORDING}"
    "</tt:RecordingInformation></tse:ResultList>",
    "GetEventSearchResults": "<tse:ResultList><tt:SearchState>Completed</tt:SearchState><tt:Result><tt:Time>2021-06-01T01:00:00Z</tt:Time>"
    '<tt:SimpleItem Name="IsDataPresent" Value="true"/></tt:Result></tse:ResultList>',
    "SetNetworkInterfaces": "<tds:RebootNeeded>true</tds:RebootNeeded>",
}
DESIRED = DesiredDevice(
    slot=1, address="127.0.0.1", port=9, name="n", osd="Cổng", admin=Account("admin", "p"), viewer=Account("v", "q"), ntp="127.0.0.1",
    timezone="ICT-7", discovery="NonDiscoverable", encoder=DesiredEncoder("h264", 1920, 1080, 15, 2, 2048),
    sub_encoder=DesiredEncoder("h264", 640, 360, 10, 2, 256), services_off=("https", "multicast"),
    network=DesiredNetwork(24, "127.0.0.1", ("127.0.0.1",)),
)  # fmt: skip


class Damaged(Soap):
    """Answers every operation by the table; the one named `spoilt` with `data` in its place."""

    def __init__(self, spoilt: str, data: bytes, status: int) -> None:
        super().__init__("127.0.0.1", 9, Deadline(20))
        self.spoilt, self.data, self.status = spoilt, data, status

    def _send(self, path: str, data: bytes, headers: dict[str, str]) -> Answer:
        name = re.search(r'/(\w+)"', headers["Content-Type"])
        operation = name[1] if name else ""
        if operation == self.spoilt:
            return Answer(self.status, {"www-authenticate": 'Digest realm="r", nonce="n"'}, self.data)
        return Answer(200, {}, whole(operation))


def whole(operation: str) -> bytes:
    body = f"<tds:{operation}Response>{BODIES.get(operation, '')}</tds:{operation}Response>"
    return f"<s:Envelope {DECLARED}><s:Body>{body}</s:Body></s:Envelope>".encode()


@st.composite
def damage(draw: st.DrawFn) -> tuple[str, bytes]:
    """An operation, and its answer with a piece cut out, doubled, overwritten, swollen or in another encoding."""
    operation = draw(st.sampled_from(sorted(BODIES)))
    data = whole(operation)
    first = len(data) - len(BODIES[operation].encode()) - 60
    start, end = sorted((draw(st.integers(first, len(data))), draw(st.integers(first, len(data)))))
    piece = data[start:end]
    rubbish = draw(
        st.one_of(st.binary(max_size=9), st.sampled_from([b"9" * 400, b"-1", b"nan", b"1e9", b"<a/>" * 50, "Ω".encode("utf-16")]))
    )
    kinds = [data[:start], data[:start] + data[end:], data[:end] + piece * 20 + data[end:], data[:start] + rubbish + data[end:]]
    made = draw(st.sampled_from(kinds))
    return operation, made if draw(st.booleans()) else made.decode("utf-8", "replace").encode("utf-16")


def run(state: Path, soap: Soap, desired: DesiredDevice) -> Any:
    session = Session(soap, Logins(state), desired.key)
    moment = session.read_time()
    session.open([Account("admin", "p")])
    connection = onvif.Connection(session, moment, True, Limits(state))
    observed = onvif.get(connection, desired)
    onvif.shortfalls(observed, desired)
    return onvif.apply(connection, observed, desired, onvif.plan(observed, desired))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onvif, "READ_BACK_S", (0.0,))
    monkeypatch.setattr(planning, "SETTLING_S", 0.0)
    monkeypatch.setattr(onvif.network, "GONE_S", 0.0)


def test_an_undamaged_run_goes_all_the_way(tmp_path: Path, impatient: None) -> None:
    outcome = run(tmp_path, Damaged("", b"", 200), DESIRED)
    forgotten = {f.field for f in outcome.failures}
    assert {"encoder.size", "hostname", "osd", "service.https", "service.multicast", "discovery", "network.gateway"} <= forgotten
    assert "admin.password" in forgotten | {c.field for c in outcome.done}


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage(), st.sampled_from([200, 200, 200, 400, 401, 403, 404, 500]), st.sampled_from(["camera", "recorder"]))
def test_one_damaged_answer_never_crashes_a_run(
    tmp_path_factory: pytest.TempPathFactory, impatient: None, spoilt: tuple[str, bytes], status: int, kind: Any
) -> None:
    with contextlib.suppress(DeviceFailure):
        run(tmp_path_factory.mktemp("state"), Damaged(*spoilt, status), replace(DESIRED, kind=kind))


@pytest.mark.parametrize(
    "swollen",
    [
        b"<a>" * 300_000,
        b"<s:Envelope xmlns:s='x'><s:Body>" + b"<a/>" * 200_000 + b"</s:Body></s:Envelope>",
        b"<s:Envelope><s:Body><r>" + b"".join(b"<a%d:b/>" % n for n in range(60_000)) + b"</r></s:Body></s:Envelope>",
        b"<r>" + b"&" * 1_900_000 + b"</r>",
        b"<r " + b" a:" * 600_000 + b">",
        b" " * 1_900_000 + b"<r/>",
        whole("GetProfiles").replace(b"</trt:Profiles>", b"".join(b"<tt:X%d/>" % n for n in range(100_000)) + b"</trt:Profiles>"),
    ],
    ids=["deep", "wide", "prefixes", "ampersands", "attributes", "blanks", "children"],
)
@pytest.mark.parametrize("operation", ["GetProfiles", "GetVideoEncoderConfiguration"])
def test_a_swollen_answer_costs_no_more_than_moments(tmp_path: Path, impatient: None, swollen: bytes, operation: str) -> None:
    begun = time.process_time()
    with contextlib.suppress(DeviceFailure):
        run(tmp_path, Damaged(operation, swollen, 200), DESIRED)
    assert time.process_time() - begun < 10
