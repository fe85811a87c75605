"""Footage judged: how many days a facility of any age must keep, which holes count, and what nobody can know yet."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from province.judging.labels import label
from province.measure import box_view
from province.measure.subjects import Site
from tests.unit import verdicts as v

NOW = datetime.fromisoformat(v.NOW)


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


def judged(footage: dict[str, Any], connected: float | None, of: Site | None = None) -> dict[str, Any]:
    """The first camera's footage, in a facility connected so many days ago (None: nobody knows)."""
    of = of or v.site()
    found = v.evidence(of)
    found["hub"]["first_seen"] = ago(connected) if connected is not None else None
    for recorder in found["recorders"].values():
        recorder["recordings"]["cameras"]["1"].update(footage)
    return v.verdict((of, found))


def kept(days: float, **more: Any) -> dict[str, Any]:
    return {"days_kept": days, "kept_from": ago(days), "searched_from": ago(min(days, 30))} | more


@pytest.mark.parametrize(
    ("days", "connected", "verdict"),
    [
        (31.0, 400, "met"),
        (30.0, 400, "met"),
        (29.0, 400, "not_met"),
        (2.0, 10, "not_met"),
        (0.0, 5, "not_met"),
        (31.0, None, "met"),
        (29.0, None, "unknown"),
    ],
)
def test_days_are_judged_against_thirty_and_a_day_of_connection_that_the_recorder_does_not_tell(
    days: float, connected: float | None, verdict: str
) -> None:
    assert v.row(judged(kept(days), connected), "days_kept", "C01")["verdict"] == verdict


@pytest.mark.parametrize(("days", "connected"), [(0.001, 0.01), (0.2, 1.1), (9.5, 10), (29.0, 29.9)])
def test_a_young_facility_that_kept_everything_is_met_so_far_and_worded_so(days: float, connected: float) -> None:
    document = judged(kept(days), connected)
    found = v.row(document, "days_kept", "C01")
    assert (found["verdict"], found["so_far"]) == ("met", True)
    assert label(found).vi == "đạt tính đến nay"
    assert "can be judged from" in found["says"]["en"]
    assert document["facilities"][0]["verdict"] == "met"


def test_a_replaced_box_does_not_make_a_facility_young_again() -> None:
    document = judged(kept(1.0), 200, v.site(enrolled_at=ago(1.0)))
    assert v.row(document, "days_kept", "C01")["verdict"] == "not_met"


def test_where_the_hub_does_not_know_the_facility_its_enrolment_does() -> None:
    document = judged(kept(1.0), None, v.site(enrolled_at=ago(1.0)))
    assert v.row(document, "days_kept", "C01")["so_far"] is True


def hole(begin_days_ago: float, seconds: float, why: str | None = None) -> dict[str, Any]:
    begin = NOW - timedelta(days=begin_days_ago)
    return {"from": begin.isoformat(), "to": (begin + timedelta(seconds=seconds)).isoformat(), "seconds": seconds, "why": why}


@pytest.mark.parametrize(
    ("gaps", "verdict"),
    [
        ([], "met"),
        ([hole(3, 60)], "met"),
        ([hole(3, 61)], "not_met"),
        ([hole(3, 61, "camera_down")], "not_met"),
        ([hole(31, 3600)], "met"),
        ([hole(3, 61), hole(31, 3600)], "not_met"),
    ],
)
def test_a_hole_counts_if_it_is_longer_than_the_threshold_and_in_the_days_looked_at(gaps: list[Any], verdict: str) -> None:
    found = v.row(judged({"gaps": gaps, "gaps_in_all": len(gaps)}, 400), "recording_gaps", "C01")
    assert found["verdict"] == verdict


def test_the_longest_hole_is_told_with_its_reason() -> None:
    gaps = [hole(4, 90), hole(3, 300, "camera_down"), hole(2, 70)]
    says = v.row(judged({"gaps": gaps, "gaps_in_all": 3}, 400), "recording_gaps", "C01")["says"]["en"]
    assert says.startswith("300 s missing from")
    assert "the camera sent no picture" in says
    assert "2 more" in says


def test_days_that_could_not_be_searched_are_unknown_not_unbroken() -> None:
    document = judged({"searched_from": ago(7)}, 400)
    assert v.row(document, "recording_gaps", "C01")["verdict"] == "unknown"
    assert "searched only from" in v.row(document, "recording_gaps", "C01")["says"]["en"]


def test_no_footage_at_all_is_not_met_in_every_question() -> None:
    nothing = {"kept_from": None, "last": None, "behind_s": None, "days_kept": 0.0}
    document = judged(nothing, 400)
    rows = {check: v.row(document, check, "C01") for check in ("recording_now", "days_kept", "recording_gaps")}
    assert {row["verdict"] for row in rows.values()} == {"not_met"}
    assert {row["says"]["en"] for row in rows.values()} == {"no footage at all"}


def test_a_camera_that_its_recorder_has_no_channel_for_is_not_met() -> None:
    of = v.site()
    found = v.evidence(of)
    del found["recorders"]["R20"]["recordings"]["cameras"]["1"]
    assert v.row(v.verdict((of, found)), "recording_now", "C01")["verdict"] == "not_met"
    assert v.row(v.verdict((of, found)), "recording_now", "C02")["verdict"] == "met"


def test_a_facility_with_no_recorder_is_not_met_and_says_so() -> None:
    of = v.site(by="none")
    found = v.row(v.verdict((of, v.evidence(of))), "recording_now", "C01")
    assert (found["verdict"], found["says"]["en"]) == ("not_met", "no recorder records this camera")


def test_the_boxes_own_word_of_its_recordings_is_derived() -> None:
    of = v.site(by="box")
    found = v.evidence(of)
    for measured in found["recorders"]["recorder"].values():
        measured["derived"] = True
    document = v.verdict((of, found))
    rows = [v.row(document, check) for check in ("recording_now", "days_kept", "recording_gaps", "recorder_storage")]
    assert {(row["verdict"], row["derived"]) for row in rows} == {("met", True)}
    assert not [row for row in document["facilities"][0]["checks"] if row["id"] == "recorder_clock"]
    assert not [row for row in document["facilities"][0]["checks"] if (row["id"], row["subject"]) == ("access_given", "recorder")]


def test_where_there_is_no_box_to_ask_its_recordings_are_not_judged_at_all() -> None:
    of = v.site(by="box", local=True, recorders=())
    ids = {row["id"] for row in v.verdict((of, v.evidence(of)), profile="devices")["facilities"][0]["checks"]}
    assert not ids & {"recording_now", "days_kept", "recording_gaps", "recorder_storage"}
    assert "size" in ids


def test_of_two_recorders_the_one_with_the_newest_footage_counts() -> None:
    of = v.site()
    one, *rest = of.cameras
    both = v.site(by="box")
    two = Site(**{**of.__dict__, "cameras": (type(one)(**{**one.__dict__, "recorders": ("recorder", "R20")}), *rest),
                  "recorders": both.recorders + of.recorders})  # fmt: skip
    found = v.evidence(two)
    found["recorders"]["R20"]["recordings"]["cameras"]["1"].update(behind_s=9999.0)
    assert v.row(v.verdict((two, found)), "recording_now", "C01")["verdict"] == "met"


@pytest.mark.parametrize("status", ["failed", "unformatted", "full"])
def test_a_disk_in_any_other_state_is_not_met_by_its_name(status: str) -> None:
    of = v.site()
    found = v.evidence(of)
    found["recorders"]["R20"]["storage"]["disks"].append({"name": "hdd2", "status": status})
    row = v.row(v.verdict((of, found)), "recorder_storage", "R20")
    assert row["verdict"] == "not_met"
    assert row["says"]["en"] == f"hdd2: {status}"


@pytest.mark.parametrize(
    ("disks", "verdict", "says"),
    [
        ([{"name": "hdd1", "status": "full", "total_mb": 4_000_000}], "met", "room for about 45 days"),
        ([{"name": "hdd1", "status": "ok", "total_mb": 1_000_000}], "not_met", "room for about 11 days, 30 are wanted"),
        ([{"name": n, "status": s, "total_mb": 1_000_000} for n, s in (("a", "ok"), ("b", "failed"))], "not_met", "room for about 11"),
        ([{"name": "hdd1", "status": None, "total_mb": None}], "unknown", "does not tell how large its disks are"),
    ],
)
def test_a_recorder_s_room_follows_from_its_disks_and_what_its_cameras_are_set_to(disks: list[Any], verdict: str, says: str) -> None:
    """Four cameras of 2048 kbit/s."""
    of = v.site()
    found = v.evidence(of)
    found["recorders"]["R20"]["storage"]["disks"] = disks
    for slot in found["cameras"]:
        found["cameras"][slot]["settings"]["encoders"]["main"]["bitrate_kbps"] = 2048
    row = v.row(v.verdict((of, found)), "recorder_room", "R20")
    assert (row["verdict"], says in row["says"]["en"]) == (verdict, True), row["says"]


def test_footage_that_its_recorder_deletes_too_soon_is_not_met_and_says_so() -> None:
    """However young the facility: it will never be kept longer."""
    of = v.site()
    found = v.evidence(of)
    found["recorders"]["R20"]["storage"]["deletes_after_days"] = 10
    row = v.row(v.verdict((of, found)), "days_kept", "C01")
    assert row["verdict"] == "met", "it keeps 31 days, whatever it says"
    found["recorders"]["R20"]["recordings"]["cameras"]["1"].update(days_kept=9.9, kept_from="2026-01-21T12:00:00+00:00")
    found["hub"]["first_seen"] = "2026-01-21T12:00:00+00:00"
    row = v.row(v.verdict((of, found)), "days_kept", "C01")
    assert (row["verdict"], row["says"]["en"]) == ("not_met", "deleted after 10 days, 30 are wanted")
    found["recorders"]["R20"]["storage"]["deletes_after_days"] = None
    assert v.row(v.verdict((of, found)), "days_kept", "C01")["so_far"]


@pytest.mark.parametrize(("holds", "verdict"), [(31.0, "met"), (12.5, "not_met")])
def test_a_disk_too_small_for_the_days_is_foretold_and_decides_nothing_yet(holds: float, verdict: str) -> None:
    of = v.site(by="box")
    found = v.evidence(of)
    found["recorders"]["recorder"]["storage"]["disks"][0].update(status="low", holds_days=holds)
    document = v.verdict((of, found))
    assert v.row(document, "recorder_room")["verdict"] == verdict
    assert v.row(document, "recorder_storage")["verdict"] == "met"
    assert document["facilities"][0]["verdict"] == "met"


def test_a_recorder_that_stopped_on_the_box_is_not_met_not_unknown() -> None:
    of = v.site(by="box")
    found = v.evidence(of)
    found["recorders"]["recorder"] = box_view.status({"schema": 1, "running": False})
    document = v.verdict((of, found))
    row = v.row(document, "recording_now", "C01")
    assert (row["verdict"], row["derived"]) == ("not_met", True)
    assert "ketnoi-recorder" in v.row(document, "recorder_storage")["hint"]["en"]


def test_a_disk_whose_state_is_not_told_is_unknown() -> None:
    of = v.site()
    found = v.evidence(of)
    found["recorders"]["R20"]["storage"]["disks"].append({"name": "hdd2", "status": None})
    assert v.row(v.verdict((of, found)), "recorder_storage", "R20")["verdict"] == "unknown"
