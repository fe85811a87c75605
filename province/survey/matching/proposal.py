"""What the sheets change in the inventory: each facility's changes, with ids, numbers, codes and slots for what is new."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from province.model.book import Book, get, items
from province.source import Written
from province.survey.matching import devices
from province.survey.matching.compare import same
from province.survey.matching.facilities import Claim, Known
from province.survey.reading import ports
from province.survey.reading.cells import Change, Plain, Remarks, Thing, Where
from province.survey.reading.choices import kind_of
from province.survey.reading.columns import KEYS, PSEUDO
from province.survey.reading.membership import DISTRICTS, Memberships
from province.survey.reading.normalise import slug
from province.text import Text

NUMBERS = range(1, 1024)
ORDER = ("id", "number", "code", "name", "address", "unit", "kind", "stage", "authority", "level", "connector", "priority", "focal_point",
         "surveyed_on", "connection_plan", "opinion", "funding", "no_access", "lan", "uplink", "box", "cameras", "recording", "recorders",
         "switches", "no_camera_zones")  # fmt: skip
Key = tuple[str | int, ...]


@dataclass
class Proposal:
    """One facility's part. area: the file's stem. new: the whole record, of a new facility. cells: where each part was said."""

    code: str
    area: str
    claim: Claim
    changes: list[Change] = field(default_factory=list)
    new: dict[str, Plain] | None = None
    cells: dict[Key, Thing] = field(default_factory=dict)

    def where(self, key: Key) -> Where:
        """The cell that said this field, or would say it, or the nearest thing around it."""
        for length in range(len(key), 0, -1):
            thing = self.cells.get(key[:length])
            if thing is not None:
                return thing.at(".".join(str(part) for part in key[length : length + 1]))
        told = self.claim.sheet
        name = ".".join(str(part) for part in key)
        while name and name not in told.fields and name not in told.cells and "." in name:
            name = name.rpartition(".")[0]
        return told.at(name)

    @property
    def rows(self) -> set[Where]:
        return self.claim.sources


def merged(base: Mapping[str, Written], over: Mapping[str, Written]) -> dict[str, Written]:
    """Defaults of an area over those of the province."""
    both = dict(base)
    for key, value in over.items():
        under = base.get(key)
        both[key] = merged(under, value) if isinstance(value, dict) and isinstance(under, dict) else value
    return both


class Proposals:
    """Makes proposals one by one; numbers and codes once given are not given again."""

    def __init__(self, book: Book, listed: list[Known], memberships: Memberships, remarks: Remarks) -> None:
        self._book, self._listed, self._memberships, self._remarks = book, listed, memberships, remarks
        self._numbers = {int(str(each.own.get("number"))) for each in listed if str(each.own.get("number") or "").isdigit()}
        self._ids = {each.id for each in listed}
        self._codes = {each.code for each in listed}
        prefixes = Counter(each.id.rpartition("-")[0] for each in listed if "-" in each.id)
        initials = "".join(word[0] for word in str(book.head.raw.get("code") or "X").split("-")).upper()
        self._prefix = prefixes.most_common(1)[0][0] if prefixes else initials

    def of(self, claim: Claim) -> Proposal | None:
        """This facility's proposal; None (and a fault) where it has no area."""
        if claim.known:
            proposal = Proposal(claim.known.code, claim.known.area, claim)
            raw, moved = claim.known.raw, claim.sheet.fields.get("area")
            if moved and moved.value != claim.known.area:
                self._remarks.fault(moved.where, _MOVED.format(code=claim.known.code, area=claim.known.area))
        else:
            area = self._area(claim)
            if area is None:
                return None
            proposal = self._first(claim, area)
            raw = self._defaults(area)
        proposal.changes += self._fields(claim, proposal, raw)
        proposal.changes += self._lists(claim, proposal, raw)
        if proposal.new is not None:
            for change in proposal.changes:
                put(proposal.new, change.path, change.new)
            proposal.new = {name: proposal.new[name] for name in ORDER if name in proposal.new}
        return proposal

    def _first(self, claim: Claim, area: str) -> Proposal:
        """A new facility: id and number for life, a code."""
        given = re.fullmatch(r"([A-Z][A-Z0-9]{0,7})-(\d{1,6})", claim.given_id or "")
        if given and given[0] not in self._ids and int(given[2]) in NUMBERS and int(given[2]) not in self._numbers:
            number, id_ = int(given[2]), given[0]
        else:
            number = max(self._numbers, default=0) + 1
            if number not in NUMBERS:
                number = next((each for each in NUMBERS if each not in self._numbers), 0)
            id_ = f"{self._prefix}-{number:04}"
        code = claim.given_code if claim.given_code and claim.given_code not in self._codes else self._code(area)
        self._numbers.add(number)
        self._ids.add(id_)
        self._codes.add(code)
        claim.sheet.fields.pop("area", None)
        return Proposal(code, area, claim, new={"id": id_, "number": number, "code": code, "stage": "surveyed"})

    def _code(self, area: str) -> str:
        taken = [int(found[1]) for code in self._codes if (found := re.fullmatch(rf"{re.escape(area)}-(\d+)", code))]
        return f"{area}-{max(taken, default=0) + 1:02}"

    def _defaults(self, area: str) -> dict[str, Written]:
        source = next((each.source for each in self._listed if each.area == area), None)
        own = get(source.data, "defaults") if source else self._empty_area(area)
        return merged(get(self._book.head.raw, "defaults") or {}, own or {})

    def _empty_area(self, area: str) -> Any:
        from province.source import read

        file = self._book.path / "areas" / f"{area}.yml"
        return get(read(file).data, "defaults") if file.is_file() else {}

    def _area(self, claim: Claim) -> str | None:
        """The area that the sheet names, or that the unit's other facilities are in, or of the unit's name. A new one for a district."""
        if claim.area:
            return claim.area
        where = next((claim.sheet.at(name) for name in ("unit", "commune", "name") if name in claim.sheet.fields), claim.sheet.where)
        units = [unit for each in claim.unit or () if (unit := self._memberships.get(each["id"]))]
        related = {each for unit in units for each in self._memberships.related(unit.id)}
        by_name = {id_ for id_, area in self._book.areas.items() if slug(area.name) in {slug(unit.full_name) for unit in units}}
        found = by_name or {each.area for each in self._listed if each.units & related}
        if len(found) == 1:
            return found.pop()
        districts = [unit for unit in units if unit.type in DISTRICTS]
        if not found and len(districts) == 1:
            return slug(districts[0].name)
        if not any(fault.where == where for fault in self._remarks.faults):
            self._remarks.fault(where, _NO_AREA, known=", ".join(sorted(found or self._book.areas)))
        return None

    def _fields(self, claim: Claim, proposal: Proposal, raw: Mapping[str, Written]) -> Iterator[Change]:
        for name, said in claim.sheet.fields.items():
            if name in KEYS or name in PSEUDO or name in ("unit", "area"):
                continue
            path = tuple(name.split("."))
            old = get(raw, *path)
            if not same("facility", name, old, said.value):
                yield Change(proposal.code, path, old, said.value, said.where)
        if claim.known is None:
            named = claim.sheet.fields["name"]
            yield Change(proposal.code, ("name",), None, named.value, named.where)
            if "kind" not in claim.sheet.fields and (kind := kind_of(named.value)):
                yield Change(proposal.code, ("kind",), None, kind, named.where)
        elif (name_said := claim.sheet.fields.get("name")) and not same("facility", "name", claim.known.name, name_said.value):
            yield Change(proposal.code, ("name",), claim.known.name, name_said.value, name_said.where)
        yield from self._unit(claim, proposal, raw)

    def _unit(self, claim: Claim, proposal: Proposal, raw: Mapping[str, Written]) -> Iterator[Change]:
        if not claim.unit:
            return
        said = claim.sheet.fields.get("unit") or claim.sheet.fields.get("commune")
        where = said.where if said else claim.sheet.where
        listed = [each for _, each in items(raw, "unit")] if claim.known else []
        if not listed:
            yield Change(proposal.code, ("unit",), None, claim.unit, where)
        elif said and self._memberships.dated(said.value):
            if [_plain(each) for each in listed] != [_plain(each) for each in claim.unit]:
                yield Change(proposal.code, ("unit",), listed, claim.unit, where)
        elif not {each["id"] for each in claim.unit} & {
            related for each in listed for related in self._memberships.related(str(each.get("id")))
        }:
            names = "; ".join(unit.full_name for each in listed if (unit := self._memberships.get(str(each.get("id")))))
            self._remarks.fault(where, _OTHER_UNIT, code=proposal.code, known=names)

    def _lists(self, claim: Claim, proposal: Proposal, raw: Mapping[str, Written]) -> Iterator[Change]:
        slots = devices.Slots(raw if claim.known else {})
        for things in claim.sheet.lists.values():
            for thing in things:
                if thing.get("slot") is not None:
                    slots.take(thing.get("slot"))
        base = raw if claim.known else {}
        for kind in devices.FIRST:
            yield from devices.changes(proposal.code, kind, claim.sheet, base, slots, proposal.cells, self._book.tables, self._remarks)
        yield from ports.changes(proposal.code, claim.sheet.lists.get("ports", []), base, proposal.cells, self._remarks)
        yield from self._reasons(claim, proposal, base)

    def _reasons(self, claim: Claim, proposal: Proposal, raw: Mapping[str, Written]) -> Iterator[Change]:
        listed = [each for _, each in items(raw, "no_camera_zones")]
        zones = [str(each.get("zone")) for each in listed]
        for thing in claim.sheet.lists.get("no_camera_zones", []):
            zone, reason = thing.get("zone"), thing.fields.get("reason")
            if zone is None or reason is None:
                self._remarks.fault(thing.at("zone" if zone is None else "reason"), _HALF)
            elif zone not in zones:
                proposal.cells["no_camera_zones", len(zones)] = thing
                yield Change(proposal.code, ("no_camera_zones", len(zones)), None, {"zone": zone, "reason": reason.value}, thing.where)
                zones.append(zone)
            else:
                index = zones.index(zone)
                proposal.cells["no_camera_zones", index] = thing
                old = listed[index].get("reason") if index < len(listed) else None
                if old is not None and not same("no_camera_zones", "reason", old, reason.value):
                    yield Change(proposal.code, ("no_camera_zones", index, "reason"), old, reason.value, reason.where)


def put(record: dict[str, Plain], path: Key, value: Plain) -> None:
    """Set what stands at `path`, made where it isn't there yet; an index one past the end adds to a list."""
    at: Any = record
    for part, following in pairwise(path):
        if isinstance(part, int):
            at = at[part]
        else:
            if at.get(part) is None:
                at[part] = [] if isinstance(following, int) else {}
            at = at[part]
    last = path[-1]
    if isinstance(last, int) and last >= len(at):
        at.append(value)
    else:
        at[last] = value


def _plain(entry: Mapping[str, object]) -> dict[str, str]:
    return {key: value.isoformat() if isinstance(value, date) else str(value) for key, value in entry.items()}


def required(claims: Iterable[Claim]) -> Iterator[tuple[Where, Text]]:
    """Cells that a sheet asks a new facility for, and that were left empty."""
    for claim in claims:
        if claim.known is None:
            for name, where in claim.empty.items():
                if name not in claim.sheet.fields and not (name == "kind" and kind_of(claim.sheet.get("name") or "")):
                    yield where, _EMPTY.format(name=claim.label)


_MOVED = Text(
    "{code} thuộc khu vực {area}: chuyển khu vực thì chuyển cả mục sang tệp khác trong areas/, không làm bằng phiếu",
    "{code} is in the area {area}: to move it, move its entry to the other file in areas/; a sheet can't",
)
_NO_AREA = Text(
    "không rõ khu vực triển khai: ghi ở cột Khu vực triển khai hoặc Đơn vị hành chính, hoặc thêm --area; có: {known}",
    "in which area? say so in the column of areas or units, or add --area; there are: {known}",
)
_OTHER_UNIT = Text(
    "danh mục ghi {code} thuộc {known}: nếu đơn vị đã đổi, ghi cả hai kèm ngày (… từ 01/05/2021 đến hết 30/06/2025; … từ 01/07/2025)",
    "the inventory has {code} in {known}: if that changed, write both with their days (… từ 01/05/2021 đến hết 30/06/2025; …)",
)
_HALF = Text("điền cả khu vực và lý do", "fill in both the zone and the reason")
_EMPTY = Text("{name}: ô này bắt buộc mà để trống: hãy điền", "{name}: this cell is required and empty: fill it in")
