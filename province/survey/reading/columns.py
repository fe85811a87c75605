"""The survey workbook as data/survey.yml declares it: sheets and columns, for the template, the import, the documents and the tests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

Kind = Literal[
    "text", "key", "phone", "email", "day", "whole", "count", "mac", "address", "network", "interface", "addresses", "slots",
    "yes", "choice", "unit", "end", "places", "days", "rate", "port", "person",
]  # fmt: skip
Entity = Literal["facility", "cameras", "recorders", "switches", "ports", "no_camera_zones"]

NUMBERS: tuple[Kind, ...] = ("whole", "count", "days", "rate", "port")
"""Kinds of which a cell of the template is a number."""
DATA = Path(__file__).resolve().parents[2] / "data"
DEVICES = ("cameras", "recorders", "switches")
COUNTS = {"cameras": "camera_count", "recorders": "recorder_count"}
"""Where a facility's devices are only counted."""
KEYS = ("code", "id", "name")
"""Fields that say which facility a row is about."""
PSEUDO = frozenset({"commune", "camera_count", "recorder_count", "count", "switch", "port_name", "end"})
"""Fields of the import's own, which it turns into others."""
IGNORED = frozenset(
    {"stt", "tt", "so tt", "so thu tu", "no", "thu tu", "ghi chu", "note", "notes", "remark", "remarks", "ghi chu khac", "ky ten", "chu ky",
     "hinh anh", "anh", "hien trang", "tinh trang", "nha mang", "duong truyen", "loai duong truyen", "toc do", "toc do duong truyen",
     "duong truyen toc do", "duong truyen nha mang", "bang thong", "goi cuoc",
     "internet", "ket noi internet", "mang internet", "co internet"}
)  # fmt: skip
"""Headings, folded, that are known and say nothing to the inventory."""
SECRET = frozenset({"mat khau", "password", "pass", "mk", "matkhau", "passwd", "pw"})
"""A heading that holds one of these, folded, is a password's: its cells are never read."""
EXAMPLE = "VÍ DỤ"
"""Stands where the code would, in the row that shows how to fill in."""


@dataclass(frozen=True)
class Column:
    """One column; see data/survey.yml."""

    field: str
    vi: str
    en: str
    kind: Kind = "text"
    also: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    required: bool = False
    choices: str | None = None
    help: str = ""
    example: str = ""
    width: int = 16
    template: bool = True
    entity: Entity = "facility"

    @property
    def key(self) -> str:
        """Tells a camera's address from a facility's."""
        return f"{self.entity}.{self.field}"

    @property
    def headings(self) -> tuple[str, ...]:
        return (self.vi, self.en, *self.also)


@dataclass(frozen=True)
class Sheet:
    """`keywords`: in a sheet's name or title they tell that it is this one. rows: ruled for filling in by hand."""

    entity: Entity
    vi: str
    en: str
    about: str
    keywords: tuple[str, ...]
    rows: int
    columns: tuple[Column, ...]

    @property
    def asked(self) -> tuple[Column, ...]:
        """The columns of the template."""
        return tuple(column for column in self.columns if column.template)


def _column(raw: Mapping[str, Any], words: Mapping[str, str], entity: Entity = "facility") -> Column:
    def fill(value: Any) -> Any:
        if isinstance(value, list):
            return tuple(map(fill, value))
        return value.format(**words) if isinstance(value, str) and words else value

    column = Column(**{key: fill(value) for key, value in raw.items()}, entity=entity)
    if column.kind not in get_args(Kind):
        raise ValueError(f"data/survey.yml: {column.field}: kind {column.kind}")
    return column


def _columns(document: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[Column]:
    given = [_column(each, {}) for each in raw["columns"] if each != "device" and each["field"] in KEYS]
    keys = {column.field: column for column in [*(_column(each, {}) for each in document["key"]), *given]}
    yield from (keys[field] for field in KEYS if field in keys)
    for each in raw["columns"]:
        if each == "device":
            words = {**raw["device"], "entity": raw["entity"]}
            yield from (_column(shared, words, raw["entity"]) for shared in document["device"])
        elif each["field"] not in KEYS:
            yield _column(each, {}, raw["entity"])


def _sheets(document: Mapping[str, Any]) -> tuple[Sheet, ...]:
    def sheet(raw: Mapping[str, Any]) -> Sheet:
        own = {key: raw[key] for key in ("entity", "vi", "en", "about", "rows")}
        return Sheet(**own, keywords=tuple(raw["keywords"]), columns=tuple(_columns(document, raw)))

    return tuple(sheet(raw) for raw in document["sheets"])


_DOCUMENT = yaml.safe_load((DATA / "survey.yml").read_text(encoding="utf-8"))
VERSION: int = _DOCUMENT["version"]
"""Of the workbook's form; older ones are read by data/survey-vN.yml."""
SHEETS = _sheets(_DOCUMENT)


def of_facility() -> tuple[Column, ...]:
    """All columns that a facility has once, whichever sheet asks for them."""
    return tuple({column.field: column for sheet in SHEETS if sheet.entity == "facility" for column in sheet.columns}.values())


def of_entity(entity: Entity) -> tuple[Column, ...]:
    """The columns of a list's own, without those that say which facility a row is about."""
    sheet = next(sheet for sheet in SHEETS if sheet.entity == entity)
    return tuple(column for column in sheet.columns if column.field not in KEYS)
