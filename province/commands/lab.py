"""`ketnoi lab …`: hand the inventory's plan to the lab, a program of its own that plays what the plan says."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from province.model import Facility, Province, addresses
from province.model.devices import Camera, Recorder, Switch
from province.model.select import loaded, selected
from province.office import enrolment
from province.office.home import Home
from province.paths import find_inventory
from province.text import Lang
from province.user_error import UserError

_LAB_MARK = ".lab"


def lab(arguments: list[str], lang: Lang) -> int:
    os.environ["KETNOI_LANG"] = lang
    if arguments[:1] == ["centre"] and arguments[1:2] != ["configure"]:
        return _centre(arguments[1:], lang)
    if arguments[:1] != ["up"]:
        return _lab(arguments)
    given, rest = _parser("up").parse_known_args(arguments[1:])
    inventory = find_inventory(given.inventory)
    province = loaded(inventory, lang)
    chosen = selected(province, given.area, given.site)
    forget_machines(inventory)
    with tempfile.TemporaryDirectory(prefix="ketnoi-plan-") as folder:
        path = Path(folder) / "plan.json"
        path.write_text(json.dumps(plan(given.lab, inventory, province, chosen), ensure_ascii=False, indent=1))
        return _lab(["up", str(path), "--lab", given.lab, *rest])


def forget_machines(inventory: Path) -> None:
    """A lab's machines are born blank each time: what an earlier lab's were enrolled with goes.

    Raises UserError when the records are not a lab's: real machines' records are nobody's to drop.
    """
    enrolled = enrolment.folder(inventory)
    if enrolled.exists() and any(enrolled.iterdir()) and not (enrolled / _LAB_MARK).exists():
        raise UserError(
            f"{enrolled}: có hồ sơ của máy thật; phòng thử phải dùng một bản sao của danh mục: cp -r {inventory} …",
            f"{enrolled}: holds the records of real machines; a lab needs a copy of the inventory: cp -r {inventory} …",
        )
    shutil.rmtree(enrolled, ignore_errors=True)
    shutil.rmtree(Home.of(inventory).pending, ignore_errors=True)
    enrolled.mkdir()
    (enrolled / _LAB_MARK).touch()


def _centre(arguments: list[str], lang: Lang) -> int:
    """Play the Ministry's side: its tunnel to the hub and a machine to measure from; its public keys are enrolled."""
    given, rest = _parser("centre").parse_known_args(arguments)
    inventory = find_inventory(given.inventory)
    province = loaded(inventory, lang)
    home, hub = Home.of(inventory), enrolment.read(inventory, enrolment.HUB)
    if hub is None:
        raise UserError(
            "máy chủ kết nối chưa được tiếp nhận: chạy `ketnoi bootstrap hub` trước",
            "the hub has not been taken over: run `ketnoi bootstrap hub` first",
        )
    block = province.hub.block
    document = {
        "wireguard": {
            "address": str(addresses.centre_address(block)),
            "peer_public_key": hub["wireguard_public_key"],
            "endpoint": f"{province.hub.endpoint}:{addresses.WIREGUARD_PORT}",
            "allowed_ips": [f"{addresses.hub_address(block)}/32", str(addresses.devices_network(block))],
        },
        "authorized_key": home.ssh_public_key.read_text().strip(),
        "repository": {"path": str(home.repository), "package": "ketnoi-hub"},
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json", prefix="ketnoi-centre-") as file:
        json.dump(document, file)
        file.flush()
        done = _run("centre", "configure", file.name, "--lab", given.lab, *rest, stdout=subprocess.PIPE)
    if done.returncode == 0:
        enrolment.save(inventory, enrolment.CENTRE, json.loads(done.stdout))
        probe = province.central.probe
        hub_file = {"block": block, "endpoint": str(province.hub.endpoint), "ssh_user": province.hub.ssh_user}
        enrolment.refresh(home, inventory, hub_file, str(probe.host) if probe else None)
    return done.returncode


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"ketnoi lab {name}")
    parser.add_argument("-i", "--inventory", type=Path)
    parser.add_argument("--area", "--district")
    parser.add_argument("--site")
    parser.add_argument("--lab", default="demo")
    parser.add_argument("--lang")
    return parser


def _lab(arguments: list[str]) -> int:
    return _run(*arguments).returncode


def _run(*arguments: str, stdout: int | None = None) -> "subprocess.CompletedProcess[str]":
    root = str(Path(__file__).resolve().parents[2])
    search = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-m", "lab", *arguments]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": search}, stdout=stdout, text=True, check=False)


def plan(lab_name: str, inventory: Path, province: Province, facilities: list[Facility]) -> dict[str, Any]:
    """What the lab has to play: the machines, networks and devices that these facilities have by the inventory."""
    probe = province.central.probe if province.central else None
    key = Home.of(inventory).ssh_public_key
    return {
        "lab": lab_name,
        "inventory": str(inventory.resolve()),
        "province": province.code,
        "hub": {"address": str(province.hub.endpoint)},
        "centre": {"address": str(probe.host) if probe else None},
        "office": {"address": str(province.hub.admin_from[0].network_address)},
        "office_ssh_public_key": key.read_text().strip() if key.exists() else None,
        "facilities": [_facility(facility) for facility in facilities],
    }


def _facility(facility: Facility) -> dict[str, Any]:
    return {
        "code": facility.code,
        "number": facility.number,
        "lan": facility.lan.model_dump(mode="json"),
        "uplink": facility.uplink.model_dump(mode="json"),
        "box": facility.box.model_dump(mode="json") if facility.box else None,
        "cameras": [_device(camera) for camera in facility.cameras],
        "recorders": [_device(recorder) | {"channels": recorder.channels} for recorder in facility.recorders],
        "switches": [
            _device(switch) | {"ports": [port.model_dump() for port in switch.ports], "vlan": switch.vlan} for switch in facility.switches
        ],
    }


def _device(device: Camera | Recorder | Switch) -> dict[str, Any]:
    return {
        "slot": device.slot,
        "address": str(device.address),
        "mac": device.mac,
        "make": device.make,
        "model": device.model,
        "driver": device.driver,
        "port": device.port,
    }
