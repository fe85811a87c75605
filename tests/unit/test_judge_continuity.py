"""Rules over time: a bad day fails at once, a good one is not enough, and a young facility is neither failed nor met."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soak import examples

from province.judging.labels import label, unsaid
from tests.unit import verdicts as v


def judged(spoil: Any) -> dict[str, Any]:
    of = v.site()
    found = v.evidence(of)
    spoil(found)
    return v.verdict((of, found))


def days(*shares: tuple[float, float] | None) -> Any:
    """The first camera's whole days, oldest first; the facility is as old as they say."""

    def spoil(found: dict[str, Any]) -> None:
        history = found["history"]
        history["days"] = v.DAYS[len(v.DAYS) - len(shares) :]
        history["link"] = [[1.0, 1.0]] * len(shares)
        history["cameras"] = {slot: [[1.0, 1.0]] * len(shares) for slot in history["cameras"]}
        history["cameras"]["1"] = [list(share) if share else None for share in shares]

    return spoil


GOOD, BAD, DARK = (0.999, 0.999), (0.9, 0.99), (0.5, 1.0)


@pytest.mark.parametrize("count", range(7))
def test_a_young_facility_is_met_and_its_continuity_unknown_and_both_are_said(count: int) -> None:
    document = judged(days(*[GOOD] * count))
    row, facility = v.row(document, "continuous_operation", "C01"), document["facilities"][0]
    assert (row["verdict"], row["pending"], label(row).vi) == ("unknown", True, "chưa xác định: chưa đủ dữ liệu")
    assert f"{count} trên 7 ngày" in row["says"]["vi"]
    assert facility["verdict"] == "met"
    assert facility["pending"] == ["connection_held", "continuous_operation"]
    said = unsaid(facility)
    assert said is not None and "camera hoạt động liên tục" in said.vi and "chưa đủ dữ liệu" in said.vi


def test_one_whole_day_below_fails_even_a_young_facility_and_is_named() -> None:
    document = judged(days(GOOD, BAD))
    row = v.row(document, "continuous_operation", "C01")
    assert (row["verdict"], document["facilities"][0]["verdict"]) == ("not_met", "not_met")
    assert "29/01/2026" in row["says"]["vi"] or "30/01/2026" in row["says"]["vi"]
    assert "99,00 %" in row["says"]["vi"]


def test_seven_good_days_are_met_and_the_lowest_is_named() -> None:
    row = v.row(judged(days(*[(1.0, 1.0)] * 6, (0.9951, 0.9951))), "continuous_operation", "C01")
    assert (row["verdict"], row["says"]["vi"]) == ("met", "7 ngày, thấp nhất 99,51 % (30/01/2026)")


def test_time_that_nobody_knows_of_leaves_an_old_facility_unknown_never_met() -> None:
    document = judged(days(*[GOOD] * 6, DARK))
    row = v.row(document, "continuous_operation", "C01")
    assert (row["verdict"], row["pending"], document["facilities"][0]["verdict"]) == ("unknown", False, "unknown")
    assert "50,00 %" in row["says"]["vi"]


def test_a_camera_added_to_an_old_facility_is_pending_by_itself() -> None:
    document = judged(days(*[None] * 5, GOOD, GOOD))
    assert v.row(document, "continuous_operation", "C01")["pending"]
    assert v.row(document, "continuous_operation", "C02")["verdict"] == "met"
    assert document["facilities"][0]["verdict"] == "met"


def test_a_camera_of_which_an_old_facilitys_agent_never_told_is_unknown() -> None:
    document = judged(lambda found: found["history"]["cameras"].pop("1"))
    row = v.row(document, "continuous_operation", "C01")
    assert (row["verdict"], row["pending"], document["facilities"][0]["verdict"]) == ("unknown", False, "unknown")


def test_silences_are_counted_with_the_longest_and_only_advised() -> None:
    document = judged(lambda found: found["history"].update(silences={"times": 3, "longest_s": 5400.0, "last": None}))
    row = v.row(document, "silences")
    assert (row["verdict"], row["says"]["vi"], row["required"]) == ("not_met", "3 lần, lâu nhất 90 phút", False)
    assert document["facilities"][0]["verdict"] == "met"


def test_a_hub_that_could_not_be_asked_is_no_excuse_for_met() -> None:
    document = judged(lambda found: found.update(history={"ok": False, "reason": "hub_unreachable"}))
    row = v.row(document, "continuous_operation", "C01")
    assert (row["verdict"], row["pending"], document["facilities"][0]["verdict"]) == ("unknown", False, "unknown")


SHARES = st.floats(0, 1).flatmap(lambda low: st.floats(low, 1).map(lambda high: (low, high)))


@settings(deadline=None, max_examples=examples(60))
@given(st.lists(SHARES, max_size=7))
def test_met_means_that_every_one_of_seven_days_was_surely_good(shares: list[tuple[float, float]]) -> None:
    row = v.row(judged(days(*shares)), "continuous_operation", "C01")
    if row["verdict"] == "met":
        assert len(shares) == 7 and all(low >= 0.995 for low, _ in shares)
    if row["verdict"] == "not_met":
        assert any(high < 0.995 for _, high in shares)
    assert row["pending"] == (len(shares) < 7 and all(high >= 0.995 for _, high in shares))
