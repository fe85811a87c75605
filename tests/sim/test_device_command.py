"""`edge-agent device ...` beside one device: what it prints for every driver, what it never writes, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from camera_process import CameraHandle, free_ports
from device_site import ADMIN, bad_logins

Start = Callable[..., CameraHandle]
MAKES = {"onvif": "generic", "hikvision": "hikvision", "dahua": "dahua"}
"""Driver -> make of the camera that it is tried on."""
TOP = {"driver", "class", "identity", "clock", "accounts", "services", "encoders", "streams", "channels", "storage", "problems"}
IDENTITY = {"maker", "model", "firmware", "serial", "mac"}
ENCODER = {"name", "codec", "width", "height", "fps", "bitrate_kbps", "keyframe_s", "options"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def device(home: Path, action: str, camera: CameraHandle, *arguments: str, password: str | None = None) -> tuple[int, dict[str, Any]]:
    """(exit code, document) of `edge-agent device ACTION --json`."""
    file = home / "password"
    login = ()
    if password is not None:
        file.write_text(f"{password}\n")
        login = ("--user", camera.login[0], "--password-file", str(file))
    command = [
        sys.executable,
        "-m",
        "edge_agent.cli",
        "device",
        action,
        f"{camera.address}:{camera.http_port}",
        *login,
        *arguments,
        "--json",
    ]
    environment = {**os.environ, "KETNOI_STATE": str(home / "state"), "KETNOI_LANG": "en"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert password in (None, "admin") or password not in done.stdout + done.stderr, "a maker may have no better password"
    return done.returncode, json.loads(done.stdout) if done.stdout else {}


@pytest.mark.parametrize("driver", MAKES)
def test_show_tells_everything_and_writes_nothing(camera: Start, home: Path, driver: str) -> None:
    there = camera(make=MAKES[driver])
    code, found = device(home, "show", there, "--driver", driver, password=there.login[1])
    assert (code, found["driver"], found["class"]) == (0, driver, None), found
    assert set(found) >= TOP and set(found["identity"]) == IDENTITY
    assert found["identity"]["model"] and found["identity"]["firmware"] and found["identity"]["mac"] == there.config["mac"]
    assert isinstance(found["clock"]["offset_s"], float) and "ntp" in found["clock"]
    assert {account["name"] for account in found["accounts"]} >= {there.login[0]}
    assert found["encoders"] and all(set(encoder) >= ENCODER for encoder in found["encoders"])
    assert all(encoder["width"] and encoder["options"] for encoder in found["encoders"])
    assert found["streams"] and found["streams"][0]["path"].startswith("/")
    assert found["channels"] == [] and found["services"]
    assert there.control("writes") == [] and bad_logins(there) == 0


@pytest.mark.parametrize("driver", MAKES)
def test_what_is_null_has_a_problem_that_says_why(camera: Start, home: Path, driver: str) -> None:
    there = camera(make=MAKES[driver], personality={"no_clock": True})
    _, found = device(home, "show", there, "--driver", driver, password=there.login[1])
    null = [name for name in ("accounts", "services", "encoders", "streams", "channels", "storage") if found[name] is None]
    null += [
        name
        for part in ("identity", "clock")
        for name, value in found[part].items()
        if value is None and name not in ("source", "timezone")
    ]
    assert len(found["problems"]) >= len({name.split(".")[0] for name in null} - IDENTITY)
    for problem in found["problems"]:
        assert problem["class"] and problem["detail"]["vi"] and problem["hint"]["en"]


def test_identify_tells_which_drivers_fit_and_logs_in_nowhere(camera: Start, home: Path) -> None:
    for make, fitting in (("generic", ["onvif"]), ("hikvision", ["onvif", "hikvision"]), ("dahua", ["onvif", "dahua"])):
        there = camera(make=make)
        code, found = device(home, "identify", there)
        assert (code, found["drivers"], found["driver"]) == (0, fitting, "onvif"), found
        assert set(found) == {"driver", "class", "identity", "clock", "problems", "drivers"}
        assert there.control("logins") == [] and there.control("writes") == []


@pytest.mark.parametrize(("make", "driver"), [("hikvision", "hikvision"), ("dahua", "dahua")])
def test_where_onvif_is_off_the_makers_own_driver_is_found(camera: Start, home: Path, make: str, driver: str) -> None:
    there = camera(make=make, personality={"onvif_off": True})
    code, found = device(home, "identify", there)
    assert (code, found["drivers"]) == (0, [driver]), found
    code, found = device(home, "show", there, password=there.login[1])
    assert (code, found["driver"], found["class"]) == (0, driver, None)


@pytest.mark.parametrize("driver", MAKES)
def test_plan_says_what_apply_then_does_and_a_second_plan_is_empty(camera: Start, home: Path, driver: str) -> None:
    there, want = camera(make=MAKES[driver]), home / "want.json"
    desired = {"name": "CONG CHINH", "ntp": "127.0.0.1", "accounts": {"admin": {"user": there.login[0], "password": ADMIN}}}
    want.write_text(json.dumps(desired))
    how = ("--driver", driver, "--want", str(want))
    code, planned = device(home, "plan", there, *how, password=there.login[1])
    assert (code, planned["status"]) == (0, "changed") and there.control("writes") == []
    code, done = device(home, "apply", there, *how, password=there.login[1])
    assert code == 0, done
    assert {c["field"] for c in planned["changes"]} == {c["field"] for c in done["changes"]} >= {"name", "admin.password"}
    assert device(home, "plan", there, *how, password=ADMIN)[1]["changes"] == []
    assert bad_logins(there) <= 1


@pytest.mark.parametrize("driver", MAKES)
def test_a_wrong_password_is_a_class_and_the_third_is_not_sent(camera: Start, home: Path, driver: str) -> None:
    there = camera(make=MAKES[driver])
    classes = []
    for password in ("Wrong1one", "Wrong2two", "Wrong3three", there.login[1]):
        code, found = device(home, "show", there, "--driver", driver, password=password)
        assert code == 1
        classes.append(found["class"])
        assert found["problems"][0]["hint"]["vi"]
    assert classes == ["wrong_credentials", "wrong_credentials", "locked_out", "locked_out"]
    assert bad_logins(there) == 2


def test_nobody_there_is_unreachable_and_a_wrong_command_is_told_from_it(home: Path) -> None:
    nobody = CameraHandle({"address": "127.0.0.1", "http_port": free_ports(1)[0]}, None)
    for action in ("identify", "show"):
        code, found = device(home, action, nobody, *(() if action == "identify" else ("--password-file", os.devnull)))
        assert (code, found["class"], found["driver"]) == (1, "unreachable", None)
    assert device(home, "show", nobody)[0] == 2
    assert device(home, "show", nobody, "--password-file", str(home / "nowhere"))[0] == 2
    assert device(home, "plan", nobody, "--password-file", os.devnull, "--want", os.devnull)[0] == 2
