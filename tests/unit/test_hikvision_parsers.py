"""What Hikvision devices send, and what they might: read as meant, or refused by name; never a crash, never a hang.

Facts of real answers are re-typed from maciej-or/hikvision_next's recordings and mezz64/pyHik.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree
from soak import examples

from edge_agent.contract import devices as desired
from edge_agent.devices import hikvision, vendor_http
from edge_agent.devices.exchange import Answer
from edge_agent.devices.faults import BadAnswer, DeviceFailure
from edge_agent.devices.hikvision import clock, isapi, read, recorder, schedule, search, services, streams
from edge_agent.devices.logins import Logins
from edge_agent.devices.planning import EncoderTarget

NS = ' xmlns="http://www.hikvision.com/ver20/XMLSchema"'
STREAM = f"""<StreamingChannel version="2.0"{NS}><id>101</id><channelName>Cour</channelName><enabled>true</enabled>
<Transport><Multicast><enabled>true</enabled><destIPAddress>0.0.0.0</destIPAddress></Multicast></Transport>
<Video><enabled>true</enabled><videoCodecType opt="H.264,H.265">H.265</videoCodecType>
<videoResolutionWidth opt="2688,1920,1280">2688</videoResolutionWidth>
<videoResolutionHeight opt="1520,1080,720">1520</videoResolutionHeight>
<videoQualityControlType>VBR</videoQualityControlType><constantBitRate>4096</constantBitRate>
<vbrUpperCap min="32" max="16384">4096</vbrUpperCap>
<maxFrameRate opt="2500,1500,100,50">2500</maxFrameRate><keyFrameInterval>2000</keyFrameInterval><GovLength min="1" max="400">50</GovLength>
<SmartCodec><enabled>true</enabled></SmartCodec></Video><Audio><enabled>true</enabled></Audio></StreamingChannel>"""
CHANNELS = """<InputProxyChannelList><InputProxyChannel><id>4</id><name>gate</name><sourceInputPortDescriptor>
<proxyProtocol>HIKVISION</proxyProtocol><addressingFormatType>ipaddress</addressingFormatType><ipAddress>10.0.0.238</ipAddress>
<managePortNo>8000</managePortNo><srcInputPort>1</srcInputPort><userName>admin</userName><connMode>plugplay</connMode><model/>
</sourceInputPortDescriptor></InputProxyChannel></InputProxyChannelList>"""
STORAGE = """<storage><hddList size="8"><hdd><id>1</id><hddName>hdd1</hddName><status>ok</status><capacity>1907729</capacity>
<freeSpace>0</freeSpace></hdd><hdd><id>2</id><hddName>hdd2</hddName><status>smartFailed</status></hdd></hddList>
<nasList><nas><id>9</id><status>ok</status><capacity>15359</capacity><freeSpace>512</freeSpace></nas></nasList></storage>"""
LOCKED = """<userCheck><statusValue>401</statusValue><lockStatus>lock</lockStatus><unlockTime>1796</unlockTime></userCheck>"""
TIME = """<Time><timeMode>NTP</timeMode><localTime>2021-06-01T12:00:00+07:00</localTime><timeZone>CST-7:00:00</timeZone></Time>"""
SAMPLES = (STREAM, CHANNELS, STORAGE, LOCKED, TIME)


def tree(text: str) -> Any:
    return etree.fromstring(text)


def answer(content: str | bytes, status: int = 200) -> Answer:
    return Answer(status, {}, content.encode() if isinstance(content, str) else content)


def test_a_stream_of_a_real_camera() -> None:
    found = streams.encoder(tree(STREAM))
    assert found is not None
    assert (found.token, found.codec, found.width, found.fps, found.gov, found.bitrate_kbps) == ("101", "h265", 2688, 25, 50, 4096)
    assert streams.smart(tree(STREAM)) and streams.audio(tree(STREAM)) and streams.multicast(tree(STREAM))
    options = streams.with_options(found, tree(STREAM)).options["h264"]
    assert options.sizes == ((2688, 1520), (1920, 1080), (1280, 720)) and options.fps_list == (1, 15, 25)
    assert (options.gov, options.bitrate) == (streams.Range(1, 400), streams.Range(32, 16384))


def test_old_firmware_has_no_gov_length_and_recorders_no_rate() -> None:
    root = tree(STREAM.replace('<GovLength min="1" max="400">50</GovLength>', ""))
    found = streams.encoder(root)
    assert found is not None and found.gov == 50
    full = streams.encoder(tree(STREAM.replace(">2500<", ">0<")))
    assert full is not None and full.fps is None


OLDEST = """<StreamingChannel><id opt="1,2">1</id><channelName>IPdome</channelName><Video><videoCodecType opt="H.264">H.264</videoCodecType>
<videoResolutionWidth opt="1280*720,1920*1080">1920</videoResolutionWidth>
<videoResolutionHeight opt="1280*720,1920*1080">1080</videoResolutionHeight>
<videoQualityControlType opt="CBR,VBR">VBR</videoQualityControlType><constantBitRate min="32" max="12288">4096</constantBitRate>
<maxFrameRate opt="3000,2500,1500,100,50,25,12,6">3000</maxFrameRate><keyFrameInterval min="2" max="250">30</keyFrameInterval>
<BPFrameInterval opt="0,1,2">0</BPFrameInterval></Video></StreamingChannel>"""
"""A dome from before GovLength, as an OhMetadataParser's test_boost.cpp has its answer."""


def test_the_oldest_firmware_pairs_its_sizes_and_counts_keyframes_in_frames() -> None:
    found = streams.encoder(tree(OLDEST))
    assert found is not None and (found.fps, found.gov) == (30, 30)
    options = streams.with_options(found, tree(OLDEST)).options["h264"]
    assert options.sizes == ((1280, 720), (1920, 1080))
    assert (options.gov, options.bitrate) == (streams.Range(2, 250), streams.Range(32, 12288))
    root = tree(OLDEST)
    streams.fill(root, EncoderTarget("h264", (1280, 720), 15, 30, 2048))
    assert root.findtext("Video/keyFrameInterval") == "30" and root.find("Video/GovLength") is None


@pytest.mark.parametrize(
    ("widths", "heights", "sizes"),
    [
        ("640,640,1280", "360,480,720", ((640, 360), (640, 480), (1280, 720))),
        ("1280,1920,2304,2560,2688", "", ()),
        ("1920,1280,704", "1080,576", ()),
        ("1920 , 1280", "1080,720", ((1920, 1080), (1280, 720))),
    ],
)
def test_sizes_whose_halves_do_not_match_are_not_guessed(widths: str, heights: str, sizes: tuple[tuple[int, int], ...]) -> None:
    root = tree(
        f'<StreamingChannel><id>102</id><Video><videoResolutionWidth opt="{widths}">640</videoResolutionWidth>'
        f'<videoResolutionHeight opt="{heights}">360</videoResolutionHeight><videoCodecType>H.264</videoCodecType></Video>'
        "</StreamingChannel>"
    )
    found = streams.encoder(root)
    assert found is not None and streams.with_options(found, root).options["h264"].sizes == sizes


def test_as_many_frames_as_it_can_are_those_that_its_capabilities_name() -> None:
    """Key-Information-Solutions/DVRtool, tests/DVRTool.Tests/HikvisionStorageTests.cs: a recorder's cameras at "full frame rate"."""
    full = tree(STREAM.replace('"2500,1500,100,50">2500', '"0,2000,1800,1500,100,50,25,12,6">0'))
    found = streams.encoder(full)
    assert found is not None and found.fps is None and streams.with_options(found, full).fps == 20


def test_what_is_written_keeps_what_was_not_asked_for() -> None:
    root = tree(STREAM)
    streams.fill(root, streams.EncoderTarget("h264", (1920, 1080), 15, 30, 2048))
    again = streams.encoder(root)
    assert again is not None and (again.codec, again.width, again.fps, again.gov, again.bitrate_kbps) == ("h264", 1920, 15, 30, 2048)
    assert b"<destIPAddress>0.0.0.0" in etree.tostring(root) and b"<constantBitRate>4096" in etree.tostring(root)
    assert b"<keyFrameInterval>2000" in etree.tostring(root)


@pytest.mark.parametrize(
    ("value", "zone", "utc"),
    [
        ("2021-06-01T12:00:00+07:00", "CST-7:00:00", "2021-06-01T05:00:00+00:00"),
        ("2021-06-01T12:00:00", "CST-7:00:00", "2021-06-01T05:00:00+00:00"),
        ("2021-06-01T12:00:00Z", "CST-7:00:00", "2021-06-01T05:00:00+00:00"),
        ("2021-06-01T12:00:00Z", "CST0:00:00", "2021-06-01T12:00:00+00:00"),
        ("2021-06-01T12:00:00", "CST+5:00:00DST01:00:00,M3.2.0/02:00:00,M11.1.0/02:00:00", "2021-06-01T17:00:00+00:00"),
        ("12 o'clock", "CST-7:00:00", None),
        (None, None, None),
    ],
)
def test_local_time_with_and_without_its_offset(value: str | None, zone: str | None, utc: str | None) -> None:
    found = clock.moment(value, zone)
    assert (found.astimezone(UTC).isoformat() if found else None) == utc


def test_zones_are_written_as_the_maker_does() -> None:
    assert clock.isapi_zone("ICT-7") == "CST-7:00:00" and clock.isapi_zone("NST+3:30") == "CST+3:30:00"
    assert clock.local_time(datetime(2021, 6, 1, 5, tzinfo=UTC), "CST-7:00:00") == "2021-06-01T12:00:00+07:00"


def test_channels_and_disks_of_real_recorders() -> None:
    row = tree(CHANNELS)[0]
    found = recorder.channel(row, tree("<InputProxyChannelStatus><id>4</id><online>false</online></InputProxyChannelStatus>"))
    assert found is not None
    assert (found.number, found.address, found.port, found.protocol, found.online) == (4, "10.0.0.238", 8000, "hikvision", False)
    assert [(d.name, d.status, d.total_mb) for d in recorder.disks(tree(STORAGE))] == [
        ("hdd1", "ok", 2000399),
        ("hdd2", "failed", None),
        ("nas9", "ok", 16105),
    ]
    kinds = [
        recorder.is_one(tree(f"<DeviceInfo><deviceType>{k}</deviceType></DeviceInfo>")) for k in ("NVR", "DVR", "HybirdNVR", "IPCamera")
    ]
    assert kinds == [True, True, True, False]


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (LOCKED, 401, "locked"),
        ('{"userCheck": {"lockStatus": "lock", "unlockTime": 60}}', 401, "locked"),
        ("<html>user is locked</html>", 403, "locked"),
        ("<userCheck><statusValue>401</statusValue><retryLoginTime>4</retryLoginTime></userCheck>", 401, "password"),
        ("<userCheck><statusValue>200</statusValue><lockStatus>unlock</lockStatus></userCheck>", 200, None),
        ("<ResponseStatus><statusCode>4</statusCode><subStatusCode>lowPrivilege</subStatusCode></ResponseStatus>", 403, "permission"),
        ("<ResponseStatus><statusCode>4</statusCode><subStatusCode>notActivated</subStatusCode></ResponseStatus>", 403, "inactive"),
        ("<ResponseStatus><statusCode>4</statusCode><subStatusCode>notSupport</subStatusCode></ResponseStatus>", 403, None),
        ("<html><body>401 Unauthorized</body></html>", 401, None),
        ("", 401, None),
    ],
)
def test_what_a_refusal_means(body: str, status: int, kind: str | None) -> None:
    found = isapi.judge(answer(body, status))
    assert (found.kind if found else None) == kind


def test_services_are_found_where_firmware_puts_them() -> None:
    ports = tree(
        "<AdminAccessProtocolList><AdminAccessProtocol><enabled>true</enabled><protocol>HTTPS</protocol><portNo>443</portNo></AdminAccessProtocol>"
        "<AdminAccessProtocol><protocol>DEV_MANAGE</protocol></AdminAccessProtocol><AdminAccessProtocol><id>2</id><protocol>RTSP</protocol>"
        "<portNo>10554</portNo></AdminAccessProtocol></AdminAccessProtocolList>"
    )
    https = services.of(["https"])[0]
    assert services.state(ports, https) is True and services.rtsp_port(ports) == 10554
    services.turn(ports, https, on=False)
    assert services.state(ports, https) is False
    assert services.state(ports, services.of(["bonjour"])[0]) is None and services.rtsp_port(None) == 554


def row(day: str, start: str, end: str, mode: str = "CMR", record: str = "true") -> str:
    edges = f"<ScheduleActionStartTime><DayOfWeek>{day}</DayOfWeek><TimeOfDay>{start}</TimeOfDay></ScheduleActionStartTime>"
    edges += f"<ScheduleActionEndTime><DayOfWeek>{day}</DayOfWeek><TimeOfDay>{end}</TimeOfDay></ScheduleActionEndTime>"
    actions = f"<Actions><Record>{record}</Record><ActionRecordingMode>{mode}</ActionRecordingMode></Actions>"
    return f"<ScheduleAction>{edges}{actions}</ScheduleAction>"


def track(rows: str, enabled: str = "true") -> Any:
    block = f"<TrackSchedule><ScheduleBlockList><ScheduleBlock>{rows}</ScheduleBlock></ScheduleBlockList></TrackSchedule>"
    extension = f"<CustomExtensionList><CustomExtension><enableSchedule>{enabled}</enableSchedule></CustomExtension></CustomExtensionList>"
    return tree(f"<Track{NS}><id>101</id><LoopEnable>false</LoopEnable>{block}{extension}</Track>")


@pytest.mark.parametrize(
    ("rows", "enabled", "mode"),
    [
        ("".join(row(d, "00:00:00", "24:00:00") for d in schedule.DAYS), "true", "continuous"),
        ("".join(row(d, "00:00:00", "23:59:59") for d in schedule.DAYS), "true", "continuous"),
        ("".join(row(d, "00:00:00", "12:00:00") + row(d, "12:00:00", "24:00:00") for d in schedule.DAYS), "true", "continuous"),
        ("".join(row(d, "00:00:00", "24:00:00") for d in schedule.DAYS), "false", "off"),
        ("".join(row(d, "00:00:00", "24:00:00") for d in schedule.DAYS[:6]), "true", "schedule"),
        ("".join(row(d, "00:00:00", "24:00:00", "MOTION") for d in schedule.DAYS), "true", "motion"),
        ("".join(row(d, "00:00:00", "24:00:00", record="false") for d in schedule.DAYS), "true", "off"),
        ("", "true", "off"),
        (row("Someday", "0", "99:99:99"), "true", "off"),
    ],
)
def test_what_a_schedule_comes_to_and_how_it_becomes_continuous(rows: str, enabled: str, mode: str) -> None:
    found = track(rows, enabled)
    assert schedule.mode(found) == mode
    schedule.record_always(found)
    assert schedule.mode(found) == "continuous" and b"<LoopEnable>true" in etree.tostring(found)
    once = etree.tostring(found)
    schedule.record_always(found)
    assert etree.tostring(found) == once


def test_spans_that_touch_are_one_and_a_z_is_local_time_unless_it_ends_now() -> None:
    zone, now = timezone(timedelta(hours=7)), datetime(2021, 6, 1, 12)
    local = [(now - timedelta(hours=2), now - timedelta(hours=1, seconds=1)), (now - timedelta(hours=1), now)]
    joined = search.joined(search.aware(local, zone, now))
    assert len(joined) == 1 and joined[0][1] == now.replace(tzinfo=zone)
    utc = [(a - timedelta(hours=7), b - timedelta(hours=7)) for a, b in local]
    assert search.joined(search.aware(utc, zone, now))[0][1].astimezone(UTC) == now.replace(tzinfo=zone).astimezone(UTC)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6))))
def test_joining_twice_changes_nothing(pairs: list[tuple[int, int]]) -> None:
    spans = [(datetime.fromtimestamp(a, UTC), datetime.fromtimestamp(b, UTC)) for a, b in pairs]
    once = search.joined(spans)
    assert search.joined(once) == once
    assert all(a < b for a, b in once) and all(x[1] < y[0] for x, y in pairwise(once))


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """An honest answer, cut, repeated, with something else in its midst; or nothing of the sort."""
    kind = draw(st.sampled_from(("bytes", "text", "cut", "swollen", "hole", "json", "values")))
    if kind == "bytes":
        return draw(st.binary(max_size=300))
    if kind == "text":
        return draw(st.text(max_size=200)).encode("utf-8", "surrogatepass")
    if kind == "json":
        leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
        found = draw(
            st.recursive(leaf, lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=8), c, max_size=3), max_leaves=12)
        )
        return json.dumps(found).encode()
    sample = draw(st.sampled_from(SAMPLES)).encode()
    at = draw(st.integers(0, len(sample)))
    if kind == "cut":
        return sample[:at]
    if kind == "swollen":
        return sample[:at] + draw(st.sampled_from((b"<a>" * 400, b"&bomb;", b"\x00\xff", b'<!DOCTYPE x [<!ENTITY e "e">]>'))) + sample[at:]
    if kind == "hole":
        return sample[:at] + sample[at + draw(st.integers(1, 40)) :]
    word = draw(st.sampled_from(("-1", "999999999999999999999", "NaN", "1e400", "", "٣", "true", "0x10", "Monday", "99:99:99")))
    return sample.replace(draw(st.sampled_from((b"2500", b"101", b"ok", b"1796", b"2000", b"4", b"CST-7:00:00"))), word.encode())


@given(spoilt())
@example(b'{"A\\u00b9": null}')  # a letter to `\w`, none that XML allows in a name
@settings(max_examples=examples(400))
def test_no_reader_crashes_on_what_a_device_might_send(content: bytes) -> None:
    try:
        root = isapi.document(answer(content))
    except BadAnswer:
        isapi.judge(answer(content, 401))
        return
    isapi.judge(answer(content, 401))
    for convert in (
        read.identity, read.users, read.onvif_users, read.osd, read.servers, streams.encoder, streams.smart, streams.audio, recorder.disks,
        schedule.mode, recorder.is_one,
    ):  # fmt: skip
        convert(root)
    for child in root:
        recorder.channel(child, root)
        search._span(child)
    clock.clock(root, None, clock.now())
    search._search_status(root)
    if (found := streams.encoder(root)) is not None:
        streams.with_options(found, root)
    for switch in services.SWITCHES:
        services.state(root, switch)


class Wire:
    """Stands in for the connection: each request gets the next of the answers, the last for ever."""

    def __init__(self, answers: Iterator[Answer]) -> None:
        # ONVIF is asked at this address by a connection of its own: one that refuses at once, or each example waits seconds.
        self._answers, self.exchanges, self.host, self.port = answers, 0, "127.0.0.1", 1
        self.deadline = vendor_http.Deadline(30)

    def send(self, method: str, target: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        self.exchanges += 1
        assert self.exchanges < 500, "it does not end"
        return next(self._answers)

    def close(self) -> None: ...


HEADERS = st.sampled_from(({}, {"www-authenticate": 'Digest realm="x", nonce="n", qop="auth"'}, {"www-authenticate": 'Basic realm="x"'}))


@given(
    answers=st.lists(
        st.builds(Answer, st.sampled_from((200, 200, 200, 401, 403, 404, 500, 503, 302)), HEADERS, spoilt()), min_size=1, max_size=12
    )
)
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_whole_conversation_of_rubbish_ends_in_a_named_failure_or_not_at_all(
    answers: list[Answer], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isapi.time, "sleep", lambda s: None)

    def endless() -> Iterator[Answer]:
        while True:
            yield from answers

    monkeypatch.setattr(vendor_http, "Wire", lambda *a, **k: Wire(endless()))
    own: dict[str, Any] = {"slot": 0, "address": "192.0.2.1", "port": 80, "driver": "hikvision", "services_off": ["upnp"]}
    accounts = {"admin": {"user": "admin", "password": "Secret12345"}, "viewer": {"user": "v", "password": "Secret54321"}}
    target = desired.device({**own, "accounts": accounts, "recording_days": 1, "kind": "recorder"}, "want")
    logins = Logins(Path(tmp_path_factory.mktemp("state")))
    try:
        hikvision.identify(target, logins)
    except DeviceFailure as failure:
        assert "Secret" not in str(failure)
    try:
        with hikvision.connect(target, logins) as connection:
            observed = hikvision.get(connection, target, all_options=True)
            hikvision.plan(observed, target)
            hikvision.shortfalls(observed, target)
    except DeviceFailure as failure:
        assert "Secret" not in str(failure)
