"""survey/CODE.yml: what a look at a facility's camera LAN found, and what became of it. Written by `ketnoi survey scan`."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from province.model.fields import Address, Mac, Name, Network, Port, Slot, Slug
from province.model.record import Record

Class = Literal[
    "ready", "ready_after_settings", "needs_credentials", "needs_activation", "needs_firmware", "obsolete", "not_a_camera", "no_access"
]
Kind = Literal["camera", "recorder", "switch", "other"]


class Message(Record):
    """One sentence in both languages."""

    vi: Name
    en: Name


class Able(Record):
    """What a camera's main stream can be, as its own options tell."""

    codecs: list[Slug] = Field(default=[], description="codecs | chuẩn nén")
    largest: Name | None = Field(default=None, description="its largest picture | hình lớn nhất")
    fps: int | None = Field(default=None, description="its highest rate, frames/s | tốc độ cao nhất, hình/s")
    keyframe_frames: int | None = Field(default=None, description="frames between keyframes, at most | số hình giữa hai khung hình chính")


class StreamSeen(Record):
    """One stream: what its settings say, and what its packets said."""

    name: Name = Field(description="main or sub | luồng chính hay phụ")
    settings: Name | None = Field(default=None, description="as set: codec, size, rate, keyframe distance | theo cài đặt")
    measured: Name | None = Field(default=None, description="as it arrived | đo từ gói tin")
    kbps: int | None = Field(default=None, description="kbit/s as they arrived | kbit/s đo được")
    packets: int = Field(default=0, description="packets counted | số gói đã đếm")
    open: bool = Field(default=False, description="it asked for no login | không hỏi đăng nhập")
    problem: Message | None = Field(
        default=None, description="why there was no picture, or what is odd | vì sao không có hình, hoặc điều lạ"
    )


class DeviceSeen(Record):
    """One device. Of one that the inventory does not list `slot` is the next free number; `place` and `zone` are then for a person to fill
    in: no network tells where a camera hangs."""

    slot: Slot | None = Field(default=None, description="its slot, or the one it would get | vị trí, hoặc vị trí sẽ cấp")
    listed: bool = Field(default=False, description="in the inventory | đã có trong danh mục")
    kind: Kind = Field(default="other", description="what it is | là thiết bị gì")
    category: Class | None = Field(default=None, alias="class", description="its class; empty: could not be told | loại; trống: chưa rõ")
    reason: Message | None = Field(default=None, description="why that class | vì sao")
    next: Message | None = Field(default=None, description="what to do | cần làm gì")
    address: Address | None = Field(default=None, description="where it answered | địa chỉ nơi thiết bị trả lời")
    listed_at: Address | None = Field(
        default=None, description="where the inventory has it, if elsewhere | địa chỉ trong danh mục, nếu khác"
    )
    port: Port | None = Field(default=None, description="its HTTP port | cổng HTTP")
    mac: Mac | None = Field(default=None, description="its MAC | địa chỉ MAC")
    maker: Name | None = Field(default=None, description="maker, in its own words | hãng, theo thiết bị")
    make: Slug | None = Field(default=None, description="the maker of makes.yml that this is | hãng trong makes.yml")
    model: Name | None = Field(default=None, description="model | kiểu máy")
    firmware: Name | None = Field(default=None, description="firmware | phần mềm")
    serial: Name | None = Field(default=None, description="serial number | số sê-ri")
    drivers: list[Slug] = Field(default=[], description="drivers that fit | trình điều khiển dùng được")
    driver: Slug | None = Field(default=None, description="the one used, or proposed | trình điều khiển đã dùng hoặc đề nghị")
    login: Literal["wanted", "previous", "factory"] | None = Field(
        default=None, description="which password it took | thiết bị nhận mật khẩu nào"
    )
    able: Able | None = Field(default=None, description="what it can | khả năng")
    streams: list[StreamSeen] = Field(default=[], description="its streams | các luồng hình")
    settings: list[Name] = Field(default=[], description="settings that a rollout would change | cài đặt mà triển khai sẽ đổi")
    lacks: list[Message] = Field(default=[], description="what it can't do | điều thiết bị không làm được")
    channels: int | None = Field(default=None, description="a recorder's channels | số kênh của đầu ghi")
    open_ports: list[Port] = Field(default=[], description="ports that answered | các cổng có trả lời")
    place: Name | None = Field(default=None, description="where it is; fill it in | vị trí lắp đặt; điền tay")
    zone: Slug | None = Field(default=None, description="its zone; fill it in | khu vực giám sát; điền tay")


class Bandwidth(Record):
    """What the central system would pull from here, and what the line carries."""

    cameras: int = Field(description="cameras counted | số camera tính đến")
    needed_kbps: int = Field(description="sum of their main streams' target bitrates, kbit/s | tổng tốc độ các luồng chính, kbit/s")
    uplink_kbps: int | None = Field(default=None, description="upload as measured, kbit/s | đường lên đo được, kbit/s")
    at_least: bool = Field(default=False, description="the line carries that or more | đường lên đạt ít nhất mức đó")
    how: Message | None = Field(default=None, description="how it was measured, or why not | cách đo, hoặc vì sao không đo")
    enough: bool | None = Field(default=None, description="whether that will do | có đủ không")


class SurveyFile(Record):
    """What one scan found. The next scan writes it anew, and keeps `place`, `zone` and the slots proposed."""

    site: Slug = Field(description="the facility's code | mã cơ sở")
    at: datetime = Field(description="when | thời điểm")
    by: Literal["box", "laptop"] = Field(
        description="from the facility's box or a laptop in its LAN | từ thiết bị biên hay máy tính tại chỗ"
    )
    lan: Network = Field(description="the LAN looked at | mạng đã xem")
    seconds: Annotated[float, Field(ge=0)] = Field(description="how long it took | thời gian quét, giây")
    devices: list[DeviceSeen] = Field(default=[], description="who answered | thiết bị trả lời")
    absent: list[Slot] = Field(default=[], description="listed and not found | có trong danh mục mà không thấy")
    no_access: list[Slot] = Field(default=[], description="not asked: no access | không hỏi: không được tiếp cận")
    bandwidth: Bandwidth | None = Field(default=None, description="line and need | đường truyền và nhu cầu")
