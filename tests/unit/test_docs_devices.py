"""docs/devices.md says what the drivers do: its tables are those that the drivers' own plans give."""

import re
from pathlib import Path

import pytest

from edge_agent.devices import drivers, reference
from edge_agent.devices.faults import FAILURES, DeviceFailure
from edge_agent.devices.model import ObservedDevice
from province.measure.devices import readers
from province.model.loader import shipped
from province.model.tables import MakesFile
from province.rollout.desired import rtsp_paths
from province.switches.drivers import DRIVERS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/devices.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("part", ["support", "classes"])
def test_the_table_is_the_one_that_the_drivers_give(part: str) -> None:
    shown = re.search(rf"<!-- {part}:begin -->\n(.*?)\n<!-- {part}:end -->", PAGE, re.DOTALL)
    assert shown and shown[1] == reference.markdown()[part], (
        f"put the output of `python -m edge_agent.devices.reference` between the marks of {part}"
    )


@pytest.mark.parametrize("driver", drivers.NAMES)
def test_a_device_on_which_nothing_is_wrong_is_left_alone_by_every_driver(driver: str) -> None:
    assert drivers.of(driver).plan(ObservedDevice(), reference.desired(driver, "camera")) == []


def for_kind(kind: str) -> set[str]:
    return {name for name in drivers.NAMES if kind in drivers.of(name).KINDS}


def test_the_drivers_of_the_inventory_are_those_of_the_box_and_all_are_told_of() -> None:
    makes = shipped("makes.yml", MakesFile).makes
    listed = {kind: {name for make in makes for name in getattr(make.drivers, kind)} for kind in ("cameras", "recorders", "switches")}
    assert listed["cameras"] == for_kind("camera") and listed["recorders"] == for_kind("recorder") and listed["switches"] == set(DRIVERS)
    for name in listed["cameras"] | listed["switches"]:
        assert f"`{name}`" in PAGE


def test_every_driver_has_its_reader_and_the_other_way_round() -> None:
    assert {name: set(kinds) for name, kinds in readers.TABLE.items()} == {name: set(drivers.of(name).KINDS) for name in drivers.NAMES}


def test_a_recorder_of_another_make_knows_where_the_main_stream_of_each_driver_s_cameras_is() -> None:
    assert set(rtsp_paths()) == set(drivers.NAMES) - {"onvif"}


def test_no_class_of_failure_is_left_out() -> None:
    def below(category: type[DeviceFailure]) -> set[str]:
        return {category.category}.union(*(below(child) for child in category.__subclasses__()))

    assert below(DeviceFailure) == {failure.category for failure in FAILURES}


def test_what_is_said_of_any_device_calls_none_a_camera() -> None:
    """The same words are said of a recorder."""
    for failure in FAILURES:
        for text in (failure.reason_text, failure.hint_text):
            assert "camera" not in f"{text.vi} {text.en}".lower(), failure.category
