"""Names that must exist elsewhere: authorities, connectors, areas, makers, drivers; and how a box is known."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from province.fault import Fault
from province.model.book import Book, Sheet, get, items, text
from province.text import Text


def known(book: Book) -> Iterator[Fault]:
    authorities, connectors = book.ids("authorities"), book.ids("connectors")
    units = {text(row.raw, "id") for row in book.unit_rows}
    for index, each in items(book.head.raw, "authorities"):
        for place, successor in enumerate(get(each, "successors") or []):
            if isinstance(successor, str) and successor not in authorities:
                key = ("authorities", index, "successors", place)
                yield book.head.fault(key, _AUTHORITY.format(value=successor, known=_near(successor, authorities)))
        if (governed := text(each, "unit")) and governed not in units:
            yield book.head.fault(("authorities", index, "unit"), _UNIT.format(value=governed))
    unit = text(book.head.raw, "unit")
    if unit and unit not in book.units:
        yield book.head.fault(("unit",), _UNIT.format(value=unit))
    for sheet in book.sheets:
        authority, connector = text(sheet.raw, "authority"), text(sheet.raw, "connector")
        if authority and authorities and authority not in authorities:
            yield sheet.fault(("authority",), _AUTHORITY.format(value=authority, known=_near(authority, authorities)))
        if connector and connectors and connector not in connectors:
            yield sheet.fault(("connector",), _CONNECTOR.format(value=connector, known=_near(connector, connectors)))
        if text(sheet.raw, "area") not in (sheet.area, None):
            yield sheet.fault(("area",), _AREA.format(area=sheet.area))


def drivers(book: Book) -> Iterator[Fault]:
    for sheet in book.sheets:
        for kind, fitting in book.tables.drivers.items():
            for index, device in items(sheet.raw, kind):
                make, driver = text(device, "make"), text(device, "driver")
                if make and make not in book.tables.makes:
                    message = _MAKE.format(value=make, known=_near(make, book.tables.makes))
                    yield sheet.fault((kind, index, "make"), message)
                if driver and driver not in fitting:
                    message = _DRIVER.format(value=driver, known=", ".join(fitting))
                    yield sheet.fault((kind, index, "driver"), message)


def boxes(book: Book) -> Iterator[Fault]:
    for sheet in book.sheets:
        if not sheet.surveyed:
            yield from unknown_box(sheet)


def unknown_box(sheet: Sheet) -> Iterator[Fault]:
    box = get(sheet.raw, "box")
    if isinstance(box, dict) and not (box.get("serial") or box.get("mac")):
        yield sheet.fault(("box",), _BOX)


def _near(given: str, among: Iterable[str]) -> str:
    listed = sorted(among)
    return ", ".join(get_close_matches(given, listed, 3) or listed[:12])


_AUTHORITY = Text(
    "không có cơ quan “{value}” trong province.yml (`authorities`); gần nhất: {known}",
    "there is no authority “{value}” in province.yml (`authorities`); nearest: {known}",
)
_CONNECTOR = Text(
    "không có doanh nghiệp “{value}” trong province.yml (`connectors`); gần nhất: {known}",
    "there is no connector “{value}” in province.yml (`connectors`); nearest: {known}",
)
_UNIT = Text("không có đơn vị “{value}” trong units.yml", "there is no unit “{value}” in units.yml")
_AREA = Text("tệp này là khu vực triển khai “{area}”: xoá dòng này", "this file is the area “{area}”: remove this line")
_MAKE = Text(
    "không biết hãng “{value}”; gần nhất: {known}; hãng khác thì ghi generic",
    "unknown maker “{value}”; nearest: {known}; for any other write generic",
)
_DRIVER = Text("không biết trình điều khiển “{value}”; có: {known}", "unknown driver “{value}”; there are: {known}")
_BOX = Text(
    "cần `serial` hoặc `mac`, để lần đầu kết nối nhận ra đúng thiết bị",
    "needs `serial` or `mac`, so that the first contact knows the right box",
)
