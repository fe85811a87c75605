"""A workbook written row by row: styles, headings that stay, filters, print set-up; the same content gives the same bytes.

Rows go to disk as they come, so a province of 14,000 cameras takes no more memory than a small one. A formula carries the value
it has now: a phone that previews an attachment calculates nothing and would show an empty cell.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Generic, TypeVar

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break

from province.report.renderers.cells import neutral
from province.text import Lang, Text

Row = TypeVar("Row")
FONT = "Times New Roman"
HEAD_ROW = 4
"""Title, scope, an empty row, then the headings."""
DATE, COUNT, SHARE = "dd/mm/yyyy", "#,##0", "0.0%"
SUM = '#,##0;-#,##0;"–"'
"""A count in a table of sums: nought as a dash, so that what is there is seen."""
LINE = 15.0
"""Height of a line in points. Said for each row: a spreadsheet doesn't fit rows that it didn't write to their text."""
PAPER = 140
"""Characters that fit across A4 laid flat at full size, Excel's and LibreOffice's metrics being not quite alike."""
EDGE = Side(style="thin", color="BFBFBF")


@dataclass(frozen=True)
class Style:
    """A cell's looks; what is None stays the sheet's own."""

    font: Font
    fill: PatternFill | None = None
    alignment: Alignment | None = None
    border: Border | None = None


STYLES: Mapping[str, Style] = {
    "title": Style(Font(FONT, 16, bold=True)),
    "under": Style(Font(FONT, 11, italic=True, color="595959")),
    "caption": Style(Font(FONT, 12, bold=True)),
    "head": Style(
        font=Font(FONT, 11, bold=True, color="FFFFFF"),
        fill=PatternFill("solid", fgColor="1F4E79"),
        alignment=Alignment(horizontal="center", vertical="center", wrap_text=True),
        border=Border(EDGE, EDGE, EDGE, EDGE),
    ),
    "text": Style(Font(FONT, 11), alignment=Alignment(vertical="top", wrap_text=True), border=Border(EDGE, EDGE, EDGE, EDGE)),
    "sum": Style(
        font=Font(FONT, 11, bold=True),
        fill=PatternFill("solid", fgColor="E7EEF5"),
        alignment=Alignment(vertical="top", wrap_text=True),
        border=Border(EDGE, EDGE, Side(style="medium", color="1F4E79"), EDGE),
    ),
}


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column of a table: heading, width in characters, what it shows of a row, its number format."""

    head: Text
    width: float
    of: Callable[[Row], Any]
    form: str | None = None
    tints: Mapping[str, str] | None = None
    """Words -> fill (RRGGBB) laid behind cells that hold just these; the words stay what tells."""
    new_page: bool = False
    """On paper, this column and those after it stand on sheets of their own, beside the first columns again."""


@dataclass(frozen=True)
class Formula:
    """`value` is what it comes to now."""

    formula: str
    value: float


class Book:
    """`day` dates the file; `lang` picks from texts."""

    def __init__(self, lang: Lang, title: str, author: str, day: date) -> None:
        self.lang: Lang = lang
        self._book = Workbook(write_only=True)
        self._book.properties.title, self._book.properties.creator = title, author
        self._book.properties.language = lang
        self._book.properties.created = datetime(day.year, day.month, day.day)
        self._looks: dict[tuple[str, str, str | None, bool, bool], Any] = {}
        self._values: dict[str, dict[str, float]] = {}

    def sheet(self, name: Text, widths: Sequence[float], head_row: int | None, keep: int = 0) -> "Sheet":
        """A sheet to write from the top. `head_row`: stays in sight and on every page, with the first `keep` columns."""
        sheet = self._book.create_sheet(name.pick(self.lang))
        for index, width in enumerate(widths, 1):
            sheet.column_dimensions[get_column_letter(index)].width = width
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", "9"
        for side in ("left", "right"):
            setattr(sheet.page_margins, side, 0.4)
        for side in ("top", "bottom"):
            setattr(sheet.page_margins, side, 0.7)
        sheet.page_margins.header = sheet.page_margins.footer = 0.3
        sheet.oddFooter.left.text, sheet.oddFooter.right.text = "&A", "&P/&N"
        if head_row:
            sheet.print_title_rows = f"{head_row}:{head_row}"
            sheet.freeze_panes = f"{get_column_letter(keep + 1)}{head_row + 1}"
        return Sheet(self, sheet, widths)

    def table(self, name: Text, under: str, columns: Sequence[Column[Row]], rows: Iterable[Row], keep: int = 2) -> None:
        """A sheet with one table: title, headings that stay, a filter on each."""
        sheet = self.sheet(name, [column.width for column in columns], HEAD_ROW, keep)
        sheet.break_columns([index for index, column in enumerate(columns) if column.new_page], keep)
        sheet.line([name], "title")
        sheet.line([under], "under")
        sheet.line([])
        sheet.line([column.head for column in columns], "head")
        for row in rows:
            sheet.line([column.of(row) for column in columns], "text", [column.form for column in columns])
        last = max(sheet.row, HEAD_ROW + 1)
        sheet.raw.auto_filter.ref = f"A{HEAD_ROW}:{get_column_letter(len(columns))}{last}"
        for index, column in enumerate(columns, 1):
            if column.tints:
                letter = get_column_letter(index)
                sheet.tint(f"{letter}{HEAD_ROW + 1}:{letter}{last}", column.tints)

    def cell(self, sheet: Any, value: Any, look: str, form: str | None) -> Any:
        if isinstance(value, Text):
            value = value.pick(self.lang)
        if isinstance(value, str):
            value = ILLEGAL_CHARACTERS_RE.sub("", value)
        quoted = isinstance(value, str) and neutral(value) != value
        key = (sheet.title, look, form, quoted, isinstance(value, date))  # a date without a form gets one by being a date
        if key not in self._looks:
            self._looks[key] = _empty(sheet, look, form, quoted)
        cell = copy(self._looks[key])  # a hundred times faster than setting each part of its look
        cell.value = value.formula if isinstance(value, Formula) else value
        if isinstance(value, str):
            cell.data_type = "s"  # never "f": a person's words that begin with = are words
        return cell

    def keep_value(self, sheet: str, coordinate: str, value: float) -> None:
        self._values.setdefault(sheet, {})[coordinate] = value

    def bytes(self) -> bytes:
        raw = io.BytesIO()
        self._book.save(raw)
        numbers = {f"xl/worksheets/sheet{index}.xml": self._values.get(name, {}) for index, name in enumerate(self._book.sheetnames, 1)}
        return _stable(raw.getvalue(), self._book.properties.created, numbers)


class Sheet:
    """One sheet, written downwards. `row` is the last row written."""

    def __init__(self, book: Book, raw: Any, widths: Sequence[float]) -> None:
        self.raw, self.row = raw, 0
        self._book, self._widths = book, widths
        raw.page_setup.fitToWidth, raw.page_setup.fitToHeight = 1, 0
        raw.sheet_properties.pageSetUpPr.fitToPage = True

    def break_columns(self, starts: Sequence[int], keep: int) -> None:
        """On paper, begin anew before each of these columns (from 0), with the first `keep` beside them; as large as all pages allow."""
        if not starts:
            return
        self.raw.print_title_cols = f"A:{get_column_letter(keep)}"
        for start in starts:
            self.raw.col_breaks.append(Break(id=start))
        pages = [self._widths[first:last] for first, last in pairwise([0, *starts, len(self._widths)])]
        kept = sum(self._widths[:keep])
        self.raw.sheet_properties.pageSetUpPr.fitToPage = False
        self.raw.page_setup.scale = min(_scale(sum(page) + kept * (index > 0)) for index, page in enumerate(pages))

    def line(self, values: Sequence[Any], look: str = "text", forms: Sequence[str | None] = ()) -> None:
        self.row += 1
        forms = forms or [None] * len(values)
        cells = [self._book.cell(self.raw, value, look, form) for value, form in zip(values, forms, strict=True)]
        for index, value in enumerate(values, 1):
            if isinstance(value, Formula):
                self._book.keep_value(self.raw.title, f"{get_column_letter(index)}{self.row}", value.value)
        if look in _WRAPPED:
            lines = max((_lines(cell.value, width) for cell, width in zip(cells, self._widths, strict=False)), default=1)
            self.raw.row_dimensions[self.row].height = LINE * lines + 1
        self.raw.append(cells)

    def tint(self, area: str, tints: Mapping[str, str]) -> None:
        for words, colour in tints.items():
            rule = CellIsRule(operator="equal", formula=[f'"{words}"'], fill=PatternFill(bgColor=colour, fill_type="solid"))
            self.raw.conditional_formatting.add(area, rule)


def _empty(sheet: Any, look: str, form: str | None, quoted: bool) -> Any:
    """A cell that has its look and nothing to show."""
    cell = WriteOnlyCell(sheet)
    style = STYLES[look]
    for part in fields(style):
        if (given := getattr(style, part.name)) is not None:
            setattr(cell, part.name, given)
    if form:
        cell.number_format = form
    # What Excel writes for an apostrophe before the text: it stays text when somebody edits the cell.
    cell.quotePrefix = quoted
    return cell


_WRAPPED = ("head", "text", "sum")


def _lines(value: Any, width: float) -> int:
    """How many lines a cell's words take. More letters than digits go into a column, but a narrow one breaks badly."""
    if not isinstance(value, str) or value.startswith("="):
        return 1
    fits = max(int(width * (1.1 if width >= 16 else 0.85)), 1)
    return -(-len(value) // fits)


def _scale(width: float) -> int:
    """Percent at which so many characters fit across the paper."""
    return max(10, min(100, int(100 * PAPER / width)))


_FIRST_FONT = re.compile(rb"(<fonts[^>]*>)<font>.*?</font>", re.DOTALL)
_OURS = rb'\g<1><font><name val="%s"/><family val="1"/><sz val="11"/></font>' % FONT.encode()
"""Columns are measured in digits of the workbook's first font; without it LibreOffice took another, a third wider."""


def _stable(raw: bytes, when: datetime, numbers: Mapping[str, Mapping[str, float]]) -> bytes:
    """The same file with the formulas' values in it and nothing of the moment at which it was written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + f"{when:%Y-%m-%dT%H:%M:%SZ}".encode(), content)
            if name == "xl/styles.xml":
                content = _FIRST_FONT.sub(_OURS, content, count=1)
            if numbers.get(name):
                content = _valued(content, numbers[name])
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _valued(content: bytes, numbers: Mapping[str, float]) -> bytes:
    def value(found: re.Match[bytes]) -> bytes:
        return found[1] + b"<v>" + repr(numbers[found[2].decode()]).encode() + b"</v></c>"

    return re.sub(rb'(<c r="([A-Z]+\d+)"[^>]*><f>[^<]*</f>)<v ?/?>(?:</v>)?</c>', value, content)
