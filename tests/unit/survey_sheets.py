"""Sheets as districts send them, built from scratch, and what an import makes of them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from province.commands.survey import import_
from tests.unit.inventories import copied

Rows = Sequence[Sequence[Any]]
HEAD = ["Tên cơ sở", "Loại hình", "Địa chỉ", "Huyện", "Họ và tên", "Chức vụ", "Số điện thoại", "Email"]
SCHOOL = [
    "Trường Tiểu học Nhơn Hoà",
    "Trường học",
    "Khu vực Hoà Nghi",
    "Thị xã An Nhơn",
    "Trần Văn Bình",
    "Hiệu trưởng",
    "0256 000 2001",
    "b@th.example",
]
OLD = [
    "Trường THCS Gò Sành", "Trường học", "Số 10 đường Quang Trung, TX. An Nhơn", "Thị xã An Nhơn", "Phạm Thị Thu Thuỷ", "Phó Hiệu trưởng",
    "0256 000 1002", "an-nhon-02@binh-dinh.example",
]  # fmt: skip
CAMERAS = ["Tên cơ sở", "Vị trí lắp đặt", "Khu vực giám sát", "Hãng", "IP", "MAC"]


def book(file: Path, merged: Sequence[str] = (), hidden: Sequence[str] = (), **sheets: Rows) -> Path:
    """A workbook of these sheets; merged: ranges of the first sheet; hidden: names of sheets."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name.replace("_", " "))
        for row in rows:
            sheet.append(list(row))
        if name in hidden:
            sheet.sheet_state = "hidden"
    for area in merged:
        workbook.worksheets[0].merge_cells(area)
    workbook.save(file)
    return file


class Import:
    """One `ketnoi survey import --json`: code, document, and what it left in the inventory."""

    def __init__(
        self, inventory: Path, capsys: Any, *files: Path, area: str | None = None, check: bool = False, partial: bool = False
    ) -> None:
        capsys.readouterr()
        self.code = import_(inventory, files, area=area, check=check, partial=partial, lang="vi", json_output=True)
        self.document = json.loads(capsys.readouterr().out)

    @property
    def faults(self) -> dict[str, str]:
        """cell -> what to write instead."""
        return {each["cell"]: each["message"]["vi"] for each in self.document["faults"]}

    @property
    def notes(self) -> str:
        return "\n".join(each["message"]["vi"] for each in self.document["notes"])

    @property
    def changes(self) -> dict[str, Any]:
        """code.field -> new value, of facilities that were there."""
        new = {each["code"] for each in self.document["new"]}
        return {f"{each['code']}.{each['field']}": each["new"] for each in self.document["changes"] if each["code"] not in new}

    @property
    def record(self) -> dict[str, Any]:
        """The only new facility."""
        [new] = self.document["new"]
        found: dict[str, Any] = new["record"]
        return found

    @property
    def taken(self) -> dict[str, str]:
        """Heading -> key of the column that it was taken for, in all sheets."""
        return {each["heading"]: each["field"] for sheet in self.document["columns"] for each in sheet["taken"].values()}


def an_nhon(folder: Path) -> Path:
    """The sample with one area."""
    return copied(folder, "an-nhon")
