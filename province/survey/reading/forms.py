"""What stands beside a label rather than under a heading: "Tên cơ sở: Trường A", in a form for one facility or above a table."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from province.survey.reading.cells import Where
from province.survey.reading.columns import Column
from province.survey.reading.grid import Grid, filled
from province.survey.reading.headings import CERTAIN, Reading, ranked
from province.survey.reading.table import Row

SheetFacility = tuple[Column, Any, Where]
ENOUGH = 4
"""Things that a sheet must say beside labels to be a form."""


def form(grid: Grid, end: int) -> Row | None:
    """What labels above row `end` say of one facility, as one row; None where none says which."""
    told: dict[str, SheetFacility] = {}
    labels: dict[str, str] = {}
    for label, each in _labelled(grid, end):
        if each[0].field not in told:
            told[each[0].field], labels[each[0].field] = each, label
    if not {"name", "code"} & set(told):
        return None
    reading = Reading("facility", 0, 0)
    for index, (name, each) in enumerate(told.items()):
        reading.columns[index], reading.texts[index] = each[0], labels[name]
    key = told.get("name") or told["code"]
    return Row(grid, key[2].row - 1, reading, labelled=tuple(told.values()))


def _labelled(grid: Grid, end: int) -> Iterator[tuple[str, SheetFacility]]:
    """(label, what it says): in one cell behind a colon, each line on its own, or in the next cell that holds something."""
    for number in range(end):
        cells = list(filled(grid.rows[number]))
        for at, (index, said) in enumerate(cells):
            for line in said.split("\n"):
                label, _, value = (part.strip() for part in line.partition(":"))
                column = _meant(label, grid.version)
                if column is None:
                    continue
                if value:
                    yield label, (column, value, grid.where(number, index))
                elif said == line and at + 1 < len(cells) and not is_label(following := cells[at + 1], grid.version):
                    yield label, (column, grid.rows[number][following[0]], grid.where(number, following[0]))


def is_label(cell: tuple[int, str], version: int | None) -> bool:
    return cell[1].rstrip().endswith(":") or _meant(cell[1], version) is not None


def _meant(label: str, version: int | None) -> Column | None:
    found: Sequence[tuple[float, Column]] = ranked((label,), "facility", version) if re.search(r"\w", label) else ()
    sure = [column for points, column in found if points >= CERTAIN]
    return sure[0] if len(sure) == 1 else None
