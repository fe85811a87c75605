"""One facility of the sample province on loopback: a camera that streams, and a switch whose port feeds it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from camera_process import CameraHandle
from switch_process import SwitchHandle, start_switch

from province.office import vaults
from province.office.home import Home
from province.paths import data

SAMPLE = data("inventory/binh-dinh")
CODE, CAMERA, SWITCH = "an-nhon-01", 1, 30
FED = """
import json, socket, sys
told = json.load(sys.stdin)
if told["port"] == {port!r} and told["power"] is not None:
    with socket.socket(socket.AF_UNIX) as link:
        link.connect({control!r})
        order = {{"op": "reboot"}} if told["power"] else {{"op": "freeze", "value": True}}
        link.sendall(json.dumps(order).encode() + b"\\n")
        link.recv(4096)
"""
"""What the switch does to the camera behind `port`: without power no packet comes, with it again the camera starts anew."""


@dataclass
class Played:
    inventory: Path
    camera: CameraHandle
    switch: SwitchHandle

    @property
    def secrets(self) -> list[str]:
        vault = vaults.read(Home.of(self.inventory), self.inventory, CODE)
        return [account["password"] for devices in vault.values() for device in devices.values() for account in device.values()]


def play(folder: Path, camera: Callable[..., CameraHandle], fed_by: str = "ether2", **more: Any) -> Played:
    """The inventory says that port ether2 feeds the camera; `fed_by` does."""
    inventory = folder / "binh-dinh"
    (inventory / "areas").mkdir(parents=True)
    for name in ("province.yml", "units.yml"):
        shutil.copy(SAMPLE / name, inventory / name)
    area = yaml.safe_load((SAMPLE / "areas" / "an-nhon.yml").read_text(encoding="utf-8"))
    facility = next(each for each in area["facilities"] if each["code"] == CODE)
    home = Home.of(inventory)
    home.ensure()
    vaults.create_secret(home)
    vaults.ensure(home, inventory, CODE, {"cameras": [CAMERA], "switches": [SWITCH]})
    accounts = vaults.read(home, inventory, CODE)["cameras"][str(CAMERA)]
    levels = {"admin": "Administrator", "viewer": "User"}
    users = [{"name": accounts[role]["user"], "password": accounts[role]["password"], "level": level} for role, level in levels.items()]
    row = next(each for each in facility["cameras"] if each["slot"] == CAMERA)
    running = camera(make=row["make"], factory=False, factory_state={"users": users})
    hook = folder / "hook.py"
    hook.write_text(FED.format(port=fed_by, control=running.config["control_socket"]))
    given = {
        "address": "127.0.0.30",
        "hook": [sys.executable, str(hook)],
        "account": {"user": "admin", "password": ""},
        "wired": {},
        **more,
    }
    switch = start_switch(folder / "switch", "routeros", **given)
    facility |= {
        "lan": {"network": "127.0.0.0/24", "box_address": "127.0.0.254", "topology": "routed"},
        "cameras": [row | {"address": running.address, "port": running.http_port, "driver": "onvif"}],
        "recorders": [],
        "recording": {"by": "box"},
        "switches": [
            {
                "slot": SWITCH, "place": "Tủ mạng", "make": "mikrotik", "driver": "routeros", "address": "127.0.0.30",
                "port": switch.config["port"], "mac": "02:4b:00:01:03:1e",
                "ports": [{"name": "ether1", "box": True}, {"name": "ether2", "camera": CAMERA}],
            }
        ],
    }  # fmt: skip
    excused = {each["zone"] for each in facility.get("no_camera_zones", [])} | {row["zone"]}
    zones = [zone["id"] for zone in yaml.safe_load(data("province/data/zones.yml").read_text())["zones"] if zone.get("required")]
    facility["no_camera_zones"] = [
        *facility.get("no_camera_zones", []), *({"zone": zone, "reason": "không có"} for zone in zones if zone not in excused)
    ]  # fmt: skip
    area["facilities"] = [facility]
    (inventory / "areas" / "an-nhon.yml").write_text(yaml.safe_dump(area, allow_unicode=True), encoding="utf-8")
    return Played(inventory, running, switch)


def last_json(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text.strip().splitlines()[-1])
    return found
