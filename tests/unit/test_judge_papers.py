"""What rests on papers: met on record, not met or unknown, and never said to be measured."""

from dataclasses import replace
from typing import Any

import pytest

from province.judging.labels import label
from province.judging.papers import _parts
from province.measure.inventory import site_of
from province.measure.subjects import Camera
from province.model import load as load_inventory
from province.paths import data
from province.standard.load import load as standard
from tests.unit import verdicts as v

OPINION = {"authority": "Bộ Tư lệnh Quân khu V", "number": "12/BTL", "date": "2025-05-20", "agrees": True}


def judged(check: str, papers: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """That check of a facility whose papers (and whatever else) differ from those that are in order."""
    of = replace(v.site(), papers=replace(v.PAPERS, **(papers or {})), **more)
    return v.row(v.verdict((of, v.evidence(of))), check)


def test_what_is_on_file_is_met_on_record_never_measured() -> None:
    for check in ("surveyed", "plan_agreed", "focal_point_complete", "zones_covered", "serving_watched", "access_given"):
        row = judged(check)
        assert (row["verdict"], row["declared"], label(row).vi) == ("met", True, "đạt theo hồ sơ"), check


def test_a_facility_without_an_agreed_plan_is_not_met_and_one_dated_ahead_neither() -> None:
    assert judged("plan_agreed", {"plan": None})["verdict"] == "not_met"
    ahead = judged("plan_agreed", {"plan": {"by": "Sở TT&TT", "date": "2026-02-01"}})
    assert (ahead["verdict"], "chưa đến ngày đó" in ahead["says"]["vi"]) == ("not_met", True)


def test_a_survey_without_a_day_is_unknown_and_decides_nothing() -> None:
    row = judged("surveyed", {"surveyed_on": None})
    assert (row["verdict"], row["required"]) == ("unknown", False)


@pytest.mark.parametrize("field", ["full_name", "title", "phone", "email"])
def test_each_of_the_four_fields_of_a_focal_point_counts_and_none_is_repeated_in_a_verdict(field: str) -> None:
    row = judged("focal_point_complete", {"focal_point": {**v.PAPERS.focal_point, field: " "}})
    assert (row["verdict"], row["measured"]) == ("not_met", {"missing": [field]})
    assert v.PAPERS.focal_point["phone"] not in str(row)


@pytest.mark.parametrize(
    ("opinion", "verdict"),
    [(None, "not_met"), (OPINION, "met"), (OPINION | {"agrees": False}, "not_met"), (OPINION | {"date": "2026-03-01"}, "not_met")],
)
def test_a_barracks_needs_an_opinion_that_agrees_and_whose_day_has_come(opinion: Any, verdict: str) -> None:
    assert judged("opinion_on_file", {"opinion": opinion}, kind="barracks")["verdict"] == verdict


def test_nobody_else_needs_one() -> None:
    with pytest.raises(AssertionError):
        judged("opinion_on_file", kind="school")


def test_where_people_serve_without_camera_or_reason_is_named() -> None:
    row = judged("serving_watched", excused={})
    assert (row["verdict"], row["measured"]["missing"]) == ("not_met", ["reception", "medical-check"])


def cameras(**changed: Any) -> tuple[Camera, ...]:
    first, *rest = v.site().cameras
    return (replace(first, **changed), *rest)


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"bought": "2026-01-01"}, "not_met"),
        ({"bought": "2026-01-01", "conformity": "CBHQ 7/2026"}, "met"),
        ({"bought": "2025-12-31"}, None),
        ({"bought": None}, "unknown"),
    ],
)
def test_only_cameras_of_the_regulations_time_need_its_declaration(changed: dict[str, Any], verdict: str | None) -> None:
    of = replace(v.site(), cameras=cameras(**changed))
    rows = [row for row in v.verdict((of, v.evidence(of)))["facilities"][0]["checks"] if row["id"] == "conformity_declared"]
    assert [row["verdict"] for row in rows] == ([verdict] if verdict else [])


def firmware(versions: list[str | None], least: dict[str, str]) -> dict[str, Any]:
    of = replace(v.site(), cameras=tuple(replace(camera, make="hikvision") for camera in v.site().cameras))
    found = v.evidence(of)
    for camera, version in zip(found["cameras"].values(), versions, strict=True):
        camera["settings"]["firmware"] = version
    default = standard()
    checks = [replace(check, threshold={"least": least}) if check.id == "firmware_current" else check for check in default.checks]
    return v.row(v.verdict((of, found), standard=replace(default, checks=tuple(checks))), "firmware_current")


def test_firmware_is_unknown_until_a_province_writes_down_the_least_and_then_compared_by_its_numbers() -> None:
    told: list[str | None] = ["V5.5.82 build 190318"] * 4
    assert firmware(told, {})["verdict"] == "unknown"
    assert firmware(told, {"hikvision": "5.5.9"})["verdict"] == "met"
    old = firmware([*told[:3], "V5.5.8 build 999999"], {"hikvision": "5.5.9"})
    assert (old["verdict"], old["measured"]["old"]) == ("not_met", ["C04"])
    assert firmware([*told[:3], None], {"hikvision": "5.5.9"})["verdict"] == "unknown"


@pytest.mark.parametrize(
    ("lower", "higher"), [("5.5.9", "5.5.82"), ("V4.30.005", "V5.0"), ("2.800.0000", "2.820.0000000.5.R"), ("1", "1.1")]
)
def test_versions_are_compared_as_numbers_not_as_text(lower: str, higher: str) -> None:
    assert _parts(lower) < _parts(higher)


def test_zones_are_said_by_the_names_that_the_province_gives_them() -> None:
    province = load_inventory(data("inventory") / "binh-dinh")[0]
    assert province
    of = site_of(province.facilities[0], None, True, zones=province.tables.zones)
    bare = replace(of, cameras=(), excused={})
    for lang in ("vi", "en"):
        names = {getattr(zone, lang) for zone in province.tables.zones.values()}
        says = v.row(v.verdict((bare, {})), "zones_covered")["says"][lang]
        said = says.partition(": ")[2].split("; ")
        assert len(said) > 3 and set(said) <= names and "sampling" not in said
