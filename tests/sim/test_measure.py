"""What is measured of cameras on loopback, judged: simulators that we can spoil, clients that did not configure them."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from camera_process import CameraHandle, free_ports
from measuring import USERS, tidy_state, verdicts, verified, wrong


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KETNOI_MEASURE_STATE", str(tmp_path / "state"))


@pytest.fixture
def tidy(camera: Callable[..., CameraHandle]) -> Callable[..., CameraHandle]:
    """A camera as the inventory wants it, before a test spoils it."""

    def start(slot: int = 1, **overrides: Any) -> CameraHandle:
        return camera(factory=False, factory_state=tidy_state(slot) | overrides.pop("factory_state", {}), **overrides)

    return start


def test_a_camera_as_wanted_meets_every_device_check(tidy: Callable[..., CameraHandle]) -> None:
    document = verified(tidy())
    assert wrong(document) == {}
    assert document["verdict"] == "met"


def test_a_camera_fresh_from_the_factory_is_off_in_what_was_left_at_the_factory(camera: Callable[..., CameraHandle]) -> None:
    found = verdicts(verified(camera(make="hikvision", clock_offset_s=-3600.0)))
    assert {check for check, verdict in found.items() if verdict == "not_met"} >= {
        "accounts_as_wanted", "camera_clock", "factory_password_refused",
    }  # fmt: skip
    assert {found[check] for check in ("playable_hub", "size", "name")} == {"unknown"}


@pytest.mark.parametrize(
    ("path", "value", "off"),
    [
        ("encoder.width", 1280, {"size"}),
        ("encoder.fps", 10, {"rate"}),
        ("encoder.gop", 90, {"keyframe_distance"}),
        ("discovery", "Discoverable", {"not_discoverable"}),
        ("scopes", ["onvif://www.onvif.org/name/IPCAM"], {"name"}),
        ("rtsp.anonymous", True, {"stream_needs_login"}),
        ("clock.offset_s", 30.0, {"camera_clock"}),
        ("personality.smart_codec", True, {"rate", "keyframe_distance", "smart_codec_off"}),
        ("ntp", {"from_dhcp": False, "servers": ["203.0.113.9"]}, {"ntp_source"}),
        ("clock.type", "Manual", {"ntp_source"}),
        ("audio.main", True, {"audio_off"}),
        ("sub_encoder.codec", "JPEG", {"sub_stream"}),
        ("encoder.multicast.autostart", True, {"services_off"}),
        ("osd", [], {"osd"}),
    ],
)
def test_one_setting_changed_behind_our_back_is_found_and_nothing_else(
    tidy: Callable[..., CameraHandle], path: str, value: Any, off: set[str]
) -> None:
    handle = tidy()
    if path == "encoder.width":
        handle.set("encoder.height", 720)
    handle.set(path, value)
    found = wrong(verified(handle))
    assert {check for check, verdict in found.items() if verdict == "not_met"} >= off
    if path != "personality.smart_codec":
        assert set(found) == off


def test_an_account_nobody_ordered_is_named(tidy: Callable[..., CameraHandle]) -> None:
    handle = tidy()
    handle.set("users", [*USERS, {"name": "service", "password": "x1y2z3", "level": "Administrator"}])
    document = verified(handle)
    assert wrong(document) == {"accounts_as_wanted": "not_met"}
    says = [row["says"]["en"] for row in document["facilities"][0]["checks"] if row["id"] == "accounts_as_wanted"]
    assert "service" in says[0]


def test_h265_and_foreign_addresses_and_bare_ampersands_are_measured_all_the_same(
    tidy: Callable[..., CameraHandle],
) -> None:
    trouble = {"foreign_address": "192.0.2.77", "unescaped_amp": True, "services_fault": True}
    assert wrong(verified(tidy(make="dahua", personality=trouble, factory_state={"encoder.codec": "H265"}))) == {}


@pytest.mark.parametrize("only", ["digest_only", "wss_only"])
def test_each_way_to_log_in_costs_no_failed_login(tidy: Callable[..., CameraHandle], only: str) -> None:
    handle = tidy(personality={only: True})
    assert wrong(verified(handle)) == {}
    refused = [login for login in handle.control("logins") if login["result"] != "ok"]
    assert [login["result"] for login in refused] == ["bad_password"], "the factory's password, once"


def test_a_clock_seven_hours_off_is_measured_and_the_settings_are_read_nevertheless(
    tidy: Callable[..., CameraHandle],
) -> None:
    document = verified(tidy(clock_offset_s=-7 * 3600.0, personality={"wss_only": True}))
    assert wrong(document) == {"camera_clock": "not_met"}
    assert document["evidence"]["1"]["clock"]["offset_s"] == pytest.approx(-7 * 3600, abs=1.5)


def test_the_factory_password_is_tried_once_a_day_and_wrong_passwords_never_lock_a_camera(
    tidy: Callable[..., CameraHandle],
) -> None:
    handle = tidy(personality={"lockout": {"after": 3, "seconds": 600}})
    for _ in range(4):
        assert verdicts(verified(handle))["factory_password_refused"] == "met"
    bad = [login for login in handle.control("logins") if login["result"] != "ok"]
    assert sum(login["count"] for login in bad) == 1


def test_a_camera_with_other_passwords_is_not_met_is_asked_twice_at_most_and_never_locked(
    tidy: Callable[..., CameraHandle],
) -> None:
    handle = tidy(personality={"lockout": {"after": 3, "seconds": 600}})
    handle.set("users", [dict(user, password="changed-by-hand") for user in USERS])
    for _ in range(3):
        found = verdicts(verified(handle))
        assert "met" not in {found["accounts_as_wanted"], found["size"], found["name"]}
    assert sum(login["count"] for login in handle.control("logins") if login["result"] != "ok") <= 2
    assert not handle.control("status")["locked_until"]


@pytest.mark.parametrize("trouble", [{"hang": True}, {"rtsp_hang": True}])
def test_a_camera_that_hangs_delays_and_spoils_no_other(tidy: Callable[..., CameraHandle], trouble: dict[str, bool]) -> None:
    hung, sound = tidy(1, personality=trouble), tidy(2)
    document = verified(hung, sound)
    assert wrong(document, 2) == {}
    assert verdicts(document, 1)["playable_hub"] == "not_met"


def test_a_camera_that_is_gone_is_not_playable_and_its_picture_unknown(tidy: Callable[..., CameraHandle]) -> None:
    gone = tidy()
    gone.stop()
    found = verdicts(verified(gone))
    assert found["playable_hub"] == "not_met"
    assert {found[check] for check in ("codec", "size", "rate", "camera_clock", "name")} == {"unknown"}


def test_a_stream_that_stops_in_mid_play_is_not_met(tidy: Callable[..., CameraHandle]) -> None:
    handle = tidy()
    handle.control("freeze", value=True)
    assert verdicts(verified(handle))["playable_hub"] == "not_met"


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that accepts and says nothing."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_the_program_reads_stdin_answers_stdout_and_shows_no_password(
    tidy: Callable[..., CameraHandle], tmp_path: Path, silent: int
) -> None:
    handle = tidy()
    secret = "Matkhau-canary-71"
    tasks = [
        {"kind": "tunnel", "site": "b", "camera": None, "host": "127.0.0.1"},
        {"kind": "stream", "site": "a", "camera": 1, "host": "127.0.0.1", "port": handle.rtsp_port, "path": "/nothing",
         "user": "kn-view", "password": secret, "as": "stream_hub", "open_as": "stream_without_login"},
        {"kind": "stream", "site": "a", "camera": 2, "host": "127.0.0.1", "port": silent, "path": "/x",
         "user": "kn-view", "password": secret, "as": "stream_hub"},
        {"kind": "settings", "site": "a", "camera": 3, "host": "127.0.0.1", "port": free_ports(1)[0], "key": "k",
         "accounts": {"admin": {"user": "admin", "password": secret}}, "factory": []},
        {"kind": "from-the-future", "site": "a", "camera": 4, "as": "stream_hub"},
    ]  # fmt: skip
    program = [sys.executable, "-m", "province.measure.remote"]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    seen: list[str] = []
    watcher = threading.Thread(target=_command_lines, args=(process, seen))
    watcher.start()
    out, err = process.communicate(json.dumps({"schema": 1, "budget_s": 15, "tasks": tasks}), timeout=90)
    watcher.join()
    found = {(row["site"], row["camera"]): row["found"] for row in json.loads(out)["results"]}
    assert process.returncode == 0
    assert found["a", 1]["stream_hub"]["ok"] is False
    assert found["a", 2]["stream_hub"]["reason"] in ("not_run", "timeout", "no_stream")
    assert found["a", 3]["settings"]["reason"] == "unreachable"
    assert found["a", 4]["stream_hub"]["ok"] is False
    assert all(json.loads(line)["kind"] for line in err.splitlines())
    assert seen
    assert secret not in out + err + "".join(seen)


def _command_lines(process: "subprocess.Popen[str]", seen: list[str]) -> None:
    while process.poll() is None:
        try:
            seen.append(Path(f"/proc/{process.pid}/cmdline").read_text() + Path(f"/proc/{process.pid}/environ").read_text())
        except OSError:
            return
        os.sched_yield()


def test_a_request_that_can_not_be_read_is_exit_2() -> None:
    program = [sys.executable, "-m", "province.measure.remote"]
    done = subprocess.run(program, input="{", capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
