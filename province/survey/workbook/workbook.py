"""The survey workbook: made from data/survey.yml, empty or filled in; the same input gives the same bytes."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from province.files import write
from province.model.loader import open_book
from province.survey.matching.facilities import known
from province.survey.reading.choices import Choices, of
from province.survey.reading.columns import EXAMPLE, NUMBERS, SHEETS, VERSION, Column, Sheet
from province.survey.reading.read import GUIDE, LISTS, MARK
from province.survey.workbook import fill
from province.survey.workbook.guide import lines
from province.user_error import UserError

TITLE_ROW, ABOUT_ROW, HEAD_ROW, EXAMPLE_ROW, FIRST_ROW = 1, 2, 3, 4, 5
LAST_ROW = 3000
"""Drop-downs reach down to here."""
EPOCH = (2021, 5, 1, 0, 0, 0)
"""The time that all parts of the file bear, so that it can be made again byte for byte."""
"""Kinds whose cells hold numbers; all others are formatted as text, so that no zero is lost."""
FONT = "Times New Roman"
LINE = 17.0
"""Height of a line, in points."""

_HEAD = PatternFill("solid", fgColor="1F4E78")
_OPTIONAL = PatternFill("solid", fgColor="5B7F9E")
_EXAMPLE = PatternFill("solid", fgColor="EEEEEE")
_LINE = Side(style="thin", color="999999")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)


def write_template(inventory: Path, out: Path, area: str | None) -> int:
    """Write the workbook; how many facilities it was filled in with. Raises UserError."""
    book = open_book(inventory)
    if book.file is None:
        raise UserError(f"{inventory}: province.yml có lỗi: ketnoi check", f"{inventory}: province.yml has faults: ketnoi check")
    if area is not None and area not in book.areas:
        names = ", ".join(book.areas)
        raise UserError(f"không có khu vực triển khai {area}; có: {names}", f"there is no area {area}; there are: {names}")
    listed = [each for each in known(book) if each.area == area]
    choices = of(book)
    workbook = Workbook()
    workbook.remove(workbook.active)
    place = book.areas[area].name if area else book.file.name
    _guide(workbook, place)
    lists = _lists(workbook, choices)
    for sheet in SHEETS:
        _sheet(workbook, sheet, lists, list(fill.rows(sheet, listed, choices, book.units)))
    workbook.move_sheet(LISTS, len(SHEETS))
    workbook.properties.creator = "ketnoi"
    workbook.properties.title = f"Phiếu khảo sát camera: {place}"
    workbook.properties.keywords = f"{MARK}-{VERSION:02}"
    try:
        write(out, _bytes(workbook), 0o644)
    except OSError as error:
        raise UserError(f"không ghi được {out}: {error.strerror}", f"can't write {out}: {error.strerror}") from error
    return len(listed)


def _guide(workbook: Workbook, place: str) -> None:
    sheet = workbook.create_sheet(GUIDE)
    sheet.column_dimensions["A"].width = 5
    sheet.column_dimensions["B"].width = 110
    for number, (mark, text, strong) in enumerate(lines(place, f"{MARK}-{VERSION:02}"), 1):
        sheet.cell(number, 1, mark).font = Font(name=FONT, size=13, bold=strong)
        cell = sheet.cell(number, 2, text)
        cell.font = Font(name=FONT, size=16 if number == 1 else 13, bold=strong)
        cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="center" if number == 1 else None)
    _page(sheet, landscape=False)
    sheet.protection.sheet = True


def _lists(workbook: Workbook, choices: Choices) -> dict[str, str]:
    """A hidden sheet with every list of the drop-downs, each under a name; name of choices -> name of the range."""
    sheet = workbook.create_sheet(LISTS)
    sheet.sheet_state = "hidden"
    names = {}
    used = sorted({column.choices for each in SHEETS for column in each.asked if column.choices})
    for number, name in enumerate(used, 1):
        labels = [choice.label for choice in choices[name]]
        for row, label in enumerate(labels, 1):
            sheet.cell(row, number, label)
        names[name] = "ds_" + re.sub(r"\W", "_", name)
        letter = get_column_letter(number)
        reference = f"{LISTS}!${letter}$1:${letter}${max(len(labels), 1)}"
        workbook.defined_names[names[name]] = DefinedName(names[name], attr_text=reference)
    return names


def _sheet(workbook: Workbook, declared: Sheet, lists: dict[str, str], records: list[fill.Row]) -> None:
    sheet = workbook.create_sheet(declared.vi)
    columns = declared.asked
    last = get_column_letter(len(columns))
    sheet.cell(TITLE_ROW, 1, f"PHIẾU KHẢO SÁT: {declared.vi.upper()}").font = Font(name=FONT, size=15, bold=True)
    sheet.cell(ABOUT_ROW, 1, declared.about).font = Font(name=FONT, size=12, italic=True)
    sheet.row_dimensions[HEAD_ROW].height = 48
    for number, column in enumerate(columns, 1):
        _column(sheet, number, column, lists)
    for offset in range(max(declared.rows, len(records) + 5)):
        record = records[offset] if offset < len(records) else {}
        for number, column in enumerate(columns, 1):
            cell = sheet.cell(FIRST_ROW + offset, number, record.get(column.field))
            _open(cell, column)
        sheet.row_dimensions[FIRST_ROW + offset].height = LINE * max(_lines(record.get(column.field), column) for column in columns)
    sheet.freeze_panes = sheet.cell(FIRST_ROW, 4 if len(columns) > 8 and columns[2].field == "name" else 3)
    sheet.auto_filter.ref = f"A{HEAD_ROW}:{last}{FIRST_ROW + max(declared.rows, len(records) + 5) - 1}"
    _page(sheet, landscape=True)
    sheet.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW}"
    sheet.print_area = f"A1:{last}{FIRST_ROW + max(declared.rows, len(records) + 5) - 1}"
    for allowed in ("formatCells", "formatColumns", "formatRows", "insertRows", "deleteRows", "sort", "autoFilter"):
        setattr(sheet.protection, allowed, False)
    sheet.protection.sheet = True


def _lines(value: Any, column: Column) -> int:
    """Lines that a cell takes in its column."""
    return max(1, -(-len(str(value or "")) * 11 // (column.width * 10)))


def _column(sheet: Worksheet, number: int, column: Column, lists: dict[str, str]) -> None:
    letter = get_column_letter(number)
    dimension = sheet.column_dimensions[letter]
    dimension.width = column.width
    dimension.protection = Protection(locked=False)
    if column.kind in (
        "text",
        "person",
        "key",
        "phone",
        "email",
        "day",
        "mac",
        "address",
        "addresses",
        "network",
        "interface",
        "slots",
        "unit",
        "places",
    ):
        dimension.number_format = "@"
    head = sheet.cell(HEAD_ROW, number, column.vi + (" *" if column.required else ""))
    head.font = Font(name=FONT, size=12, bold=True, color="FFFFFF")
    head.fill = _HEAD if column.required or column.kind == "key" else _OPTIONAL
    head.alignment = Alignment(wrap_text=True, horizontal="center", vertical="center")
    head.border = _BOX
    head.protection = Protection(locked=True)
    if column.help:
        head.comment = Comment(column.help, "ketnoi", height=90, width=260)
    example = sheet.cell(EXAMPLE_ROW, number, EXAMPLE if number == 1 else column.example or None)
    example.font = Font(name=FONT, size=12, italic=True, color="777777")
    example.fill, example.border = _EXAMPLE, _BOX
    example.number_format = "@"
    example.alignment = Alignment(wrap_text=True, vertical="top")
    example.protection = Protection(locked=True)
    if column.choices:
        rule = DataValidation("list", formula1=f"={lists[column.choices]}", allow_blank=True)
        rule.showErrorMessage = column.choices not in ("units", "makes", "authorities", "connectors")
        rule.errorTitle, rule.error = "Ketnoi", f"{column.vi}: chọn trong danh sách"
        rule.promptTitle, rule.prompt, rule.showInputMessage = column.vi[:32], column.help[:255], bool(column.help)
        rule.add(f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}")
        sheet.add_data_validation(rule)


def _open(cell: Any, column: Column) -> None:
    """A cell to be filled in."""
    cell.font = Font(name=FONT, size=12)
    cell.border = _BOX
    cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="center" if column.kind in NUMBERS else None)
    cell.protection = Protection(locked=False)
    if column.kind not in NUMBERS:
        cell.number_format = "@"


def _page(sheet: Worksheet, *, landscape: bool) -> None:
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.paperSize = "9"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left, sheet.page_margins.right = 0.4, 0.4
    sheet.page_margins.top, sheet.page_margins.bottom = 0.6, 0.8
    sheet.page_margins.header, sheet.page_margins.footer = 0.3, 0.4
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = f"{MARK}-{VERSION:02} · &A", "&P/&N"


def _bytes(workbook: Workbook) -> bytes:
    """The file, with one time on every part: openpyxl writes today's."""
    raw = io.BytesIO()
    workbook.save(raw)
    out = io.BytesIO()
    stamp = f"{EPOCH[0]}-{EPOCH[1]:02}-{EPOCH[2]:02}T00:00:00Z".encode()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d{2}-\d{2}T[\d:]+Z", stamp, content)
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)
    return out.getvalue()
