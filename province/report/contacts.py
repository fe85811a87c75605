"""The list of focal points (order 2220, Ninh Thuận): full name, title, phone and e-mail of who answers at each facility."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from province.collation import vietnamese
from province.model import Province
from province.report.model.content import KINDS, Contact
from province.report.model.places import Place, authority_name, authority_on
from province.report.renderers.cells import phone
from province.report.renderers.tables import Listing
from province.report.renderers.xlsx import Column
from province.text import Text

TITLE = Text("Danh sách đầu mối", "Focal points")


@dataclass(frozen=True)
class Line:
    place: Place
    contact: Contact
    area: str
    unit: str
    authority: str
    connector: str
    connector_contact: Contact | None


def lines(province: Province, places: Sequence[Place], on: date) -> list[Line]:
    """In the Vietnamese order of areas, then of facilities."""
    connectors = {each.id: each for each in province.file.connectors}
    found = []
    for place in places:
        area, connector = province.areas.get(place.area), connectors.get(place.connector)
        found.append(
            Line(
                place=place,
                contact=place.focal_point,
                area=area.name if area else place.area,
                unit=(province.units.name(place.unit, on) if place.unit else None) or "",
                authority=authority_name(authority_on(province, place, on), place.authority, on),
                connector=connector.name if connector else place.connector,
                connector_contact=Contact(**connector.contact.model_dump()) if connector else None,
            )
        )
    return sorted(found, key=lambda line: (vietnamese(line.area), vietnamese(line.place.name), line.place.code))


COLUMNS: Sequence[Column[Line]] = (
    Column(Text("Khu vực triển khai", "Area"), 18, lambda line: line.area),
    Column(Text("Tên cơ sở", "Facility"), 26, lambda line: line.place.name),
    Column(Text("Họ và tên", "Full name"), 22, lambda line: line.contact.full_name),
    Column(Text("Chức danh", "Title"), 20, lambda line: line.contact.title),
    Column(Text("Số điện thoại", "Phone"), 15, lambda line: phone(line.contact.phone)),
    Column(Text("Thư điện tử", "E-mail"), 30, lambda line: line.contact.email),
    Column(Text("Địa chỉ", "Address"), 34, lambda line: line.place.address),
    Column(Text("Đơn vị hành chính", "Administrative unit"), 28, lambda line: line.unit),
    Column(Text("Cơ quan quản lý", "Authority"), 24, lambda line: line.authority),
    Column(Text("Loại cơ sở", "Kind"), 16, lambda line: KINDS.get(line.place.kind, Text(line.place.kind, line.place.kind))),
    Column(Text("Doanh nghiệp kết nối", "Connector"), 20, lambda line: line.connector),
    Column(Text("Mã cơ sở", "Code"), 14, lambda line: line.place.code),
)


def listing(province: Province, places: Sequence[Place], on: date) -> Listing[Line]:
    return Listing(TITLE, COLUMNS, lines(province, places, on), _row)


@dataclass(frozen=True)
class FocalPoint:
    """A line as JSON has it."""

    code: str
    id: str
    name: str
    address: str
    unit: str
    area: str
    area_name: str
    authority: str
    authority_name: str
    kind: str
    focal_point: Contact
    connector: str
    connector_contact: Contact | None


def _row(line: Line) -> FocalPoint:
    place = line.place
    return FocalPoint(
        code=place.code, id=place.id, name=place.name, address=place.address, unit=line.unit, area=place.area,
        area_name=line.area, authority=place.authority, authority_name=line.authority, kind=place.kind,
        focal_point=line.contact, connector=line.connector, connector_contact=line.connector_contact,
    )  # fmt: skip
