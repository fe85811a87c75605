"""An inventory to rehearse with: one facility of a province, its cameras moved from their LAN to loopback."""

import shutil
from collections.abc import Mapping
from datetime import date
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import yaml

from province.model import Camera, Facility, Province

LOOPBACK = 127 << 24
PRIVATE = ("vault", "enrolled", "authority")


def chosen(province: Province, site: str | None) -> Facility | None:
    """The facility of that code or id, else the first that may be touched and has cameras. None: there is none."""
    known = [province.facility(site)] if site else province.facilities
    return next((each for each in known if each and each.cameras and not each.withheld(date.today())), None)


def moved(address: IPv4Address) -> str:
    """192.168.1.11 -> 127.168.1.11: the same place in a LAN that every machine has, and that reaches nobody."""
    return str(IPv4Address(LOOPBACK | int(address) & 0xFFFFFF))


def moved_network(network: IPv4Network) -> str:
    return f"{moved(network.network_address)}/{max(8, network.prefixlen)}"


def factory_account(province: Province, camera: Camera) -> dict[str, str] | None:
    """How the inventory's tables say that this maker's cameras leave the factory; None: they name no login."""
    make = province.tables.makes.get(camera.make)
    return {"user": make.factory[0].user, "password": make.factory[0].password} if make and make.factory else None


def write(province: Province, facility: Facility, ports: Mapping[int, int], target: Path) -> None:
    """The province with this facility alone, in the folder `target`; `ports` are the played cameras', by slot.

    A maker whose cameras have no factory login can't be rehearsed as it is: its camera becomes a generic one.
    """
    shutil.copytree(province.path, target, ignore=shutil.ignore_patterns(*PRIVATE, "areas", ".git"))
    fields: dict[str, Any] = facility.model_dump(mode="json", by_alias=True, exclude_none=True)
    area = fields.pop("area")
    fields["lan"] |= {"network": moved_network(facility.lan.network), "box_address": moved(facility.lan.box_address)}
    fields |= {"uplink": {"kind": "dhcp"}, "recorders": [], "switches": []}
    for camera, row in zip(facility.cameras, fields["cameras"], strict=True):
        row |= {"address": moved(camera.address), "port": ports[camera.slot]}
        if factory_account(province, camera) is None:
            row["make"] = "generic"
    document = {"area": {"id": area, "name": province.areas[area].name}, "facilities": [fields]}
    (target / "areas").mkdir()
    (target / "areas" / f"{area}.yml").write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
