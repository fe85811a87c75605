"""What a province's group_vars choose for its devices must still meet its standard: `ketnoi check` names what would not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from province.fault import Fault
from province.model import load
from province.model.rules.role_variables import chosen_for
from province.model.rules.variable_kinds import KINDS
from province.paths import data
from province.standard import settings
from tests.unit.inventories import copied

OWN = """overrides:
  - id: rate
    threshold: {fps: 25}
    reason: cổng ra vào đông người
    by: Sở TT&TT
"""


def checked(folder: Path, files: dict[str, str]) -> tuple[list[Fault], list[Fault]]:
    """(faults, notes) of the sample province with these files."""
    inventory = copied(folder, "an-nhon")
    for name, content in files.items():
        (inventory / name).parent.mkdir(parents=True, exist_ok=True)
        (inventory / name).write_text(content, encoding="utf-8")
    province, faults = load(inventory)
    assert province
    return faults, province.notices


@pytest.mark.parametrize("file", ["group_vars/all.yml", "group_vars/boxes/cameras.yml", "host_vars/an-nhon-01.yaml"])
def test_a_choice_that_would_not_meet_the_standard_is_a_fault_at_its_line(tmp_path: Path, file: str) -> None:
    (fault,), notes = checked(tmp_path, {file: "tunnel_mtu: 1280\ncameras_encoder:\n  width: 1920\n  fps: 12\n"})
    assert (str(fault.file).endswith(file), fault.line, fault.field) == (True, 4, "cameras_encoder.fps")
    assert "“12” does not meet the standard's check rate (at least 15 frames/s)" in fault.show("en") and not notes
    assert "“12” không đạt mục rate" in fault.show("vi")


def test_it_is_judged_by_the_province_s_own_standard(tmp_path: Path) -> None:
    own, chosen = {"standard.yml": OWN}, {"group_vars/all.yml": "cameras_encoder: {fps: 20}\n"}
    assert checked(tmp_path / "default", chosen) == ([], [])
    assert [fault.field for fault in checked(tmp_path / "own", own | chosen)[0]] == ["cameras_encoder.fps"]
    assert checked(tmp_path / "alone", own) == ([], [])


def test_what_is_only_advised_is_a_note(tmp_path: Path) -> None:
    faults, notes = checked(tmp_path, {"group_vars/all.yml": "cameras_osd: no\ncameras_services_off: [telnet]\n"})
    assert not faults and [note.field for note in notes] == ["cameras_osd", "cameras_services_off"]


def test_time_discovery_and_days_are_the_standard_s_too(tmp_path: Path) -> None:
    text = "cameras_ntp: 192.0.2.1\ncameras_discovery: Discoverable\nrecorders_settings: {days: 10}\n"
    faults, _ = checked(tmp_path, {"group_vars/all.yml": text})
    assert [fault.field for fault in faults] == ["cameras_ntp", "cameras_discovery", "recorders_settings.days"]


@pytest.mark.parametrize(
    "text",
    [
        "cameras_encoder: {codec: h265, fps: 25, bitrate_kbps: 4096}\ncameras_osd: true\n",
        'cameras_ntp: "{{ ketnoi_facility.lan.box_address }}"\ncameras_encoder: {fps: "{{ mine }}"}\n',
        "cameras_slots: 1,2\ncameras_services_off: telnet\nmine: {a: 1}\ncameras_timeout:\nbase_of_ours: x\n",
        "$ANSIBLE_VAULT;1.1;AES256\n3938\n",
        "- a list\n",
        "",
    ],
)
def test_what_meets_it_or_is_not_known_yet_is_no_fault(tmp_path: Path, text: str) -> None:
    assert checked(tmp_path, {"group_vars/all.yml": text}) == ([], [])


@pytest.mark.parametrize(
    ("text", "field", "line", "says"),
    [
        ("mine: 1\ncameras_encoder: nonsense\n", "cameras_encoder", 2, "“nonsense” is not a mapping of names to values"),
        ("recorders_settings: nonsense\n", "recorders_settings", 1, "“nonsense” is not a mapping of names to values"),
        ("cameras_encoder:\n  fps: many\n", "cameras_encoder.fps", 2, "“many” is not a whole number"),
        ("cameras_encoder: {codec: h266}\n", "cameras_encoder.codec", 1, "“h266” is none of: h264, h265"),
        ("cameras_sub_encoder:\n  hight: 360\n", "cameras_sub_encoder.hight", 2, "there is no such field, but codec, width, height"),
        ("cameras_slots: [1, two]\n", "cameras_slots.1", 1, "“two” is not a whole number"),
        ("cameras_osd: maybe\n", "cameras_osd", 1, "“maybe” is not true or false"),
        ("cameras_services_of: [telnet]\n", "cameras_services_of", 1, "has no such variable; is cameras_services_off meant?"),
    ],
)
def test_a_variable_that_its_role_cannot_take_is_a_fault_at_its_line(tmp_path: Path, text: str, field: str, line: int, says: str) -> None:
    faults, _ = checked(tmp_path, {"group_vars/all.yml": text})
    assert [(fault.field, fault.line) for fault in faults if says in fault.show("en")] == [(field, line)], faults


def test_every_kind_that_the_roles_name_is_known() -> None:
    def kinds(options: dict[str, Any]) -> Iterator[str]:
        for option in options.values():
            yield from (option.get("type", "str"), option.get("elements", "raw"))
            yield from kinds(option.get("options", {}))

    specified = [yaml.safe_load(path.read_text()) for path in data("roles").glob("*/meta/argument_specs.yml")]
    assert {kind for each in specified for kind in kinds(each["argument_specs"]["main"]["options"])} <= set(KINDS)


def test_a_standard_that_nothing_can_be_set_to_is_a_fault(tmp_path: Path) -> None:
    own = OWN.replace("rate", "codec").replace("{fps: 25}", "{any_of: [mjpeg]}")
    (fault,), _ = checked(tmp_path, {"standard.yml": own})
    assert (fault.file.name, fault.field) == ("standard.yml", "codec") and "ketnoi sets “h264”" in fault.show("en")


def test_a_scan_compares_with_what_is_chosen_for_its_facility(tmp_path: Path) -> None:
    """As Ansible takes them: for all, then for its groups, then for itself; another facility's are not its own."""
    inventory, asked = copied(tmp_path, "an-nhon"), settings.of({})
    assert chosen_for(inventory, "an-nhon-01", ["boxes"], asked) == asked
    for name, content in {
        "group_vars/all.yml": "cameras_encoder: {fps: 20, bitrate_kbps: 3000}\n",
        "group_vars/boxes/cameras.yml": "cameras_encoder: {fps: 25}\n",
        "group_vars/area_other.yml": "cameras_osd: no\n",
        "host_vars/an-nhon-01.yml": "cameras_encoder: {codec: h265}\n",
        "host_vars/an-nhon-02.yml": "cameras_encoder: {fps: 30}\n",
    }.items():
        (inventory / name).parent.mkdir(parents=True, exist_ok=True)
        (inventory / name).write_text(content)
    expected = replace(asked, encoder=replace(asked.encoder, fps=25, bitrate_kbps=3000, codec="h265"))
    assert chosen_for(inventory, "an-nhon-01", ["boxes", "area_an_nhon"], asked) == expected
