"""Devices behind a switch port that this rollout opens: waited for in a rollout, no failure in a check."""

import importlib.util
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from edge_agent.contract.devices import DesiredDevice
from province.paths import data
from province.rollout import opened
from province.switches.apply import Result
from province.switches.model import Change, DesiredPort, DesiredSwitch
from province.switches.opened import names

_SPEC = importlib.util.spec_from_file_location("ketnoi_devices", data("plugins/action/ketnoi_devices.py"))
assert _SPEC and _SPEC.loader
devices = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(devices)

NAMES = {1: "A-01 C01", 2: "A-01 C02", 3: "A-01 C03"}
PORTS = tuple(DesiredPort(f"ge-0/{slot}", "camera", name) for slot, name in NAMES.items())
SWITCH = DesiredSwitch(
    30, "192.168.7.30", 22, "ios", "00:00:00:00:00:30", "A-01-S30", 20, (*PORTS, DesiredPort("ge-0/9", "box", "A-01 BOX"))
)


@pytest.mark.parametrize(
    ("field", "before", "after", "opens"),
    [
        ("enabled", False, True, True),
        ("enabled", True, False, False),
        ("powered", False, True, True),
        ("vlan", 1, 20, True),
        ("mode", "trunk", "access", True),
        ("isolated", False, True, False),
        ("description", "", "A-01 C02", False),
    ],
)
def test_a_port_is_opened_where_it_is_switched_on_or_moved_to_the_cameras_vlan(field: str, before: Any, after: Any, opens: bool) -> None:
    result = Result(
        SWITCH, changes=[Change(f"ge-0/2.{field}", before, after), Change("name", "x", "y"), Change("ge-0/9.enabled", False, True)]
    )
    assert names([result]) == (["A-01 C02"] if opens else [])


@pytest.fixture
def ports() -> Iterator[tuple[int, socket.socket]]:
    """(one that answers, a socket that is bound and does not listen yet)."""
    with ExitStack() as stack:
        there, later = (stack.enter_context(socket.socket()) for _ in range(2))
        there.bind(("127.0.0.1", 0))
        there.listen()
        later.bind(("127.0.0.1", 0))
        yield there.getsockname()[1], later


def asked(check: bool, *places: int) -> list[int]:
    """The ports that answered nobody, by the very program that a box runs."""
    wanted = [DesiredDevice(slot, "127.0.0.1", port) for slot, port in enumerate(places, 1)]
    question = opened.question(wanted, check, sys.executable)
    done = subprocess.run(
        question["argv"], input=question["stdin"], capture_output=True, text=True, check=True, timeout=question["timeout"]
    )
    return [device.port for device in opened.silent(wanted, done.stdout)]


def test_a_check_asks_once_and_does_not_wait(ports: tuple[int, socket.socket]) -> None:
    there, later = ports
    assert asked(True, there, later.getsockname()[1]) == [later.getsockname()[1]]


def test_a_rollout_waits_until_the_device_has_started(ports: tuple[int, socket.socket]) -> None:
    there, later = ports
    found: list[list[int]] = []
    waiting = Thread(target=lambda: found.append(asked(False, there, later.getsockname()[1])))
    waiting.start()
    Event().wait(0.2)
    assert not found, "it has not started yet"
    later.listen()
    waiting.join(opened.STARTING_S)
    assert found == [[]]


def test_a_box_that_does_not_tell_is_driven_like_any_other() -> None:
    assert opened.silent([DesiredDevice(1, "127.0.0.1", 1)], "bash: no python\n") == []


class Box(devices.ActionModule):
    """The action with a scripted far end: what is silent, and what `edge-agent` was given."""

    def __init__(self, check: bool, names: list[str], silent: list[int]) -> None:
        self.task = SimpleNamespace(check_mode=check, diff=False, action="ketnoi_devices", args={})
        self.task_vars = {"inventory_hostname": "a-01", "switches_done": {"opened": names}}
        self._resolved: dict[str, Any] = {}
        self.silent, self.sent = [["192.168.7.1", slot] for slot in silent], []  # type: ignore[var-annotated]  # of documents

    def _devices(self, args: dict[str, Any]) -> list[DesiredDevice]:
        return [DesiredDevice(slot, "192.168.7.1", slot, name=name) for slot, name in NAMES.items()]

    def _confirm(self, kind: str, devices: list[DesiredDevice], told: dict[str, Any]) -> None:
        """There is no vault here."""

    def send(self, document: dict[str, Any]) -> dict[str, Any]:
        given, argv = json.loads(document["command"]["stdin"]), document["command"]["argv"]
        if argv[1:3] == ["-I", "-c"]:
            self.sent.append(("asked", [port for _, port in given]))
            return {"changed": [], "command": {"rc": 0, "stdout": json.dumps(self.silent), "stderr": ""}}
        self.sent.append(("applied", [device["slot"] for device in given["devices"]]))
        told = [opened.not_reached(DesiredDevice(device["slot"], "192.168.7.1", 80)) | {"status": "ok"} for device in given["devices"]]
        return {"changed": [], "command": {"rc": 0, "stdout": json.dumps({"changed": 0, "failed": 0, "devices": told}), "stderr": ""}}

    def play(self) -> dict[str, Any]:
        self.connection = SimpleNamespace()
        given = {
            "kind": "cameras",
            "facility": {"id": "BD-0001", "code": "a-01"},
            "standard": {},
            "edge_agent": "edge-agent",
            "slots": [1],
            "state_dir": "",
            "timeout": 9,
        }
        result: dict[str, Any] = self.act(given)
        return result


def test_in_a_check_what_does_not_answer_yet_is_told_so_and_fails_nothing() -> None:
    box = Box(True, ["A-01 C02", "A-01 C03"], [3])
    told = box.play()
    assert box.sent == [("asked", [2, 3]), ("applied", [1, 2])]
    assert {each["slot"]: each["status"] for each in told["devices"]} == {1: "ok", 2: "ok", 3: "not_reached"}
    assert "failed" not in told and "that this rollout opens" in told["devices"][2]["reason"]["en"]


def test_where_all_are_behind_such_ports_nothing_is_asked_of_the_agent() -> None:
    box = Box(True, list(NAMES.values()), [1, 2, 3])
    assert [each["status"] for each in box.play()["devices"]] == ["not_reached"] * 3
    assert box.sent == [("asked", [1, 2, 3])]


def test_in_a_rollout_they_are_waited_for_and_then_all_are_driven() -> None:
    """One that is silent for good is a failure then, with its reason."""
    box = Box(False, ["A-01 C03"], [3])
    box.play()
    assert box.sent == [("asked", [3]), ("applied", [1, 2, 3])]


def test_where_no_port_was_opened_nobody_waits() -> None:
    box = Box(True, [], [])
    box.play()
    assert box.sent == [("applied", [1, 2, 3])]


def test_switches_have_their_turn_before_the_devices_behind_them() -> None:
    (play,) = [each for each in yaml.safe_load(data("playbooks/site.yml").read_text(encoding="utf-8")) if "roles" in each]
    order = [role["role"] for role in play["roles"]]
    assert order.index("network") < order.index("switches") < order.index("cameras") < order.index("recorders")
