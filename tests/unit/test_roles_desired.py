"""What the roles cameras and recorders ask of a box."""

import copy
from typing import Any

import pytest

from edge_agent.contract import devices as on_the_box
from province.names import camera_name
from province.rollout.desired import NoPasswords, after_rotation, desired_devices, rtsp_paths
from tests.unit.box_values import FACILITY, VAULT

ENCODER = {"codec": "h264", "width": 1920, "height": 1080, "fps": 15, "keyframe_s": 2, "bitrate_kbps": 2048}
SUB = {"codec": "h264", "width": 640, "height": 360, "fps": 10, "keyframe_s": 2, "bitrate_kbps": 384}
ROLE = {
    "ntp": "192.168.1.1",
    "timezone": "ICT-7",
    "state_dir": None,
    "slots": [],
    "encoder": ENCODER,
    "sub_encoder": SUB,
    "osd": True,
    "discovery": "NonDiscoverable",
    "services_off": ["upnp"],
    "deadline_s": 60,
    "factory": {"kbvision": [{"user": "admin", "password": "admin"}]},
}
NETWORK = {"prefix": 24, "gateway": "192.168.1.1", "dns": []}
NVR = {"slot": 101, "address": "192.168.1.101", "mac": "02:4b:4e:01:00:99", "make": "hikvision", "driver": "hikvision", "port": 80}
ACCOUNTS = {"admin": {"user": "admin", "password": "CanaryAdminRaaaa"}, "viewer": {"user": "kn-view", "password": "CanaryViewRbbbbb"}}
NO_ACCESS = {"reason": "Cửa khoá", "date": "2021-06-01", "witness": "Lê Văn A"}


@pytest.fixture
def facility() -> dict[str, Any]:
    """Two cameras, a recorder that records them."""
    return copy.deepcopy(FACILITY | {"recorders": [NVR], "recording": {"by": "recorder", "days": 30}})


@pytest.fixture
def vault() -> dict[str, Any]:
    return copy.deepcopy(VAULT | {"recorders": {"101": ACCOUNTS}})


def test_a_facility_becomes_one_document_with_every_camera() -> None:
    first, second = desired_devices(FACILITY, ROLE, VAULT)["devices"]
    assert first == {
        "slot": 1,
        "kind": "camera",
        "driver": "onvif",
        "address": "192.168.1.11",
        "port": 80,
        "mac": "02:4b:4e:01:00:11",
        "make": "generic",
        "name": "AN-NHON-01 C01",
        "osd": "AN-NHON-01 C01",
        "accounts": VAULT["cameras"]["1"],
        "factory": [],
        "encoder": ENCODER,
        "sub_encoder": SUB,
        "discovery": "NonDiscoverable",
        "services_off": ["upnp"],
        "network": NETWORK,
        "deadline_s": 60,
    }
    assert (second["slot"], second["port"], second["factory"]) == (2, 8080, [{"user": "admin", "password": "admin"}])


def test_the_box_reads_every_word_of_the_document(facility: dict[str, Any], vault: dict[str, Any]) -> None:
    facility["cameras"][1]["no_access"] = NO_ACCESS
    read = on_the_box.read(desired_devices(facility, ROLE, vault))
    assert read.devices[0].osd == "AN-NHON-01 C01" and read.devices[0].sub_encoder is not None and read.devices[0].network is not None
    assert read.devices[1].no_access is not None and read.devices[1].no_access.witness == "Lê Văn A" and read.devices[1].admin is None
    (recorder,) = on_the_box.read(desired_devices(facility, ROLE, vault, "recorders")).devices
    assert recorder.kind == "recorder" and recorder.recording == "continuous" and recorder.channels is not None


def test_slots_narrow_the_document_to_those_cameras() -> None:
    assert [device["slot"] for device in desired_devices(FACILITY, {**ROLE, "slots": [2]}, VAULT)["devices"]] == [2]


def test_a_camera_without_passwords_in_the_vault_is_named() -> None:
    with pytest.raises(NoPasswords) as missing:
        desired_devices(FACILITY, ROLE, {"cameras": {"1": VAULT["cameras"]["1"]}})
    assert missing.value.args == (2,)


@pytest.mark.parametrize("broken", [{"admin": ACCOUNTS["admin"]}, {"admin": ACCOUNTS["admin"], "viewer": "word"}, "a password", None])
def test_a_device_whose_entry_lacks_an_account_is_named_as_one_without(
    facility: dict[str, Any], vault: dict[str, Any], broken: Any
) -> None:
    slot = facility["cameras"][0]["slot"]
    vault["cameras"][str(slot)] = broken
    with pytest.raises(NoPasswords) as missing:
        desired_devices(facility, ROLE, vault)
    assert missing.value.args == (slot,)


def test_no_password_leaves_for_a_device_that_nobody_may_touch(facility: dict[str, Any], vault: dict[str, Any]) -> None:
    facility["cameras"][1]["no_access"] = NO_ACCESS
    del vault["cameras"]["2"]
    _, second = desired_devices(facility, ROLE, vault)["devices"]
    assert second["no_access"] == NO_ACCESS and "accounts" not in second
    (recorder,) = desired_devices(facility, ROLE, vault, "recorders")["devices"]
    assert [channel["number"] for channel in recorder["channels"]] == [1]


def test_a_recorder_takes_the_cameras_in_as_their_viewer(facility: dict[str, Any], vault: dict[str, Any]) -> None:
    facility["cameras"][0]["driver"] = "hikvision"
    facility["cameras"][1] |= {"driver": "dahua", "channel": 7}
    (recorder,) = desired_devices(facility, ROLE, vault, "recorders")["devices"]
    assert (recorder["name"], recorder["recording"], recorder["recording_days"]) == ("AN-NHON-01 R101", "continuous", 30)
    assert recorder["channels"] == [
        {
            "number": 1, "name": "AN-NHON-01 C01", "address": "192.168.1.11", "port": 80, "protocol": "hikvision",
            "account": vault["cameras"]["1"]["viewer"],
        },
        {
            "number": 7, "name": "AN-NHON-01 C02", "address": "192.168.1.12", "port": 554, "protocol": "rtsp",
            "account": vault["cameras"]["2"]["viewer"], "rtsp_path": rtsp_paths()["dahua"],
        },
    ]  # fmt: skip


@pytest.mark.parametrize("by", ["box", "none"])
def test_a_recorder_that_is_not_the_one_to_record_is_not_told_to(facility: dict[str, Any], vault: dict[str, Any], by: str) -> None:
    facility["recording"]["by"] = by
    (recorder,) = desired_devices(facility, ROLE, vault, "recorders")["devices"]
    assert recorder["recording"] is None and len(recorder["channels"]) == 2


def test_on_a_flat_lan_the_devices_keep_their_router() -> None:
    flat = FACILITY | {"lan": {**FACILITY["lan"], "topology": "flat"}}
    assert desired_devices(flat, ROLE, VAULT)["devices"][0]["network"]["gateway"] is None


def test_a_document_is_settled_once_no_previous_password_is_left(facility: dict[str, Any], vault: dict[str, Any]) -> None:
    before = desired_devices(facility, ROLE, vault)
    vault["cameras"]["1"]["previous"] = {"user": "admin", "password": "CanaryPrevious11", "since": "2021-06-01T00:00:00+00:00"}
    rotating = desired_devices(facility, ROLE, vault)
    assert rotating != before and after_rotation(rotating) == before
    (first, _) = on_the_box.read(rotating).devices
    assert first.previous is not None and first.rotation == "2021-06-01T00:00:00+00:00"


def test_a_cameras_name_says_facility_and_slot() -> None:
    assert camera_name("an-nhon-01", 7) == "AN-NHON-01 C07"
