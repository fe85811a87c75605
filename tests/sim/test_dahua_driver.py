"""The Dahua driver against simulated cameras: what it brings about, what it leaves alone, how it fails."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from camera_process import ROOT, CameraHandle
from device_site import ADMIN, VIEWER, Site, bad_logins, fields

Start = Callable[..., CameraHandle]
SUB = {"codec": "h264", "width": 640, "height": 480, "fps": 10, "keyframe_s": 2, "bitrate_kbps": 512}
OFF = ["https", "upnp", "p2p", "ssh", "telnet", "snmp", "ftp", "multicast", "wifi", "email", "bonjour"]
NETWORK = {"prefix": 24, "gateway": "127.0.0.9", "dns": ["127.0.0.9"]}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "state")


def add(site: Site, there: CameraHandle, **more: Any) -> dict[str, Any]:
    whole = {"driver": "dahua", "discovery": None, "osd": "KHO 1", "sub_encoder": dict(SUB), "services_off": OFF, "network": NETWORK}
    return site.add(there, **{**whole, **more})


@pytest.mark.parametrize("make", ["dahua", "kbvision"])
def test_a_factory_camera_becomes_as_desired_and_stays(camera: Start, site: Site, make: str) -> None:
    there = camera(make=make, clock_offset_s=-7 * 3600, factory_state={"cgi.SmartEncode.#0.Enable": True, "clock.daylight": True})
    add(site, there)
    planned = site.one(check=True)
    assert planned["status"] == "changed" and there.control("writes") == []
    done = site.one()
    assert (done["status"], done["failures"]) == ("changed", []), done
    desired = {"ntp", "clock.source", "clock.offset_s", "clock.timezone", "name", "osd", "smart_codec", "audio", "viewer", "admin.password"}
    assert (
        fields(done) == fields(planned) >= desired | {"service.upnp", "service.p2p", "service.multicast", "network.gateway", "network.dns"}
    )
    state = there.control("get", secrets=True)
    assert {u["name"]: (u["level"], u["password"]) for u in state["users"]} == {
        "admin": ("Administrator", ADMIN),
        "kn-view": ("User", VIEWER),
    }
    encoder, sub = state["encoder"], state["sub_encoder"]
    assert [encoder[k] for k in ("codec", "width", "height", "fps", "gop", "bitrate_kbps")] == ["H264", 1920, 1080, 15, 30, 2048]
    assert [sub[k] for k in ("codec", "width", "height", "fps", "gop", "bitrate_kbps")] == ["H264", 640, 480, 10, 20, 512]
    assert not state["audio"]["main"] and not state["audio"]["sub"] and not state["cgi"]["SmartEncode"]["#0"]["Enable"]
    assert state["clock"]["type"] == "NTP" and state["ntp"]["servers"] == ["127.0.0.1"] and not state["clock"]["daylight"]
    assert [o["text"] for o in state["osd"] if o["kind"] == "Plain"] == ["KHO 1"]
    assert (state["network"]["gateway"], state["dns"]["servers"]) == ("127.0.0.9", ["127.0.0.9"])
    assert abs(there.control("status")["clock_offset_s"]) <= 1.0
    there.control("forget")
    again = site.one()
    assert (again["status"], again["changes"]) == ("ok", [])
    assert there.control("writes") == []


def test_only_what_was_changed_behind_our_back_is_written(camera: Start, site: Site) -> None:
    there = camera(make="dahua")
    add(site, there)
    site.one()
    there.control("forget")
    there.set("encoder.fps", 5)
    assert fields(site.one()) == {"encoder.fps"}
    assert [w["op"] for w in there.control("writes")] == ["setConfig Encode"]


def test_a_device_that_serves_nobody_for_a_moment_after_a_write_is_read_back_all_the_same(camera: Start, site: Site) -> None:
    there = camera(make="dahua", factory_state={"cgi.Telnet.Enable": True}, personality={"reboot_s": 2.0})
    add(site, there, services_off=["telnet"])

    def restarted() -> None:
        while "setConfig Telnet" not in [each["op"] for each in there.control("writes")]:
            time.sleep(0.05)
        there.control("reboot")

    with ThreadPoolExecutor(1) as pool:
        away = pool.submit(restarted)
        done = site.one()
        away.result()
    assert there.control("status")["boots"] == 2
    assert "service.telnet" in fields(done) and done["failures"] == [], done


TROUBLES = sorted((ROOT / "lab/camera/personalities").glob("dahua-*.json"))


@pytest.mark.parametrize("file", TROUBLES, ids=[f.stem for f in TROUBLES])
def test_a_known_trouble_is_handled_or_has_its_class(request: pytest.FixtureRequest, camera: Start, site: Site, file: Path) -> None:
    """The file tells what becomes of its camera, as in test_onvif_personalities."""
    expected = json.loads(file.read_text(encoding="utf-8"))["expect"]
    if expected["class"] == "setting_not_kept":
        request.getfixturevalue("impatient")
    there = camera(make="dahua", model=file.stem)
    add(site, there, osd="CỔNG CHÍNH")
    done = site.one()
    assert done["class"] == expected["class"], done["failures"]
    assert (done["status"] == "failed") == (expected["class"] is not None)
    if expected["class"] is None:
        there.control("forget")
        assert site.one()["changes"] == []
        assert there.control("writes") == []
        assert bad_logins(there) == 0
    else:
        assert done["reason"]["vi"] and done["hint"]["vi"]
    assert expected.get("named", "") in json.dumps([f["reason"]["en"] for f in done["failures"]])


def test_a_device_that_is_locked_says_until_when(camera: Start, site: Site) -> None:
    there = camera(make="dahua", personality={"lockout": {"after": 1, "seconds": 60}})
    device = add(site, there, factory=[])
    device["accounts"]["admin"]["password"] = "another"
    site.one()
    told = site.one()
    assert told["class"] == "locked_out" and "30 minutes" in told["reason"]["en"]
    there.control("unlock")
    assert site.one()["class"] == "locked_out"  # for as long as it said, nothing is sent
    assert bad_logins(there) == 2


def test_how_long_a_device_locks_is_learnt_from_its_own_settings(camera: Start, site: Site) -> None:
    there = camera(make="dahua", factory_state={"cgi.General.LoginFailLockTime": 420})
    add(site, there)
    site.one()
    known = json.loads((site.state / "logins.json").read_text())["devices"][f"127.0.0.1:{there.http_port}"]
    assert known["lockout_s"] == 420


def test_an_account_without_rights_is_told_from_a_wrong_one(camera: Start, site: Site) -> None:
    users = [{"name": "admin", "password": ADMIN, "level": "User"}, {"name": "boss", "password": "bossboss1", "level": "Administrator"}]
    there = camera(make="dahua", factory_state={"users": users})
    add(site, there, factory=[])
    done = site.one()
    assert done["class"] == "setting_not_kept" and "403" in done["reason"]["en"]
    assert bad_logins(there) == 0


def test_the_viewer_gets_its_password_and_level_back(camera: Start, site: Site) -> None:
    there = camera(make="dahua")
    add(site, there)
    site.one()
    admin = there.control("get", path="users", secrets=True)[0]
    there.set("users", [admin, {"name": "kn-view", "password": "somebody's", "level": "User"}])
    assert fields(site.one()) == {"viewer.password"}
    there.set("users", [admin, {"name": "kn-view", "password": VIEWER, "level": "Administrator"}])
    assert fields(site.one()) == {"viewer.level"}
    assert site.one()["status"] == "ok"


def test_a_device_that_cuts_passwords_does_not_lock_us_out(camera: Start, site: Site) -> None:
    there = camera(make="dahua", personality={"password_cut": 10})
    add(site, there)
    done = site.one()
    assert done["class"] == "setting_not_kept" and {f["field"] for f in done["failures"]} == {"viewer.password", "admin.password"}
    assert there.login == ("admin", "admin")


def test_a_rotation_goes_from_the_old_password_to_the_new(camera: Start, site: Site) -> None:
    there = camera(make="dahua")
    device = add(site, there)
    site.one()
    device["accounts"] |= {"previous": {"user": "admin", "password": ADMIN}, "admin": {"user": "admin", "password": "Kn2nextCCCCddddd"}}
    done = site.one()
    assert (done["class"], "admin.password" in fields(done)) == (None, True)
    assert site.one()["status"] == "ok"
    assert bad_logins(there) <= 1


@pytest.mark.parametrize("password", ["seventeen-letters", "amp&ersand", "quote'd", "blank blank", "hash#percent%", "tiếng-việt"])
def test_a_password_that_could_be_read_as_another_is_never_sent(camera: Start, site: Site, password: str) -> None:
    there = camera(make="dahua")
    add(site, there)["accounts"]["admin"]["password"] = password
    done = site.one()
    assert done["class"] == "setting_not_kept" and "nothing was sent" in json.dumps(done["failures"])
    assert there.login == ("admin", "admin")
    assert password not in json.dumps(done, ensure_ascii=False)


def test_no_password_is_ever_logged(camera: Start, site: Site, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    there = camera(make="dahua", personality={"cgi_missing_status": 501})
    add(site, there)
    with caplog.at_level(logging.DEBUG):
        result = site.one()
    captured = capfd.readouterr()
    for secret in (ADMIN, VIEWER):
        assert secret not in caplog.text + captured.out + captured.err + json.dumps(result)


def test_h265_is_set_where_it_is_wanted(camera: Start, site: Site) -> None:
    there = camera(make="dahua")
    device = add(site, there)
    device["encoder"] |= {"fps": 20, "codec": "h265"}
    assert site.one()["class"] is None
    assert there.control("get", path="encoder.codec") == "H265" and there.control("get", path="encoder.gop") == 40


def test_an_address_from_dhcp_is_fixed_where_it_is(camera: Start, site: Site) -> None:
    there = camera(make="dahua", factory_state={"network.dhcp": True})
    add(site, there)
    assert "network.address" in fields(site.one())
    assert there.control("get", path="network") == {
        "address": "127.0.0.1", "prefix": 24, "dhcp": False, "gateway": "127.0.0.9", "enabled": True,
    }  # fmt: skip
    assert site.one()["status"] == "ok"
