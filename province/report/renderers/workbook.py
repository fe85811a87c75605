"""The report as one workbook: summary, deadlines, facilities, checks, cameras, what is missing, sources.

The summary's figures are formulas over the sheet of facilities, so that who filters, corrects or extends it sees the sums follow.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from openpyxl.utils import get_column_letter

from province.files import write as put
from province.report.model.content import STATES, Day, Report, Sum
from province.report.model.figures import day, sentence
from province.report.renderers import sheets
from province.report.renderers.xlsx import COUNT, DATE, HEAD_ROW, SHARE, SUM, Book, Column, Formula, Sheet
from province.text import Text

TITLE = Text(
    "Kết quả kết nối hệ thống camera giám sát tại các cơ sở cách ly tập trung",
    "Connection of the cameras of quarantine facilities",
)
NAMES = {
    "summary": Text("Tổng hợp", "Summary"),
    "milestones": Text("Thời hạn", "Deadlines"),
    "progress": Text("Tiến độ", "Progress"),
    "whole": Text("Đánh giá chung", "Over all"),
    "facilities": Text("Cơ sở", "Facilities"),
    "checks": Text("Tiêu chí", "Checks"),
    "cameras": Text("Camera", "Cameras"),
    "missing": Text("Còn thiếu", "Missing"),
    "standard": Text("Tiêu chuẩn", "Standard"),
    "waivers": Text("Miễn áp dụng", "Waivers"),
    "source": Text("Căn cứ", "Rests on"),
}
TOTAL = Text("Tổng số", "Total")
PROGRESS: Sequence[Column[Day]] = (
    Column(Text("Ngày", "Day"), 14, lambda row: row.day, DATE),
    Column(Text("Đã lắp đặt", "Installed"), 14, lambda row: row.installed, COUNT),
    Column(Text("Đã kết nối", "Connected"), 14, lambda row: row.connected, COUNT),
    Column(Text("Đạt tiêu chuẩn", "Met the standard"), 14, lambda row: row.met, COUNT),
    Column(Text("Tổng số cơ sở", "Facilities"), 14, lambda row: row.total, COUNT),
)


def write(report: Report, path: Path) -> None:
    put(path, render(report), 0o644)


def render(report: Report) -> bytes:
    book = Book(report.lang, TITLE.pick(report.lang), report.issuer, report.as_of)
    under = scope_line(report).pick(report.lang)
    _summary(book, report, under)
    book.table(NAMES["milestones"], under, sheets.milestones(report), report.milestones)
    book.table(NAMES["progress"], under, PROGRESS, report.progress.days, keep=1)
    book.table(NAMES["whole"], under, sheets.whole(report), report.whole, keep=1)
    book.table(NAMES["facilities"], under, sheets.facilities(report), report.facilities)
    book.table(NAMES["checks"], under, sheets.checks(report), report.checks)
    book.table(NAMES["cameras"], under, sheets.cameras(report), report.cameras)
    book.table(NAMES["missing"], under, sheets.missing(report), report.missing)
    book.table(NAMES["standard"], under, sheets.standard(report), report.standard)
    book.table(NAMES["waivers"], under, sheets.waivers(report), report.waivers)
    _source(book, report)
    return book.bytes()


def scope_line(report: Report) -> Text:
    name, on = report.scope.name, report.as_of
    return Text(f"Phạm vi: {name.vi}. Số liệu đến hết ngày {day(on, 'vi')}.", f"Scope: {name.en}. As of {day(on, 'en')}.")


def _summary(book: Book, report: Report, under: str) -> None:
    heads = [TOTAL, *map(sentence, STATES.values()), *(head for head, _ in _COUNTS)]
    sheet = book.sheet(NAMES["summary"], [44, *[12] * (len(heads) + 1)], None)
    sheet.line([TITLE], "title")
    sheet.line([under], "under")
    sheet.line([report.continuity], "under")
    columns = _Columns(report)
    for key, grouping in sheets.GROUPINGS.items():
        sheet.line([])
        sheet.line([grouping.title], "caption")
        sheet.line([grouping.head, *heads, Text("Tỷ lệ cơ sở đạt", "Share that meets")], "head")
        rows = sheets.sums(report, key)
        first = sheet.row + 1
        for row in rows:
            _sum_line(sheet, row, columns.counted(row, columns.letter(grouping.column), sheet.row + 1))
        _total_line(sheet, report.total, first)
    _reasons(sheet, report)


_COUNTS: tuple[tuple[Text, Callable[[Sum], int]], ...] = (
    (Text("Đã lắp đặt", "Installed"), lambda row: row.installed),
    (Text("Đã kết nối", "Connected"), lambda row: row.connected),
    (Text("Số camera", "Cameras"), lambda row: row.cameras.total),
    (Text("Camera đạt", "Cameras met"), lambda row: row.cameras.met),
)


class _Columns:
    """Formulas over the facilities' sheet. SUMPRODUCT compares whole words: COUNTIFS would take a `*` in a name for anything."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._heads = [column.head for column in sheets.facilities(report)]
        self._last = HEAD_ROW + max(len(report.facilities), 1)
        self._sheet = NAMES["facilities"].pick(report.lang)

    def letter(self, head: Text) -> str:
        return str(get_column_letter(self._heads.index(head) + 1))

    def counted(self, row: Sum, group: str, line: int) -> Iterator[Formula]:
        mine = f"({self._range(group)}=$A{line})"
        yield Formula(f"=SUMPRODUCT(--{mine})", row.facilities)
        state = self._range(self.letter(Text("Kết quả", "State")))
        for name, words in STATES.items():
            yield Formula(f'=SUMPRODUCT({mine}*({state}="{sentence(words).pick(self._report.lang)}"))', row.states[name])
        yes = sheets.YES.pick(self._report.lang)
        for head, value in _COUNTS[:2]:
            yield Formula(f'=SUMPRODUCT({mine}*({self._range(self.letter(head))}="{yes}"))', value(row))
        for head, value in _COUNTS[2:]:
            yield Formula(f"=SUMPRODUCT({mine}*{self._range(self.letter(head))})", value(row))

    def _range(self, letter: str) -> str:
        return f"'{self._sheet}'!${letter}${HEAD_ROW + 1}:${letter}${self._last}"


def _sum_line(sheet: Sheet, row: Sum, formulas: Iterator[Formula]) -> None:
    line = sheet.row + 1
    values = [sentence(row.name), *formulas, Formula(f"=IF(B{line}=0,0,C{line}/B{line})", _share(row))]
    sheet.line(values, "text", [None, *[SUM] * (len(values) - 2), SHARE])


def _total_line(sheet: Sheet, total: Sum, first: int) -> None:
    figures = [total.facilities, *total.states.values(), *(value(total) for _, value in _COUNTS)]
    last, line = sheet.row, sheet.row + 1
    sums = [
        Formula(f"=SUM({letter}{first}:{letter}{last})", figure) for letter, figure in zip(_letters(len(figures)), figures, strict=True)
    ]
    share = Formula(f"=IF(B{line}=0,0,C{line}/B{line})", _share(total))
    sheet.line([TOTAL, *sums, share], "sum", [None, *[SUM] * len(sums), SHARE])


def _letters(count: int) -> list[str]:
    return [get_column_letter(index + 2) for index in range(count)]


def _share(row: Sum) -> float:
    return row.states["met"] / row.facilities if row.facilities else 0


def _reasons(sheet: Sheet, report: Report) -> None:
    sheet.line([])
    sheet.line([Text("Nguyên nhân chưa đạt", "Reasons for failure")], "caption")
    sheet.line([Text("Nguyên nhân", "Reason"), Text("Số cơ sở", "Facilities"), Text("Số thiết bị", "Devices")], "head")
    for row in report.reasons:
        sheet.line([sentence(row.title), row.facilities, row.devices], "text", [None, COUNT, COUNT])


def _source(book: Book, report: Report) -> None:
    """What the figures rest on: anyone with the same three can make the same file."""
    sheet = book.sheet(NAMES["source"], [34, 90], None)
    sheet.line([NAMES["source"]], "title")
    rows: list[tuple[Text, str | Text | None]] = [
        (Text("Đơn vị báo cáo", "Reported by"), report.issuer),
        (Text("Địa bàn", "Province"), report.province_name),
        (Text("Phạm vi", "Scope"), report.scope.name),
        (Text("Số liệu đến", "As of"), report.until),
        (Text("Hệ thống giám sát tập trung", "Central system"), report.central),
        (Text("Tiêu chuẩn, phiên bản", "Standard, version"), f"{report.standard_name}, {report.standard_version}"),
        (Text("Mã băm danh mục", "Digest of the inventory"), report.digests.inventory),
        (Text("Phiên bản danh mục (git)", "The inventory's commit"), report.digests.commit),
        (Text("Mã băm tiêu chuẩn", "Digest of the standard"), report.digests.standard),
        (Text("Mã băm kết quả đo", "Digest of the record"), report.digests.record),
        (Text("Số cơ sở theo nguyên nhân", "Facilities by class"), _classes(report)),
    ]
    for row in rows:
        sheet.line(row)


def _classes(report: Report) -> str:
    found = Counter(row.category for row in report.facilities if row.category)
    return ", ".join(f"{category}: {count}" for category, count in sorted(found.items()))
