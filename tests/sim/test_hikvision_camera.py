"""The Hikvision driver against simulated cameras: what it brings about, what it leaves alone, how it fails."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from camera_process import CameraHandle
from device_site import ADMIN, VIEWER, Site, bad_logins, fields

from edge_agent.contract import devices as desired
from edge_agent.devices import hikvision, show
from edge_agent.devices.logins import Logins

Start = Callable[..., CameraHandle]
SERVICES = ["upnp", "p2p", "ssh", "telnet", "snmp", "multicast", "bonjour", "https"]
SUB = {"codec": "h264", "width": 640, "height": 360, "fps": 10, "keyframe_s": 2, "bitrate_kbps": 512}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "state")


def add(site: Site, there: CameraHandle, **more: Any) -> dict[str, Any]:
    return site.add(
        there, **{"driver": "hikvision", "discovery": None, "osd": "AN-NHON-01", "services_off": SERVICES, "sub_encoder": SUB, **more}
    )


def shown(there: CameraHandle, state: Path, password: str = ADMIN) -> dict[str, Any]:
    """What `edge-agent device show` tells."""
    accounts = {"admin": {"user": "admin", "password": password}}
    own = {"slot": 0, "address": there.address, "port": there.http_port, "driver": "hikvision", "accounts": accounts, "audio": None}
    target = desired.device(own, "want")
    with hikvision.connect(target, Logins(state)) as connection:
        return show.document(target, hikvision.get(connection, target, all_options=True))


def test_a_factory_camera_becomes_as_desired_and_stays(camera: Start, site: Site) -> None:
    there = camera(
        clock_offset_s=-7 * 3600, factory_state={"isapi.main.smart": True, "isapi.onvif": False}, personality={"onvif_own_accounts": True}
    )
    add(site, there)
    planned = site.one(check=True)
    assert planned["status"] == "changed" and there.control("writes") == []
    done = site.one()
    assert (done["status"], done["failures"]) == ("changed", []), done
    assert fields(done) == fields(planned)
    assert fields(planned) >= {
        "ntp",
        "clock.timezone",
        "name",
        "osd",
        "smart_codec",
        "audio",
        "service.upnp",
        "service.onvif",
        "viewer",
        "admin.password",
    }
    state = there.control("get", secrets=True)
    assert {u["name"]: (u["level"], u["password"]) for u in state["users"]} == {
        "admin": ("Administrator", ADMIN),
        "kn-view": ("User", VIEWER),
    }
    assert state["isapi"]["onvif_users"] == [{"name": "kn-view", "password": VIEWER, "level": "User"}]
    assert state["isapi"]["watching"] == ["kn-view"] and state["isapi"]["onvif"] is True
    main, sub = state["encoder"], state["sub_encoder"]
    assert (main["codec"], main["width"], main["height"], main["fps"], main["gop"], main["bitrate_kbps"]) == (
        "H264",
        1920,
        1080,
        15,
        30,
        2048,
    )
    assert (sub["width"], sub["fps"], sub["gop"], sub["bitrate_kbps"]) == (640, 10, 20, 512)
    assert not state["isapi"]["main"]["smart"] and not state["audio"]["main"] and not state["audio"]["sub"]
    assert [name for name, on in state["isapi"]["services"].items() if on] == ["sadp"] and not state["isapi"]["main"]["multicast"]
    assert state["isapi"]["title"] == "AN-NHON-01 C01" and [o["text"] for o in state["osd"] if o["kind"] == "Plain"] == ["AN-NHON-01"]
    assert state["clock"]["type"] == "NTP" and state["ntp"]["servers"] == ["127.0.0.1"]
    assert abs(there.control("status")["clock_offset_s"]) <= 1.5
    assert bad_logins(there) == 0


def test_a_camera_that_nobody_shall_discover_answers_its_makers_search_no_more(camera: Start, site: Site) -> None:
    there = camera()
    add(site, there, discovery="NonDiscoverable")
    done = site.one()
    assert done["failures"] == [] and "service.sadp" in fields(done)
    assert there.control("get", path="isapi.services.sadp") is False
    assert "discovery" in {n["field"] for n in done["notes"]}, "ONVIF's own goes on, and the result says so"
    there.control("forget")
    assert site.one()["status"] == "ok" and there.control("writes") == []


def test_firmware_without_a_switch_for_its_makers_search_is_left_alone(camera: Start, site: Site) -> None:
    there = camera(personality={"isapi_missing": ["System/discoveryMode"]})
    add(site, there, discovery="NonDiscoverable")
    done = site.one()
    assert done["failures"] == [] and "service.sadp" not in fields(done)


def test_what_isapi_writes_onvif_shows_and_the_other_way_round(camera: Start, site: Site) -> None:
    there = camera()
    device = add(site, there)
    assert site.one()["failures"] == []
    device.update(driver="onvif", discovery=None, services_off=[], sub_encoder=None, osd=None)
    assert not fields(site.one(check=True)) & {
        "encoder.size",
        "encoder.fps",
        "clock.timezone",
        "viewer",
        "viewer.password",
        "admin.password",
    }
    there.set("encoder.width", 640)
    there.set("encoder.height", 480)
    device.update(driver="hikvision")
    assert fields(site.one(check=True)) == {"encoder.size"}


@pytest.mark.parametrize(
    "firmware",
    [
        {"isapi_namespace": "http://www.hikvision.com/ver10/XMLSchema"},
        {"isapi_namespace": "http://www.isapi.org/ver20/XMLSchema", "isapi_json": True},
        {"isapi_namespace": "", "isapi_no_gov": True},
        {"isapi_put_refused": ["System/time", "System/Video/inputs/channels/1/overlays", "System/time/ntpServers/1"]},
        {"isapi_login_password": True, "isapi_identity_short": True},
        {"isapi_viewer_401": True, "isapi_naive_time": True},
        {"isapi_algorithm": "SHA-256"},
        {"isapi_qop": False, "isapi_stale_reported": False},
        {"isapi_nonce_once": True},
        {"isapi_nonce_once": True, "isapi_stale_reported": False},
        {"isapi_basic": True},
        {"isapi_missing": ["System/Network/UPnP", "System/Network/SNMP", "Security/userCheck", "Security/UserPermission/2"]},
    ],
    ids=lambda f: "+".join(f),
)
def test_firmware_of_many_habits_is_brought_to_the_same(camera: Start, site: Site, firmware: dict[str, Any]) -> None:
    there = camera(personality=firmware)
    add(site, there, ntp="127.0.0.1")
    if "System/time" in firmware.get("isapi_put_refused", []):
        there.set("clock.type", "NTP")  # which this firmware takes in its own pages alone
    done = site.one()
    assert done["failures"] == [], done
    state = there.control("get", secrets=True)
    assert state["users"][0]["password"] == ADMIN and state["users"][1]["password"] == VIEWER
    assert (state["encoder"]["width"], state["encoder"]["gop"], state["clock"]["timezone"]) == (1920, 30, "CST-7:00:00")
    assert [o["text"] for o in state["osd"] if o["kind"] == "Plain"] == ["AN-NHON-01"]
    there.control("forget")
    assert site.one()["status"] == "ok" and there.control("writes") == []
    assert bad_logins(there) == 0


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("forgotten", "field"),
    [
        ("encoder.width", "encoder.size"),
        ("encoder.bitrate_kbps", "encoder.bitrate_kbps"),
        ("isapi.title", "name"),
        ("osd", "osd"),
        ("isapi.services.upnp", "service.upnp"),
        ("isapi.main.smart", "smart_codec"),
        ("audio", "audio"),
        ("clock.timezone", "clock.timezone"),
        ("users", "viewer"),
    ],
)
def test_accepted_and_not_kept_is_a_failure_that_names_the_field(camera: Start, site: Site, forgotten: str, field: str) -> None:
    there = camera(factory_state={"isapi.main.smart": True}, personality={"accepts_and_forgets": [forgotten]})
    add(site, there)
    done = site.one()
    assert done["status"] == "failed"
    assert {f["class"] for f in done["failures"]} == {"setting_not_kept"}
    assert any(field in f["reason"]["en"] for f in done["failures"]), done["failures"]
    assert field not in fields(done)


def test_a_change_that_waits_for_a_reboot_is_read_again_after_it(camera: Start, site: Site) -> None:
    there = camera(
        factory_state={"isapi.main.smart": True},
        personality={"reboot_on": ["isapi.main.smart"], "isapi_reboot_on": ["Streaming/channels/101"], "reboot_s": 0.5},
    )
    add(site, there)
    done = site.one()
    assert (done["status"], done["failures"]) == ("changed", []), done
    assert there.control("status")["boots"] == 2 and there.control("get", path="isapi.main.smart") is False


def test_no_reboot_where_none_was_asked_for(camera: Start, site: Site) -> None:
    there = camera()
    add(site, there)
    site.one()
    assert there.control("status")["boots"] == 1
    assert not [w for w in there.control("writes") if "reboot" in w["op"]]


def test_a_camera_that_was_never_activated_is_told_no_password(camera: Start, site: Site) -> None:
    there = camera(factory_state={"isapi.activated": False})
    add(site, there)
    done = site.one()
    assert (done["class"], done["changes"]) == ("not_activated", [])
    assert there.control("logins") == []


def test_a_lock_is_told_with_its_end_and_costs_no_further_login(camera: Start, site: Site) -> None:
    there = camera(personality={"lockout": {"after": 1, "seconds": 600}})
    device = add(site, there)
    device["factory"] = []
    device["accounts"]["admin"]["password"] = "WrongOne12345"
    locked = site.one()
    assert locked["class"] == "locked_out"
    left = datetime.fromisoformat(locked["until"]).timestamp() - time.time()
    assert 540 < left <= 601  # the camera's own word, not our window
    assert site.one()["class"] == "locked_out"
    assert bad_logins(there) == 1


def test_the_last_login_before_the_lock_is_left_to_a_person(camera: Start, site: Site) -> None:
    there = camera(personality={"lockout": {"after": 2, "seconds": 600}})
    device = add(site, there)
    device["accounts"]["admin"]["password"], device["factory"] = "WrongOne12345", [{"user": "admin", "password": "WrongTwo12345"}]
    assert site.one()["class"] == "wrong_credentials"
    assert bad_logins(there) == 1
    assert there.control("status")["locked_until"] is None


def test_two_refusals_are_all_that_a_camera_sees(camera: Start, site: Site) -> None:
    there = camera(personality={"isapi_lock_reported": False})
    device = add(site, there)
    device["accounts"]["admin"]["password"], device["factory"] = "WrongOne12345", [{"user": "admin", "password": "WrongTwo12345"}]
    for _ in range(3):
        site.one()
    assert bad_logins(there) == 2


def test_a_crash_between_sending_and_storing_a_password_locks_nobody_out(camera: Start, site: Site) -> None:
    there = camera(factory_account={"user": "admin", "password": ADMIN})
    device = add(site, there)
    device["accounts"]["previous"] = {"user": "admin", "password": "TheOldOne12345", "since": "1"}
    device["factory"] = []
    assert site.one()["failures"] == []
    assert bad_logins(there) <= 1


def test_a_rotation_sets_the_new_password_from_the_previous(camera: Start, site: Site) -> None:
    there = camera()
    device = add(site, there)
    assert site.one()["failures"] == []
    device["accounts"] = {
        "admin": {"user": "admin", "password": "NextAdmin12345"},
        "previous": {"user": "admin", "password": ADMIN, "since": "2"},
        "viewer": {"user": "kn-view", "password": "NextViewer12345"},
    }
    done = site.one()
    assert done["failures"] == [], done
    assert fields(done) >= {"admin.password", "viewer.password"}
    assert [u["password"] for u in there.control("get", path="users", secrets=True)] == ["NextAdmin12345", "NextViewer12345"]
    assert bad_logins(there) == 0


def test_a_device_that_cuts_passwords_does_not_lock_us_out(camera: Start, site: Site) -> None:
    there = camera(personality={"password_cut": 10})
    add(site, there)
    done = site.one()
    assert done["class"] == "setting_not_kept" and {f["field"] for f in done["failures"]} == {"viewer.password", "admin.password"}, done
    assert there.login == ("admin", "admin12345")
    assert "PUT Security/users/1" not in [w["op"] for w in there.control("writes")]


def test_an_onvif_account_with_another_password_is_set_again(camera: Start, site: Site) -> None:
    there = camera(personality={"onvif_own_accounts": True})
    add(site, there)
    assert site.one()["failures"] == []
    there.control("forget")
    there.set("isapi.onvif_users", [{"name": "kn-view", "password": "AnotherOne123", "level": "User"}])
    done = site.one()
    assert (fields(done), done["failures"]) == ({"onvif.viewer"}, [])
    assert there.control("get", path="isapi.onvif_users", secrets=True)[0]["password"] == VIEWER
    assert bad_logins(there) == 1
    there.control("forget")
    assert site.one()["status"] == "ok" and there.control("writes") == []


def test_network_settings_are_written_last_and_kept(camera: Start, site: Site) -> None:
    there = camera(factory_state={"network.dhcp": True, "dns.servers": ["192.0.2.53"]})
    add(site, there, network={"prefix": 24, "gateway": "127.0.0.254", "dns": ["127.0.0.53"]})
    done = site.one()
    assert done["failures"] == [] and fields(done) >= {"network.address", "network.gateway", "network.dns"}
    network = there.control("get", path="network")
    assert (network["dhcp"], network["gateway"], there.control("get", path="dns.servers")) == (False, "127.0.0.254", ["127.0.0.53"])
    written = [w["op"] for w in there.control("writes")]
    assert written[-2:] == ["PUT System/Network/interfaces/1/ipAddress", "PUT Security/users/1"]
    assert site.one()["status"] == "ok"


def test_a_viewers_login_is_no_administrator(camera: Start, site: Site, tmp_path: Path) -> None:
    there = camera()
    add(site, there)
    site.one()
    own = {"slot": 1, "address": there.address, "port": there.http_port, "driver": "hikvision"}
    target = desired.device({**own, "accounts": {"admin": {"user": "kn-view", "password": VIEWER}}, "name": "X"}, "want")
    with hikvision.connect(target, Logins(tmp_path / "other")) as connection:
        observed = hikvision.get(connection, target)
        outcome = hikvision.apply(connection, observed, target, hikvision.plan(observed, target))
    assert observed.users is None and {p.category for p in observed.problems} == {"no_permission"}
    assert [f.category for f in outcome.failures] == ["no_permission"]


@pytest.mark.parametrize("viewer_401", [True, False])
def test_a_camera_that_says_401_to_a_viewer_is_not_taken_for_a_wrong_password(camera: Start, site: Site, viewer_401: bool) -> None:
    there = camera(personality={"isapi_viewer_401": viewer_401})
    add(site, there)
    site.one()
    there.control("forget")
    assert site.one()["status"] == "ok"
    assert there.control("writes") == [] and bad_logins(there) == 0


def test_firmware_older_than_isapi_is_told_from_a_device_of_onvif_alone(camera: Start, site: Site) -> None:
    old, other = camera(personality={"isapi_off": True, "psia": True}), camera(make="uniview")
    add(site, old)
    add(site, other)
    first, second = site.run()["devices"]
    assert first["class"] == second["class"] == "unknown_device"
    assert "PSIA" in first["reason"]["en"] and "driver onvif" in second["reason"]["en"]
    assert bad_logins(old) == bad_logins(other) == 0


def test_show_tells_all_and_no_secret(camera: Start, site: Site, tmp_path: Path) -> None:
    there = camera()
    add(site, there)
    site.one()
    there.control("forget")
    document = shown(there, tmp_path / "other")
    assert there.control("writes") == []
    assert document["identity"]["model"] == "DS-2CD1021-I" and document["identity"]["mac"] == "02:00:00:00:00:01"
    assert document["clock"]["ntp"] == ["127.0.0.1"] and abs(document["clock"]["offset_s"]) < 2
    assert {a["name"]: a["level"] for a in document["accounts"]} == {"admin": "Administrator", "kn-view": "Viewer"}
    assert [(e["codec"], e["width"], e["keyframe_s"]) for e in document["encoders"]] == [("h264", 1920, 2.0), ("h264", 640, 2.0)]
    assert document["encoders"][0]["options"]["h264"]["sizes"][1] == (1920, 1080)
    assert document["streams"][0] == {"profile": "101", "rtsp_port": there.rtsp_port, "path": "/Streaming/Channels/101"}
    text = json.dumps(document)
    assert ADMIN not in text and VIEWER not in text


def test_identify_sends_no_password(camera: Start, tmp_path: Path) -> None:
    there = camera()
    target = desired.device({"slot": 0, "address": there.address, "port": there.http_port, "driver": "hikvision"}, "want")
    assert hikvision.identify(target, Logins(tmp_path)).identity.maker == "HIKVISION"
    assert there.control("logins") == []
