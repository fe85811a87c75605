"""A facility and everything in it, as the inventory describes them."""

from collections.abc import Iterator
from datetime import date
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from province.model import addresses
from province.model.devices import Camera, NoAccess, Recorder, Recording, Switch
from province.model.fields import (
    Address,
    Day,
    Email,
    FacilityId,
    Interface,
    Mac,
    Name,
    Network,
    Number,
    Phone,
    Slug,
)
from province.model.record import Record, holds
from province.text import Text

Kind = Literal["barracks", "school", "dormitory", "hotel", "hospital", "health-centre", "other"]
Level = Literal["province", "district", "commune"]
Stage = Literal["surveyed", "ready"]


class Person(Record):
    """Who answers: the four things that order 2220 (Ninh Thuận) asks for at least."""

    full_name: Name = Field(description="full name | họ và tên")
    title: Name = Field(description="title | chức vụ")
    phone: Phone = Field(description="phone, 10 or 11 digits | số điện thoại, 10 hay 11 chữ số")
    email: Email = Field(description="e-mail | thư điện tử")


class Membership(Record):
    """From when to when a facility lay in an administrative unit; `to` is the first day on which it no longer did."""

    id: Slug = Field(description="a unit of units.yml | một đơn vị trong units.yml")
    since: Day = Field(alias="from", description="first day | ngày đầu")
    until: Day | None = Field(default=None, alias="to", description="first day no longer in it | ngày đầu không còn thuộc")

    def holds(self, on: date) -> bool:
        return holds(self.since, self.until, on)


class Lan(Record):
    """The network of the cameras."""

    network: Network = Field(description="the LAN, such as 192.168.1.0/24 | mạng LAN")
    box_address: Address = Field(description="the box's own address in it | địa chỉ của thiết bị biên trong mạng này")
    topology: Literal["flat", "routed"] = Field(
        default="routed",
        description="routed: cameras behind the box, apart from its uplink; flat: one LAN for all"
        " | routed: camera nằm sau thiết bị biên, tách khỏi đường lên; flat: chung một mạng",
    )


class Uplink(Record):
    """How the box reaches the internet. A PPPoE password belongs in the facility's vault file, never here."""

    kind: Literal["dhcp", "static", "pppoe"] = Field(default="dhcp", description="how the box gets its address | cách nhận địa chỉ")
    address: Interface | None = Field(default=None, description="static: address/length | tĩnh: địa chỉ/độ dài")
    gateway: Address | None = Field(default=None, description="static: the router | tĩnh: bộ định tuyến")
    dns: list[Address] = Field(default=[], description="name servers | máy chủ tên miền")
    user: Name | None = Field(default=None, description="pppoe: the account's name | pppoe: tên tài khoản")
    kbps: Annotated[int, Field(ge=64)] | None = Field(
        default=None, description="upload rate in kbit/s, as measured | tốc độ tải lên, kbit/s, theo khảo sát"
    )


class Opinion(Record):
    """The answer of the military region, without which nothing is applied in a barracks (order 003.1)."""

    authority: Name = Field(description="who gave it | cơ quan cho ý kiến")
    number: Name = Field(description="number of the document | số văn bản")
    date: Day = Field(description="its date | ngày")
    agrees: bool = Field(default=True, description="false if it is a refusal | false nếu không đồng ý")


class ConnectionPlan(Record):
    agreed_by: Name = Field(description="who agreed to it | bên thống nhất")
    date: Day = Field(description="when | ngày")


class Funding(Record):
    source: Name = Field(description="whose money | nguồn kinh phí")
    agreed_by: Name | None = Field(default=None, description="who agreed | cơ quan thống nhất")
    number: Name | None = Field(default=None, description="number of the document | số văn bản")
    date: Day | None = Field(default=None, description="when | ngày")


class Box(Record):
    """The edge box: known by serial number or MAC, so that a first contact can be told from a stranger."""

    serial: Name | None = Field(default=None, description="serial number | số sê-ri")
    mac: Mac | None = Field(default=None, description="MAC of the uplink port | MAC của cổng đường lên")
    lan_mac: Mac | None = Field(default=None, description="MAC of the camera port | MAC của cổng phía camera")


class NoCamera(Record):
    """Why a required zone has no camera: there is none such, or another camera sees it."""

    zone: Slug = Field(description="a required zone | khu vực bắt buộc giám sát")
    reason: Name = Field(description="why no camera of its own | lý do không có camera riêng")


class Facility(Record):
    """One quarantine facility. `id`, `number` and the slots of its devices are kept for life."""

    id: FacilityId = Field(description="for life, such as BD-0001; name of its certificate | mã, không đổi")
    number: Number = Field(description="1..1023, for life; its addresses follow from it | số, không đổi")
    code: Slug = Field(description="what people type, such as an-nhon-01 | mã gọi, dùng trong lệnh")
    name: Name = Field(description="name | tên")
    address: Name = Field(description="postal address | địa chỉ")
    unit: Annotated[list[Membership], Field(min_length=1)] = Field(
        description="administrative units, dated, oldest first | đơn vị hành chính, theo thời gian"
    )
    area: Slug = Field(description="given by the file's `area:` | theo `area:` của tệp")
    authority: Slug = Field(description="who answers for it, from province.yml | cơ quan quản lý")
    kind: Kind = Field(description="what kind of place | loại cơ sở")
    level: Level = Field(description="level of its authority | cấp quản lý")
    focal_point: Person = Field(description="who answers at the facility | đầu mối của cơ sở")
    connector: Slug = Field(description="designated enterprise, from province.yml | doanh nghiệp kết nối")
    lan: Lan = Field(description="the camera LAN | mạng camera")
    uplink: Uplink = Field(default=Uplink(), description="the way to the internet | đường lên internet")
    priority: Annotated[int, Field(ge=1, le=9)] = Field(default=5, description="1 first, 9 last in a rollout | 1 trước, 9 sau")
    surveyed_on: Day | None = Field(default=None, description="day of the survey on site | ngày khảo sát tại chỗ")
    opinion: Opinion | None = Field(default=None, description="barracks: needed before anything is applied | doanh trại: bắt buộc")
    connection_plan: ConnectionPlan | None = Field(default=None, description="plan agreed with the facility | phương án kết nối")
    funding: Funding | None = Field(default=None, description="carried into the report | kinh phí, đưa vào báo cáo")
    box: Box = Field(description="the edge box | thiết bị biên")
    cameras: list[Camera] = Field(default=[], description="cameras | camera")
    recorders: list[Recorder] = Field(default=[], description="recorders | đầu ghi hình")
    switches: list[Switch] = Field(default=[], description="switches | bộ chuyển mạch")
    recording: Recording = Field(default=Recording(), description="who records, and for how long | nơi lưu hình, trong bao lâu")
    no_access: NoAccess | None = Field(
        default=None, description="the facility lets nobody in: left out, and named | cơ sở không cho vào: tạm để ra ngoài, có nêu tên"
    )
    no_camera_zones: list[NoCamera] = Field(default=[], description="zones without a camera, and why | khu vực không có camera, và lý do")

    stage: Stage = Field(
        default="ready",
        description="surveyed: not all is known yet; left out, and named | surveyed: mới khảo sát, còn thiếu; để ra ngoài, có nêu tên",
    )

    _block: int = PrivateAttr(0)

    def model_post_init(self, context: Any) -> None:
        """`context` is the validation's: {"block": the hub's block}."""
        self._block = (context or {}).get("block", 0)

    @property
    def tunnel_address(self) -> IPv4Address:
        return addresses.tunnel_address(self._block, self.number)

    @property
    def mapped_network(self) -> IPv4Network:
        return addresses.mapped_network(self._block, self.number)

    @property
    def lifeline_port(self) -> int:
        return addresses.lifeline_port(self.number)

    def mapped(self, slot: int) -> IPv4Address:
        """The address under which hub and centre reach the device in `slot`."""
        return addresses.mapped_address(self._block, self.number, slot)

    def devices(self) -> Iterator[Camera | Recorder | Switch]:
        yield from self.cameras
        yield from self.recorders
        yield from self.switches

    def unit_on(self, on: date) -> str | None:
        """Id of the administrative unit it lay in on that day."""
        return next((entry.id for entry in self.unit if entry.holds(on)), None)

    def withheld(self, on: date) -> Text | None:
        """Why nothing may be applied to or measured in this facility on that day, or None."""
        if self.no_access:
            return _NO_ACCESS.format(code=self.code, name=self.name, **self.no_access.model_dump())
        if self.kind != "barracks":
            return None
        if self.opinion is None:
            return _NO_OPINION.format(code=self.code, name=self.name)
        if self.opinion.date > on:
            return _LATER_OPINION.format(code=self.code, name=self.name, date=self.opinion.date)
        if not self.opinion.agrees:
            return _REFUSED.format(code=self.code, name=self.name, number=self.opinion.number)
        return None


_NO_ACCESS = Text(
    "{code} ({name}) không cho tiếp cận ({reason}; ngày {date}, người chứng kiến: {witness}): tạm chưa triển khai và đo kiểm",
    "{code} ({name}) lets nobody in ({reason}; {date}, witness: {witness}): left out",
)
_NO_OPINION = Text(
    "{code} ({name}) là doanh trại, hồ sơ chưa có ý kiến của quân khu: tạm chưa triển khai và đo kiểm; khi có văn bản, ghi vào "
    "`opinion: {{authority, number, date}}`",
    "{code} ({name}) is a barracks with no opinion of the military region on file: left out; once there is one, record it "
    "under `opinion: {{authority, number, date}}`",
)
_LATER_OPINION = Text(
    "{code} ({name}) là doanh trại, ý kiến của quân khu ghi ngày {date}: đến ngày đó mới triển khai",
    "{code} ({name}) is a barracks whose opinion on file is dated {date}: left out until then",
)
_REFUSED = Text(
    "{code} ({name}) là doanh trại, văn bản {number} không đồng ý: không triển khai",
    "{code} ({name}) is a barracks and opinion {number} does not agree: left out",
)
