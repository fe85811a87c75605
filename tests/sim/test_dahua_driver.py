"""The Dahua driver against simulated cameras: what it brings about, what it leaves alone, how it fails."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from camera_process import CameraHandle  # type: ignore[import-not-found]
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
def test_a_factory_camera_becomes_as_wanted_and_stays(camera: Start, site: Site, make: str) -> None:
    there = camera(make=make, clock_offset_s=-7 * 3600, factory_state={"cgi.SmartEncode.#0.Enable": True, "clock.daylight": True})
    add(site, there)
    planned = site.one(check=True)
    assert planned["status"] == "changed" and there.control("writes") == []
    done = site.one()
    assert (done["status"], done["failures"]) == ("changed", []), done
    wanted = {"ntp", "clock.source", "clock.offset_s", "clock.timezone", "name", "osd", "smart_codec", "audio", "viewer", "admin.password"}
    assert (
        fields(done) == fields(planned) >= wanted | {"service.upnp", "service.p2p", "service.multicast", "network.gateway", "network.dns"}
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


def test_settings_survive_a_reboot(camera: Start, site: Site) -> None:
    there = camera(make="dahua")
    add(site, there)
    site.one()
    there.control("reboot")
    assert site.one()["status"] == "ok"


def test_only_what_was_changed_behind_our_back_is_written(camera: Start, site: Site) -> None:
    there = camera(make="dahua")
    add(site, there)
    site.one()
    there.control("forget")
    there.set("encoder.fps", 5)
    assert fields(site.one()) == {"encoder.fps"}
    assert [w["op"] for w in there.control("writes")] == ["setConfig Encode"]


def test_no_login_fails_on_a_new_camera_however_often_it_is_looked_at(camera: Start, site: Site) -> None:
    there = camera(make="dahua")
    add(site, there)
    for _ in range(3):
        site.one(check=True)
    site.one()
    site.one()
    assert bad_logins(there) == 0


# The trouble, the personality, the class (None: as wanted), and the field named.
TROUBLES: list[tuple[str, dict[str, Any], str | None, str | None]] = [
    ("ONVIF is off", {"onvif_off": True}, None, None),
    ("Basic only", {"cgi_basic": True}, None, None),
    ("each nonce once", {"cgi_nonce_once": True}, None, None),
    ("old firmware's words", {"cgi_missing": ["T2UServer", "Bonjour", "VideoWidget"], "cgi_missing_status": 400}, None, None),
    ("new firmware's words", {"cgi_missing": ["SSHD", "SmartEncode", "NAS"], "cgi_missing_status": 501}, None, None),
    ("unknown is forbidden", {"cgi_forbidden": ["T2UServer", "Https", "Email"]}, None, None),
    ("brackets to the letter", {"cgi_literal_brackets": True}, None, None),
    ("capabilities of the old form", {"cgi_old_caps": True}, None, None),
    ("no capabilities", {"cgi_missing": ["encode.cgi"]}, None, None),
    ("blanks everywhere", {"cgi_odd_blanks": True}, None, None),
    ("titles in GB18030", {"cgi_encoding": "gb18030"}, None, None),
    ("reads are old for a while", {"cgi_stale_reads": 2}, None, None),
    ("reads stay old", {"cgi_stale_reads": 50}, "setting_not_kept", "clock.source"),
    ("one way only", {"cgi_one_way": {"UPnP.Enable": "false"}}, "setting_not_kept", "service.upnp"),
    ("users forgotten", {"accepts_and_forgets": ["users"]}, "setting_not_kept", "viewer"),
    ("time zone forgotten", {"accepts_and_forgets": ["clock.timezone"]}, "setting_not_kept", "clock.timezone"),
    ("bitrate forgotten", {"accepts_and_forgets": ["encoder.bitrate_kbps"]}, None, None),
    ("codec forgotten", {"accepts_and_forgets": ["encoder.codec"]}, "setting_not_kept", "encoder.codec"),
    ("MJPEG only", {"h264_missing": True, "h265_missing": True}, "obsolete", "H.264"),
    ("too small", {"max_width": 704}, "obsolete", "704x576"),
    ("never given a password", {"cgi_uninitialised": True}, "not_activated", None),
    ("no CGI", {"cgi_off": True}, "unknown_device", None),
]


@pytest.mark.parametrize(("personality", "klass", "named"), [t[1:] for t in TROUBLES], ids=[t[0] for t in TROUBLES])
def test_a_known_trouble_is_handled_or_has_its_class(
    camera: Start, site: Site, personality: dict[str, Any], klass: str | None, named: str | None
) -> None:
    there = camera(make="dahua", personality=personality)
    add(site, there, osd="CỔNG CHÍNH")
    done = site.one()
    assert done["class"] == klass, done["failures"]
    assert (done["status"] == "failed") == (klass is not None)
    if klass is None:
        there.control("forget")
        assert site.one()["changes"] == []
        assert there.control("writes") == []
        assert bad_logins(there) == 0
    else:
        assert done["reason"]["vi"] and done["hint"]["vi"]
    if named:
        assert named in json.dumps([f["reason"]["en"] for f in done["failures"]])


def test_a_refused_password_is_tried_once_and_told(camera: Start, site: Site) -> None:
    there = camera(make="dahua")
    device = add(site, there, factory=[])
    device["accounts"]["admin"]["password"] = "another"
    assert [site.one()["class"] for _ in range(4)] == ["wrong_credentials", "wrong_credentials", "locked_out", "locked_out"]
    assert bad_logins(there) == 2


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


def test_a_hanging_camera_costs_no_more_than_its_deadline(camera: Start, site: Site) -> None:
    there = camera(make="dahua", personality={"hang": True})
    add(site, there, deadline_s=2)
    done = site.one()
    assert done["class"] == "unreachable" and done["seconds"] < 4


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
