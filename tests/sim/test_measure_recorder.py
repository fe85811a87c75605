"""Network recorders measured from outside, by readers that did not configure them: days, holes, disks, clock, logins."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recorder_process import RecorderHandle

from lab.recorder import state
from province.measure.devices import readers
from province.measure.devices import recorder as measuring
from province.measure.devices.logins import Ledger

Start = Callable[..., RecorderHandle]
DAY = 86400.0
EAST_S = 7 * 3600
CAMERA = "192.168.1.11"
PASSWORD = "Quanly7xA"
USERS = [{"name": "admin", "password": PASSWORD, "level": "Administrator"}]
SET = {"set": True, "name": "C1", "address": CAMERA, "port": 1, "protocol": "onvif", "user": "v", "password": "p", "rtsp_path": ""}
ALWAYS = {"enabled": True, "loop": True, "week": [[day, 0, 1440, "CMR"] for day in range(7)]}


def start_with(recorder: Start, make: str, days: int = 0, **more: Any) -> RecorderHandle:
    """Channel 2 holds the camera, recorded without a hole for so many days; its own camera isn't there."""
    state = {"users": USERS, "channels.2": SET, "tracks.2": ALWAYS, "clock.timezone": "CST-7:00:00", **more.pop("factory_state", {})}
    return recorder(make=make, channels=4, history_days=days, factory_state=state, **more)


def measured(there: RecorderHandle, state: Path, password: str = PASSWORD, days: float = 30, number: int = 2) -> dict[str, Any]:
    channels = {"7": {"number": number, "address": CAMERA, "port": 80}}
    task = {"driver": there.config["make"], "host": there.address, "port": there.http_port, "key": "k", "days": days, "seconds": 18.0,
            "channels": channels, "accounts": {"admin": {"user": "admin", "password": password}}}  # fmt: skip
    return measuring.measure(task, Ledger(state))


def footage(found: dict[str, Any]) -> dict[str, Any]:
    assert found["recordings"]["ok"], found
    told: dict[str, Any] = found["recordings"]["cameras"]["7"]
    return told


def now_there() -> float:
    """The recorder's wall clock, as its index counts."""
    return time.time() + EAST_S


PLAYED = [name for name, kinds in readers.TABLE.items() if readers.RECORDER in kinds and name in state.MAKES]
MAKES = pytest.mark.parametrize("make", PLAYED)


@MAKES
def test_footage_of_days_is_found_with_its_age_and_no_hole(make: str, recorder: Start, tmp_path: Path) -> None:
    there = start_with(recorder, make, days=9)
    there.control("recorded", channel=2, **{"from": now_there() - 120, "to": now_there()})
    found = measured(there, tmp_path)
    told = footage(found)
    assert told["days_kept"] == pytest.approx(9, abs=1)
    assert told["behind_s"] < 60
    assert told["mode"] == "continuous"
    assert abs(found["clock"]["offset_s"]) < 2
    assert [disk["status"] for disk in found["storage"]["disks"]] == ["ok"]


@MAKES
def test_each_hole_is_found_where_it_is(make: str, recorder: Start, tmp_path: Path) -> None:
    there = start_with(recorder, make, days=12)
    end = now_there() - 3600
    there.control("recorded", channel=2, **{"from": end - 12 * DAY, "to": end + 3600})
    for back, seconds in ((0.2, 90), (3.0, 600), (10.0, 7200)):
        there.control("gap", channel=2, **{"from": end - back * DAY, "to": end - back * DAY + seconds})
    told = footage(measured(there, tmp_path))
    assert [gap["seconds"] for gap in told["gaps"]] == pytest.approx([7200, 600, 90], abs=3)


@MAKES
def test_what_was_recorded_before_the_days_asked_for_counts_as_kept(make: str, recorder: Start, tmp_path: Path) -> None:
    there = start_with(recorder, make, days=20)
    assert footage(measured(there, tmp_path, days=5))["days_kept"] >= 5


@MAKES
def test_a_recorder_that_stopped_hours_ago_is_behind_whatever_the_zone(make: str, recorder: Start, tmp_path: Path) -> None:
    """Seven hours is Vietnam's distance from UTC: footage that ended then must not look like footage of now."""
    there = start_with(recorder, make)
    there.control("recorded", channel=2, **{"from": now_there() - 2 * DAY, "to": now_there() - 7 * 3600})
    assert footage(measured(there, tmp_path))["behind_s"] == pytest.approx(7 * 3600, abs=60)


@MAKES
def test_a_camera_is_found_by_its_address_whatever_the_number(make: str, recorder: Start, tmp_path: Path) -> None:
    there = start_with(recorder, make, days=2)
    assert footage(measured(there, tmp_path, number=4))["days_kept"] > 1


@MAKES
def test_a_camera_that_no_channel_holds_is_said_to_have_none(make: str, recorder: Start, tmp_path: Path) -> None:
    there = start_with(recorder, make, factory_state={"channels.2": {**SET, "address": "192.168.1.99"}})
    found = measured(there, tmp_path)
    assert found["recordings"]["cameras"]["7"]["reason"] == "no_channel"


@MAKES
def test_recording_by_motion_alone_is_told_apart(make: str, recorder: Start, tmp_path: Path) -> None:
    there = start_with(recorder, make, days=2, factory_state={"tracks.2": {**ALWAYS, "week": [[d, 0, 1440, "MOTION"] for d in range(7)]}})
    assert footage(measured(there, tmp_path))["mode"] not in (None, "continuous")


@MAKES
def test_a_failed_disk_and_a_wrong_clock_are_told(make: str, recorder: Start, tmp_path: Path) -> None:
    disks = [
        {"name": "hdd1", "status": "ok", "total_mb": 1, "free_mb": 0},
        {"name": "hdd2", "status": "error", "total_mb": 1, "free_mb": 0},
    ]
    there = start_with(recorder, make, clock_offset_s=-90.0, factory_state={"disks": disks})
    found = measured(there, tmp_path)
    assert [disk["status"] for disk in found["storage"]["disks"]] == ["ok", "failed"]
    assert found["clock"]["offset_s"] == pytest.approx(-90, abs=2)


@pytest.mark.parametrize(
    ("make", "trouble"),
    [
        ("hikvision", {"search_wide_fails": True}),
        ("hikvision", {"search_repeats": True}),
        ("hikvision", {"search_page": 3}),
        ("hikvision", {"isapi_namespace": ""}),
        ("hikvision", {"isapi_algorithm": "SHA-256"}),
        ("hikvision", {"isapi_qop": False}),
        ("hikvision", {"isapi_nonce_once": True}),
        ("hikvision", {"isapi_nonce_once": True, "isapi_stale_reported": False}),
        ("hikvision", {"isapi_naive_time": True}),
        ("hikvision", {"isapi_basic": True}),
        ("dahua", {"cgi_nonce_once": True}),
        ("dahua", {"cgi_odd_blanks": True}),
        ("dahua", {"cgi_bracket_slots": True}),
        ("dahua", {"cgi_basic": True}),
        ("dahua", {"cgi_encoding": "gb18030"}),
    ],
    ids=str,
)
def test_an_awkward_recorder_is_read_all_the_same(make: str, trouble: dict[str, Any], recorder: Start, tmp_path: Path) -> None:
    there = start_with(recorder, make, days=9, personality=trouble)
    there.control("recorded", channel=2, **{"from": now_there() - 600, "to": now_there()})
    found = measured(there, tmp_path)
    told = footage(found)
    assert told["days_kept"] == pytest.approx(9, abs=1)
    assert told["behind_s"] < 60
    assert not [login for login in there.control("logins") if login["result"] == "bad_password"]
