"""What switches print, read: RouterOS exports, IOS configurations, Linux's JSON; and rubbish, which harms nobody."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from province.switches import drivers, ios, linux
from province.switches.driver import routeros_text
from province.switches.export import entries, terse, unquoted
from province.switches.model import Port, State, difference
from province.switches.routeros import numbers
from province.switches.way import hardware

# CRS112-8P-4S, RouterOS 7: the shape of an export in a public gist, shortened.
SECTIONS = """# 2024-02-11 12:00:00 by RouterOS 7.13
# software id = 3DRC-CWS0
#
# model = CRS112-8P-4S
/interface bridge
add admin-mac=48:A9:8A:73:99:C8 auto-mac=no comment=defconf \\
    ingress-filtering=no name=bridge port-cost-mode=short protocol-mode=none \\
    vlan-filtering=yes
/interface ethernet
set [ find default-name=ether1 ] comment=ReComputer
set [ find default-name=ether2 ] poe-out=off
set [ find default-name=ether8 ] comment="Uplink CRS354-48P-4S+2Q+" poe-out=\\
    off
/interface bridge port
add bridge=bridge comment=defconf interface=ether1 pvid=20
# ether9 not ready
add bridge=bridge horizon=1 interface=ether2
"""
TERSE = """# jan/02/1970 00:00:10 by RouterOS 6.49.10
/interface bridge add name=bridge vlan-filtering=yes
/interface ethernet set [ find default-name=ether8 ] comment="\\C4\\90\\C6\\B0\\E1\\BB\\9Dng l\\C3\\AAn" disabled=yes
/interface/bridge/port add bridge=bridge interface=ether1 pvid=20
"""


def test_an_export_in_sections_is_read_over_broken_lines_and_comments() -> None:
    found = entries(SECTIONS)
    assert [entry.path for entry in found] == ["interface bridge"] + ["interface ethernet"] * 3 + ["interface bridge port"] * 2
    assert found[0].values["vlan-filtering"] == "yes"
    assert found[3].values == {"comment": "Uplink CRS354-48P-4S+2Q+", "poe-out": "off"} and found[3].selects("uplink", "ether8")
    assert found[5].values["horizon"] == "1"


def test_a_terse_export_says_the_same_in_one_line_each() -> None:
    bridge, ethernet, port = entries(TERSE)
    assert ethernet.values["comment"] == "Đường lên"
    assert (bridge.path, port.path, port.values["pvid"]) == ("interface bridge", "interface bridge port", "20")


def test_rows_of_print_terse_keep_values_with_spaces() -> None:
    rows = terse(
        " 0 R  comment=uplink to box name=ether1 default-name=ether1 mtu=1500\n 1 XS name=ether2 default-name=ether2\n 2    name=x\n"
    )
    assert rows[0] == ("R", {"comment": "uplink to box", "name": "ether1", "default-name": "ether1", "mtu": "1500"})
    assert [flags for flags, _ in rows] == ["R", "XS", ""]


@given(st.text())
def test_a_text_written_to_routeros_is_read_back_as_it_was(text: str) -> None:
    text = text.encode("utf-8", errors="ignore").decode()
    written = f"/interface ethernet set ether1 comment={routeros_text(text)}"
    assert written.isascii() and "?" not in written and "$" not in written and "\n" not in written
    assert entries(written)[0].values["comment"] == text


@given(st.text(), st.text(alphabet=' []"\\=#/\nadset'))
def test_rubbish_is_no_export_and_no_crash(text: str, odd: str) -> None:
    for each in (text, odd, SECTIONS[: len(text)] + odd):
        entries(each), terse(each), unquoted(each), ios.running_state(each), ios.power(each), hardware(each, "192.168.1.2")


@given(st.text(alphabet="0123456789,- a"))
def test_lists_of_vlans_hold_vlans_only(text: str) -> None:
    assert all(1 <= vlan <= 4094 for vlan in numbers(text))


def test_lists_of_vlans_are_spans_and_single_ones() -> None:
    assert numbers("10,20-22") == {10, 20, 21, 22}


# A Catalyst 2960's, shortened; `switchport trunk allowed vlan add` continues a long list.
CONFIG = """Building configuration...

ObservedDevice configuration : 4821 bytes
!
version 15.0
hostname SW-TANG-1
!
interface Port-channel1
 switchport mode trunk
!
interface FastEthernet0
 no ip address
!
interface GigabitEthernet0/1
 description ve thiet bi bien
 switchport trunk native vlan 20
 switchport trunk allowed vlan 10,20
 switchport trunk allowed vlan add 30-32
 switchport mode trunk
!
interface GigabitEthernet0/2
 switchport access vlan 20
 switchport mode access
 switchport protected
 power inline static max 15400
 spanning-tree portfast
!
interface GigabitEthernet0/3
 switchport mode trunk
 shutdown
!
interface GigabitEthernet0/24
 switchport mode trunk
 channel-group 1 mode active
!
interface Vlan1
 no ip address
!
end
"""


def test_a_running_configuration_is_read() -> None:
    state = ios.running_state(CONFIG)
    one, two, three = (state.port(f"GigabitEthernet0/{number}") for number in (1, 2, 3))
    assert state.name == "SW-TANG-1" and one and two and three
    assert (one.vlan, one.tagged, one.mode, one.description) == (20, frozenset({10, 20, 30, 31, 32}), "trunk", "ve thiet bi bien")
    assert (two.vlan, two.mode, two.isolated, two.powered, two.feed) == (20, "access", True, True, "static max 15400")
    assert (three.tagged, three.enabled) == (None, False) and three.carries(4000)
    assert [port.name for port in state.ports if port.fixed] == ["GigabitEthernet0/24"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Gi0/1", "GigabitEthernet0/1"),
        ("gi 1/0/24", "GigabitEthernet1/0/24"),
        ("fa0/3", "FastEthernet0/3"),
        ("Te1/1", "TenGigabitEthernet1/1"),
        ("GigabitEthernet0/1", "GigabitEthernet0/1"),
        ("Two1/0/1", "TwoGigabitEthernet1/0/1"),
        ("Po1", "Po1"),
        ("Vlan20", "Vlan20"),
    ],
)
def test_the_short_and_the_long_name_of_a_port_are_one(written: str, name: str) -> None:
    assert ios.canonical(written) == name


@given(st.text() | st.from_regex(r"[A-Za-z]{1,12} ?\d{1,2}(/\d{1,2}){0,2}", fullmatch=True))
def test_a_port_s_name_normalised_twice_is_normalised_once(name: str) -> None:
    assert ios.canonical(ios.canonical(name)) == ios.canonical(name)


def test_ports_that_can_feed_are_those_of_show_power_inline() -> None:
    shown = "Interface Admin  Oper\n--------- ------ ----\nGi0/1     auto   on         6.3\nGi0/2     off    off        0.0     n/a\n"
    assert ios.power(shown) == {"GigabitEthernet0/1", "GigabitEthernet0/2"}
    assert ios.power("                ^\n% Invalid input detected at '^' marker.\n") == set()


def test_what_ios_says_of_a_line_is_told_apart_from_what_it_says_anyway() -> None:
    import re

    refusal, noise = ios.DIALECT.refusal or "", ios.DIALECT.noise
    for line in ("% Invalid input detected at '^' marker.", "% Incomplete command.", "Command rejected: Gi0/5 is a dynamic port."):
        assert re.search(refusal, line) and not re.search(noise, line)
    for line in ("% Access VLAN does not exist. Creating vlan 20", "%Warning: portfast should only be enabled on ports"):
        assert not re.search(refusal, line)
    for line in ("%LINK-5-CHANGED: Interface Gi0/4, changed state to administratively down", "*** --- SHUTDOWN in 0:10:00 ---"):
        assert re.search(noise, line)


def test_the_two_macs_are_found_in_what_the_box_s_kernel_says() -> None:
    neighbours = [{"dst": "192.168.1.2", "dev": "eth1", "lladdr": "02:4B:00:21:03:79", "state": ["REACHABLE"]}]
    route = [{"dst": "192.168.1.2", "dev": "eth1", "prefsrc": "192.168.1.1"}]
    links = [{"ifname": "lo", "address": "00:00:00:00:00:00"}, {"ifname": "eth1", "address": "02:4b:00:21:00:02"}]
    told = "".join(json.dumps(each) + "\n" for each in (neighbours, route, links))
    assert hardware(told, "192.168.1.2") == ("02:4b:00:21:03:79", "02:4b:00:21:00:02")
    assert hardware(json.dumps([{"dst": "192.168.1.2", "dev": "eth1", "state": ["FAILED"]}]) + json.dumps(links), "192.168.1.2")[0] is None


PORTS = st.builds(
    Port,
    name=st.just("ether2"),
    description=st.from_regex(r"[A-Z0-9 -]{0,12}", fullmatch=True).map(str.strip),
    enabled=st.booleans(),
    mode=st.sampled_from(["access", "dynamic"]),
    vlan=st.integers(1, 4094),
    isolated=st.booleans(),
    powered=st.booleans(),
)


@given(PORTS, PORTS, st.sampled_from(["routeros", "cisco-ios", "linux"]))
def test_the_lines_name_only_what_differs(old: Port, new: Port, kind: str) -> None:
    before, after = State("a", (old,)), State("a", (new,))
    lines = drivers.of(kind).commands(before, after)
    assert not [line for line in lines if "{" in line or "None" in line]
    if not difference(before, after):
        assert [line for line in lines if line not in ("configure terminal", "end")] == []


def test_a_linux_port_is_read_from_iproute2_s_json() -> None:
    link: dict[str, Any] = {
        "ifname": "lan2", "flags": ["BROADCAST", "UP"], "master": "br0", "ifalias": "AN-NHON-01 C01",
        "linkinfo": {"info_kind": "veth", "info_slave_kind": "bridge", "info_slave_data": {"isolated": True}},
    }  # fmt: skip
    vlans = [{"vlan": 20, "flags": ["PVID", "Egress Untagged"]}, {"vlan": 30, "vlanEnd": 32}]
    port = linux._port(link, vlans)
    assert (port.vlan, port.tagged, port.mode, port.isolated, port.enabled) == (20, frozenset({30, 31, 32}), "trunk", True, True)
    assert linux._port(link, None).vlan == 1
