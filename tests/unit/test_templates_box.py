"""The boxes' templates, rendered with no host: whole expected outputs, and what their own tools say of them."""

import copy
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jinja2
import pytest

from province.office import vaults
from province.rollout.action import render
from tests.unit.box_values import FACILITY, VALUES

EXPECTED = Path(__file__).parent / "expected" / "box"
TEMPLATES = [
    "apt.conf.j2",
    "chrony.conf.j2",
    "devices.json.j2",
    "firewall.nft.j2",
    "firewall.service.j2",
    "ketnoi-time.service.j2",
    "ketnoi.list.j2",
    "lan.network.j2",
    "uplink.network.j2",
    "wireguard.conf.j2",
]


def with_facility(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(VALUES), "ketnoi_facility": {**copy.deepcopy(FACILITY), **changes}}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_renders_to_the_whole_file_that_is_expected(name: str) -> None:
    assert render(name, VALUES) == (EXPECTED / name.removesuffix(".j2")).read_text(encoding="utf-8")


def test_a_name_that_nobody_defined_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("wireguard.conf.j2", {key: value for key, value in VALUES.items() if key != "tunnel_mtu"})


@pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not installed")
@pytest.mark.parametrize("devices", [VALUES["network_devices"], []], ids=["with devices", "without devices"])
def test_nft_accepts_the_firewall(tmp_path: Path, devices: list[dict[str, Any]]) -> None:
    rules = tmp_path / "firewall.nft"
    rules.write_text(render("firewall.nft.j2", {**VALUES, "network_devices": devices}))
    done = subprocess.run(["nft", "-c", "-f", str(rules)], capture_output=True, text=True)
    if "Operation not permitted" in done.stderr:
        pytest.skip("nft needs CAP_NET_ADMIN to check")
    assert done.returncode == 0, done.stderr


def test_extra_rules_come_before_everything_else_in_the_input_chain() -> None:
    text = render("firewall.nft.j2", {**VALUES, "network_extra_rules": ['drop comment "shut"']})
    chain = text.split("chain input {")[1]
    assert chain.index('drop comment "shut"') < chain.index('iifname "lo"')


def test_a_static_uplink_has_its_address_gateway_and_name_servers_and_asks_for_no_lease() -> None:
    uplink = {"kind": "static", "address": "10.20.0.5/24", "gateway": "10.20.0.1", "dns": ["10.20.0.1", "9.9.9.9"]}
    text = render("uplink.network.j2", with_facility(uplink=uplink))
    assert text.split("[Network]\n")[1] == (
        "LinkLocalAddressing=no\nIPv6AcceptRA=no\nAddress=10.20.0.5/24\nGateway=10.20.0.1\nDNS=10.20.0.1\nDNS=9.9.9.9\n"
    )


def test_one_flat_lan_gives_the_uplink_the_boxs_own_address_too() -> None:
    lan = {"network": "192.168.7.0/25", "box_address": "192.168.7.2", "topology": "flat"}
    text = render("uplink.network.j2", with_facility(lan=lan))
    assert "Address=192.168.7.2/25\n" in text and "DHCP=ipv4\n" in text


def test_the_agents_credentials_hold_the_viewer_and_never_the_administrator() -> None:
    text = render("devices.json.j2", VALUES)
    assert json.loads(text) == {
        "1": {"user": "kn-view", "password": "CanaryView1bbbbb"},
        "2": {"user": "kn-view", "password": "CanaryView2bbbbb"},
    }


def test_in_a_rotation_the_agent_logs_in_as_before_until_the_camera_has_the_new_password() -> None:
    rotated, _ = vaults.renew(VALUES["vault"], {"cameras": [1]}, "2021-06-01T00:00:00+00:00")
    text = render("devices.json.j2", {**VALUES, "vault": rotated})
    assert json.loads(text) == json.loads(render("devices.json.j2", VALUES))
    assert rotated["cameras"]["1"]["viewer"]["password"] not in text


def test_credentials_are_an_empty_object_before_there_are_passwords() -> None:
    assert json.loads(render("devices.json.j2", {**VALUES, "vault": {}})) == {}
