"""The address plan: nobody's addresses are anybody else's."""

from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from province.model import addresses

blocks = st.sampled_from(addresses.BLOCKS)
numbers = st.sampled_from(addresses.NUMBERS)
slots = st.sampled_from(addresses.SLOTS)


def test_the_plan_is_the_one_that_machines_in_the_field_have() -> None:
    assert addresses.tunnel_address(5, 1) == IPv4Address("10.5.0.1")
    assert addresses.tunnel_address(5, 1023) == IPv4Address("10.5.3.255")
    assert addresses.hub_address(5) == IPv4Address("10.5.255.193")
    assert addresses.second_hub_address(5) == IPv4Address("10.5.255.194")
    assert addresses.office_address(5) == IPv4Address("10.5.255.195")
    assert addresses.centre_address(5) == IPv4Address("10.5.255.196")
    assert addresses.facility_network(5) == IPv4Network("10.5.0.0/22")
    assert addresses.devices_network(5) == IPv4Network("10.136.0.0/15")
    assert addresses.mapped_network(5, 1) == IPv4Network("10.136.0.128/25")
    assert addresses.mapped_address(5, 1, 11) == IPv4Address("10.136.0.139")
    assert addresses.mapped_address(63, 1023, 126) == IPv4Address("10.253.255.254")
    assert addresses.lifeline_port(7) == 20007


@given(blocks, numbers, slots, blocks, numbers, slots)
def test_two_devices_share_a_mapped_address_only_if_they_are_the_same(
    block: int, number: int, slot: int, other_block: int, other_number: int, other_slot: int
) -> None:
    same = (block, number, slot) == (other_block, other_number, other_slot)
    one = addresses.mapped_address(block, number, slot)
    assert (one == addresses.mapped_address(other_block, other_number, other_slot)) is same


def test_no_block_overlaps_another_tunnels_or_devices() -> None:
    networks = [make(block) for block in addresses.BLOCKS for make in (addresses.tunnel_network, addresses.devices_network)]
    networks.sort()
    assert all(not one.overlaps(other) for one, other in pairwise(networks))
    assert all(network.subnet_of(IPv4Network("10.0.0.0/8")) for network in networks)


@given(blocks, numbers)
def test_hub_office_and_centre_are_no_facility(block: int, number: int) -> None:
    kept = {make(block) for make in (addresses.hub_address, addresses.second_hub_address, addresses.office_address)}
    assert addresses.tunnel_address(block, number) not in kept | {addresses.centre_address(block)}


@pytest.mark.parametrize(("block", "number", "slot"), [(0, 1, 1), (64, 1, 1), (1, 0, 1), (1, 1024, 1), (1, 1, 0), (1, 1, 127)])
def test_what_is_outside_the_plan_has_no_address(block: int, number: int, slot: int) -> None:
    with pytest.raises(ValueError, match="is not in"):
        addresses.mapped_address(block, number, slot)
