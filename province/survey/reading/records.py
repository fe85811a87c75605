"""Rows -> what they say, typed: of the facility, and of the things in it. A cell that won't do is a fault, and its field is left out."""

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from province.model.units import Unit
from province.survey.reading.cells import Cells, Fields, Remarks, Thing, Value, ValueRejected, Where
from province.survey.reading.choices import Choice, Choices, choose, named
from province.survey.reading.columns import COUNTS, DEVICES, KEYS, Column, of_facility
from province.survey.reading.contacts import contact, person
from province.survey.reading.membership import DISTRICTS, Entries, Memberships
from province.survey.reading.normalise import absent, ditto, fold, nothing, one_line, text_of
from province.survey.reading.several import CELLS, Raw, devices
from province.survey.reading.table import Row
from province.survey.reading.values import PARSERS, phones, unit_of_rate
from province.text import Text


@dataclass
class Entry:
    """One row. fields: of the facility. empty: required fields that the sheet asks for and the row leaves empty."""

    where: Where
    row: Row
    fields: Fields = field(default_factory=dict)
    things: list[Thing] = field(default_factory=list)
    empty: Cells = field(default_factory=dict)
    cells: Cells = field(default_factory=dict)
    bad: bool = False
    """A cell of it was refused."""
    alike: Fields = field(default_factory=dict)
    """What is said of devices that are only counted, such as their maker."""
    unit: Entries | None = None
    """Where its facility lies, by its own cell or by the head of its group."""


def entry(row: Row, choices: Choices, remarks: Remarks) -> Entry:
    """What this row says."""
    found = Entry(row.where, row)
    own: Fields = {}
    raw: Raw = {}
    kind = row.reading.entity
    cells: Cells = {}
    aside: Fields = {}
    for column, value, where in row.cells():
        (cells if column.entity == kind != "facility" else found.cells)[column.field] = where
        if (where.row - 1, _index(where)) in row.grid.formulas:
            remarks.fault(where, _FORMULA)
            found.bad = True
            continue
        if isinstance(value, str) and re.fullmatch(r"#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!)", value.strip()):
            remarks.fault(where, _ERROR, value=value.strip())
            found.bad = True
            continue
        if isinstance(value, str) and ditto(value):
            remarks.fault(where, _NOTHING_ABOVE, value=value.strip())
            found.bad = True
            continue
        mine = column.entity == kind and kind != "facility"
        if mine and kind in DEVICES and column.field in CELLS:
            raw[column.field] = (value, where)
            continue
        try:
            if column.kind == "person":
                aside |= {f"focal_point.{name}": Value(each, where) for name, each in contact(value).items()}
            parsed = cell(column, value, choices, where, remarks, row.heading(column))
        except ValueRejected as refused:
            remarks.fault(where, refused.text)
            found.bad = True
            continue
        if column.field == "name" and parsed:
            parsed = re.sub(r"^(\d{1,3}[.)]|[-•+*])\s+", "", str(parsed))
        if column.field == "name" and parsed and (both := _with_address(str(parsed), row.heading(column))):
            parsed, aside["address"] = both[0], Value(both[1], where)
        if parsed is not None:
            (own if mine else found.fields)[column.field] = Value(parsed, where)
        elif column.required and not mine and column.field not in KEYS:
            found.empty[column.field] = where
    found.fields = aside | found.fields
    found.empty = {name: where for name, where in found.empty.items() if name not in aside}
    if kind in DEVICES:
        _no_place(own, raw, row, choices)
        _maker(own, row, choices)
        if "model" in own and fold(own["model"].value) in _TYPES:
            remarks.note(own["model"].where, _NO_MODEL, value=own.pop("model").value)
    if kind in DEVICES and (own or "count" in raw or _speaks(raw)):
        if (counted := _only_counted(own, raw)) is not None:
            found.fields[COUNTS[kind]] = Value(counted, raw["count"][1])
            found.alike = own
        elif not ("slot" in own or _speaks(raw)):
            found.alike = own
        else:
            faults = len(remarks.faults)
            found.things += devices(row, own, raw, choices, remarks)
            found.bad = found.bad or len(remarks.faults) > faults
    elif own:
        found.things.append(Thing(row.where, own))
    for thing in found.things:
        thing.cells = cells
    return found


def _with_address(said: str, heading: str) -> tuple[str, str] | None:
    """Name and address, where the heading asks for both in one cell."""
    parts = re.split(r"\s*[,;(]\s*|\s+[-–]\s+", said, maxsplit=1)
    return (parts[0], parts[1].rstrip(")")) if len(parts) == 2 and " dia chi" in fold(heading) else None


def _no_place(own: Fields, raw: Raw, row: Row, choices: Choices) -> None:
    """A column "Đầu ghi" that says what the device is, not where."""
    place = next((column for column, _, _ in row.cells() if column.field == "place"), None)
    if place is None or {"make", "model"} & set(own) or re.search(r"\b(vi tri|noi|diem|location|place)\b", fold(row.heading(place))):
        return
    if "place" in raw and named(one_line(text_of(raw["place"][0])), choices["makes"]):
        value, where = raw.pop("place")
        own["model"] = Value(one_line(text_of(value)), where)


def _maker(own: Fields, row: Row, choices: Choices) -> None:
    """Maker and model in one cell, whichever of the two columns it is in: "Hikvision DS-2CD1021"."""
    said = {column.field: one_line(text_of(value)) for column, value, _ in row.cells() if column.field in ("make", "model")}
    said = {"model": str(own["model"].value)} | said if "model" in own else said
    at = {name: own[name].where for name in ("make", "model") if name in own}
    if "make" not in own and "model" in own and (maker := named(said["model"], choices["makes"])):
        own["make"] = Value(maker[0], at["model"])
        if fold(maker[1]) == fold(said["model"]):
            del own["model"]
    elif "make" in own and "model" not in own and (maker := named(said["make"], choices["makes"])):
        rest = re.sub(rf"(?i)\b{re.escape(maker[1])}\b", " ", said["make"]).strip(" -,:/()")
        if re.search(r"\d", rest):
            own["model"] = Value(one_line(rest), at["make"])


def _speaks(raw: Raw) -> bool:
    """Whether anything tells one device from another."""
    return any(not absent(text_of(value)) for name, (value, _) in raw.items() if name != "count")


def _only_counted(own: Fields, raw: Raw) -> int | None:
    """How many there are, where the row tells nothing that would tell one from another."""
    if "slot" in own or "count" not in raw or _speaks(raw):
        return None
    try:
        found = PARSERS["count"](raw["count"][0])
    except ValueRejected:
        return None
    return found if isinstance(found, int) else None


def locate(found: Entry, memberships: Memberships, remarks: Remarks, title: Unit | None) -> None:
    """Read the row's unit: by its own cells (a district's before a commune's), by the head of its group, or by the titles.

    A commune that no table has, or only of another time than the district that stands above it, lies in that district.
    """
    heads = [unit for head in found.row.heads if (unit := memberships.named_in([head]))]
    district = next((unit for unit in (*reversed(heads), title) if unit and unit.type in DISTRICTS), None)
    on = found.fields["surveyed_on"].value if "surveyed_on" in found.fields else None
    for name in ("unit", "commune"):
        if name in found.fields:
            said = found.fields[name]
            heading = fold(found.row.heading(next(each for each in of_facility() if each.field == name)))
            try:
                found.unit = memberships.entries(said.value, district=bool(_DISTRICT.search(heading)), on=on)
            except ValueRejected as refused:
                if district is None or name != "commune":
                    remarks.fault(said.where, refused.text)
                    found.bad = True
                    return
            if district and (found.unit is None or not memberships.at_one_time(found.unit, district)):
                remarks.note(said.where, _IN_DISTRICT, value=said.value, unit=district.full_name)
                found.unit = [memberships.entry(district, on)]
            return
    address = found.fields.get("address")
    unit = heads[-1] if heads else title or (memberships.district_in(address.value) if address else None)
    if unit:
        named = [memberships.entry(unit, on)]
        found.unit = named if district is None or memberships.at_one_time(named, district) else [memberships.entry(district, on)]


_IN_DISTRICT = Text(
    "{value}: bảng đơn vị hành chính không có đơn vị này vào thời {unit}: ghi theo {unit}",
    "{value}: no unit of that name in the days of {unit}: entered as {unit}",
)


def _index(where: Where) -> int:
    from openpyxl.utils import column_index_from_string

    return int(column_index_from_string(where.column)) - 1


def cell(column: Column, value: Any, choices: Choices, where: Where, remarks: Remarks, heading: str = "") -> Any:
    """One cell's typed value, None for nothing. heading: it may name the unit. Raises ValueRejected."""
    if column.kind == "choice":
        return _choice(column, value, choices[column.choices or ""], where, remarks)
    if column.kind == "unit":
        said = one_line(text_of(value))
        return None if nothing(said) else said
    if column.kind == "end":
        return _end(value)
    if column.kind == "phone":
        numbers = phones(value)
        if len(numbers) > 1:
            remarks.note(where, _NUMBERS, first=numbers[0], others=", ".join(numbers[1:]))
        return numbers[0] if numbers else None
    if column.kind == "person":
        return person(value)
    found = PARSERS[column.kind](value)
    if column.kind == "rate" and found is not None and text_of(value).isdigit():
        unit = unit_of_rate(heading)
        if unit is None:
            raise ValueRejected(_NO_UNIT, value=found)
        return found * unit
    return None if found == [] else found


def _choice(column: Column, value: Any, listed: tuple[Choice, ...], where: Where, remarks: Remarks) -> str | None:
    try:
        return choose(value, listed)
    except ValueRejected:
        said = one_line(text_of(value))
        known = [fold(name) for choice in listed for name in choice.names]
        if column.choices != "makes" or get_close_matches(fold(said), known, 1, 0.75) or "generic" not in {each.value for each in listed}:
            raise
        remarks.note(where, _OTHER_MAKE, value=said)
        return "generic"


_TYPES = frozenset(
    {"ip", "camera ip", "ip camera", "analog", "analogue", "camera analog", "ahd", "tvi", "cvi", "hd", "full hd", "wifi", "camera wifi",
     "dome", "ban cau", "than", "than tru", "ptz", "co dinh", "xoay", "quay quet", "trong nha", "ngoai troi", "hong ngoai", "co day",
     "khong day"}
)  # fmt: skip
"""What a camera is like, which is no model, folded."""
_NO_MODEL = Text("“{value}” là loại, không phải kiểu máy: để lại", "“{value}” is a sort, no model: left")
_DISTRICT = re.compile(r"\b(huyen|quan|thi xa|district)\b")
_ENDS = {"camera": "camera", "cam": "camera", "dau ghi": "recorder", "nvr": "recorder", "dau ghi hinh": "recorder", "recorder": "recorder"}
_FIXED_ENDS = {
    "thiet bi bien": "box",
    "box": "box",
    "duong len": "uplink",
    "uplink": "uplink",
    "bo dinh tuyen": "uplink",
    "router": "uplink",
}


def _end(value: Any) -> dict[str, int] | None:
    said = fold(text_of(value))
    if nothing(said):
        return None
    if said in _FIXED_ENDS:
        return {_FIXED_ENDS[said]: True}
    found = re.fullmatch(r"(.+?) ?(?:so )?(\d{1,3})", said)
    if found and found[1] in _ENDS:
        return {_ENDS[found[1]]: int(found[2])}
    raise ValueRejected(_END, value=one_line(text_of(value)))


_FORMULA = Text(
    "công thức chưa có kết quả: mở tệp bằng Excel hoặc LibreOffice, tính lại rồi lưu, hoặc dán thành giá trị (Paste Special, Values)",
    "a formula with no result: open the file in Excel or LibreOffice, recalculate and save, or paste it as a value",
)
_ERROR = Text("ô báo lỗi {value}: sửa công thức, hoặc gõ giá trị", "the cell shows {value}: mend the formula, or type the value")
_NUMBERS = Text("nhiều số điện thoại: lấy {first}; để lại {others}", "several phone numbers: {first} is taken, {others} left")
_OTHER_MAKE = Text(
    "hãng “{value}” không có trong bảng: ghi là generic (ONVIF)", "the maker “{value}” is in no table: entered as generic (ONVIF)"
)
_NOTHING_ABOVE = Text("“{value}” mà dòng trên không có gì: viết rõ", "“{value}”, but nothing stands above: write it out")
_NO_UNIT = Text("{value} gì? ghi kèm đơn vị, ví dụ {value} Mbps", "{value} of what? write the unit too, such as {value} Mbps")
_END = Text(
    "“{value}” không rõ nối tới đâu: viết Camera 1, Đầu ghi 20, Thiết bị biên hoặc Đường lên",
    "“{value}”: where does it lead? write Camera 1, Đầu ghi 20, Thiết bị biên or Đường lên",
)
