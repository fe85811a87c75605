"""The process that sets a new password is killed for good while the camera has the request and has not answered: nothing but what is
on the box's disk is left, and the next run settles it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from camera_process import CameraHandle
from device_site import ADMIN, VIEWER, Site, bad_logins

Start = Callable[..., CameraHandle]
NEXT_ADMIN, NEXT_VIEWER = "Kn2adminEEEEffff", "Kn2viewerGGGGhhh"
SLOW_MS = 300
WAITS_S = 60.0


def apply(site: Site) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "edge_agent.cli", "devices", "apply", "--json"]
    environment = {**os.environ, "KETNOI_STATE": str(site.state)}
    running = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
    )
    assert running.stdin is not None
    running.stdin.write(json.dumps(site.document()))
    running.stdin.close()
    return running


def about_to_send(site: Site, key: str) -> bool:
    """The box has noted that the new password leaves now."""
    known: dict[str, Any] = json.loads((site.state / "logins.json").read_text())["devices"][key]
    return bool((known.get("rotation") or {}).get("sent"))


@pytest.mark.parametrize("driver", ["onvif", "hikvision", "dahua"])
@pytest.mark.parametrize("later_s", [0.0, 0.15], ids=["before it is sent", "while the camera has it"])
def test_a_process_killed_while_a_password_is_set_costs_nobody_the_camera(
    camera: Start, tmp_path: Path, driver: str, later_s: float
) -> None:
    there, site = camera(make={"onvif": "generic"}.get(driver, driver)), Site(tmp_path / "state")
    device = site.add(there, driver=driver, lockout_s=0.0, deadline_s=120.0)
    assert site.one()["failures"] == []
    user = device["accounts"]["admin"]["user"]
    device["accounts"] = {
        "admin": {"user": user, "password": NEXT_ADMIN},
        "previous": {"user": user, "password": ADMIN, "since": "2"},
        "viewer": {"user": "kn-view", "password": NEXT_VIEWER},
    }
    there.control("forget")
    there.set("personality.slow_ms", SLOW_MS)
    running = apply(site)
    ends = time.monotonic() + WAITS_S
    while not about_to_send(site, f"127.0.0.1:{there.http_port}"):
        assert running.poll() is None and time.monotonic() < ends
        time.sleep(0.005)
    time.sleep(later_s)
    running.kill()
    running.wait(30)
    time.sleep(4 * SLOW_MS / 1000)  # what the camera had was done by then: a box takes longer to come back
    there.set("personality.slow_ms", 0)
    done = site.one()
    assert done["failures"] == [] and done["class"] is None, done
    passwords = {u["name"]: u["password"] for u in there.control("get", path="users", secrets=True)}
    assert passwords[user] == NEXT_ADMIN and passwords["kn-view"] == NEXT_VIEWER and VIEWER not in passwords.values()
    assert bad_logins(there) <= 1
