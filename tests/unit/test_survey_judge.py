"""What the office makes of a look at a LAN: classes, proposed slots, the survey file, the line."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from inventories import copied, spoil
from survey_told import STREAM, device, stranger, surveyed

from province.model import Province, load
from province.model.survey import SurveyFile
from province.survey.scan import file as scan_file
from province.survey.scan import judge as scan_judge
from province.survey.scan import place as scan_place
from province.survey.scan import table as scan_table
from province.survey.scan.place import Place
from province.text import Text
from province.user_error import UserError

DAY = date(2021, 5, 12)
OLD = {"maker": "HIKVISION", "model": "X", "firmware": "V5.2.5 build 141201"}
WHY = {"vi": "vì sao", "en": "why"}
OBSOLETE = {"class": "obsolete", "field": "encoder.codec", "detail": {"vi": "không có H.264", "en": "no H.264"}}


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Province:
    found, faults = load(copied(tmp_path_factory.mktemp("inventory"), "an-nhon"))
    assert found and not faults
    return found


@pytest.fixture
def place(province: Province) -> Place:
    facility = province.facility("an-nhon-01")
    assert facility
    return scan_place.of(facility)


CASES: list[tuple[dict[str, Any], str | None, str]] = [
    ({}, "ready", "as wanted"),
    ({"changes": [{"field": "ntp", "from": None, "to": "x"}]}, "ready_after_settings", "1 settings"),
    ({"login": "factory"}, "ready_after_settings", "factory password"),
    ({"login": "previous"}, "ready_after_settings", "before the last rotation"),
    ({"driver": "hikvision", "drivers": ["hikvision"]}, "ready_after_settings", "driver onvif doesn't fit"),
    ({"streams": [{**STREAM, "fps": 7.0}]}, "ready_after_settings", "isn't what its settings say"),
    ({"streams": [{**STREAM, "ok": False, "reason": "port_closed"}]}, "ready_after_settings", "RTSP port is closed"),
    ({"notes": [OBSOLETE]}, "obsolete", "no H.264"),
    ({"notes": [OBSOLETE], "identity": OLD}, "needs_firmware", "older than 5.5"),
    ({"class": "wrong_credentials", "reason": WHY}, "needs_credentials", "why"),
    ({"class": "locked_out", "reason": WHY}, "needs_credentials", "why"),
    ({"class": "not_activated", "reason": WHY, "login": None}, "needs_activation", "why"),
    ({"class": "unknown_device", "reason": WHY, "old_firmware": True, "driver": None}, "needs_firmware", "why"),
    ({"login_tried": False, "login": None}, "needs_credentials", "no login was tried"),
    ({"class": "unreachable", "reason": WHY}, None, "why"),
    ({"port": 8080, "class": "unknown_device", "reason": WHY}, "needs_credentials", "port 8080"),
    ({"driver": None, "drivers": [], "class": "onvif_off", "reason": WHY, "hint": WHY}, "needs_credentials", "ONVIF may be switched off"),
    ({"address": "192.168.1.50", "login": "factory"}, "ready_after_settings", "it is at 192.168.1.50"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "category", "words"), CASES)
def test_a_listed_device_s_class_and_why(place: Place, province: Province, told: dict[str, Any], category: str | None, words: str) -> None:
    found = scan_judge.device(device(**told), place, province.tables)
    assert found.category == category and found.listed and found.reason and words in found.reason.en, found


@pytest.mark.parametrize(
    ("told", "category", "kind"),
    [
        ({}, "needs_credentials", "camera"),
        ({"kind": "recorder"}, "needs_credentials", "recorder"),
        ({"driver": None, "drivers": [], "class": "onvif_off", "kind": None, "open": [80]}, "not_a_camera", "other"),
        ({"driver": None, "drivers": [], "class": "onvif_off", "kind": None, "open": [80, 554]}, "needs_credentials", "camera"),
        ({"driver": None, "drivers": [], "kind": None, "open": [], "announced": True}, "needs_credentials", "camera"),
        ({"class": "not_activated", "reason": WHY}, "needs_activation", "camera"),
    ],
)
def test_a_stranger_s_class_and_kind(place: Place, province: Province, told: dict[str, Any], category: str, kind: str) -> None:
    found = scan_judge.device(stranger(40, **told), place, province.tables)
    assert (found.category, found.kind, found.listed) == (category, kind, False)


def test_a_listed_switch_is_told_as_one_by_its_mac(place: Place, province: Province) -> None:
    found = scan_judge.device(stranger(30, driver=None, drivers=[], kind=None) | {"mac": "02:4b:00:01:01:1e"}, place, province.tables)
    assert (found.slot, found.kind, found.category, found.listed) == (30, "switch", "not_a_camera", True)


def test_strangers_get_the_next_free_slots_and_keep_them(place: Place, province: Province) -> None:
    first = surveyed(place, province.tables, device(), stranger(40), stranger(41))
    assert [each.slot for each in first.devices] == [1, 5, 6]
    again = surveyed(place, province.tables, stranger(41), stranger(42), before=first)
    assert [each.slot for each in again.devices] == [6, 5]


def test_what_people_wrote_beside_a_stranger_survives_the_next_scan(place: Place, province: Province, tmp_path: Path) -> None:
    file = scan_file.save(tmp_path, surveyed(place, province.tables, stranger(40)))
    spoil(file, "place:\n", "place: Sân sau\n")
    spoil(file, "zone:\n", "zone: yard\n")
    before = scan_file.read(tmp_path, "an-nhon-01", "en")
    again = surveyed(place, province.tables, stranger(40), before=before)
    assert (again.devices[0].place, again.devices[0].zone) == ("Sân sau", "yard")


def test_a_survey_file_reads_back_as_it_was_written(place: Place, province: Province, tmp_path: Path) -> None:
    survey = surveyed(place, province.tables, device(), device(slot=2, notes=[OBSOLETE]), stranger(40), absent=[3], no_access=[4])
    scan_file.save(tmp_path, survey)
    assert scan_file.read(tmp_path, "an-nhon-01", "en") == survey
    assert scan_file.read(tmp_path, "an-nhon-02", "en") is None


def test_a_survey_file_with_an_earlier_versions_key_is_still_read(place: Place, province: Province, tmp_path: Path) -> None:
    file = scan_file.save(tmp_path, surveyed(place, province.tables, device(), no_access=[4]))
    spoil(file, "no_access:\n", "barred:\n")
    survey = scan_file.read(tmp_path, "an-nhon-01", "en")
    assert survey is not None and survey.no_access == [4]


def test_a_mistyped_survey_file_is_told_with_its_line(place: Place, province: Province, tmp_path: Path) -> None:
    file = scan_file.save(tmp_path, surveyed(place, province.tables, device()))
    line = spoil(file, "class: ready", "class: rady")
    with pytest.raises(UserError) as raised:
        scan_file.read(tmp_path, "an-nhon-01", "vi")
    assert f"{file}:{line}:" in raised.value.text.vi


@pytest.mark.parametrize(
    ("maker", "make"),
    [
        ("HIKVISION", "hikvision"),
        ("Hikvision Digital", "hikvision"),
        ("Dahua", "dahua"),
        ("KBVISION", "kbvision"),
        ("IPCAM", "generic"),
        (None, None),
    ],
)
def test_a_maker_is_known_by_how_devices_call_it(province: Province, maker: str | None, make: str | None) -> None:
    assert scan_judge.make_of({"maker": maker}, province.tables) == make


@pytest.mark.parametrize(
    ("written", "numbers"),
    [("V5.5.82 build 190909", (5, 5, 82)), ("2.800.0000000.8.R", (2, 800, 0, 8)), ("IPC_G6107", ()), (None, ()), ("", ())],
)
def test_firmware_is_compared_by_its_numbers(written: str | None, numbers: tuple[int, ...]) -> None:
    assert scan_judge.version(written) == numbers


@pytest.mark.parametrize(
    ("uplink", "at_least", "enough"),
    [(20_000, False, True), (10_240, False, True), (10_000, False, False), (10_000, True, None), (None, False, None)],
)
def test_a_line_is_enough_with_room_to_spare(place: Place, uplink: int | None, at_least: bool, enough: bool | None) -> None:
    line = scan_judge.bandwidth(place, 2048, uplink, at_least, Text("đo", "measured"))
    assert (line.cameras, line.needed_kbps, line.enough) == (4, 8192, enough)


def test_all_that_is_missing_or_new_is_said(place: Place, province: Province) -> None:
    survey = surveyed(place, province.tables, device(), stranger(40), absent=[3], no_access=[4])
    said = " ".join(scan_table.summary(survey, place, "vi"))
    assert "3 (192.168.1.13)" in said and "chưa có trong danh mục: 1" in said and "không được tiếp cận: 4" in said


def test_a_facility_that_was_only_surveyed_can_be_looked_at(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    file = inventory / "areas/an-nhon.yml"
    spoil(file, '    box: {mac: "02:4b:00:01:00:01", lan_mac: "02:4b:00:01:00:02"}\n', "    stage: surveyed\n")
    spoil(file, ', mac: "02:4b:00:01:01:03"', "")
    province, faults = load(inventory)
    assert province and not faults
    place = scan_place.find(province, "an-nhon-01", DAY)
    assert place.whole is None and {each.slot: each.mac for each in place.devices}[3] is None and len(place.devices) == 6


@pytest.mark.parametrize(("code", "words"), [("quy-nhon-01", "barracks"), ("nowhere-99", "no facility")])
def test_where_nobody_may_go_nothing_is_looked_at(code: str, words: str, tmp_path: Path) -> None:
    province, _ = load(copied(tmp_path))
    assert province
    barred = next((each.code for each in province.facilities if each.kind == "barracks" and each.opinion is None), None)
    code = barred if code.startswith("quy") and barred else code
    with pytest.raises(UserError) as raised:
        scan_place.find(province, code, DAY)
    assert words in raised.value.text.en


def test_the_survey_s_model_has_no_field_for_a_secret() -> None:
    named = {name for each in SurveyFile.model_json_schema()["$defs"].values() for name in each["properties"]}
    assert "streams" in named and not {name for name in named if "password" in name or "user" in name}
