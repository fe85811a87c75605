"""Vietnamese order."""

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from province.collation import vietnamese


@pytest.mark.parametrize(
    "wanted",
    [
        ["an", "ăn", "ân", "bàn", "can", "dan", "đan", "em", "êm", "on", "ôn", "ơn", "un", "ưng", "xa", "y"],
        ["ma", "mà", "mả", "mã", "má", "mạ", "mạc"],
        ["Ba Tơ", "Bà Rịa", "Bá Thước", "Bắc Bình", "Bấc"],
        ["An Lão", "An Nhơn", "Hoài Ân", "Hoài Nhơn", "Phù Cát", "Phù Mỹ", "Quy Nhơn", "Tây Sơn", "Tuy Phước", "Vân Canh", "Vĩnh Thạnh"],
        ["Dương", "Đà Nẵng", "Đắk Lắk", "Đồng Nai"],
        ["Trường Tiểu học số 2", "Trường Tiểu học số 10", "Trường Tiểu học số 10A"],
        ["Hoà", "Hòa Bình", "Hoà Hội", "Hòa Khánh"],
    ],
)
def test_names_stand_as_in_a_dictionary(wanted: list[str]) -> None:
    shuffled = random.Random(4).sample(wanted, len(wanted))
    assert sorted(shuffled, key=vietnamese) == wanted


def test_all_of_a_syllable_comes_before_the_next_tone_of_it() -> None:
    assert sorted(["bà con", "ba zan", "bà", "ba"], key=vietnamese) == ["ba", "ba zan", "bà", "bà con"]


def test_the_place_of_the_tone_mark_and_the_case_decide_last() -> None:
    assert vietnamese("hoà")[0] == vietnamese("HÒA")[0] != vietnamese("hoa")[0]


@given(st.text())
def test_a_decomposed_spelling_has_the_same_key(text: str) -> None:
    assert vietnamese(unicodedata.normalize("NFD", text))[0] == vietnamese(unicodedata.normalize("NFC", text))[0]


@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_texts_can_be_put_in_order_and_their_order_does_not_hang_on_how_they_came(texts: list[str]) -> None:
    backwards = texts.copy()
    backwards.reverse()
    ordered, again = sorted(texts, key=vietnamese), sorted(backwards, key=vietnamese)
    assert [vietnamese(text) for text in again] == [vietnamese(text) for text in ordered]
