"""The inventory as Ansible sees it: plain groups, hosts and variables. The plugin in plugins/inventory only hands them over.

Hosts are machines with a shell: `hub` and the boxes by their codes; devices are data of their box. Groups: boxes, hub,
withheld, area_X, unit_X (the units of the day, up to the province), authority_X, kind_X, level_X. Nothing here is secret.
"""

import hashlib
import json
import os
import re
import shlex
import sys
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, cast

from province.files import write
from province.model import Facility, Province, addresses, load
from province.office import enrolment
from province.office.home import Home
from province.rollout.desired import recording_days
from province.rollout.documents import BoxVars, ConnectionVars, EveryoneVars, FacilityData, HubData, HubVars, Logins, PeerData
from province.standard.load import load as load_standard
from province.standard.settings import DeviceSettings, thresholds
from province.standard.settings import of as settings_of
from province.text import Text, default_lang
from province.user_error import UserError

MQTT_PORT = 8883


@dataclass
class Listing:
    """`groups`: name -> hosts; `hosts`: name -> variables; `everyone`: variables of all; `notices`: why each withheld one is."""

    everyone: EveryoneVars
    hosts: dict[str, HubVars | BoxVars] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    notices: list[Text] = field(default_factory=list)

    def add(self, group: str, host: str) -> None:
        self.groups.setdefault(re.sub(r"[^A-Za-z0-9_]", "_", group), []).append(host)


HANDED = "KETNOI_LISTING"
"""The variable that names a file with a listing: Ansible takes that, and does not read and check the inventory once more."""


def hand_over(made: Listing, file: Path) -> dict[str, str]:
    """Write a listing, made from a province that was checked, for an Ansible that is started with this environment."""
    write(file, json.dumps({"everyone": made.everyone, "hosts": made.hosts, "groups": made.groups}, default=str))
    return {HANDED: str(file)}


def listing(inventory: Path, on: date | None = None) -> Listing:
    """Everything for Ansible from the folder `inventory`. Raises UserError that names every fault, when there is one."""
    inventory = inventory.resolve()
    if file := os.environ.get(HANDED):
        return Listing(**json.loads(Path(file).read_bytes()))
    province, faults = load(inventory)
    if faults or province is None:
        lines = "\n".join(fault.show(default_lang()) for fault in faults)
        raise UserError(
            f"danh mục của tỉnh có {len(faults)} lỗi, cần sửa trước:\n{lines}",
            f"faults in the inventory: {len(faults)}; mend them first:\n{lines}",
        )
    return of(province, enrolment.read_all(inventory), Home.of(inventory), on or date.today())


def of(province: Province, enrolled: Mapping[str, enrolment.Record], home: Home, on: date, only: Container[str] | None = None) -> Listing:
    """The listing of a loaded province; `enrolled` are the records that bootstrap wrote, by machine. With `only` these facilities alone."""
    inventory = province.path.resolve()
    known = peers(province, enrolled, home)
    asked = thresholds(load_standard(inventory))
    settings = settings_of(asked)
    result = Listing(
        notices=[reason for _, reason in province.withheld(on)],
        everyone={
            "ketnoi_inventory": str(inventory),
            "ketnoi_province": province.code,
            "ketnoi_hub": hub(province, enrolled),
            "ketnoi_peers_digest": digest(known),
            "ketnoi_factory_logins": factory_logins(province),
            "ketnoi_standard": asked,
            "ansible_become": True,
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_ssh_private_key_file": str(home.ssh_key),
        },
    )
    result.hosts["hub"] = {"ketnoi_peers": known, **connection(inventory, home, "hub", province.hub.ssh_user)}
    result.add("hubs", "hub")
    for group in ("boxes", "withheld", *(f"area_{area}" for area in province.areas)):
        result.groups[re.sub(r"[^A-Za-z0-9_]", "_", group)] = []
    for facility in province.facilities:
        if only is None or facility.code in only:
            result.hosts[facility.code] = box(facility, settings, enrolled.get(facility.code), inventory, home)
            for group in groups_of(facility, province, on):
                result.add(group, facility.code)
    return result


def box(facility: Facility, settings: DeviceSettings, record: enrolment.Record | None, inventory: Path, home: Home) -> BoxVars:
    """The variables of a facility's box, whose devices the standard wants as `settings`."""
    known = facility_data(facility)
    known["recording"]["days"] = recording_days(known["recording"], settings)
    how = connection(inventory, home, facility.code, "ketnoi")
    found: BoxVars = {
        "ketnoi_facility": known,
        "ansible_host": how["ansible_host"],
        "ansible_user": how["ansible_user"],
        "ansible_control_path_dir": how["ansible_control_path_dir"],
        "ansible_ssh_common_args": how["ansible_ssh_common_args"],
    }
    if record is not None:
        found["ketnoi_enrolled"] = record
    return found


def groups_of(facility: Facility, province: Province, on: date) -> list[str]:
    """A withheld facility is in the group `withheld` alone, so that no pattern by which one applies can hit it."""
    if facility.withheld(on):
        return ["withheld"]
    unit = facility.unit_on(on)
    units = [each.id for each in province.units.line(unit, on)] if unit else []
    return [
        "boxes",
        f"area_{facility.area}",
        f"authority_{facility.authority}",
        f"kind_{facility.kind}",
        f"level_{facility.level}",
        *(f"unit_{each}" for each in units),
    ]


def facility_data(facility: Facility) -> FacilityData:
    """The facility as in its file, with what follows from its number; `mapped`: slot -> address, as text.

    Nothing in it depends on the day: a box is not visited again because districts ended.
    """
    dumped = cast("FacilityData", facility.model_dump(mode="json", by_alias=True))  # the model has checked it
    return {
        **dumped,
        "tunnel_address": str(facility.tunnel_address),
        "mapped_network": str(facility.mapped_network),
        "mapped": {str(device.slot): str(facility.mapped(device.slot)) for device in facility.devices()},
        "lifeline_port": facility.lifeline_port,
    }


def hub(province: Province, enrolled: Mapping[str, enrolment.Record]) -> HubData:
    """What boxes and the hub itself must know of the hub; its keys only once it is enrolled."""
    settings, block = province.hub, province.hub.block
    found: HubData = {
        "block": block,
        "endpoint": str(settings.endpoint),
        "more_endpoints": [str(address) for address in settings.more_endpoints],
        "admin_from": [str(network) for network in settings.admin_from],
        "ntp_servers": list(settings.ntp_servers),
        "tunnel_address": str(addresses.hub_address(block)),
        "second_tunnel_address": str(addresses.second_hub_address(block)),
        "office_address": str(addresses.office_address(block)),
        "centre_address": str(addresses.centre_address(block)),
        "centre_networks": [str(network) for network in province.central.addresses],
        "tunnel_network": str(addresses.tunnel_network(block)),
        "facility_network": str(addresses.facility_network(block)),
        "mapped_network": str(addresses.devices_network(block)),
        "wireguard_port": addresses.WIREGUARD_PORT,
        "lifeline_port": addresses.LIFELINE_SSH_PORT,
        "mqtt_port": MQTT_PORT,
    }
    keys = enrolled.get(enrolment.HUB)
    if keys:
        for name in _HUB_KEYS:
            if name in keys:
                found[name] = keys[name]
    return found


_HUB_KEYS: tuple[Literal["wireguard_public_key", "host_key", "lifeline_host_key"], ...] = (
    "wireguard_public_key",
    "host_key",
    "lifeline_host_key",
)


def peers(province: Province, enrolled: Mapping[str, enrolment.Record], home: Home) -> list[PeerData]:
    """Everybody whom the hub lets in, from the whole inventory: the enrolled boxes by number, the office, the centre."""
    rows: list[PeerData] = [
        {
            "code": facility.code,
            "id": facility.id,
            "number": facility.number,
            "name": facility.name,
            "area": facility.area,
            "tunnel_address": str(facility.tunnel_address),
            "mapped_network": str(facility.mapped_network),
            "wireguard_public_key": enrolled[facility.code]["wireguard_public_key"],
            "lifeline_public_key": enrolled[facility.code]["lifeline_public_key"],
            "lifeline_port": facility.lifeline_port,
        }
        for facility in sorted(province.facilities, key=lambda each: each.number)
        if facility.code in enrolled and _same(facility, enrolled[facility.code])
    ]
    block = province.hub.block
    try:
        office = home.wireguard_public_key.read_text().strip()
    except FileNotFoundError:
        office = ""
    theirs = enrolled.get(enrolment.CENTRE)
    centre = province.central.public_key or (theirs.get("wireguard_public_key") if theirs else None) or ""
    others = (("office", addresses.office_address(block), office), ("centre", addresses.centre_address(block), centre))
    apart: list[PeerData] = [
        {
            "code": code, "id": code, "number": None, "name": code, "area": None, "tunnel_address": str(address),
            "mapped_network": None, "wireguard_public_key": key, "lifeline_public_key": None, "lifeline_port": None,
        }
        for code, address, key in others
        if key
    ]  # fmt: skip
    return rows + apart


def _same(facility: Facility, record: enrolment.Record) -> bool:
    """True, unless the record isn't this facility's or lacks a key: then a wrong box could come in, so nothing goes on."""
    given = {"code": facility.code, "id": facility.id, "number": facility.number}
    if str(record.get("id")) != facility.id or str(record.get("number")) != str(facility.number):
        text = _OTHER.format(**given, other=record.get("id"), other_number=record.get("number"))
        raise UserError(text.vi, text.en)
    for name in ("wireguard_public_key", "lifeline_public_key"):
        if not record.get(name):
            text = _LACKS.format(**given, name=name)
            raise UserError(text.vi, text.en)
    return True


def digest(rows: list[PeerData]) -> str:
    """sha256 of the peers' canonical JSON: the hub keeps the one it was rendered from."""
    return hashlib.sha256(json.dumps(rows, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def factory_logins(province: Province) -> Logins:
    """The makers' public factory logins, by maker."""
    return {
        make.id: [{"user": login.user, "password": login.password} for login in make.factory] for make in province.tables.makes.values()
    }


def connection(inventory: Path, home: Home, alias: str, user: str) -> ConnectionVars:
    """How ssh gets to a machine: by ketnoi-reach, whoever answers must have the key pinned for its alias."""
    reach = Path(sys.executable).parent / "ketnoi-reach"
    command = shlex.join([str(reach), "--inventory", str(inventory), alias]).replace("%", "%%")
    known_hosts = str(home.known_hosts).replace("%", "%%")
    options = {
        "HostKeyAlias": alias,
        "UserKnownHostsFile": f'"{known_hosts}"' if " " in known_hosts else known_hosts,
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "IdentitiesOnly": "yes",
        "ProxyCommand": command,
    }
    return {
        "ansible_host": alias,
        "ansible_user": user,
        "ansible_control_path_dir": str(home.root / "cp"),
        "ansible_ssh_common_args": " ".join(f"-o {shlex.quote(f'{key}={value}')}" for key, value in options.items()),
    }


_OTHER = Text(
    "enrolled/{code}.yml là của {other} (số {other_number}), mà {code} là {id} (số {number}): mã gọi đã chuyển sang cơ sở khác? "
    "Trả lại mã cũ, hoặc chạy `ketnoi reprovision --site {code}`",
    "enrolled/{code}.yml is {other}'s (number {other_number}), but {code} is {id} (number {number}): has the code moved to "
    "another facility? Give the old code back, or run `ketnoi reprovision --site {code}`",
)
_LACKS = Text(
    "enrolled/{code}.yml thiếu {name}: lấy lại tệp từ kho lưu, hoặc chạy `ketnoi reprovision --site {code}`",
    "enrolled/{code}.yml has no {name}: restore the file from your repository, or run `ketnoi reprovision --site {code}`",
)
