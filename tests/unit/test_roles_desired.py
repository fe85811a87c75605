"""What the roles cameras and recorders ask of a box."""

import copy
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from edge_agent.contract import devices as on_the_box
from edge_agent.contract.devices import Account, DesiredChannel, DesiredDevice, DesiredEncoder, DesiredNetwork, NoAccess
from edge_agent.contract.written import written
from province.names import camera_name
from province.office import vaults
from province.rollout.desired import NoPasswords, after_rotation, desired_devices, rtsp_paths
from province.standard import settings
from province.standard.load import load
from tests.unit.box_values import FACILITY, VAULT

ROLE = {"slots": [], "deadline_s": 60, "factory": {"kbvision": [{"user": "admin", "password": "admin"}]}}
SETTINGS = settings.of(settings.thresholds(load()))
NVR = {"slot": 101, "address": "192.168.1.101", "mac": "02:4b:4e:01:00:99", "make": "hikvision", "driver": "hikvision", "port": 80}
ACCOUNTS = {"admin": {"user": "admin", "password": "CanaryAdminRaaaa"}, "viewer": {"user": "kn-view", "password": "CanaryViewRbbbbb"}}
NO_ACCESS = {"reason": "Cửa khoá", "date": "2021-06-01", "witness": "Lê Văn A"}


def document(devices: Iterable[DesiredDevice]) -> dict[str, Any]:
    return written(devices, {"id": "BD-0001", "code": "an-nhon-01"})


@pytest.fixture
def facility() -> dict[str, Any]:
    """Two cameras, a recorder that records them."""
    return copy.deepcopy(FACILITY | {"recorders": [NVR], "recording": {"by": "recorder", "days": 30}})


@pytest.fixture
def vault() -> dict[str, Any]:
    return copy.deepcopy(VAULT | {"recorders": {"101": ACCOUNTS}})


def test_a_facility_becomes_one_document_with_every_camera() -> None:
    first, second = desired_devices(FACILITY, SETTINGS, ROLE, VAULT)
    assert first == DesiredDevice(
        slot=1,
        kind="camera",
        driver="onvif",
        address="192.168.1.11",
        port=80,
        mac="02:4b:4e:01:00:11",
        name="AN-NHON-01 C01",
        osd="AN-NHON-01 C01",
        admin=Account("admin", "CanaryAdmin1aaaa"),
        viewer=Account("kn-view", "CanaryView1bbbbb"),
        ntp="192.168.1.1",
        timezone="ICT-7",
        encoder=DesiredEncoder("h264", 1920, 1080, 15, 2, 2048),
        sub_encoder=DesiredEncoder("h264", 640, 360, 10, 2, 384, most_height=720),
        discovery="NonDiscoverable",
        services_off=("upnp", "p2p", "ssh", "telnet", "snmp", "ftp", "multicast", "wifi", "email", "bonjour"),
        network=DesiredNetwork(24, "192.168.1.1"),
        deadline_s=60,
    )
    assert (second.slot, second.port, second.factory) == (2, 8080, (Account("admin", "admin"),))


def test_the_box_reads_every_word_of_the_document(facility: dict[str, Any], vault: dict[str, Any]) -> None:
    facility["cameras"][0]["driver"] = "dahua"
    facility["cameras"][1]["no_access"] = NO_ACCESS
    vault["cameras"]["1"]["viewer"]["since"] = "2021-06-01T00:00:00+00:00"
    vault["cameras"]["1"]["previous"] = {"user": "admin", "password": "CanaryPrevious11", "since": "2021-06-01T00:00:00+00:00"}
    for kind in ("cameras", "recorders"):
        devices = desired_devices(facility, SETTINGS, ROLE, vault, kind)
        read = on_the_box.read(json.loads(json.dumps(document(devices))))
        assert read.devices == tuple(devices) and read.site == "an-nhon-01"
    assert devices[0].channels and devices[0].channels[0].since and devices[0].channels[0].rtsp_path


def test_whoever_looks_at_a_camera_does_so_as_the_viewer_before_until_it_has_a_rotation_s_passwords(
    facility: dict[str, Any], vault: dict[str, Any]
) -> None:
    """It was off while its facility's passwords were rotated: a new one would have it refuse agent and recorders for half an hour."""
    before = [each.account for each in desired_devices(facility, SETTINGS, ROLE, vault, "recorders")[0].channels]
    rotated, _ = vaults.renew(vault, {"cameras": [1]}, "2021-06-01T00:00:00+00:00")
    during = [each.account for each in desired_devices(facility, SETTINGS, ROLE, rotated, "recorders")[0].channels]
    del rotated["cameras"]["1"]["previous"]
    after = [each.account for each in desired_devices(facility, SETTINGS, ROLE, rotated, "recorders")[0].channels]
    assert during == before and after[0] != before[0] and after[1:] == before[1:]
    assert after[0].password == rotated["cameras"]["1"]["viewer"]["password"]


def test_a_province_s_own_thresholds_are_what_devices_become() -> None:
    asked = settings.thresholds(load()) | {"size": {"width": 2560, "height": 1440}, "rate": {"fps": 25}, "days_kept": {"days": 45}}
    mine = settings.of(asked)
    encoder = mine.encoder
    assert (encoder.width, encoder.height, encoder.fps, mine.recording_days) == (2560, 1440, 25, 45)
    assert encoder.bitrate_kbps == 6144, "in proportion"
    chosen = settings.chosen(mine, {"encoder": {"fps": 30, "bitrate_kbps": 4096}, "sub_encoder": {}, "osd": False, "services_off": None})
    assert chosen == replace(mine, encoder=replace(encoder, fps=30, bitrate_kbps=4096), osd=False)


def test_what_the_standard_says_nothing_of_is_set_as_the_default_one_asks() -> None:
    assert settings.of({}) == SETTINGS and settings.of({"size": {"width": 640}}).encoder.height == 1080


@pytest.mark.parametrize(
    ("role", "named"),
    [
        ({}, []),
        ({"encoder": {"fps": 12}}, [("encoder.fps", "rate")]),
        ({"encoder": {"width": 1280, "height": 720}}, [("encoder.width", "size"), ("encoder.height", "size")]),
        ({"encoder": {"codec": "mjpeg", "keyframe_s": 5}}, [("encoder.codec", "codec"), ("encoder.keyframe_s", "keyframe_distance")]),
        ({"sub_encoder": {"height": 1080, "codec": "mjpeg"}}, [("sub_encoder.codec", "sub_stream"), ("sub_encoder.height", "sub_stream")]),
        ({"services_off": ["telnet"], "osd": False}, [("services_off", "services_off"), ("osd", "osd")]),
        ({"recording_days": 20}, [("recording_days", "days_kept")]),
        ({"discovery": "Discoverable", "ntp": "192.0.2.1"}, [("discovery", "not_discoverable"), ("ntp", "ntp_source")]),
    ],
)
def test_a_choice_that_would_not_meet_the_standard_is_named(role: dict[str, Any], named: list[tuple[str, str]]) -> None:
    found = settings.unmet(settings.chosen(SETTINGS, role), load())
    assert [(each.field, each.check.id) for each in found] == named


def test_slots_narrow_the_document_to_those_cameras() -> None:
    assert [device.slot for device in desired_devices(FACILITY, SETTINGS, {**ROLE, "slots": [2]}, VAULT)] == [2]


def test_a_camera_without_passwords_in_the_vault_is_named() -> None:
    with pytest.raises(NoPasswords) as missing:
        desired_devices(FACILITY, SETTINGS, ROLE, {"cameras": {"1": VAULT["cameras"]["1"]}})
    assert missing.value.args == (2,)


@pytest.mark.parametrize("broken", [{"admin": ACCOUNTS["admin"]}, {"admin": ACCOUNTS["admin"], "viewer": "word"}, "a password", None])
def test_a_device_whose_entry_lacks_an_account_is_named_as_one_without(
    facility: dict[str, Any], vault: dict[str, Any], broken: Any
) -> None:
    slot = facility["cameras"][0]["slot"]
    vault["cameras"][str(slot)] = broken
    with pytest.raises(NoPasswords) as missing:
        desired_devices(facility, SETTINGS, ROLE, vaults.content(vault))
    assert missing.value.args == (slot,)


def test_no_password_leaves_for_a_device_that_nobody_may_touch(facility: dict[str, Any], vault: dict[str, Any]) -> None:
    facility["cameras"][1]["no_access"] = NO_ACCESS
    del vault["cameras"]["2"]
    _, second = desired_devices(facility, SETTINGS, ROLE, vault)
    assert second.no_access == NoAccess(**NO_ACCESS) and (second.admin, second.viewer, second.factory) == (None, None, ())
    assert "accounts" not in document([second])["devices"][0]
    (recorder,) = desired_devices(facility, SETTINGS, ROLE, vault, "recorders")
    assert [channel.number for channel in recorder.channels or ()] == [1]


def test_a_recorder_takes_the_cameras_in_as_their_viewer(facility: dict[str, Any], vault: dict[str, Any]) -> None:
    facility["cameras"][0]["driver"] = "hikvision"
    facility["cameras"][1] |= {"driver": "dahua", "channel": 7}
    (recorder,) = desired_devices(facility, SETTINGS, ROLE, vault, "recorders")
    assert (recorder.name, recorder.recording, recorder.recording_days) == ("AN-NHON-01 R101", "continuous", 30)
    viewer = Account("kn-view", vault["cameras"]["1"]["viewer"]["password"])
    assert recorder.channels == (
        DesiredChannel(1, "AN-NHON-01 C01", "192.168.1.11", 80, "hikvision", viewer, bitrate_kbps=2048),
        DesiredChannel(
            7, "AN-NHON-01 C02", "192.168.1.12", 554, "rtsp", Account("kn-view", vault["cameras"]["2"]["viewer"]["password"]),
            rtsp_path=rtsp_paths()["dahua"], bitrate_kbps=2048,
        ),
    )  # fmt: skip


@pytest.mark.parametrize(("facility_s", "standard_s", "kept"), [(None, 30, 30), (30, 45, 45), (60, 30, 60), (None, 14.5, 15)])
def test_footage_is_kept_as_long_as_the_standard_asks_or_the_facility_wants_more(
    facility: dict[str, Any], vault: dict[str, Any], facility_s: int | None, standard_s: float, kept: int
) -> None:
    facility["recording"]["days"] = facility_s
    mine = settings.of({"days_kept": {"days": standard_s}})
    (recorder,) = desired_devices(facility, mine, ROLE, vault, "recorders")
    assert recorder.recording_days == kept


@pytest.mark.parametrize("by", ["box", "none"])
def test_a_recorder_that_is_not_the_one_to_record_is_not_told_to(facility: dict[str, Any], vault: dict[str, Any], by: str) -> None:
    facility["recording"]["by"] = by
    (recorder,) = desired_devices(facility, SETTINGS, ROLE, vault, "recorders")
    assert (recorder.recording, recorder.recording_days) == (None, None) and len(recorder.channels or ()) == 2


def test_on_a_flat_lan_the_devices_keep_their_router() -> None:
    flat = FACILITY | {"lan": {**FACILITY["lan"], "topology": "flat"}}
    assert desired_devices(flat, SETTINGS, ROLE, VAULT)[0].network == DesiredNetwork(24)


def test_a_document_is_settled_once_no_previous_password_is_left(facility: dict[str, Any], vault: dict[str, Any]) -> None:
    before = desired_devices(facility, SETTINGS, ROLE, vault)
    vault["cameras"]["1"]["previous"] = {"user": "admin", "password": "CanaryPrevious11", "since": "2021-06-01T00:00:00+00:00"}
    rotating = desired_devices(facility, SETTINGS, ROLE, vault)
    assert document(rotating) != document(before) and document(after_rotation(rotating)) == document(before)
    (first, _) = on_the_box.read(document(rotating)).devices
    assert first.previous is not None and first.rotation == "2021-06-01T00:00:00+00:00"


def test_a_cameras_name_says_facility_and_slot() -> None:
    assert camera_name("an-nhon-01", 7) == "AN-NHON-01 C07"
