"""The lab's pure parts: its plan, its cables, its packets, its clock."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import centre, layout
from lab import plan as plans
from lab.cables import topology
from lab.hands import probe, reachout
from lab.machines import ntp
from lab.say import LabError


def document(**change: Any) -> dict[str, Any]:
    facility = {
        "code": "an-nhon-01",
        "number": 7,
        "lan": {"network": "192.168.1.0/24", "box_address": "192.168.1.1", "topology": "routed"},
        "uplink": {"kind": "dhcp"},
        "box": {"mac": "52:54:00:00:01:01", "lan_mac": "52:54:00:00:01:02"},
        "cameras": [{"slot": 1, "address": "192.168.1.11", "mac": "52:54:00:01:01:01", "make": "hikvision", "port": 80}],
    }
    return {
        "lab": "paper",
        "inventory": "/nowhere",
        "province": "binh-dinh",
        "hub": {"address": "203.0.113.10"},
        "centre": {"address": None},
        "office": {"address": "203.0.113.30"},
        "facilities": [facility | change],
    }


def test_a_plan_keeps_what_it_says_and_fills_in_what_an_inventory_may_leave_open() -> None:
    plan = plans.parse(document(box=None))
    facility = plan.facilities[0]
    assert (plan.centre, facility.mac, facility.lan_mac) == (layout.CENTRE, "02:6b:6e:00:07:f1", "02:6b:6e:00:07:f2")
    assert (facility.router_address, facility.uplink_box, facility.camera_gateway) == ("192.168.100.1", "192.168.100.10", "192.168.1.1")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"code": "office"}, "office"),
        ({"cameras": [{"slot": 1, "address": "10.0.0.1"}]}, "10.0.0.1"),
        ({"box": {"mac": "not-a-mac"}}, "not-a-mac"),
        ({"box": {"mac": "52:54:00:00:01:01", "lan_mac": "52:54:00:00:01:01"}}, "52:54:00:00:01:01"),
        ({"lan": {"network": "192.168.1.0/24"}}, "box_address"),
    ],
)
def test_a_plan_that_cannot_be_played_names_the_fault(change: dict[str, Any], word: str) -> None:
    with pytest.raises(LabError, match=word) as refused:
        plans.parse(document(**change))
    assert refused.value.code == 2


@pytest.mark.parametrize("name", ["", "Demo", "two words", "a-b", "waytoolongname"])
def test_a_lab_name_that_would_blur_its_prefix_is_refused(name: str) -> None:
    with pytest.raises(LabError):
        plans.parse(document() | {"lab": name})


def test_a_fixed_uplink_puts_the_router_where_the_inventory_says() -> None:
    uplink = {"kind": "static", "address": "10.20.30.5/24", "gateway": "10.20.30.1"}
    facility = plans.parse(document(uplink=uplink)).facilities[0]
    assert (facility.router_address, facility.uplink_box, str(facility.uplink_network)) == ("10.20.30.1", "10.20.30.5", "10.20.30.0/24")


def test_with_two_arms_only_the_box_joins_cameras_and_router() -> None:
    made = topology.design(plans.parse(document()))
    ends = {frozenset((part, other)) for part, _, _, other, _ in made.links}
    assert [other for part, _, _, other, _ in made.links if part == "an-nhon-01"] == ["office", "shelf"], "a box starts on the bench"
    assert frozenset(("an-nhon-01-lan", "an-nhon-01-router")) not in ends


def test_with_one_arm_cameras_and_router_share_a_lan() -> None:
    lan = {"network": "192.168.1.0/24", "box_address": "192.168.1.2", "topology": "flat"}
    plan = plans.parse(document(lan=lan))
    ends = {frozenset((part, other)) for part, _, _, other, _ in topology.design(plan).links}
    assert frozenset(("an-nhon-01-lan", "an-nhon-01-router")) in ends
    assert plan.facilities[0].camera_gateway == plan.facilities[0].router_address == "192.168.1.254"


PORTS = [{"name": "lan1", "camera": 1}, {"name": "lan7", "recorder": 20}, {"name": "lan8", "box": True}]
SWITCH = {"slot": 30, "address": "192.168.1.30", "mac": "52:54:00:01:01:30", "make": "linux", "ports": PORTS}
RECORDER = {"slot": 20, "address": "192.168.1.20", "mac": "52:54:00:01:01:20", "make": "hikvision", "channels": 4}


def test_a_linux_switch_is_a_machine_whose_ports_are_called_as_in_the_inventory() -> None:
    plan = plans.parse(document(recorders=[RECORDER], switches=[SWITCH | {"driver": "linux"}]))
    made = topology.design(plan)
    assert "an-nhon-01-lan" in plan.machines
    assert {port for _, _, _, other, port in made.links if other == "an-nhon-01-lan"} == {"lan1", "lan7"}
    assert made.commands["an-nhon-01-lan"] == ["link set lo up"], "it makes its own bridge"
    assert plan.facilities[0].jack("box") == "lan8"


def test_a_simulated_switch_is_the_bridge_itself_at_its_own_address() -> None:
    ports = [{"name": "GigabitEthernet0/1", "camera": 1}, {"name": "GigabitEthernet0/8", "box": True}]
    plan = plans.parse(document(switches=[SWITCH | {"driver": "cisco-ios", "ports": ports}]))
    made = topology.design(plan)
    assert "an-nhon-01-lan" not in plan.machines
    assert "addr add 192.168.1.30/24 dev lan" in made.commands["an-nhon-01-lan"]
    assert plan.facilities[0].jack("c1") == "c1" and plan.facilities[0].switch


@pytest.mark.parametrize(
    ("switches", "word"),
    [
        ([SWITCH | {"driver": "linux"}] * 2, "one switch"),
        ([SWITCH | {"driver": "linux", "ports": [{"name": "GigabitEthernet0/1", "camera": 1}]}], "GigabitEthernet0/1"),
        ([SWITCH | {"driver": "linux", "address": "10.1.1.1"}], "10.1.1.1"),
    ],
)
def test_a_switch_that_cannot_be_played_is_named(switches: list[dict[str, Any]], word: str) -> None:
    with pytest.raises(LabError, match=word):
        plans.parse(document(switches=switches))


def test_every_interface_name_fits_the_kernel() -> None:
    made = topology.design(plans.parse(document(code="x" * 41)))
    assert max(len(name) for _, one, _, _, two in made.links for name in (one, two)) <= 15


def ipv4(protocol: int, body: bytes) -> bytes:
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0, b"\xc0\0\2\1", b"\xc0\0\2\2") + body


@given(st.integers(0, 2**64 - 1))
def test_a_probe_is_known_by_its_number_whatever_carries_it(number: int) -> None:
    udp = struct.pack("!HHHH", 1, 53, 8 + len(probe.MARK) + 8, 0) + probe.MARK + struct.pack("!Q", number)
    packets = [ipv4(6, probe.syn("192.0.2.1", "192.0.2.2", 443, number)), ipv4(17, udp), ipv4(1, probe.echo(number))]
    assert [probe.number_of(p) for p in packets] == [number] * 3


def test_other_packets_are_no_probes() -> None:
    reply = b"\0" + probe.echo(5)[1:]
    ack = bytearray(probe.syn("192.0.2.1", "192.0.2.2", 443, 5))
    ack[13] = 0x12
    for packet in (b"", b"\x60" + bytes(40), ipv4(1, reply), ipv4(6, bytes(ack)), ipv4(17, bytes(30))):
        assert probe.number_of(packet) is None


def test_a_syn_carries_a_checksum_that_receivers_accept() -> None:
    segment = probe.syn("192.0.2.1", "198.51.100.7", 80, 12345)
    pseudo = bytes([192, 0, 2, 1, 198, 51, 100, 7, 0, 6, 0, 20])
    assert probe.checksum(pseudo + segment) == 0


def test_a_camera_of_another_facility_is_looked_for_at_its_mapped_address() -> None:
    assert reachout.mapped("10.5.255.193", 3, 11) == "10.136.1.139"
    assert reachout.mapped("10.5.0.3", 1023, 126) == "10.137.255.254"


def test_a_replacement_never_has_an_address_that_this_facility_had_before() -> None:
    first = plans.next_mac("52:54:00:00:01:01")
    assert len({"52:54:00:00:01:01", first, plans.next_mac(first)}) == 3
    assert int(first[:2], 16) & 3 == 2, "locally administered, one receiver"


def test_the_clock_answers_a_client_with_the_time_it_is_told_to_have() -> None:
    request = bytes([0x23]) + bytes(39) + b"ORIGIN01"
    reply = ntp.answer(request, 1_600_000_000.25, 1_600_000_000.5)
    assert reply is not None
    assert reply[0] == 0x24
    assert reply[24:32] == b"ORIGIN01"
    received, sent = (int.from_bytes(reply[i : i + 8], "big") / 2**32 - ntp.EPOCH for i in (32, 40))
    assert (received, sent) == (1_600_000_000.25, 1_600_000_000.5)


@pytest.mark.parametrize("datagram", [b"", bytes(47), bytes([0x24]) + bytes(47)])
def test_the_clock_is_silent_to_what_is_no_client(datagram: bytes) -> None:
    assert ntp.answer(datagram, 0.0, 0.0) is None


def test_the_clock_reads_how_far_it_shall_be_off(tmp_path: Path) -> None:
    file = tmp_path / "offset"
    assert ntp.offset(file) == 0.0
    file.write_text("-7.5")
    assert ntp.offset(file) == -7.5


def test_the_centres_tunnel_holds_no_private_key_in_its_configuration() -> None:
    wanted = {
        "address": "10.5.255.196",
        "peer_public_key": "HUB=",
        "endpoint": "203.0.113.10:51820",
        "allowed_ips": ["10.5.255.193/32", "10.136.0.0/15"],
    }
    text = centre.wireguard_text(wanted)
    assert "PrivateKey" not in text and "private-key /etc/wireguard/ketnoi.key" in text
    assert "AllowedIPs = 10.5.255.193/32, 10.136.0.0/15\n" in text


def test_a_document_for_the_centre_that_lacks_a_field_is_refused_before_anything_is_done() -> None:
    with pytest.raises(LabError, match="endpoint") as refused:
        centre.configure(plans.parse(document()), {"wireguard": {"address": "10.5.255.196", "peer_public_key": "HUB="}})
    assert refused.value.code == 2
