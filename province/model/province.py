"""A province: its hub, its people, and its facilities."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from province.fault import Fault
from province.model import addresses
from province.model.facility import Facility, Person
from province.model.fields import Address, Block, Day, Email, Host, Name, Network, Slug, WireGuardKey
from province.model.record import Record, holds
from province.model.surveyed import Surveyed
from province.model.tables import Tables
from province.model.units import Units
from province.model.waivers import Waiver
from province.text import Text

Kbps = Annotated[int, Field(ge=64)]


class Hub(Record):
    block: Block = Field(description="address block, 1..63 | khối địa chỉ, 1..63")
    endpoint: Address = Field(description="public address | địa chỉ công khai")
    more_endpoints: list[Address] = Field(
        default=[],
        description="further public addresses whose TCP 443 leads to the hub, in the order to try | "
        "các địa chỉ công khai khác có TCP 443 dẫn tới máy chủ, theo thứ tự thử",
    )
    ssh_user: Host = Field(default="ketnoi", description="administrator's account | tài khoản quản trị")
    ntp_servers: list[Host] = Field(default=[], description="where the hub takes its time | nguồn giờ của máy chủ kết nối")
    admin_from: list[Network] = Field(default=[], description="networks that may use SSH on port 22 | mạng được SSH vào cổng 22")

    @property
    def address(self) -> str:
        return str(addresses.hub_address(self.block))


class Renaming(Record):
    """What an office is called from a day on."""

    since: Day = Field(alias="from", description="first day | ngày đầu")
    name: Name = Field(description="new name | tên mới")


class Office(Record):
    name: Name | None = Field(default=None, description="name | tên")
    renamed: list[Renaming] = Field(default=[], description="later names, each from its day on | các tên về sau, mỗi tên từ ngày của nó")
    address: Address | None = Field(default=None, description="public address, if fixed | địa chỉ công khai, nếu cố định")

    def called(self, on: date) -> str | None:
        """Its name on a day."""
        return next((each.name for each in reversed(self.renamed) if each.since <= on), self.name)


class Probe(Record):
    """Where `ketnoi verify` may measure from in the central system's stead."""

    host: Host = Field(description="machine | máy")
    user: Host = Field(default="probe", description="account | tài khoản")


class Central(Record):
    """The designated system (the Ministry's): it may reach the mapped addresses of cameras and nothing else."""

    name: Name = Field(description="name | tên")
    operator: Name | None = Field(default=None, description="who runs it | đơn vị vận hành")
    public_key: WireGuardKey | None = Field(
        default=None, description="its peer's key at the hub | khoá của hệ thống này tại máy chủ kết nối"
    )
    addresses: list[Network] = Field(default=[], description="more sources behind its peer | các mạng khác phía sau hệ thống này")
    probe: Probe | None = Field(default=None, description="a machine to measure from | máy để đo")


class Order(Record):
    """What an order asks by when; `inclusive: false` is "before that day"."""

    number: Name = Field(description="number of the document | số văn bản")
    authority: Name = Field(description="who gave it | cơ quan ban hành")
    milestone: Literal["survey", "plan", "connect", "report"] = Field(description="what must be done | mốc")
    date: Day = Field(description="by when | thời hạn")
    inclusive: bool = Field(default=True, description="that day still counts | tính cả ngày đó")
    done: Day | None = Field(default=None, description="report: the day it was sent | báo cáo: ngày đã gửi")
    note: Name | None = Field(default=None, description="note | ghi chú")


class Authority(Record):
    """Who answers for facilities. Dated, because bodies merge and are renamed."""

    id: Slug = Field(description="id | mã")
    name: Name = Field(description="name | tên")
    level: Literal["province", "district", "commune", "military"] = Field(description="level | cấp")
    contact: Person | None = Field(default=None, description="who to write to | người liên hệ")
    since: Day | None = Field(default=None, alias="from", description="first day | ngày đầu")
    until: Day | None = Field(default=None, alias="to", description="first day no longer | ngày đầu không còn")
    successors: list[Slug] = Field(default=[], description="who answers afterwards | cơ quan kế tiếp")
    unit: Slug | None = Field(
        default=None,
        description="the unit that it governs; tells several successors apart | đơn vị hành chính nó quản lý, để chọn cơ quan kế tiếp",
    )


class Connector(Record):
    """An enterprise that the Ministry designated; its engineers bring failed sites back."""

    id: Slug = Field(description="id | mã")
    name: Name = Field(description="name | tên")
    contact: Person = Field(description="who to call | người liên hệ")


class Recipient(Record):
    """Who gets the reports. Dated, as authorities are."""

    name: Name = Field(description="who | nơi nhận")
    email: Email | None = Field(default=None, description="e-mail | thư điện tử")
    since: Day | None = Field(default=None, alias="from", description="first day | ngày đầu")
    until: Day | None = Field(default=None, alias="to", description="first day no longer | ngày đầu không còn")

    def holds(self, on: date) -> bool:
        return holds(self.since, self.until, on)


class Measuring(Record):
    """How much of the lines measuring may fill, so that it disturbs nobody's view; the figures are our choice."""

    hub_kbps: Kbps = Field(default=100_000, description="streams through the hub at once, kbit/s | tổng luồng qua máy chủ kết nối, kbit/s")
    uplink_kbps: Kbps = Field(
        default=12_000, description="of an uplink whose rate nobody measured, kbit/s | với đường lên chưa biết tốc độ, kbit/s"
    )
    uplink_percent: Annotated[int, Field(ge=1, le=100)] = Field(
        default=80, description="of an uplink's `kbps` | phần trăm `kbps` của đường lên"
    )
    stream_kbps: Kbps = Field(
        default=2_048, description="a stream whose rate its camera does not tell, kbit/s | luồng mà camera không báo tốc độ, kbit/s"
    )

    def budget(self, uplink_kbps: int | None) -> int:
        """What a facility's streams may take of its uplink while they are measured, kbit/s."""
        return self.uplink_kbps if uplink_kbps is None else uplink_kbps * self.uplink_percent // 100


class ProvinceFile(Record):
    """province.yml."""

    code: Slug = Field(description="as the folder is called | như tên thư mục")
    name: Name = Field(description="name | tên")
    unit: Slug | None = Field(default=None, description="its unit in units.yml | đơn vị trong units.yml")
    hub: Hub = Field(description="the hub | máy chủ kết nối cấp tỉnh")
    office: Office = Field(default=Office(), description="where the commands run | nơi chạy lệnh")
    central: Central = Field(description="the designated system | hệ thống giám sát tập trung")
    orders: list[Order] = Field(default=[], description="orders and their milestones | văn bản và thời hạn")
    recipients: list[Recipient] = Field(default=[], description="who gets the reports | nơi nhận báo cáo")
    measuring: Measuring = Field(default=Measuring(), description="bandwidth that measuring may take | băng thông dành cho đo kiểm")
    authorities: Annotated[list[Authority], Field(min_length=1)] = Field(description="who answers | cơ quan quản lý")
    connectors: Annotated[list[Connector], Field(min_length=1)] = Field(description="enterprises | doanh nghiệp")
    defaults: dict[str, Any] = Field(default={}, description="values for every facility that says nothing else | giá trị mặc định")

    def addressed(self, on: date) -> list[Recipient]:
        """Who gets the reports of a day."""
        return [each for each in self.recipients if each.holds(on)]


class Area(Record):
    """The head of an area file: the group a rollout takes at once, with a name that the province chooses."""

    id: Slug = Field(description="as the file is called | như tên tệp")
    name: Name = Field(description="name | tên")


@dataclass(frozen=True)
class Province:
    """The whole inventory. `facilities` are in the order of area files' names, then as written; of those `surveyed` not all is
    known yet, so that nothing can be applied or measured there."""

    path: Path
    file: ProvinceFile
    units: Units
    areas: Mapping[str, Area]
    tables: Tables
    facilities: list[Facility] = field(default_factory=list)
    surveyed: list[Surveyed] = field(default_factory=list)
    waivers: list[Waiver] = field(default_factory=list)
    notices: list[Fault] = field(default_factory=list)
    """What is written in a form that only still works, and what to write."""

    @property
    def code(self) -> str:
        return self.file.code

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def hub(self) -> Hub:
        return self.file.hub

    @property
    def central(self) -> Central:
        return self.file.central

    def facility(self, site: str) -> Facility | None:
        """By code or id."""
        return next((each for each in self.facilities if site in (each.code, each.id)), None)

    def select(self, area: str | None = None, site: str | None = None, authority: str | None = None) -> list[Facility]:
        """Those that meet every condition given; `site` is a code or an id. Empty when there is none: see `unknown`."""
        return [
            each
            for each in self.facilities
            if (area is None or each.area == area)
            and (site is None or site in (each.code, each.id))
            and (authority is None or each.authority == authority)
        ]

    def unknown(self, area: str | None = None, site: str | None = None, authority: str | None = None) -> Text | None:
        """What to tell a person whose choice names nothing in this inventory, or None."""
        codes = [each.code for each in self.facilities]
        choices: list[tuple[Text, str | None, list[str]]] = [
            (_AREA, area, list(self.areas)),
            (_SITE, site, codes + [each.id for each in self.facilities]),
            (_AUTHORITY, authority, [each.id for each in self.file.authorities]),
        ]
        for text, given, known in choices:
            if given is not None and given not in known:
                near = get_close_matches(given, known, 3) or known[:12]
                return text.format(given=given, known=", ".join(near))
        return None

    def withheld(self, on: date) -> list[tuple[Facility, Text]]:
        """Facilities that nothing may be applied to on that day, each with the reason."""
        return [(each, reason) for each in self.facilities if (reason := each.withheld(on))]


_AREA = Text("không có khu vực triển khai “{given}”; có: {known}", "there is no area “{given}”; there are: {known}")
_SITE = Text("không có cơ sở “{given}”; có: {known}", "there is no facility “{given}”; there are: {known}")
_AUTHORITY = Text("không có cơ quan “{given}”; có: {known}", "there is no authority “{given}”; there are: {known}")
