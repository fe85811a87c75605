"""Sheets as offices write them: short forms, ditto marks, several things in one cell, words that turn a heading into another."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from province.survey.reading.cells import ValueRejected
from province.survey.reading.choices import refused
from province.survey.reading.contacts import contact
from tests.unit.survey_sheets import HEAD, SCHOOL, Import, an_nhon, book


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    return an_nhon(tmp_path)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("Trần Thị Bích, Phó Hiệu trưởng, 0912345678, b@x.vn", ("Trần Thị Bích", "Phó Hiệu trưởng", "0912 345 678", "b@x.vn")),
        ("Hiệu trưởng: Nguyễn Văn B", ("Nguyễn Văn B", "Hiệu trưởng", None, None)),
        ("Nguyễn Văn A (HT)\n0912.345.678", ("Nguyễn Văn A", "HT", "0912 345 678", None)),
        ("Đ/c Nguyễn Văn A", ("Nguyễn Văn A", None, None, None)),
        ("NGUYEN VAN A - HIEU TRUONG", ("NGUYEN VAN A", "HIEU TRUONG", None, None)),
        ("Họ tên: Y Moan; ĐT: 0256 3822 999", ("Y Moan", None, "0256 382 2999", None)),
    ],
)
def test_a_focal_point_in_one_cell_is_its_parts(said: str, wanted: tuple[Any, ...]) -> None:
    found = contact(said)
    assert tuple(found.get(name) for name in ("full_name", "title", "phone", "email")) == wanted


@pytest.mark.parametrize("said", ["Nguyễn Văn A, Trương Thị B", "Nguyễn Văn A 3822", "A - HT - Trần Thị B"])
def test_two_people_or_numbers_in_a_name_are_asked_about(said: str) -> None:
    with pytest.raises(ValueRejected):
        contact(said)


def test_the_parts_of_a_focal_point_fill_the_columns_that_are_not_there(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["Tên cơ sở", "Đầu mối (họ tên, chức vụ, ĐT)"], ["Trường THCS Gò Sành", "Đ/c Lê Văn C, Hiệu trưởng, 0905 111 222"]]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows))
    assert done.changes == {
        "an-nhon-02.focal_point.full_name": "Lê Văn C",
        "an-nhon-02.focal_point.title": "Hiệu trưởng",
        "an-nhon-02.focal_point.phone": "0905 111 222",
    }


def test_as_above_is_what_stands_above(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [
        ["Tên cơ sở", "Vị trí lắp đặt", "Hãng SX", "Chủng loại", "IP", "MAC"],
        ["Trường THCS Gò Sành", "Bếp", "Hikvision", "DS-2CD1021", "192.168.1.21", "02:4b:00:77:00:01"],
        ["nt", "Nhà xe", "-nt-", "″", "192.168.1.22", "02:4b:00:77:00:02"],
        ["//", "Hội trường", "như trên", '"', "192.168.1.23", "02:4b:00:77:00:03"],
    ]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Camera=rows))
    assert done.code == 0
    assert [(each["make"], each["model"]) for each in done.changes.values()] == [("hikvision", "DS-2CD1021")] * 3


def test_as_above_with_nothing_above_is_a_fault(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=[["Tên cơ sở", "Chức vụ"], ["Trường THCS Gò Sành", "nt"]]))
    assert list(done.faults) == ["B2"]


def test_maker_and_model_in_one_cell_are_both_taken(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [
        ["Tên cơ sở", "Vị trí lắp đặt", "Loại camera", "Hãng", "IP", "MAC"],
        ["Trường THCS Gò Sành", "Bếp", "Camera IP Dahua IPC-HFW1230", None, "192.168.1.21", "02:4b:00:77:00:01"],
        ["Trường THCS Gò Sành", "Nhà xe", "Hikvision", None, "192.168.1.22", "02:4b:00:77:00:02"],
        ["Trường THCS Gò Sành", "Hội trường", None, "KBVision KX-2011", "192.168.1.23", "02:4b:00:77:00:03"],
    ]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Camera=rows))
    assert [(each["make"], each.get("model")) for each in done.changes.values()] == [
        ("dahua", "Camera IP Dahua IPC-HFW1230"),
        ("hikvision", None),
        ("kbvision", "KX-2011"),
    ]


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Đ/c", "facility.address"), ("Số ĐT đầu mối", "facility.focal_point.phone"), ("Sđt người phụ trách", "facility.focal_point.phone"),
        ("Địa chỉ mail", "facility.focal_point.email"), ("SL cam hiện có", "facility.camera_count"), ("Ngày KS", "facility.surveyed_on"),
        ("Họ tên CB phụ trách", "facility.focal_point.full_name"), ("Số camera cần lắp", None), ("Số camera đề nghị bổ sung", None),
        ("Số camera hỏng", None), ("Số camera chưa kết nối", None), ("Kinh phí dự kiến", None), ("Nhà mạng", None), ("Tốc độ (Mbps)", None),
        ("Loại đường truyền", None), ("Hiện trạng", None),
    ],
)  # fmt: skip
def test_a_heading_means_what_its_words_say_together(inventory: Path, tmp_path: Path, capsys: Any, heading: str, field: str | None) -> None:
    rows = [["Tên cơ sở", "Chức vụ", heading], ["Trường THCS Gò Sành", "Hiệu trưởng", None]]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows), check=True)
    assert done.taken.get(heading) == field


def test_a_rate_counts_in_the_unit_of_its_heading_or_is_asked_for(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    def of(heading: str, value: Any) -> Import:
        rows = [["Tên cơ sở", "Dải IP", heading], ["Trường THCS Gò Sành", None, value]]
        return Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows), check=True)

    assert of("Tốc độ tải lên (Mbps)", 20).changes == of("Tốc độ tải lên", "20 Mbps").changes == {"an-nhon-02.uplink.kbps": 20_000}
    assert list(of("Tốc độ tải lên", 100).faults) == ["C2"]


def test_a_column_of_recorders_that_holds_numbers_counts_them(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    done = Import(
        inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=[[*HEAD, "SL camera", "Hãng SX", "Đầu ghi"], [*SCHOOL, 2, "Dahua", 1]])
    )
    assert [each["make"] for each in done.record["cameras"]] == ["dahua"] * 2 and "place" not in done.record["recorders"][0]


@pytest.mark.parametrize(("place", "inside"), [("P.102", True), ("p 3", True), ("Trong P.A2, dãy B", True), ("Trước cửa P.201", False)])
def test_a_room_by_its_short_form_is_a_room(place: str, inside: bool) -> None:
    from province.model.loader import open_book
    from tests.unit.inventories import SAMPLE

    assert refused(place, open_book(SAMPLE).tables.refused_places) == inside


MAC = "02:4b:00:77:00:0"


def test_a_form_of_one_facility_is_read_by_its_labels(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["PHIẾU KHẢO SÁT"], *([f"{number}. {label}:", said] for number, (label, said) in enumerate(zip(HEAD, SCHOOL, strict=True), 1))]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Phieu=[*rows, ["Số camera: 3"]]))
    assert done.code == 0 and done.record["name"] == SCHOOL[0] and done.record["focal_point"]["title"] == SCHOOL[5]
    assert len(done.record["cameras"]) == 3 and "“5. Họ và tên” → Họ và tên" in done.notes


def test_labels_above_a_table_say_whose_it_is(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [
        ["Tên cơ sở: Trường THPT Hoà Bình"], ["Địa chỉ:", "12 Trần Phú, TX An Nhơn", None, "ĐT:", "0912 345 678"],
        ["STT", "Vị trí lắp đặt", "Hãng", "IP", "MAC"], [1, "Cổng chính", "Dahua", "192.168.1.11", f"{MAC}1"],
        [2, "Sân", "Dahua", "192.168.1.12", f"{MAC}2"],
    ]  # fmt: skip
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows))
    assert done.code == 0 and done.record["name"] == "Trường THPT Hoà Bình"
    assert done.record["focal_point"] == {"phone": "0912 345 678"} and [each["zone"] for each in done.record["cameras"]] == ["gate", "yard"]


def test_two_tables_in_one_sheet_are_both_read(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [
        ["UBND THỊ XÃ AN NHƠN"], ["1. Cơ sở"], HEAD, SCHOOL, [], ["2. Camera"],
        ["Tên cơ sở", "Vị trí lắp đặt", "Hãng", "Địa chỉ IP", "MAC"], [SCHOOL[0], "Cổng", "Dahua", "192.168.1.11", f"{MAC}1"],
        ["Nơi nhận:"],
    ]  # fmt: skip
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows))
    assert done.code == 0 and [each["place"] for each in done.record["cameras"]] == ["Cổng"]


def test_headings_pasted_in_again_part_nothing(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    other = ["Trường Mầm non Nhơn Phong", *SCHOOL[1:]]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=[HEAD, SCHOOL, [], HEAD, other]))
    assert done.code == 0 and len(done.document["new"]) == 2 and len(done.document["columns"]) == 1


def test_a_column_of_names_is_known_by_what_stands_in_it(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["STT", "Địa điểm", "Huyện", "SL camera"], [1, "Trường THPT Hoà Bình", "TX An Nhơn", 2]]
    assert Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows)).record["name"] == "Trường THPT Hoà Bình"


@pytest.mark.parametrize("commune", ["Phường Bình Định", "Xã Nhơn Hậu"])
def test_a_commune_of_another_time_lies_in_the_district_of_the_title(inventory: Path, tmp_path: Path, capsys: Any, commune: str) -> None:
    head, row = [*HEAD[:3], "Xã/phường", *HEAD[4:]], [*SCHOOL[:3], commune, *SCHOOL[4:]]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=[["DANH SÁCH CƠ SỞ THỊ XÃ AN NHƠN"], head, row]))
    assert done.code == 0 and done.record["unit"][0]["id"] == "tx-an-nhon" and commune in done.notes


def test_a_group_named_like_a_unit_of_another_time_lies_in_the_district_of_the_title(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["THỊ XÃ AN NHƠN"], [*HEAD[:3], *HEAD[4:]], ["I", "Phường Bình Định"], [*SCHOOL[:3], *SCHOOL[4:]]]
    assert Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows)).record["unit"][0]["id"] == "tx-an-nhon"


def test_a_district_is_found_beside_its_province_and_a_kind_by_its_short_form(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    row = ["Tr. TH Nhơn Hoà", "Trạm YT", SCHOOL[2], "An Nhơn - Bình Định", *SCHOOL[4:]]
    record = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=[HEAD, row])).record
    assert (record["unit"][0]["id"], record["kind"]) == ("tx-an-nhon", "health-centre")


@pytest.mark.parametrize("heading", ["Số cơ sở", "Số lượng cơ sở cách ly", "Địa chỉ khu cách ly"])
def test_a_column_about_facilities_is_not_their_names(inventory: Path, tmp_path: Path, capsys: Any, heading: str) -> None:
    rows = [["Huyện", heading, "Số camera"], ["TX An Nhơn", 3, 12]]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Tong_hop=rows), check=True)
    assert done.code == 1 and done.taken.get(heading) != "facility.name" and "ẩn đi" in str(done.faults)


def test_a_number_is_no_name(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=[HEAD, [3, *SCHOOL[1:]]]))
    assert "không phải tên cơ sở" in done.faults["A2"]


def test_name_and_address_and_name_and_phone_share_a_cell_where_the_heading_says_so(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["Tên, địa chỉ cơ sở cách ly", "Người phụ trách, SĐT"], ["Trường THCS Gò Sành, số 12 Trần Phú", "Lê Văn Chung, 0905 222 333"]]
    assert Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows)).changes == {
        "an-nhon-02.address": "số 12 Trần Phú",
        "an-nhon-02.focal_point.full_name": "Lê Văn Chung",
        "an-nhon-02.focal_point.phone": "0905 222 333",
    }


def test_a_school_is_the_same_without_the_word_school(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["Tên cơ sở", "SĐT"], ["THCS Gò Sành", "0905 222 333"], ["Trường Trung học cơ sở Gò Sành", "0905 222 333"]]
    assert Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows)).changes == {"an-nhon-02.focal_point.phone": "0905 222 333"}


def test_a_name_inside_another_is_pointed_out(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=[HEAD, ["Trường THCS Gò Sành (Nhơn Hậu)", *SCHOOL[1:]]]), check=True)
    assert "ghi mã an-nhon-02" in done.notes


def test_an_address_that_ends_in_a_district_lies_there(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["Đơn vị", "Vị trí đóng quân", "Cấp bậc, chức vụ"], ["Trung đoàn 739", "Phường Bình Định, TX An Nhơn", "Thiếu tá"]]
    record = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows)).record
    assert (record["unit"][0]["id"], record["address"], record["kind"]) == ("tx-an-nhon", rows[1][1], "barracks")


def test_ticks_say_no_number_and_a_sort_is_no_model(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [[*HEAD, "Có camera (Có/Không)", "Số lượng", "Loại camera", "Đầu ghi"], [*SCHOOL, "Có", 2, "IP", "Có"]]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows))
    assert done.code == 0 and done.record["cameras"] == [{"slot": 1}, {"slot": 2}] and "recorders" not in done.record


def test_a_recorder_s_column_may_say_what_it_is(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [[*HEAD, "Đầu ghi", "Số kênh", "IP"], [*SCHOOL, "Hikvision DS-7616NI", "16 kênh", "192.168.1.20"]]
    [recorder] = Import(inventory, capsys, book(tmp_path / "a.xlsx", Dau_ghi=rows)).record["recorders"]
    assert (recorder["make"], recorder["model"], recorder["channels"]) == (
        "hikvision",
        "Hikvision DS-7616NI",
        16,
    ) and "place" not in recorder


def test_a_device_s_driver_is_not_asked_of_those_who_have_not_said_its_maker(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["Tên cơ sở", "Vị trí lắp đặt", "IP"], ["Trường THCS Gò Sành", "Bếp", "192.168.1.21"]]
    [told] = Import(inventory, capsys, book(tmp_path / "a.xlsx", Camera=rows)).faults.values()
    assert "Địa chỉ MAC; Hãng" in told and "driver" not in told and "Trình điều khiển" not in told


@pytest.mark.parametrize("group", [["I", "Trường THCS Gò Sành", None, None, None, "Thị xã An Nhơn"], ["Trường THCS Gò Sành"]])
def test_a_facility_s_name_alone_heads_its_cameras(inventory: Path, tmp_path: Path, capsys: Any, group: list[Any]) -> None:
    rows = [["STT", "Vị trí lắp đặt", "Địa chỉ IP", "MAC", "Hãng", "Ghi chú"], group, [1, "Bếp", "192.168.1.41", f"{MAC}1", "Hik"]]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows))
    assert done.code == 0 and list(done.changes) == ["an-nhon-02.cameras[5]"]


def test_what_may_be_written_is_named_whole_where_it_is_short(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["Tên cơ sở", "Vị trí lắp đặt", "Khu vực giám sát"], ["Trường THCS Gò Sành", "Trụ đèn", "Toàn cảnh"]]
    told = Import(inventory, capsys, book(tmp_path / "a.xlsx", Camera=rows)).faults["C2"]
    assert "Cổng ra vào" in told and "Trong nhà tắm" not in told


def test_a_heading_that_asks_for_all_of_a_person_is_a_person_s(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["Tên CSCL", "Họ tên/chức vụ/SĐT đầu mối"], ["Trường THCS Gò Sành", "Lê Văn Chung/Hiệu trưởng/0905222333"]]
    assert Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows)).changes == {
        "an-nhon-02.focal_point.full_name": "Lê Văn Chung",
        "an-nhon-02.focal_point.title": "Hiệu trưởng",
        "an-nhon-02.focal_point.phone": "0905 222 333",
    }


def test_two_focal_points_side_by_side_are_told_at_their_headings(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [
        ["Tên cơ sở", "Đầu mối 1", None, "Đầu mối 2", None], [None, "Họ tên", "SĐT", "Họ tên", "SĐT"],
        ["Trường THCS Gò Sành", "Lê A", "0905222333", "Lê B", "0905222334"],
    ]  # fmt: skip
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", merged=["A1:A2", "B1:C1", "D1:E1"], Sheet1=rows))
    assert "“Đầu mối 2” trùng nghĩa với cột “Đầu mối 1” ở B1" in done.faults["D1"]


def test_no_camera_in_words_is_no_camera(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [[*HEAD, "Vị trí lắp đặt camera", "Số lượng"], [*SCHOOL, "Chưa lắp camera", None]]
    assert "cameras" not in Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows)).record


def test_rows_below_a_remark_are_still_rows(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [HEAD, SCHOOL, ["Lưu ý: cơ sở sau là dự phòng"], ["Trường Mầm non Nhơn Phong", *SCHOOL[1:]], ["Nơi nhận:"], ["- Sở TT&TT"]]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows))
    assert done.code == 0 and [each["record"]["name"] for each in done.document["new"]] == [SCHOOL[0], rows[3][0]]


def test_a_number_before_a_name_is_not_of_the_name(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["Tên cơ sở", "SĐT"], ["2. Trường THCS Gò Sành", "0905 222 333"]]
    assert Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows)).changes == {"an-nhon-02.focal_point.phone": "0905 222 333"}


def test_hidden_rows_are_read_and_named(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    file = book(tmp_path / "a.xlsx", Sheet1=[HEAD, SCHOOL, ["Trường Mầm non Nhơn Phong", *SCHOOL[1:]]])
    workbook = load_workbook(file)
    workbook.worksheets[0].row_dimensions[3].hidden = True
    workbook.save(file)
    done = Import(inventory, capsys, file)
    assert len(done.document["new"]) == 2 and "hàng ẩn vẫn được đọc: 3" in done.notes


def test_a_district_s_row_of_sums_heads_its_facilities(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [
        ["STT", "Tên cơ sở", "Địa chỉ", "SL camera"], ["I", "Thị xã An Nhơn", None, 4], [1, "Trường THPT Hoà Bình", "Số 12", 4],
        ["II", "Huyện Phù Cát", None, 9], [1, "Trường THPT Cát Hải", "Số 12", 9], [None, "Tổng (I+II)", None, 13],
    ]  # fmt: skip
    new = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows)).document["new"]
    assert {each["record"]["name"]: each["area"] for each in new} == {rows[2][1]: "an-nhon", rows[4][1]: "phu-cat"}


def test_a_sheet_named_as_a_district_is_that_district_s(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    file = book(tmp_path / "a.xlsx", An_Nhơn=[[*HEAD[:3], *HEAD[4:]], [*SCHOOL[:3], *SCHOOL[4:]]])
    assert Import(inventory, capsys, file).record["unit"][0]["id"] == "tx-an-nhon"


def test_forms_of_address_and_extensions_are_not_in_the_way() -> None:
    assert contact("Ông: Trần Văn B, 0256.3822.999 máy lẻ 12") == {"full_name": "Trần Văn B", "phone": "0256 382 2999"}
