"""All renderers of one report that the builder made from a record: the same figures, the names of the day, words for their readers."""

import io
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from province.model import load
from province.report.model.build import Inputs, report
from province.report.model.content import FacilityRow, Report
from province.report.model.record import Record, end_of
from province.report.model.states import CLASSES, TITLES
from province.report.renderers import letter, page, reminders, steps, workbook
from province.standard.load import load as standard_of
from tests.unit import records
from tests.unit.inventories import copied

DAY = date(2021, 6, 15)


def small(evidence: dict[str, Any]) -> None:
    evidence["cameras"]["1"]["stream_centre"]["width"] = 1280


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """An Nhơn and Phù Cát: one facility with a small picture, one silent since the 13th, one never seen, a barracks without an opinion."""
    return built(tmp_path_factory.mktemp("renderers"), DAY)


def built(folder: Path, as_of: date) -> Report:
    province, faults = load(copied(folder, "an-nhon", "phu-cat"))
    assert province is not None
    assert not faults
    told: dict[str, Any] = {}
    standards: dict[str, Any] = {}
    for each in province.facilities:
        if not each.withheld(DAY) and each.code != "phu-cat-04":
            told[each.code] = records.known(each, DAY, small if each.code == "an-nhon-02" else None, standards=standards)
    told["an-nhon-03"]["agent"] |= {"status": "offline", "last": records.instant(DAY - timedelta(days=2))}
    record: Record = records.record(told, end_of(as_of), standards)
    return report(Inputs(province, standard_of(), record, {}, {"digest": "sha256:i", "commit": None}, as_of))


def test_every_face_says_the_same_sums(made: Report) -> None:
    total = made.total
    sheet = load_workbook(io.BytesIO(workbook.render(made)), data_only=True).worksheets[0]
    summed = [row for row in sheet.iter_rows(values_only=True) if row[0] == "Tổng số"]
    html, paper = (" ".join(re.sub(r"<[^>]+>", "", text).split()) for text in (page.render(made), letter.render(made)))
    assert all(list(row[1:9]) == [total.facilities, *total.states.values()] for row in summed)
    assert f"{total.states['met']}/{total.facilities} cơ sở đạt tiêu chuẩn" in html
    assert f"có {total.facilities:02d} cơ sở cách ly tập trung với {total.cameras.total} camera" in paper
    assert sum(len(row.behind) for row in made.authorities) == sum(total.states[state] for state in page.BEHIND)


def test_what_is_judged_over_all_is_on_every_face(made: Report) -> None:
    assert {"area_plans", "area_opinions", "milestones"} <= {row.check for row in made.whole}
    rows = load_workbook(io.BytesIO(workbook.render(made)))["Đánh giá chung"].iter_rows(min_row=5, max_col=1, values_only=True)
    assert [row[0] for row in rows] == [row.title.vi for row in made.whole]
    html, paper = page.render(made), letter.render(made)
    for row in made.whole:
        assert f"<strong>{row.title.vi}</strong>" in html
        assert (f"<td>{row.title.vi}</td>" in paper) == (row.check != "milestones")
    assert [int(number) for number in re.findall(r"<caption>Bảng (\d+)\.", paper)] == [1, 2, 3, 4, 5]


def test_the_chart_ends_where_the_sums_are(made: Report) -> None:
    now = made.progress.days[-1]
    assert (now.installed, now.connected, now.met) == (made.total.installed, made.total.connected, made.total.states["met"])
    assert made.facility("an-nhon-03").state == "not_monitored"


def test_a_letter_of_another_day_has_that_day_s_names(tmp_path: Path, made: Report) -> None:
    assert "UBND TỈNH BÌNH ĐỊNH" in letter.render(made).upper()
    later = letter.render(built(tmp_path, date(2026, 1, 1)))
    assert "Tỉnh Gia Lai" in later
    assert "Gia Lai, ngày 01 tháng 01 năm 2026" in later


def test_what_officials_read_holds_no_command_of_ours(made: Report) -> None:
    letters = [letter.render(made), *(reminders.render(made, each) for each in made.authorities if each.behind)]
    assert len(letters) >= 4
    for text in letters:
        assert "ketnoi" not in text.replace("Ketnoi", "")
        assert "`" not in text


@pytest.mark.parametrize("category", sorted(TITLES))
def test_every_class_has_a_step_for_officials(made: Report, category: str) -> None:
    hint = CLASSES[category][1] if category in CLASSES else steps.GENERAL
    row: FacilityRow = replace(made.facilities[0], category=category, hint=hint.format(connector="VNPT"))
    told = steps.step(row)
    assert told is not None
    assert not any(re.search(r"ketnoi|`|\{", side) for side in told)


def test_a_hint_of_the_standard_that_names_a_field_is_put_in_plain_words(made: Report) -> None:
    row = replace(made.facilities[0], category="zones_covered", hint=standard_of().checks[0].hint)
    told = steps.step(row)
    assert told is not None
    assert "no_camera_zones" not in told.vi
    assert steps.step(replace(row, hint=None)) is None
