"""What devices say is rubbish until parsed: no body, however cut or hostile, ends in anything but an answer or a DeviceError."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from province.measure import box_view
from province.measure.devices import spans, vendor
from province.measure.devices.dahua import cgi
from province.measure.devices.dahua import recorder as dahua_recorder
from province.measure.devices.digest import Digest
from province.measure.devices.errors import DeviceError, Login
from province.measure.devices.hikvision import isapi
from province.measure.devices.onvif import mend
from province.measure.devices.onvif import recorder as onvif_recorder
from province.measure.devices.vendor import Answer

ENVELOPE = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema">'
    "<s:Body><tt:Name>Cổng & sân</tt:Name><tt:Width>1920.000000</tt:Width></s:Body></s:Envelope>"
).encode()
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@given(st.binary(max_size=300))
def test_any_bytes_are_an_envelope_or_refused(body: bytes) -> None:
    try:
        assert mend.envelope(body)
    except DeviceError as error:
        assert error.reason == "protocol"


@given(st.integers(0, len(ENVELOPE)), st.binary(max_size=4))
def test_an_envelope_cut_or_overwritten_anywhere_is_mended_or_refused(at: int, noise: bytes) -> None:
    for body in (ENVELOPE[:at], ENVELOPE[:at] + noise + ENVELOPE[at + len(noise) :]):
        try:
            once = mend.envelope(body)
        except DeviceError:
            continue
        assert mend.envelope(once) == once


def test_mending_keeps_what_was_meant() -> None:
    made = mend.envelope(b"junk" + ENVELOPE + b"\x00")
    assert "Cổng &amp; sân".encode() in made
    assert b"<tt:Width>1920</tt:Width>" in made


def test_a_cut_answer_is_not_taken_for_a_short_one() -> None:
    with pytest.raises(DeviceError, match="cut"):
        mend.envelope(ENVELOPE[:-20])


@pytest.mark.parametrize("parse", [mend.envelope, isapi.parse])
def test_a_document_type_is_refused(parse: object) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY x "y">]>' + ENVELOPE.replace(b"C", b"&x;")
    with pytest.raises(DeviceError, match="doctype"):
        parse(bomb)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_isapi_document_or_refused(body: bytes) -> None:
    try:
        node = isapi.parse(body)
    except DeviceError:
        return
    assert node["a/b"] is None or isinstance(node["a/b"], str)


@given(st.text(max_size=300))
def test_any_text_is_a_table_of_keys_in_lower_case(text: str) -> None:
    table = cgi.parse(text)
    assert all(key == key.lower() for key in table)
    cgi.indices(table, "list.info")
    dahua_recorder._span(table, 0, timedelta(hours=7))


@given(st.text(max_size=120))
def test_any_challenge_is_answered_or_not_at_all(offer: str) -> None:
    scheme, challenge = vendor._chosen(offer)
    if scheme == "digest":
        assert Digest(Login("u", "p"), challenge).header("GET", "http://127.0.0.1/x").startswith("Digest ")


def test_of_several_challenges_digest_with_md5_is_chosen() -> None:
    offer = 'Basic realm="x", Digest realm="a", nonce="1", algorithm=SHA-256, Digest realm="b", nonce="2", qop="auth"'
    assert vendor._chosen(offer) == ("digest", {"realm": "b", "nonce": "2", "qop": "auth"})


@pytest.mark.parametrize(
    ("body", "seconds", "locked"),
    [
        (b"<userCheck><lockStatus>lock</lockStatus><unlockTime>1782</unlockTime></userCheck>", 1782.0, True),
        (b"<userCheck><lockStatus>unlock</lockStatus><retryLoginTime>4</retryLoginTime></userCheck>", None, False),
        (b"Error: Account locked. RemainLockSecond=300", 300.0, True),
        (b"<html>401 Unauthorized</html>", None, False),
    ],
)
def test_a_refusal_tells_whether_and_how_long_a_device_is_locked(body: bytes, seconds: float | None, locked: bool) -> None:
    answer = Answer(401, body)
    assert (vendor.unlocks_in(answer), vendor.locked(answer)) == (seconds, locked)


@given(st.lists(st.tuples(MOMENTS, MOMENTS), max_size=12))
def test_merging_spans_twice_changes_nothing_and_loses_no_moment(found: list[spans.Span]) -> None:
    once = spans.merged(found)
    assert spans.merged(once) == once
    for begin, end in found:
        if begin <= end:
            assert any(start <= begin and end <= stop for start, stop in once)


@given(st.lists(st.tuples(MOMENTS, st.booleans()), max_size=12))
def test_changes_in_any_order_make_spans_that_follow_each_other(changes: list[tuple[datetime, bool]]) -> None:
    begin, last = datetime(2025, 6, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    made = onvif_recorder.present_spans(changes, begin, last)
    flat = [moment for span in made for moment in span]
    assert flat == sorted(flat)
    assert all(begin <= moment <= last for moment in flat)


def test_a_hole_at_the_beginning_of_what_was_searched_counts() -> None:
    found = spans.footage([(NOW - timedelta(days=2), NOW)], NOW, NOW - timedelta(days=5), kept_from=NOW - timedelta(days=9))
    assert [gap["seconds"] for gap in found["gaps"]] == [3 * 86400.0]
    assert found["days_kept"] == 9.0


def test_many_holes_are_counted_and_the_longest_are_told() -> None:
    hours = [(NOW - timedelta(hours=n), NOW - timedelta(hours=n, minutes=-50 + n)) for n in range(1, 41)]
    found = spans.footage(hours, NOW, NOW - timedelta(days=5))
    assert found["gaps_in_all"] == 39
    assert len(found["gaps"]) == spans.LISTED
    assert max(gap["seconds"] for gap in found["gaps"]) == (10 + 40) * 60


STATUS = {
    "schema": 1, "at": "2026-01-31T12:00:00Z",
    "disk": {"path": "/var/lib/x", "total_bytes": 10**12, "free_bytes": 10**11, "state": "ok", "detail": None},
    "cameras": {
        "1": {"state": "recording", "last_segment_at": "2026-01-31T11:59:30Z", "kept_from": "2026-01-30T12:00:00Z", "days_kept": 1.0,
              "bytes": 5, "gaps": [{"from": "2026-01-31T01:00:00Z", "to": "2026-01-31T01:02:00Z", "seconds": 120, "why": "power cut"}]},
        "2": {"state": "down", "last_segment_at": None, "kept_from": None, "days_kept": 0.0, "bytes": 0, "gaps": []},
    },
}  # fmt: skip


def test_the_boxes_status_is_evidence_in_the_words_of_any_recorder_and_derived() -> None:
    found = box_view.status(STATUS)
    one, two = (found["recordings"]["cameras"][slot] for slot in ("1", "2"))
    assert (one["behind_s"], one["days_kept"], one["gaps"][0]["why"]) == (30.0, 1.0, "power cut")
    assert (two["behind_s"], two["kept_from"]) == (None, None)
    assert found["storage"]["disks"][0]["status"] == "ok"
    assert found["storage"]["derived"] and found["recordings"]["derived"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=4),
        lambda inner: st.dictionaries(st.sampled_from(["at", "disk", "cameras", "1"]), inner),
    )
)
def test_a_status_of_another_shape_is_an_error_that_is_caught(document: object) -> None:
    try:
        box_view.status(json.loads(json.dumps(document)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return
