"""The model of the report: who is in which state and why, names of the day, milestones, and numbers that agree everywhere."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from province.model import Facility, Province, load
from province.office.home import Home
from province.report.model.build import Inputs, built, report
from province.report.model.content import STATES, Report, plain
from province.report.model.record import Record, end_of
from province.rollout import inventory
from province.standard.load import load as standard_of
from tests.unit import records
from tests.unit.inventories import copied, spoil

DAY = date(2021, 6, 11)
STANDARDS: dict[str, Any] = {}
"""What the verdicts made here say once."""


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Province:
    return loaded(copied(tmp_path_factory.mktemp("report")))


def loaded(folder: Path) -> Province:
    found, faults = load(folder)
    assert found is not None
    assert not faults, faults
    return found


def inputs(province: Province, record: Record, as_of: date = DAY, **more: Any) -> Inputs:
    return Inputs(province, standard_of(), record, more.pop("boxed", {}), {"digest": "sha256:i", "commit": None}, as_of, **more)


def all_well(province: Province, at: date = DAY, as_of: date = DAY, spoils: dict[str, records.Spoil] | None = None) -> Record:
    return records.of([each for each in province.facilities if not each.withheld(as_of)], at, end_of(as_of), spoils)


def one(province: Province, known: dict[str, Any] | None, code: str = "an-nhon-01", as_of: date = DAY, **more: Any) -> Any:
    """The row of one facility of which the hub knows this."""
    sites = {code: known} if known else {}
    return report(inputs(province, records.record(sites, end_of(as_of), STANDARDS), as_of, **more)).facility(code)


def known(province: Province, at: date = DAY, code: str = "an-nhon-01", **more: Any) -> dict[str, Any]:
    return records.known(facility(province, code), at, standards=STANDARDS, **more)


def facility(province: Province, code: str) -> Facility:
    found = province.facility(code)
    assert found is not None
    return found


def dark(evidence: dict[str, Any]) -> None:
    for camera in evidence["cameras"].values():
        camera["stream_centre"] = {"ok": False, "reason": "no_stream"}


def unmeasured(evidence: dict[str, Any]) -> None:
    evidence["tunnel"] = {"ok": False, "reason": "hub_unreachable"}


def too_small(evidence: dict[str, Any]) -> None:
    evidence["cameras"]["2"]["stream_centre"] |= {"width": 640, "height": 480}


def test_every_number_is_the_sum_of_its_rows(province: Province) -> None:
    record = all_well(province, spoils={"an-nhon-01": dark, "quy-nhon-02": too_small})
    document = json.loads(json.dumps(plain(report(inputs(province, record)))))
    rows, cameras = document["facilities"], document["cameras"]
    states = Counter(row["state"] for row in rows)
    assert {"not_monitored": states["not_monitored"], "not_met": states["not_met"]} == {"not_monitored": 1, "not_met": 1}
    total = document["total"]
    assert total["facilities"] == len(rows) == sum(total["states"].values()) == len(province.facilities)
    assert total["states"] == {state: states[state] for state in STATES}
    assert total["cameras"]["total"] == len(cameras) == sum(len(each.cameras) for each in province.facilities)
    for word in ("met", "not_met", "unknown", "no_access"):
        assert total["cameras"][word] == sum(camera["state"] == word for camera in cameras)
    assert total["cameras"]["played"] == sum(camera["played"] is True for camera in cameras)
    assert sum(total["cameras"][word] for word in ("met", "not_met", "unknown", "no_access")) == total["cameras"]["total"]
    sums = {"areas": "area", "units": "unit_id", "kinds": "kind", "authorities": "authority"}
    for name, key in sums.items():
        listed = [each.get("total", each) for each in document[name]]
        assert sum(each["facilities"] for each in listed) == len(rows)
        for each in listed:
            own = [row for row in rows if row[key] == each["id"]]
            assert each["facilities"] == len(own) == sum(each["states"].values())
            assert each["states"] == {state: sum(row["state"] == state for row in own) for state in STATES}
            assert each["connected"] == sum(row["connected"] for row in own)
            assert each["installed"] == sum(row["installed"] for row in own)
            for count in each["cameras"]:
                assert each["cameras"][count] == sum(row["cameras"][count] for row in own)
    for check in document["standard"]:
        assert sum(check["facilities"].values()) == sum(row["check"] == check["id"] for row in document["checks"])
    for milestone in document["milestones"]:
        assert milestone["done"] == len(rows) - sum(row["first_connected"] is None for row in rows)
    last = document["progress"]["days"][-1]
    assert (last["total"], last["installed"]) == (len(rows), total["installed"])
    assert last["met"] == total["states"]["met"]
    assert last["connected"] == total["connected"]
    assert sum(reason["facilities"] for reason in document["reasons"]) == sum(row["class"] is not None for row in rows)
    for authority in document["authorities"]:
        assert len(authority["behind"]) == authority["total"]["facilities"] - authority["total"]["states"]["met"]


def test_a_report_takes_the_names_of_its_day(province: Province) -> None:
    then = report(inputs(province, records.record({}, end_of(date(2021, 6, 1)), {}), date(2021, 6, 1)))
    now = report(inputs(province, records.record({}, end_of(date(2026, 1, 1)), {}), date(2026, 1, 1)))
    assert then.province_name == "Tỉnh Bình Định"
    assert now.province_name == "Tỉnh Gia Lai"
    assert then.facility("an-nhon-01").unit == "Thị xã An Nhơn, tỉnh Bình Định"
    assert now.facility("an-nhon-01").unit == "Phường Bình Định, tỉnh Gia Lai"
    assert [row.code for row in then.facilities] == [row.code for row in now.facilities]
    assert then.issuer == "Sở Thông tin và Truyền thông tỉnh Bình Định"
    assert now.issuer == "Sở Khoa học và Công nghệ tỉnh Gia Lai"
    assert [each.name for each in then.recipients] == ["Sở Thông tin và Truyền thông", "Sở Y tế", "UBND tỉnh Bình Định"]
    assert [each.name for each in now.recipients] == ["Sở Khoa học và Công nghệ", "Sở Y tế", "UBND tỉnh Gia Lai"]


def test_the_day_of_a_report_changes_no_variable_of_a_box(province: Province, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path))
    home = Home(province.code)
    home.ensure()
    then, now = (inventory.of(province, {}, home, day) for day in (date(2021, 6, 1), date(2026, 1, 1)))
    assert then.hosts == now.hosts
    assert then.everyone == now.everyone


def test_an_authority_that_ended_is_followed_to_the_one_that_governs_the_unit_of_the_day(tmp_path: Path) -> None:
    folder = copied(tmp_path, "an-nhon")
    spoil(folder / "province.yml", "[ubnd-p-binh-dinh, ubnd-p-an-nhon-bac, ubnd-p-an-nhon]", "[ubnd-p-binh-dinh, ubnd-p-an-nhon]")
    province = loaded(folder)
    now = report(inputs(province, records.record({}, end_of(date(2026, 1, 1)), {}), date(2026, 1, 1)))
    assert now.facility("an-nhon-01").authority_name == "UBND phường Bình Định"
    assert now.facility("an-nhon-03").authority_name == "UBND phường An Nhơn"
    assert "đã kết thúc từ 01/7/2025" in now.facility("an-nhon-02").authority_name, "no successor governs its unit: said, not guessed"
    assert [row.what for row in now.missing if row.facility == "an-nhon-02"] == ["authority"]
    then = report(inputs(province, records.record({}, end_of(DAY), STANDARDS)))
    assert {row.authority_name for row in then.facilities} == {"UBND thị xã An Nhơn"}


NOW, LONG_AGO = records.instant(DAY, 23), records.instant(DAY - timedelta(days=2))
ROLLOUT = {"first": NOW, "last": NOW, "status": "failed", "worked": None}
UNMEASURED = {"verdict": None, "last_judged": None, "history": []}
NOTHING = {"verdict": None, "last_judged": None, "first_met": None, "first_connected": None, "history": [], "agent": None, "rollouts": None}


@pytest.mark.parametrize(
    ("state", "category", "change"),
    [
        ("met", None, {}),
        ("not_met", "setting_not_kept", {"spoil": too_small}),
        ("unknown", "not_measured", {"spoil": unmeasured}),
        ("not_monitored", "not_played", {"spoil": dark}),
        (
            "not_monitored",
            "silent",
            {"agent": {"first": LONG_AGO, "last": LONG_AGO, "status": "online", "reason": None, "since": LONG_AGO}},
        ),
        ("not_monitored", "silent", {"agent": {"first": LONG_AGO, "last": NOW, "status": "offline", "reason": "lost", "since": LONG_AGO}}),
        ("unknown", "never_measured", UNMEASURED),
        ("not_monitored", "never_measured", {**UNMEASURED, "agent": None}),
        ("not_installed", "rollout_failed", {**NOTHING, "rollouts": ROLLOUT}),
        ("not_installed", "no_box", NOTHING),
    ],
)
def test_a_facility_is_in_one_state_with_its_reason_and_the_next_step(
    province: Province, state: str, category: str | None, change: dict[str, Any]
) -> None:
    row = one(province, known(province, **change))
    assert (row.state, row.category) == (state, category)
    assert (row.reason is None, row.hint is None) == (state == "met", state == "met")


def test_a_short_silence_is_no_lack_of_monitoring(province: Province) -> None:
    blink = records.instant(DAY, 23)
    agent = {"first": LONG_AGO, "last": blink, "status": "offline", "reason": "lost", "since": blink}
    assert one(province, known(province, agent=agent)).state == "met"


def test_a_box_that_waits_in_the_office_is_told_from_none(province: Province) -> None:
    assert one(province, None, boxed={"an-nhon-01": DAY}).category == "not_rolled_out"
    assert one(province, None, boxed={"an-nhon-01": DAY + timedelta(days=1)}).category == "no_box"


def test_evidence_of_more_than_a_week_ago_is_none(province: Province) -> None:
    as_of = DAY + timedelta(days=8)
    agent = {"first": LONG_AGO, "last": records.instant(as_of, 23), "status": "online", "reason": None, "since": LONG_AGO}
    row = one(province, known(province, agent=agent), as_of=as_of)
    assert (row.state, row.category, row.age_days) == ("unknown", "stale", 8)
    assert one(province, known(province, agent=None), as_of=as_of).state == "not_monitored", "nor is there any other sign of life"
    assert one(province, known(province, agent=agent), as_of=as_of - timedelta(days=1)).state == "met"


def test_a_barracks_without_an_opinion_is_neither_not_installed_nor_not_monitored(province: Province) -> None:
    row = one(province, None, code="phu-cat-01")
    assert (row.state, row.category) == ("withheld", "no_opinion")
    assert not row.installed


def test_a_facility_without_cameras_does_not_install_whatever_its_box_does(tmp_path: Path) -> None:
    folder = copied(tmp_path, "an-nhon")
    file = folder / "areas" / "an-nhon.yml"
    text = file.read_text(encoding="utf-8")
    start = text.index("    cameras:\n")
    end = text.index("\n  - id: BD-0002")
    zones = ["corridor", "lobby", "yard", "sampling", "reception", "medical-check", "goods", "outside-toilets", "gate"]
    rest = "    recording: {by: none}\n    no_camera_zones:\n" + "".join(f"      - {{zone: {zone}, reason: chưa lắp}}\n" for zone in zones)
    file.write_text(text[:start] + rest + text[end:], encoding="utf-8")
    province = loaded(folder)
    found = built(
        inputs(
            province,
            records.record({"an-nhon-01": {**NOTHING, "agent": None, "rollouts": {**ROLLOUT, "worked": NOW}}}, end_of(DAY), STANDARDS),
        )
    )
    row = found.report.facility("an-nhon-01")
    assert (row.state, row.category) == ("not_installed", "no_cameras")
    assert ("an-nhon-01", "camera") in {(each.facility, each.what) for each in found.report.missing}


def test_what_a_survey_does_not_know_yet_is_reported_all_the_same(tmp_path: Path) -> None:
    folder = copied(tmp_path, "an-nhon")
    with (folder / "areas" / "an-nhon.yml").open("a", encoding="utf-8") as out:
        out.write("\n  - {id: BD-0900, number: 900, code: an-nhon-09, name: Nhà văn hoá, stage: surveyed, kind: other}\n")
    province = loaded(folder)
    made = report(inputs(province, records.record({}, end_of(DAY), STANDARDS)))
    row = made.facility("an-nhon-09")
    assert (row.state, row.category, row.authority_name) == ("not_installed", "surveyed", "UBND thị xã An Nhơn")
    assert made.total.facilities == 4


def waived(folder: Path, until: str) -> Province:
    text = f"waivers:\n  - {{check: size, site: an-nhon-01, subject: C02, reason: chờ thay, owner: Sở TT&TT, until: {until}}}\n"
    (folder / "waivers.yml").write_text(text, encoding="utf-8")
    return loaded(folder)


@pytest.mark.parametrize(("until", "state", "excused"), [("2021-06-11", "waived", 1), ("2021-06-10", "not_met", 0)])
def test_a_waiver_is_counted_apart_until_its_last_day_whenever_it_was_judged(tmp_path: Path, until: str, state: str, excused: int) -> None:
    province = waived(copied(tmp_path, "an-nhon"), until)
    judged_excused = known(province, spoil=too_small)
    for row in judged_excused["verdict"]["checks"]:
        if (row["id"], row["subject"]) == ("size", "C02"):
            row |= {"was": row["verdict"], "verdict": "waived"}
    made = report(inputs(province, records.record({"an-nhon-01": judged_excused}, end_of(DAY), STANDARDS)))
    assert made.facility("an-nhon-01").state == state
    size = next(row for row in made.checks if (row.facility, row.check) == ("an-nhon-01", "size"))
    assert (size.waived, size.not_met, size.subjects.vi) == (excused, 1 - excused, "C02")
    assert [(row.expired, row.facilities) for row in made.waivers] == [(not excused, ("an-nhon-01",) if excused else ())]


@pytest.mark.parametrize(
    ("connected", "as_of", "inclusive", "met", "days_late"),
    [
        (date(2021, 6, 11), date(2021, 6, 20), False, True, 0),
        (date(2021, 6, 12), date(2021, 6, 20), False, False, 1),
        (date(2021, 6, 12), date(2021, 6, 20), True, True, 0),
        (date(2021, 6, 15), date(2021, 6, 20), True, False, 3),
        (None, date(2021, 6, 11), False, False, 0),
        (None, date(2021, 6, 12), False, False, 1),
        (None, date(2021, 6, 20), True, False, 8),
    ],
)
def test_a_deadline_is_met_or_days_late_as_its_order_says(
    province: Province, connected: date | None, as_of: date, inclusive: bool, met: bool, days_late: int
) -> None:
    orders = [order.model_copy(update={"inclusive": inclusive}) for order in province.file.orders[:1]]
    single = replace(province, file=province.file.model_copy(update={"orders": orders}), facilities=[facility(province, "an-nhon-01")])
    sites = {"an-nhon-01": known(province, connected)} if connected else {}
    found = report(inputs(single, records.record(sites, end_of(as_of), STANDARDS), as_of)).milestones[0]
    assert (found.met, found.days_late) == (met, days_late)
    assert found.late == (() if days_late == 0 else ("an-nhon-01",))


def test_survey_and_plan_are_taken_from_what_is_on_file_and_a_report_from_the_day_it_was_sent(province: Province) -> None:
    order = province.file.orders[0]
    orders = [
        order.model_copy(update={"milestone": milestone, "date": date(2021, 6, 1), "inclusive": True, "done": done})
        for milestone, done in (("survey", None), ("plan", None), ("report", date(2021, 6, 3)))
    ]
    single = replace(province, file=province.file.model_copy(update={"orders": orders}), facilities=[facility(province, "an-nhon-01")])
    found = {each.milestone: each for each in report(inputs(single, records.record({}, end_of(DAY), STANDARDS))).milestones}
    assert found["plan"].done_on == found["survey"].done_on == date(2021, 5, 10)
    assert (found["report"].known, found["report"].days_late) == (True, 2)


def test_progress_goes_up_when_a_facility_connects_and_down_when_it_is_lost(province: Province) -> None:
    history = [["2021-06-05", "not_met", 4, 4], ["2021-06-08", "unknown", 0, 4], ["2021-06-10", "met", 4, 4]]
    made = report(inputs(province, records.record({"an-nhon-01": known(province, history=history)}, end_of(DAY), STANDARDS)))
    told = {day.day.isoformat(): (day.connected, day.met) for day in made.progress.days}
    assert [told[f"2021-06-{day:02d}"] for day in (4, 5, 7, 8, 9, 10, 11)] == [(0, 0), (1, 0), (1, 0), (0, 0), (0, 0), (1, 1), (1, 1)]


def test_continuity_is_unknown_until_there_is_a_history(province: Province) -> None:
    bare = report(inputs(province, records.record({"an-nhon-01": known(province)}, end_of(DAY), STANDARDS)))
    assert "chưa xác định" in bare.continuity.vi
    days = {"1": {"2021-06-10": [0.5, 1.0], "2021-06-11": [1.0, 1.0]}}
    told = report(inputs(province, records.record({"an-nhon-01": known(province, availability=days)}, end_of(DAY), STANDARDS)))
    row = told.facility("an-nhon-01")
    assert (row.up_share, row.up_days) == (0.75, 2)
    assert "1 trên 40 cơ sở" in told.continuity.vi
    assert "ít nhất 75% thời gian" in told.continuity.vi


def test_what_was_measured_once_is_worded_so(province: Province) -> None:
    made: Report = report(inputs(province, all_well(province)))
    labels = {row.check: row.label.vi for row in made.checks if row.facility == "an-nhon-01"}
    assert labels["playable_centre"] == "đạt tại thời điểm kiểm tra"
    assert made.facility("an-nhon-01").state_name.vi == "đạt tại thời điểm kiểm tra"


def test_an_area_s_report_holds_nothing_of_another(province: Province) -> None:
    found = built(inputs(province, all_well(province), area="an-nhon"))
    assert {row.area for row in found.report.facilities} == {"an-nhon"}
    assert set(found.record.document["sites"]) == {"an-nhon-01", "an-nhon-02", "an-nhon-03"}
    assert "quy-nhon" not in json.dumps(plain(found.report))


def test_what_is_judged_over_all_of_them_stands_beside_their_verdicts(province: Province) -> None:
    made = report(inputs(province, all_well(province)))
    told = {row.check: row for row in made.whole}
    assert told["area_plans"].verdict == "met"
    assert told["area_opinions"].verdict == "not_met"
    assert "phu-cat-01" in told["area_opinions"].says.vi
    assert {row.id for row in made.standard}.isdisjoint(told)


def test_rows_stand_in_vietnamese_order(province: Province) -> None:
    made = report(inputs(province, all_well(province)))
    areas = list(dict.fromkeys(row.area_name for row in made.facilities))
    assert areas == ["Huyện An Lão", "Huyện Hoài Ân", "Huyện Phù Cát", "Huyện Phù Mỹ", "Huyện Tây Sơn", "Huyện Tuy Phước", "Huyện Vân Canh",
                     "Huyện Vĩnh Thạnh", "Thành phố Quy Nhơn", "Thị xã An Nhơn", "Thị xã Hoài Nhơn"]  # fmt: skip


def test_the_same_inputs_make_the_same_report(province: Province) -> None:
    def made() -> str:
        return json.dumps(plain(report(inputs(province, all_well(province)))), ensure_ascii=False)

    assert made() == made()


def test_what_is_known_after_the_day_is_not_asked_for(province: Province) -> None:
    assert end_of(DAY) == datetime.fromisoformat("2021-06-12T00:00:00+07:00")
