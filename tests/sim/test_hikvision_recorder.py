"""The Hikvision driver against a simulated recorder that pulls simulated cameras: channels, recording, disks, what is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from camera_process import CameraHandle, start_camera
from device_site import ADMIN, VIEWER, Site, bad_logins, fields
from recorder_process import RecorderHandle

from edge_agent.contract import devices as desired
from edge_agent.devices import hikvision
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import ObservedDevice

Start = Callable[..., RecorderHandle]
DAY = 86400.0
EAST_S = 7 * 3600
SET = {
    "set": True,
    "name": "C1",
    "address": "127.0.0.1",
    "port": 1,
    "protocol": "onvif",
    "user": "kn-view",
    "password": VIEWER,
    "rtsp_path": "",
}
"""A channel whose camera isn't there."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "state")


def channel(number: int, camera: CameraHandle) -> dict[str, Any]:
    user, password = camera.login
    account = {"user": user, "password": password}
    return {
        "number": number,
        "name": f"C{number:02d}",
        "address": camera.address,
        "port": camera.http_port,
        "protocol": "onvif",
        "account": account,
    }


def add(site: Site, there: RecorderHandle, *channels: dict[str, Any], **more: Any) -> dict[str, Any]:
    own = {"driver": "hikvision", "kind": "recorder", "encoder": None, "discovery": None, "services_off": ["upnp", "p2p"]}
    return site.add(there, **{**own, "channels": list(channels), "recording": "continuous", **more})


def seen(there: RecorderHandle, state: Path, days: int = 3, **more: Any) -> ObservedDevice:
    user, password = there.login
    own = {"slot": 0, "address": there.address, "port": there.http_port, "driver": "hikvision", "kind": "recorder", "recording_days": days}
    target = desired.device({**own, "accounts": {"admin": {"user": user, "password": password}}, **more}, "want")
    with hikvision.connect(target, Logins(state)) as connection:
        return hikvision.get(connection, target, all_options=True)


def with_history(start: Start, **more: Any) -> RecorderHandle:
    """One channel that was recorded for three days, none of it now."""
    state = {"channels.1": dict(SET), "clock.timezone": "CST-7:00:00", **more.pop("factory_state", {})}
    return start(channels=2, history_days=3, factory_state=state, **more)


def now_there() -> float:
    """The recorder's local time, as its index has it."""
    return time.time() + EAST_S


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Any:
    cameras = [start_camera(tmp_path_factory.mktemp("camera"), factory=False) for _ in range(2)]
    yield cameras
    for one in cameras:
        one.stop()


def test_a_factory_recorder_takes_in_the_cameras_and_records_them(recorder: Start, site: Site, pair: list[CameraHandle]) -> None:
    there = recorder(channels=4, clock_offset_s=-3600)
    add(site, there, channel(1, pair[0]), channel(3, pair[1]))
    planned = site.one(check=True)
    assert planned["status"] == "changed" and there.control("writes") == []
    done = site.one()
    assert (done["status"], done["failures"]) == ("changed", []), done
    assert fields(done) == fields(planned) >= {"ntp", "name", "channel.1.address", "channel.3.recording", "viewer", "admin.password"}
    there.await_online(1, 3)
    state = there.control("get", secrets=True)
    assert [n for n, c in state["channels"].items() if c["set"]] == ["1", "3"]
    assert {r[3] for r in state["tracks"]["3"]["week"]} == {"CMR"} and state["tracks"]["2"]["week"][0][3] == "MOTION"
    assert state["users"][0]["password"] == ADMIN
    there.control("forget")
    again = site.one()
    assert (again["status"], again["changes"]) == ("ok", []) and there.control("writes") == []
    there.control("reboot")
    assert site.one()["status"] == "ok"
    assert bad_logins(there) == 0


def test_what_arrives_is_in_the_index_and_what_does_not_is_not(recorder: Start, camera: Any, tmp_path: Path, site: Site) -> None:
    source = camera(factory=False)
    there = recorder(channels=2)
    add(site, there, channel(1, source))
    assert site.one()["failures"] == []
    there.await_online(1)
    observed = seen(there, tmp_path / "a")
    assert (observed.channels[0].online, observed.channels[0].recording) == (True, "continuous")
    source.control("freeze", value=True)
    there.await_online(1, online=False)
    before = there.control("recordings", channel=1)
    assert before and seen(there, tmp_path / "b").channels[0].online is False
    time.sleep(1.5)
    assert there.control("recordings", channel=1) == before


def test_a_channel_changed_behind_our_back_is_all_that_is_written(recorder: Start, site: Site, pair: list[CameraHandle]) -> None:
    there = recorder(channels=4)
    add(site, there, channel(1, pair[0]), channel(2, pair[1]))
    assert site.one()["failures"] == []
    there.control("forget")
    there.set("channels.2.address", "127.0.0.9")
    there.set("tracks.1.enabled", False)
    done = site.one()
    assert fields(done) == {"channel.2.address", "channel.1.recording"} and done["failures"] == []
    assert sorted(w["op"] for w in there.control("writes")) == [
        "PUT ContentMgmt/InputProxy/channels/2",
        "PUT ContentMgmt/record/tracks/101",
    ]


def test_a_camera_that_refuses_the_recorder_gets_its_account_again(
    recorder: Start, site: Site, pair: list[CameraHandle], tmp_path: Path
) -> None:
    there = recorder(channels=2)
    add(site, there, channel(1, pair[0]))
    assert site.one()["failures"] == []
    there.await_online(1)
    there.set("channels.1.password", "AnotherOne12345")
    there.await_online(1, online=False)
    deadline = time.monotonic() + 60
    while there.control("channels")["1"]["detected"] != "passwordError" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert fields(site.one(check=True)) == {"channel.1.account"}
    assert site.one()["failures"] == []
    there.await_online(1)
    pair[0].control("unlock")


@pytest.mark.parametrize(
    "trouble",
    [
        {"search_page": 5},
        {"search_wide_fails": True},
        {"search_utc": True},
        {"isapi_missing": ["ContentMgmt/record/tracks/101/dailyDistribution"]},
        {"isapi_missing": ["ContentMgmt/InputProxy/channels/status", "ContentMgmt/record/tracks"]},
        {"isapi_namespace": "http://www.isapi.org/ver20/XMLSchema", "isapi_naive_time": True},
    ],
    ids=str,
)
def test_days_and_gaps_are_found_whatever_the_search_is_like(recorder: Start, tmp_path: Path, trouble: dict[str, Any]) -> None:
    there = with_history(recorder, personality=trouble)
    end = there.control("recordings", channel=1)[-1][1]
    gap = end - DAY - 1800, end - DAY
    there.control("gap", channel=1, **{"from": gap[0], "to": gap[1]})
    observed = seen(there, tmp_path)
    spans = observed.channels[0].spans
    assert spans is not None and len(spans) == 2
    edges = [spans[0][1].timestamp(), spans[1][0].timestamp(), spans[1][1].timestamp()]
    assert all(abs(a - (b - EAST_S)) <= 2 for a, b in zip(edges, (*gap, end), strict=True))
    assert spans[1][1] - spans[0][0] > timedelta(days=2.9)


def test_a_search_that_starts_over_ends(recorder: Start, tmp_path: Path) -> None:
    there = with_history(recorder, personality={"search_repeats": True, "search_page": 10})
    observed = seen(there, tmp_path)
    assert observed.channels[0].spans is not None and len(observed.channels[0].spans) == 1


def test_only_the_wanted_days_are_searched(recorder: Start, tmp_path: Path) -> None:
    there = with_history(recorder)
    spans = seen(there, tmp_path, days=1).channels[0].spans
    assert spans and datetime.now(UTC) - spans[0][0] < timedelta(days=2, hours=1)


def test_a_search_that_would_take_too_long_is_a_problem_not_a_failure(recorder: Start, tmp_path: Path) -> None:
    state = {f"channels.{n}": dict(SET) for n in range(1, 13)}
    there = recorder(channels=12, history_days=2, factory_state=state, personality={"slow_ms": 200})
    observed = seen(there, tmp_path, deadline_s=14)
    assert "recordings" in {p.field for p in observed.problems}
    assert len(observed.channels) == 12 and any(c.spans is None for c in observed.channels)


@pytest.mark.parametrize(("flag", "status"), [("disk_failed", "failed"), ("disk_full", "full")])
def test_a_bad_disk_is_told(recorder: Start, site: Site, tmp_path: Path, flag: str, status: str) -> None:
    there = recorder(channels=2, personality={flag: True})
    add(site, there)
    notes = {n["field"]: n["detail"]["en"] for n in site.one(check=True)["notes"]}
    assert status in notes["storage.hdd1"]
    assert seen(there, tmp_path).storage[0].status == status


def test_a_failed_disk_records_nothing(recorder: Start, site: Site, pair: list[CameraHandle]) -> None:
    there = recorder(channels=2, personality={"disk_failed": True})
    add(site, there, channel(1, pair[0]))
    site.one()
    there.await_online(1)
    assert there.control("recordings", channel=1) == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("forgotten", "field"), [("channels.1.address", "channel.1.address"), ("tracks.1", "channel.1.recording"), ("isapi.title", "name")]
)
def test_accepted_and_not_kept_is_a_failure_that_names_the_field(
    recorder: Start, site: Site, pair: list[CameraHandle], forgotten: str, field: str
) -> None:
    there = recorder(channels=2, personality={"accepts_and_forgets": [forgotten]})
    add(site, there, channel(1, pair[0]))
    done = site.one()
    assert {f["class"] for f in done["failures"]} == {"setting_not_kept"}
    assert any(field in f["reason"]["en"] for f in done["failures"])


def test_a_recorder_that_refuses_a_schedule_keeps_its_other_changes(recorder: Start, site: Site, pair: list[CameraHandle]) -> None:
    there = recorder(channels=2, personality={"isapi_put_refused": ["ContentMgmt/record/tracks/101"]})
    add(site, there, channel(1, pair[0]))
    done = site.one()
    assert [f["class"] for f in done["failures"]] == ["setting_not_kept"] and "channel.1.address" in fields(done)


def test_a_channel_without_a_picture_is_told(recorder: Start, site: Site, pair: list[CameraHandle], tmp_path: Path) -> None:
    there = recorder(channels=2, personality={"channel_offline": [1]})
    add(site, there, channel(1, pair[0]))
    assert site.one()["failures"] == []
    assert seen(there, tmp_path).channels[0].online is False


def test_what_is_recorded_survives_a_reboot_and_a_kill(recorder: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    there = with_history(recorder, home=home)
    before = there.control("recordings", channel=1)
    there.control("reboot")
    there.process.kill()
    there.process.wait(10)
    assert with_history(recorder, home=home).control("recordings", channel=1) == before


def test_a_recorder_that_hangs_ends_with_its_deadline(recorder: Start, site: Site) -> None:
    there = recorder(channels=2, personality={"hang": True})
    add(site, there, deadline_s=3)
    assert site.one()["class"] == "unreachable"


def test_a_camera_where_a_recorder_should_be_is_left_alone(recorder: Start, site: Site, pair: list[CameraHandle]) -> None:
    nvr = recorder(channels=2)
    site.add(nvr, driver="hikvision", discovery=None)
    site.add(pair[0], driver="hikvision", kind="recorder", encoder=None, discovery=None)
    first, second = site.run()["devices"]
    assert (first["class"], second["class"]) == ("unknown_device", "unknown_device")
    assert "recorder is there" in first["reason"]["en"] and "camera is there" in second["reason"]["en"]
    assert nvr.control("writes") == [] and not [w for w in pair[0].control("writes") if w["op"].startswith("PUT")]


def test_channels_that_nobody_asked_for_stay(recorder: Start, site: Site, pair: list[CameraHandle]) -> None:
    there = recorder(channels=4, factory_state={"channels.4": dict(SET)})
    add(site, there, channel(1, pair[0]))
    site.one()
    assert there.control("get", path="channels.4.set") is True


def test_a_protocol_that_it_does_not_take_is_a_shortfall(recorder: Start, site: Site, pair: list[CameraHandle]) -> None:
    there = recorder(channels=2)
    add(site, there, {**channel(1, pair[0]), "protocol": "rtsp", "rtsp_path": "/live"})
    done = site.one()
    assert "channel.1.protocol" in {n["field"] for n in done["notes"]} and done["failures"] == []
