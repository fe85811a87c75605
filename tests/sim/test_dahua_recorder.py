"""The Dahua driver against a simulated recorder that pulls simulated cameras: channels, recording, disks, what is there; and the
same recorder as aiodahua sees it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from camera_process import CameraHandle, start_camera
from dahua_clients import aiodahua
from device_site import ADMIN, VIEWER, Site, bad_logins, fields
from recorder_process import RecorderHandle

from edge_agent.contract import devices as desired
from edge_agent.devices import channel_accounts, dahua
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import ObservedDevice

Start = Callable[..., RecorderHandle]
DAY, EAST_S = 86400.0, 7 * 3600
SET = {"set": True, "name": "C1", "address": "127.0.0.1", "port": 1, "protocol": "onvif", "user": "v", "password": VIEWER, "rtsp_path": ""}
"""A channel whose camera isn't there."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "state")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Any:
    cameras = [start_camera(tmp_path_factory.mktemp("camera"), factory=False) for _ in range(2)]
    yield cameras
    for one in cameras:
        one.stop()


def channel(number: int, camera: CameraHandle, **more: Any) -> dict[str, Any]:
    user, password = camera.login
    own = {"number": number, "name": f"C{number:02d}", "address": camera.address, "port": camera.http_port, "protocol": "onvif"}
    return {**own, "account": {"user": user, "password": password}, **more}


def add(site: Site, there: RecorderHandle, *channels: dict[str, Any], **more: Any) -> dict[str, Any]:
    own = {"driver": "dahua", "kind": "recorder", "encoder": None, "discovery": None, "services_off": ["upnp", "p2p"]}
    return site.add(there, **{**own, "channels": list(channels), "recording": "continuous", **more})


def seen(there: RecorderHandle, state: Path, days: int | None = 3, **more: Any) -> ObservedDevice:
    user, password = there.login
    own = {"slot": 0, "address": there.address, "port": there.http_port, "driver": "dahua", "kind": "recorder", "recording_days": days}
    target = desired.device({**own, "accounts": {"admin": {"user": user, "password": password}}, **more}, "want")
    with dahua.connect(target, Logins(state)) as connection:
        return dahua.get(connection, target, all_options=True)


def with_history(start: Start, **more: Any) -> RecorderHandle:
    """One channel that was recorded for three days, none of it now."""
    state = {"channels.1": dict(SET), "clock.timezone": "ICT-7", **more.pop("factory_state", {})}
    return start(make="dahua", channels=2, history_days=3, factory_state=state, **more)


@pytest.mark.parametrize("brackets", [False, True], ids=["uuid slots", "bracket slots"])
def test_a_factory_recorder_takes_in_the_cameras_and_records_them(
    recorder: Start, site: Site, pair: list[CameraHandle], brackets: bool
) -> None:
    there = recorder(make="dahua", channels=4, clock_offset_s=-3600, personality={"cgi_bracket_slots": brackets})
    add(site, there, channel(1, pair[0]), channel(3, pair[1]))
    planned = site.one(check=True)
    assert planned["status"] == "changed" and there.control("writes") == []
    done = site.one()
    assert (done["status"], done["failures"]) == ("changed", []), done
    assert fields(done) == fields(planned) >= {"ntp", "name", "channel.1.address", "channel.3.recording", "viewer", "admin.password"}
    there.await_online(1, 3)
    state = there.control("get", secrets=True)
    assert [n for n, c in state["channels"].items() if c["set"]] == ["1", "3"]
    assert state["channels"]["3"] | {"set": True} == {
        "set": True, "name": "C03", "address": "127.0.0.1", "port": pair[1].http_port, "protocol": "onvif", "rtsp_path": "",
        "user": pair[1].login[0], "password": pair[1].login[1],
    }  # fmt: skip
    assert {r[3] for r in state["tracks"]["3"]["week"]} == {"CMR"} and state["tracks"]["2"]["week"][0][3] == "MOTION"
    assert state["users"][0]["password"] == ADMIN
    there.control("forget")
    again = site.one()
    assert (again["status"], again["changes"]) == ("ok", []) and there.control("writes") == []
    there.control("reboot")
    there.await_online(1, 3)
    assert site.one()["status"] == "ok"
    assert bad_logins(there) == 0


def test_a_channel_changed_behind_our_back_is_all_that_is_written(recorder: Start, site: Site, pair: list[CameraHandle]) -> None:
    there = recorder(make="dahua", channels=4)
    add(site, there, channel(1, pair[0]), channel(2, pair[1]))
    assert site.one()["failures"] == []
    there.await_online(1, 2)
    there.control("forget")
    there.set("channels.2.address", "127.0.0.9")
    there.set("cgi.RecordMode.#0.Mode", 2)
    done = site.one()
    assert fields(done) == {"channel.2.address", "channel.1.recording"} and done["failures"] == []
    assert [w["op"] for w in there.control("writes")] == ["setConfig RemoteDevice", "setConfig RecordMode"]


def test_a_camera_that_refuses_the_recorder_gets_its_account_again(recorder: Start, site: Site, pair: list[CameraHandle]) -> None:
    there = recorder(make="dahua", channels=2)
    add(site, there, channel(1, pair[0]))
    assert site.one()["failures"] == []
    there.await_online(1)
    assert site.one()["status"] == "ok"
    there.set("channels.1.password", "AnotherOne12345")
    told: dict[str, object] = {}
    ends = time.monotonic() + 60
    while (told.get("detected"), told.get("online")) != ("passwordError", False):
        assert time.monotonic() < ends, f"the recorder still gets in: {told}"
        time.sleep(0.1)
        told = there.control("channels")["1"]
    assert fields(site.one(check=True)) == {"channel.1.account"}
    assert site.one()["failures"] == []
    there.await_online(1)
    pair[0].control("unlock")


def test_a_camera_of_another_make_is_taken_in_by_its_stream(recorder: Start, site: Site, pair: list[CameraHandle]) -> None:
    there = recorder(make="dahua", channels=2)
    add(site, there, channel(2, pair[0], protocol="rtsp", port=pair[0].rtsp_port, rtsp_path="/Streaming/Channels/101"))
    assert site.one()["failures"] == []
    there.await_online(2)
    assert site.one()["changes"] == []


def test_a_camera_that_is_not_there_is_told_and_is_no_failure_of_the_recorder(
    recorder: Start, site: Site, pair: list[CameraHandle]
) -> None:
    there = recorder(make="dahua", channels=2)
    add(site, there, channel(1, pair[0], port=1))
    done = site.one()
    assert done["failures"] == []
    notes = {n["field"]: n["class"] for n in site.one(check=True)["notes"]}
    assert notes["channel.1"] == "unreachable"


def test_a_camera_that_stays_away_is_given_its_account_once_a_day(
    recorder: Start, site: Site, pair: list[CameraHandle], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = recorder(make="dahua", channels=2)
    away = add(site, there, channel(1, pair[0], port=1))["channels"][0]
    assert site.one()["failures"] == []
    there.control("forget")
    again = site.one()
    assert (again["status"], again["changes"], there.control("writes")) == ("ok", [], [])
    assert "unreachable" in {n["class"] for n in again["notes"]}
    away["account"] = {**away["account"], "password": "TheNextOne12345"}
    assert fields(site.one()) == {"channel.1.account"}
    later = time.time() + channel_accounts.GIVEN_S
    monkeypatch.setattr(channel_accounts.time, "time", lambda: later)
    assert fields(site.one(check=True)) == {"channel.1.account"}
    kept = "".join(p.read_text() for p in site.state.glob("channels*.json"))
    assert "TheNextOne12345" not in kept and away["account"]["user"] not in kept


@pytest.mark.parametrize(
    "trouble",
    [
        {},
        {"cgi_bracket_slots": True},
        {"cgi_odd_blanks": True},
        {"cgi_missing": ["LogicDeviceManager.cgi", "Record"]},
        {"cgi_nonce_once": True},
    ],
    ids=str,
)
def test_days_and_gaps_are_found(recorder: Start, tmp_path: Path, trouble: dict[str, Any]) -> None:
    there = with_history(recorder, personality=trouble)
    end = there.control("recordings", channel=1)[-1][1]
    gap = end - DAY - 1800, end - DAY
    there.control("gap", channel=1, **{"from": gap[0], "to": gap[1]})
    spans = seen(there, tmp_path).channels[0].spans
    assert spans is not None and len(spans) == 2
    edges = [spans[0][1].timestamp(), spans[1][0].timestamp(), spans[1][1].timestamp()]
    assert all(abs(a - (b - EAST_S)) <= 2 for a, b in zip(edges, (*gap, end), strict=True))
    assert spans[1][1] - spans[0][0] > timedelta(days=2.9)


def test_looking_often_leaves_no_search_open(recorder: Start, tmp_path: Path) -> None:
    there = with_history(recorder)
    for n in range(6):  # the recorder has four
        assert seen(there, tmp_path / str(n), days=1).channels[0].spans


def test_only_the_wanted_days_are_searched(recorder: Start, tmp_path: Path) -> None:
    there = with_history(recorder)
    spans = seen(there, tmp_path, days=1).channels[0].spans
    assert spans and datetime.now(UTC) - spans[0][0] < timedelta(days=1, hours=1)


def test_a_search_that_would_take_too_long_is_a_problem_not_a_failure(recorder: Start, tmp_path: Path) -> None:
    state = {f"channels.{n}": dict(SET) for n in range(1, 9)}
    there = recorder(make="dahua", channels=8, history_days=2, factory_state=state, personality={"slow_ms": 150})
    observed = seen(there, tmp_path, deadline_s=8)
    assert "recordings" in {p.field for p in observed.problems}
    assert len(observed.channels) == 8 and any(c.spans is None for c in observed.channels)


def test_a_channel_without_a_file_has_none_where_others_have(recorder: Start, tmp_path: Path) -> None:
    there = with_history(recorder, factory_state={"channels.2": dict(SET)})
    end = there.control("recordings", channel=2)[-1][1]
    there.control("gap", channel=2, **{"from": 0, "to": end + 1})
    first, second = seen(there, tmp_path).channels
    assert first.spans and second.spans == ()


def test_a_bad_disk_is_told_and_records_nothing(recorder: Start, site: Site, tmp_path: Path) -> None:
    there = recorder(make="dahua", channels=2, personality={"disk_failed": True})
    add(site, there)
    notes = {n["field"]: n["detail"]["en"] for n in site.one(check=True)["notes"]}
    assert "failed" in notes["storage./dev/hdd1"]
    disk = seen(there, tmp_path).storage[0]
    assert (disk.status, disk.total_mb, disk.free_mb) == ("failed", 8001563, None)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [("cgi.StorageGroup.#0.OverWrite", False, "stops when the disk is full"), ("cgi.StorageGroup.#0.FileHoldTime", 7, "after 7 days")],
)
def test_what_shortens_what_is_kept_is_told(recorder: Start, site: Site, path: str, value: Any, words: str) -> None:
    there = recorder(make="dahua", channels=2, factory_state={path: value})
    add(site, there, recording_days=30)
    assert words in " ".join(n["detail"]["en"] for n in site.one(check=True)["notes"])


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("forgotten", "field"),
    [("channels.1.address", "channel.1.address"), ("cgi.RecordMode", "channel.1.recording"), ("cgi.General.MachineName", "name")],
)
def test_accepted_and_not_kept_is_a_failure_that_names_the_field(
    recorder: Start, site: Site, pair: list[CameraHandle], forgotten: str, field: str
) -> None:
    there = recorder(make="dahua", channels=2, personality={"accepts_and_forgets": [forgotten]})
    add(site, there, channel(1, pair[0]))
    done = site.one()
    assert {f["class"] for f in done["failures"]} == {"setting_not_kept"}
    assert any(field in f["reason"]["en"] for f in done["failures"])


def test_channels_that_nobody_asked_for_stay(recorder: Start, site: Site, pair: list[CameraHandle]) -> None:
    there = recorder(make="dahua", channels=4, factory_state={"channels.4": dict(SET)})
    add(site, there, channel(1, pair[0]))
    site.one()
    assert there.control("get", path="channels.4.set") is True


def test_a_channel_that_the_recorder_does_not_have_is_named(recorder: Start, site: Site, pair: list[CameraHandle]) -> None:
    there = recorder(make="dahua", channels=2)
    add(site, there, channel(1, pair[0]), channel(9, pair[1]))
    done = site.one()
    assert {f["field"].split(".")[1] for f in done["failures"]} == {"9"} and "channel.1.address" in fields(done)


def test_aiodahua_sees_its_disks_and_its_recordings(recorder: Start) -> None:
    there = with_history(recorder)
    end = there.control("recordings", channel=1)[-1][1]
    start, until = (datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%d %H:%M:%S") for t in (end - 7200, end))
    body = f'return [await client.async_get_storage_info(), await client.async_find_recordings("{start}", "{until}", 1, 20)]'
    disks, (found, files) = aiodahua(there.address, there.http_port, there.login, body)
    assert [(d["name"], d["healthy"], "note" in d) for d in disks] == [("/dev/hdd1", True, True)]
    assert found == len(files) >= 4 and {f["record_type"] for f in files} == {"regular"}
