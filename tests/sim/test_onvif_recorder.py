"""A recorder by ONVIF Profile G: its recordings, what they really hold, and what it doesn't tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from camera_process import CameraHandle
from device_site import Site

from edge_agent.contract import devices as desired
from edge_agent.devices import drivers
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import ObservedDevice

Start = Callable[..., CameraHandle]
RECORDINGS: list[dict[str, Any]] = [
    {
        "token": "R1", "name": "CONG CHINH", "address": "rtsp://192.168.1.11:554/x", "from": "2021-06-01T00:00:00Z",
        "to": "2021-06-03T00:00:00Z",
        "gaps": [["2021-06-01T10:00:00Z", "2021-06-01T10:05:00Z"], ["2021-06-02T01:00:00Z", "2021-06-02T01:00:30Z"]],
    },
    {"token": "R2", "name": "SAN SAU", "address": "192.168.1.12", "from": "2021-06-02T00:00:00Z", "to": "2021-06-03T00:00:00Z"},
    {"token": "R3", "name": "", "from": "2021-06-02T00:00:00Z", "to": "2021-06-02T12:00:00Z", "mode": "Idle"},
]  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "state")


def read(site: Site, there: CameraHandle, **more: Any) -> ObservedDevice:
    user, password = there.login
    device = {"slot": 1, "kind": "recorder", "address": there.address, "port": there.http_port, **more}
    asked = desired.read({"devices": [{**device, "accounts": {"admin": {"user": user, "password": password}}}]}).devices[0]
    driver = drivers.of("onvif")
    with driver.connect(asked, Logins(site.state)) as connection:
        return driver.get(connection, asked)


def shown(observed: ObservedDevice) -> list[list[str]]:
    return [["/".join(moment.strftime("%dT%H:%M:%S") for moment in span) for span in c.spans or ()] for c in observed.channels]


def test_what_is_recorded_is_told_with_its_gaps(camera: Start, site: Site) -> None:
    observed = read(site, camera(personality={"recordings": RECORDINGS}))
    assert [(c.number, c.name, c.address, c.recording) for c in observed.channels] == [
        (1, "CONG CHINH", "192.168.1.11", "continuous"),
        (2, "SAN SAU", "192.168.1.12", "continuous"),
        (3, None, None, "off"),
    ]
    assert shown(observed) == [
        ["01T00:00:00/01T10:00:00", "01T10:05:00/02T01:00:00", "02T01:00:30/03T00:00:00"],
        ["02T00:00:00/03T00:00:00"],
        ["02T00:00:00/02T12:00:00"],
    ]
    assert observed.encoders == () and "storage" in {p.field for p in observed.problems}


def test_one_that_tells_no_events_is_told_of_and_its_ends_are_there(camera: Start, site: Site) -> None:
    observed = read(site, camera(personality={"recordings": RECORDINGS, "recording_events_missing": True, "services_fault": True}))
    assert shown(observed)[0] == ["01T00:00:00/03T00:00:00"]
    assert [p.field for p in observed.problems].count("recordings") == 1


def test_a_recorder_without_profile_g_says_so(camera: Start, site: Site) -> None:
    observed = read(site, camera())
    assert (observed.channels, [p.field for p in observed.problems]) == ((), ["channels"])


def test_a_recorder_is_never_written_its_channels(camera: Start, site: Site) -> None:
    there = camera(personality={"recordings": RECORDINGS})
    entry = {
        "number": 1,
        "name": "X",
        "address": "192.168.1.11",
        "port": 80,
        "protocol": "onvif",
        "account": {"user": "a", "password": "b"},
    }
    site.add(there, kind="recorder", channels=[entry], recording="continuous", encoder=None)
    done = site.one()
    assert done["class"] is None and "channels" in {n["field"] for n in done["notes"]}
    there.control("forget")
    assert (site.one()["changes"], there.control("writes")) == ([], [])


def test_an_engineer_sees_a_recorders_recordings(camera: Start, site: Site, tmp_path: Path) -> None:
    there = camera(personality={"recordings": RECORDINGS})
    secret, want = tmp_path / "password", tmp_path / "want.json"
    secret.write_text(there.login[1])
    want.write_text(json.dumps({"kind": "recorder"}))
    command = [sys.executable, "-m", "edge_agent.cli", "device", "plan", f"{there.address}:{there.http_port}", "--password-file"]
    environment = {**os.environ, "KETNOI_STATE": str(site.state), "KETNOI_LANG": "en"}
    done = subprocess.run(
        [*command, str(secret), "--want", str(want), "--json"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and json.loads(done.stdout)["changes"] == [], done.stderr
