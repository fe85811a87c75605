"""A simulated switch in a process of its own on loopback, the inventory around it, and the handle to give it orders."""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fork_server
from camera_process import free_ports

from province.office.home import Home
from province.switches import engine
from province.switches.model import Account, DesiredPort, DesiredSwitch, End

PASSWORD = "Kn1switchAAAAbbb"
BOX = "02:4b:00:10:00:02"
NAMES = {"routeros": "ether{}", "cisco-ios": "GigabitEthernet0/{}", "linux": "eth{}"}
CODE, SLOT = "an-nhon-01", 30


@dataclass
class SwitchHandle:
    """A running switch: where it listens, and `control` to give it orders (see lab/switch/__init__.py)."""

    config: dict[str, Any]
    process: fork_server.Forked

    @property
    def kind(self) -> str:
        return str(self.config["kind"])

    def name(self, number: int) -> str:
        return NAMES[self.kind].format(number)

    def control(self, op: str, **order: Any) -> Any:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(30)
            link.connect(str(self.config["control_socket"]))
            link.sendall(json.dumps({"op": op, **order}).encode() + b"\n")
            with link.makefile() as answers:
                answer = json.loads(answers.readline())
        if not answer["ok"]:
            raise RuntimeError(answer["error"])
        return answer["value"]

    def mood(self, name: str, value: Any) -> None:
        self.control("set", path=f"personality.{name}", value=value)

    def port(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self.control("get", path=f"ports.{self.name(number)}")
        return found

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def start_switch(home: Path, kind: str, ports: int | list[str] = 6, **overrides: Any) -> SwitchHandle:
    """Port 1 leads to the box, 2 and 3 to cameras 1 and 2, the others to nothing. `ports`: how many, or their names. Overrides: keys
    of the configuration."""
    home.mkdir(parents=True, exist_ok=True)
    names = ports if isinstance(ports, list) else [NAMES[kind].format(number) for number in range(1, ports + 1)]
    file = home / "switch.json"
    config = {
        "kind": kind,
        "port": free_ports(1)[0],
        "ports": names,
        "wired": {names[0]: [BOX], names[1]: ["02:4b:00:10:01:01"]},
        "account": {"user": "root" if kind == "linux" else "admin", "password": PASSWORD},
        "state_file": str(home / "state.json"),
        "control_socket": str(home / "control"),
        **overrides,
    }
    file.write_text(json.dumps(config), encoding="utf-8")
    return SwitchHandle(config, fork_server.start(sys.executable, "lab.switch", "--config", str(file)))


@dataclass
class Desk:
    """An office with an inventory of one facility, enrolled so far as keys can be pinned there."""

    inventory: Path
    secrets: set[str] = field(default_factory=lambda: {PASSWORD})

    @classmethod
    def make(cls, folder: Path) -> Desk:
        inventory = folder / "inventory"
        (inventory / "enrolled").mkdir(parents=True)
        (inventory / "province.yml").write_text("code: thu-nghiem\n")
        (inventory / "enrolled" / f"{CODE}.yml").write_text(f"host_key: ssh-ed25519 {'A' * 68}\n")
        Home.of(inventory).ensure()
        return cls(inventory)

    def desired(self, switch: SwitchHandle, **more: Any) -> DesiredSwitch:
        ends: list[tuple[int, End, str]] = [(1, "box", "BOX"), (2, "camera", "C01"), (3, "camera", "C02")]
        given: dict[str, Any] = {
            "slot": SLOT,
            "address": "127.0.0.1",
            "port": switch.config["port"],
            "driver": switch.kind,
            "mac": "02:4b:00:10:03:1e",
            "name": "AN-NHON-01-S30",
            "vlan": 1,
            "ports": tuple(DesiredPort(switch.name(number), end, f"AN-NHON-01 {what}") for number, end, what in ends),
            "admin": Account(switch.config["account"]["user"], PASSWORD),
            "deadline_s": 40.0,
            **more,
        }
        return DesiredSwitch(**given)

    def run(self, switch: SwitchHandle, *, check: bool = False, **more: Any) -> dict[str, Any]:
        results = engine.run([self.desired(switch, **more)], self.inventory, CODE, check=check, local=True)
        document = engine.document(results)
        assert not [secret for secret in self.secrets if secret in repr(results) + json.dumps(document)]
        found: dict[str, Any] = document["devices"][0]
        return found
