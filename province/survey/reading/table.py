"""The rows of a sheet that say something: without titles, numbering, the example, totals, footers; merged cells carried down."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from province.survey.reading.cells import Where
from province.survey.reading.choices import kind_of
from province.survey.reading.columns import EXAMPLE, KEYS, Column
from province.survey.reading.grid import Grid, blank, filled
from province.survey.reading.headings import Reading
from province.survey.reading.normalise import ditto, fold, name_key, text_of

_TOTAL = re.compile(
    r"(tổng|tổng cộng|tổng số|tổng cộng số|cộng|tong|tong cong|tong so|cong|total|cộng dồn|luỹ kế|lũy kế)"
    r"(\s+(số\s+)?(cơ sở|camera|toàn|cả|chung|các|co so|toan|ca)\b.*)?\s*[:.]?\s*[\d.,]*\s*(cơ sở|co so|camera|điểm|khu)?(\s*\([^)]*\))?",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"(noi nhan|nguoi lap( bieu| bang| phieu)?|nguoi khao sat|thu truong( don vi)?|"
    r"(kt|tm|tl|tuq|q) (chu tich|giam doc|ubnd|uy ban|truong).*|"
    r"ky ten.*|ky (va )?ghi ro ho ten|chu tich|giam doc|pho chu tich|pho giam doc|xac nhan cua.*|dai dien .*|luu y|ghi chu|"
    r"(.{0,40} )?ngay \d{0,2} ?thang \d{0,2} ?nam( \d{0,4})?)"
)
_FIGURE = re.compile(r"[IVX]+[.)]?|[A-H][.)]?|[\d.,\s]+")
_ROMAN = re.compile(r"[IVX]+\.?|[A-H]\.?")


@dataclass(frozen=True)
class Row:
    """One row: the values of the columns that were understood. heads: the texts of the groups' heads above it ("I. Thị xã An Nhơn"),
    the nearest last. labelled: its values where they stand in no columns. about: its facility, where no column says so."""

    grid: Grid
    number: int
    reading: Reading
    heads: tuple[str, ...] = ()
    labelled: tuple[tuple[Column, Any, Where], ...] = ()
    about: str = ""

    @property
    def group(self) -> str:
        return self.heads[-1] if self.heads else ""

    @property
    def where(self) -> Where:
        return self.grid.where(self.number)

    def cells(self) -> Iterator[tuple[Column, Any, Where]]:
        yield from self.labelled
        for index, column in () if self.labelled else self.reading.columns.items():
            yield column, self.grid.rows[self.number][index], self.grid.where(self.number, index)

    def heading(self, column: Column) -> str:
        return next((self.reading.texts[index] for index, each in self.reading.columns.items() if each is column), "")


def rows(grid: Grid, reading: Reading, units: frozenset[str]) -> Iterator[Row]:
    """The rows that hold data; a name of `units` (name_key) alone in a row heads those below it, and where no column names
    facilities, so does a facility's.

    Changes the grid: what is merged, written only in the first of a group of rows, or "như trên", is carried down.
    """
    grid.carry_down(reading.last + 1)
    keys = [index for index, column in reading.columns.items() if column.field in KEYS and column.entity == "facility"]
    others = [index for index in reading.columns if index not in keys]
    above: list[Any] | None = None
    heads: tuple[str, ...] = ()
    for number in range(reading.last + 1, len(grid.rows)):
        row = grid.rows[number]
        texts = grid.texts(number)
        if blank(row) or _numbering(texts) or _example(texts) or _heading_again(texts, reading):
            continue
        if _footer(texts, keys):
            if any(_full(grid.texts(later), reading, keys) for later in range(number + 1, len(grid.rows))):
                continue
            return
        if _total(texts, keys):
            continue
        if head := _group(grid, number, units, reading):
            heads = (*heads, head)
            continue
        if not any(texts[index] for index in reading.columns):
            continue
        if above is not None:
            unnamed = reading.entity != "facility" and not any(texts[index] for index in keys) and any(texts[index] for index in others)
            for index in reading.columns:
                if ditto(texts[index]) or (unnamed and index in keys):
                    row[index] = above[index]
        above = row
        yield Row(grid, number, reading, heads)


def _numbering(texts: list[str]) -> bool:
    """(1) (2) (3) … below the headings."""
    said = [re.sub(r"[()\s]", "", text) for text in texts if text]
    if len(said) < 3:
        return False
    start = next((at for at, text in enumerate(said) if text.isdigit()), None)
    if start is None or any(len(text) > 1 for text in said[:start]):
        return False
    tail = [re.sub(r"=.*", "", text) for text in said[start:]]
    return all(text.isdigit() for text in tail) and [int(text) for text in tail] == list(range(int(tail[0]), int(tail[0]) + len(tail)))


def _example(texts: list[str]) -> bool:
    return any(fold(text) == fold(EXAMPLE) or fold(text).startswith(f"{fold(EXAMPLE)} ") for text in texts[:3])


def _heading_again(texts: list[str], reading: Reading) -> bool:
    """The headings pasted in again at a page's top."""
    same = sum(1 for index, text in reading.texts.items() if text and fold(texts[index]) == fold(text.split(" / ")[-1]))
    return same * 2 > len(reading.texts)


def _footer(texts: list[str], keys: list[int]) -> bool:
    """Signatures and recipients; a title such as "Giám đốc" in a row that names a facility is none."""
    said = [text for text in texts if text]
    suspects = said[:1] if any(texts[index] for index in keys) else said
    return len(said) <= 3 and any(_FOOTER.fullmatch(fold(re.split(r"[:\n]", text)[0])) for text in suspects)


def _full(texts: list[str], reading: Reading, keys: list[int]) -> bool:
    """A row that names a facility and says most of the rest: no signature."""
    said = sum(1 for index in reading.columns if texts[index])
    return any(texts[index] for index in keys) and said >= 3 and said * 2 > len(reading.columns)


def _total(texts: list[str], keys: list[int]) -> bool:
    first = next((text for text in texts if text), "")
    named = [texts[index] for index in keys if texts[index]]
    return any(_TOTAL.fullmatch(text.strip()) for text in (first, *named))


def _group(grid: Grid, number: int, units: frozenset[str], reading: Reading) -> str:
    """The text of a row that only heads those below it: a unit's or a facility's name, merged over three columns, or numbered I, A;
    figures beside it are its sums."""
    said = list(filled(grid.rows[number]))
    different = list(dict.fromkeys(text for _, text in said))
    bare = re.sub(r"^[IVX]+[.)] ", "", different[0])
    name = name_key(bare) in units or (not reading.named and kind_of(bare) is not None)
    if len(different) == 1 and (grid.wide(number) or bare != different[0] or name):
        return bare
    apart = [text for text in different if not _FIGURE.fullmatch(text)]
    if reading.named and len(apart) == 1 and name_key(re.sub(r"^[IVX]+[.)] ", "", apart[0])) in units:
        return re.sub(r"^[IVX]+[.)] ", "", apart[0])
    others = [text for index, text in said if index in reading.columns and text not in different[:2] and not text.isdigit()]
    if len(different) >= 2 and _ROMAN.fullmatch(different[0]) and (len(different) == 2 or (not reading.named and not others)):
        return different[1]
    return ""


def heading(reading: Reading, grid: Grid, index: int) -> Where:
    """The cell of a column's heading."""
    for number in range(reading.last, reading.first - 1, -1):
        if text_of(grid.rows[number][index]):
            return grid.where(number, index)
    return grid.where(reading.last, index)
