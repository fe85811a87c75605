"""An inventory as its files say it, before anybody believes it: what the rules of province.model.rules look at.

The rules read raw data, not the typed model, so that one mistyped field hides no other fault of the same facility.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from province.fault import Fault
from province.model.explain import explain
from province.model.facility import Facility
from province.model.province import Area, ProvinceFile
from province.model.record import Record
from province.model.surveyed import Surveyed
from province.model.tables import Tables
from province.model.units import Units
from province.model.waivers import Waiver
from province.source import Key, Source
from province.text import Text

R = TypeVar("R", bound=Record)
T = TypeVar("T")


def dotted(prefix: str, key: Key) -> str:
    """("cameras", 2, "mac") under "an-nhon-01" is "an-nhon-01.cameras[3].mac": people count from 1."""
    name = prefix
    for part in key:
        name += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def get(data: Any, *key: str | int) -> Any:
    """What stands at `key`, or None where there is nothing or something else than expected."""
    for part in key:
        if isinstance(part, int):
            data = data[part] if isinstance(data, list) and part < len(data) else None
        else:
            data = data.get(part) if isinstance(data, dict) else None
    return data


def items(data: Any, *key: str | int) -> Iterator[tuple[int, dict[str, Any]]]:
    """The mappings of the list at `key`, with their indexes; nothing where it is no list."""
    listed = get(data, *key)
    for index, each in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(each, dict):
            yield index, each


def text(data: Any, *key: str | int) -> str | None:
    value = get(data, *key)
    return value.strip() if isinstance(value, str) else None


def parsed(make: Callable[[str], T], data: Any, *key: str | int) -> T | None:
    """`make` of the text at `key`, or None where that is no text or `make` refuses it (the model says so by itself)."""
    value = text(data, *key)
    return None if value is None else cast("T | None", _made(make, value))


@lru_cache(maxsize=1 << 16)
def _made(make: Callable[[str], object], value: str) -> object:
    """The same address, number or date is asked for by rule after rule."""
    try:
        return make(value)
    except ValueError:
        return None


@dataclass
class Sheet:
    """One record and where its fields are written: in its own place, or in the defaults of its area or province."""

    name: str
    raw: dict[str, Any]
    written: list[tuple[Source, Key]]
    area: str = ""

    def _nearest(self, key: Key) -> tuple[Source, Key, Key]:
        """Where `key`, or the nearest thing around it, is written: the file, the record's place in it, and what was found."""
        for length in range(len(key), -1, -1):
            for source, place in self.written:
                if source.has(place + key[:length]):
                    return source, place, key[:length]
        return *self.written[0], ()

    def where(self, key: Key) -> tuple[Path, int]:
        source, place, found = self._nearest(key)
        return source.file, source.line(place + found)

    @property
    def surveyed(self) -> bool:
        """Not all is known of it yet, and it says so: what is missing is a gap, not a fault."""
        return text(self.raw, "stage") == "surveyed"

    def fault(self, key: Key, message: Text) -> Fault:
        """A fault of `key`; one that comes from defaults is named as theirs, and so is the same for all who take it."""
        source, place, found = self._nearest(key)
        name = dotted("", place) if (source, place) != self.written[0] else self.name
        return Fault(source.file, source.line(place + found), dotted(name, key) or "yaml", message)

    def build(self, model: type[R], context: dict[str, Any] | None = None) -> tuple[R | None, list[Fault]]:
        """The typed record, or what is wrong with it."""
        try:
            return model.model_validate(self.raw, context=context), []
        except ValidationError as error:
            return None, [self.fault(key, message) for key, message in explain(error, model)]

    def build_early(self, model: type[R], context: dict[str, Any] | None = None) -> tuple[list[Fault], list[Fault]]:
        """(what is missing of it, what is wrong with what is there)."""
        try:
            model.model_validate(self.raw, context=context)
        except ValidationError as error:
            missing = {detail["loc"] for detail in error.errors(include_url=False) if detail["type"] == "missing"}
            told = [(key in missing, self.fault(key, message)) for key, message in explain(error, model)]
            return [fault for gap, fault in told if gap], [fault for gap, fault in told if not gap]
        return [], []


@dataclass
class Book:
    """All of an inventory: raw (`head`, `unit_rows`, `sheets`) and, where it could be had, typed."""

    path: Path
    head: Sheet
    units: Units
    unit_rows: list[Sheet]
    tables: Tables
    areas: dict[str, Area] = field(default_factory=dict)
    sheets: list[Sheet] = field(default_factory=list)
    file: ProvinceFile | None = None
    facilities: list[Facility] = field(default_factory=list)
    surveyed: list[Surveyed] = field(default_factory=list)
    waiver_rows: list[Sheet] = field(default_factory=list)
    waivers: list[Waiver] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notices: list[Fault] = field(default_factory=list)
    """What is written in a form that only still works, and what is chosen otherwise than advised."""

    @property
    def block(self) -> int | None:
        block = parsed(int, self.head.raw, "hub", "block")
        return block if block is not None and 1 <= block <= 63 else None

    def ids(self, name: str) -> set[str]:
        """Ids under `authorities` or `connectors` of province.yml."""
        return {found for _, each in items(self.head.raw, name) if (found := text(each, "id"))}
