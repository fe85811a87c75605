"""Looking for a device by its MAC address: in its own LAN alone, and only where this machine stands in it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.contract.devices import DesiredDevice, DesiredNetwork
from edge_agent.devices import neighbours
from edge_agent.devices.faults import UnknownDevice

MAC = "02:4b:00:01:01:01"
DESIRED = DesiredDevice(slot=1, address="127.0.0.11", port=80, mac="02-4B-00-01-01-01", network=DesiredNetwork(24))
Table = Callable[[dict[str, str]], Path]


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    monkeypatch.setattr(neighbours, "_WAIT_S", 0.0)

    def write(rows: dict[str, str]) -> Path:
        lines = [f"{address} 0x1 0x2 {hardware} * eth1" for address, hardware in rows.items()]
        (tmp_path / "arp").write_text("\n".join(["header", *lines, "127.0.0.99 0x1 0x0 00:00:00:00:00:00 * eth1"]))
        return tmp_path / "arp"

    return write


def test_it_is_found_at_another_address_of_its_lan(table: Table) -> None:
    there = table({"127.0.0.5": "02:4b:00:ff:ff:ff", "127.0.0.64": MAC})
    assert neighbours.find(DESIRED, there) == "127.0.0.64"


@pytest.mark.parametrize(
    "rows", [{}, {"127.0.0.5": "02:4b:00:ff:ff:ff"}, {"127.0.0.11": MAC}, {"127.0.1.5": MAC}], ids=["none", "other", "stale", "outside"]
)
def test_what_is_elsewhere_or_nowhere_is_not_found(table: Table, rows: dict[str, str]) -> None:
    assert neighbours.find(DESIRED, table(rows)) is None


@pytest.mark.parametrize(
    "desired",
    [
        replace(DESIRED, mac=None),
        replace(DESIRED, network=None),
        replace(DESIRED, address="203.0.113.11"),
        replace(DESIRED, network=DesiredNetwork(16)),
    ],
    ids=["no hardware address", "no network", "not our LAN", "too large"],
)
def test_nobody_is_asked_beyond_the_listed_lan(table: Table, desired: DesiredDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    monkeypatch.setattr(neighbours, "wake", woken.append)
    assert neighbours.find(desired, table({"127.0.0.64": MAC})) is None and woken == []


def test_every_host_of_the_lan_is_woken_once_and_none_beside(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    monkeypatch.setattr(neighbours, "wake", woken.append)
    neighbours.find(DESIRED, table({}))
    assert woken == [f"127.0.0.{n}" for n in range(1, 255)]


def test_an_address_that_another_has_is_refused(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "TABLE", table({"127.0.0.11": "02:4b:00:ff:ff:ff"}))
    with pytest.raises(UnknownDevice, match=r"127\.0\.0\.64"):
        neighbours.refuse_if_taken(DESIRED, "127.0.0.64")
    neighbours.refuse_if_taken(DESIRED, "127.0.0.11")
    monkeypatch.setattr(neighbours, "TABLE", table({"127.0.0.11": MAC}))
    neighbours.refuse_if_taken(DESIRED, "127.0.0.64")
