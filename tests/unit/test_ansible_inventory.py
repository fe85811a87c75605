"""What Ansible is told: groups, hosts, connection, peers; by the plugin too, whether the folder is named or its file."""

import base64
import json
import os
import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from province.paths import data
from province.rollout.inventory import Listing, digest, hand_over, listing
from province.user_error import UserError
from tests.unit.inventories import copied, spoil

ON = date(2021, 6, 1)
HOST_KEY = "ssh-ed25519 " + "A" * 68


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    return copied(tmp_path, "an-nhon", "phu-cat")


def key(letter: str) -> str:
    return base64.b64encode(letter.encode() * 32).decode()


def enrol(inventory: Path, code: str, **fields: Any) -> None:
    file = inventory / "enrolled" / f"{code}.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump({"code": code, "host_key": HOST_KEY, **fields}))


def enrol_box(inventory: Path, code: str, number: int, **fields: Any) -> None:
    keys = {"wireguard_public_key": key(chr(64 + number)), "lifeline_public_key": f"ssh-ed25519 {number}"}
    enrol(inventory, code, **{"id": f"BD-{number:04d}", "number": number, **keys, **fields})


def groups_with(found: Listing, host: str) -> set[str]:
    return {group for group, hosts in found.groups.items() if host in hosts}


def test_area_unit_authority_and_kind_are_groups(inventory: Path) -> None:
    found = listing(inventory, ON)
    assert groups_with(found, "an-nhon-01") == {
        "boxes", "area_an_nhon", "authority_ubnd_an_nhon", "kind_dormitory", "level_district", "unit_tx_an_nhon",
        "unit_t_binh_dinh",
    }  # fmt: skip


def test_unit_groups_are_those_of_the_day_and_nothing_else_changes(inventory: Path) -> None:
    then, now = listing(inventory, ON), listing(inventory, date(2026, 1, 1))
    assert {"unit_p_binh_dinh", "unit_t_gia_lai_2025"} <= groups_with(now, "an-nhon-01")
    assert "unit_tx_an_nhon" not in now.groups
    assert then.hosts == now.hosts
    assert then.everyone == now.everyone


def test_a_withheld_facility_is_in_no_group_that_anything_applies_to(inventory: Path) -> None:
    assert groups_with(listing(inventory, ON), "phu-cat-01") == {"withheld"}


def test_hosts_are_the_machines_and_no_host_is_named_like_a_group(inventory: Path) -> None:
    found = listing(inventory, ON)
    assert sorted(found.hosts) == [
        "an-nhon-01", "an-nhon-02", "an-nhon-03", "hub", "phu-cat-01", "phu-cat-02", "phu-cat-03", "phu-cat-04",
    ]  # fmt: skip
    assert not set(found.hosts) & set(found.groups)


def test_a_facility_is_told_with_its_addresses(inventory: Path) -> None:
    facility = listing(inventory, ON).hosts["an-nhon-02"]["ketnoi_facility"]
    assert facility["id"] == "BD-0002"
    assert facility["tunnel_address"] == "10.5.0.2"
    assert facility["mapped"] == {str(slot): f"10.136.1.{slot}" for slot in (1, 2, 3, 4, 30)}
    assert facility["lifeline_port"] == 20002
    assert facility["lan"] == {"network": "192.168.1.0/24", "box_address": "192.168.1.1", "topology": "routed"}
    assert json.loads(json.dumps(facility)) == facility


def test_peers_are_the_enrolled_of_the_whole_inventory_with_office_and_centre(inventory: Path, tmp_path: Path) -> None:
    enrol_box(inventory, "an-nhon-02", 2)
    enrol_box(inventory, "phu-cat-02", 22)
    enrol(inventory, "centre", wireguard_public_key=key("c"))
    home = tmp_path / "home" / "binh-dinh"
    home.mkdir(parents=True)
    (home / "wireguard.pub").write_text(key("o") + "\n")
    peers = listing(inventory, ON).hosts["hub"]["ketnoi_peers"]
    assert [(peer["code"], peer["tunnel_address"], peer["mapped_network"], peer["lifeline_port"]) for peer in peers] == [
        ("an-nhon-02", "10.5.0.2", "10.136.1.0/25", 20002),
        ("phu-cat-02", "10.5.0.22", "10.136.11.0/25", 20022),
        ("office", "10.5.255.195", None, None),
        ("centre", "10.5.255.196", None, None),
    ]
    assert len({peer["wireguard_public_key"] for peer in peers}) == 4


def test_the_digest_of_the_peers_is_everybodys_and_follows_the_enrolled(inventory: Path) -> None:
    before = listing(inventory, ON)
    enrol_box(inventory, "an-nhon-02", 2)
    after = listing(inventory, ON)
    assert before.everyone["ketnoi_peers_digest"] != after.everyone["ketnoi_peers_digest"]
    assert after.everyone["ketnoi_peers_digest"] == digest(after.hosts["hub"]["ketnoi_peers"])


def test_the_hubs_keys_are_told_once_it_is_enrolled(inventory: Path) -> None:
    assert "wireguard_public_key" not in listing(inventory, ON).everyone["ketnoi_hub"]
    enrol(inventory, "hub", wireguard_public_key=key("h"), lifeline_host_key=HOST_KEY)
    hub = listing(inventory, ON).everyone["ketnoi_hub"]
    assert hub["wireguard_public_key"] == key("h")
    assert hub["tunnel_address"] == "10.5.255.193"
    assert hub["mapped_network"] == "10.136.0.0/15"


def test_boxes_are_told_every_address_of_the_hub_in_the_order_to_try(inventory: Path) -> None:
    assert listing(inventory, ON).everyone["ketnoi_hub"]["more_endpoints"] == []
    spoil(inventory / "province.yml", "endpoint: 203.0.113.10", "endpoint: 203.0.113.10\n  more_endpoints: [198.51.100.9, 203.0.113.11]")
    hub = listing(inventory, ON).everyone["ketnoi_hub"]
    assert (hub["endpoint"], hub["more_endpoints"]) == ("203.0.113.10", ["198.51.100.9", "203.0.113.11"])


def test_an_enrolled_record_that_is_anothers_stops_everything(inventory: Path) -> None:
    enrol_box(inventory, "an-nhon-02", 2, id="BD-0003")
    with pytest.raises(UserError, match=r"an-nhon-02\.yml"):
        listing(inventory, ON)


def test_an_enrolled_record_without_its_keys_stops_everything(inventory: Path) -> None:
    enrol_box(inventory, "an-nhon-02", 2, lifeline_public_key="")
    with pytest.raises(UserError, match="lifeline_public_key"):
        listing(inventory, ON)


def test_a_faulty_inventory_gives_no_hosts_but_its_faults(inventory: Path) -> None:
    line = spoil(inventory / "areas/an-nhon.yml", "driver: onvif", "driver: vhs")
    with pytest.raises(UserError, match=rf"an-nhon\.yml:{line}: an-nhon-01\.cameras\[1\]\.driver"):
        listing(inventory, ON)


def test_ssh_checks_the_key_pinned_for_the_code_and_goes_by_ketnoi_reach(inventory: Path, tmp_path: Path) -> None:
    variables = listing(inventory, ON).hosts["an-nhon-01"]
    arguments = shlex.split(variables["ansible_ssh_common_args"])
    options = dict(option.split("=", 1) for option in arguments if option != "-o")
    assert options["HostKeyAlias"] == "an-nhon-01"
    assert options["StrictHostKeyChecking"] == "yes"
    assert options["UserKnownHostsFile"] == str(tmp_path / "home/binh-dinh/known_hosts")
    reach = str(Path(sys.executable).parent / "ketnoi-reach")
    assert shlex.split(options["ProxyCommand"]) == [reach, "--inventory", str(inventory.resolve()), "an-nhon-01"]
    assert "{" not in variables["ansible_ssh_common_args"]


def test_a_folder_with_a_blank_in_its_name_survives_two_rounds_of_quoting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "my home"))
    (tmp_path / "my provinces").mkdir()
    found = listing(copied(tmp_path / "my provinces", "an-nhon"), ON)
    arguments = shlex.split(found.hosts["hub"]["ansible_ssh_common_args"])
    proxy = next(each for each in arguments if each.startswith("ProxyCommand=")).partition("=")[2]
    assert shlex.split(proxy)[2] == str(tmp_path / "my provinces" / "binh-dinh")


def ansible_inventory(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "ansible-inventory"
    environment = {**os.environ, "ANSIBLE_CONFIG": str(data("ansible.cfg")), "ANSIBLE_NOCOLOR": "1", "KETNOI_LANG": "en"}
    return subprocess.run([str(program), *arguments], text=True, capture_output=True, env=environment, check=False, timeout=60)


@pytest.mark.parametrize("name", ["", "province.yml"])
def test_ansible_reads_the_folder_and_the_file_alike(inventory: Path, name: str) -> None:
    enrol_box(inventory, "an-nhon-01", 1)
    (inventory / "vault").mkdir()
    (inventory / "vault/an-nhon-01.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n3132\n")
    (inventory / "authority").mkdir()
    (inventory / "authority/ca.crt").write_text("-----BEGIN CERTIFICATE-----\n")
    shown = ansible_inventory("-i", str(inventory / name), "--list")
    assert shown.returncode == 0, shown.stderr
    warnings = [line for line in shown.stderr.splitlines() if "WARNING" in line]
    assert len(warnings) == 1 and "phu-cat-01" in warnings[0]
    groups = json.loads(shown.stdout)
    assert groups["area_an_nhon"]["hosts"] == ["an-nhon-01", "an-nhon-02", "an-nhon-03"]
    assert "phu-cat-01" not in groups["boxes"]["hosts"]
    box = json.loads(ansible_inventory("-i", str(inventory / name), "--host", "an-nhon-01").stdout)
    assert box["ketnoi_facility"]["mapped"]["1"] == "10.136.0.129"
    assert box["ketnoi_enrolled"]["number"] == 1
    hub = json.loads(ansible_inventory("-i", str(inventory / name), "--host", "hub").stdout)
    assert [peer["code"] for peer in hub["ketnoi_peers"]] == ["an-nhon-01"]


def test_ansible_refuses_a_faulty_inventory_and_names_the_fault(inventory: Path) -> None:
    line = spoil(inventory / "areas/an-nhon.yml", "zone: gate", "zone: toilet")
    done = ansible_inventory("-i", str(inventory), "--list")
    assert done.returncode == 4
    assert f"an-nhon.yml:{line}: an-nhon-01.cameras[1].zone: no camera may be here" in done.stderr


def test_ansible_takes_the_listing_that_it_is_handed_and_reads_no_inventory(inventory: Path, tmp_path: Path) -> None:
    enrol_box(inventory, "an-nhon-01", 1, enrolled_at="2021-06-01T08:00:00+00:00")
    made = listing(inventory, ON)
    handed = hand_over(made, tmp_path / "listing.json")
    for file in (inventory / "areas").iterdir():
        file.unlink()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in handed.items():
            patch.setenv(name, value)
        found = listing(inventory)
        assert (found.everyone, found.hosts, found.groups) == (made.everyone, made.hosts, made.groups)
        shown = json.loads(ansible_inventory("-i", str(inventory / "province.yml"), "--host", "an-nhon-01").stdout)
    assert shown["ketnoi_facility"] == made.hosts["an-nhon-01"]["ketnoi_facility"]
    assert (tmp_path / "listing.json").stat().st_mode & 0o777 == 0o600
    with pytest.raises(UserError):
        listing(inventory)
