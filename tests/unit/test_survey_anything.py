"""Whatever stands in the cells: an import ends with words, what it writes loads without a fault, and a second one writes nothing."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from soak import examples

from province.model import load
from province.survey.reading.columns import SHEETS
from province.survey.sheets import apply, understand
from tests.unit.survey_sheets import an_nhon, book

HEADINGS = sorted(
    {heading for sheet in SHEETS for column in sheet.columns for heading in (column.vi, column.en, *column.also, *column.short)}
)
CELLS = [
    None, None, None, "Trường THCS Gò Sành", "an-nhon-01", "BD-0002", "Thị xã An Nhơn", "An Nhơn", "Không có", "x", "-",
    "0905123456", 905123456, "192.168.1.11", "192.168.1.99", "02:4b:00:02:01:01", "02:4b:00:77:01:01", "Hikvision",
    "Cổng chính; sân", "02 camera", 3, 0, -1, 1.5,
    "12/06/2021", "31/2/2021", True, "=1+1", "#REF!", "Camera 1", "Có", "1-3", "Tổng cộng", "Nơi nhận:", "I", "VÍ DỤ", "\n", "\u200b",
    "Trong phòng 1", "a@b.vn", "KTX", "Hành lang x3", "999999999999", "Thị xã An Nhơn từ 01/05/2021", "Khách sạn B", "Trường mới", "CS 01",
]  # fmt: skip
NAMES = st.sampled_from(["Camera", "Cơ sở", "Đầu mối", "Mạng", "Sheet1", "Đầu ghi", "Cổng mạng", "Không có camera", "Bộ chuyển mạch"])


@st.composite
def sheets(draw: st.DrawFn) -> dict[str, list[list[object]]]:
    found: dict[str, list[list[object]]] = {}
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        width = draw(st.integers(2, 7))
        heads = ["Tên cơ sở", *draw(st.lists(st.sampled_from(HEADINGS), min_size=width - 1, max_size=width - 1))]
        row = st.lists(st.sampled_from(CELLS), min_size=width, max_size=width)
        found[name] = [*draw(st.lists(row, max_size=2)), heads, *draw(st.lists(row, max_size=5))]
    return found


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return an_nhon(tmp_path_factory.mktemp("sample"))


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(sheets(), st.booleans())
def test_anything_ends_in_words_and_an_inventory_that_loads(sample: Path, rows: dict[str, list[list[object]]], named: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        inventory = Path(folder) / sample.name
        shutil.copytree(sample, inventory)
        file = book(Path(folder) / "a.xlsx", **rows)
        done = understand(inventory, [file], "an-nhon" if named else None, partial=True)
        assert all(fault.text.vi and fault.text.en for fault in done.remarks.faults)
        apply(done)
        assert load(inventory)[1] == []
        again = understand(inventory, [file], "an-nhon" if named else None, partial=True)
        assert [(change.code, change.field, change.old, change.new) for change in again.changes if again.files] == []
