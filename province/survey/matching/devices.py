"""Which device each row is: by slot, MAC, address, place; else a new one in the next free slot. Slots never change."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from province.model.book import items
from province.model.tables import Tables
from province.source import Written
from province.survey.matching.compare import same
from province.survey.reading.cells import Change, Fields, Plain, Remarks, SheetFacility, Thing, Value, ValueRejected, Where
from province.survey.reading.columns import COUNTS
from province.survey.reading.normalise import name_key
from province.survey.reading.values import PARSERS
from province.text import Text

FIRST = {"cameras": 1, "recorders": 101, "switches": 111}
"""Where the search for a free slot begins; all kinds share 1..126, cameras keep the low ones."""
LAST = 126
Cells = dict[tuple[str | int, ...], Thing]
ORDER = ("slot", "zone", "place", "make", "model", "driver", "address", "mac", "port", "channel", "channels", "cameras", "vlan", "bought",
         "conformity")  # fmt: skip

Listed = list[dict[str, Written]]


def _form(kind: str, name: str, value: Any) -> Any:
    try:
        found = PARSERS["mac" if name == "mac" else "addresses"](value)
    except ValueRejected:
        return str(value)
    return found[0] if isinstance(found, list) and found else found


def matched(kind: str, things: list[Thing], listed: Listed) -> list[tuple[Thing, int | None]]:
    """Each thing with the index of the device that it is, None for a new one. No device is two things."""
    found: dict[int, int | None] = {}
    free = set(range(len(listed)))

    def assign(nth: int, index: int) -> None:
        found[nth] = index
        free.discard(index)

    for nth, thing in enumerate(things):
        slot = thing.get("slot")
        if slot is not None:
            found[nth] = None
            if (index := next((i for i in free if str(listed[i].get("slot")) == str(slot)), None)) is not None:
                assign(nth, index)
    for name in ("mac", "address"):
        there = {_form(kind, name, each[name]): index for index, each in enumerate(listed) if each.get(name) is not None}
        for nth, thing in enumerate(things):
            index = there.get(thing.get(name)) if nth not in found else None
            if index is not None and index in free:
                assign(nth, index)
    for fits in (_same_place, _only_place(things, listed, found, free), _blank):
        for nth, thing in enumerate(things):
            if nth not in found and (index := next((i for i in sorted(free) if fits(thing, listed[i])), None)) is not None:
                assign(nth, index)
    return [(thing, found.get(nth)) for nth, thing in enumerate(things)]


def _same_place(thing: Thing, device: Mapping[str, Written]) -> bool:
    """One place, and nothing that tells the two apart."""
    place = thing.get("place")
    if place is None or name_key(str(device.get("place") or "")) != name_key(place):
        return False
    return all(thing.get(name) is None or device.get(name) is None for name in ("mac", "address"))


def _only_place(
    things: list[Thing], listed: Listed, found: Mapping[int, Any], free: set[int]
) -> Callable[[Thing, Mapping[str, Written]], bool]:
    """The one device at its place that is left, for the one row with that place: its address is what changed."""

    def fits(thing: Thing, device: Mapping[str, Written]) -> bool:
        place = name_key(thing.get("place") or "")
        rows = sum(1 for nth, each in enumerate(things) if nth not in found and name_key(each.get("place") or "") == place)
        there = sum(1 for index in free if name_key(str(listed[index].get("place") or "")) == place)
        return bool(place) and rows == there == 1 and name_key(str(device.get("place") or "")) == place

    return fits


def _blank(thing: Thing, device: Mapping[str, Written]) -> bool:
    """A device that was only counted."""
    return not any(device.get(name) for name in ("zone", "place", "address", "mac"))


class Slots:
    """The slots of one facility, across kinds."""

    def __init__(self, raw: Mapping[str, Written]) -> None:
        self.taken = {str(each.get("slot")) for kind in FIRST for _, each in items(raw, kind)}

    def next(self, kind: str) -> int:
        found = next((n for n in (*range(FIRST[kind], LAST + 1), *range(1, FIRST[kind])) if str(n) not in self.taken), LAST)
        self.taken.add(str(found))
        return found

    def take(self, slot: int) -> int:
        self.taken.add(str(slot))
        return slot


def changes(
    code: str, kind: str, told: SheetFacility, raw: Mapping[str, Written], slots: Slots, cells: Cells, tables: Tables, remarks: Remarks
) -> Iterator[Change]:
    """What is told changes in the list `kind` of a facility; cells: filled with the thing of every (kind, index)."""
    things, alike, count = told.lists.get(kind, []), told.alike.get(kind, {}), told.fields.get(COUNTS.get(kind, ""))
    listed: Listed = [each for _, each in items(raw, kind)]
    end = len(listed)
    pairs = matched(kind, things, listed)
    for thing, index in pairs:
        if index is None and (slot := thing.get("slot")) is not None:
            slots.take(slot)
    for thing, index in pairs:
        if index is None:
            cells[kind, end] = thing
            yield Change(code, (kind, end), None, _new(kind, thing, slots, tables), thing.where)
            end += 1
            continue
        cells[kind, index] = thing
        for name, said in _with_driver(kind, thing, listed[index], tables).items():
            if not same(kind, name, listed[index].get(name), said.value):
                yield Change(code, (kind, index, name), listed[index].get(name), said.value, said.where)
    if count is not None:
        if count.value < end:
            remarks.fault(count.where, _FEWER[kind], count=count.value, there=end)
        if count.value > end and raw.get("code") and raw.get("stage") != "surveyed":
            remarks.fault(count.where, _MORE[kind], count=count.value, there=end)
            return
        for nth in range(end, count.value):
            cells[kind, nth] = Thing(count.where)
            yield Change(code, (kind, nth), None, _new(kind, Thing(count.where, dict(alike)), slots, tables), count.where)
    met = {index for _, index in pairs}
    gone = [str(each.get("slot")) for index, each in enumerate(listed) if index not in met]
    if things and gone and count is None:
        remarks.note(Where(things[0].where.file, things[0].where.sheet), _KEPT[kind], code=code, slots=", ".join(gone))


def _new(kind: str, thing: Thing, slots: Slots, tables: Tables) -> dict[str, Plain]:
    fields = {name: said.value for name, said in _with_driver(kind, thing, {}, tables).items()}
    fields["slot"] = slots.next(kind) if thing.get("slot") is None else thing.get("slot")
    return {name: fields[name] for name in ORDER if name in fields}


def _with_driver(kind: str, thing: Thing, device: Mapping[str, Written], tables: Tables) -> Fields:
    fields = {name: said for name, said in thing.fields.items() if name not in ("count",)}
    make = thing.get("make")
    if make and "driver" not in fields and not device.get("driver"):
        fields["driver"] = Value(tables.driver(kind, make), fields["make"].where)
    return fields


_MORE = {
    "cameras": Text(
        "ghi {count} camera, danh mục có {there}: liệt kê các camera mới ở trang Camera, kèm vị trí, địa chỉ IP và MAC",
        "{count} cameras are counted, the inventory has {there}: list the new ones with place, address and MAC",
    ),
    "recorders": Text(
        "ghi {count} đầu ghi, danh mục có {there}: liệt kê các đầu ghi mới ở trang Đầu ghi, kèm vị trí, địa chỉ IP và MAC",
        "{count} recorders are counted, the inventory has {there}: list the new ones with place, address and MAC",
    ),
}
_FEWER = {
    "cameras": Text(
        "ghi {count} camera nhưng nêu ra hoặc danh mục đã có {there}: sửa số này, hoặc bỏ bớt trong danh mục (areas/*.yml)",
        "{count} cameras are counted, {there} are listed here or in the inventory: correct the count, or remove some from areas/*.yml",
    ),
    "recorders": Text(
        "ghi {count} đầu ghi nhưng nêu ra hoặc danh mục đã có {there}: sửa số này, hoặc bỏ bớt trong danh mục (areas/*.yml)",
        "{count} recorders are counted, {there} are listed here or in the inventory: correct the count, or remove some from areas/*.yml",
    ),
}
_KEPT = {
    "cameras": Text(
        "{code}: phiếu không nêu camera ở vị trí {slots}, vẫn giữ trong danh mục",
        "{code}: the sheet doesn't name the cameras in slots {slots}; they are kept",
    ),
    "recorders": Text(
        "{code}: phiếu không nêu đầu ghi ở vị trí {slots}, vẫn giữ trong danh mục",
        "{code}: the sheet doesn't name the recorders in slots {slots}; they are kept",
    ),
    "switches": Text(
        "{code}: phiếu không nêu bộ chuyển mạch ở vị trí {slots}, vẫn giữ trong danh mục",
        "{code}: the sheet doesn't name the switches in slots {slots}; they are kept",
    ),
}
