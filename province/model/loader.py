"""From an inventory's folder to the model: `load`."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from province.fault import Fault
from province.model import former
from province.model.book import Book, Sheet, get, items, text
from province.model.check import faults_of, gaps_of
from province.model.facility import Facility
from province.model.province import Area, Province, ProvinceFile
from province.model.record import Record
from province.model.surveyed import Surveyed
from province.model.tables import Drivers, Make, MakesFile, Tables, ZonesFile
from province.model.units import Unit, Units
from province.model.waivers import Waiver
from province.source import Key, Source, read
from province.text import Text

R = TypeVar("R", bound=Record)

_DATA = Path(__file__).resolve().parent.parent / "data"
_OURS = ("also", "drivers", "rtsp_path")
"""Fields of a make that our code goes by; the others are a province's own business."""
_UNIT_KEYS = {"units"}
_AREA_KEYS = {"area", "defaults", "facilities"}
_WAIVER_KEYS = {"waivers"}


def folder(inventory: Path) -> Path:
    """The inventory's folder, whether a person named it or its province.yml."""
    return inventory.parent if inventory.name == "province.yml" else inventory


def load(inventory: Path) -> tuple[Province | None, list[Fault]]:
    """Read and check everything. With no faults the province is whole; with faults it holds what could be understood.

    None stands for a province whose province.yml itself can't be understood. Never raises for what a person can mistype.
    A barracks with no opinion on file is no fault: ask `Province.withheld`.
    """
    book = open_book(folder(inventory))
    faults = _in_order({*book.faults, *faults_of(book)})
    if book.file is None:
        return None, faults
    lists = (book.facilities, book.surveyed, book.waivers, _in_order(book.notices))
    return Province(book.path, book.file, book.units, book.areas, book.tables, *lists), faults


def head(inventory: Path) -> ProvinceFile | None:
    """province.yml alone, for who asks nothing of the facilities; None where it can't be understood."""
    source = read(folder(inventory) / "province.yml")
    _former(source, ("defaults",), "defaults", [])
    return Sheet("", _filled(_fields(source, [])), [(source, ())]).build(ProvinceFile)[0]


def _in_order(faults: Iterable[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda each: (str(each.file), each.line, each.field))


def open_book(path: Path) -> Book:
    faults: list[Fault] = []
    head_source = read(path / "province.yml")
    notices = _former(head_source, ("defaults",), "defaults", faults)
    head = Sheet("", _fields(head_source, faults), [(head_source, ())])
    file: ProvinceFile | None = None
    if head_source.readable:
        file, found = Sheet("", _filled(head.raw), head.written).build(ProvinceFile)
        faults += found
    unit_rows, units = _units(read(path / "units.yml"), faults)
    book = Book(path, head, units, unit_rows, _tables(path, faults), file=file, faults=faults, notices=notices)
    _areas(book, head_source)
    _waivers(book)
    return book


def _fields(source: Source, faults: list[Fault]) -> dict[str, Any]:
    faults += source.faults
    if isinstance(source.data, dict):
        return source.data
    if source.readable:
        faults.append(Fault(source.file, 1, "yaml", _NO_FIELDS))
    return {}


def _former(source: Source, place: Key, name: str, faults: list[Fault]) -> list[Fault]:
    """Former keys of the record at `place` made today's: what to write instead; what can't be made so is a fault."""
    told = list(former.taken(source, place, name))
    faults += [fault for done, fault in told if not done]
    return [notice for done, notice in told if done]


def _filled(value: Any) -> Any:
    """Without the fields that are there but empty: an empty field says nothing."""
    if isinstance(value, dict):
        return {key: _filled(each) for key, each in value.items() if each is not None}
    return [_filled(each) for each in value] if isinstance(value, list) else value


def _merged(base: Any, over: Any) -> Any:
    """`over` with what it leaves unsaid taken from `base`; fields merge, lists and values replace."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {key: _merged(base.get(key), over.get(key)) for key in {**base, **over}}
    return base if over is None else over


def _others(source: Source, raw: dict[str, Any], known: set[str], faults: list[Fault]) -> None:
    faults += [
        Fault(source.file, source.line((key,)), key, _UNKNOWN.format(known=", ".join(sorted(known)))) for key in raw if key not in known
    ]


def _units(source: Source, faults: list[Fault]) -> tuple[list[Sheet], Units]:
    sheets, rows = _rows(source, "units", "id", _UNIT_KEYS, Unit, faults)
    return sheets, Units(rows)


def _waivers(book: Book) -> None:
    """A province without waivers.yml has waived nothing."""
    file = book.path / "waivers.yml"
    if file.exists():
        book.waiver_rows, book.waivers = _rows(read(file), "waivers", "check", _WAIVER_KEYS, Waiver, book.faults)


def _rows(source: Source, name: str, called: str, known: set[str], model: type[R], faults: list[Fault]) -> tuple[list[Sheet], list[R]]:
    """The records of a file that is one list: as written, and typed where they could be understood."""
    raw = _fields(source, faults)
    _others(source, raw, known, faults)
    if source.readable and not isinstance(raw.get(name), list):
        faults.append(Fault(source.file, source.line((name,)), name, _NO_LIST))
    sheets: list[Sheet] = []
    rows: list[R] = []
    for index, each in items(raw, name):
        sheet = Sheet(text(each, called) or f"{name}[{index + 1}]", _filled(each), [(source, (name, index))])
        row, found = sheet.build(model)
        faults += found
        sheets.append(sheet)
        if row:
            rows.append(row)
    return sheets, rows


def _tables(path: Path, faults: list[Fault]) -> Tables:
    zones = _table(path, "zones.yml", ZonesFile, faults)
    own, ours = _table(path, "makes.yml", MakesFile, faults), shipped("makes.yml", MakesFile)
    if (path / "makes.yml").exists():
        faults += _unknown_drivers(path / "makes.yml", own, ours)
    makes = _completed(own.makes, ours.makes)
    return Tables(
        zones={zone.id: zone for zone in zones.zones},
        refused_places=tuple(zones.refused_places),
        makes={make.id: make for make in makes},
        drivers={
            kind: tuple(dict.fromkeys(name for each in (*(make.drivers for make in makes), own.drivers) for name in getattr(each, kind)))
            for kind in Drivers.model_fields
        },
    )


def _unknown_drivers(file: Path, own: MakesFile, ours: MakesFile) -> Iterator[Fault]:
    """Drivers are code: a province's file may choose among those that there are, and name no other."""
    lines = read(file)
    chosen: list[tuple[str, Key, Drivers]] = [("drivers", ("drivers",), own.drivers)]
    chosen += [(f"makes[{index + 1}].drivers", ("makes", index, "drivers"), make.drivers) for index, make in enumerate(own.makes)]
    for kind in Drivers.model_fields:
        known = {name for each in (*(make.drivers for make in ours.makes), ours.drivers) for name in getattr(each, kind)}
        for field, key, drivers in chosen:
            for name in sorted(set(getattr(drivers, kind)) - known):
                yield Fault(file, lines.line((*key, kind)), f"{field}.{kind}", _NO_DRIVER.format(name=name, known=", ".join(sorted(known))))


def _completed(makes: list[Make], ours: list[Make]) -> list[Make]:
    """A make that we know as well has what our code goes by from ours, where the province's own file doesn't say."""
    known = {make.id: make for make in ours}
    return [
        make.model_copy(update={name: getattr(known[make.id], name) for name in _OURS if name not in make.model_fields_set})
        if make.id in known
        else make
        for make in makes
    ]


def _table(path: Path, name: str, model: type[R], faults: list[Fault]) -> R:
    """The province's own table, or ours where it keeps none or its own can't be understood."""
    if (path / name).exists():
        source = read(path / name)
        own, found = Sheet("", _filled(_fields(source, faults)), [(source, ())]).build(model)
        faults += found
        if own:
            return own
    return shipped(name, model)


def shipped(name: str, model: type[R]) -> R:
    """The table of that name that travels with the code."""
    return model.model_validate(_filled(read(_DATA / name).data))


def _areas(book: Book, head: Source) -> None:
    listed = sorted((book.path / "areas").glob("*.y*ml"))
    if not listed:
        book.faults.append(Fault(book.path / "areas", 1, "areas", _NO_AREAS))
    for file in listed:
        source = read(file)
        raw = _fields(source, book.faults)
        if file.suffix != ".yml":
            book.faults.append(Fault(file, 1, "areas", _SUFFIX.format(name=file.with_suffix(".yml").name)))
        if not source.readable:
            continue
        _others(source, raw, _AREA_KEYS, book.faults)
        area, found = Sheet("area", _filled(raw.get("area") or {}), [(source, ("area",))]).build(Area)
        book.faults += found
        if area and area.id != file.stem:
            text_ = _STEM.format(id=area.id, stem=file.stem)
            book.faults.append(Fault(file, source.line(("area", "id")), "area.id", text_))
        book.areas[file.stem] = area or Area(id="unnamed", name=file.stem)
        _facilities(book, source, file.stem, head)


def _facilities(book: Book, source: Source, area: str, head: Source) -> None:
    listed = get(source.data, "facilities")
    if listed is not None and not isinstance(listed, list):
        book.faults.append(Fault(source.file, source.line(("facilities",)), "facilities", _NO_LIST))
    book.notices += _former(source, ("defaults",), "defaults", book.faults)
    for index, each in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(each, dict):
            line = source.line(("facilities", index))
            book.faults.append(Fault(source.file, line, f"facilities[{index + 1}]", _NO_FIELDS))
            continue
        name = text(each, "code") or f"facilities[{index + 1}]"
        book.notices += _former(source, ("facilities", index), name, book.faults)
        defaults = _merged(get(book.head.raw, "defaults") or {}, get(source.data, "defaults") or {})
        raw = _filled(_merged(_merged({"area": area}, defaults), each))
        written = [(source, ("facilities", index)), (source, ("defaults",)), (head, ("defaults",))]
        sheet = Sheet(name, raw, written, area)
        book.sheets.append(sheet)
        context = {"block": book.block or 0}
        if sheet.surveyed:
            missing, found = sheet.build_early(Facility, context)
            book.faults += found
            book.surveyed.append(Surveyed(sheet.name, area, raw, [*missing, *gaps_of(book, sheet)]))
            continue
        facility, found = sheet.build(Facility, context)
        book.faults += found
        if facility:
            book.facilities.append(facility)


_NO_FIELDS = Text("ở đây phải là các dòng `tên: giá trị`", "there must be lines of `name: value` here")
_NO_LIST = Text("phải là danh sách: mỗi mục một dòng bắt đầu bằng `- `", "must be a list: each entry a line that begins with `- `")
_NO_DRIVER = Text("không có trình điều khiển “{name}”; có: {known}", "there is no driver “{name}”; there are: {known}")
_UNKNOWN = Text("trường lạ: hãy xoá; ở đây có: {known}", "unknown field: remove it; here there are: {known}")
_NO_AREAS = Text(
    "chưa có khu vực triển khai nào: tạo areas/TÊN-KHU-VỰC.yml (xem docs/inventory.md)",
    "there is no area yet: make areas/NAME-OF-AREA.yml (see docs/inventory.md)",
)
_SUFFIX = Text("đổi tên tệp thành {name}", "name this file {name}")
_STEM = Text("mã “{id}” khác tên tệp “{stem}”: sửa một trong hai", "the id “{id}” is not the file's name “{stem}”: change one")
