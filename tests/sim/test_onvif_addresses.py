"""A camera that isn't at its address: found by its MAC address, moved, followed, and rebooted only if it says that it must be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from camera_process import CameraHandle
from device_site import Site, bad_logins, fields

from edge_agent.devices import engine, neighbours
from edge_agent.devices.onvif import session

Start = Callable[..., CameraHandle]
MAC, OTHER = "02:00:00:00:00:05", "02:00:00:00:00:66"
WHERE, DESIRED = "127.0.0.5", "127.0.0.9"
NETWORK: dict[str, Any] = {"prefix": 24, "gateway": "127.0.0.254", "dns": ["127.0.0.53"]}


class Table:
    """The kernel's table of neighbours, in which loopback never stands."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.has({WHERE: MAC})

    def has(self, rows: dict[str, str]) -> None:
        lines = [f"{address} 0x1 0x2 {hardware} * eth1" for address, hardware in rows.items()]
        self.file.write_text("\n".join(["IP address HW type Flags HW address Mask Device", *lines]))


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    found = Table(tmp_path / "arp")
    monkeypatch.setattr(neighbours, "TABLE", found.file)
    monkeypatch.setattr(engine, "RESTART_S", 0.3)
    monkeypatch.setattr(session, "STAYED_S", 1.0)
    return found


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "state")


def moved(camera: Start, site: Site, **overrides: Any) -> CameraHandle:
    there = camera(address=WHERE, mac=MAC, **overrides)
    site.add(there, address=DESIRED, mac=MAC, network=NETWORK)
    return there


def operations(there: CameraHandle) -> list[str]:
    return [w["op"] for w in there.control("writes")]


def test_a_camera_elsewhere_in_its_lan_is_found_and_moved(camera: Start, site: Site, table: Table) -> None:
    there = moved(camera, site)
    planned = site.one(check=True)
    assert {"network.address", "network.gateway", "network.dns"} <= fields(planned) and operations(there) == []
    done = site.one()
    assert (done["class"], fields(done)) == (None, fields(planned)), done["failures"]
    network = there.control("get", path="network")
    assert (network["address"], network["gateway"], there.control("get", path="dns.servers")) == (DESIRED, "127.0.0.254", ["127.0.0.53"])
    assert there.control("status")["boots"] == 1 and "SystemReboot" not in operations(there)
    there.control("forget")
    again = site.one()
    assert (again["status"], operations(there), bad_logins(there)) == ("ok", [], 0), again["failures"]


def test_one_that_must_reboot_is_rebooted_awaited_and_read_again(camera: Start, site: Site, table: Table) -> None:
    there = moved(camera, site, personality={"reboot_on": ["network.address", "network.prefix", "network.dhcp"], "reboot_s": 1.0})
    done = site.one()
    assert done["class"] is None and "network.address" in fields(done), done["failures"]
    assert operations(there).count("SystemReboot") == 1 and there.control("status")["boots"] == 2
    assert there.control("get", path="network.address") == DESIRED
    assert site.one()["status"] == "ok" and there.control("status")["boots"] == 2


def test_what_is_lost_in_that_reboot_is_not_kept(camera: Start, site: Site, table: Table) -> None:
    trouble = {"reboot_on": ["network.address"], "forgets_on_reboot": ["hostname"], "reboot_s": 0.5}
    moved(camera, site, personality=trouble)
    done = site.one()
    assert (done["class"], done["failures"][0]["field"]) == ("setting_not_kept", "hostname")
    assert "hostname" not in fields(done) and "network.address" in fields(done)


def test_one_that_says_moved_and_stays_is_not_kept(camera: Start, site: Site, table: Table) -> None:
    there = moved(camera, site, personality={"accepts_and_forgets": ["network"]})
    done = site.one()
    assert done["class"] == "setting_not_kept" and "network.address: sent 127.0.0.9/24, there is 127.0.0.5/24" in done["reason"]["en"]
    assert there.control("get", path="network.address") == WHERE


def test_no_device_is_moved_onto_anothers_address(camera: Start, site: Site, table: Table) -> None:
    there = moved(camera, site)
    table.has({WHERE: MAC, DESIRED: OTHER})
    done = site.one()
    assert done["class"] == "unknown_device" and OTHER in done["reason"]["en"]
    assert there.control("get", path="network.address") == WHERE and operations(there) == []


def test_without_a_network_to_move_it_to_nobody_is_looked_for(camera: Start, site: Site, table: Table) -> None:
    there = moved(camera, site)
    del site.devices[0]["network"]
    assert site.one()["class"] == "unreachable" and there.control("logins") == []


def test_dhcp_becomes_a_fixed_address(camera: Start, site: Site, table: Table) -> None:
    there = camera(address=DESIRED, mac=MAC, factory_state={"network.dhcp": True})
    site.add(there, mac=MAC, network=NETWORK)
    done = site.one()
    assert (done["class"], there.control("get", path="network.dhcp")) == (None, False)
    assert next(c["from"] for c in done["changes"] if c["field"] == "network.address") == "127.0.0.9/24 (DHCP)"
