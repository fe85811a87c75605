"""The workbook that the demo begins with, and officials can open: it says what the inventory says, and is made again byte for byte."""

from pathlib import Path

import pytest

from province.commands.survey import import_, template
from province.model import load
from tests.unit.inventories import SAMPLE, copied

ROOT = Path(__file__).resolve().parents[2]
WORKBOOK = ROOT / "docs" / "samples" / "an-nhon-khao-sat.xlsx"
REMAKE = "ketnoi survey template --area an-nhon --out docs/samples/an-nhon-khao-sat.xlsx"


def take(inventory: Path, *, check: bool = False) -> int:
    return import_(inventory, [WORKBOOK], area=None, check=check, partial=False, lang="vi", json_output=False)


def test_the_sample_workbook_is_what_the_command_makes_of_the_inventory(tmp_path: Path) -> None:
    made = tmp_path / "made.xlsx"
    template(SAMPLE, made, area="an-nhon", lang="vi", json_output=False)
    assert made.read_bytes() == WORKBOOK.read_bytes(), f"run: {REMAKE}"


def test_imported_where_it_comes_from_it_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inventory = copied(tmp_path)
    before = {file: file.read_bytes() for file in inventory.rglob("*.yml")}
    assert take(inventory) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "không có gì thay đổi"
    assert {file: file.read_bytes() for file in inventory.rglob("*.yml")} == before


def test_imported_into_a_province_without_the_area_s_facilities_it_makes_them_again_with_ids_and_numbers(tmp_path: Path) -> None:
    inventory = copied(tmp_path)
    file = inventory / "areas" / "an-nhon.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("facilities:")] + "facilities: []\n", encoding="utf-8")
    assert take(inventory) == 0
    again, faults = load(inventory)
    whole, _ = load(SAMPLE)
    assert again and whole and not faults and not again.surveyed
    assert again.select(area="an-nhon") == whole.select(area="an-nhon")
    assert take(inventory, check=True) == 0
