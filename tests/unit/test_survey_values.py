"""Single cells: every form that people use, whatever stands around it; a parser applied to what it returned changes nothing."""

import re
from datetime import date, timedelta
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from province.survey.reading.cells import ValueRejected
from province.survey.reading.normalise import clean, fold, name_key, nothing, same_text
from province.survey.reading.places import places
from province.survey.reading.values import (
    EXCEL_EPOCH,
    PARSERS,
    addresses,
    count,
    day,
    days,
    mac,
    network,
    phone,
    phones,
    port,
    rate,
    slots,
    text,
    web_port,
    whole,
    yes,
)  # fmt: skip

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
NUMBERS = st.from_regex(r"0[1-9][0-9]{8}", fullmatch=True)
ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=40), st.dates())
SPACES = st.sampled_from(["", " ", "\u00a0", "\u200b", "\ufeff", "  \t"])


@given(ANYTHING, st.sampled_from(sorted(PARSERS)))
def test_a_parser_returns_or_refuses_and_takes_its_own_results(value: Any, kind: str) -> None:
    try:
        found = PARSERS[kind](value)
    except ValueRejected as refused:
        assert refused.text.vi and refused.text.en
        return
    if not isinstance(found, list):
        assert PARSERS[kind](found) == found


@given(
    DAYS,
    st.sampled_from(
        ["{d}/{m}/{y}", "{d:02}/{m:02}/{y}", "{d}-{m}-{yy:02}", "{d}.{m}.{y}", "{y}-{m:02}-{d:02}", "ngày {d} tháng {m} năm {y}"]
    ),
    SPACES,
)
def test_a_day_is_read_day_first_in_any_form(when: date, form: str, space: str) -> None:
    said = form.format(d=when.day, m=when.month, y=when.year, yy=when.year % 100)
    assert day(space + said + space) == when


@given(DAYS)
def test_a_day_that_excel_counted_is_that_day(when: date) -> None:
    serial = (when - EXCEL_EPOCH).days
    assert day(serial) == day(float(serial)) == day(str(serial)) == when and EXCEL_EPOCH + timedelta(days=serial) == when


def test_a_month_that_isn_t_is_answered_with_what_may_be_meant() -> None:
    with pytest.raises(ValueRejected) as refused:
        day("06/15/2021")
    assert "15/06/2021" in refused.value.text.vi


@given(
    NUMBERS,
    st.sampled_from(["{n}", "{n}.", "{t}", "+84{b}", "84{b}", "0084{b}", "ĐT: {n}", "({p}) {q}", "{p}.{q}", "{p}-{q}", "{b}"]),
    SPACES,
)
def test_a_phone_number_keeps_or_gets_back_its_zero(number: str, form: str, space: str) -> None:
    bare = number[1:]
    said = form.format(n=number, b=bare, t=f"{number[:4]} {number[4:7]} {number[7:]}", p=number[:4], q=number[4:])
    assert re.sub(r"\D", "", phone(space + said + space) or "") == number


@given(NUMBERS)
def test_a_phone_number_in_a_number_s_cell_gets_its_zero_back(number: str) -> None:
    assert phone(int(number)) == phone(float(int(number))) == phone(number)


@given(NUMBERS, NUMBERS, st.sampled_from([" - ", "; ", ", ", "/", "\n", " hoặc "]))
def test_two_phone_numbers_in_one_cell_are_two(one: str, other: str, between: str) -> None:
    assume(one != other)
    assert [re.sub(r"\D", "", each) for each in phones(one + between + other)] == [one, other]


@pytest.mark.parametrize("form", ["{n} máy lẻ 12", "{n} (nội bộ: 204)", "{n} ext. 7", "{n}, ML 305", "máy lẻ 12: {n}"])
def test_an_extension_is_no_part_of_the_number(form: str) -> None:
    assert phones(form.format(n="0256 000 1001")) == ["0256 000 1001"]


def test_a_phone_number_that_excel_shortened_is_refused() -> None:
    with pytest.raises(ValueRejected, match="lost digits"):
        phone("2.56E+08")


@given(st.sampled_from(["Không có", "KHÔNG", "Ko", "ko có", "-", "--", "…", "x", "X", "N/A", "không rõ", "chưa có", ""]), SPACES)
def test_nothing_is_said_in_many_ways(said: str, space: str) -> None:
    assert nothing(space + normalize("NFD", said) + space) and text(space + said) is None


@pytest.mark.parametrize(
    ("said", "meant"), [("6", 6), ("06", 6), (6.0, 6), ("6 camera", 6), ("Có 6 cái", 6), ("Không có", 0), ("", None), (None, None)]
)
def test_a_count(said: Any, meant: int | None) -> None:
    assert count(said) == meant


@pytest.mark.parametrize("said", ["2-4", "nhiều", "4 hoặc 5", "1,5"])
def test_a_count_that_isn_t_one_number_is_refused(said: str) -> None:
    with pytest.raises(ValueRejected):
        count(said)


@pytest.mark.parametrize("said", ["02:4B:00:01:01:01", "02-4b-00-01-01-01", "024b.0001.0101", "024B00010101", " 02 4b 00 01 01 01 "])
def test_a_mac_in_any_form(said: str) -> None:
    assert mac(said) == "02:4b:00:01:01:01"


@given(st.lists(st.ip_addresses(v=4), min_size=1, max_size=4), st.sampled_from([";", ", ", "\n", " "]))
def test_addresses_are_parted_by_anything(listed: list[Any], between: str) -> None:
    assert addresses(between.join(map(str, listed))) == [str(each) for each in listed]


def test_other_forms_of_networks_slots_and_yes() -> None:
    assert network("192.168.1.1/255.255.255.0") == network("192.168.1.7 / 24") == "192.168.1.0/24"
    assert slots("1-3; 7") == [1, 2, 3, 7] and slots("tất cả") == []
    assert [yes(said) for said in ("Có", "x", "KHÔNG", "ko", "")] == [True, True, False, False, None]


def test_a_place_with_commas_is_one_place_and_a_wrapped_line_goes_on() -> None:
    assert places("Hành lang tầng 1, ngoài cửa phòng") == [("Hành lang tầng 1, ngoài cửa phòng", 1)]
    assert places("Hành lang\ntầng 1") == [("Hành lang tầng 1", 1)]
    assert places("1. Cổng\n2. Sân") == [("Cổng", 1), ("Sân", 1)]
    assert places("Cổng 2; 2 camera ở sân; Sảnh x3") == [("Cổng 2", 1), ("sân", 2), ("Sảnh", 3)]


@given(st.text(max_size=60))
def test_cleaning_and_folding_are_idempotent(said: str) -> None:
    assert clean(clean(said)) == clean(said) and fold(fold(said)) == fold(said) and name_key(name_key(said)) == name_key(said)


@given(st.text(alphabet="aàảãáạăằâấêềôốơớuùưứđ ", min_size=1, max_size=20), SPACES)
def test_composed_and_decomposed_text_is_the_same(said: str, space: str) -> None:
    assert same_text(said, space + normalize("NFD", said)) and fold(normalize("NFD", said)) == fold(said)


def test_what_is_another_name_is_no_other_spelling() -> None:
    assert same_text("Trường THCS Gò Sành", "truong thcs go sanh") and same_text("Hoà", "Hòa")
    assert not same_text("Nguyễn Văn An", "Nguyễn Văn Ân") and not same_text("Truong", "Trường") and not same_text("Trường 1", "Trường 2")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("01 camera cổng, 01 camera hành lang", [("cổng", 1), ("hành lang", 1)]),
        ("Cổng: 1, sân: 2, hành lang: 3", [("Cổng", 1), ("sân", 2), ("hành lang", 3)]),
        ("1 cổng, 2 sân", [("cổng", 1), ("sân", 2)]),
        ("Sân trường 02 cam và cổng 01 cam", [("Sân trường", 2), ("cổng", 1)]),
        ("CAM1: Cổng, CAM2: Sân", [("Cổng", 1), ("Sân", 1)]),
        ("Sân (2)", [("Sân", 2)]),
        ("Tầng 1, 2", [("Tầng 1, 2", 1)]),
        ("Khu A, 3 camera", [("Khu A", 3)]),
        ("Trước cửa P.201, dãy (A2)", [("Trước cửa P.201, dãy (A2)", 1)]),
    ],
)
def test_commas_part_places_only_where_each_is_counted(said: str, wanted: list[tuple[str | None, int]]) -> None:
    assert places(said) == wanted


def test_places_of_which_only_some_are_counted_are_asked_about() -> None:
    with pytest.raises(ValueRejected):
        places("Cổng chính (01 camera), sân sau")


@pytest.mark.parametrize(
    ("parse", "said", "wanted"),
    [
        (rate, "20 Mbps", 20_000), (rate, "512 kbit/s", 512), (rate, "1Gbps", 1_000_000), (days, "15 ngày", 15), (days, "1 tháng", 30),
        (whole, "8 kênh", 8), (port, "8080", 8080), (day, "Sáng ngày 1/6/2021", date(2021, 6, 1)),
        (addresses, "192,168,1,55", ["192.168.1.55"]),
        (addresses, "rtsp://admin@192.168.1.54:554/Streaming/Channels/101", ["192.168.1.54"]), (web_port, "192.168.1.52:8080", 8080),
        (web_port, "http://192.168.1.52:8080/", 8080), (web_port, "rtsp://192.168.1.52:8554/", None), (web_port, "192.168.1.52:8000", None),
    ],
)  # fmt: skip
def test_a_number_is_read_with_its_unit(parse: Any, said: str, wanted: Any) -> None:
    assert parse(said) == wanted


@pytest.mark.parametrize(
    ("parse", "said", "meant"),
    [(phone, "0168 522 2333", "0385 222 333"), (port, 37777, "Dahua SDK"), (count, "x", "một số"), (rate, "20/20 Mbps", "20 Mbps")],
)
def test_what_no_longer_works_or_says_no_number_is_refused_with_what_to_write(parse: Any, said: Any, meant: str) -> None:
    with pytest.raises(ValueRejected) as refused:
        parse(said)
    assert meant in refused.value.text.vi


@pytest.mark.parametrize("said", ["Chùa", "Trọng", "Khổng", "Chừa"])
def test_marks_make_something_of_what_is_nothing_without_them(said: str) -> None:
    assert text(said) == said


def test_an_address_torn_by_a_space_is_not_half_taken() -> None:
    with pytest.raises(ValueRejected):
        PARSERS["email"]("thcs gosanh@gmail.com")
    assert PARSERS["email"]("Email: a@x.vn; b@x.vn") == "a@x.vn"


@pytest.mark.parametrize("said", ["01/6/2021 08:30", "Ngày 1 tháng 6/2021", "1.6.21"])
def test_a_day_with_an_hour_or_half_in_words(said: str) -> None:
    assert day(said) == date(2021, 6, 1)


def test_a_mac_with_its_name_and_dots() -> None:
    assert mac("MAC: 44.19.B6.0A.0B.0D") == "44:19:b6:0a:0b:0d"


@pytest.mark.parametrize("said", [date(1921, 6, 1), "01/06/1921", "2921-06-01"])
def test_a_day_of_another_century_is_a_slip(said: Any) -> None:
    with pytest.raises(ValueRejected):
        day(said)
