"""The desired document, and that its passwords go only to the device they are for."""

from pathlib import Path
from typing import Any

import pytest

from edge_agent.contract import devices as desired
from edge_agent.contract.devices import DesiredDevice
from edge_agent.devices import neighbours
from edge_agent.devices.faults import CATEGORIES, UnknownDevice

DEVICE: dict[str, Any] = {
    "slot": 1, "address": "192.168.1.11", "mac": "02-4B-00-01-01-01",
    "accounts": {"admin": {"user": "admin", "password": "secret-1"}},
    "encoder": {"codec": "H.264", "width": 1920, "height": 1080, "fps": 15, "keyframe_s": 2, "bitrate_kbps": 2048},
}  # fmt: skip
TABLE = """IP address       HW type     Flags       HW address            Mask     Device
192.168.1.11     0x1         0x2         {mac}     *        eth1
192.168.1.12     0x1         0x0         00:00:00:00:00:00     *        eth1
"""


def test_a_device_takes_from_the_site_what_it_does_not_say() -> None:
    site = {"ntp": "192.168.1.1", "timezone": "ICT-7", "devices": [DEVICE, {**DEVICE, "slot": 2, "ntp": "192.168.1.2"}]}
    first, second = desired.read(site).devices
    assert (first.port, first.driver, first.ntp, first.audio, first.viewer) == (80, "onvif", "192.168.1.1", "off", None)
    assert second.ntp == "192.168.1.2" and first.encoder is not None and first.encoder.codec == "h264"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"slot": "1"}, "slot"),
        ({"port": "80"}, "port"),
        ({"deadline_s": "long"}, "deadline_s"),
        ({"accounts": {"admin": {"user": "admin"}}}, "accounts.admin.password"),
        ({"factory": [{"password": "secret-1"}]}, "factory[0].user"),
        ({"encoder": {**DEVICE["encoder"], "width": None}}, "encoder.width"),
    ],
)
def test_a_fault_names_its_field_and_no_value(more: dict[str, Any], field: str) -> None:
    with pytest.raises(desired.BadDocument) as error:
        desired.read({"devices": [{**DEVICE, **more}]})
    assert f"devices[0].{field}" in str(error.value) and "secret" not in str(error.value)


def test_a_slot_occurs_once() -> None:
    with pytest.raises(desired.BadDocument, match="twice"):
        desired.read({"devices": [DEVICE, DEVICE]})


def asked(**more: Any) -> DesiredDevice:
    return desired.read({"devices": [{**DEVICE, **more}]}).devices[0]


def test_another_device_at_the_address_is_told_no_password(tmp_path: Path) -> None:
    table = tmp_path / "arp"
    table.write_text(TABLE.format(mac="02:4b:00:ff:ff:ff"))
    with pytest.raises(UnknownDevice) as error:
        neighbours.check(asked(), table)
    assert "02:4b:00:ff:ff:ff" in error.value.reason.vi
    table.write_text(TABLE.format(mac="02:4b:00:01:01:01"))
    neighbours.check(asked(), table)


def test_an_address_whose_hardware_is_not_known_is_no_fault(tmp_path: Path) -> None:
    table = tmp_path / "arp"
    table.write_text(TABLE.format(mac="02:4b:00:ff:ff:ff"))
    neighbours.check(asked(address="192.168.1.12"), table)
    neighbours.check(asked(mac=None), table)
    neighbours.check(asked(), tmp_path / "none")


def test_the_classes_are_those_of_the_contract() -> None:
    assert set(CATEGORIES) == {
        "unreachable", "wrong_credentials", "locked_out", "not_activated", "onvif_off", "obsolete", "setting_not_kept",
        "no_permission", "unknown_device", "no_access",
    }  # fmt: skip
