"""The typed province: defaults, addresses, choosing, normalisers, schemas, reference."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from province.commands.schema import render, schema
from province.model import Province, load
from province.model.fields import mac_address, phone_number
from province.model.reference import markdown
from province.model.schemas import SCHEMAS
from province.paths import data
from tests.unit.inventories import SAMPLE, copied, spoil

DOCS = data("docs")


def loaded(inventory: Path) -> Province:
    province, faults = load(inventory)
    assert faults == []
    assert province is not None
    return province


def test_a_facility_knows_its_addresses() -> None:
    facility = loaded(SAMPLE).facility("an-nhon-02")
    assert facility is not None
    assert str(facility.tunnel_address) == "10.5.0.2"
    assert str(facility.mapped_network) == "10.136.1.0/25"
    assert str(facility.mapped(4)) == "10.136.1.4"
    assert facility.lifeline_port == 20002


def test_a_facility_is_found_by_code_or_id_and_chosen_by_area_or_authority() -> None:
    province = loaded(SAMPLE)
    assert province.select(site="an-nhon-02") == province.select(site="BD-0002")
    assert [each.area for each in province.select(area="van-canh")] == ["van-canh"] * 2
    assert {each.kind for each in province.select(authority="bch-quan-su")} == {"barracks"}
    assert province.select(area="van-canh", site="an-nhon-02") == []
    assert len(province.select()) == len(province.facilities)


def test_a_choice_that_names_nothing_is_explained() -> None:
    province = loaded(SAMPLE)
    assert province.unknown(area="an-nhon", site="BD-0002", authority="so-y-te") is None
    area, site = province.unknown(area="anh-non"), province.unknown(site="an-nhon-99")
    assert area is not None
    assert "an-nhon" in area.vi
    assert site is not None
    assert "an-nhon-0" in site.en


def test_defaults_of_the_area_come_before_those_of_the_province_and_the_facility_before_both(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    spoil(inventory / "province.yml", "  level: district\n", "  level: province\n  priority: 7\n  uplink: {kind: dhcp, dns: [1.1.1.1]}\n")
    spoil(inventory / "province.yml", "  uplink: {kind: dhcp}\n", "")
    spoil(inventory / "areas/an-nhon.yml", "defaults:\n", "defaults:\n  priority: 3\n")
    spoil(inventory / "areas/an-nhon.yml", "    number: 2\n", "    number: 2\n    priority: 1\n")
    facilities = loaded(inventory).facilities
    assert [each.priority for each in facilities] == [3, 1, 3]
    assert {each.level for each in facilities} == {"province"}
    assert [str(each.uplink.dns[0]) for each in facilities] == ["1.1.1.1"] * 3


def test_an_empty_field_says_nothing(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    spoil(inventory / "areas/an-nhon.yml", "    number: 2\n", "    number: 2\n    recorders:\n    opinion: ~\n")
    facility = loaded(inventory).facility("an-nhon-02")
    assert facility is not None
    assert facility.recorders == []


def test_the_inventory_may_be_named_by_its_folder_or_by_its_file() -> None:
    assert len(loaded(SAMPLE / "province.yml").facilities) == len(loaded(SAMPLE).facilities)


@given(st.from_regex(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}", fullmatch=True))
def test_a_mac_normalised_twice_is_the_same(written: str) -> None:
    try:
        once = mac_address(written)
    except ValueError:
        return
    assert mac_address(once) == once
    assert re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", once)


@given(st.from_regex(r"(0|\+84|0084)[ .-]?[1-9]([ .-]?[0-9]){8,9}", fullmatch=True))
def test_a_phone_number_normalised_twice_is_the_same(written: str) -> None:
    once = phone_number(written)
    assert phone_number(once) == once
    assert re.fullmatch(r"0[1-9]\d{8,9}", once)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_in_docs_are_what_the_model_says(name: str) -> None:
    stored = (DOCS / "schema" / f"{name}.json").read_text(encoding="utf-8")
    assert stored == render(SCHEMAS[name]()), "run: ketnoi schema --out docs/schema"


def test_docs_inventory_md_is_what_the_model_says() -> None:
    stored = (DOCS / "inventory.md").read_text(encoding="utf-8")
    assert stored == markdown(), "run: python -m province.model.reference > docs/inventory.md"


def plain(file: Path) -> Any:
    """As an editor's language server reads it."""
    return json.loads(json.dumps(yaml.safe_load(file.read_text(encoding="utf-8")), default=str))


@pytest.mark.parametrize("file", [*sorted(SAMPLE.glob("*.yml")), *sorted(SAMPLE.glob("areas/*.yml"))], ids=lambda file: file.stem)
def test_the_sample_files_name_a_schema_and_satisfy_it(file: Path) -> None:
    first = file.read_text(encoding="utf-8").split("\n")[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named, first
    document = json.loads((file.parent / named[1]).resolve().read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(document).validate(plain(file))


def test_an_editor_underlines_what_it_can_know(tmp_path: Path) -> None:
    schema(tmp_path)
    validator = jsonschema.Draft202012Validator(json.loads((tmp_path / "area.json").read_text()))
    area = plain(SAMPLE / "areas/an-nhon.yml")
    area["facilities"][0]["kind"] = "castle"
    area["facilities"][1]["code"] = "Not A Code"
    area["facilities"][2]["cameras"][0]["slot"] = 127
    del area["facilities"][2]["focal_point"]["phone"]
    area["facilities"][2]["colour"] = "red"
    assert len(list(validator.iter_errors(area))) == 5
