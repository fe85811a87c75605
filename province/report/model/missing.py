"""What a facility lacks, by what is on file: zones, papers, contacts. What was measured and fails stands in the checks."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date

from province.model import Province
from province.report.model.content import MissingRow
from province.report.model.figures import day as in_words
from province.report.model.places import Place, authority_on, missing_zones, zone_name
from province.text import Text

_WORDS = {
    "survey": (
        Text("Kết quả khảo sát", "Survey"),
        Text("danh mục còn thiếu {count} mục", "{count} things are missing in the inventory"),
        Text("Bổ sung phiếu khảo sát (ketnoi check nêu từng mục).", "Complete the survey sheet (ketnoi check names each)."),
    ),
    "camera": (
        Text("Camera", "Cameras"),
        Text("chưa có camera nào", "there is none"),
        Text("Lắp camera cho các khu vực giám sát.", "Put up cameras for the zones."),
    ),
    "zone": (
        Text("Khu vực giám sát", "Zones"),
        Text("chưa có camera: {zones}", "no camera: {zones}"),
        Text("Lắp camera, hoặc ghi lý do vào no_camera_zones.", "Put cameras there, or record the reason under no_camera_zones."),
    ),
    "plan": (
        Text("Phương án kết nối", "Connection plan"),
        Text("chưa ghi phương án đã thống nhất", "no agreed plan on file"),
        Text("Thống nhất phương án với cơ sở, ghi vào connection_plan.", "Agree on one with the facility, record it as connection_plan."),
    ),
    "opinion": (
        Text("Ý kiến của quân khu", "Opinion of the military region"),
        Text("doanh trại chưa có văn bản đồng ý", "a barracks without a document that agrees"),
        Text("Bộ Chỉ huy Quân sự tỉnh xin ý kiến quân khu.", "The military command asks for it."),
    ),
    "focal_point": (
        Text("Đầu mối", "Focal point"),
        Text("thiếu {fields}", "missing: {fields}"),
        Text("Cơ sở cử đầu mối: họ tên, chức danh, điện thoại, e-mail.", "The facility names one: full name, title, phone, e-mail."),
    ),
    "authority": (
        Text("Cơ quan quản lý", "Authority"),
        Text("cơ quan đã ghi không còn từ {day}", "the one on file ended on {day}"),
        Text("Ghi cơ quan kế tiếp vào `successors` trong province.yml.", "Name its `successors` in province.yml."),
    ),
    "unit": (
        Text("Đơn vị hành chính", "Administrative unit"),
        Text("không rõ thuộc đơn vị nào vào ngày báo cáo", "which one it lay in on the report's day is not on file"),
        Text("Bổ sung mục `unit` của cơ sở.", "Complete the facility's `unit`."),
    ),
}
_CONTACT = {
    "full_name": Text("họ tên", "full name"),
    "title": Text("chức danh", "title"),
    "phone": Text("điện thoại", "phone"),
    "email": Text("e-mail", "e-mail"),
}


def missing(province: Province, place: Place, on: date) -> Iterator[MissingRow]:
    def row(what: str, says: Text | None = None) -> MissingRow:
        title, words, hint = _WORDS[what]
        return MissingRow(place.code, what, title, says or words, hint)

    if place.gaps:
        yield row("survey", _WORDS["survey"][1].format(count=place.gaps))
    if not place.cameras:
        yield row("camera")
    elif zones := [zone_name(province, zone) for zone in missing_zones(province, place)]:
        names = {lang: ", ".join(zone.pick(lang) for zone in zones) for lang in ("vi", "en")}
        yield row("zone", _filled("zone", names))
    if place.plan is None or (place.plan.day and place.plan.day > on):
        yield row("plan")
    if place.kind == "barracks" and (place.opinion is None or not place.opinion.agrees or (place.opinion.day and place.opinion.day > on)):
        yield row("opinion")
    if empty := [_CONTACT[each.name] for each in fields(place.focal_point) if not getattr(place.focal_point, each.name)]:
        yield row("focal_point", _filled("focal_point", {lang: ", ".join(each.pick(lang) for each in empty) for lang in ("vi", "en")}))
    authority = authority_on(province, place, on)
    if authority and authority.until and authority.until <= on:
        yield row("authority", _WORDS["authority"][1].format(day=in_words(authority.until, "vi")))
    if place.unit is None:
        yield row("unit")


def _filled(what: str, names: dict[str, str]) -> Text:
    words = _WORDS[what][1]
    return Text(*(getattr(words, lang).replace("{zones}", names[lang]).replace("{fields}", names[lang]) for lang in ("vi", "en")))
