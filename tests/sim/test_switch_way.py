"""The way through a box: a channel of one SSH connection, with the box's own view of who is at an address."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import paramiko
import pytest
from box_ssh import Box
from camera_process import free_ports
from switch_process import BOX, CODE, SLOT, Desk, SwitchHandle, start_switch

from province.office import enrolment
from province.office.home import Home
from province.switches import engine, keys, way
from province.switches.faults import SwitchFailure

SWITCH_MAC = "02:4b:00:10:03:1e"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    made = Desk.make(tmp_path)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(Home.of(made.inventory).ssh_key)], check=True)
    return made


@pytest.fixture
def box(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    """A box that lets the office's key in, found by what stands for ketnoi-reach."""
    home = Home.of(desk.inventory)
    made = Box(paramiko.Ed25519Key.from_private_key_file(str(home.ssh_key)), {"127.0.0.1": SWITCH_MAC}, BOX)
    home.known_hosts.write_text(f"{CODE} {keys.spelled(made.host_key)}\n")
    reach = tmp_path / "reach"
    reach.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        f"from province.reach.proxy import connect, relay\nrelay(connect('127.0.0.1', {made.port}, 10))\n"
    )
    reach.chmod(0o755)
    monkeypatch.setattr(way, "reach_program", lambda: str(reach))
    yield made
    made.close()


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[SwitchHandle]:
    running = start_switch(tmp_path / "switch", "routeros")
    yield running
    running.stop()


def through(desk: Desk, switch: SwitchHandle, **more: Any) -> dict[str, Any]:
    results = engine.run([desk.desired(switch, **more)], desk.inventory, CODE, check=False)
    found: dict[str, Any] = engine.document(results)["devices"][0]
    return found


def test_a_switch_is_driven_through_its_box_and_its_key_is_pinned(desk: Desk, box: Box, switch: SwitchHandle) -> None:
    first = through(desk, switch)
    assert (first["status"], first["failures"]) == ("changed", [])
    record = enrolment.read(desk.inventory, CODE) or {}
    assert record["switches"][str(SLOT)]["host_key"].startswith("ssh-rsa ")
    assert through(desk, switch)["status"] == "ok"


def test_another_device_at_the_address_is_told_no_password(desk: Desk, box: Box, switch: SwitchHandle) -> None:
    told = through(desk, switch, mac="02:4b:00:10:03:99")
    assert told["class"] == "unknown_device" and SWITCH_MAC in told["reason"]["en"]
    assert switch.control("logins") == []


def test_an_unknown_key_where_the_box_sees_nobody_is_told_no_password(
    desk: Desk, box: Box, switch: SwitchHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.neighbours.clear()
    monkeypatch.setattr(keys, "ip_address", lambda address: IPv4Address("192.168.1.30"))  # as on a real LAN, not on loopback
    told = through(desk, switch)
    assert told["class"] == "unknown_device" and "First contact" in told["reason"]["en"]
    assert switch.control("logins") == [] and "switches" not in (enrolment.read(desk.inventory, CODE) or {})


def test_the_box_s_own_port_is_found_by_the_mac_that_the_switch_sees(desk: Desk, box: Box, switch: SwitchHandle) -> None:
    box.own = "02:4b:00:10:00:77"
    told = through(desk, switch)
    assert told["class"] == "unknown_device" and box.own in told["reason"]["en"]
    assert switch.control("writes") == []


def test_a_box_with_another_host_key_is_not_believed(desk: Desk, box: Box, switch: SwitchHandle) -> None:
    Home.of(desk.inventory).known_hosts.write_text(f"{CODE} {keys.spelled(paramiko.ECDSAKey.generate())}\n")
    told = through(desk, switch)
    assert told["class"] == "unreachable" and "edge box" in told["reason"]["en"]
    assert switch.control("logins") == [] and box.asked == []


def test_a_switch_that_is_off_is_told_apart_from_a_box_that_is(desk: Desk, box: Box) -> None:
    with way.ThroughBox(desk.inventory, CODE) as there, pytest.raises(SwitchFailure) as failure:
        there.channel("127.0.0.1", free_ports(1)[0])
    assert failure.value.category == "unreachable" and "switch" in failure.value.reason.en
