"""What tests/ci rehearses with: a province's facility on loopback, and nothing that is the province's secret."""

from datetime import date
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from province.model import Province, load
from province.paths import data
from tests.ci import rehearsal
from tests.unit.inventories import SAMPLE, copied, spoil

LOOPBACK = IPv4Network("127.0.0.0/8")


@pytest.fixture(scope="module")
def province() -> Province:
    found, faults = load(SAMPLE)
    assert found is not None and not faults
    return found


def test_any_facility_can_be_rehearsed_and_every_address_is_loopback(province: Province, tmp_path: Path) -> None:
    first_of_area = {each.area: each for each in reversed(province.facilities) if not each.withheld(date.today())}
    for area, facility in first_of_area.items():
        target = tmp_path / area
        ports = {camera.slot: 40000 + camera.slot for camera in facility.cameras}
        rehearsal.write(province, facility, ports, target)
        rehearsed, faults = load(target)
        assert rehearsed is not None and not faults, [fault.show("en") for fault in faults]
        (only,) = rehearsed.facilities
        assert {camera.slot: camera.port for camera in only.cameras} == ports
        assert all(address in LOOPBACK for address in (only.lan.box_address, *(camera.address for camera in only.cameras)))


@pytest.mark.parametrize(
    ("address", "loopback"), [("192.168.1.11", "127.168.1.11"), ("10.0.0.1", "127.0.0.1"), ("172.16.4.9", "127.16.4.9")]
)
def test_an_address_keeps_its_place_in_the_lan(address: str, loopback: str) -> None:
    assert rehearsal.moved(IPv4Address(address)) == loopback


def test_nothing_private_is_taken_along(province: Province, tmp_path: Path) -> None:
    source = copied(tmp_path, "an-nhon")
    for name in rehearsal.PRIVATE:
        (source / name).mkdir()
        (source / name / "an-nhon-01.yml").write_text("private")
    (source / "standard.yml").write_text("checks: []\n")
    own, _ = load(source)
    assert own is not None
    rehearsal.write(own, own.facilities[0], {camera.slot: 1024 for camera in own.facilities[0].cameras}, tmp_path / "target")
    taken = {str(file.relative_to(tmp_path / "target")) for file in (tmp_path / "target").rglob("*") if file.is_file()}
    assert taken == {"province.yml", "units.yml", "standard.yml", "areas/an-nhon.yml"}


def test_a_barracks_without_an_opinion_is_not_chosen(province: Province) -> None:
    assert rehearsal.chosen(province, "phu-cat-01") is None
    chosen = rehearsal.chosen(province, None)
    assert chosen is not None and chosen.withheld(date.today()) is None


def test_a_maker_without_a_factory_login_is_played_as_a_generic_camera(tmp_path: Path) -> None:
    source = copied(tmp_path, "an-nhon")
    makes = data("province/data/makes.yml").read_text()
    (source / "makes.yml").write_text(makes.replace("makes:\n", "makes:\n  - {id: nobody, name: Nobody}\n", 1))
    spoil(source / "areas" / "an-nhon.yml", "make: hikvision", "make: nobody")
    own, faults = load(source)
    assert own is not None and not faults
    facility = own.facilities[0]
    assert rehearsal.factory_account(own, facility.cameras[0]) is None
    rehearsal.write(own, facility, {camera.slot: 1024 for camera in facility.cameras}, tmp_path / "target")
    rehearsed, _ = load(tmp_path / "target")
    assert rehearsed is not None
    assert [camera.make for camera in rehearsed.facilities[0].cameras] == ["generic", *(c.make for c in facility.cameras[1:])]
