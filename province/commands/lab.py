"""`ketnoi lab …`: hand the inventory's plan to the lab, a program of its own that plays what the plan says."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pydantic import BaseModel

from province.model import Facility, Province, addresses
from province.model.devices import Camera, Recorder, Switch, SwitchPort
from province.model.facility import Box, Lan, Uplink
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
        path.write_text(plan(given.lab, inventory, province, chosen).model_dump_json(indent=1))
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
        hub_file: enrolment.HubAddress = {"block": block, "endpoint": str(province.hub.endpoint), "ssh_user": province.hub.ssh_user}
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


class Host(BaseModel):
    address: str | None


class PlannedDevice(BaseModel):
    slot: int
    address: str
    mac: str | None
    make: str
    model: str | None
    driver: str
    port: int


class PlannedRecorder(PlannedDevice):
    channels: int | None


class PlannedSwitch(PlannedDevice):
    ports: list[SwitchPort]
    vlan: int | None


class PlannedFacility(BaseModel):
    code: str
    number: int
    lan: Lan
    uplink: Uplink
    box: Box | None
    cameras: list[PlannedDevice]
    recorders: list[PlannedRecorder]
    switches: list[PlannedSwitch]


class Plan(BaseModel):
    """What the lab has to play: the machines, networks and devices that some facilities have by the inventory."""

    lab: str
    inventory: str
    province: str
    hub: Host
    centre: Host
    office: Host
    office_ssh_public_key: str | None
    facilities: list[PlannedFacility]


def plan(lab_name: str, inventory: Path, province: Province, facilities: list[Facility]) -> Plan:
    probe = province.central.probe if province.central else None
    key = Home.of(inventory).ssh_public_key
    return Plan(
        lab=lab_name,
        inventory=str(inventory.resolve()),
        province=province.code,
        hub=Host(address=str(province.hub.endpoint)),
        centre=Host(address=str(probe.host) if probe else None),
        office=Host(address=str(province.hub.admin_from[0].network_address)),
        office_ssh_public_key=key.read_text().strip() if key.exists() else None,
        facilities=[_facility(facility) for facility in facilities],
    )


def _facility(facility: Facility) -> PlannedFacility:
    return PlannedFacility(
        code=facility.code,
        number=facility.number,
        lan=facility.lan,
        uplink=facility.uplink,
        box=facility.box,
        cameras=[_device(camera) for camera in facility.cameras],
        recorders=[PlannedRecorder(**vars(_device(each)), channels=each.channels) for each in facility.recorders],
        switches=[PlannedSwitch(**vars(_device(each)), ports=each.ports, vlan=each.vlan) for each in facility.switches],
    )


def _device(device: Camera | Recorder | Switch) -> PlannedDevice:
    return PlannedDevice(
        slot=device.slot,
        address=str(device.address),
        mac=device.mac,
        make=device.make,
        model=device.model,
        driver=device.driver,
        port=device.port,
    )
