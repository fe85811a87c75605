"""A sheet as it was read, whatever file it came from: rows of plain values, and which cells were merged."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter

from province.survey.reading.cells import Where
from province.survey.reading.normalise import text_of

COLUMNS = 120
"""Columns that are read at most: a sheet formatted to its right edge has 16,384."""


@dataclass
class Grid:
    """rows[0] is the sheet's first row; every row has the same length. merged: (first row, last row, first column, last column),
    from 0. formulas: cells whose formula has no value, as (row, column)."""

    file: Path
    sheet: str
    rows: list[list[Any]]
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    formulas: list[tuple[int, int]] = field(default_factory=list)
    version: int | None = None
    """Of our own form, where it says so."""

    def where(self, row: int, column: int | None = None) -> Where:
        return Where(self.file, self.sheet, row + 1, get_column_letter(column + 1) if column is not None else "")

    @property
    def whole(self) -> Where:
        return Where(self.file, self.sheet)

    def texts(self, row: int) -> list[str]:
        return [text_of(value) for value in self.rows[row]]

    def spread(self, first: int, last: int) -> None:
        """Give every cell of a merged range that lies in these rows the range's value."""
        for top, bottom, left, right in self.merged:
            if top >= first and bottom <= last:
                value = self.rows[top][left]
                for row in range(top, bottom + 1):
                    self.rows[row][left : right + 1] = [value] * (right + 1 - left)

    def carry_down(self, first: int) -> None:
        """From row `first` on, give a vertically merged range's value to all its rows (its first column only)."""
        for top, bottom, left, _ in self.merged:
            if top >= first and bottom > top:
                for row in range(top + 1, bottom + 1):
                    self.rows[row][left] = self.rows[top][left]

    def part(self, first: int, end: int) -> "Grid":
        """The same sheet with nothing outside these rows."""
        rows = [row if first <= number < end else [None] * len(row) for number, row in enumerate(self.rows[:end])]
        merged = [each for each in self.merged if first <= each[0] and each[1] < end]
        return replace(self, rows=rows, merged=merged)

    def wide(self, row: int) -> bool:
        """Whether a merged range of three columns or more lies in this row: a title or the head of a group."""
        return any(top == row and right - left >= 2 for top, _, left, right in self.merged)


def even(rows: list[list[Any]]) -> list[list[Any]]:
    """All rows as long as the longest, without empty rows at the end."""
    while rows and all(value in (None, "") for value in rows[-1]):
        rows.pop()
    width = max((len(row) for row in rows), default=0)
    return [row + [None] * (width - len(row)) for row in rows]


def blank(row: list[Any]) -> bool:
    return not any(text_of(value) for value in row)


def filled(row: list[Any]) -> Iterator[tuple[int, str]]:
    """(column, text) of the cells that hold something."""
    return ((column, said) for column, value in enumerate(row) if (said := text_of(value)))
