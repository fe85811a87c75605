"""Days of footage that a province asks for: whether a facility's own recorder can keep them is said by the plan, and by verify in the
same words. Its standard asks for 45."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from device_site import ADMIN, VIEWER
from played import in_a_hurry, nobody
from recorder_process import RecorderHandle
from test_thresholds import BOX, CODE, changed

from edge_agent.contract import devices as contract
from edge_agent.contract.written import written
from edge_agent.devices import engine
from lab.recorder import state
from province.judging.verdict import Occasion, judge
from province.measure.gather import Scope, gather_here
from province.measure.subjects import Camera, Recorder, Site
from province.rollout.desired import desired_devices
from province.standard import settings

Start = Callable[..., RecorderHandle]
STANDARD = changed({"days_kept": {"days": 45}, "recorder_clock": {"seconds": 1.25}})
CAMERA = {"slot": 1, "address": "192.168.1.11", "port": 80, "driver": "onvif", "make": "generic", "mac": None}
SET = {"set": True, "name": "C1", "address": CAMERA["address"], "port": 80, "protocol": "onvif", "user": "v", "password": "p",
       "rtsp_path": ""}  # fmt: skip
VAULT = {
    kind: {slot: {"admin": {"user": "admin", "password": ADMIN}, "viewer": {"user": "kn-view", "password": VIEWER}}}
    for kind, slot in (("cameras", "1"), ("recorders", "101"))
}
MAKES = pytest.mark.parametrize("make", list(state.MAKES))


@pytest.fixture
def start(recorder: Start) -> Start:
    """A recorder out of its box that has recorded camera 1 for so many days; its clock is far off."""

    def begin(make: str, days: int, **more: Any) -> RecorderHandle:
        return recorder(make=make, channels=2, history_days=days, clock_offset_s=-60.0, factory_state={"channels.1": SET, **more})

    return begin


def rolled_out(there: RecorderHandle, folder: Path, *, check: bool = False) -> tuple[dict[str, Any], dict[str, str]]:
    """(its result, what the plan says of its days: field -> words in English)."""
    make, (user, password) = there.config["make"], there.login
    facility = {
        "id": "BD-0001", "code": CODE, "lan": {"network": "127.0.0.0/24", "box_address": BOX, "topology": "flat"},
        "recording": {"by": "recorder", "days": None}, "cameras": [CAMERA],
        "recorders": [{"slot": 101, "address": there.address, "port": there.http_port, "driver": make, "make": make, "mac": None}],
    }  # fmt: skip
    role = {"slots": [], "factory": {make: [{"user": user, "password": password}]}, "deadline_s": 60}
    devices = desired_devices(facility, settings.of(settings.thresholds(STANDARD)), role, VAULT, "recorders")
    document = contract.read(written(devices, {"id": "BD-0001", "code": CODE}, str(folder / "box")))
    with in_a_hurry():
        (result,) = engine.run(document, check=check)["devices"]
    return result, {note["field"]: note["detail"]["en"] for note in result["notes"] if note["field"].startswith("recording.")}


def verified(there: RecorderHandle, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """check -> row, of the recorder and of the camera that it records."""
    monkeypatch.setenv("KETNOI_MEASURE_STATE", str(folder / "measured"))
    recorder = Recorder(101, "kho", there.address, there.http_port, driver=there.config["make"], mac="m")
    camera = Camera(1, "C01", "yard", "sân", "127.0.0.1", nobody(), address=CAMERA["address"], recorders=("R101",), channel=1)
    site = Site("BD-0001", CODE, "Trường", 1, "10.5.0.1", "flat", (camera,), recorders=(recorder,), recording="recorder", ntp=BOX,
                local=True, enrolled_at="2020-01-01T00:00:00+00:00")  # fmt: skip
    logins = {(CODE, 101): VAULT["recorders"]["101"]}
    evidence = gather_here(Scope([site], STANDARD, logins, {}, {}), lambda where, told: None)
    document = judge(evidence, STANDARD, [site], Occasion("binh-dinh", None, None, "full", "now", 1.0, {}))
    return {row["id"]: row for row in document["facilities"][0]["checks"]}


@MAKES
def test_days_that_a_recorder_can_keep_are_met_and_nothing_is_said(
    make: str, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = start(make, days=46)
    result, said = rolled_out(there, tmp_path)
    assert (result["status"], said) == ("changed", {}), result
    rows = verified(there, tmp_path, monkeypatch)
    asked = ("days_kept", "recorder_room", "recorder_clock", "recorder_storage")
    assert {check: rows[check]["says"]["en"] for check in asked if rows[check]["verdict"] != "met"} == {}


@MAKES
def test_a_disk_too_small_for_the_days_is_said_before_and_after_in_the_same_words(
    make: str, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = start(make, days=20, disks=[{"name": "hdd1", "status": "ok", "total_mb": 700_000, "free_mb": 0}])
    planned = rolled_out(there, tmp_path, check=True)[1]
    assert planned == {"recording.room": "room for about 31 days, 45 are wanted"}
    assert rolled_out(there, tmp_path)[1] == planned == rolled_out(there, tmp_path)[1], "not as wanted, however often it is set"
    row = verified(there, tmp_path, monkeypatch)["recorder_room"]
    assert (row["verdict"], row["says"]["en"]) == ("not_met", planned["recording.room"])


def test_footage_that_is_deleted_too_soon_is_said_before_and_after_in_the_same_words(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the interfaces played here Dahua's alone tells it."""
    there = start("dahua", days=20, **{"cgi.StorageGroup.#0.FileHoldTime": 30})
    planned = rolled_out(there, tmp_path)[1]
    assert planned == {"recording.days": "deleted after 30 days, 45 are wanted"}
    row = verified(there, tmp_path, monkeypatch)["days_kept"]
    assert (row["verdict"], row["says"]["en"]) == ("not_met", planned["recording.days"])
