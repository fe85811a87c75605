"""Administrative units, dated: names and codes that were right on a given day.

Districts ended on 1 July 2025, provinces merged, names and codes were used again for other units; so a unit is known by an
id of ours, its rows are closed and never rewritten, and every question names a day.
"""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from pydantic import Field

from province.model.fields import Day, Name, Slug
from province.model.record import Record, holds
from province.text import Text

UnitType = Literal["tỉnh", "thành phố", "thị xã", "huyện", "quận", "phường", "xã", "thị trấn", "đặc khu"]


class Unit(Record):
    """One row of units.yml: valid from `from` up to, not including, `to`."""

    id: Slug = Field(description="ours, for life | mã nội bộ, không đổi")
    code: Name | None = Field(
        default=None, description="the state's code in its time; used again later | mã nhà nước khi đó (về sau có thể dùng lại)"
    )
    type: UnitType = Field(description="what it is | loại")
    name: Name = Field(description="name without the type | tên, không kèm loại")
    parent: Slug | None = Field(default=None, description="the unit above it | đơn vị cấp trên")
    since: Day | None = Field(default=None, alias="from", description="first day, if known | ngày đầu, nếu biết")
    until: Day | None = Field(default=None, alias="to", description="first day no longer valid | ngày đầu không còn hiệu lực")
    successors: list[Slug] = Field(default=[], description="what it became | các đơn vị thay thế")

    def holds(self, on: date) -> bool:
        return holds(self.since, self.until, on)

    @property
    def full_name(self) -> str:
        return f"{self.type[0].upper()}{self.type[1:]} {self.name}"


class UnitsFile(Record):
    units: list[Unit] = Field(description="rows; closed, never rewritten | các dòng: chỉ ghi ngày kết thúc, không sửa lại")


class Units:
    """All rows, by id."""

    def __init__(self, rows: list[Unit]) -> None:
        self._rows = {row.id: row for row in rows}

    def __iter__(self) -> Iterator[Unit]:
        return iter(self._rows.values())

    def __contains__(self, unit_id: object) -> bool:
        return unit_id in self._rows

    def get(self, unit_id: str) -> Unit | None:
        return self._rows.get(unit_id)

    def on(self, day: date) -> list[Unit]:
        return [row for row in self if row.holds(day)]

    def line(self, unit_id: str, day: date) -> list[Unit]:
        """The unit and those above it on that day, smallest first; empty if it was not valid then."""
        line: list[Unit] = []
        row = self._rows.get(unit_id)
        while row and row.holds(day) and row not in line:
            line.append(row)
            row = self._rows.get(row.parent) if row.parent else None
        return line

    def name(self, unit_id: str, day: date) -> str | None:
        """Its name as a letter would write it: "Thị xã An Nhơn, tỉnh Bình Định"."""
        line = self.line(unit_id, day)
        if not line:
            return None
        return ", ".join([line[0].full_name, *(f"{unit.type} {unit.name}" for unit in line[1:])])

    def why_not(self, unit_id: str, since: date, until: date | None) -> Text | None:
        """What is wrong with saying that a facility lay in this unit from `since` up to `until` (None: still does)."""
        row = self._rows.get(unit_id)
        if row is None:
            return _UNKNOWN.format(id=unit_id)
        if row.since and since < row.since:
            return _EARLY.format(name=row.full_name, day=row.since)
        if row.until and since >= row.until:
            return _LATE.format(name=row.full_name, day=row.until, next=self._next(row))
        if row.until and (until is None or until > row.until):
            return _ENDED.format(name=row.full_name, day=row.until, next=self._next(row))
        return None

    def _next(self, row: Unit) -> str:
        return ", ".join(row.successors) or "?"


_UNKNOWN = Text("không có đơn vị “{id}” trong units.yml", "there is no unit “{id}” in units.yml")
_EARLY = Text(
    "{name} chỉ có từ {day}: sửa `from`, hoặc dùng đơn vị trước đó",
    "{name} exists only since {day}: correct `from`, or name the unit before it",
)
_LATE = Text("{name} đã hết hiệu lực từ {day}: dùng một trong: {next}", "{name} ended on {day}: use one of {next}")
_ENDED = Text(
    "{name} đã hết hiệu lực từ {day}: thêm `to: {day}` ở đây và một mục mới từ ngày đó, một trong: {next}",
    "{name} ended on {day}: add `to: {day}` here and a new entry from that day, one of {next}",
)
