"""The workbook that districts fill in: headings they can't spoil, cells they can fill, and LibreOffice's copy of it is still ours."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from province.commands.survey import template
from province.model.loader import open_book
from province.survey.reading.choices import of
from province.survey.reading.columns import EXAMPLE, SHEETS
from province.survey.reading.read import GUIDE, LISTS, MARK
from province.survey.workbook.workbook import ABOUT_ROW, EXAMPLE_ROW, FIRST_ROW, HEAD_ROW
from province.user_error import UserError
from tests.unit.inventories import SAMPLE, copied
from tests.unit.survey_sheets import SCHOOL, Import, an_nhon

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "mau.xlsx"
    assert template(SAMPLE, file, area=None, lang="vi", json_output=False) == 0
    return file


def test_it_has_every_sheet_and_column_and_says_which_form_it_is(empty: Path) -> None:
    workbook = load_workbook(empty)
    assert workbook.sheetnames == [GUIDE, *(sheet.vi for sheet in SHEETS), LISTS]
    assert str(workbook.properties.keywords).startswith(MARK) and MARK in str(workbook[GUIDE]["B3"].value)
    for declared in SHEETS:
        heads = [str(cell.value).removesuffix(" *") for cell in workbook[declared.vi][HEAD_ROW]]
        assert heads == [column.vi for column in declared.asked]
        assert workbook[declared.vi].cell(ABOUT_ROW, 1).value == declared.about


def test_headings_are_locked_and_cells_are_not(empty: Path) -> None:
    workbook = load_workbook(empty)
    for declared in SHEETS:
        sheet = workbook[declared.vi]
        assert sheet.protection.sheet and not sheet.protection.password
        for number, column in enumerate(declared.asked, 1):
            assert sheet.cell(HEAD_ROW, number).protection.locked and sheet.cell(EXAMPLE_ROW, number).protection.locked
            assert not sheet.cell(FIRST_ROW, number).protection.locked
            assert bool(column.help) == (sheet.cell(HEAD_ROW, number).comment is not None)


def test_every_choice_has_a_drop_down_of_what_the_inventory_knows(empty: Path) -> None:
    workbook, lists = load_workbook(empty), of(open_book(SAMPLE))
    for declared in SHEETS:
        rules = {str(rule.sqref).split(":")[0]: rule for rule in workbook[declared.vi].data_validations.dataValidation}
        for number, column in enumerate(declared.asked, 1):
            rule = rules.get(workbook[declared.vi].cell(FIRST_ROW, number).coordinate)
            assert (rule is not None) == bool(column.choices)
            if rule is not None:
                area = workbook.defined_names[str(rule.formula1).removeprefix("=")].attr_text
                _, cells = next(iter(workbook.defined_names[str(rule.formula1).removeprefix("=")].destinations))
                offered = [row[0].value for row in workbook[LISTS][cells]]
                assert offered == [choice.label for choice in lists[column.choices or ""]], area


def test_it_is_ready_for_paper(empty: Path) -> None:
    workbook = load_workbook(empty)
    for declared in SHEETS:
        sheet = workbook[declared.vi]
        assert (sheet.page_setup.orientation, str(sheet.page_setup.paperSize), sheet.page_setup.fitToWidth) == ("landscape", "9", 1)
        assert sheet.print_title_rows == f"${HEAD_ROW}:${HEAD_ROW}" and sheet.page_margins.left <= 0.5


def test_the_empty_form_with_its_example_rows_changes_nothing(empty: Path, tmp_path: Path, capsys: Any) -> None:
    workbook = load_workbook(empty)
    assert workbook[SHEETS[0].vi].cell(EXAMPLE_ROW, 1).value == EXAMPLE
    done = Import(an_nhon(tmp_path), capsys, empty)
    assert (done.code, done.document["changes"]) == (0, []), done.document["faults"]


def test_a_filled_in_form_is_taken(empty: Path, tmp_path: Path, capsys: Any) -> None:
    workbook = load_workbook(empty)
    name, kind, address, _, person, title, phone, email = SCHOOL
    cells = {
        "Cơ sở": {"Tên cơ sở *": name, "Loại hình *": kind, "Địa chỉ *": address, "Đơn vị hành chính *": "Thị xã An Nhơn"},
        "Đầu mối": {"Tên cơ sở *": name, "Họ và tên *": person, "Chức vụ *": title, "Số điện thoại *": phone, "Thư điện tử *": email},
        "Camera": {"Tên cơ sở *": name, "Vị trí lắp đặt *": "Cổng chính"},
    }
    for sheet, values in cells.items():
        heads = {cell.value: cell.column for cell in workbook[sheet][HEAD_ROW]}
        for head, value in values.items():
            workbook[sheet].cell(FIRST_ROW, heads[head], value)
    workbook.save(tmp_path / "filled.xlsx")
    done = Import(an_nhon(tmp_path), capsys, tmp_path / "filled.xlsx")
    assert done.code == 0, done.document["faults"]
    assert done.record["cameras"] == [{"slot": 1, "zone": "gate", "place": "Cổng chính"}] and done.record["focal_point"]["email"] == email


def test_an_area_that_isn_t_there_can_t_be_filled_in(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="an-nhon"):
        template(SAMPLE, tmp_path / "a.xlsx", area="an-nhom", lang="vi", json_output=False)


@pytest.mark.parametrize("area", ["tuy-phuoc", "phu-my", "hoai-nhon"])
def test_what_is_filled_in_says_just_what_the_inventory_says(tmp_path: Path, capsys: Any, area: str) -> None:
    template(SAMPLE, tmp_path / "a.xlsx", area=area, lang="vi", json_output=False)
    done = Import(copied(tmp_path, area), capsys, tmp_path / "a.xlsx")
    assert (done.code, done.document["changes"]) == (0, []), done.document["faults"]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice isn't installed")
def test_libreoffice_s_copy_is_still_our_form_and_says_the_same(tmp_path: Path, capsys: Any) -> None:
    template(SAMPLE, tmp_path / "a.xlsx", area="an-nhon", lang="vi", json_output=False)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    for form in ("xlsx:Calc MS Excel 2007 XML", "pdf"):
        command = ["soffice", "--headless", profile, "--convert-to", form, "--outdir", str(tmp_path / "copy"), str(tmp_path / "a.xlsx")]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    assert (tmp_path / "copy" / "a.pdf").read_bytes().startswith(b"%PDF")
    copy = load_workbook(tmp_path / "copy" / "a.xlsx")
    assert all(
        copy[sheet.vi].protection.sheet and copy[sheet.vi].data_validations.dataValidation for sheet in SHEETS if sheet.vi == "Camera"
    )
    done = Import(an_nhon(tmp_path), capsys, tmp_path / "copy" / "a.xlsx")
    assert (done.code, done.document["changes"]) == (0, []), done.document["faults"]
