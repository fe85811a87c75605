"""From a scan into areas/*.yml: what is taken, what waits for a person, and that nothing else in the file moves."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from inventories import copied, spoil
from survey_told import device, stranger, surveyed
from typer.testing import CliRunner

from province.cli import app
from province.model import load
from province.model.survey import Bandwidth
from province.survey.scan import file as scan_file
from province.survey.scan import place as scan_place
from province.survey.writing.area_file import AreaFile

pytestmark = pytest.mark.slow

CODE = "an-nhon-01"


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    return copied(tmp_path, "an-nhon")


def scanned(inventory: Path, *found: dict[str, Any], **more: Any) -> None:
    province, faults = load(inventory)
    assert province and not faults
    facility = province.facility(CODE)
    assert facility
    survey = surveyed(scan_place.of(facility), province.tables, *found, **more)
    scan_file.save(
        inventory, survey.model_copy(update={"bandwidth": Bandwidth(cameras=4, needed_kbps=8192, uplink_kbps=30_000, enough=True)})
    )


def accept(inventory: Path, *argv: str, code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["survey", "accept", "--site", CODE, "-i", str(inventory), "--json", *argv])
    assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
    return dict(json.loads(done.stdout)) if done.stdout else {"error": str(done.exception)}


def area(inventory: Path) -> str:
    return (inventory / "areas/an-nhon.yml").read_text(encoding="utf-8")


def test_every_area_file_of_the_sample_is_written_back_as_it_was(tmp_path: Path) -> None:
    inventory = copied(tmp_path)
    province, _ = load(inventory)
    assert province
    for code in {each.area: each.code for each in province.facilities}.values():
        assert AreaFile(inventory, code).diff == ""


def test_a_model_the_rate_and_the_day_are_learnt_and_no_other_line_moves(inventory: Path) -> None:
    file = inventory / "areas/an-nhon.yml"
    file.write_text(area(inventory).replace(", kbps: 50000", ""), encoding="utf-8")
    before = area(inventory).splitlines()
    scanned(inventory, device())
    accept(inventory)
    after = area(inventory).splitlines()
    changed = [new for old, new in zip(before, [line for line in after if "surveyed_on" not in line], strict=True) if old != new]
    assert "    surveyed_on: 2021-05-12" in after
    assert changed == [
        "    uplink: {kind: dhcp, kbps: 30000}",
        '      - {slot: 1, zone: gate, place: "Cổng chính", make: hikvision, model: DS-2CD1021-I, driver: onvif, '
        'address: 192.168.1.11, mac: "02:4b:00:01:01:01"}',
    ]


def test_what_people_wrote_without_quotes_is_written_back_to_the_letter(inventory: Path) -> None:
    file = inventory / "areas/an-nhon.yml"
    spoil(file, "phone: 0256 000 1001", "phone: 02560001001")
    spoil(file, "    number: 1\n", "    number: 01\n")
    spoil(file, "topology: routed}", "arms: 02}")
    scanned(inventory, device())
    accept(inventory)
    assert all(words in area(inventory) for words in ("phone: 02560001001", "    number: 01\n", "arms: 02}"))


def test_accepting_twice_changes_nothing(inventory: Path) -> None:
    scanned(inventory, device(), stranger(40))
    words = ("--place", "5=Sân sau", "--zone", "5=yard")
    assert accept(inventory, *words)["written"] is True
    once = area(inventory)
    again = accept(inventory, *words)
    assert area(inventory) == once and again["diff"] == "" and again["pending"] == []


def test_check_shows_the_diff_and_writes_nothing(inventory: Path) -> None:
    before = area(inventory)
    scanned(inventory, device())
    told = accept(inventory, "--check")
    assert "+      - {slot: 1" in told["diff"] and told["written"] is False and area(inventory) == before


def test_a_new_camera_waits_until_a_person_says_where_it_is(inventory: Path) -> None:
    scanned(inventory, stranger(40))
    told = accept(inventory)
    (waits,) = told["pending"]
    assert waits["slot"] == 5 and "place, zone" in waits["reason"]["en"] and "--place 5=" in waits["reason"]["vi"]
    assert "slot: 5" not in area(inventory)


def test_a_new_camera_goes_in_by_the_file_and_takes_its_zone_s_excuse_away(inventory: Path) -> None:
    scanned(inventory, stranger(40))
    file = scan_file.path(inventory, CODE)
    spoil(file, "place:\n", "place: Sân sau\n")
    spoil(file, "zone:\n", "zone: yard\n")
    accept(inventory)
    province, faults = load(inventory)
    facility = province.facility(CODE) if province else None
    assert facility and not faults
    camera = facility.cameras[-1]
    assert (camera.slot, camera.zone, camera.place, camera.driver, str(camera.address)) == (5, "yard", "Sân sau", "onvif", "192.168.1.40")
    assert "yard" not in {each.zone for each in facility.no_camera_zones} and len(facility.no_camera_zones) == 4


def test_a_new_recorder_needs_a_place_and_no_zone(inventory: Path) -> None:
    scanned(inventory, stranger(40, kind="recorder", drivers=["onvif", "hikvision"], channels=8))
    accept(inventory, "--place", "5=Tủ mạng")
    province, faults = load(inventory)
    facility = province.facility(CODE) if province else None
    assert facility and not faults and [(each.slot, each.driver) for each in facility.recorders] == [(20, "hikvision"), (5, "hikvision")]


def test_a_camera_where_none_may_be_is_refused_and_the_file_stays(inventory: Path) -> None:
    scanned(inventory, stranger(40))
    before = area(inventory)
    done = CliRunner().invoke(
        app, ["survey", "accept", "--site", CODE, "-i", str(inventory), "--place", "5=Trong phòng 101", "--zone", "5=room"]
    )
    assert done.exit_code != 0 and "outside the door" in str(done.exception) + str(getattr(done.exception, "text", ""))
    assert area(inventory) == before


@pytest.mark.parametrize(
    ("found", "slot", "fields"),
    [
        (device(address="192.168.1.50"), 1, {"address": "192.168.1.50"}),
        (device(port=8080, **{"class": "unknown_device"}), 1, {"port": 8080}),
        (device(driver="hikvision", drivers=["hikvision"]), 1, {"driver": "hikvision"}),
        (stranger(11), 1, {"mac": "02:00:00:00:00:0b"}),
    ],
)
def test_what_somebody_must_want_is_taken_only_by_its_slot(
    inventory: Path, found: dict[str, Any], slot: int, fields: dict[str, Any]
) -> None:
    scanned(inventory, found)
    told = accept(inventory)
    (name,) = fields
    assert [each["slot"] for each in told["pending"]] == [slot] and name not in {each["field"] for each in told["changes"]}
    told = accept(inventory, "--slot", str(slot))
    assert {each["field"]: each["to"] for each in told["changes"] if each["slot"] == slot}[name] == fields[name]
    province, faults = load(inventory)
    facility = province.facility(CODE) if province else None
    assert facility and not faults and str(getattr(facility.cameras[0], name)) == str(fields[name])


def test_all_takes_the_decisions_too(inventory: Path) -> None:
    scanned(inventory, device(address="192.168.1.50"))
    assert accept(inventory, "--all")["pending"] == []
    assert "address: 192.168.1.50" in area(inventory)


def test_without_a_scan_the_way_to_one_is_told(inventory: Path) -> None:
    done = CliRunner().invoke(app, ["survey", "accept", "--site", CODE, "-i", str(inventory)])
    assert done.exit_code != 0 and "survey scan" in str(done.exception)


@pytest.mark.parametrize("given", ["5", "five=yard", "5="])
def test_a_slot_without_its_value_is_refused(inventory: Path, given: str) -> None:
    scanned(inventory, device())
    done = CliRunner().invoke(app, ["survey", "accept", "--site", CODE, "-i", str(inventory), "--zone", given])
    assert done.exit_code != 0 and "--zone" in str(done.exception)


def no_access(inventory: Path, *argv: str) -> str:
    words = ["--reason", "Bảo vệ không cho vào: chờ lệnh", "--witness", "Trần A, VNPT", *argv]
    done = CliRunner().invoke(app, ["survey", "no-access", "--site", CODE, "-i", str(inventory), *words])
    assert done.exit_code == 0, f"{done.output}{done.exception!r}"
    return done.stdout


def test_no_access_to_a_device_is_noted_with_day_and_witness_and_again_is_the_same(inventory: Path) -> None:
    no_access(inventory, "--slot", "3", "--date", "2021-05-20")
    once = area(inventory)
    no_access(inventory, "--slot", "3", "--date", "2021-05-20")
    province, faults = load(inventory)
    facility = province.facility(CODE) if province else None
    assert facility and not faults and area(inventory) == once
    barred = facility.cameras[2].no_access
    assert barred and (barred.date.isoformat(), barred.witness) == ("2021-05-20", "Trần A, VNPT") and facility.no_access is None


def test_no_access_to_a_facility_leaves_its_neighbours_lines_alone(inventory: Path) -> None:
    before = area(inventory).splitlines()
    no_access(inventory, "--date", "2021-05-20")
    added = [line for line in area(inventory).splitlines() if line not in before]
    assert added == ['    no_access: {reason: "Bảo vệ không cho vào: chờ lệnh", date: 2021-05-20, witness: "Trần A, VNPT"}']
    assert [line for line in area(inventory).splitlines() if line in before] == before


@pytest.mark.parametrize("argv", [("--date", "20/05/2021"), ("--date", "2199-01-01"), ("--slot", "77")])
def test_a_wrong_day_or_slot_is_refused(inventory: Path, argv: tuple[str, ...]) -> None:
    before = area(inventory)
    words = ["--reason", "x", "--witness", "y", *argv]
    done = CliRunner().invoke(app, ["survey", "no-access", "--site", CODE, "-i", str(inventory), *words])
    assert done.exit_code != 0 and area(inventory) == before


def test_a_facility_that_was_only_surveyed_learns_what_its_sheet_did_not_know(inventory: Path) -> None:
    file = inventory / "areas/an-nhon.yml"
    spoil(file, '    box: {mac: "02:4b:00:01:00:01", lan_mac: "02:4b:00:01:00:02"}\n', "    stage: surveyed\n")
    spoil(file, "make: hikvision, driver: onvif, address: 192.168.1.11", "address: 192.168.1.11")
    spoil(file, ', mac: "02:4b:00:01:01:01"', "")
    province, faults = load(inventory)
    assert province and not faults
    place = scan_place.find(province, CODE, date(2021, 5, 12))
    found = device(login=None, login_tried=False, streams=[], mac="02:00:00:00:00:0b")
    scan_file.save(inventory, surveyed(place, province.tables, found, stranger(40)))
    told = accept(inventory)
    assert {each["field"]: each["to"] for each in told["changes"] if each["slot"] == 1} == {
        "model": "DS-2CD1021-I",
        "mac": "02:00:00:00:00:0b",
        "make": "hikvision",
        "driver": "onvif",
    }
    assert "slot: 5" in area(inventory), "where nothing is complete yet, a camera may wait for its place in the inventory"
    province, faults = load(inventory)
    assert province and not faults
    (early,) = province.surveyed
    assert [gap.field for gap in early.gaps if "cameras[1]" in gap.field] == []
    assert accept(inventory)["diff"] == ""
