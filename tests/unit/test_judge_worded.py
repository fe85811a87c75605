"""What readers and programs of a verdict lean on: the document's form, and each row's word."""

from typing import Any

import pytest

from province.judging.labels import label
from tests.unit import verdicts as v


def row(verdict: str, **more: Any) -> dict[str, Any]:
    return {"id": "codec", "subject": "C01", "verdict": verdict, "pending": False, "once": False, "so_far": False, "declared": False} | more


@pytest.mark.parametrize(
    ("given", "vi"),
    [
        (row("met"), "đạt"),
        (row("met", once=True), "đạt tại thời điểm kiểm tra"),
        (row("met", so_far=True), "đạt tính đến nay"),
        (row("met", so_far=True, once=True), "đạt tính đến nay"),
        (row("met", declared=True), "đạt theo hồ sơ"),
        (row("not_met"), "không đạt"),
        (row("not_met", once=True, declared=True), "không đạt"),
        (row("unknown"), "chưa xác định"),
        (row("unknown", pending=True), "chưa xác định: chưa đủ dữ liệu"),
        (row("unknown", pending=True, subject="area"), "chưa đến hạn"),
        (row("waived"), "miễn áp dụng"),
        (row("met", id="milestones", subject="area"), "đúng hạn"),
        (row("not_met", id="milestones", subject="area"), "quá hạn"),
        (row("unknown", id="milestones", subject="area"), "chưa xác định"),
        (row("unknown", id="milestones", subject="area", pending=True), "chưa đến hạn"),
    ],
)
def test_each_row_is_worded_as_it_is_and_only_a_deadline_is_in_time_or_late(given: dict[str, Any], vi: str) -> None:
    assert label(given).vi == vi


def test_the_document_has_the_form_that_its_version_says() -> None:
    """A change of this is a change of the schema's number: reports of other versions read it."""
    of = v.site()
    document = v.verdict((of, v.evidence(of)))
    assert document["schema"] == 1
    assert list(document) == ["schema", "province", "area", "site", "profile", "at", "seconds", "verdict", "inventory", "standard",
                              "facilities", "waivers"]  # fmt: skip
    (facility,) = document["facilities"]
    assert list(facility) == ["id", "code", "name", "area", "verdict", "counts", "pending", "to_repair", "last", "checks", "devices"]
    assert {tuple(each) for each in facility["checks"]} == {
        ("id", "subject", "group", "verdict", "required", "title", "says", "measured", "expected", "source", "hint", "derived", "once",
         "so_far", "declared", "pending", "was", "waiver", "override")
    }  # fmt: skip
    assert (document["province"], document["area"], document["site"], document["profile"]) == ("binh-dinh", "an-nhon", None, "full")
    assert (document["at"], document["seconds"], document["inventory"]) == (v.NOW, 12.0, {"commit": None, "digest": "sha256:0"})


@pytest.mark.parametrize("is_alive", [True, False])
def test_what_was_last_known_is_told_of_a_facility_that_can_not_be_reached_alone(is_alive: bool) -> None:
    of = v.site()
    found = v.evidence(of) | {"before": {"at": v.NOW}}
    found["tunnel"]["alive"] = is_alive
    (facility,) = v.verdict((of, found))["facilities"]
    assert facility["last"] == (None if is_alive else {"at": v.NOW})
