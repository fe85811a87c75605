"""Files as they come: csv of every encoding and separator, hidden sheets, formulas, old forms, and what is no sheet at all."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import combining, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from province.survey.reading.encodings import decode, font_encoded
from province.survey.reading.read import MARK
from province.user_error import UserError
from tests.unit.survey_sheets import CAMERAS, HEAD, OLD, SCHOOL, Import, an_nhon, book

TONES = "\u0300\u0301\u0303\u0309\u0323"
TCVN3 = "Tªn c¬ së;§Þa chØ;Ng­êi liªn hÖ\nTr­êng THCS Gß Sµnh;sè 10 ®­êng Quang Trung;Ph¹m ThÞ Thu Thuû\n"
VNI = "Teân cô sôû;Ñòa chæ;Ngöôøi lieân heä\nTröôøng THCS Goø Saønh;soá 10 ñöôøng Quang Trung;Phaïm Thò Thu Thuûy\n"


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    return an_nhon(tmp_path)


def windows_1258(text: str) -> bytes:
    """As Windows writes it: letters with their hat or horn, tones behind them."""
    out = []
    for letter in normalize("NFC", text):
        parts = normalize("NFD", letter)
        base = normalize("NFC", parts[0] + "".join(c for c in parts[1:] if c not in TONES))
        out.append(base + "".join(c for c in parts[1:] if c in TONES))
    return "".join(out).encode("cp1258")


def lines(separator: str, *rows: list[Any]) -> str:
    return "\r\n".join(separator.join(f'"{cell}"' if separator in str(cell) else str(cell) for cell in row) for row in rows) + "\r\n"


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode(),
    "utf-8 with its mark": lambda text: text.encode("utf-8-sig"),
    "utf-8, decomposed": lambda text: normalize("NFD", text).encode(),
    "windows-1258": windows_1258,
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16 without its mark": lambda text: text.encode("utf-16-le"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_of_any_encoding_and_separator(inventory: Path, tmp_path: Path, capsys: Any, encoding: str, separator: str) -> None:
    file = tmp_path / "danh sách.csv"
    file.write_bytes(ENCODINGS[encoding](lines(separator, HEAD, OLD, [*SCHOOL[:6], "912345678", SCHOOL[7]])))
    done = Import(inventory, capsys, file)
    assert (done.code, done.changes) == (0, {}), done.document["faults"]
    assert done.record["name"] == "Trường Tiểu học Nhơn Hoà" and done.record["focal_point"]["phone"] == "0912 345 678"


@pytest.mark.parametrize(("text", "name"), [(TCVN3, "TCVN3"), (VNI, "VNI")])
def test_a_font_s_encoding_is_recognised_and_refused_in_csv_and_in_a_workbook(
    inventory: Path, tmp_path: Path, capsys: Any, text: str, name: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(text.encode("cp1252", "replace").replace(b"?", b"\xad") if name == "TCVN3" else text.encode("cp1252"))
    workbook = book(tmp_path / "a.xlsx", Sheet1=[line.split(";") for line in text.splitlines()])
    for each in (file, workbook):
        done = Import(inventory, capsys, each)
        assert done.code == 1 and name in next(iter(done.faults.values())), each


@given(
    st.text(
        alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxy àáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ,;.\n0123456789", max_size=200
    )
)
def test_right_vietnamese_is_never_taken_for_a_font_s(text: str) -> None:
    assert font_encoded(text) is None
    assert decode(text.encode())[0] == text


@given(
    st.lists(
        st.sampled_from(
            ["Trường THCS Gò Sành", "Số 10 đường Quang Trung", "Nguyễn Thị Thuỷ", "thị xã An Nhơn", "Bệnh viện Đa khoa", "Khách sạn"]
        ),
        min_size=3,
    )
)
def test_windows_1258_is_read_as_it_was_meant(words: list[str]) -> None:
    text, encoding = decode(windows_1258("; ".join(words)))
    assert (text, encoding) == ("; ".join(words), "Windows-1258")
    assert not any(combining(c) for c in text)


def test_a_hidden_sheet_is_left_and_named(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    file = book(tmp_path / "a.xlsx", hidden=["Cũ"], Mới=[HEAD, OLD], Cũ=[HEAD, SCHOOL])
    done = Import(inventory, capsys, file)
    assert (done.code, done.document["new"]) == (0, []) and "ẩn" in done.notes


def test_a_formula_without_a_value_is_a_fault_that_says_what_to_do(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    done = Import(
        inventory, capsys, book(tmp_path / "a.xlsx", Sheet1=[HEAD, ['="Trường "&"THCS Gò Sành"', *OLD[1:]], [*OLD[:6], "#REF!", OLD[7]]])
    )
    assert done.code == 1 and "tính lại" in done.faults["A2"] and "#REF!" in done.faults["G3"]


def test_a_formula_s_kept_value_is_used(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    """openpyxl keeps no values of formulas, so the one that Excel would have kept is written into the sheet's XML."""
    file = book(tmp_path / "a.xlsx", Sheet1=[HEAD, ["=1+1", *OLD[1:]]])
    kept = tmp_path / "b.xlsx"
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(kept, "w") as target:
        for name in source.namelist():
            raw = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                raw = re.sub(rb'<c r="A2"[^>]*>.*?</c>', f'<c r="A2" t="str"><f>1+1</f><v>{OLD[0]}</v></c>'.encode(), raw)
                assert OLD[0].encode() in raw
            target.writestr(name, raw)
    done = Import(inventory, capsys, kept)
    assert (done.code, done.changes) == (0, {}), done.document["faults"]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        ("a.xls", b"<html><body><table></table></body></html>"),
        ("a.xlsx", b"PK\x03\x04 and nothing more"),
        ("a.pdf", b"%PDF-1.7\n"),
        ("a.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4),
    ],
)
def test_what_is_no_sheet_can_t_start(inventory: Path, tmp_path: Path, capsys: Any, name: str, raw: bytes) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(UserError, match=r"xlsx"):
        Import(inventory, capsys, tmp_path / name)


def test_a_file_that_isn_t_there_can_t_start(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    with pytest.raises(UserError, match=r"a\.xlsx"):
        Import(inventory, capsys, tmp_path / "a.xlsx")


def test_a_sheet_without_headings_or_without_names_says_what_it_needs(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    done = Import(
        inventory,
        capsys,
        book(
            tmp_path / "a.xlsx",
            A=[["xin chào", 1], ["x", 2]],
            B=[["Địa chỉ", "Số điện thoại", "Email"], ["Số 1", "0256 000 1001", "a@b.vn"]],
        ),
    )
    assert done.code == 1 and {each["sheet"] for each in done.document["faults"]} == {"A", "B"}


V1_HEAD = ["Ký hiệu điểm", "Tên điểm", "Cụm dân cư", "Hình thức sử dụng", "Vị trí địa lý", "Trực thuộc địa bàn", "Cán bộ trực", "Nhiệm vụ",
           "Máy bàn hoặc di động", "Hộp thư công vụ"]  # fmt: skip
V1 = [V1_HEAD, [None, SCHOOL[0], "Thị xã An Nhơn", *SCHOOL[1:]]]
V1_CAMERAS = [["Ký hiệu điểm", "Tên điểm", "Thứ tự máy", "Nơi đặt máy", "Vùng quan sát", "Nhãn máy", "Đời máy", "Số IP máy", "Số MAC máy"],
              [None, SCHOOL[0], 1, "Cổng chính", "Cổng ra vào", "Dahua", "IPC", "192.168.1.11", "02:4b:00:09:01:01"]]  # fmt: skip


def version_1(file: Path) -> Path:
    book(file, Điểm=V1, Máy=V1_CAMERAS)
    workbook = load_workbook(file)
    workbook.properties.keywords = f"{MARK}-01"
    workbook.save(file)
    return file


def test_the_first_form_of_the_workbook_is_still_read(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    done = Import(inventory, capsys, version_1(tmp_path / "a.xlsx"))
    assert done.code == 0, done.document["faults"]
    assert done.record["focal_point"] == {"full_name": SCHOOL[4], "title": SCHOOL[5], "phone": SCHOOL[6], "email": SCHOOL[7]}
    assert done.record["cameras"] == [{"slot": 1, "zone": "gate", "place": "Cổng chính", "make": "dahua", "model": "IPC", "driver": "onvif",
                                       "address": "192.168.1.11", "mac": "02:4b:00:09:01:01"}]  # fmt: skip


def test_several_files_are_one_import(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    first = book(tmp_path / "a.xlsx", Camera=[CAMERAS, [SCHOOL[0], "Cổng", None, None, None, None]])
    second = tmp_path / "b.csv"
    second.write_text(lines(";", HEAD, SCHOOL), encoding="utf-8")
    done = Import(inventory, capsys, first, second)
    assert done.code == 0 and done.record["cameras"] == [{"slot": 1, "zone": "gate", "place": "Cổng"}]


def test_a_sheet_formatted_to_its_end_is_read_as_far_as_it_says_something(inventory: Path, tmp_path: Path, capsys: Any) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (HEAD, OLD):
        sheet.append(row)
    sheet["XFD1048576"].number_format = "@"
    workbook.save(tmp_path / "a.xlsx")
    assert Import(inventory, capsys, tmp_path / "a.xlsx").code == 0
