"""What the inventory holds of an area, as rows of the survey workbook: a district corrects rather than retypes."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

from province.model.book import get, items
from province.model.units import Units
from province.source import Written
from province.survey.matching.facilities import Known
from province.survey.reading.choices import Choices
from province.survey.reading.columns import DEVICES, NUMBERS, Column, Sheet
from province.text import Text

Row = dict[str, str | int | None]
"""Field of the sheet's column -> what its cell shows."""


def rows(sheet: Sheet, listed: list[Known], choices: Choices, units: Units) -> Iterator[Row]:
    """The rows of one sheet, facilities in the inventory's order."""
    for facility in listed:
        keys = {"code": facility.code, "name": facility.name, "id": facility.id}
        if sheet.entity == "facility":
            said = {column.field: _typed(facility.raw, column) for column in sheet.columns if column.field not in keys}
            records: list[dict[str, Written]] = [{**said, "area": facility.area, "unit": _units(facility.raw, units)}]
        elif sheet.entity == "ports":
            records = list(_ports(facility.raw))
        else:
            records = [{column.field: _typed(each, column) for column in sheet.columns} for _, each in items(facility.raw, sheet.entity)]
        for record in records:
            shown = {name: value for name, value in record.items() if value is not None}
            if any(name not in ("area",) for name in shown):
                yield {**{column.field: _label(shown.get(column.field), column, choices) for column in sheet.columns}, **keys}


def _typed(record: Mapping[str, Written], column: Column) -> Written:
    found: Written = get(record, *column.field.split("."))
    return found


def _label(value: Written, column: Column, choices: Choices) -> str | int | None:
    if value is None:
        return None
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if column.choices and column.kind != "unit":
        return next((choice.label for choice in choices[column.choices] if choice.value == str(value).lower()), str(value))
    return _BY_KIND.get(column.kind, str)(value)


def _day(value: object) -> str:
    return date.fromisoformat(str(value)).strftime("%d/%m/%Y")


def _whole(value: object) -> int:
    return int(str(value))


_BY_KIND: dict[str, Callable[[object], str | int]] = {"day": _day, **dict.fromkeys(NUMBERS, _whole)}


def _units(raw: Mapping[str, Written], units: Units) -> str | None:
    """ "Thị xã A từ 01/05/2021 đến hết 30/06/2025; Phường B từ 01/07/2025"."""
    parts = []
    for _, each in items(raw, "unit"):
        unit = units.get(str(each.get("id")))
        until = each.get("to")
        ended = f" đến hết {(date.fromisoformat(str(until)) - timedelta(days=1)).strftime('%d/%m/%Y')}" if until else ""
        parts.append(f"{unit.full_name if unit else each.get('id')} từ {_day(each['from'])}{ended}")
    return "; ".join(parts) or None


_ENDS = {"camera": Text("Camera {slot}", "Camera {slot}"), "recorder": Text("Đầu ghi {slot}", "Recorder {slot}")}
_FIXED_ENDS = {"box": "Thiết bị biên", "uplink": "Đường lên"}


def _ports(raw: Mapping[str, Written]) -> Iterator[dict[str, Written]]:
    for _, switch in items(raw, "switches"):
        for _, port in items(switch, "ports"):
            ends = [text.vi.format(slot=port[end]) for end, text in _ENDS.items() if port.get(end)]
            ends += [label for end, label in _FIXED_ENDS.items() if port.get(end)]
            poe = "false" if str(port.get("poe", "true")).lower() == "false" else None
            yield {"switch": switch.get("slot"), "port_name": port.get("name"), "end": ends[0] if ends else None, "poe": poe}


def shown(listed: list[Known]) -> int:
    """Devices of these facilities."""
    return sum(1 for each in listed for kind in DEVICES for _ in items(each.raw, kind))
