"""Sheets that nobody has cleaned: each is built here as districts write them, and imported as their recipients would."""

from datetime import date, datetime
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from openpyxl import Workbook

from province.commands.check import check
from province.model import load
from tests.unit.survey_sheets import CAMERAS, HEAD, OLD, SCHOOL, Import, an_nhon, book

pytestmark = pytest.mark.slow


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    return an_nhon(tmp_path)


def flat(*rows: list[Any], head: list[Any] = HEAD) -> list[list[Any]]:
    return [head, *rows]


def changed(row: list[Any], **cells: Any) -> list[Any]:
    """The row with these cells, by the letter of their column."""
    copy = list(row)
    for letter, value in cells.items():
        copy[ord(letter) - ord("A")] = value
    return copy


def test_a_new_facility_gets_the_next_number_and_code_and_is_named_as_surveyed(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=flat(SCHOOL)))
    assert done.code == 0, done.document["faults"]
    record = done.record
    assert (record["id"], record["number"], record["code"]) == ("BD-0004", 4, "an-nhon-04")
    assert record["stage"] == "surveyed" and record["kind"] == "school"
    assert record["unit"] == [{"id": "tx-an-nhon", "from": "2021-05-01", "to": "2025-07-01"}]
    assert check(inventory, "vi", False) == 0
    assert "an-nhon-04 (Trường Tiểu học Nhơn Hoà) mới khảo sát, còn thiếu" in capsys.readouterr().out


def test_imported_twice_nothing_changes_and_the_second_says_so(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["Trường Tiểu học Nhơn Hoà", place, None, None, None, None] for place in ("Cổng chính", "Hành lang", "Hành lang", "Sân")]
    file = book(tmp_path / "a.xlsx", Co_so=flat(SCHOOL, OLD), Camera=[CAMERAS, *rows])
    assert Import(inventory, capsys, file).code == 0
    area = inventory / "areas" / "an-nhon.yml"
    before = area.read_bytes()
    again = Import(inventory, capsys, file)
    assert (again.code, again.changes, again.document["new"], again.document["written"]) == (0, {}, [], [])
    assert area.read_bytes() == before


def test_a_changed_row_shows_its_diff_and_check_writes_nothing(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    file = book(tmp_path / "a.xlsx", Sheet1=flat(changed(OLD, G="0912 345 678")))
    before = (inventory / "areas" / "an-nhon.yml").read_bytes()
    done = Import(inventory, capsys, file, check=True)
    [change] = done.document["changes"]
    assert (change["field"], change["old"], change["new"], change["cell"]) == ("focal_point.phone", "0256 000 1002", "0912 345 678", "G2")
    assert (inventory / "areas" / "an-nhon.yml").read_bytes() == before


def test_only_the_line_that_changed_is_written_anew(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    area = inventory / "areas" / "an-nhon.yml"
    text = area.read_text(encoding="utf-8").replace(
        "    kind: school\n", "    kind: school   # đã hỏi lại hiệu trưởng\n    # dòng ghi chú\n"
    )
    area.write_text(text, encoding="utf-8")
    assert Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=flat(changed(OLD, G=912345678)))).code == 0
    assert area.read_text(encoding="utf-8") == text.replace("0256 000 1002", "0912 345 678")


@pytest.mark.parametrize(
    ("column", "said", "field", "meant"),
    [
        ("G", 912345678, "focal_point.phone", "0912 345 678"),
        ("G", "+84 912 345 678", "focal_point.phone", "0912 345 678"),
        ("G", "0912.345.678 / 0256 000 1002", "focal_point.phone", "0912 345 678"),
        ("F", "  Hiệu\u00a0trưởng \u200b", "focal_point.title", "Hiệu trưởng"),
        ("E", normalize("NFD", "Lê Thị Bích Thuỳ"), "focal_point.full_name", "Lê Thị Bích Thuỳ"),
        ("B", "KHÁCH SẠN", "kind", "hotel"),
        ("H", "moi@coso.example;", "focal_point.email", "moi@coso.example"),
    ],
)
def test_a_cell_is_understood_as_it_is_typed(
    inventory: Path, tmp_path: Path, capsys: Any, column: str, said: Any, field: str, meant: str
) -> None:
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=flat(changed(OLD, **{column: said}))))
    assert (done.code, done.changes) == (0, {f"an-nhon-02.{field}": meant}), done.document["faults"]


@pytest.mark.parametrize(
    "row",
    [
        [normalize("NFD", cell) for cell in OLD],
        [cell.upper() if "@" not in cell else cell for cell in OLD],
        [
            "Truong THCS Go Sanh",
            "truong hoc",
            "So 10 duong Quang Trung, TX. An Nhon",
            "TX An Nhon",
            "Pham Thi Thu Thuy",
            "Pho Hieu truong",
            2560001002,
            OLD[7],
        ],
        [f"  {cell} \u200b" for cell in OLD],
        ["Trường trung học cơ sở Gò Sành", None, None, None, "Không có", "-", "ko", "x"],
        ["an-nhon-02 ", *OLD[1:]],
    ],
    ids=["decomposed", "capitals", "no marks", "stray spaces", "nothing said", "by its name only"],
)
def test_what_only_looks_different_changes_nothing(inventory: Path, tmp_path: Path, capsys: Any, row: list[Any]) -> None:
    head = HEAD
    if str(row[0]).startswith("an-nhon"):
        head, row = ["Mã", *HEAD], [row[0], "Trường THCS Gò Sành", *row[1:]]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=flat(row, head=head)))
    assert (done.code, done.changes, done.document["new"]) == (0, {}, []), done.document["faults"]


def test_every_fault_is_told_at_once_at_its_cell_and_nothing_is_written(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = flat(
        changed(SCHOOL, G="12", H="không rõ@"), changed(OLD, B="lâu đài"), changed(SCHOOL, A="Khách sạn Mới", E=None, D="Huyện Đâu Đó")
    )
    cameras = [
        CAMERAS,
        [OLD[0], "Trong phòng 101", None, "Hikvision", "192.168.1.300", "02:4b"],
        ["Trường Không Ai Biết", "Cổng", None, None, None, None],
    ]
    before = (inventory / "areas" / "an-nhon.yml").read_bytes()
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Co_so=rows, Camera=cameras))
    assert done.code == 1
    told = {(each["sheet"], each["cell"]) for each in done.document["faults"]}
    assert told >= {("Co so", "G2"), ("Co so", "H2"), ("Co so", "B3"), ("Co so", "D4"), ("Co so", "E4"), ("Camera", "E2")} | {
        ("Camera", "F2"),
        ("Camera", "B2"),
        ("Camera", "A3"),
    }
    assert (inventory / "areas" / "an-nhon.yml").read_bytes() == before


def test_a_camera_in_a_room_is_refused_at_its_cell_with_marks_or_without(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    for place in ("Trong phòng 101", "trong phong o", "NHÀ TẮM", "wc nam"):
        rows = [CAMERAS, [OLD[0], place, "Nơi công cộng khác", "Dahua", "192.168.1.77", "02:4b:00:02:01:77"]]
        done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Camera=rows))
        assert done.code == 1 and "không đặt camera ở đây" in done.faults["B2"], place


def test_the_good_rows_of_a_bad_sheet_are_taken_where_that_is_asked_for(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = flat(SCHOOL, changed(SCHOOL, A="Khách sạn Mới", G="12"), changed(OLD, G=912345678))
    cameras = [CAMERAS, [SCHOOL[0], "Cổng", None, None, None, None], ["Khách sạn Mới", "Cổng", None, None, None, None],
               [SCHOOL[0], "Phòng 101", None, None, None, None]]  # fmt: skip
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Co_so=rows, Camera=cameras), partial=True)
    assert done.code == 1 and done.record["name"] == SCHOOL[0] and len(done.record["cameras"]) == 1
    assert done.changes == {"an-nhon-02.focal_point.phone": "0912 345 678"}
    assert {each["cell"] for each in done.document["left_out"]} == {"3:3", "4:4"}
    assert load(inventory)[1] == []


def test_a_facility_with_blank_required_cells_is_taken_as_surveyed_only_where_that_is_asked_for(
    inventory: Path, tmp_path: Path, capsys: Any
) -> None:
    file = book(tmp_path / "a.xlsx", Sheet1=flat(changed(SCHOOL, H=None)))
    done = Import(inventory, capsys, file)
    assert (done.code, list(done.faults)) == (1, ["H2"])
    assert Import(inventory, capsys, file, partial=True).record["focal_point"]["phone"] == "0256 000 2001"


def test_letterhead_two_heading_rows_numbering_totals_and_signatures_are_no_facilities(
    inventory: Path, tmp_path: Path, capsys: Any
) -> None:
    rows = [
        ["UBND THỊ XÃ AN NHƠN", None, None, None, "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
        ["Số: 12/BC-UBND", None, None, None, "An Nhơn, ngày 05 tháng 6 năm 2021"],
        ["DANH SÁCH CƠ SỞ CÁCH LY TẬP TRUNG"],
        ["STT", "Cơ sở cách ly", "Địa chỉ", "Đầu mối", None, None, None, "Camera", "Ghi chú"],
        [None, None, None, "Họ tên", "Chức vụ", "SĐT", "Email", "Số lượng", None],
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)", "(9)"],
        ["I", "Trường học"],
        [1, "Trường Tiểu học Nhơn Hoà", "Khu vực Hoà Nghi", "Trần Văn B", "Hiệu trưởng", 2560002001, "b@th.example", "02 camera", "tốt"],
        [],
        [2, "Trường Mầm non Nhơn Phúc", "Xã Nhơn Phúc", "Lê Thị C", "Hiệu trưởng", 2560002002, "c@mn.example", "Không có", None],
        ["Tổng cộng: 2 cơ sở", None, None, None, None, None, None, 2],
        ["Nơi nhận:", None, None, None, None, "KT. CHỦ TỊCH"],
        ["- Như trên;", None, None, None, None, "PHÓ CHỦ TỊCH"],
        ["- Lưu: VT.", None, None, None, None, "Nguyễn Văn A"],
    ]  # fmt: skip
    merged = ["A3:I3", "A4:A5", "B4:B5", "C4:C5", "D4:G4", "I4:I5", "A11:B11"]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", merged, Sheet1=rows))
    assert done.code == 0, done.faults
    assert [each["record"]["name"] for each in done.document["new"]] == ["Trường Tiểu học Nhơn Hoà", "Trường Mầm non Nhơn Phúc"]
    assert [len(each["record"].get("cameras", [])) for each in done.document["new"]] == [2, 0]
    assert {each["record"]["unit"][0]["id"] for each in done.document["new"]} == {"tx-an-nhon"}


def test_merged_cells_and_names_written_once_are_carried_down(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    head = ["STT", "Tên cơ sở", "Địa chỉ", "Huyện", "Vị trí camera", "Địa chỉ IP", "Hãng sản xuất"]
    rows = [
        head,
        [1, *SCHOOL[:1], SCHOOL[2], "An Nhơn", "Cổng chính", "192.168.1.11", "Hik"],
        [None, None, None, None, "Sân trường", "192.168.1.12", None],
        [2, "Trường Mầm non Nhơn Phúc", "Xã Nhơn Phúc", "An Nhơn", "Cổng", "192.168.1.11", "KBVision"],
        [None, None, None, None, "Sảnh", "192.168.1.12", "Vantech"],
    ]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", ["A2:A3", "B2:B3", "C2:C3", "D2:D3", "G2:G3"], Sheet1=rows))
    assert done.code == 0, done.faults
    first, second = (each["record"] for each in done.document["new"])
    assert [(each["place"], each["zone"], each["make"]) for each in first["cameras"]] == [
        ("Cổng chính", "gate", "hikvision"),
        ("Sân trường", "yard", "hikvision"),
    ]
    assert [each["make"] for each in second["cameras"]] == ["kbvision", "generic"] and "Vantech" in done.notes


@pytest.mark.parametrize(
    ("place", "address", "names"),
    [
        ("Cổng chính; sân", None, ["Cổng chính", "sân"]),
        ("Cổng chính\nSân trước", "192.168.1.21\n192.168.1.22", ["Cổng chính", "Sân trước"]),
        ("02 camera", None, [None, None]),
        ("Hành lang tầng 1, ngoài cửa phòng", "192.168.1.21", ["Hành lang tầng 1, ngoài cửa phòng"]),
        ("Hành lang (3 camera)", None, ["Hành lang"] * 3),
    ],
)
def test_two_cameras_in_one_cell_are_two_cameras(
    inventory: Path, tmp_path: Path, capsys: Any, place: str, address: str | None, names: list[Any]
) -> None:
    done = Import(
        inventory, capsys, book(tmp_path / "a.xlsx", Co_so=flat(SCHOOL), Camera=[CAMERAS, [SCHOOL[0], place, None, None, address, None]])
    )
    assert done.code == 0, done.faults
    assert [each.get("place") for each in done.record["cameras"]] == names
    assert [each["slot"] for each in done.record["cameras"]] == list(range(1, len(names) + 1))


def test_two_places_with_one_address_are_a_fault_not_a_guess(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    done = Import(
        inventory,
        capsys,
        book(tmp_path / "a.xlsx", Co_so=flat(SCHOOL), Camera=[CAMERAS, [SCHOOL[0], "Cổng; sân", None, None, "192.168.1.21", None]]),
    )
    assert done.code == 1 and "tách mỗi thiết bị một dòng" in done.faults["E2"]


@pytest.mark.parametrize(
    "said", ["5/6/2021", "05-06-21", "2021-06-05", date(2021, 6, 5), datetime(2021, 6, 5, 8, 30), 44352, "ngày 5 tháng 6 năm 2021"]
)
def test_a_day_in_any_form(inventory: Path, tmp_path: Path, capsys: Any, said: Any) -> None:
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=flat([*OLD, said], head=[*HEAD, "Ngày khảo sát"])))
    assert done.changes == {"an-nhon-02.surveyed_on": "2021-06-05"}, done.faults


def test_two_facilities_of_one_name_are_told_apart_by_their_unit_or_are_a_fault(tmp_path: Path, capsys: Any) -> None:
    from tests.unit.inventories import copied

    inventory = copied(tmp_path, "an-nhon", "phu-my")
    area = inventory / "areas" / "phu-my.yml"
    area.write_text(area.read_text(encoding="utf-8").replace("Trường THCS Trà Ổ", "Trường THCS Gò Sành"), encoding="utf-8")
    file = book(tmp_path / "a.xlsx", Camera=[CAMERAS, [OLD[0], "Hồ bơi", "Nơi công cộng khác", "Dahua", None, None]])
    done = Import(inventory, capsys, file)
    assert done.code == 1 and "an-nhon-02" in done.faults["A2"] and "phu-my-02" in done.faults["A2"]
    assert Import(inventory, capsys, book(tmp_path / "b.xlsx", Sheet1=flat(changed(OLD, G=912345678)))).changes == {
        "an-nhon-02.focal_point.phone": "0912 345 678"
    }


def test_a_list_without_any_unit_needs_the_area_named(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["Tên cơ sở", "Địa chỉ", "Số camera"], ["Trường Tiểu học Nhơn Hoà", "Khu vực Hoà Nghi", 3]]
    file = book(tmp_path / "a.xlsx", Sheet1=rows)
    done = Import(inventory, capsys, file)
    assert done.code == 1 and "--area" in done.faults["A2"]
    done = Import(inventory, capsys, file, area="an-nhon")
    assert done.code == 0 and [each["slot"] for each in done.record["cameras"]] == [1, 2, 3]


def test_counted_cameras_are_filled_in_by_the_list_that_comes_later(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    assert Import(inventory, capsys, book(tmp_path / "a.xlsx", S=flat([*SCHOOL, "02 camera"], head=[*HEAD, "Hiện trạng camera"]))).code == 0
    done = Import(
        inventory,
        capsys,
        book(tmp_path / "b.xlsx", Camera=[CAMERAS, *([SCHOOL[0], p, None, "Hik", None, None] for p in ("Cổng", "Sân", "Sảnh"))]),
    )
    assert done.code == 0, done.faults
    assert done.changes["an-nhon-04.cameras[1].place"] == "Cổng" and done.changes["an-nhon-04.cameras[3]"]["slot"] == 3


def test_a_device_s_changed_address_is_a_change_and_its_slot_stays(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [
        CAMERAS,
        [OLD[0], "Cổng chính", None, None, "192.168.1.91", None],
        [OLD[0], "Hồ bơi", "Nơi công cộng khác", "Dahua", "192.168.1.92", "024b00020177"],
    ]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Camera=rows))
    assert done.code == 0, done.faults
    new = {
        "slot": 5,
        "zone": "public",
        "place": "Hồ bơi",
        "make": "dahua",
        "driver": "onvif",
        "address": "192.168.1.92",
        "mac": "02:4b:00:02:01:77",
    }
    assert done.changes == {"an-nhon-02.cameras[1].address": "192.168.1.91", "an-nhon-02.cameras[5]": new}


def test_an_incomplete_camera_of_a_facility_at_work_is_a_fault_that_says_what_is_missing(
    inventory: Path, tmp_path: Path, capsys: Any
) -> None:
    done = Import(
        inventory,
        capsys,
        book(tmp_path / "a.xlsx", Camera=[CAMERAS, [OLD[0], "Hồ bơi", "Nơi công cộng khác", "Dahua", "192.168.1.92", None]]),
    )
    assert done.code == 1 and "MAC" in done.faults["F2"]


def test_a_column_of_passwords_is_never_read(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [[*CAMERAS, "Tài khoản", "Mật khẩu"], [OLD[0], "Cổng chính", None, None, "192.168.1.11", None, "admin", "Bimat@123"]]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Camera=rows))
    assert done.code == 0 and "mật khẩu" in done.notes and "Bimat@123" not in str(done.document)


def test_an_unclear_heading_and_two_of_one_meaning_are_faults(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=flat([*OLD, "0912 345 678"], head=[*HEAD, "Điện thoại"])))
    assert done.code == 1 and "trùng nghĩa" in done.faults["I1"]


def test_what_was_taken_for_what_is_told(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    head = [
        "Ten co so cach ly tap trung",
        "Phân loại cơ sở",
        "ĐỊA CHỈ",
        "Huyện/ Thị xã/ Thành phố",
        "Người phụ trách",
        "Chức danh",
        "Số ĐT liên hệ",
        "Thư điện tử (nếu có)",
    ]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=flat(OLD, head=head)))
    assert (done.code, done.changes) == (0, {}), done.document["faults"]
    fields = ["name", "kind", "address", "unit", "focal_point.full_name", "focal_point.title", "focal_point.phone", "focal_point.email"]
    assert done.taken == dict(zip(head, (f"facility.{name}" for name in fields), strict=True))


def test_a_provincial_summary_with_group_heads_and_counts_is_understood(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [
        ["PHỤ LỤC I"],
        [
            "TT",
            "Tên đơn vị/ cơ sở cách ly",
            "Loại hình (khách sạn, ...)",
            "Hiện trạng camera",
            "",
            "",
            "Đầu mối liên hệ",
            "",
            "Khả năng kết nối",
        ],
        ["", "", "", "Tổng số", "Đang hoạt động", "Hãng sản xuất", "Họ và tên", "Số điện thoại", ""],
        ["I", "Thị xã An Nhơn"],
        [1, "Ký túc xá Bàn Thành", "KTX", "04", 4, "Hikvision", "Nguyễn Văn An", 2560001001, "Có"],
        [2, "Nhà nghỉ Hoàng Yến", "Nhà nghỉ", 2, 2, "KBVision", "Lê Văn Tám", "0905.111.222 (Zalo)", "Không"],
        ["", "Cộng", "", 6, 6],
        ["", "Người lập biểu", "", "", "", "", "GIÁM ĐỐC"],
    ]
    merged = ["A2:A3", "B2:B3", "C2:C3", "D2:F2", "G2:H2", "I2:I3"]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", merged, Phu_luc=rows))
    assert (done.code, done.changes) == (0, {}), done.faults
    assert done.taken["Hiện trạng camera / Tổng số"] == "facility.camera_count"
    assert "Đang hoạt động" in str(done.document["columns"][0]["left"])
    record = done.record
    assert record["kind"] == "hotel" and record["unit"][0]["id"] == "tx-an-nhon" and record["focal_point"]["phone"] == "0905 111 222"
    assert record["cameras"] == [{"slot": 1, "make": "kbvision", "driver": "onvif"}, {"slot": 2, "make": "kbvision", "driver": "onvif"}]


def test_more_cameras_than_a_facility_at_work_has_must_be_listed(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=flat([*OLD, 5], head=[*HEAD, "Số camera"])))
    assert done.code == 1 and "danh mục có 4" in done.faults["I2"]


def test_a_column_that_no_heading_explains_is_known_by_the_facilities_in_it(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["Đơn vị", "Họ tên cán bộ đầu mối", "Email công vụ"], ["Trường THCS Gò Sành", "Lê Thị Mới", "moi@gs.example"]]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows))
    assert done.code == 0 and done.changes == {
        "an-nhon-02.focal_point.full_name": "Lê Thị Mới",
        "an-nhon-02.focal_point.email": "moi@gs.example",
    }


@pytest.mark.parametrize("sheet", ["an-nhon-02", "Trường THCS Gò Sành", "Camera"])
def test_a_list_of_cameras_is_its_sheet_s_or_its_title_s_facility(inventory: Path, tmp_path: Path, capsys: Any, sheet: str) -> None:
    title = ["Cơ sở: Trường THCS Gò Sành"] if sheet == "Camera" else ["DANH SÁCH CAMERA"]
    rows = [title, ["STT", "Vị trí camera", "Hãng", "IP", "MAC"], [1, "Cầu thang", "Dahua", "192.168.1.50", "02:4b:00:02:01:50"]]
    file = tmp_path / "a.xlsx"
    workbook = Workbook()
    assert workbook.active is not None
    workbook.active.title = sheet
    for row in rows:
        workbook.active.append(row)
    workbook.save(file)
    done = Import(inventory, capsys, file)
    assert done.code == 0 and done.changes["an-nhon-02.cameras[5]"]["zone"] == "public", done.faults


def test_a_name_corrected_beside_its_code_is_one_change_and_a_code_may_stand_for_a_name(
    inventory: Path, tmp_path: Path, capsys: Any
) -> None:
    rows = [["Mã cơ sở", "Tên cơ sở", "Chức vụ"], ["AN-NHON-02", "Trường THCS Gò Sành 2", None]]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows))
    assert done.code == 0 and [each["new"] for each in done.document["changes"]] == ["Trường THCS Gò Sành 2"]
    done = Import(inventory, capsys, book(tmp_path / "b.xlsx", Sheet1=[["Cơ sở", "Chức vụ"], ["an-nhon-02", "Hiệu trưởng"]]))
    assert done.code == 0 and done.changes == {"an-nhon-02.focal_point.title": "Hiệu trưởng"}


def test_a_code_of_one_facility_beside_the_name_of_another_is_a_fault(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    rows = [["Mã cơ sở", "Tên cơ sở", "Chức vụ"], ["an-nhon-02", "Nhà nghỉ Sông Kôn", "Quản lý"]]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows))
    assert done.code == 1 and "an-nhon-03" in done.faults["B2"]


def test_a_sheet_s_own_codes_link_its_sheets_and_are_not_ours(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    cameras = [["Mã CS", *CAMERAS[1:]], ["CS 07", "Cổng", None, None, None, None], ["CS 07", "Sân", None, None, None, None]]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Co_so=[["Mã CS", *HEAD], ["CS 07", *SCHOOL]], Camera=cameras))
    assert done.code == 0, done.faults
    assert done.record["code"] == "an-nhon-04" and len(done.record["cameras"]) == 2


def test_words_of_officials_are_understood_and_a_place_of_nothing_is_no_camera(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    head = ["Tên cơ sở", "Huyện/TX/TP", "Loại", "Cơ quan quản lý", "Vị trí camera", "IP"]
    rows = [
        head,
        ["Doanh trại Trung đoàn BB888", "An Nhơn", "Quân đội", "Bộ CHQS tỉnh", "Ko", ""],
        ["Trường Mầm non B", "An Nhơn", "mầm non", "", "-", ""],
    ]
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=rows))
    assert done.code == 0, done.faults
    barracks, school = (each["record"] for each in done.document["new"])
    assert (
        (barracks["kind"], barracks["authority"]) == ("barracks", "bch-quan-su")
        and "cameras" not in barracks
        and school["kind"] == "school"
    )


def test_a_district_without_an_area_yet_gets_one_of_its_own(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    done = Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=flat(changed(SCHOOL, D="Huyện Phù Mỹ"))))
    assert done.code == 0 and done.record["code"] == "phu-my-01" and done.document["written"] == [str(inventory / "areas" / "phu-my.yml")]
    assert done.record["unit"] == [{"id": "h-phu-my", "from": "2021-05-01", "to": "2025-07-01"}]
    province, faults = load(inventory)
    assert province and not faults and province.areas["phu-my"].name == "Huyện Phù Mỹ"


@pytest.mark.parametrize("written", ["topology: routed", "arms: 2"])
def test_a_changed_layout_of_the_lan_is_written_by_its_key_of_today(inventory: Path, tmp_path: Path, capsys: Any, written: str) -> None:
    area = inventory / "areas" / "an-nhon.yml"
    area.write_text(area.read_text(encoding="utf-8").replace("topology: routed", written), encoding="utf-8")
    head = [*HEAD, "Kiểu mạng"]
    assert Import(inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=flat([*OLD, "Tách riêng"], head=head))).changes == {}
    done = Import(inventory, capsys, book(tmp_path / "b.xlsx", Sheet1=flat([*OLD, "Mạng phẳng"], head=head)))
    [change] = done.document["changes"]
    assert (done.code, change["field"], change["old"], change["new"]) == (0, "lan.topology", "routed", "flat")
    province, _ = load(inventory)
    assert province is not None and [each.lan.topology for each in province.facilities] == ["routed", "flat", "routed"]
    assert area.read_text(encoding="utf-8").count("arms") == (2 if written == "arms: 2" else 0), "the others stay as they were"
