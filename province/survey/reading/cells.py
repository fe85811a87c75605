"""What a sheet says and where: values with their cells, faults, notes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from province.source import Written
from province.text import Lang, Text

Membership = TypedDict("Membership", {"id": str, "from": date, "to": NotRequired[date]})
"""That a facility was in a unit, as the inventory has it; "to" only where it is over."""
Plain = str | int | float | date | None | Membership | Sequence["Plain"] | Mapping[str, "Plain"]
"""A value as the inventory shall hold it."""
Shown = str | int | None | list["Shown"] | dict[str, "Shown"]
"""A value as JSON says it."""


class WhereDocument(TypedDict):
    file: str
    sheet: str
    cell: str


class RemarkDocument(WhereDocument):
    message: dict[str, str]


class ChangeDocument(WhereDocument):
    """Of a facility by its code; old: null for what is new."""

    code: str
    field: str
    old: Shown
    new: Shown


@dataclass(frozen=True, order=True)
class Where:
    """A cell of a file; `sheet` is "" in a csv, `column` (a letter) "" for the whole row, `row` 0 for the whole sheet."""

    file: Path
    sheet: str = ""
    row: int = 0
    column: str = ""

    @property
    def cell(self) -> str:
        return f"{self.column}{self.row}" if self.column else f"{self.row}:{self.row}" if self.row else ""

    @property
    def whole_row(self) -> "Where":
        return Where(self.file, self.sheet, self.row)

    def __str__(self) -> str:
        return " ".join(part for part in (self.file.name, f"[{self.sheet}]" if self.sheet else "", self.cell) if part)

    def as_dict(self) -> WhereDocument:
        return {"file": str(self.file), "sheet": self.sheet, "cell": self.cell}


@dataclass(frozen=True)
class Remark:
    """A fault (something must be written instead) or a note (nothing must), at its place."""

    where: Where
    text: Text

    def show(self, lang: Lang) -> str:
        return f"{self.where}: {self.text.pick(lang)}"

    def as_dict(self) -> RemarkDocument:
        return {**self.where.as_dict(), "message": self.text.as_dict()}


@dataclass(frozen=True)
class Value:
    """A typed value and the cell it comes from."""

    value: Any
    where: Where


Fields = dict[str, Value]
"""Dotted field of the inventory's record -> what is said of it."""
Cells = dict[str, Where]
"""Dotted field -> the cell that its sheet has for it, filled or not."""


@dataclass
class Thing:
    """One device, port or reason of a facility, from one row (or a part of it)."""

    where: Where
    fields: Fields = field(default_factory=dict)
    cells: Cells = field(default_factory=dict)

    def get(self, name: str) -> Any:
        return self.fields[name].value if name in self.fields else None

    def at(self, name: str) -> Where:
        """Where it is said, or would be."""
        return self.fields[name].where if name in self.fields else self.cells.get(name, self.where)


@dataclass
class SheetFacility(Thing):
    """All that the sheets say of one facility. lists: "cameras", "recorders", "switches", "ports", "no_camera_zones"."""

    lists: dict[str, list[Thing]] = field(default_factory=dict)
    alike: dict[str, Fields] = field(default_factory=dict)
    """What is said of all devices of a kind that are only counted."""


class ValueRejected(Exception):
    """A cell's value won't do; `text` says what to write instead."""

    def __init__(self, text: Text, /, **values: object) -> None:
        self.text = Text(text.vi.format(**values), text.en.format(**values)) if values else text
        super().__init__(self.text.en)


@dataclass
class Remarks:
    """What was found on the way."""

    faults: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)

    def fault(self, where: Where, text: Text, /, **values: object) -> None:
        self.faults.append(Remark(where, text.format(**values) if values else text))

    def note(self, where: Where, text: Text, /, **values: object) -> None:
        self.notes.append(Remark(where, text.format(**values) if values else text))


@dataclass(frozen=True)
class Change:
    """One field of a facility. old: None for what is new."""

    code: str
    path: tuple[str | int, ...]
    old: Written | Plain
    new: Plain
    where: Where

    @property
    def field(self) -> str:
        name = ""
        for part in self.path:
            name += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if name else part
        return name

    def as_dict(self) -> ChangeDocument:
        return {"code": self.code, "field": self.field, "old": _plain(self.old), "new": _plain(self.new), **self.where.as_dict()}


def _plain(value: object) -> Shown:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
