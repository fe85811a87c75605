"""The parts of a plan that are about addresses and recorders, and the margins of what a stream may be."""

from dataclasses import replace

import pytest

from edge_agent.contract.devices import Account, DesiredChannel, DesiredDevice, DesiredNetwork
from edge_agent.devices import planning
from edge_agent.devices.model import Change, Network, ObservedDevice, Storage

DESIRED = DesiredDevice(
    slot=1, address="192.168.1.11", port=80, admin=Account("admin", "x"), network=DesiredNetwork(24, "192.168.1.1", ("192.168.1.1",)),
)  # fmt: skip
THERE = Network("192.168.1.11", 24, False, "192.168.1.1", ("192.168.1.1",))


@pytest.mark.parametrize(
    ("there", "shown"),
    [
        (THERE, []),
        (None, []),
        (replace(THERE, prefix=None, dns=None), []),
        (replace(THERE, dhcp=True), [("network.address", "192.168.1.11/24 (DHCP)", "192.168.1.11/24")]),
        (replace(THERE, address="192.168.1.64"), [("network.address", "192.168.1.64/24", "192.168.1.11/24")]),
        (replace(THERE, prefix=16), [("network.address", "192.168.1.11/16", "192.168.1.11/24")]),
        (replace(THERE, gateway=None), [("network.gateway", None, "192.168.1.1")]),
        (replace(THERE, gateway="192.168.1.254"), [("network.gateway", "192.168.1.254", "192.168.1.1")]),
        (replace(THERE, dns=("10.0.0.9", "10.0.0.8")), [("network.dns", "10.0.0.9, 10.0.0.8", "192.168.1.1")]),
        (replace(THERE, dns=()), [("network.dns", None, "192.168.1.1")]),
    ],
)
def test_a_device_s_address_router_and_name_servers_are_as_asked(there: Network | None, shown: list[tuple[str, str | None, str]]) -> None:
    changes = planning.network(ObservedDevice(network=there), DESIRED)
    assert changes == [Change("network", *each) for each in shown]


def test_what_is_not_asked_of_a_device_s_network_is_left_alone() -> None:
    other = ObservedDevice(network=Network("192.168.1.64", 16, True, "10.0.0.1", ("10.0.0.9",)))
    assert planning.network(other, replace(DESIRED, network=None)) == []
    found = planning.network(other, replace(DESIRED, network=DesiredNetwork(24)))
    assert [change.field for change in found] == ["network.address"]


def channels(*kbps: int | None) -> tuple[DesiredChannel, ...]:
    return tuple(
        DesiredChannel(n, "C", "192.168.1.11", 80, "onvif", Account("a", "b"), bitrate_kbps=each) for n, each in enumerate(kbps, 1)
    )


RECORDER = replace(DESIRED, kind="recorder", recording="continuous", recording_days=30, channels=channels(2000, None, 2000))
WEEK_MB = 4000 * 86400 * 7 // 8000
"""Megabytes for a week of 4000 kbit/s."""


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (ObservedDevice(storage=(Storage("1", "ok", 5 * WEEK_MB),)), []),
        (ObservedDevice(storage=(Storage("1", "ok", 2 * WEEK_MB), Storage("2", "full", 3 * WEEK_MB))), []),
        (ObservedDevice(storage=(Storage("1", "ok", WEEK_MB),)), [("limited", "recording.room", "room for about 7 days, 30 are wanted")]),
        (
            ObservedDevice(storage=(Storage("1", "ok", WEEK_MB), Storage("2", "failed", 9 * WEEK_MB))),
            [("limited", "recording.room", "room for about 7 days, 30 are wanted")],
        ),
        (ObservedDevice(storage=(Storage("1", "ok"),)), [("unsupported", "recording.room", "whether it can keep 30 days is not known")]),
        (ObservedDevice(), [("unsupported", "recording.room", "whether it can keep 30 days is not known")]),
        (
            ObservedDevice(deletes_after_days=29, storage=(Storage("1", "ok", 5 * WEEK_MB),)),
            [("limited", "recording.days", "deleted after 29 days, 30 are wanted")],
        ),
        (ObservedDevice(deletes_after_days=30, storage=(Storage("1", "ok", 5 * WEEK_MB),)), []),
    ],
)
def test_a_recorder_that_can_not_keep_the_days_says_why(observed: ObservedDevice, expected: list[tuple[str, str, str]]) -> None:
    found = planning.recording_shortfalls(observed, RECORDER)
    assert [(each.category, each.field) for each in found] == [(category, field) for category, field, _ in expected]
    assert all(words in each.detail.en for each, (_, _, words) in zip(found, expected, strict=True))
    for other in (replace(RECORDER, recording=None), replace(RECORDER, recording_days=None), replace(RECORDER, recording_days=0)):
        assert planning.recording_shortfalls(observed, other) == []


def test_where_no_stream_s_rate_is_known_nothing_is_said_of_room() -> None:
    for given in (None, channels(None, None)):
        assert planning.recording_shortfalls(ObservedDevice(), replace(RECORDER, channels=given)) == []


def test_a_device_is_given_time_after_a_change_of_its_services_alone() -> None:
    name, service = Change("name", "name", "a", "b"), Change("services", "service.telnet", "on", "off")
    assert planning.settling_s([]) == planning.settling_s([name]) == 0.0
    assert planning.settling_s([name, service]) == 1.0
