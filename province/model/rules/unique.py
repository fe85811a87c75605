"""What must be there once: ids, numbers, codes, MACs and serials in a province; slots and addresses in a facility."""

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address

from province.fault import Fault
from province.model.book import Book, Sheet, get, items, parsed, text
from province.model.fields import mac_address
from province.source import Key
from province.text import Text

Entry = tuple[str, Sheet, Key]

RESERVED = frozenset({"all", "boxes", "centre", "hub", "office", "ungrouped", "withheld"})


def in_province(book: Book) -> Iterator[Fault]:
    for name in ("authorities", "connectors"):
        yield from _twice(((text(each, "id") or "", book.head, (name, i, "id")) for i, each in items(book.head.raw, name)), _ID)
    yield from _twice(((text(row.raw, "id") or "", row, ("id",)) for row in book.unit_rows), _ID)
    for field, message in (("id", _ID), ("code", _CODE)):
        yield from _twice(((text(sheet.raw, field) or "", sheet, (field,)) for sheet in book.sheets), message)
    yield from _twice(((str(parsed(int, sheet.raw, "number") or ""), sheet, ("number",)) for sheet in book.sheets), _NUMBER)
    yield from _twice(((text(sheet.raw, "box", "serial") or "", sheet, ("box", "serial")) for sheet in book.sheets), _SERIAL)
    yield from _twice((entry for sheet in book.sheets for entry in _macs(sheet)), _MAC)
    for sheet in book.sheets:
        if text(sheet.raw, "code") in RESERVED:
            yield sheet.fault(("code",), _RESERVED.format(value=sheet.raw["code"]))


def in_facility(book: Book) -> Iterator[Fault]:
    for sheet in book.sheets:
        yield from _twice(_listed(sheet, "slot", _whole), _SLOT)
        box = parsed(IPv4Address, sheet.raw, "lan", "box_address")
        addresses: list[Entry] = [(str(box), sheet, ("lan", "box_address"))] if box else []
        yield from _twice([*addresses, *_listed(sheet, "address", _address)], _ADDRESS)


def _whole(value: str) -> str:
    return str(int(value))


def _address(value: str) -> str:
    return str(IPv4Address(value))


def _listed(sheet: Sheet, field: str, normal: Callable[[str], str]) -> Iterator[Entry]:
    for kind in ("cameras", "recorders", "switches"):
        for index, _ in items(sheet.raw, kind):
            key: Key = (kind, index, field)
            yield parsed(normal, sheet.raw, *key) or "", sheet, key


def _macs(sheet: Sheet) -> Iterator[Entry]:
    for field in ("mac", "lan_mac"):
        yield parsed(mac_address, sheet.raw, "box", field) or "", sheet, ("box", field)
    yield from _listed(sheet, "mac", mac_address)


def _twice(entries: "Iterator[Entry] | list[Entry]", message: Text) -> Iterator[Fault]:
    """A fault at the second and every further entry with the same value; it names the first."""
    first: dict[str, Entry] = {}
    for value, sheet, key in entries:
        if not value or get(sheet.raw, *key) is None:
            continue
        if value in first:
            _, other, other_key = first[value]
            file, line = other.where(other_key)
            yield sheet.fault(key, message.format(value=value, where=f"{file.name}:{line}", name=other.name))
        else:
            first[value] = (value, sheet, key)


_ID = Text(
    "mã “{value}” đã có ở {where}: mỗi mã một nơi, suốt đời",
    "the id “{value}” stands already at {where}: each id once, for life",
)
_CODE = Text(
    "mã gọi “{value}” đã có ở {where}: đặt mã khác",
    "the code “{value}” stands already at {where}: choose another",
)
_NUMBER = Text(
    "số {value} đã là của {name} ({where}): chọn số chưa ai dùng",
    "number {value} is {name}'s already ({where}): choose one that nobody has had",
)
_SERIAL = Text(
    "số sê-ri {value} đã ở {name} ({where}): xem lại nhãn thiết bị",
    "serial {value} is {name}'s already ({where}): look at the box's label again",
)
_MAC = Text(
    "MAC {value} đã ở {name} ({where}): xem lại nhãn thiết bị",
    "MAC {value} is {name}'s already ({where}): look at the device's label again",
)
_SLOT = Text(
    "vị trí {value} đã dùng ở {where}: camera, đầu ghi hình và bộ chuyển mạch dùng chung 1..126",
    "slot {value} is taken at {where}: cameras, recorders and switches share 1..126",
)
_ADDRESS = Text(
    "địa chỉ {value} đã dùng ở {where}: mỗi thiết bị một địa chỉ",
    "address {value} is taken at {where}: each device its own",
)
_RESERVED = Text("mã gọi “{value}” dành riêng cho phần mềm: đặt mã khác", "the code “{value}” is kept for the software: choose another")
