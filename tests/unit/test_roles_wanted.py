"""What the cameras' role asks of a box."""

import pytest

from province.wanted import camera_name, wanted
from tests.unit.box_values import FACILITY, VAULT

ROLE = {
    "ntp": "192.168.1.1",
    "timezone": "ICT-7",
    "state_dir": None,
    "slots": [],
    "encoder": {"codec": "h264", "width": 1920, "height": 1080, "fps": 15, "keyframe_s": 2, "bitrate_kbps": 2048},
    "discovery": "NonDiscoverable",
    "factory": {"kbvision": [{"user": "admin", "password": "admin"}]},
}


def test_a_facility_becomes_one_document_with_every_camera() -> None:
    assert wanted(FACILITY, ROLE, VAULT) == {
        "schema": 1,
        "site": {"id": "BD-0001", "code": "an-nhon-01"},
        "ntp": "192.168.1.1",
        "timezone": "ICT-7",
        "state_dir": None,
        "devices": [
            {
                "slot": 1,
                "driver": "onvif",
                "address": "192.168.1.11",
                "port": 80,
                "mac": "02:4b:4e:01:00:11",
                "make": "generic",
                "name": "AN-NHON-01 C01",
                "accounts": VAULT["cameras"]["1"],
                "factory": [],
                "encoder": ROLE["encoder"],
                "discovery": "NonDiscoverable",
            },
            {
                "slot": 2,
                "driver": "onvif",
                "address": "192.168.1.12",
                "port": 8080,
                "mac": "02:4b:4e:01:00:12",
                "make": "kbvision",
                "name": "AN-NHON-01 C02",
                "accounts": VAULT["cameras"]["2"],
                "factory": [{"user": "admin", "password": "admin"}],
                "encoder": ROLE["encoder"],
                "discovery": "NonDiscoverable",
            },
        ],
    }


def test_slots_narrow_the_document_to_those_cameras() -> None:
    assert [device["slot"] for device in wanted(FACILITY, {**ROLE, "slots": [2]}, VAULT)["devices"]] == [2]


def test_a_camera_without_passwords_in_the_vault_is_named() -> None:
    with pytest.raises(KeyError) as missing:
        wanted(FACILITY, ROLE, {"cameras": {"1": VAULT["cameras"]["1"]}})
    assert missing.value.args == (2,)


def test_a_cameras_name_says_facility_and_slot() -> None:
    assert camera_name("an-nhon-01", 7) == "AN-NHON-01 C07"
