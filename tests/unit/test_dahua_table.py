"""Dahua's key=value answers: what real devices send is read, rubbish costs nothing."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.devices.dahua import spellings
from edge_agent.devices.dahua.cgi import judge
from edge_agent.devices.dahua.read import moment
from edge_agent.devices.dahua.table import MOST_LINES, parse
from edge_agent.devices.exchange import Answer
from edge_agent.devices.faults import BadAnswer
from edge_agent.devices.vendor_http import Refusal


def test_values_are_found_by_path_whatever_the_case_and_the_blanks() -> None:
    table = parse(
        "table.Encode[0].MainFormat[0].Video.FPS=15.000000\r\n table.Encode[ 0 ].mainformat[0].Video.resolution = 1920x1080 \r\n\r\n"
    )
    assert table.number("encode", 0, "MainFormat", 0, "video", "fps") == 15
    assert table.text("Encode", 0, "MainFormat", 0, "Video", "Resolution") == "1920x1080"
    assert table.spelled("encode", 0, "MAINFORMAT", 0, "video", "fps") == "Encode[0].MainFormat[0].Video.FPS"
    assert table.number("Encode", 1, "MainFormat", 0, "Video", "FPS") is None


def test_a_slot_named_by_a_uuid_is_one_step() -> None:
    table = parse("table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_7.VideoInputs[0].Name=stolb kamera\n")
    assert table.text("RemoteDevice", "uuid:System_CONFIG_NETCAMERA_INFO_7", "VideoInputs", 0, "Name") == "stolb kamera"


def test_children_are_in_the_devices_order_and_gaps_are_gaps() -> None:
    table = parse("users[3].Name=b\nusers[0].Name=a\nusers[0].Group=admin\n")
    assert {step: t.text("Name") for step, t in table.children("users").items()} == {3: "b", 0: "a"}


def test_a_value_keeps_its_equals_signs_and_other_lines_are_skipped() -> None:
    table = parse("found=2\nitems[0].Detail=Event Type:IPC Offline\nChannel:10\nurl=rtsp://a?x=1\n")
    assert table.text("url") == "rtsp://a?x=1"
    assert len(list(table.items())) == 3


@pytest.mark.parametrize(
    "line", ["table.A[2147483647]=1", "table.A[99999999999999999999]=1", "A[-1]=2", "A[" * 50 + "=1", "." * 500 + "=1"]
)
def test_an_odd_index_costs_nothing(line: str) -> None:
    tracemalloc.start()
    table = parse("\n".join([line, "table.B=1"]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert table.number("B") == 1
    assert peak < 100_000


def test_more_lines_than_any_device_has_are_a_bad_answer() -> None:
    with pytest.raises(BadAnswer):
        parse("a=1\n" * (MOST_LINES + 1))


@given(st.binary(max_size=4000))
def test_rubbish_is_read_without_complaint(data: bytes) -> None:
    parse(Answer(200, {}, data).text)


PIECES = st.sampled_from(
    ["table.", "Encode", "[0]", "[", "]", ".", "=", "[2147483647]", "\r\n", "\0", "\ufeff", "Tên=", " ", "uuid:x", "9" * 30]
)


@given(st.lists(PIECES, max_size=200).map("".join))
def test_torn_answers_are_read_without_complaint(text: str) -> None:
    table = parse(text)
    for path, _, _ in table.items():
        assert table.text(*path) is not None
        table.number(*path), table.flag(*path), table.children(*path[:1])


@given(st.text(max_size=40))
def test_every_translation_is_done_once_and_for_all(value: str) -> None:
    assert spellings.codec(spellings.codec(value)) == spellings.codec(value)
    assert spellings.protocol(spellings.protocol(value)) == spellings.protocol(value)
    assert spellings.disk_state(spellings.disk_state(value)) == spellings.disk_state(value)
    spellings.size(value), spellings.numbers(value), moment(value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_title_is_read_in_the_encoding_that_it_came_in(encoding: str) -> None:
    answer = Answer(200, {}, "table.ChannelTitle[0].Name=大门口摄像机\r\n".encode(encoding))
    assert parse(answer.text).text("ChannelTitle", 0, "Name") == "大门口摄像机"


# Indexes seen in use: Beijing, Brasilia, Easterntime (RCooLeR/DahuaBridge, rroller/dahua, a DH-NVR608H); ours is 12.
@pytest.mark.parametrize(("index", "posix"), [(0, "UTC+00:00"), (12, "UTC-07:00"), (13, "UTC-08:00"), (22, "UTC+03:00"), (25, "UTC+05:00")])
def test_a_zone_is_known_by_its_index(index: int, posix: str) -> None:
    assert spellings.zone(index) == posix
    assert spellings.zone_index(posix) == index


def test_zones_that_nobody_documents_are_unknown() -> None:
    assert spellings.zone(99) is None and spellings.zone(-1) is None and spellings.zone_index("<+0123>-01:23") is None
    assert spellings.zone_index("ICT-7") == 12


@pytest.mark.parametrize(
    ("word", "size"),
    [
        ("1080P", (1920, 1080)),
        ("2688x1520(2688x1520)", (2688, 1520)),
        ("3840*2160(3840x2160)", (3840, 2160)),
        ("D1", (704, 576)),
        ("??", None),
    ],
)
def test_a_size_is_read_from_its_word(word: str, size: tuple[int, int] | None) -> None:
    assert spellings.size(word) == size


# What refusals say: rroller/dahua, ONVIF of DH-P5D (home-assistant/core#175333), RPC answers, DH-NVR608H; None: nothing of use.
REFUSALS: list[tuple[int, str, str | None, float | None, int | None]] = [
    (401, "", None, None, None),
    (401, "Error\r\nInvalid Authority!\r\n", None, None, None),
    (401, "Error\r\nUser Locked! Please try again after 30 minutes.\r\n", "locked", 1800.0, None),
    (403, "401 Unauthorized (User Locked) remainLockSecond: 600", "locked", 600.0, None),
    (401, "Invalid username or password! You still have 29 attempt(s).", "password", None, 29),
    (401, '{"error":{"message":"User or password not valid!"},"params":{"remainLockSecond":0,"remainLoginTimes":2}}', "password", None, 2),
    (401, '{"error":{"message":"Component error: error"},"params":{"remainLockSecond":1785,"remainLoginTimes":0}}', "locked", 1785.0, None),
    (403, '{"error":{"code":403,"message":"Authority:check failure."},"result":false}', "permission", None, None),
    (401, "<html><body>Device is not initialized</body></html>", "inactive", None, None),
    (200, "serialNumber=LOCK\r\nUser Locked\r\n", None, None, None),
]


@pytest.mark.parametrize(("status", "body", "kind", "seconds", "left"), REFUSALS)
def test_refusals_are_told_apart_by_their_words(status: int, body: str, kind: str | None, seconds: float | None, left: int | None) -> None:
    said = judge(Answer(status, {}, body.encode()))
    assert (said.kind, said.seconds, said.left) == (kind, seconds, left) if said else kind is None
    assert said is None or isinstance(said, Refusal)


@given(st.sampled_from([401, 403, 500]), st.binary(max_size=500))
def test_a_refusal_may_say_anything(status: int, body: bytes) -> None:
    said = judge(Answer(status, {}, body))
    assert said is None or len(said.detail) <= 200
