"""Files -> grids. What is no sheet at all is UserError (nothing starts); what can be skipped is skipped and said."""

import csv
import io
import re
import warnings
import zipfile
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from province.survey.reading import encodings
from province.survey.reading.cells import Remarks, Where
from province.survey.reading.grid import COLUMNS, Grid, blank, even
from province.text import Text
from province.user_error import UserError

GUIDE = "Hướng dẫn"
LISTS = "_danh_muc"
MARK = "KETNOI-KS"
BLANK_ROWS = 500
"""After so many empty rows a sheet is over, whatever its formats reach down to."""
_OLE = b"\xd0\xcf\x11\xe0"


def read(file: Path, remarks: Remarks) -> list[Grid]:
    """All sheets of a .xlsx or .csv that hold anything. Raises UserError for what is neither."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise UserError(
            f"{file}: không đọc được ({error.strerror}): kiểm tra tên tệp và quyền đọc",
            f"{file} can't be read ({error.strerror}): see to its name and permissions",
        ) from error
    if raw.startswith(b"PK"):
        return _workbook(file, raw, remarks)
    if raw.startswith(_OLE):
        raise _no_sheet(file, "sổ tính kiểu cũ (.xls) hoặc có mật khẩu", "an old workbook (.xls), or one with a password")
    if raw[:64].lstrip().lower().startswith((b"<!doc", b"<html", b"<?xml", b"<table")):
        raise _no_sheet(file, "trang web hoặc XML mang tên sổ tính", "a web page or XML that is named like a workbook")
    if raw.startswith(b"%PDF") or (b"\0" in raw[:4096] and not raw.startswith((b"\xff\xfe", b"\xfe\xff")) and not encodings.wide(raw)):
        raise _no_sheet(file, "không phải bảng tính", "no sheet")
    return _csv(file, raw, remarks)


def _no_sheet(file: Path, vi: str, en: str) -> UserError:
    return UserError(f"{file}: {vi}: hãy lưu lại thành .xlsx hoặc .csv (UTF-8)", f"{file}: {en}: save it as .xlsx or .csv (UTF-8)")


def _workbook(file: Path, raw: bytes, remarks: Remarks) -> list[Grid]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
            if not any(name.startswith("xl/") for name in names):
                raise _no_sheet(file, "không phải sổ tính .xlsx", "no .xlsx workbook")
            counted = any(b"<f" in archive.read(name) for name in names if name.startswith("xl/worksheets/") and name.endswith(".xml"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = load_workbook(io.BytesIO(raw), data_only=True)
            formulas = load_workbook(io.BytesIO(raw)) if counted else None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, IndexError) as error:
        raise _no_sheet(file, f"sổ tính bị hỏng ({type(error).__name__})", f"a damaged workbook ({type(error).__name__})") from error
    version = _version(values)
    grids = []
    for sheet in values.worksheets:
        if sheet.title in (GUIDE, LISTS):
            continue
        where = Where(file, sheet.title)
        if sheet.sheet_state != "visible":
            remarks.note(where, _HIDDEN)
            continue
        grid = Grid(file, sheet.title, even(_rows(sheet)), version=version)
        height, width = len(grid.rows), len(grid.rows[0]) if grid.rows else 0
        for merged in sheet.merged_cells.ranges:
            if merged.max_row <= height and merged.min_col <= width:
                grid.merged.append((merged.min_row - 1, merged.max_row - 1, merged.min_col - 1, min(merged.max_col, width) - 1))
            elif merged.min_row <= height and merged.min_col <= width:
                grid.merged.append((merged.min_row - 1, height - 1, merged.min_col - 1, min(merged.max_col, width) - 1))
        if formulas:
            grid.formulas = _uncounted(formulas[sheet.title], grid)
        if hidden := _hidden(sheet, grid):
            remarks.note(where, _HIDDEN_ROWS, rows=", ".join(hidden))
        if height:
            grids.append(grid)
    return grids


def _hidden(sheet: Any, grid: Grid) -> list[str]:
    """Rows that hold something and that nobody sees, as by a filter."""
    dimensions = sheet.row_dimensions
    return [str(number) for number, row in enumerate(grid.rows, 1) if number in dimensions and dimensions[number].hidden and not blank(row)]


def _version(workbook: Any) -> int | None:
    """The version that our own form says it has, in its guide or in its properties."""
    said = str(workbook.properties.keywords or "")
    if GUIDE in workbook.sheetnames:
        said += " ".join(str(cell) for row in workbook[GUIDE].iter_rows(max_row=10, max_col=4, values_only=True) for cell in row if cell)
    found = re.search(rf"{MARK}[\s-]*0*(\d+)", said)
    return int(found[1]) if found else None


def _rows(sheet: Any) -> list[list[Any]]:
    rows: list[list[Any]] = []
    empty = 0
    for row in sheet.iter_rows(max_col=min(sheet.max_column or 1, COLUMNS), values_only=True):
        values = [_plain(value) for value in row]
        empty = 0 if any(value not in (None, "") for value in values) else empty + 1
        if empty > BLANK_ROWS:
            break
        rows.append(values)
    return rows


def _plain(value: Any) -> Any:
    if isinstance(value, datetime) and value.time() == time(0):
        return value.date()
    return value if value is None or isinstance(value, bool | int | float | str | date) else str(value)


def _uncounted(sheet: Any, grid: Grid) -> list[tuple[int, int]]:
    width = len(grid.rows[0]) if grid.rows else 0
    found = []
    for number, row in enumerate(islice(sheet.iter_rows(max_col=width or 1), len(grid.rows))):
        for column, cell in enumerate(row):
            if cell.data_type == "f" and grid.rows[number][column] in (None, ""):
                found.append((number, column))
    return found


def _csv(file: Path, raw: bytes, remarks: Remarks) -> list[Grid]:
    text, encoding = encodings.decode(raw)
    if encoding in encodings.FOREIGN:
        remarks.fault(Where(file), _FOREIGN, encoding=encodings.FOREIGN[encoding])
        return []
    if encoding not in ("utf-8", "utf-16"):
        remarks.note(Where(file), _ENCODED, encoding=encoding)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if said := re.match(r"sep=(.)\n", text):
        separator, text = said[1], "\n" + text[said.end() :]
    else:
        separator = _separator(text)
    try:
        rows: list[list[Any]] = [row[:COLUMNS] for row in csv.reader(io.StringIO(text), delimiter=separator)]
    except csv.Error as error:
        raise _no_sheet(file, f"csv bị hỏng ({error})", f"a damaged csv ({error})") from error
    rows = even(rows)
    return [Grid(file, "", rows)] if rows else []


def _separator(text: str) -> str:
    """The one that parts most lines into the same number of cells."""
    sample = "\n".join(text.split("\n")[:60])

    def evenness(separator: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=separator) if any(row)]
        except csv.Error:
            return 0, 0
        common = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
        return (widths.count(common) * (common > 1), common)

    return max((";", "\t", ",", "|"), key=evenness)


_HIDDEN = Text(
    "trang này bị ẩn nên không đọc; nếu cần thì bỏ ẩn (Unhide) rồi đưa vào lại",
    "this sheet is hidden and was not read; unhide it and import again if it matters",
)
_HIDDEN_ROWS = Text(
    "hàng ẩn vẫn được đọc: {rows}; không cần thì xoá hàng", "hidden rows were read too: {rows}; delete those that aren't meant"
)
_FOREIGN = Text(
    "chữ gõ bằng bảng mã {encoding}: chuyển sang Unicode (trong UniKey: Công cụ, Chuyển mã) rồi lưu lại thành CSV UTF-8",
    "typed in the encoding {encoding}: convert it to Unicode (UniKey: Toolkit) and save it as CSV UTF-8",
)
_ENCODED = Text("đọc theo bảng mã {encoding}", "read as {encoding}")
