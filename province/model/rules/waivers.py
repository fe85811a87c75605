"""waivers.yml names what is there: checks, facilities, areas, subjects; and standard.yml can be used."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from province.fault import Fault
from province.model.book import Book, Sheet, get, items, parsed, text
from province.standard.checks import GROUPS, Standard, StandardError
from province.standard.load import load
from province.text import Text

ALL = "all"
_OF_SITE = ("facility", "box", "recorder")
_KINDS = {"C": "cameras", "R": "recorders", "S": "switches"}


def standard(book: Book) -> Iterator[Fault]:
    """A province's own standard.yml: each fault at its line."""
    try:
        load(book.path)
    except StandardError as error:
        yield from error.faults


def known(book: Book) -> Iterator[Fault]:
    if not book.waiver_rows:
        return
    try:
        judged_by = load(book.path)
    except StandardError:
        judged_by = load()  # what is wrong with the province's own is said at its line
    for row in book.waiver_rows:
        yield from _check(row, judged_by)
        yield from _place(book, row)
        since, until = (text(row.raw, name) or "" for name in ("from", "until"))
        if since and until and until < since:
            yield row.fault(("until",), _BACKWARDS.format(since=since, until=until))


def _check(row: Sheet, judged_by: Standard) -> Iterator[Fault]:
    name = text(row.raw, "check")
    if not name:
        return
    if name == ALL:
        if not text(row.raw, "subject"):
            yield row.fault(("check",), _ALL)
        return
    meant = [check for check in judged_by.checks if name in (check.id, check.group)]
    if not meant:
        listed = [check.id for check in judged_by.checks] + list(GROUPS)
        yield row.fault(("check",), _NO_CHECK.format(value=name, near=", ".join(get_close_matches(name, listed, 3)) or "docs/standard.md"))
    elif not any(check.waivable for check in meant):
        yield row.fault(("check",), _NEVER.format(value=name))
    elif all(check.subject == "area" for check in meant):
        yield row.fault(("check",), _WHOLE.format(value=name))


def _place(book: Book, row: Sheet) -> Iterator[Fault]:
    site, area, subject = (text(row.raw, name) for name in ("site", "area", "subject"))
    if bool(site) == bool(area):
        yield row.fault(("area",) if site else ("site",), _ONE)
        return
    sheets = [each for each in book.sheets if site in (text(each.raw, "code"), None) and area in (each.area, None)]
    codes = [code for each in book.sheets if (code := text(each.raw, "code"))]
    if not sheets:
        field, value, there = ("site", site, codes) if site else ("area", area, list(book.areas))
        near = get_close_matches(value or "", there, 3) or there[:12]
        yield row.fault((field,), _NO_PLACE.format(value=value, near=", ".join(near)))
    elif subject and not any(_has(each, subject) for each in sheets):
        yield row.fault(("subject",), _NO_SUBJECT.format(value=subject, where=site or area))


def _has(sheet: Sheet, subject: str) -> bool:
    if subject in _OF_SITE:
        return True
    named = re.fullmatch(r"([CRS])(\d{2,3})", subject)
    if named is None:
        return False
    kind = _KINDS[named[1]]
    return any(parsed(int, get(each), "slot") == int(named[2]) for _, each in items(sheet.raw, kind))


_ALL = Text("`all` cần `subject`: nêu rõ thiết bị được miễn", "`all` needs a `subject`: name the device that is excused")
_NO_CHECK = Text(
    "không có mục hay nhóm mục “{value}” trong tiêu chuẩn; gần nhất: {near}",
    "the standard has no check or group “{value}”; nearest: {near}",
)
_NEVER = Text(
    "“{value}” không được miễn áp dụng (docs/standard.md: never waived): hãy xoá",
    "“{value}” can't be waived (docs/standard.md: never waived): remove this",
)
_WHOLE = Text(
    "“{value}” là mục của cả khu vực, không miễn cho cơ sở: hãy xoá", "“{value}” is judged over the whole, never waived: remove this"
)
_ONE = Text("cần đúng một trong hai: `site` (mã cơ sở) hoặc `area`", "needs one of two: `site` (a facility's code) or `area`")
_NO_PLACE = Text("không có “{value}” trong danh mục; gần nhất: {near}", "the inventory has no “{value}”; nearest: {near}")
_NO_SUBJECT = Text(
    "{where} không có “{value}”: viết như C01, R20, S30, box, facility, recorder",
    "{where} has no “{value}”: write C01, R20, S30, box, facility or recorder",
)
_BACKWARDS = Text("`until` {until} trước `from` {since}", "`until` {until} is before `from` {since}")
