"""What stands on a facility's camera LAN: cameras, recorders, switches; and who may not touch which."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from province.model.fields import Address, Day, Mac, Name, Port, Slot, Slug
from province.model.record import Record


class NoAccess(Record):
    """The facility lets nobody at it: a person saw that, on a day, with a witness. Nothing is sent there, and it is no failure of ours."""

    reason: Name = Field(description="what was said or seen | lý do, đã nghe hoặc thấy gì")
    date: Day = Field(description="when | ngày")
    witness: Name = Field(description="who saw it: name and office | người chứng kiến: họ tên, đơn vị")


class Device(Record):
    """Something on the camera LAN that the software may touch. Its slot is its number for life."""

    slot: Slot = Field(description="1..126, for life, shared by all devices of the facility | 1..126, không đổi")
    place: Name = Field(description="where it is, in words | vị trí lắp đặt")
    make: Slug = Field(description="a maker of makes.yml | hãng, có trong makes.yml")
    model: Name | None = Field(default=None, description="model | kiểu máy")
    driver: Slug = Field(description="which driver speaks to it | trình điều khiển")
    address: Address = Field(description="its address in the LAN | địa chỉ trong LAN")
    mac: Mac = Field(description="its MAC | địa chỉ MAC")
    no_access: NoAccess | None = Field(default=None, description="nobody may touch it, and why | không được tiếp cận, và lý do")


class Camera(Device):
    zone: Slug = Field(description="a zone of zones.yml | khu vực giám sát, trong zones.yml")
    port: Port = Field(default=80, description="port of its HTTP service | cổng HTTP")
    channel: Annotated[int, Field(ge=1, le=256)] | None = Field(
        default=None, description="channel of its recorder; its slot when not said | kênh trên đầu ghi; mặc định là số vị trí"
    )
    bought: Day | None = Field(default=None, description="when it was bought | ngày mua")
    conformity: Name | None = Field(default=None, description="number of its declaration to QCVN 135 | số công bố hợp quy QCVN 135")

    @property
    def recorder_channel(self) -> int:
        return self.channel or self.slot


class Recorder(Device):
    """A network recorder (NVR). It takes the facility's cameras in as channels."""

    port: Port = Field(default=80, description="port of its HTTP service | cổng HTTP")
    channels: Annotated[int, Field(ge=1, le=256)] | None = Field(default=None, description="how many channels it has | số kênh")
    cameras: list[Slot] | None = Field(
        default=None, description="slots of the cameras that it takes in; all when not said | vị trí các camera đưa vào; mặc định tất cả"
    )

    def takes(self, cameras: Iterable[Camera]) -> list[Camera]:
        """Those of `cameras` that it takes in."""
        return [camera for camera in cameras if self.cameras is None or camera.slot in self.cameras]


class SwitchPort(Record):
    """One port and what hangs on it: one of camera, recorder, uplink, box. Ports that are not named are switched off."""

    name: Name = Field(description="as the switch calls it, such as ether3 | tên cổng trên thiết bị, ví dụ ether3")
    camera: Slot | None = Field(default=None, description="slot of its camera | vị trí của camera")
    recorder: Slot | None = Field(default=None, description="slot of its recorder | vị trí của đầu ghi")
    uplink: bool = Field(
        default=False, description="leads to another switch or the router | nối tới bộ chuyển mạch khác hoặc bộ định tuyến"
    )
    box: bool = Field(default=False, description="leads to the edge box | nối tới thiết bị biên")
    poe: bool = Field(default=True, description="feeds its camera, so that it can be power-cycled | cấp nguồn cho camera qua cổng này")


class Switch(Device):
    port: Port = Field(default=22, description="port of its SSH service | cổng SSH")
    vlan: Annotated[int, Field(ge=1, le=4094)] = Field(default=1, description="VLAN of the cameras | VLAN của camera")
    ports: list[SwitchPort] = Field(default=[], description="ports in use | các cổng đang dùng")


class Recording(Record):
    """Where the footage is kept, and for how long: as the standard asks for, or longer."""

    by: Literal["box", "recorder", "none"] = Field(
        default="box", description="the edge box, the recorders listed, or nobody | thiết bị biên, các đầu ghi đã khai, hoặc không ghi"
    )
    days: Annotated[int, Field(ge=1, le=366)] | None = Field(
        default=None, description="days to keep, if more than the standard asks for | số ngày lưu, nếu nhiều hơn tiêu chuẩn"
    )
