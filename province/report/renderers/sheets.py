"""The workbook's tables, as data: what each column is called, how wide it is, and what it shows of a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from province.report.model.content import STATES, CameraRow, CheckRow, FacilityRow, Milestone, MissingRow, Report, StandardRow, WaiverRow
from province.report.model.figures import day, sentence
from province.report.renderers.cells import phone
from province.report.renderers.xlsx import COUNT, DATE, SHARE, Column
from province.text import Text

STATE_TINTS = {
    "met": "D3E7F5",
    "waived": "E3EEF6",
    "not_met": "FBD9C5",
    "unknown": "FFF2CC",
    "not_monitored": "FCE4D6",
    "not_installed": "F8CBAD",
    "withheld": "E2E2E2",
}
"""Blue for what is met, orange for what is not, yellow for what nobody knows: told apart by the colour-blind, and by its words."""
MINUTE = "dd/mm/yyyy hh:mm"
YES, NO = Text("có", "yes"), Text("không", "no")


def tints(report: Report, names: Mapping[str, Text] = STATES) -> dict[str, str]:
    return {sentence(text).pick(report.lang): STATE_TINTS[state] for state, text in names.items() if state in STATE_TINTS}


def facilities(report: Report) -> list[Column[FacilityRow]]:
    return [
        Column(Text("Mã", "Code"), 13, lambda row: row.code),
        Column(Text("Tên cơ sở", "Facility"), 24, lambda row: row.name),
        Column(Text("Khu vực triển khai", "Area"), 18, lambda row: row.area_name),
        Column(Text("Cơ quan quản lý", "Authority"), 20, lambda row: row.authority_name),
        Column(Text("Kết quả", "State"), 17, lambda row: sentence(row.state_name), tints=tints(report)),
        Column(Text("Nguyên nhân", "Reason"), 28, lambda row: opened(row.reason)),
        Column(Text("Việc cần làm", "Next step"), 36, lambda row: opened(row.hint)),
        Column(Text("Ngày kết nối", "Connected on"), 12, lambda row: row.first_connected, DATE),
        Column(Text("Ngày đạt lần đầu", "First met on"), 12, lambda row: row.first_met, DATE),
        Column(Text("Số camera", "Cameras"), 9, lambda row: row.cameras.total, COUNT),
        Column(Text("Camera đạt", "Cameras met"), 9, lambda row: row.cameras.met, COUNT),
        Column(Text("Đơn vị hành chính", "Administrative unit"), 26, lambda row: row.unit, new_page=True),
        Column(Text("Loại cơ sở", "Kind"), 16, lambda row: sentence(row.kind_name)),
        Column(Text("Cấp", "Level"), 10, lambda row: sentence(row.level_name)),
        Column(Text("Đã lắp đặt", "Installed"), 9, lambda row: YES if row.installed else NO),
        Column(Text("Đã kết nối", "Connected"), 9, lambda row: YES if row.connected else NO),
        Column(Text("Camera xem được từ trung tâm", "Played from the centre"), 13, lambda row: row.cameras.played, COUNT),
        Column(Text("Thời gian hoạt động", "Share of time up"), 11, lambda row: row.up_share, SHARE),
        Column(Text("Đo lần cuối", "Last measured"), 16, lambda row: instant(row.last_measured), MINUTE),
        Column(Text("Phương án kết nối", "Connection plan"), 22, lambda row: paper(row.plan, report)),
        Column(Text("Ý kiến quân khu", "Opinion of the region"), 22, lambda row: paper(row.opinion, report)),
        Column(Text("Kinh phí", "Funding"), 22, lambda row: paper(row.funding, report)),
        Column(Text("Đầu mối", "Focal point"), 20, lambda row: row.focal_point.full_name, new_page=True),
        Column(Text("Chức vụ", "Title"), 20, lambda row: row.focal_point.title),
        Column(Text("Điện thoại", "Phone"), 15, lambda row: phone(row.focal_point.phone)),
        Column(Text("Thư điện tử", "E-mail"), 30, lambda row: row.focal_point.email),
        Column(Text("Doanh nghiệp kết nối", "Connector"), 20, lambda row: row.connector_name),
        Column(Text("Địa chỉ", "Address"), 36, lambda row: row.address),
    ]


def checks(report: Report) -> list[Column[CheckRow]]:
    at = {row.code: row for row in report.facilities}
    return [
        Column(Text("Mã cơ sở", "Code"), 13, lambda row: row.facility),
        Column(Text("Tên cơ sở", "Facility"), 22, lambda row: at[row.facility].name),
        Column(Text("Khu vực triển khai", "Area"), 16, lambda row: at[row.facility].area_name),
        Column(Text("Tiêu chí", "Check"), 30, lambda row: row.title),
        Column(Text("Bắt buộc", "Required"), 9, lambda row: YES if row.required else NO),
        Column(Text("Kết quả", "Verdict"), 17, lambda row: sentence(row.label), tints=tints(report)),
        Column(Text("Đối tượng", "Subjects"), 13, lambda row: opened(row.subjects)),
        Column(Text("Kết quả đo", "Measured"), 34, lambda row: opened(row.says)),
        Column(Text("Đo lần cuối", "Last measured"), 16, lambda row: instant(at[row.facility].last_measured), MINUTE),
        Column(Text("Việc cần làm", "Next step"), 34, lambda row: opened(row.hint)),
        Column(Text("Số đạt", "Met"), 7, lambda row: row.met, COUNT),
        Column(Text("Số miễn áp dụng", "Waived"), 7, lambda row: row.waived, COUNT),
        Column(Text("Số không đạt", "Not met"), 7, lambda row: row.not_met, COUNT),
        Column(Text("Số chưa xác định", "Unknown"), 7, lambda row: row.unknown, COUNT),
        Column(Text("Suy ra", "Derived"), 7, lambda row: YES if row.derived else NO),
    ]


def whole(report: Report) -> list[Column[CheckRow]]:
    return [
        Column(Text("Tiêu chí", "Check"), 32, lambda row: row.title),
        Column(Text("Kết quả", "Verdict"), 20, lambda row: sentence(row.label), tints=tints(report)),
        Column(Text("Bắt buộc", "Required"), 10, lambda row: YES if row.required else NO),
        Column(Text("Cụ thể", "What was found"), 70, lambda row: opened(row.says)),
        Column(Text("Việc cần làm", "Next step"), 50, lambda row: opened(row.hint)),
    ]


def cameras(report: Report) -> list[Column[CameraRow]]:
    at = {row.code: row for row in report.facilities}
    words = {row.state: row.state_name for row in report.cameras}
    return [
        Column(Text("Mã cơ sở", "Code"), 14, lambda row: row.facility),
        Column(Text("Tên cơ sở", "Facility"), 28, lambda row: at[row.facility].name),
        Column(Text("Khu vực triển khai", "Area"), 20, lambda row: at[row.facility].area_name),
        Column(Text("Camera", "Camera"), 9, lambda row: row.subject),
        Column(Text("Vị trí lắp đặt", "Place"), 30, lambda row: row.place),
        Column(Text("Khu vực giám sát", "Zone"), 26, lambda row: row.zone_name),
        Column(Text("Kết quả", "State"), 16, lambda row: sentence(row.state_name), tints=tints(report, words)),
        Column(Text("Nguyên nhân", "Reason"), 30, lambda row: opened(row.reason)),
        Column(Text("Việc cần làm", "Next step"), 36, lambda row: opened(row.hint)),
        Column(Text("Hãng", "Make"), 14, lambda row: row.make, new_page=True),
        Column(Text("Kiểu máy", "Model"), 22, lambda row: row.model),
        Column(Text("Địa chỉ ánh xạ", "Mapped address"), 16, lambda row: row.address),
        Column(Text("Xem được từ trung tâm", "Played from the centre"), 13, lambda row: yes_no(row.played)),
        Column(Text("Thời gian hoạt động", "Share of time up"), 13, lambda row: row.up_share, SHARE),
        Column(Text("Đo lần cuối", "Last measured"), 16, lambda row: instant(at[row.facility].last_measured), MINUTE),
    ]


def missing(report: Report) -> list[Column[MissingRow]]:
    at = {row.code: row for row in report.facilities}
    return [
        Column(Text("Mã cơ sở", "Code"), 14, lambda row: row.facility),
        Column(Text("Tên cơ sở", "Facility"), 28, lambda row: at[row.facility].name),
        Column(Text("Khu vực triển khai", "Area"), 20, lambda row: at[row.facility].area_name),
        Column(Text("Cơ quan quản lý", "Authority"), 24, lambda row: at[row.facility].authority_name),
        Column(Text("Còn thiếu", "Missing"), 26, lambda row: sentence(row.title)),
        Column(Text("Cụ thể", "What"), 36, lambda row: opened(row.says)),
        Column(Text("Việc cần làm", "Next step"), 40, lambda row: opened(row.hint)),
        Column(Text("Đầu mối", "Focal point"), 20, lambda row: at[row.facility].focal_point.full_name),
        Column(Text("Điện thoại", "Phone"), 14, lambda row: phone(at[row.facility].focal_point.phone)),
    ]


def milestones(report: Report) -> list[Column[Milestone]]:
    return [
        Column(Text("Văn bản", "Order"), 18, lambda row: row.order),
        Column(Text("Mốc", "Milestone"), 18, lambda row: sentence(row.title)),
        Column(Text("Cơ quan ban hành", "Given by"), 26, lambda row: row.authority),
        Column(Text("Thời hạn", "Deadline"), 11, lambda row: row.deadline, DATE),
        Column(Text("Ngày cuối còn kịp", "Last day in time"), 11, lambda row: row.last_day, DATE),
        Column(Text("Số cơ sở", "Facilities"), 8, lambda row: row.total, COUNT),
        Column(Text("Đã xong", "Done"), 8, lambda row: row.done if row.known else None, COUNT),
        Column(Text("Đúng hạn", "In time"), 8, lambda row: row.in_time if row.known else None, COUNT),
        Column(Text("Hoàn thành ngày", "Done on"), 11, lambda row: row.done_on, DATE),
        Column(Text("Số ngày chậm", "Days late"), 8, lambda row: row.days_late if row.known else None, COUNT),
        Column(Text("Nhận xét", "In words"), 28, lambda row: opened(row.says)),
        Column(Text("Các cơ sở chậm", "Late facilities"), 40, lambda row: ", ".join(row.late)),
        Column(Text("Ghi chú", "Note"), 24, lambda row: row.note),
    ]


def standard(report: Report) -> list[Column[StandardRow]]:
    return [
        Column(Text("Mã tiêu chí", "Id"), 22, lambda row: row.id),
        Column(Text("Tiêu chí", "Check"), 36, lambda row: row.title),
        Column(Text("Bắt buộc", "Required"), 10, lambda row: YES if row.required else NO),
        Column(Text("Ngưỡng", "Threshold"), 30, lambda row: row.threshold),
        Column(Text("Nguồn", "Source"), 44, lambda row: row.source),
        Column(Text("Tỉnh điều chỉnh", "Changed by the province"), 34, lambda row: row.overridden),
        Column(Text("Số cơ sở đạt", "Facilities that meet it"), 10, lambda row: row.facilities.get("met", 0), COUNT),
        Column(Text("Miễn áp dụng", "Waived"), 10, lambda row: row.facilities.get("waived", 0), COUNT),
        Column(Text("Không đạt", "Not met"), 10, lambda row: row.facilities.get("not_met", 0), COUNT),
        Column(Text("Chưa xác định", "Unknown"), 10, lambda row: row.facilities.get("unknown", 0), COUNT),
    ]


def waivers(report: Report) -> list[Column[WaiverRow]]:
    return [
        Column(Text("Mã tiêu chí", "Id"), 22, lambda row: row.check),
        Column(Text("Tiêu chí", "Check"), 36, lambda row: row.title),
        Column(Text("Cơ sở hoặc khu vực", "Facility or area"), 20, lambda row: row.site or row.area),
        Column(Text("Đối tượng", "Subject"), 12, lambda row: row.subject),
        Column(Text("Lý do", "Reason"), 40, lambda row: row.reason),
        Column(Text("Người chịu trách nhiệm", "Owner"), 26, lambda row: row.owner),
        Column(Text("Đến hết ngày", "Last day"), 12, lambda row: row.until, DATE),
        Column(Text("Hết hạn", "Expired"), 10, lambda row: YES if row.expired else NO),
        Column(Text("Các cơ sở được áp dụng", "Facilities"), 40, lambda row: ", ".join(row.facilities)),
    ]


def yes_no(value: bool | None) -> Text | None:
    return None if value is None else YES if value else NO


def opened(text: Text | None) -> Text | None:
    return None if text is None else sentence(text)


def instant(iso: str | None) -> datetime | None:
    """A spreadsheet knows no zones: Vietnam's wall clock, as the report says it."""
    return datetime.fromisoformat(iso).replace(tzinfo=None) if iso else None


def paper(document: Any, report: Report) -> str | None:
    """Who, number, day of a document on file, in a line; None where there is none."""
    if document is None:
        return None
    refused = Text("không đồng ý", "refused").pick(report.lang) if not document.agrees else None
    dated = day(document.day, report.lang) if document.day else None
    return ", ".join(part for part in (document.source, document.by, document.number, dated, refused) if part)


@dataclass(frozen=True)
class Grouping:
    """A table of sums: what groups facilities, and which column of the facilities' sheet says so."""

    title: Text
    head: Text
    column: Text


GROUPINGS: Mapping[str, Grouping] = {
    "areas": Grouping(Text("Theo khu vực triển khai", "By area"), Text("Khu vực", "Area"), Text("Khu vực triển khai", "Area")),
    "authorities": Grouping(
        Text("Theo cơ quan quản lý", "By authority"), Text("Cơ quan", "Authority"), Text("Cơ quan quản lý", "Authority")
    ),
    "units": Grouping(
        Text("Theo đơn vị hành chính", "By administrative unit"), Text("Đơn vị", "Unit"), Text("Đơn vị hành chính", "Administrative unit")
    ),
    "kinds": Grouping(Text("Theo loại cơ sở", "By kind of facility"), Text("Loại cơ sở", "Kind"), Text("Loại cơ sở", "Kind")),
}


def sums(report: Report, key: str) -> Sequence[Any]:
    """The `Sum`s under a grouping of GROUPINGS."""
    rows = getattr(report, key)
    return [row.total for row in rows] if key == "authorities" else rows
