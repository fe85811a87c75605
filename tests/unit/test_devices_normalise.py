"""Normalisers: two spellings of one value meet, and doing it twice changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contract.devices import codec as normal_codec
from edge_agent.devices import normalise

ZONES = st.one_of(
    st.text(max_size=12),
    st.from_regex(r"\A[A-Za-z<>+]{3,6}[+-]?[0-9]{1,2}(:[0-9]{2}){0,2}\Z"),
)


@given(ZONES)
def test_a_zone_normalised_twice_is_normalised(value: str) -> None:
    once = normalise.timezone(value)
    assert normalise.timezone(once) == once


@given(ZONES)
def test_a_zones_minutes_are_those_of_its_normal_form(value: str) -> None:
    assert normalise.zone_minutes(value) == normalise.zone_minutes(normalise.timezone(value))


@given(st.text(max_size=80))
def test_codec_hostname_and_mac_normalised_twice_are_normalised(value: str) -> None:
    codec, host, mac = normal_codec(value), normalise.hostname(value), normalise.mac(value)
    assert (normal_codec(codec), normalise.hostname(host), normalise.mac(mac)) == (codec, host, mac)


@given(st.text(max_size=200))
def test_a_host_name_is_one_that_every_device_takes(value: str) -> None:
    host = normalise.hostname(value)
    assert 1 <= len(host) <= 63 and host.isascii() and not host.startswith("-") and not host.endswith("-")
    assert host.replace("-", "").isalnum()


@pytest.mark.parametrize("value", ["ICT-7", "CST-07:00", "CST-7:00:00", "<+07>-7", "UTC-07:00"])
def test_vietnams_zone_has_many_names(value: str) -> None:
    assert normalise.timezone(value) == "UTC-07:00" and normalise.zone_minutes(value) == 7 * 60


def test_posix_signs_are_inverted_and_unknown_zones_stay() -> None:
    assert normalise.zone_minutes("EST5") == -300
    assert normalise.timezone("UTC0") == normalise.timezone("GMT-0") == "UTC+00:00"
    assert normalise.timezone("Asia/Ho_Chi_Minh") == "Asia/Ho_Chi_Minh"
    assert normalise.zone_minutes("Asia/Ho_Chi_Minh") is None


def test_codecs_and_macs_of_different_makers_are_one() -> None:
    assert {normal_codec(c) for c in ("H264", "h.264", "AVC")} == {"h264"}
    assert {normal_codec(c) for c in ("H265", "HEVC", "H.265")} == {"h265"}
    assert normalise.mac("02-00-00-AA-BB-01") == "02:00:00:aa:bb:01"
    assert normalise.mac("00-00-00-00-00-00") is normalise.mac("000000000000") is None
    assert normalise.hostname("AN-NHON-01 C01") == "AN-NHON-01-C01"
