"""A client of ISAPI that we didn't write, pyHik, takes the simulated camera and recorder for real ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from camera_process import CameraHandle
from recorder_process import RecorderHandle

PYHIK = Path(sys.prefix) / "other-clients" / "pyhik"
_FRAME = """
import datetime, json, sys
from pyhik.hikvision import HikCamera, get_video_channels
from pyhik.isapi import ISAPIClient

host, port, user = sys.argv[1], int(sys.argv[2]), sys.argv[3]
password = sys.stdin.read()
client = ISAPIClient(host, port, user, password)
device = HikCamera("http://" + host, port, user, password)
print(json.dumps(({body})))
"""
CAMERA = {
    "set": True,
    "name": "Gate",
    "address": "127.0.0.1",
    "port": 1,
    "protocol": "onvif",
    "user": "v",
    "password": "p",
    "rtsp_path": "",
}


def pyhik(there: CameraHandle, body: str) -> Any:
    """What the expression ``body`` of ``client`` (its ISAPI) and ``device`` (its events) is."""
    assert PYHIK.is_dir(), "pyHik is missing; run: make setup"
    user, password = there.login
    command = [sys.executable, "-c", _FRAME.format(body=body), there.address, str(there.http_port), user]
    environment = {**os.environ, "PYTHONPATH": str(PYHIK)}
    done = subprocess.run(command, input=password, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_pyhik_knows_the_camera(camera: Callable[..., CameraHandle]) -> None:
    there = camera()
    told = pyhik(
        there, "client.get_device_model(), client.get_device_name(), device.get_type, [s.id for s in client.get_streaming_channels()]"
    )
    assert told == ["DS-2CD1021-I", "IP CAMERA", "CAM", ["101", "102"]]
    assert pyhik(there, "list(device.current_event_states)") == ["Motion"]
    assert not [entry for entry in there.control("logins") if entry["result"] != "ok"]


def test_pyhik_sets_what_the_camera_then_shows(camera: Callable[..., CameraHandle]) -> None:
    there = camera()
    body = 'client.request(__import__("pyhik.isapi").isapi.HTTPMethod.PUT, "/ISAPI/System/Network/UPnP", {"UPnP": {"enabled": "false"}})'
    answer = pyhik(there, body)
    assert answer["ResponseStatus"]["statusCode"] == "1"
    assert there.control("get", path="isapi.services.upnp") is False


def test_pyhik_knows_the_recorder_and_finds_its_recordings(recorder: Callable[..., RecorderHandle]) -> None:
    there = recorder(channels=2, history_days=2, factory_state={"channels.2": CAMERA, "clock.timezone": "CST-7:00:00"})
    told = pyhik(
        there,
        "client.get_device_type(), [c.id for c in client.get_cameras()], [s.status for s in client.get_storage_devices()], device.get_type",
    )
    assert told == ["NVR", [2], ["ok"], "NVR"]
    names = pyhik(there, "[(c.id, c.name) for c in get_video_channels(host, port, user, password)]")
    assert names == [[2, "Gate"]]
    days = "datetime.datetime.now() - datetime.timedelta(days=4), datetime.datetime.now() + datetime.timedelta(days=1)"
    found = pyhik(there, f"[r.start_time.timestamp() for r in device.search_recordings(201, {days})]")
    first = there.control("recordings", channel=2)[0][0]
    assert found and abs(min(found) - first) <= 2 and len(found) <= 40
    assert time.time() + 7 * 3600 - max(found) < 86400 * 2


def test_pyhik_sees_a_failed_disk(recorder: Callable[..., RecorderHandle]) -> None:
    there = recorder(channels=1, personality={"disk_failed": True})
    assert pyhik(there, "[s.status for s in client.get_storage_devices()]") == ["error"]
