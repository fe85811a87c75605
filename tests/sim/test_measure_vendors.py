"""Cameras read by their makers' own interfaces: what their driver set, a reader that had no part in it finds, and judges."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from camera_process import CameraHandle
from device_site import Site
from measuring import ADMIN, NAME, NTP, VIEWER, classes, verdicts, verified, wrong

MAKES = ("hikvision", "dahua")
SERVICES = ["upnp", "p2p", "ssh", "telnet", "snmp", "ftp", "multicast", "wifi", "email", "bonjour"]
WANTED = {
    "name": NAME.format(slot=1), "osd": NAME.format(slot=1), "ntp": NTP, "services_off": SERVICES, "discovery": None,
    "accounts": {"admin": {"user": "admin", "password": ADMIN}, "viewer": {"user": "kn-view", "password": VIEWER}},
    "sub_encoder": {"codec": "h264", "width": 640, "height": 360, "fps": 10, "keyframe_s": 2, "bitrate_kbps": 384},
}  # fmt: skip


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KETNOI_MEASURE_STATE", str(tmp_path / "state"))


@pytest.fixture
def configured(camera: Callable[..., CameraHandle], tmp_path: Path) -> Callable[..., CameraHandle]:
    """A camera out of its box, brought to what is wanted by its maker's driver; its ONVIF is off."""

    def start(make: str, **overrides: Any) -> CameraHandle:
        handle = camera(make=make, **overrides)
        site = Site(tmp_path / "box")
        site.add(handle, driver=make, **WANTED)
        result = site.one()
        assert result["status"] in ("changed", "ok"), {key: result[key] for key in result if key not in ("changes", "measured")}
        handle.set("personality.onvif_off", True)
        return handle

    return start


@pytest.mark.parametrize("make", MAKES)
def test_what_the_makers_driver_set_is_found_as_wanted_without_onvif(make: str, configured: Callable[..., CameraHandle]) -> None:
    document = verified(configured(make), driver=make)
    assert wrong(document) == {}, document["evidence"]["1"]["settings"]
    assert classes(document) == {"C01": None}


@pytest.mark.parametrize(
    ("make", "path", "value", "off"),
    [
        ("hikvision", "clock.offset_s", 30.0, {"camera_clock"}),
        ("dahua", "clock.offset_s", -30.0, {"camera_clock"}),
        ("hikvision", "ntp.servers", ["203.0.113.9"], {"ntp_source"}),
        ("dahua", "ntp.servers", ["203.0.113.9"], {"ntp_source"}),
        ("hikvision", "isapi.title", "IP CAMERA", {"name"}),
        ("dahua", "cgi.General.MachineName", "IPC", {"name"}),
        ("hikvision", "isapi.main.smart", True, {"smart_codec_off"}),
        ("dahua", "cgi.SmartEncode.#0.Enable", True, {"smart_codec_off"}),
        ("hikvision", "isapi.services.telnet", True, {"services_off"}),
        ("dahua", "cgi.Telnet.Enable", True, {"services_off"}),
        ("dahua", "audio.main", True, {"audio_off"}),
    ],
)
def test_one_setting_changed_behind_our_back_is_found(
    make: str, path: str, value: Any, off: set[str], configured: Callable[..., CameraHandle]
) -> None:
    handle = configured(make)
    handle.set(path, value)
    found = wrong(verified(handle, driver=make))
    assert {check for check, verdict in found.items() if verdict == "not_met"} >= off
    if "smart_codec_off" not in off:  # that one spoils rate and keyframes too
        assert set(found) == off


@pytest.mark.parametrize("make", MAKES)
def test_a_stranger_costs_two_logins_at_most_however_often_it_is_measured(make: str, configured: Callable[..., CameraHandle]) -> None:
    handle = configured(make)
    handle.set("users", [dict(user, password="changed-by-hand") for user in handle.control("get", path="users", secrets=True)])
    before = failed_logins(handle)
    for _ in range(3):
        document = verified(handle, driver=make)
        assert verdicts(document)["accounts_as_wanted"] != "met"
    assert failed_logins(handle) - before <= 2
    assert classes(document)["C01"] == "locked_out"


@pytest.mark.parametrize("make", MAKES)
def test_the_makers_own_accounts_are_read_with_one_login_each(make: str, configured: Callable[..., CameraHandle]) -> None:
    handle = configured(make)
    before = failed_logins(handle)
    verified(handle, driver=make)
    assert failed_logins(handle) - before == 1, "the factory's password, once"


def failed_logins(handle: CameraHandle) -> int:
    return sum(login["count"] for login in handle.control("logins") if login["result"] != "ok")


def test_a_camera_that_was_never_activated_is_told_apart(camera: Callable[..., CameraHandle]) -> None:
    handle = camera(make="hikvision", factory_state={"isapi.activated": False})
    document = verified(handle, driver="hikvision")
    assert classes(document)["C01"] == "not_activated"
    assert failed_logins(handle) == 0


@pytest.mark.parametrize(("make", "driver"), [("dahua", "hikvision"), ("hikvision", "dahua"), ("generic", "dahua")])
def test_another_makers_device_at_the_address_is_unknown_and_gets_no_password(
    make: str, driver: str, camera: Callable[..., CameraHandle]
) -> None:
    handle = camera(make=make)
    assert classes(verified(handle, driver=driver))["C01"] == "unknown_device"
    assert not [login for login in handle.control("logins") if login["result"] != "ok"]


def test_a_camera_whose_onvif_is_off_says_so_to_who_asks_by_onvif(camera: Callable[..., CameraHandle]) -> None:
    assert classes(verified(camera(make="hikvision", personality={"onvif_off": True})))["C01"] == "onvif_off"


@pytest.mark.parametrize(
    ("make", "trouble"),
    [
        ("hikvision", {"isapi_namespace": ""}),
        ("hikvision", {"isapi_viewer_401": True}),
        ("hikvision", {"isapi_no_gov": True}),
        ("hikvision", {"isapi_naive_time": True}),
        ("hikvision", {"isapi_basic": True}),
        ("hikvision", {"isapi_qop": False}),
        ("hikvision", {"isapi_algorithm": "SHA-256"}),
        ("hikvision", {"isapi_nonce_once": True, "isapi_stale_reported": False}),
        ("dahua", {"cgi_basic": True}),
        ("dahua", {"cgi_nonce_once": True}),
        ("dahua", {"cgi_odd_blanks": True}),
        ("dahua", {"cgi_old_caps": True}),
        ("dahua", {"cgi_missing": ["Locales", "AICoding", "General"], "cgi_missing_status": 501}),
    ],
    ids=str,
)
def test_an_awkward_camera_is_read_all_the_same(make: str, trouble: dict[str, Any], configured: Callable[..., CameraHandle]) -> None:
    handle = configured(make)
    for flag, value in trouble.items():
        handle.set(f"personality.{flag}", value)
    before = failed_logins(handle)
    document = verified(handle, driver=make)
    assert wrong(document) == {}, document["evidence"]["1"]["settings"]
    assert failed_logins(handle) - before <= 1 + ("isapi_viewer_401" in trouble), "the factory's password, and what a viewer is told"
