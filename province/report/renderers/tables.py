"""Lists for people and other systems: the same columns as CSV that Excel opens, a workbook, or JSON."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from province.report.model.content import plain
from province.report.renderers.cells import neutral
from province.report.renderers.xlsx import Book, Column
from province.text import Lang, Text

Row = TypeVar("Row")


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """`record`: a row as JSON has it, a dataclass: it says more than the table's columns do."""

    title: Text
    columns: Sequence[Column[Row]]
    rows: Sequence[Row]
    record: Callable[[Row], object]


def as_csv(listing: Listing[Row], lang: Lang) -> bytes:
    """UTF-8 with the mark by which Excel knows it; lines end as RFC 4180 has it; nothing in it can be taken for a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(column.head.pick(lang) for column in listing.columns)
    for row in listing.rows:
        writer.writerow(neutral(_shown(column.of(row), lang)) for column in listing.columns)
    return out.getvalue().encode("utf-8-sig")


def as_workbook(listing: Listing[Row], lang: Lang, under: Text, author: str, day: date) -> bytes:
    book = Book(lang, listing.title.pick(lang), author, day)
    book.table(listing.title, under.pick(lang), listing.columns, listing.rows)
    return book.bytes()


def as_json(listing: Listing[Row], province: str, as_of: date, name: str) -> bytes:
    head = {"schema": 1, "province": province, "as_of": as_of.isoformat()}
    document = {**head, name: [plain(listing.record(row)) for row in listing.rows]}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _shown(value: Any, lang: Lang) -> str:
    if isinstance(value, Text):
        return value.pick(lang)
    return "" if value is None else str(value)
