"""Which facility each row is about: one that the inventory holds, or a new one; two candidates are a fault, not a guess."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

from province.model.book import Book, items, text
from province.source import Source, Written
from province.survey.reading.cells import Cells, Remarks, SheetFacility, Value, ValueRejected, Where
from province.survey.reading.membership import Entries, Memberships
from province.survey.reading.normalise import fold, name_key, same_text, slug
from province.survey.reading.records import Entry
from province.text import Text


@dataclass(frozen=True)
class Known:
    """A facility of the inventory. raw: with defaults merged; own: as its file has it, at `facilities[index]` of `source`."""

    code: str
    id: str
    name: str
    area: str
    units: frozenset[str]
    raw: dict[str, Written]
    own: dict[str, Written]
    source: Source
    index: int

    @property
    def label(self) -> str:
        return f"{self.code} ({self.name})"


@dataclass
class Claim:
    """One facility and all that the sheets say of it. known: None for a new one. rows: those that it rests on."""

    sheet: SheetFacility
    known: Known | None
    unit: Entries | None = None
    area: str | None = None
    empty: Cells = field(default_factory=dict)
    given_code: str | None = None
    given_id: str | None = None
    sources: set[Where] = field(default_factory=set)

    @property
    def label(self) -> str:
        return self.known.label if self.known else str(self.sheet.get("name"))


def known(book: Book) -> list[Known]:
    found = []
    for sheet in book.sheets:
        source, (_, index) = sheet.written[0]
        units = frozenset(str(each.get("id")) for _, each in items(sheet.raw, "unit"))
        own = source.data["facilities"][index]
        name = text(sheet.raw, "name") or sheet.name
        found.append(Known(sheet.name, text(sheet.raw, "id") or "", name, sheet.area, units, sheet.raw, own, source, int(index)))
    return found


class Gathering:
    """Claims of facilities, filled row by row: those of facilities' own sheets first, then those of devices'."""

    def __init__(self, listed: Iterable[Known], memberships: Memberships, remarks: Remarks, area: str | None, strict: bool) -> None:
        """strict: some sheet lists facilities, so a name that only stands elsewhere is a slip. area: of rows that name none."""
        self.claims: list[Claim] = []
        self.left_out: set[Where] = set()
        self._known = list(listed)
        self._memberships, self._remarks, self._area, self._strict = memberships, remarks, area, strict
        self._by_code = {key: each for each in self._known for key in (fold(each.code), fold(each.id)) if key}
        self._by_name: dict[str, list[Known]] = {}
        for each in self._known:
            self._by_name.setdefault(name_key(each.name), []).append(each)
        self._claimed: dict[str, Claim] = {}
        self._links: dict[str, Claim | None] = {}
        self._names: dict[str, list[Claim | None]] = {}

    def add(self, entry: Entry) -> None:
        """Find whose row this is and note what it says. What is unclear is a fault."""
        code, name = entry.fields.get("code"), entry.fields.get("name")
        if name and not re.search(r"[^\W\d]", str(name.value)):
            self._remarks.fault(name.where, _NO_NAME, value=name.value)
            return
        if code is None and name is None and "id" not in entry.fields:
            self._remarks.fault(entry.where, _NOBODY)
            return
        try:
            claim = self._claim(entry)
        except ValueRejected as refused:
            self._remarks.fault((name or code or Value(None, entry.where)).where, refused.text)
            return
        if claim is None:
            self.left_out.add(entry.where)
            return
        claim.sources.add(entry.where)
        self._take(claim, entry)

    def miss(self, entry: Entry) -> None:
        """A row that is left out (--partial): those that lean on its facility are left out with it."""
        self.left_out.add(entry.where)
        if entry.row.reading.entity != "facility":
            return
        if "code" in entry.fields and fold(entry.fields["code"].value) not in self._by_code:
            self._links.setdefault(fold(entry.fields["code"].value), None)
        if "name" in entry.fields:
            key = name_key(entry.fields["name"].value)
            if key not in self._by_name:
                self._names.setdefault(key, [None])

    def _claim(self, entry: Entry) -> Claim | None:
        """The row's claim; None where it leans on a facility that was left out. Raises ValueRejected."""
        code = entry.fields["code"].value if "code" in entry.fields else entry.fields["id"].value if "id" in entry.fields else None
        name = entry.fields["name"].value if "name" in entry.fields else None
        if code is None and name and fold(name) in self._by_code:
            entry.fields["code"] = entry.fields.pop("name")
            return self._of(self._by_code[fold(name)], entry)
        if code and (found := self._by_code.get(fold(code))):
            other = [each for each in self._by_name.get(name_key(name or ""), []) if each.code != found.code]
            if name and other and name_key(name) != name_key(found.name):
                raise ValueRejected(_TWO, code=code, name=name, found=found.label, other=other[0].label)
            return self._of(found, entry)
        if code and fold(code) in self._links:
            return self._links[fold(code)]
        if name is None:
            near = get_close_matches(fold(code or ""), list(self._by_code), 3)
            raise ValueRejected(_NO_CODE, code=code, near=", ".join(self._by_code[each].code for each in near) or "?")
        units = {related for each in entry.unit or () for related in self._memberships.related(each["id"])}
        area = self._area_of(entry)
        found_known = self._fitting(name, units, area)
        new = [claim for claim in self._names.get(name_key(name), []) if claim is None or self._same_place(claim, units, area)]
        if len(found_known) + len(new) > 1:
            labels = [each.label for each in found_known] + [claim.label for claim in new if claim]
            raise ValueRejected(_SEVERAL, name=name, known="; ".join(labels))
        claim = self._of(found_known[0], entry) if found_known else new[0] if new else self._new(entry, code, name)
        if code:
            self._links[fold(code)] = claim
        return claim

    def _fitting(self, name: str, units: set[str], area: str | None) -> list[Known]:
        found = self._by_name.get(name_key(name), [])
        if units:
            found = [each for each in found if each.units & units]
        elif area:
            found = [each for each in found if each.area == area]
        exact = [each for each in found if same_text(each.name, name)]
        return exact if len(exact) == 1 else found

    def _same_place(self, claim: Claim, units: set[str], area: str | None) -> bool:
        if units and claim.unit:
            return any(each["id"] in units for each in claim.unit)
        return not (area and claim.area and area != claim.area)

    def _of(self, found: Known, entry: Entry) -> Claim:
        claim = self._claimed.get(found.code)
        if claim is None:
            claim = self._claimed[found.code] = Claim(SheetFacility(entry.where), found, area=found.area)
            self.claims.append(claim)
        return claim

    def _new(self, entry: Entry, code: str | None, name: str) -> Claim:
        if self._strict and not may_be_new(entry):
            keys = list(dict.fromkeys([*self._by_name, *self._names]))
            near = [self._by_name[key][0].label for key in get_close_matches(name_key(name), keys, 3, 0.7) if key in self._by_name]
            raise ValueRejected(_UNKNOWN, name=name, near="; ".join(near) or "?")
        claim = Claim(SheetFacility(entry.where), None)
        if code and slug(code) == code.lower() and code.lower()[0].isalpha():
            claim.given_code = code.lower()
        if "id" in entry.fields:
            claim.given_id = entry.fields["id"].value.upper()
        self._names.setdefault(name_key(name), []).append(claim)
        self.claims.append(claim)
        return claim

    def _area_of(self, entry: Entry) -> str | None:
        return entry.fields["area"].value if "area" in entry.fields else self._area

    def _take(self, claim: Claim, entry: Entry) -> None:
        for name, said in entry.fields.items():
            before = claim.sheet.fields.setdefault(name, said)
            if name in ("code", "id") or before.value == said.value:
                continue
            if name == "name" and name_key(str(before.value)) == name_key(str(said.value)):
                continue
            if not (isinstance(said.value, str) and same_text(str(before.value), said.value)):
                values = {"value": said.value, "before": before.value, "place": before.where, "name": claim.label}
                self._remarks.fault(said.where, _CONTRADICTS.format(**values))
        for name, where in entry.empty.items():
            claim.empty.setdefault(name, where)
        for name, where in entry.cells.items():
            claim.sheet.cells.setdefault(name, where)
        if entry.things:
            claim.sheet.lists.setdefault(entry.row.reading.entity, []).extend(entry.things)
        if entry.alike:
            claim.sheet.alike.setdefault(entry.row.reading.entity, entry.alike)
        if entry.unit and (claim.unit is None or len(entry.unit) > len(claim.unit)):
            claim.unit = entry.unit
        claim.area = claim.area or self._area_of(entry)


def may_be_new(entry: Entry) -> bool:
    """A row that says more than which facility it is about: where it lies, what it is."""
    columns = entry.row.reading.columns.values()
    return any(column.entity == "facility" and column.field in _TELLING for column in columns)


_TELLING = frozenset({"address", "unit", "kind", "commune", "camera_count", "level"})


def near_misses(claims: Iterable[tuple[Claim, str]], listed: Iterable[Known]) -> Iterator[tuple[Where, Text]]:
    """New facilities, each with its area, whose names are nearly those of others there, or hold one: perhaps a slip."""
    names: dict[str, dict[str, Known]] = {}
    for each in listed:
        names.setdefault(each.area, {})[name_key(each.name)] = each
    for claim, area in claims:
        there = names.get(area, {})
        if claim.known or not claim.sheet.get("name"):
            continue
        key = name_key(claim.sheet.get("name"))
        held = [other for other in there if f" {other} " in f" {key} " or f" {key} " in f" {other} "]
        for near in get_close_matches(key, list(there), 1, 0.93) or held[:1]:
            if [word for word in near.split() if word.isdigit()] == [word for word in key.split() if word.isdigit()]:
                yield claim.sheet.fields["name"].where, _NEAR.format(label=there[near].label, code=there[near].code)


_NOBODY = Text("dòng này không ghi cơ sở nào: điền tên cơ sở, hoặc mã cơ sở", "this row names no facility: fill in its name or its code")
_NO_NAME = Text("“{value}” không phải tên cơ sở: viết tên đầy đủ", "“{value}” is no name of a facility: write its full name")
_TWO = Text(
    "mã {code} là của {found}, còn tên “{name}” là của {other}: sửa mã hoặc tên",
    "the code {code} is {found}'s, the name “{name}” is {other}'s: correct one",
)
_NO_CODE = Text(
    "không có cơ sở mã {code}; gần giống: {near}: sửa mã, hoặc ghi tên cơ sở",
    "no facility has the code {code}; near: {near}: correct it, or write the name",
)
_SEVERAL = Text(
    "“{name}” có thể là nhiều cơ sở ({known}): ghi mã cơ sở, hoặc đơn vị hành chính",
    "“{name}” may be several facilities ({known}): write its code, or its unit",
)
_UNKNOWN = Text(
    "không có cơ sở “{name}” trong danh mục, cũng không có ở trang Cơ sở; gần giống: {near}: sửa tên, hoặc thêm dòng ở trang Cơ sở",
    "the inventory has no facility “{name}”, nor has a sheet of facilities; near: {near}: correct the name, or add it there",
)
_CONTRADICTS = Text(
    "“{value}” khác “{before}” ở {place}, cùng cơ sở {name}: sửa một trong hai",
    "“{value}” isn't “{before}” as at {place}, for the same facility {name}: correct one",
)
_NEAR = Text(
    "gần giống cơ sở đã có {label}: nếu là một thì ghi mã {code} vào cột mã cơ sở",
    "nearly the name of {label}: if it is the same, write {code} as its code",
)
