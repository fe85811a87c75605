"""What a cell may choose from: lists of the inventory (units, areas, authorities, zones, makers, drivers) and of the model."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any
from unicodedata import combining, normalize

from province.model.book import Book, text
from province.survey.reading.cells import ValueRejected
from province.survey.reading.normalise import fold, marked, name_key, nothing, one_line, text_of
from province.text import Text


@dataclass(frozen=True)
class Choice:
    """value: what the inventory holds. label: what the template offers. also: other ways to say it."""

    value: str
    label: str
    also: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.label, self.value, *self.also)


SHOWN = 10
"""Choices that a fault names at most; of a longer list those that are spelled nearly so, if any."""
Choices = Mapping[str, tuple[Choice, ...]]

_FIXED: Choices = {
    "kinds": (
        Choice("barracks", "Doanh trại", ("doanh trại quân đội", "đơn vị quân đội", "quân đội", "quân sự", "trung đoàn", "tiểu đoàn",
                                          "sư đoàn", "lữ đoàn", "trường quân sự", "ban chỉ huy quân sự")),
        Choice("school", "Trường học", ("trường", "trường tiểu học", "trường thcs", "trường thpt", "trường mầm non", "trường cao đẳng",
                                        "trường đại học", "trường trung cấp", "trường phổ thông", "trường trung học", "trường chính trị",
                                        "thcs", "thpt", "tiểu học", "mầm non", "mẫu giáo", "cao đẳng", "đại học")),
        Choice("dormitory", "Ký túc xá", ("khu nội trú", "nhà ở sinh viên", "khu nhà ở công nhân")),
        Choice("hotel", "Khách sạn, nhà nghỉ", ("khách sạn", "nhà nghỉ", "resort", "nhà khách", "homestay",
                                                "khu nghỉ dưỡng", "villa", "motel")),
        Choice("hospital", "Bệnh viện", ("bệnh viện dã chiến", "bệnh viện đa khoa")),
        Choice("health-centre", "Trung tâm, trạm y tế", ("trung tâm y tế", "trạm y tế", "y tế", "phòng khám")),
        Choice("other", "Khác", ("loại khác", "nhà văn hoá", "nhà thi đấu", "trụ sở", "hội trường", "nhà máy", "chùa", "nhà thờ")),
    ),
    "levels": (
        Choice("province", "Cấp tỉnh", ("tỉnh", "tuyến tỉnh")),
        Choice("district", "Cấp huyện", ("huyện", "cấp huyện, thị xã", "cấp thị xã", "cấp thành phố", "tuyến huyện", "thị xã",
                                        "thành phố")),
        Choice("commune", "Cấp xã", ("xã", "phường", "cấp phường", "tuyến xã")),
    ),
    "topologies": (
        Choice("routed", "Tách riêng", ("tách", "riêng", "2 nhánh")),
        Choice("flat", "Mạng phẳng", ("phẳng", "chung", "dùng chung", "1 nhánh")),
    ),
    "uplinks": (
        Choice("dhcp", "DHCP", ("tự động", "ip động", "động")),
        Choice("static", "Tĩnh", ("ip tĩnh", "static ip")),
        Choice("pppoe", "PPPoE", ()),
    ),
    "recording": (
        Choice("box", "Thiết bị biên", ("box", "máy biên")),
        Choice("recorder", "Đầu ghi", ("đầu ghi hình", "nvr", "dvr")),
        Choice("none", "Không ghi", ("không lưu",)),
    ),
    "yes": (Choice("true", "Có"), Choice("false", "Không")),
}  # fmt: skip

_ZONES = {
    "gate": ("cổng", "cổng chính", "cổng phụ", "cổng ra vào", "cổng bảo vệ", "cổng trước", "cổng sau"),
    "yard": ("sân", "sân trước", "sân sau", "khuôn viên"),
    "corridor": ("hành lang",),
    "lobby": ("sảnh", "chiếu nghỉ"),
    "reception": ("lễ tân", "tiếp đón", "tiếp nhận", "bàn tiếp đón", "đón tiếp", "quầy lễ tân"),
    "sampling": ("lấy mẫu", "xét nghiệm"),
    "medical-check": ("khám", "đo thân nhiệt", "khám sàng lọc", "khu y tế", "theo dõi sức khoẻ"),
    "goods": ("nhận thuốc", "nhận hàng", "hàng hoá", "nhận đồ", "tiếp tế", "nhận quà", "giao nhận"),
    "outside-toilets": ("ngoài nhà vệ sinh", "trước nhà vệ sinh", "lối vào nhà vệ sinh", "ngoài nhà tắm", "trước nhà tắm",
                        "ngoài khu vệ sinh", "ngoài wc", "lối vào nhà tắm"),
    "public": ("nhà ăn", "cầu thang", "nhà xe", "bãi xe", "thang máy", "hội trường", "nhà bếp", "bếp"),
}  # fmt: skip


def of(book: Book) -> dict[str, tuple[Choice, ...]]:
    """All lists of this inventory."""
    tables = book.tables
    head = book.head.raw
    zones = tuple(Choice(zone.id, zone.vi, (zone.en, *_ZONES.get(zone.id, ()))) for zone in tables.zones.values())
    return {
        **_FIXED,
        "areas": tuple(Choice(id_, area.name, _bare(area.name)) for id_, area in book.areas.items()),
        "units": tuple(Choice(unit.id, unit.full_name) for unit in book.units if unit.parent),
        "zones": zones,
        "makes": tuple(Choice(make.id, make.name, tuple(make.also)) for make in tables.makes.values()),
        "authorities": tuple(_named(head.get("authorities"), str(head.get("name") or ""))),
        "connectors": tuple(_named(head.get("connectors"), str(head.get("name") or ""))),
        **{f"drivers.{kind}": tuple(Choice(name, name) for name in names) for kind, names in tables.drivers.items()},
    }


def _named(listed: Any, province: str) -> Iterator[Choice]:
    """With names without the province's: "VNPT" is "VNPT Bình Định"."""
    place = rf"(?i)\s+(tỉnh\s+)?{re.escape(re.sub(r'(?i)^(tỉnh|thành phố) ', '', province))}$"
    for each in listed if isinstance(listed, list) else []:
        if (value := text(each, "id")) and (name := text(each, "name")):
            yield Choice(value, name, (re.sub(place, "", name),))


def _bare(name: str) -> tuple[str, ...]:
    bare = re.sub(r"(?i)^(thị xã|thành phố|huyện|quận|phường|xã|thị trấn)\s+", "", name)
    return (bare,) if bare != name else ()


def choose(value: Any, choices: Iterable[Choice]) -> str | None:
    """The one that the cell names: by its name, else by the words in it. Raises ValueRejected where none or several fit."""
    said = one_line(text_of(value))
    listed = tuple(choices)
    wanted = name_key(said)
    exact = [choice.value for choice in listed if wanted in {name_key(name) for name in choice.names}]
    if len(set(exact)) == 1:
        return exact[0]
    if nothing(said):
        return None
    held = list(dict.fromkeys(choice.value for _, choice in _longest(said, listed)))
    if not held and not exact and " " in wanted:
        held = list(
            dict.fromkeys(choice.value for choice in listed if any(f" {wanted} " in f" {name_key(name)} " for name in choice.names))
        )
    if len(held) == 1:
        return held[0]
    labels = [choice.label for choice in listed]
    near = [choice.label for choice in listed if choice.value in (exact or held)]
    near = near or (len(labels) > SHOWN and get_close_matches(said, labels, 3, 0.7)) or labels[:SHOWN]
    raise ValueRejected(_SEVERAL if held or exact else _NONE, value=said, known="; ".join(near))


def named(said: str, choices: Iterable[Choice]) -> tuple[str, str] | None:
    """The one choice whose name stands in the text, and that name; not those that only say "another"."""
    found = {(choice.value, name) for name, choice in _longest(said, [each for each in choices if each.value != "generic"])}
    return found.pop() if len({value for value, _ in found}) == 1 else None


def _longest(said: str, choices: Iterable[Choice]) -> list[tuple[str, Choice]]:
    """The choices of which a whole name stands in the text: (name, choice), those only that no longer name found covers."""
    found = [(name, choice) for choice in choices for name in choice.names if len(fold(name)) > 1 and holds(said, name)]
    return [(name, choice) for name, choice in found if not any(len(other) > len(name) and holds(other, name) for other, _ in found)]


def holds(said: str, name: str) -> bool:
    """Whether the words of `name` stand in `said`, marks counting where `said` has any ("Sảnh khách sạn" holds no "Sân")."""
    if marked(said):
        return f" {_tokens(name)} " in f" {_tokens(said)} "
    return f" {fold(name)} " in f" {fold(said).replace('khach san', 'khach_san')} "


@lru_cache(maxsize=50_000)
def _tokens(text_: str) -> str:
    return " ".join(re.findall(r"\w+", one_line(text_).lower()))


@lru_cache(maxsize=20_000)
def zone_of(place: str, zones: tuple[Choice, ...]) -> str | None:
    """The zone that a place in words lies in, where its words name just one."""
    named = [Choice(zone.value, zone.label, tuple(name for name in zone.names if name != zone.value)) for zone in zones]
    held = {choice.value for name, choice in _longest(place, named) if name != choice.value}
    return held.pop() if len(held) == 1 else None


def refused(place: str, patterns: Iterable[str]) -> bool:
    """Whether a place typed without marks, or "P.102", is inside a room, toilet or bathroom; else the inventory's own rule says so."""
    typed = " ".join(place.lower().split())
    said = re.sub(r"\bp\.?\s*(?=[a-z]?\d)", "phòng ", typed)
    if marked(place):
        return said != typed and any(re.match(pattern, said) for pattern in patterns)
    return any(re.match(_bare_pattern(pattern), _bare_pattern(said)) for pattern in patterns)


@cache
def _bare_pattern(pattern: str) -> str:
    """The expression without marks; what it means stays, since only letters change."""
    return "".join(c for c in normalize("NFD", pattern) if not combining(c)).replace("đ", "d")


def kind_of(name: str) -> str | None:
    """The kind that a facility's own name says: "Trường THCS Gò Sành" is a school."""
    key = f"{name_key(name)} "
    for choice in _FIXED["kinds"]:
        if choice.value != "other" and any(key.startswith(f"{name_key(way)} ") for way in choice.names):
            return choice.value
    return None


_NONE = Text("“{value}” không có trong danh sách: viết một trong: {known}", "“{value}” is none of the list: write one of: {known}")
_SEVERAL = Text("“{value}” có thể là nhiều thứ: viết đúng một trong: {known}", "“{value}” may be several: write just one of: {known}")
