"""The simulated cameras as npm's onvif sees them, a client that we didn't write: it reads them whole and sets nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from camera_clients import ffprobe
from camera_process import CameraHandle
from npm_onvif import npm_onvif

Start = Callable[..., CameraHandle]
IDENTITY = "const { manufacturer, model, firmwareVersion, serialNumber } = await camera.getDeviceInformation();"
STREAM = "(await camera.getStreamUri({ protocol: 'RTSP' })).uri"


def logins_of(there: CameraHandle) -> set[str]:
    return {entry["result"] for entry in there.control("logins")}


@pytest.mark.parametrize("make", ["hikvision", "dahua", "uniview", "generic"])
def test_it_knows_each_make_and_plays_what_it_is_given(camera: Start, make: str) -> None:
    there = camera(make=make)
    told = npm_onvif(there, f"{IDENTITY} return [manufacturer, model, serialNumber, camera.profiles.length, {STREAM}];")["found"]
    maker, model, serial, profiles, stream = told
    assert maker.upper().startswith(make.upper()[:5]) or make == "generic"
    assert model and serial == there.config["serial"] and profiles == 2
    user, password = there.login
    seen = ffprobe(stream.replace("rtsp://", f"rtsp://{user}:{password}@"), 1)
    settings = there.control("get", path="encoder")
    assert (seen.width, seen.height) == (settings["width"], settings["height"])
    assert there.control("writes") == [] and logins_of(there) == {"ok"}


def test_it_reads_the_encoder_as_it_is_set(camera: Start) -> None:
    there = camera(factory=False)
    there.set("encoder.fps", 15)
    told = npm_onvif(
        there,
        """
    const found = await camera.getVideoEncoderConfigurations();
    return found.map((c) => [c.encoding, c.resolution.width, c.rateControl.frameRateLimit]);""",
    )["found"]
    main = there.control("get", path="encoder")
    assert [main["codec"], main["width"], 15] in told and len(told) == 2


def test_it_reads_users_network_and_time(camera: Start) -> None:
    there = camera(clock_offset_s=-3600)
    told: dict[str, Any] = npm_onvif(
        there,
        """
    const users = await camera.getUsers();
    const host = await camera.getHostname();
    const ntp = await camera.getNTP();
    const skew = camera.timeShift - (Date.now() - process.uptime() * 1000);
    return { users: users.map((u) => [u.username, u.userLevel]), host: host.name, ntp, skew };""",
    )["found"]
    assert told["users"] == [["admin", "Administrator"]] and told["host"] == "IPC"
    assert abs(told["skew"] / 1000 + 3600) < 30
    assert there.control("writes") == []


@pytest.mark.parametrize(
    "habits",
    [
        {"personality": {"digest_only": True}},
        {"personality": {"wss_only": True}},
        {"personality": {"media2_missing": True}},
        {"personality": {"foreign_address": "192.0.2.7"}},
        {"clock_offset_s": -7 * 3600},
    ],
    ids=["digest", "ws-security", "media1", "foreign-address", "clock"],
)
def test_it_comes_along_with_a_cameras_habits(camera: Start, habits: dict[str, Any]) -> None:
    there = camera(make="generic", **habits)
    told = npm_onvif(there, f"return [camera.profiles.length, {STREAM}];", preserveAddress=True)
    assert told["found"][0] == 2 and "/live/ch00_0" in told["found"][1]
    assert "ok" in logins_of(there) and "bad_password" not in logins_of(there)


def test_a_wrong_password_is_refused_to_it(camera: Start) -> None:
    there = camera()
    told = npm_onvif(there, "return await camera.getDeviceInformation();", password="guess")
    assert "refused" in told and "bad_password" in logins_of(there)
