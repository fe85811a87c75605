"""Several tables in one sheet, one below the other, each with headings of its own."""

from collections.abc import Iterator

from province.survey.reading.columns import SHEETS
from province.survey.reading.grid import Grid, filled
from province.survey.reading.headings import DEEP, key

_HEADINGS = frozenset(key(heading) for sheet in SHEETS for column in sheet.columns for heading in (*column.headings, *column.short))
ENOUGH = 3
"""Headings that a row must hold, word for word, to begin another table; they must be most of the row."""


def tables(grid: Grid) -> Iterator[Grid]:
    """The sheet's parts, each with the others' rows empty; headings that are only pasted in again part nothing."""
    first = 0
    last, before = -DEEP, frozenset[str]()
    for number in range(len(grid.rows)):
        said = {key(text) for _, text in filled(grid.rows[number])}
        known = frozenset(said & _HEADINGS)
        if len(known) < ENOUGH or len(known) * 2 <= len(said):
            continue
        if before and number - last >= DEEP and len(known & before) * 2 <= len(known):
            start = _title(grid, number)
            yield grid.part(first, start)
            first = start
        last, before = number, known
    yield grid.part(first, len(grid.rows)) if first else grid


def _title(grid: Grid, number: int) -> int:
    """The first of the rows right above that hold one text each."""
    while number > 1 and len({text for _, text in filled(grid.rows[number - 1])}) == 1:
        number -= 1
    return number
