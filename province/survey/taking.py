"""Files -> what their rows say, with the faults of headings and cells on the way."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from province.model.book import Book, text
from province.survey import choices as choosing
from province.survey.columns import KEYS
from province.survey.encodings import font_encoded
from province.survey.grid import Grid
from province.survey.headings import Reading, find
from province.survey.membership import Memberships
from province.survey.read import read
from province.survey.records import Entry, entry, locate
from province.survey.said import Remarks, Said, Where
from province.survey.table import heading, rows
from province.survey.words import fold, name_key, text_of
from province.text import Text

Names = dict[str, str]
"""name_key of a facility that the inventory holds, or its code folded -> its name."""


def entries_of(
    files: Sequence[Path], book: Book, memberships: Memberships, remarks: Remarks, readings: list[tuple[Grid, Reading]]
) -> Iterator[Entry]:
    """All rows that say something. readings: filled with what was taken for what. Raises Trouble for what is no sheet."""
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
            reading = find(grid)
            if reading is None:
                remarks.fault(grid.whole, _NO_HEADINGS)
                continue
            _by_values(grid, reading, names)
            readings.append((grid, reading))
            _judge(grid, reading, remarks)
            above = [each for row in grid.rows[: reading.first] for value in row if (each := text_of(value))]
            unit = memberships.named_in([*above, grid.sheet, file.stem])
            about = _about([grid.sheet, *above, file.stem], names)
            nobody = not any(column.field in KEYS and column.entity == "facility" for column in reading.columns.values())
            for row in rows(grid, reading, memberships.names):
                found = entry(row, choices, remarks)
                if nobody and (name := row.group or about):
                    found.fields["name"] = Said(name, row.where)
                elif nobody:
                    remarks.fault(grid.whole, _NO_NAME, texts="; ".join(reading.texts[index] for index in reading.left) or "?")
                    break
                locate(found, memberships, remarks)
                _refuse_rooms(found, book, remarks)
                if found.unit is None and unit and not {"unit", "commune"} & set(found.fields):
                    found.unit = [memberships.entry(unit, found.fields["surveyed_on"].value if "surveyed_on" in found.fields else None)]
                yield found


def _names(book: Book) -> Names:
    names: Names = {}
    for sheet in book.sheets:
        name = text(sheet.raw, "name") or sheet.name
        names |= {name_key(name): name, fold(sheet.name): name}
    return names


def _by_values(grid: Grid, reading: Reading, names: Names) -> None:
    """Where no heading says which facility a row is about, the one column of which most cells are facilities' names does."""
    if any(column.field in KEYS and column.entity == "facility" for column in reading.columns.values()):
        return
    found = []
    for index in (*reading.left, *(index for index, _ in reading.unclear)):
        said = [each for row in range(reading.last + 1, len(grid.rows)) if (each := grid.texts(row)[index])]
        if said and sum(name_key(each) in names for each in said) * 2 > len(said):
            found.append(index)
    if len(found) == 1:
        reading.take(found[0], "name")


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


_NOTHING = Text("không có trang nào để đọc", "there is no sheet to read")
_FONT = Text(
    "chữ gõ bằng bảng mã {encoding}: chuyển sang Unicode (trong UniKey: Công cụ, Chuyển mã) rồi đưa vào lại",
    "typed in the encoding {encoding}: convert it to Unicode (UniKey: Toolkit) and import again",
)
_NO_HEADINGS = Text(
    "không tìm thấy hàng tiêu đề: cần một hàng ghi tên các cột, ít nhất Tên cơ sở (mẫu: ketnoi survey template)",
    "no row of headings: one must name the columns, Tên cơ sở (facility) at least (a form: ketnoi survey template)",
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
    "không có cột nào là Tên cơ sở hay Mã cơ sở; các cột chưa hiểu: {texts}",
    "no column is the facility's name or code; columns not understood: {texts}",
)
