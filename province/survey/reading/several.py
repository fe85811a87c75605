"""A row of devices: what it says of one, or of several in one cell."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from province.survey.reading.cells import Fields, Remarks, Thing, Value, ValueRejected, Where
from province.survey.reading.choices import Choice, Choices, choose, zone_of
from province.survey.reading.normalise import nothing, text_of
from province.survey.reading.places import places
from province.survey.reading.table import Row
from province.survey.reading.values import addresses, count, mac, web_port
from province.text import Text

Raw = dict[str, tuple[Any, Where]]
"""Cells of a row that may speak of several devices."""
CELLS = ("place", "zone", "address", "mac", "count")


def devices(row: Row, own: Fields, raw: Raw, choices: Choices, remarks: Remarks) -> Iterator[Thing]:
    """The devices of one row: two places, or a number, in one cell are as many devices. Nothing where the row contradicts itself."""
    at = {name: raw[name][1] if name in raw else row.where for name in CELLS}

    def read(name: str, parse: Callable[[Any], Any], otherwise: Any) -> Any:
        try:
            return parse(raw[name][0]) if name in raw else otherwise
        except ValueRejected as refused:
            remarks.fault(at[name], refused.text)
            return otherwise

    named = [name for name, number in read("place", places, []) for _ in range(number)]
    number = read("count", count, None)
    several = max(len(named), 1) if number is None else number
    if number is not None and len(named) == 1:
        named = named * number
    lists = {"address": read("address", addresses, []), "mac": read("mac", _macs, [])}
    if number is not None and named and len(named) != number:
        remarks.fault(at["count"], _COUNT, count=number, places=len(named))
        return
    for field, listed in lists.items():
        if listed and len(listed) != several:
            remarks.fault(at[field], _TOO_MANY[field], found=len(listed), count=several)
            return
    if several > 1 and "slot" in own:
        remarks.fault(own["slot"].where, _ONE_SLOT, count=several)
        return
    if several > 1:
        remarks.note(at["place" if named else "count"], _SEVERAL, count=several)
    if "address" in raw and several == 1 and (web := web_port(raw["address"][0])):
        own = {"port": Value(web, at["address"])} | own
    labels = {choice.value: choice.label for choice in choices["zones"]}
    said = read("zone", lambda value: _named_zones(value, len(named), choices["zones"]), [])
    for nth in range(several):
        thing = Thing(row.where, dict(own))
        name = named[nth] if nth < len(named) else None
        zone = _zone(name, nth, said, len(set(named)) > 1, choices["zones"]) if row.reading.entity == "cameras" else None
        if zone:
            thing.fields["zone"] = Value(zone, at["zone"] if zone in said else at["place"])
        if name or zone:
            thing.fields["place"] = Value(name or labels[zone or ""], at["place"] if name else at["zone"])
        for field, listed in lists.items():
            if listed:
                thing.fields[field] = Value(listed[nth], at[field])
        yield thing


def _macs(value: Any) -> list[str]:
    return [found for part in re.split(r"[;,\n]", text_of(value)) if (found := mac(part))]


def _named_zones(value: Any, places_named: int, zones: tuple[Choice, ...]) -> list[str | None]:
    """The zones that the cell names: one for all of the row's places, or one for each. Raises ValueRejected."""
    try:
        return [choose(value, zones)] if not nothing(text_of(value)) else []
    except ValueRejected:
        parts = [part for part in re.split(r"[;\n]", text_of(value)) if not nothing(part)]
        if len(parts) < 2:
            raise
        if len(parts) != places_named:
            raise ValueRejected(_ZONES, found=len(parts), count=places_named) from None
        return [choose(part, zones) for part in parts]


def _zone(name: str | None, nth: int, said: list[str | None], different: bool, zones: tuple[Choice, ...]) -> str | None:
    """A place's zone: as its cell says, else as its own words do where they name just one."""
    if len(said) > 1:
        return said[nth]
    if said and not different:
        return said[0]
    return (zone_of(name, zones) if name else None) or (said[0] if said else None)


_COUNT = Text(
    "ghi {count} chiếc nhưng nêu {places} vị trí: sửa một trong hai, hoặc tách mỗi chiếc một dòng",
    "{count} are counted and {places} places named: correct one, or write each in a row of its own",
)
_TOO_MANY = {
    "address": Text(
        "{found} địa chỉ cho {count} thiết bị: tách mỗi thiết bị một dòng",
        "{found} addresses for {count} devices: write each device in a row of its own",
    ),
    "mac": Text(
        "{found} địa chỉ MAC cho {count} thiết bị: tách mỗi thiết bị một dòng",
        "{found} MACs for {count} devices: write each device in a row of its own",
    ),
}
_ONE_SLOT = Text(
    "một số vị trí cho {count} thiết bị: tách mỗi thiết bị một dòng", "one slot for {count} devices: write each device in a row of its own"
)
_ZONES = Text(
    "{found} khu vực cho {count} vị trí: tách mỗi camera một dòng",
    "{found} zones for {count} places: write each camera in a row of its own",
)
_SEVERAL = Text("hiểu là {count} thiết bị trong một ô", "taken as {count} devices in one cell")
