"""A row of a standard's file, taken apart field by field, each fault at its line."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from province.fault import Fault
from province.standard.checks import Key, Line
from province.text import Text


class Fields:
    """A row of a standard's file and what is wrong with it, each fault at its line."""

    def __init__(self, row: Any, name: str, key: Key, file: Path, line: Line) -> None:
        self.row: Mapping[str, Any] = row if isinstance(row, Mapping) else {}
        self.name, self._key, self._file, self._line = name, key, file, line
        self.faults: list[Fault] = []

    def fault(self, field: str, text: Text) -> None:
        """`field` may be dotted: `threshold.width`."""
        key = self._key + tuple(field.split(".")) if field else self._key
        self.faults.append(Fault(self._file, self._line(key), f"{self.name}.{field}" if field else self.name, text))

    def only(self, known: Iterable[str]) -> None:
        for field in self.row.keys() - set(known):
            self.fault(str(field), _UNKNOWN.format(known=", ".join(sorted(known))))

    def one_of(self, field: str, allowed: Iterable[str], default: str | None = None) -> str:
        value = self.row.get(field, default)
        if value not in allowed:
            self.fault(field, _ONE_OF.format(value=value, known=", ".join(allowed)))
        return str(value)

    def text(self, field: str) -> Text:
        value = self.row.get(field)
        if not isinstance(value, Mapping) or not value.get("vi") or not value.get("en"):
            self.fault(field, _BOTH)
            return Text("", "")
        return Text(str(value["vi"]), str(value["en"]))

    def optional_text(self, field: str) -> Text | None:
        return self.text(field) if field in self.row else None

    def flag(self, field: str, default: bool) -> bool:
        value = self.row.get(field, default)
        if not isinstance(value, bool):
            self.fault(field, _FLAG.format(value=value))
        return bool(value)

    def mapping(self, field: str) -> Mapping[str, Any]:
        value = self.row.get(field)
        if value is not None and not isinstance(value, Mapping):
            self.fault(field, _FIELDS)
            return {}
        return value or {}


_UNKNOWN = Text("trường lạ (unknown field): hãy xoá; ở đây có: {known}", "unknown field: remove it; here there are: {known}")
_ONE_OF = Text("“{value}” không có trong: {known}", "“{value}” is none of {known}")


_BOTH = Text("cần cả hai thứ tiếng, {vi: ..., en: ...}", "wants a text in both languages, {vi: ..., en: ...}")
_FLAG = Text("“{value}” phải là true hay false", "“{value}” must be true or false")
_FIELDS = Text("phải là các dòng `tên: giá trị`", "wants fields, lines of `name: value`")
