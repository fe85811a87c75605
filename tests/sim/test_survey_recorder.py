"""Recorders in a survey: told from cameras, read without a search of their footage, and not written to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recorder_process import RecorderHandle

from edge_agent.survey import request, scan

Start = Callable[..., RecorderHandle]


def survey(recorder: RecorderHandle, state: Path, **listed: Any) -> dict[str, Any]:
    """The recorder as a survey of its LAN tells it; in the inventory where `listed` says what of it."""
    user, password = recorder.login
    device = {
        "slot": 20,
        "kind": "recorder",
        "address": recorder.address,
        "port": recorder.http_port,
        "accounts": {"admin": {"user": user, "password": "Kn1adminAAAAbbbb"}},
        "factory": [{"user": user, "password": password}],
        "network": {"prefix": 24, "gateway": None, "dns": []},
        **listed,
    }
    document = {"schema": 1, "lan": "127.0.0.0/28", "ports": [recorder.http_port, recorder.rtsp_port], "state_dir": str(state)}
    document |= {"site": {"id": "BD-1", "code": "x"}, "devices": [device] if listed else [], "skip": [], "deadline_s": 60}
    (found,) = [each for each in scan.run(request.read(document))["found"] if each["port"] == recorder.http_port]
    return dict(found)


@pytest.mark.parametrize(("make", "driver"), [("hikvision", "hikvision"), ("dahua", "dahua")])
def test_a_listed_recorder_is_read_with_its_channels_and_disks_and_not_written_to(
    recorder: Start, make: str, driver: str, tmp_path: Path
) -> None:
    handle = recorder(make=make, channels=4, address="127.0.0.2")
    before = Path(str(handle.config["state_file"])).read_bytes()
    found = survey(handle, tmp_path, driver=driver)
    assert found["class"] is None and (found["kind"], found["driver"], found["login"]) == ("recorder", driver, "factory"), found
    assert found["storage"] and found["streams"] == []
    assert handle.control("writes") == [] and Path(str(handle.config["state_file"])).read_bytes() == before
    assert {each["result"] for each in handle.control("logins")} == {"ok"}


def test_a_recorder_that_the_inventory_calls_a_camera_is_said_to_be_one(recorder: Start, tmp_path: Path) -> None:
    encoder = {"codec": "h264", "width": 1920, "height": 1080, "fps": 15, "keyframe_s": 2, "bitrate_kbps": 2048}
    found = survey(
        recorder(make="hikvision", channels=4, address="127.0.0.2"), tmp_path, driver="hikvision", kind="camera", encoder=encoder
    )
    assert found["class"] == "unknown_device" and "recorder" in found["reason"]["en"]


def test_a_recorder_that_nobody_listed_receives_no_login(recorder: Start, tmp_path: Path) -> None:
    handle = recorder(make="hikvision", channels=4, address="127.0.0.2")
    found = survey(handle, tmp_path)
    assert found["slot"] is None and found["drivers"] and handle.control("logins") == []
