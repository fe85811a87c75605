"""Files -> what their rows say, with the faults of headings and cells on the way."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from province.model.book import Book, text
from province.survey.reading import choices as choosing
from province.survey.reading.cells import Remarks, Value, Where
from province.survey.reading.choices import kind_of
from province.survey.reading.encodings import font_encoded
from province.survey.reading.forms import ENOUGH, form
from province.survey.reading.grid import Grid
from province.survey.reading.headings import Reading, find
from province.survey.reading.membership import Memberships
from province.survey.reading.normalise import fold, name_key, text_of
from province.survey.reading.read import read
from province.survey.reading.records import Entry, entry, locate
from province.survey.reading.split import tables
from province.survey.reading.table import Row, heading, rows
from province.text import Text

Names = dict[str, str]
"""name_key of a facility that the inventory holds, or its code folded -> its name."""


def entries_of(
    files: Sequence[Path], book: Book, memberships: Memberships, remarks: Remarks, readings: list[tuple[Grid, Reading]]
) -> Iterator[Entry]:
    """All rows that say something. readings: filled with what was taken for what. Raises UserError for what is no sheet."""
    choices, names = choosing.of(book), _names(book)
    for file in files:
        grids = read(file, remarks)
        if not grids and not remarks.faults:
            remarks.fault(Where(file), _NOTHING)
        for grid in grids:
            said = " ".join(each for row in grid.rows[:60] for value in row if (each := text_of(value)))
            if font := font_encoded(said):
                remarks.fault(grid.whole, _FONT, encoding=font.upper())
                continue
            top: list[str] | None = None
            for part in tables(grid):
                reading, told = _reading(part, names)
                if reading is None and told is None:
                    remarks.fault(part.whole, _NO_HEADINGS)
                    continue
                if reading:
                    readings.append((part, reading))
                    _judge(part, reading, remarks)
                above = [each for row in part.rows[: reading.first if reading else None] for value in row if (each := text_of(value))]
                top = above if top is None else top
                unit = memberships.named_in([*top, *above, grid.sheet, file.stem])
                unit = unit or memberships.district_in(grid.sheet) or memberships.district_in(file.stem)
                for row in _rows(part, reading, told, _about([grid.sheet, *above, file.stem], names), memberships, remarks):
                    found = entry(row, choices, remarks)
                    if row.about:
                        found.fields.setdefault("name", Value(row.about, row.where))
                    locate(found, memberships, remarks, unit)
                    _refuse_rooms(found, book, remarks)
                    yield found


def _reading(grid: Grid, names: Names) -> tuple[Reading | None, Row | None]:
    """The sheet's headings, and what stands beside labels where none of them says which facility a row is about."""
    reading = find(grid)
    if reading:
        _by_values(grid, reading, names)
        if reading.named:
            return reading, None
        if told := form(grid, reading.first):
            return reading, told
    told = form(grid, len(grid.rows))
    return (None, told) if told and len(told.labelled) >= ENOUGH else (reading, None)


def _rows(
    grid: Grid, reading: Reading | None, told: Row | None, about: str | None, memberships: Memberships, remarks: Remarks
) -> Iterator[Row]:
    """What stands beside labels, then the rows below the headings. about: the facility that titles name."""
    if told:
        said = "; ".join(f"“{text}” → {told.reading.columns[index].vi}" for index, text in told.reading.texts.items())
        remarks.note(told.where, _FORM, said=said)
        about = next((text_of(value) for column, value, _ in told.cells() if column.field == "name"), about)
        yield told
    for row in rows(grid, reading, memberships.names) if reading else ():
        if not row.reading.named and not (row.group or about):
            remarks.fault(grid.whole, _NO_NAME, texts="; ".join(row.reading.texts[index] for index in row.reading.left) or "?")
            return
        yield row if row.reading.named else replace(row, about=row.group or about or "")


def _names(book: Book) -> Names:
    names: Names = {}
    for sheet in book.sheets:
        name = text(sheet.raw, "name") or sheet.name
        names |= {name_key(name): name, fold(sheet.name): name}
    return names


def _by_values(grid: Grid, reading: Reading, names: Names) -> None:
    """Where no heading says which facility a row is about, the one column of which most cells are facilities' names does; else the
    one of which most begin as such names do ("Trường …")."""
    if reading.named:
        return
    said = {index: [each for row in range(reading.last + 1, len(grid.rows)) if (each := grid.texts(row)[index])] for index in reading.texts}
    for like in (lambda each: name_key(each) in names, kind_of):
        found = [index for index, cells in said.items() if cells and sum(bool(like(each)) for each in cells) * 2 > len(cells)]
        if len(found) == 1:
            reading.take(found[0], "name")
            return


def _about(texts: Sequence[str], names: Names) -> str | None:
    """The one facility of the inventory that the sheet's name or titles name: a sheet for each facility."""
    found = {name for each in texts for key, name in names.items() if f" {key} " in f" {name_key(each)} " or key == fold(each)}
    return found.pop() if len(found) == 1 else None


def _refuse_rooms(found: Entry, book: Book, remarks: Remarks) -> None:
    for thing in found.things:
        place = str(thing.get("place") or "")
        if choosing.refused(place, book.tables.refused_places):
            remarks.fault(thing.at("place"), _ROOM, place=place)
            found.bad = True


def _judge(grid: Grid, reading: Reading, remarks: Remarks) -> None:
    """Say what is unclear in the headings."""
    for index, columns in reading.unclear:
        names = " / ".join(dict.fromkeys(column.vi for column in columns))
        remarks.fault(heading(reading, grid, index), _UNCLEAR, text=reading.texts[index], names=names)
    for first, second in reading.twice:
        other = heading(reading, grid, first).cell
        remarks.fault(heading(reading, grid, second), _TWICE, text=reading.texts[second], other=other, name=reading.texts[first])
    for index in reading.secret:
        remarks.note(heading(reading, grid, index), _SECRET)


_FORM = Text("đọc như phiếu của một cơ sở: {said}", "read as one facility's form: {said}")
_NOTHING = Text("không có trang nào để đọc", "there is no sheet to read")
_FONT = Text(
    "chữ gõ bằng bảng mã {encoding}: chuyển sang Unicode (trong UniKey: Công cụ, Chuyển mã) rồi đưa vào lại",
    "typed in the encoding {encoding}: convert it to Unicode (UniKey: Toolkit) and import again",
)
_NO_HEADINGS = Text(
    "không tìm thấy hàng tiêu đề: cần một hàng ghi tên các cột, ít nhất Tên cơ sở (ketnoi survey template); trang không để nhập thì ẩn đi",
    "no row of headings: one must name the columns, Tên cơ sở (facility) at least (ketnoi survey template); hide a sheet that isn't meant",
)
_UNCLEAR = Text(
    "cột “{text}” có thể là {names}: đổi tiêu đề thành đúng một tên", "the column “{text}” may be {names}: give it just one of these names"
)
_TWICE = Text(
    "cột “{text}” trùng nghĩa với cột “{name}” ở {other}: đổi tên hoặc xoá một cột",
    "the column “{text}” means the same as “{name}” at {other}: rename or remove one",
)
_SECRET = Text(
    "cột mật khẩu: không đọc. Mật khẩu không gửi bằng phiếu: ghi vào kho mật khẩu (ansible-vault edit … vault/MÃ.yml), rồi xoá cột này",
    "a column of passwords: not read. Enter them into the vault file (ansible-vault edit … vault/CODE.yml) and delete this column",
)
_ROOM = Text(
    "không đặt camera ở đây ({place}): chuyển ra ngoài cửa; nếu không phải trong phòng ở, nhà vệ sinh, nhà tắm thì viết có dấu",
    "no camera may be here ({place}): move it outside the door; if it is no room, toilet or bathroom, write it with its marks",
)
_NO_NAME = Text(
    "không có cột nào là Tên cơ sở hay Mã cơ sở; các cột chưa hiểu: {texts}: sửa tên cột; trang không để nhập thì ẩn đi",
    "no column is the facility's name or code; columns not understood: {texts}: name one; hide a sheet that isn't meant",
)
