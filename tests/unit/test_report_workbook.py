"""The report's workbook: sums that follow, words that stay words, and pages that LibreOffice prints."""

import csv
import io
import os
import re
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook

from province.report.model.content import STATES, Report, Sum
from province.report.renderers import sheets, workbook
from tests.unit.report_sample import many, sample

pytestmark = pytest.mark.slow

TABLES = ("Thời hạn", "Tiến độ", "Đánh giá chung", "Cơ sở", "Tiêu chí", "Camera", "Còn thiếu", "Tiêu chuẩn", "Miễn áp dụng")


def soffice(source: Path, form: str, folder: Path) -> Path:
    """Convert with a profile of its own, so that no other LibreOffice of this user is met."""
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", form, "--outdir", str(folder)]
    subprocess.run([*command, str(source)], check=True, capture_output=True, timeout=180, env={**os.environ, "HOME": str(folder)})
    return folder / f"{source.stem}.{form.split(':')[0]}"


@pytest.fixture(scope="module")
def calculated(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """The summary as LibreOffice calculates it from the formulas alone: the values that we wrote beside them are taken out."""
    folder = tmp_path_factory.mktemp("soffice")
    bare = folder / "bare.xlsx"
    with zipfile.ZipFile(io.BytesIO(workbook.render(sample()))) as old, zipfile.ZipFile(bare, "w") as new:
        for name in old.namelist():
            content, taken = re.subn(rb"(</f>)<v>[^<]*</v>", rb"\1<v/>", old.read(name))
            assert bool(taken) == (name == "xl/worksheets/sheet1.xml")
            new.writestr(name, content)
    return list(csv.reader(soffice(bare, "csv:Text - txt - csv (StarCalc):44,34,76", folder).read_text().splitlines()))


def expected(row: Sum) -> list[int]:
    return [row.facilities, *row.states.values(), row.installed, row.connected, row.cameras.total, row.cameras.met]


def test_the_summary_s_formulas_come_to_the_report_s_sums(calculated: list[list[str]]) -> None:
    report = sample()
    lines = [row for row in calculated if row[-1].endswith("%")]
    found = {row[0]: [int(each.replace("–", "0")) for each in row[1:-1]] for row in lines}
    for key in sheets.GROUPINGS:
        for row in sheets.sums(report, key):
            name = row.name.vi[:1].upper() + row.name.vi[1:]
            assert found[name] == expected(row), name
    totals = [row for row in calculated if row[0] == "Tổng số"]
    assert len(totals) == 4
    assert all([int(each) for each in row[1:-1]] == expected(report.total) for row in totals)


def test_a_formula_carries_its_value_for_what_does_not_calculate() -> None:
    report = sample()
    raw = io.BytesIO(workbook.render(report))
    shown, formulas = (load_workbook(raw, data_only=only).worksheets[0] for only in (True, False))
    cells = [cell for row in formulas.iter_rows() for cell in row if cell.data_type == "f"]
    assert len(cells) > 100
    assert all(isinstance(shown[cell.coordinate].value, int | float) for cell in cells)
    total = next(row for row in shown.iter_rows(values_only=True) if row[0] == "Tổng số")
    assert list(total[1:-1]) == expected(report.total)


def test_every_row_of_the_report_is_on_its_sheet() -> None:
    report = sample()
    book = load_workbook(io.BytesIO(workbook.render(report)))
    rows = {name: book[name].max_row - 4 for name in ("Cơ sở", "Tiêu chí", "Camera", "Còn thiếu", "Tiến độ")}
    assert rows == {
        "Cơ sở": len(report.facilities),
        "Tiêu chí": len(report.checks),
        "Camera": len(report.cameras),
        "Còn thiếu": len(report.missing),
        "Tiến độ": len(report.progress.days),
    }


def test_tables_keep_their_headings_filter_and_print_flat_on_a4() -> None:
    book = load_workbook(io.BytesIO(workbook.render(sample())))
    for name in TABLES:
        sheet = book[name]
        assert sheet.freeze_panes.endswith("5"), name
        assert sheet.auto_filter.ref.startswith("A4:"), name
        assert sheet.print_title_rows == "$4:$4", name
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9), name
        wide = sheet.page_setup.scale or 100
        assert sheet.sheet_properties.pageSetUpPr.fitToPage or wide >= 60, f"{name}: {wide} % is too small to read"


def test_the_same_report_gives_the_same_bytes() -> None:
    first = workbook.render(sample())
    assert first == workbook.render(replace(sample()))
    assert "2021-06-15" in zipfile.ZipFile(io.BytesIO(first)).read("docProps/core.xml").decode()


@pytest.mark.parametrize("words", ['=HYPERLINK("http://example.org","x")', "+84 256", "-1", "@SUM(A1)"])
def test_words_that_look_like_a_formula_stay_words(words: str) -> None:
    report = sample(area="an-nhon")
    row = replace(report.facilities[0], name=words)
    raw = workbook.render(replace(report, facilities=(row, *report.facilities[1:])))
    cell = load_workbook(io.BytesIO(raw))["Cơ sở"]["B5"]
    assert cell.value == words
    assert cell.data_type == "s"
    assert cell.quotePrefix


def test_a_name_with_a_wildcard_or_a_control_character_counts_itself_only() -> None:
    report = sample(area="an-nhon")
    rows = (replace(report.facilities[0], area_name="*\x07"), *report.facilities[1:])
    formulas = load_workbook(io.BytesIO(workbook.render(replace(report, facilities=rows))))
    assert formulas["Cơ sở"]["C5"].value == "*"
    assert "SUMPRODUCT(--('Cơ sở'!$C$5:$C$7=$A7))" in str(formulas["Tổng hợp"]["B7"].value)


def test_a_phone_number_keeps_its_zero() -> None:
    book = load_workbook(io.BytesIO(workbook.render(sample(area="an-nhon"))))
    assert "0256 000 1001" in [cell.value for row in book["Cơ sở"].iter_rows() for cell in row]


def test_a_state_is_told_in_words_not_in_colour_alone() -> None:
    book = load_workbook(io.BytesIO(workbook.render(sample())))
    heads = [cell.value for cell in book["Cơ sở"][4]]
    column = heads.index("Kết quả") + 1
    told = {book["Cơ sở"].cell(row, column).value for row in range(5, 45)}
    assert told == {words.vi[:1].upper() + words.vi[1:] for words in STATES.values()}


def test_english_has_no_vietnamese_heading() -> None:
    book = load_workbook(io.BytesIO(workbook.render(sample("en"))))
    assert book.sheetnames[:5] == ["Summary", "Deadlines", "Progress", "Over all", "Facilities"]
    assert [cell.value for cell in book["Facilities"][4]][:3] == ["Code", "Facility", "Area"]


def test_libreoffice_prints_it_without_a_repair(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    workbook.write(sample(area="an-nhon"), path)
    text = subprocess.run(["pdftotext", "-layout", soffice(path, "pdf", tmp_path), "-"], capture_output=True, text=True, check=True).stdout
    assert "Kết quả kết nối hệ thống camera giám sát" in text
    assert "Nhà nghỉ Sông Kôn" in text
    assert "Err:" not in text
    assert "#" not in re.sub(r"#\d", "", text), "a column too narrow for its figures"


def bare() -> Report:
    return replace(sample(area="an-nhon"), waivers=(), missing=(), milestones=())


@pytest.mark.parametrize("made", [lambda: many(1, 1), bare], ids=["one", "empty"])
def test_a_report_with_next_to_nothing_is_a_workbook_too(made: Callable[[], Report]) -> None:
    assert load_workbook(io.BytesIO(workbook.render(made()))).sheetnames[0] == "Tổng hợp"
