"""docs/inventory.md, made from the model: `python -m province.model.reference > docs/inventory.md`."""

import sys
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from province.model.devices import Camera, NoAccess, Recorder, Recording, Switch, SwitchPort
from province.model.facility import (
    Box,
    ConnectionPlan,
    Facility,
    Funding,
    Lan,
    Membership,
    NoCamera,
    Opinion,
    Person,
    Uplink,
)
from province.model.loader import shipped
from province.model.province import (
    Area,
    Authority,
    Central,
    Connector,
    Hub,
    Measuring,
    Office,
    Order,
    Probe,
    ProvinceFile,
    Recipient,
    Renaming,
)
from province.model.survey import Able, Bandwidth, DeviceSeen, Message, StreamSeen, SurveyFile
from province.model.tables import Drivers, Firmware, Login, Make, MakesFile, Zone, ZonesFile
from province.model.units import Unit
from province.model.waivers import OverrideRow, StandardFile, Waiver, WaiversFile

HEAD = """# The inventory · Danh mục của tỉnh

Generated from the model by `python -m province.model.reference > docs/inventory.md`: edit the model instead.

A province is a folder. `ketnoi check -i FOLDER` names every fault in it, `file:line: field: what to do`; `ketnoi schema --out DIR`
writes JSON Schemas with which an editor completes and underlines. Anything that applies or measures checks first.
*Một tỉnh là một thư mục. `ketnoi check -i THƯ-MỤC` chỉ ra mọi lỗi kèm dòng và cách sửa.*

| File | What | Tệp này là gì |
|---|---|---|
| `province.yml` | hub, central system, orders, authorities, defaults | máy chủ kết nối, hệ thống giám sát tập trung, văn bản, cơ quan |
| `units.yml` | administrative units, dated | đơn vị hành chính, theo thời gian |
| `areas/AREA.yml` | `area:`, `defaults:`, `facilities:` | khu vực triển khai và các cơ sở |
| `zones.yml`, `makes.yml` | in place of ours, if the province wants its own | thay cho bảng có sẵn, nếu cần |
| `standard.yml` | what the province changes of the standard, with reasons | những ngưỡng khác tiêu chuẩn mặc định, kèm lý do |
| `waivers.yml` | what it excuses until a day, with reasons | những mục miễn áp dụng có thời hạn, kèm lý do |
| `survey/CODE.yml` | what `ketnoi survey scan` found; `ketnoi survey accept` takes it in | kết quả quét mạng camera |
| `vault/CODE.yml` | passwords, encrypted, made by `ketnoi init` | mật khẩu, đã mã hoá, do `ketnoi init` tạo |
| `enrolled/CODE.yml` | what bootstrap learnt: public keys, host key | khoá công khai, do `ketnoi bootstrap` ghi |

- `id`, `number` and the slots of devices are kept for life: addresses and certificates follow from them.
- Defaults: a facility says what is its own; the rest comes from its area's `defaults:`, then from the province's. Groups of
  fields merge, lists and values replace. An empty field says nothing.
- `to` is always the first day that no longer counts. Dates are year-month-day.
- No anchors, no tags; the same name twice is a fault. A MAC address or phone number needs no quotes.
- A barracks with no `opinion` is no fault: it is left out of whatever applies or measures, and named each time.
- Passwords never stand here; a PPPoE password belongs in the facility's vault file.
"""

PARTS: list[tuple[str, list[type[BaseModel]]]] = [
    (
        "province.yml",
        [ProvinceFile, Hub, Office, Renaming, Central, Probe, Measuring, Order, Recipient, Authority, Connector, Person],
    ),
    ("units.yml", [Unit]),
    (
        "areas/AREA.yml",
        [
            Area, Facility, Membership, Lan, Uplink, Box, Camera, Recorder, Recording, Switch, SwitchPort, NoAccess, NoCamera,
            Opinion, ConnectionPlan, Funding,
        ],
    ),
    ("zones.yml", [ZonesFile, Zone]),
    ("makes.yml", [MakesFile, Make, Login, Firmware, Drivers]),
    ("survey/CODE.yml", [SurveyFile, DeviceSeen, Able, StreamSeen, Bandwidth, Message]),
    ("waivers.yml", [WaiversFile, Waiver]),
    ("standard.yml", [StandardFile, OverrideRow]),
]  # fmt: skip

_WORDS = {
    "str": "text", "int": "whole number", "bool": "true, false", "date": "date", "IPv4Address": "address",
    "IPv4Network": "network", "IPv4Interface": "address/length", "Any": "any",
}  # fmt: skip


def markdown() -> str:
    lines = [HEAD]
    for file, models in PARTS:
        lines.append(f"## `{file}`\n")
        for model in models:
            lines += [*_table(model), ""]
    lines += ["## Zones · Khu vực", "", *_zones()]
    return "\n".join(lines) + "\n"


def _table(model: type[BaseModel]) -> Iterator[str]:
    yield f"### {model.__name__}\n"
    about = (model.__doc__ or "").strip().split("\n\n")[0]
    if about:
        yield " ".join(about.split()) + "\n"
    yield "| Field | Value | Default | What | Nội dung |"
    yield "|---|---|---|---|---|"
    for name, info in model.model_fields.items():
        english, _, vietnamese = (info.description or "").partition(" | ")
        yield f"| `{info.alias or name}` | {_value(info)} | {_default(info)} | {english} | {vietnamese} |"


def _value(info: FieldInfo) -> str:
    limits = {type(each).__name__: each for each in info.metadata}
    low, high = limits.get("Ge"), limits.get("Le")
    bounds = f" {low.ge}..{high.le}" if low and high else ""
    return _type(info.annotation) + bounds


def _type(annotation: Any) -> str:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(inside[0])
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in inside)
    if origin in (Union, UnionType):
        return " or ".join(_type(each) for each in inside if each is not NoneType)
    if origin is list:
        return f"list of {_type(inside[0])}"
    if origin is dict:
        return "fields"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    return _WORDS.get(getattr(annotation, "__name__", "Any"), "text")


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "**required**"
    if info.default in (None, [], {}) or isinstance(info.default, BaseModel):
        return "–"
    return f"`{str(info.default).lower() if isinstance(info.default, bool) else info.default}`"


def _zones() -> Iterator[str]:
    yield "Every required zone has a camera, or a reason under `no_camera_zones`.\n"
    yield "| Zone | | |"
    yield "|---|---|---|"
    for zone in shipped("zones.yml", ZonesFile).zones:
        rule = "required · bắt buộc" if zone.required else "refused · không được đặt" if zone.refused else "may be · tuỳ"
        yield f"| `{zone.id}` | {zone.en} · {zone.vi} | {rule} |"


if __name__ == "__main__":
    sys.stdout.write(markdown())
