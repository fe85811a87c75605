"""What is judged over all facilities: papers, zones, deadlines; and what nobody here can measure."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from province.judging.labels import label
from province.model import Order, Province, load
from province.paths import data
from province.report.model import whole
from province.report.model.places import places
from province.standard.load import load as standard

SAMPLE, _ = load(data("inventory/binh-dinh"))
DEADLINE = date(2021, 6, 12)


def province(*orders: Order) -> Province:
    assert SAMPLE is not None
    return replace(SAMPLE, file=SAMPLE.file.model_copy(update={"orders": list(orders)})) if orders else SAMPLE


def judged(day: date, of: Province | None = None, connected: dict[str, str | None] | None = None, area: str = "an-nhon") -> dict[str, Any]:
    of = of or province()
    chosen = [each for each in places(of, day) if each.area == area]
    rows = whole.rows(whole.Whole(of, chosen, day, connected or {}), standard())
    return {row["id"]: row for row in rows}


def order(milestone: str, inclusive: bool = False, **more: Any) -> Order:
    return Order(number="4403/CV-BCĐ", authority="BCĐ", milestone=milestone, date=DEADLINE, inclusive=inclusive, **more)


CODES = ("an-nhon-01", "an-nhon-02", "an-nhon-03")


@pytest.mark.parametrize(
    ("inclusive", "at", "verdict"),
    [
        (False, "2021-06-11T16:00:00+00:00", "met"),
        (False, "2021-06-11T18:00:00+00:00", "not_met"),
        (True, "2021-06-12T16:00:00+00:00", "met"),
        (True, "2021-06-12T17:30:00+00:00", "not_met"),
    ],
)
def test_before_a_day_leaves_that_day_out_and_within_it_counts_by_vietnams_clock(inclusive: bool, at: str, verdict: str) -> None:
    found = judged(date(2021, 7, 1), province(order("connect", inclusive)), dict.fromkeys(CODES, at))["milestones"]
    assert found["verdict"] == verdict
    assert found["measured"]["days_late"] == (0 if verdict == "met" else 1)
    assert ("trong ngày" if inclusive else "trước ngày") + " 12/06/2021" in found["says"]["vi"]


def test_one_facility_not_connected_makes_the_milestone_late_by_name_from_the_day_after() -> None:
    connected = dict.fromkeys(CODES[:2], "2021-06-01T00:00:00+00:00")
    found = judged(date(2021, 6, 20), province(order("connect")), connected)["milestones"]
    assert (found["verdict"], found["measured"]["late"], found["measured"]["days_late"]) == ("not_met", ["an-nhon-03"], 9)
    early = judged(date(2021, 6, 11), province(order("connect")), connected)["milestones"]
    assert (early["verdict"], early["pending"], label(early).vi) == ("unknown", True, "chưa đến hạn")


def test_a_report_that_nobody_noted_is_unknown_and_one_that_was_sent_is_judged_by_its_day() -> None:
    day = date(2021, 7, 1)
    assert judged(day, province(order("report")))["milestones"]["verdict"] == "unknown"
    assert judged(day, province(order("report", done=date(2021, 6, 11))))["milestones"]["verdict"] == "met"
    assert judged(day, province(order("report", done=date(2021, 6, 12))))["milestones"]["verdict"] == "not_met"


def test_a_plan_counts_only_from_its_day_and_who_lacks_one_is_named() -> None:
    assert judged(date(2021, 6, 1))["area_plans"]["verdict"] == "met"
    found = judged(date(2021, 5, 10))["area_plans"]
    assert (found["verdict"], found["measured"]["done"]) == ("not_met", 1)
    assert found["measured"]["lacking"] == ["an-nhon-02", "an-nhon-03"]


def test_only_barracks_need_an_opinion() -> None:
    assert "area_opinions" not in judged(date(2021, 6, 1))
    found = judged(date(2021, 6, 1), area="phu-cat")["area_opinions"]
    assert (found["verdict"], found["measured"]["lacking"]) == ("not_met", ["phu-cat-01"])


def test_zones_are_counted_one_by_one_with_camera_excused_or_missing() -> None:
    found = judged(date(2021, 6, 1))["area_zones"]
    assert found["verdict"] == "met"
    assert found["measured"]["gate"] == {"watched": 3, "excused": 0, "missing": []}
    assert found["measured"]["yard"]["excused"] + found["measured"]["yard"]["watched"] == 3


def test_what_nobody_here_can_measure_is_unknown_and_never_met() -> None:
    rows = judged(date(2021, 6, 1))
    for name in ("viewing_by_group", "viewing_logged"):
        assert (rows[name]["verdict"], rows[name]["required"]) == ("unknown", False)
        assert "không đo được" in rows[name]["says"]["vi"]


def test_a_survey_whose_day_nobody_wrote_down_is_unknown_not_undone() -> None:
    assert judged(date(2021, 6, 1))["area_surveys"]["verdict"] == "unknown"


def test_every_check_over_the_whole_has_a_rule_and_none_decides_for_a_facility() -> None:
    ids = {check.id for check in standard().checks if check.subject == "area"}
    assert ids == set(whole.RULES)
    assert {row["subject"] for row in judged(date(2021, 6, 1)).values()} == {"area"}
