"""The declaration of the workbook agrees with the inventory's model, with itself, and with the documents."""

from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from province.model import Camera, Facility, Recorder, Switch, SwitchPort
from province.model.facility import Kind, Level, NoCamera
from province.model.loader import open_book
from province.survey.matching import devices, proposal
from province.survey.reading import older
from province.survey.reading.choices import of
from province.survey.reading.columns import DATA, KEYS, PSEUDO, SHEETS, VERSION, of_entity, of_facility
from province.survey.reading.normalise import fold
from province.survey.workbook.reference import table
from tests.unit.inventories import SAMPLE

ROOT = Path(__file__).resolve().parents[2]
MODELS: dict[str, type[BaseModel]] = {
    "facility": Facility, "cameras": Camera, "recorders": Recorder, "switches": Switch, "ports": SwitchPort, "no_camera_zones": NoCamera,
}  # fmt: skip


def has(model: Any, name: str) -> bool:
    head, _, rest = name.partition(".")
    field = model.model_fields.get(head)
    if field is None or not rest:
        return field is not None
    inner = next(
        (each for each in (field.annotation, *get_args(field.annotation)) if isinstance(each, type) and issubclass(each, BaseModel)), None
    )
    return inner is not None and has(inner, rest)


@pytest.mark.parametrize("column", [column for sheet in SHEETS for column in sheet.columns], ids=lambda column: column.key)
def test_every_column_is_a_field_of_the_inventory_or_the_import_s_own(column: Any) -> None:
    assert column.field in PSEUDO or has(MODELS[column.entity], column.field)


def test_a_new_facility_or_device_keeps_every_field_that_a_sheet_can_say() -> None:
    """What their order leaves out, the import of a new one drops."""
    assert set(proposal.ORDER) == set(Facility.model_fields) - {"area"}
    of_devices = {column.field for sheet in SHEETS for column in sheet.columns if column.entity in devices.FIRST} - set(PSEUDO)
    assert of_devices - set(devices.ORDER) == set()


def test_a_sheet_can_say_every_field_of_a_facility_but_those_that_the_import_gives() -> None:
    said = {column.field.partition(".")[0] for sheet in SHEETS for column in sheet.columns if column.entity == "facility"}
    entities = {sheet.entity for sheet in SHEETS}
    assert set(Facility.model_fields) - said - entities == {"number", "stage"}


@pytest.mark.parametrize("entity", list(dict.fromkeys(sheet.entity for sheet in SHEETS)))
def test_no_heading_means_two_columns_of_one_kind_of_sheet(entity: Any) -> None:
    own = of_entity(entity) if entity != "facility" else ()
    seen: dict[str, str] = {}
    for column in (*own, *(column for column in of_facility() if entity == "facility")):
        for heading in dict.fromkeys(map(fold, column.headings + column.short)):
            assert seen.setdefault(heading, column.key) == column.key, f"{heading}: {seen[heading]} and {column.key}"


def test_every_list_of_choices_is_there_and_its_labels_choose_themselves() -> None:
    from province.survey.reading.choices import choose

    lists = of(open_book(SAMPLE))
    for column in (column for sheet in SHEETS for column in sheet.columns if column.choices and column.kind == "choice"):
        for choice in lists[column.choices or ""]:
            assert choose(choice.label, lists[column.choices or ""]) == choice.value
    assert {choice.value for choice in lists["kinds"]} == set(get_args(Kind)) and {choice.value for choice in lists["levels"]} == set(
        get_args(Level)
    )


def test_older_forms_name_columns_that_still_are() -> None:
    keys = {column.key for sheet in SHEETS for column in sheet.columns}
    for version in range(1, VERSION):
        assert (DATA / f"survey-v{version}.yml").is_file()
        assert set(older.headings(version).values()) <= keys
    assert older.headings(VERSION) == older.headings(None) == {}


def test_every_sheet_says_which_facility_a_row_is_about() -> None:
    assert all({"code", "name"} <= {column.field for column in sheet.asked} for sheet in SHEETS)
    assert all(column.entity == "facility" for sheet in SHEETS for column in sheet.columns if column.field in KEYS)


@pytest.mark.parametrize(("name", "lang"), [("survey.md", "en"), ("survey.vi.md", "vi")])
def test_the_documents_hold_the_columns_as_declared(name: str, lang: Any) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert f"<!-- columns:begin -->\n{table(lang).rstrip()}\n<!-- columns:end -->\n" in text, "run: make docs"
