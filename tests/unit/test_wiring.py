"""What hangs on what: a recorder's channels and a switch's ports, and what a person is told who mixes them up."""

from datetime import date
from pathlib import Path

import pytest

from province.model import load
from tests.unit.inventories import copied, spoil

AREA = "areas/an-lao.yml"
RECORDER = '{slot: 101, place: Tủ, make: hikvision, driver: hikvision, address: 192.168.1.101, mac: "02:4b:00:01:02:01", channels: 8}'
SECOND = '{slot: 102, place: Kho, make: dahua, driver: dahua, address: 192.168.1.102, mac: "02:4b:00:01:02:02", channels: 2}'
SWITCH = (
    '{slot: 121, place: T, make: mikrotik, driver: routeros, address: 192.168.1.121, mac: "02:4b:00:01:03:01", vlan: 20, ports: [PORTS]}'
)
PORTS = "{name: ether1, box: true}, {name: ether2, camera: 1}, {name: ether3, camera: 2}, {name: ether4, recorder: 101}"


def faults(folder: Path, recorders: str = "", switch: str = "", more: str = "", camera: str = "") -> list[tuple[str, str]]:
    """(field, message) of a facility with these recorders and a switch with these ports."""
    inventory = copied(folder, "an-lao")
    lines = f"    recorders: [{recorders}]\n" if recorders else ""
    lines += f"    switches: [{SWITCH.replace('PORTS', switch)}]\n" if switch else ""
    spoil(inventory / AREA, "    no_camera_zones:\n", f"{lines}{more}    no_camera_zones:\n")
    if camera:
        spoil(inventory / AREA, "{slot: 4, ", "{slot: 4, " + camera)
    _, found = load(inventory)
    assert all(fault.text.vi != fault.text.en for fault in found)
    return [(fault.field.removeprefix("an-lao-01."), fault.text.en) for fault in found]


def test_a_recorder_and_a_switch_that_fit_are_no_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, RECORDER, PORTS, "    recording: {by: recorder, days: 15}\n") == []


@pytest.mark.parametrize(
    ("recorders", "more", "camera", "field", "words"),
    [
        ("", "    recording: {by: recorder}\n", "", "recording.by", "has no recorder"),
        ("", "    recording: {by: recoder}\n", "", "recording.by", "'box', 'recorder' or 'none'"),
        (RECORDER, "", "channel: 9, ", "cameras[4].channel", "beyond the 8"),
        (RECORDER, "", "channel: 2, ", "cameras[4].channel", "camera 2's"),
        (RECORDER.replace("channels: 8", "channels: 3"), "", "", "cameras[4].slot", "channel 4 is beyond the 3"),
        (RECORDER.replace("channels: 8", "cameras: [1, 9]"), "", "", "recorders[1].cameras[2]", "no camera in slot 9"),
        (RECORDER.replace("channels: 8", "cameras: [1, 2, 3]"), "    recording: {by: recorder}\n", "", "cameras[4].slot", "in no"),
        (RECORDER.replace("192.168.1.101", "192.168.1.11"), "", "", "recorders[1].address", "is taken at"),
        (RECORDER.replace("slot: 101", "slot: 1"), "", "", "recorders[1].slot", "slot 1 is taken"),
        (RECORDER.replace("driver: hikvision", "driver: vhs"), "", "", "recorders[1].driver", "there are: onvif, hikvision, dahua"),
    ],
)  # fmt: skip
def test_a_slip_at_a_recorder_is_told(tmp_path: Path, recorders: str, more: str, camera: str, field: str, words: str) -> None:
    found = faults(tmp_path, recorders, "", more, camera)
    assert [name for name, _ in found] == [field]
    assert words in found[0][1]


def test_two_recorders_share_the_cameras_instead_of_both_taking_all(tmp_path: Path) -> None:
    both = faults(tmp_path / "both", f"{RECORDER}, {SECOND}")
    assert {name for name, _ in both} >= {"recorders[2].cameras", "cameras[3].slot"}
    shares = RECORDER.replace("channels: 8", "channels: 8, cameras: [1, 2, 3]"), SECOND.replace("channels: 2", "channels: 2, cameras: [4]")
    assert faults(tmp_path / "beyond", ", ".join(shares))[0][0] == "cameras[4].slot"
    assert faults(tmp_path / "shared", ", ".join(shares), camera="channel: 1, ") == []


@pytest.mark.parametrize(
    ("ports", "field", "words"),
    [
        (PORTS.replace("camera: 2", "camera: 7"), "switches[1].ports[3].camera", "no camera in slot 7"),
        (PORTS.replace("recorder: 101", "recorder: 102"), "switches[1].ports[4].recorder", "no recorder in slot 102"),
        (PORTS.replace("camera: 2", "camera: 1"), "switches[1].ports[3].camera", "device 1 is on port “ether2” already"),
        (PORTS.replace("ether3", "ether2"), "switches[1].ports[3].name", "stands above already"),
        (PORTS.replace("camera: 2", "camera: 2, uplink: true"), "switches[1].ports[3]", "needs one of"),
        (PORTS.replace("camera: 2", "uplink: false"), "switches[1].ports[3]", "needs one of"),
        (PORTS.replace("box: true", "camera: 3"), "switches[1].ports", "out of reach"),
    ],
)
def test_a_slip_at_a_switch_is_told(tmp_path: Path, ports: str, field: str, words: str) -> None:
    found = faults(tmp_path, RECORDER, ports)
    assert [name for name, _ in found] == [field]
    assert words in found[0][1]


def test_no_access_needs_a_reason_a_day_and_a_witness(tmp_path: Path) -> None:
    found = faults(tmp_path, camera="no_access: {reason: Cửa khoá}, ")
    assert [name for name, _ in found] == ["cameras[4].no_access.date", "cameras[4].no_access.witness"]
    whole = "no_access: {reason: Cửa khoá, date: 2021-06-01, witness: 'Lê Văn A, VNPT'}, "
    assert faults(tmp_path / "whole", camera=whole) == []


def test_a_facility_that_lets_nobody_in_is_left_out_and_named(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-lao")
    said = "    no_access: {reason: Chủ cơ sở từ chối, date: 2021-06-01, witness: 'Lê Văn A, VNPT'}\n    no_camera_zones:\n"
    spoil(inventory / AREA, "    no_camera_zones:\n", said)
    province, found = load(inventory)
    assert found == []
    assert province is not None
    left_out = {facility.code: reason for facility, reason in province.withheld(date(2021, 6, 2))}
    assert "Chủ cơ sở từ chối" in left_out["an-lao-01"].en
    assert "Lê Văn A, VNPT" in left_out["an-lao-01"].vi
