"""areas/AREA.yml changed as a person would: comments, order, quotes and the lines nobody touched stay as they are."""

import difflib
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from province.files import write
from province.model import load
from province.survey.writing import round_trip
from province.text import Lang
from province.user_error import UserError

QUOTED = ("place", "mac", "reason", "witness")
"""Fields whose text stands in quotes: words of people, and what YAML of other programs takes for numbers."""
_PRIVATE = ("vault", "enrolled", "authority", "survey")


class AreaFile:
    """The file that has a facility; `facility` is its mapping, changed in place. Raises UserError where it isn't in any."""

    def __init__(self, inventory: Path, code: str) -> None:
        self.inventory = inventory
        for path in sorted((inventory / "areas").glob("*.yml")):
            self.path, self.before = path, path.read_text(encoding="utf-8")
            if code not in self.before:
                continue
            self._document, self._layout = round_trip.read(self.before)
            found = [each for each in self._document.get("facilities") or [] if str(each.get("code")) == code]
            if found:
                self.facility: CommentedMap = found[0]
                return
        raise UserError(f"không có cơ sở nào mã {code}", f"no facility has the code {code}")

    @property
    def after(self) -> str:
        return round_trip.written(self._document, self._layout)

    @property
    def diff(self) -> str:
        """Unified, of the one file; empty where nothing changes."""
        name = f"areas/{self.path.name}"
        lines = difflib.unified_diff(self.before.splitlines(True), self.after.splitlines(True), f"a/{name}", f"b/{name}", n=1)
        return "".join(lines)

    def devices(self, kind: str) -> CommentedSeq:
        """The facility's list of `kind`, made where there is none yet."""
        if not isinstance(self.facility.get(kind), list):
            self.facility.pop(kind, None)
            put(self.facility, kind, CommentedSeq(), after=("recorders", "cameras", "box", "uplink", "lan", "code"))
        listed: CommentedSeq = self.facility[kind]
        return listed

    def device(self, slot: int) -> CommentedMap | None:
        listed = [each for kind in ("cameras", "recorders", "switches") for each in self.facility.get(kind) or []]
        return next((each for each in listed if str(each.get("slot")) == str(slot)), None)

    def add(self, kind: str, fields: Mapping[str, object]) -> None:
        """A device more, written like its neighbours."""
        listed, row = self.devices(kind), mapping(fields)
        if not listed or listed[-1].fa.flow_style() is not False:
            row.fa.set_flow_style()
        listed.append(row)

    def check(self, lang: Lang) -> None:
        """Raise UserError that names every fault which the inventory would have."""
        with tempfile.TemporaryDirectory(prefix="ketnoi-accept-") as folder:
            trial = Path(folder) / self.inventory.name
            shutil.copytree(self.inventory, trial, ignore=shutil.ignore_patterns(*_PRIVATE))
            (trial / "areas" / self.path.name).write_text(self.after, encoding="utf-8")
            _, faults = load(trial)
            lines = "\n".join(fault.show(lang).replace(str(trial), str(self.inventory)) for fault in faults)
        if faults:
            raise UserError(
                f"không ghi: danh mục sẽ có {len(faults)} lỗi:\n{lines}",
                f"not written: the inventory would have {len(faults)} faults:\n{lines}",
            )

    def save(self) -> None:
        try:
            write(self.path, self.after, self.path.stat().st_mode & 0o777)
        except OSError as error:
            raise UserError(f"không ghi được {self.path}: {error.strerror}", f"can't write {self.path}: {error.strerror}") from error


def mapping(fields: Mapping[str, object]) -> CommentedMap:
    return CommentedMap({name: scalar(name, value) for name, value in fields.items() if value is not None})


def scalar(name: str, value: Any) -> Any:
    """A value as the file holds it: as text, in quotes where it is people's."""
    if isinstance(value, list):
        return [scalar(name, each) for each in value]
    text = value.isoformat() if isinstance(value, date) else str(value)
    return DoubleQuotedScalarString(text) if name in QUOTED else text


def put(row: CommentedMap, name: str, value: Any, after: tuple[str, ...] = ()) -> None:
    """Set a field where it stands, or behind the first of `after` that is there: never last, where a blank line would move."""
    if name in row:
        row[name] = value
        return
    keys = list(row)
    place = next((keys.index(each) + 1 for each in after if each in row), len(keys))
    row.insert(place, name, value)
