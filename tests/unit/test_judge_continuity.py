"""Rules over time: a bad day fails at once, a good one is not enough, and a young facility is neither failed nor met."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soak import examples

from province.judging import RULES
from province.judging.case import Case
from province.judging.labels import label, unsaid
from province.judging.verdict import BUG
from province.standard.load import load
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


@pytest.mark.parametrize(
    ("seconds", "vi", "en"),
    [(61.4, "61 giây", "61 s"), (119.0, "119 giây", "119 s"), (120.0, "2 phút", "2 min"), (7100.0, "118 phút", "118 min"),
     (7200.0, "2,0 giờ", "2.0 h"), (90_000.0, "25,0 giờ", "25.0 h")],
)  # fmt: skip
def test_a_silence_is_told_by_how_long_it_was(seconds: float, vi: str, en: str) -> None:
    document = judged(lambda found: found["history"].update(silences={"times": 1, "longest_s": seconds, "last": None}))
    row = v.row(document, "silences")
    assert (row["verdict"], row["says"]) == ("not_met", {"vi": f"1 lần, lâu nhất {vi}", "en": f"1 times, the longest {en}"})
    assert row["measured"] == {"times": 1, "longest_s": seconds, "last": None, "days": 7}


@pytest.mark.parametrize(("times", "so_far"), [(0, ""), (2, "; đến nay 2 lần, lâu nhất 90 giây")])
def test_a_young_facilitys_silences_are_told_so_far(times: int, so_far: str) -> None:
    def spoil(found: dict[str, Any]) -> None:
        days(GOOD, GOOD, GOOD)(found)
        found["history"]["silences"] = {"times": times, "longest_s": 90.0 * bool(times), "last": None}

    row = v.row(judged(spoil), "silences")
    assert (row["verdict"], row["pending"], row["says"]["vi"]) == (
        "unknown", True, f"chưa đủ dữ liệu: mới có 3 trên 7 ngày trọn{so_far}")  # fmt: skip
    assert (row["measured"]["times"], row["measured"]["days"], row["expected"]) == (times, 3, {"silent_s": 60, "days": 7, "times": 0})


def test_of_several_bad_days_the_worst_is_named_and_all_are_counted() -> None:
    """The worst is the one that was at most so good; the days between were good, and the last one is not the worst."""
    row = v.row(judged(days(GOOD, (0.2, 0.99), GOOD, (0.9, 0.91), DARK, (0.97, 0.98), GOOD)), "continuous_operation", "C01")
    assert row["verdict"] == "not_met"
    assert row["says"] == {
        "vi": "ngày 27/01/2026: nhiều nhất 91,00 %; 3 ngày dưới ngưỡng",
        "en": "27/01/2026: at most 91.00 %; 3 days below",
    }
    assert row["measured"] == {"days": 7, "worst": {"day": "2026-01-27", "share": 0.9, "share_at_most": 0.91}}
    two = v.row(judged(days(*[GOOD] * 5, BAD, BAD)), "continuous_operation", "C01")
    assert two["says"]["vi"] == "ngày 29/01/2026: nhiều nhất 99,00 %; 2 ngày dưới ngưỡng"


def test_where_time_is_unknown_the_day_of_which_least_is_surely_known_is_named() -> None:
    row = v.row(judged(days(GOOD, (0.6, 0.999), GOOD, (0.7, 0.996), *[GOOD] * 3)), "continuous_operation", "C01")
    assert (row["verdict"], row["says"]["en"]) == ("unknown", "25/01/2026: of 39.90 % of the time nobody knows")
    assert row["says"]["vi"] == "ngày 25/01/2026: không ai biết 39,90 % thời gian"
    assert row["measured"]["worst"] == {"day": "2026-01-25", "share": 0.6, "share_at_most": 0.999}


def test_a_share_at_the_threshold_is_good_enough_and_none_is_rounded_up_to_it() -> None:
    at = v.row(judged(days(*[(0.995, 0.995)] * 7)), "continuous_operation", "C01")
    assert (at["verdict"], at["says"]["en"]) == ("met", "7 days, lowest 99.50 % (24/01/2026)")
    below = v.row(judged(days(*[(0.994999, 0.994999)] * 7)), "continuous_operation", "C01")
    assert below["verdict"] == "not_met" and "99.49 %" in below["says"]["en"]


@pytest.mark.parametrize("check", ["continuous_operation", "connection_held"])
def test_a_check_without_thresholds_asks_for_seven_whole_days_without_a_break(check: str) -> None:
    for days_there, low, verdict in ((7, 1.0, "met"), (7, 0.9999, "not_met"), (6, 1.0, "unknown")):
        of = v.site()
        found = v.evidence(of) | {"history": v.history(of, days_there, low)}
        bare = replace(next(each for each in load().checks if each.id == check), threshold={})
        finding = RULES[check](Case(bare, load(), of, found, of.cameras[0] if check == "continuous_operation" else None))
        assert finding is not None and (finding.verdict, finding.expected) == (verdict, {"share": 1.0, "days": 7})
        assert verdict != "unknown" or finding.says.en == "not enough data yet: 6 of 7 whole days"


def test_a_check_of_silences_without_thresholds_asks_for_none_in_seven_days() -> None:
    of = v.site()
    bare = replace(next(each for each in load().checks if each.id == "silences"), threshold={})
    for days_there, times, verdict in ((7, 0, "met"), (7, 1, "not_met"), (6, 0, "unknown")):
        found = v.evidence(of) | {"history": v.history(of, days_there)}
        found["history"]["silences"] = {"times": times, "longest_s": 61.0 * times, "last": None}
        finding = RULES["silences"](Case(bare, load(), of, found))
        assert finding is not None and (finding.verdict, finding.expected) == (verdict, {"silent_s": 60, "days": 7, "times": 0})


def test_a_camera_that_a_young_facility_never_told_of_has_no_day_yet() -> None:
    def spoil(found: dict[str, Any]) -> None:
        days(GOOD, GOOD)(found)
        found["history"]["cameras"].pop("1")

    row = v.row(judged(spoil), "continuous_operation", "C01")
    assert (row["verdict"], row["pending"], row["measured"]) == ("unknown", True, {"days": 0})
    assert row["says"]["en"] == "not enough data yet: 0 of 7 whole days"


@pytest.mark.usefixtures("odd_evidence")
def test_shares_that_are_not_one_for_each_day_are_not_judged() -> None:
    """Whose days would they be? A hub of another version may tell so; nothing of it is taken for a measurement."""
    document = judged(lambda found: found["history"]["cameras"].update({"1": [[0.5, 0.5]] * 6}))
    assert v.row(document, "continuous_operation", "C01")["says"] == BUG.as_dict()
    assert v.row(document, "continuous_operation", "C02")["verdict"] == "met"


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
