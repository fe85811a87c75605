"""Administrative units as of a day: one inventory, right names then and now."""

from datetime import date

import pytest

from province.model import Province, load
from tests.unit.inventories import SAMPLE

THEN, NOW = date(2021, 6, 1), date(2026, 1, 1)


@pytest.fixture(scope="module")
def province() -> Province:
    found, faults = load(SAMPLE)
    assert found is not None
    assert faults == []
    return found


def test_2021_has_eleven_districts_and_no_commune(province: Province) -> None:
    districts = [unit for unit in province.units.on(THEN) if unit.parent]
    assert len(districts) == 11
    assert {unit.type for unit in districts} == {"thành phố", "thị xã", "huyện"}
    assert {unit.parent for unit in districts} == {"t-binh-dinh"}


def test_2026_has_58_communes_of_gia_lai_and_no_district(province: Province) -> None:
    communes = [unit for unit in province.units.on(NOW) if unit.parent]
    assert len(communes) == 58
    assert sum(unit.type == "phường" for unit in communes) == 17
    assert {unit.parent for unit in communes} == {"t-gia-lai-2025"}
    assert len({unit.code for unit in communes}) == 58


def test_the_same_facility_has_the_name_of_the_day(province: Province) -> None:
    facility = province.facility("an-nhon-01")
    assert facility is not None
    names = [province.units.name(facility.unit_on(day) or "", day) for day in (THEN, date(2025, 6, 30), date(2025, 7, 1), NOW)]
    assert names == ["Thị xã An Nhơn, tỉnh Bình Định"] * 2 + ["Phường Bình Định, tỉnh Gia Lai"] * 2


def test_code_52_was_binh_dinh_and_is_gia_lai(province: Province) -> None:
    assert [unit.full_name for unit in province.units.on(THEN) if unit.code == "52"] == ["Tỉnh Bình Định"]
    assert [unit.full_name for unit in province.units.on(NOW) if unit.code == "52"] == ["Tỉnh Gia Lai"]


def test_an_nhon_became_five_wards_and_a_commune(province: Province) -> None:
    town = province.units.get("tx-an-nhon")
    assert town is not None
    became = [province.units.get(each) for each in town.successors]
    assert sorted(unit.full_name for unit in became if unit) == [
        "Phường An Nhơn", "Phường An Nhơn Bắc", "Phường An Nhơn Nam", "Phường An Nhơn Đông", "Phường Bình Định", "Xã An Nhơn Tây",
    ]  # fmt: skip


def test_every_district_ends_when_its_successors_begin(province: Province) -> None:
    for unit in province.units:
        for successor in unit.successors:
            after = province.units.get(successor)
            assert after is not None
            assert after.since == unit.until


def test_hoai_nhon_was_a_huyen_until_june_2020(province: Province) -> None:
    names = {
        day: [unit.full_name for unit in province.units.on(day) if unit.name == "Hoài Nhơn"]
        for day in (date(2020, 5, 31), date(2020, 6, 1))
    }
    assert names == {date(2020, 5, 31): ["Huyện Hoài Nhơn"], date(2020, 6, 1): ["Thị xã Hoài Nhơn"]}


def test_a_unit_out_of_its_time_has_no_name(province: Province) -> None:
    assert province.units.name("tx-an-nhon", NOW) is None
    assert province.units.name("p-an-nhon", THEN) is None
    assert province.units.name("never", NOW) is None
