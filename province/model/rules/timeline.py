"""Dates: units that follow one another, and facilities that lay in a unit only while it existed."""

from collections.abc import Iterator
from datetime import date

from province.fault import Fault
from province.model.book import Book, Sheet, get, items, parsed, text
from province.text import Text


def units(book: Book) -> Iterator[Fault]:
    """Parents and successors exist; a row ends after it begins."""
    ids = {text(row.raw, "id") for row in book.unit_rows}
    for row in book.unit_rows:
        parent = text(row.raw, "parent")
        if parent and parent not in ids:
            yield row.fault(("parent",), _UNIT.format(value=parent))
        successors = get(row.raw, "successors")
        for index, successor in enumerate(successors if isinstance(successors, list) else []):
            if isinstance(successor, str) and successor not in ids:
                yield row.fault(("successors", index), _UNIT.format(value=successor))
        yield from _order(row, ())


def memberships(book: Book) -> Iterator[Fault]:
    """Each entry names a unit that was valid for all of it, and entries follow one another."""
    for sheet in book.sheets:
        last: date | None = None
        open_since: date | None = None
        for index, entry in items(sheet.raw, "unit"):
            since, until = _days(entry)
            unit = text(entry, "id")
            key = ("unit", index)
            yield from _order(sheet, key)
            if unit and since:
                ended = None if until and until <= since else book.units.why_not(unit, since, until)
                if ended and _broken_row(book, unit):
                    ended = None
                if ended:
                    yield sheet.fault((*key, "id"), ended)
            if since and open_since:
                yield sheet.fault(key, _OPEN.format(since=open_since))
            elif since and last and since < last:
                yield sheet.fault((*key, "from"), _OVERLAP.format(since=since, last=last))
            last = until or last
            open_since = since if since and not get(entry, "to") else None


def offices(book: Book) -> Iterator[Fault]:
    """Authorities and recipients end after they begin; the office's names follow one another."""
    for name in ("authorities", "recipients"):
        for index, _ in items(book.head.raw, name):
            yield from _order(book.head, (name, index))
    last: date | None = None
    for index, entry in items(get(book.head.raw, "office"), "renamed"):
        since, _ = _days(entry)
        if since and last and since <= last:
            yield book.head.fault(("office", "renamed", index, "from"), _NAMES.format(since=since, last=last))
        last = since or last


def _broken_row(book: Book, unit: str) -> bool:
    """Its row is there but has a fault of its own, which is reported at the row."""
    return unit not in book.units and any(text(row.raw, "id") == unit for row in book.unit_rows)


def _days(data: object) -> tuple[date | None, date | None]:
    return parsed(date.fromisoformat, data, "from"), parsed(date.fromisoformat, data, "to")


def _order(sheet: Sheet, key: tuple[str | int, ...]) -> Iterator[Fault]:
    since, until = _days(get(sheet.raw, *key))
    if since and until and until <= since:
        yield sheet.fault((*key, "to"), _BACKWARDS.format(since=since, until=until))


_UNIT = Text("không có đơn vị “{value}” trong tệp này", "there is no unit “{value}” in this file")
_BACKWARDS = Text(
    "`to` {until} không sau `from` {since}: `to` là ngày đầu tiên không còn hiệu lực",
    "`to` {until} is not after `from` {since}: `to` is the first day no longer valid",
)
_OVERLAP = Text(
    "mục này bắt đầu {since}, trước khi mục trên kết thúc {last}", "this entry begins on {since}, before the last ends on {last}"
)
_NAMES = Text(
    "tên này bắt đầu {since}, không sau tên trên ({last}): ghi theo thứ tự thời gian",
    "this name begins on {since}, not after the one above ({last}): write them in the order of time",
)
_OPEN = Text("mục trên (từ {since}) chưa có `to`: ghi ngày nó kết thúc", "the entry above (from {since}) has no `to`: say when it ended")
