"""Zones: known, all required ones watched or explained, and no camera where none may be."""

import re
from collections.abc import Iterator

from province.fault import Fault
from province.model.book import Book, Sheet, get, items, text
from province.text import Text


def zones(book: Book) -> Iterator[Fault]:
    known = book.tables.zones
    refused = [re.compile(pattern) for pattern in book.tables.refused_places]
    names = ", ".join(zone for zone in known if not known[zone].refused)
    for sheet in book.sheets:
        for index, camera in items(sheet.raw, "cameras"):
            zone, place = text(camera, "zone"), text(camera, "place") or ""
            if zone and zone not in known:
                yield sheet.fault(("cameras", index, "zone"), _UNKNOWN.format(zone=zone, known=names))
            elif zone and known[zone].refused:
                yield sheet.fault(("cameras", index, "zone"), _REFUSED.format(vi=known[zone].vi, en=known[zone].en))
            elif any(pattern.match(" ".join(place.lower().split())) for pattern in refused):
                yield sheet.fault(("cameras", index, "place"), _REFUSED.format(vi=place, en=place))


def uncovered(book: Book) -> Iterator[Fault]:
    known = book.tables.zones
    for sheet in book.sheets:
        if not isinstance(get(sheet.raw, "cameras") or [], list):
            continue
        watched = {text(camera, "zone") for _, camera in items(sheet.raw, "cameras")}
        explained: set[str | None] = set()
        for index, each in items(sheet.raw, "no_camera_zones"):
            zone = text(each, "zone")
            if zone and zone not in known:
                names = ", ".join(each.id for each in book.tables.required_zones)
                yield sheet.fault(("no_camera_zones", index, "zone"), _UNKNOWN.format(zone=zone, known=names))
            elif zone in watched:
                yield sheet.fault(("no_camera_zones", index, "zone"), _BOTH.format(zone=zone))
            elif zone in explained:
                yield sheet.fault(("no_camera_zones", index, "zone"), _AGAIN.format(zone=zone))
            explained.add(zone)
        if not sheet.surveyed:
            yield from unwatched(book, sheet)


def unwatched(book: Book, sheet: Sheet) -> Iterator[Fault]:
    """Required zones with neither a camera nor a reason for having none."""
    told = {text(each, "zone") for kind in ("cameras", "no_camera_zones") for _, each in items(sheet.raw, kind)}
    key = "cameras" if get(sheet.raw, "cameras") else "no_camera_zones"
    for needed in book.tables.required_zones:
        if needed.id not in told:
            yield sheet.fault((key,), _UNCOVERED.format(zone=needed.id, vi=needed.vi, en=needed.en))


_UNKNOWN = Text("không có khu vực giám sát “{zone}”; có: {known}", "there is no zone “{zone}”; there are: {known}")
_REFUSED = Text(
    "không đặt camera ở đây ({vi}): chuyển ra ngoài cửa và sửa `zone`, `place`",
    "no camera may be here ({en}): move it outside the door and correct `zone` and `place`",
)
_BOTH = Text(
    "“{zone}” đã có camera mà vẫn ghi lý do không có: bỏ một trong hai",
    "“{zone}” has a camera and a reason for having none: remove one",
)
_AGAIN = Text("“{zone}” đã có lý do ở trên: giữ lại một", "“{zone}” has its reason above: keep one")
_UNCOVERED = Text(
    "khu vực giám sát “{zone}” ({vi}) không có camera, cũng không có lý do: thêm camera, hoặc ghi lý do ở `no_camera_zones`",
    "the zone “{zone}” ({en}) has neither a camera nor a reason: add a camera, or the reason under `no_camera_zones`",
)
