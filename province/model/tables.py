"""Tables beside the facilities: zones to watch, makers and their factory logins, drivers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from province.model.fields import Expression, Name, Slug
from province.model.record import Record
from province.text import Text


class Zone(Record):
    """A kind of place: it must be watched (`required`), may be, or must not be (`refused`)."""

    id: Slug = Field(description="id | mã")
    vi: Name = Field(description="name in Vietnamese | tên tiếng Việt")
    en: Name = Field(description="name in English | tên tiếng Anh")
    required: bool = Field(default=False, description="needs a camera or a reason | cần camera hoặc lý do")
    refused: bool = Field(default=False, description="no camera may be there | không được đặt camera")

    @property
    def name(self) -> Text:
        return Text(self.vi, self.en)


class ZonesFile(Record):
    zones: list[Zone] = Field(description="places | các khu vực giám sát")
    refused_places: list[Expression] = Field(default=[], description="regular expressions | biểu thức chính quy")


class Login(Record):
    user: str = Field(description="user | tài khoản")
    password: str = Field(description="password, public | mật khẩu, ai cũng biết")


class Firmware(Record):
    """Firmware that is too old for what newer firmware of the same devices has. Asked only of a device that lacks it."""

    models: Expression = Field(default=".*", description="models, a regular expression | kiểu máy, biểu thức chính quy")
    below: Name = Field(description="older than this | cũ hơn phiên bản này")
    gives: Name = Field(description="what newer firmware has | phần mềm mới có thêm gì")
    source: Name = Field(description="who says so | theo nguồn nào")


class Drivers(Record):
    cameras: list[Slug] = Field(default=[], description="for cameras | cho camera")
    recorders: list[Slug] = Field(default=[], description="for recorders | cho đầu ghi")
    switches: list[Slug] = Field(default=[], description="for switches | cho bộ chuyển mạch")


class Make(Record):
    """A maker. `factory` is tried only to report that it is still set, so two logins at most (lock-outs). Of `drivers` the first of a
    kind is taken where a sheet names none; each may stand at any make's device, since devices are relabelled."""

    id: Slug = Field(description="id | mã")
    name: Name = Field(description="name | tên")
    also: list[Name] = Field(default=[], description="other names in sheets | tên khác trong phiếu")
    factory: Annotated[list[Login], Field(max_length=2)] = Field(default=[], description="factory logins | tài khoản xuất xưởng")
    drivers: Drivers = Field(default=Drivers(), description="drivers of its devices | trình điều khiển cho thiết bị của hãng")
    rtsp_path: str | None = Field(
        default=None,
        description="main stream, where the driver of this id isn't that of the recorder | luồng chính, khi đầu ghi là của hãng khác",
    )
    firmware: list[Firmware] = Field(default=[], description="firmware worth updating | phần mềm nên cập nhật")


class MakesFile(Record):
    makes: list[Make] = Field(description="makers | các hãng")
    drivers: Drivers = Field(
        default=Drivers(), description="drivers beside those of the makers | trình điều khiển khác, ngoài của các hãng ở trên"
    )


@dataclass(frozen=True)
class Tables:
    """All of them, by id."""

    zones: Mapping[str, Zone]
    refused_places: tuple[str, ...]
    makes: Mapping[str, Make]
    drivers: Mapping[str, tuple[str, ...]]

    def driver(self, kind: str, make: str) -> str:
        """Our choice where nobody named one."""
        known = self.makes.get(make)
        return next(iter(getattr(known.drivers, kind, ()) if known else ()), "onvif")

    @property
    def required_zones(self) -> list[Zone]:
        return [zone for zone in self.zones.values() if zone.required]
