"""Focal points, and what the central system takes in: right in Excel, in Frigate, in VLC, and without a secret."""

import csv
import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from province.commands import lists
from province.model import load
from province.report.model.record import end_of
from province.report.renderers.cells import neutral, phone
from tests.unit import records
from tests.unit.inventories import copied, spoil

DAY = date(2021, 6, 11)


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copied(tmp_path_factory.mktemp("inventory"), "an-nhon")
    spoil(folder / "areas" / "an-nhon.yml", "full_name: Nguyễn Văn An", "full_name: '=HYPERLINK(\"http://x\")'")
    return folder


def untold(evidence: dict[str, Any]) -> None:
    evidence["cameras"]["3"]["settings"] |= {"stream": None, "sub_stream": None}


def without_sub(evidence: dict[str, Any]) -> None:
    evidence["cameras"]["1"]["settings"]["sub_stream"] = None


@pytest.fixture(scope="module")
def record(inventory: Path) -> Path:
    province, _ = load(inventory)
    assert province is not None
    file = inventory.parent / "record.json"
    found = records.of(province.facilities[:2], DAY, end_of(DAY), {"an-nhon-01": untold, "an-nhon-02": without_sub})
    file.write_text(found.text, encoding="utf-8")
    return file


def contacts(inventory: Path, form: Any, out: Path) -> bytes:
    assert lists.contacts(inventory, area=None, authority=None, form=form, out=out, lang="vi") == 0
    return out.read_bytes()


def streams(inventory: Path, record: Path, form: Any, out: Path) -> str:
    assert lists.streams(inventory, area=None, authority=None, record=record, form=form, out=out, lang="vi") == 1
    return out.read_bytes().decode("utf-8-sig")


def test_excel_opens_the_list_as_vietnamese_with_whole_phone_numbers_and_no_formula(inventory: Path, tmp_path: Path) -> None:
    raw = contacts(inventory, "csv", tmp_path / "c.csv")
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert [row["Tên cơ sở"] for row in rows] == ["Ký túc xá Bàn Thành", "Nhà nghỉ Sông Kôn", "Trường THCS Gò Sành"]
    assert [row["Số điện thoại"] for row in rows] == ["0256 000 1001", "0256 000 1003", "0256 000 1002"]
    assert rows[0]["Họ và tên"] == '\'=HYPERLINK("http://x")'
    assert all(row[name] for row in rows for name in ("Họ và tên", "Chức danh", "Số điện thoại", "Thư điện tử", "Địa chỉ"))


def test_the_workbook_holds_the_same_words_as_text(inventory: Path, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(contacts(inventory, "xlsx", tmp_path / "c.xlsx"))).active
    assert sheet is not None
    cells = {str(cell.value): cell for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert cells['=HYPERLINK("http://x")'].data_type == "s"
    assert cells["0256 000 1001"].data_type == "s"


def test_json_keeps_a_phone_number_s_digits(inventory: Path, tmp_path: Path) -> None:
    document = json.loads(contacts(inventory, "json", tmp_path / "c.json"))
    assert [each["focal_point"]["phone"] for each in document["contacts"]] == ["02560001001", "02560001003", "02560001002"]


@given(st.text())
def test_no_cell_can_begin_a_formula_and_a_safe_one_stays(text: str) -> None:
    made = neutral(text)
    assert not made.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert neutral(made) == made
    assert made.removeprefix("'") == text.removeprefix("'")


@given(st.from_regex(r"0\d{9,10}", fullmatch=True))
def test_a_phone_number_keeps_every_digit_and_is_no_number(digits: str) -> None:
    assert phone(digits).replace(" ", "") == digits
    assert " " in phone(digits)


def test_each_camera_has_its_mapped_address_both_paths_and_where_its_password_is(inventory: Path, record: Path, tmp_path: Path) -> None:
    document = json.loads(streams(inventory, record, "json", tmp_path / "s.json"))
    first = next(each for each in document["cameras"] if each["id"] == "an-nhon-01-C01")
    assert (first["facility"], first["address"], first["zone"]) == ("BD-0001", "10.136.0.129", "gate")
    assert first["main"] == {"port": 554, "path": "/live/main", "url": "rtsp://10.136.0.129:554/live/main"}
    assert first["sub"]["path"] == "/live/sub?a=1&b={2}"
    assert (first["user"], first["credentials"]) == ("kn-view", "vault/an-nhon-01.yml#cameras/1/viewer")


def test_a_path_that_nobody_was_told_is_said_and_not_guessed(
    inventory: Path, record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {row["Mã camera"]: row for row in csv.DictReader(io.StringIO(streams(inventory, record, "csv", tmp_path / "s.csv")))}
    assert rows["an-nhon-01-C03"]["Đường dẫn luồng chính"] == ""
    assert "không cho biết đường dẫn" in rows["an-nhon-01-C03"]["Ghi chú"]
    assert "chưa đo" in rows["an-nhon-03-C01"]["Ghi chú"]
    assert "an-nhon-01-C03" in capsys.readouterr().err


def test_frigate_s_configuration_has_placeholders_for_logins_and_detects_nothing(inventory: Path, record: Path, tmp_path: Path) -> None:
    document = yaml.safe_load(streams(inventory, record, "frigate", tmp_path / "f.yml"))
    cameras = document["cameras"]
    assert document["mqtt"] == {"enabled": False}
    assert set(cameras) == {f"an_nhon_01_C{slot:02d}" for slot in (1, 2, 4)} | {f"an_nhon_02_C{slot:02d}" for slot in (1, 2, 3, 4)}
    environment = {"FRIGATE_RTSP_USER": "u"} | {f"FRIGATE_{name.upper()}_PASSWORD": "p" for name in cameras}
    for name, camera in cameras.items():
        assert re.fullmatch(r"[a-zA-Z0-9_-]+", name)
        assert camera["detect"] == {"enabled": False}
        paths = [one["path"].format(**environment) for one in camera["ffmpeg"]["inputs"]]  # as Frigate fills them in
        assert all(path.startswith("rtsp://u:p@10.136.") for path in paths)
        assert sorted(role for one in camera["ffmpeg"]["inputs"] for role in one["roles"]) == ["detect", "record"]
    assert len(cameras["an_nhon_02_C01"]["ffmpeg"]["inputs"]) == 1


def test_the_playlist_has_an_entry_for_each_stream_and_no_login(inventory: Path, record: Path, tmp_path: Path) -> None:
    lines = streams(inventory, record, "m3u", tmp_path / "s.m3u").splitlines()
    assert lines[0] == "#EXTM3U"
    urls = [line for line in lines if not line.startswith("#")]
    assert len(urls) == 3 * 2 + 3 * 2 + 1
    assert all(re.fullmatch(r"rtsp://10\.136\.\d+\.\d+:554/\S+", url) for url in urls)
    assert all(lines[at - 2].startswith("#EXTINF:-1 ") for at, line in enumerate(lines) if not line.startswith("#"))


def test_what_may_not_be_looked_at_is_not_handed_on(tmp_path: Path) -> None:
    folder = copied(tmp_path, "phu-cat")
    province, _ = load(folder)
    assert province is not None
    file = tmp_path / "record.json"
    file.write_text(records.of(province.facilities, DAY, end_of(DAY)).text, encoding="utf-8")
    out = tmp_path / "s.json"
    assert lists.streams(folder, area=None, authority=None, record=file, form="json", out=out, lang="vi") == 0
    assert "phu-cat-01" not in {each["code"] for each in json.loads(out.read_text())["cameras"]}, "a barracks without an opinion"
