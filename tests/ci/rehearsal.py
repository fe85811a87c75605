"""An inventory to rehearse with: one facility of a province, its devices moved from their LAN to loopback."""

import shutil
from collections.abc import Mapping
from datetime import date
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import yaml

from province.model import Facility, Province
from province.model.devices import Camera, Recorder, Switch

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


PLAYED = {"recorders": ("hikvision", "dahua"), "switches": ("routeros", "cisco-ios")}
"""What can be played without root, by driver; any camera can."""


def played(facility: Facility) -> list[Camera | Recorder | Switch]:
    """The facility's devices that this rehearsal plays and configures; nobody may touch the others, or nothing plays them here."""
    others = (device for kind, drivers in PLAYED.items() for device in getattr(facility, kind) if device.driver in drivers)
    return [device for device in (*facility.cameras, *others) if not device.no_access]


def factory_account(province: Province, device: Camera | Recorder | Switch) -> dict[str, str] | None:
    """How the inventory's tables say that this maker's devices leave the factory; None: they name no login."""
    make = province.tables.makes.get(device.make)
    return {"user": make.factory[0].user, "password": make.factory[0].password} if make and make.factory else None


def write(province: Province, facility: Facility, ports: Mapping[int, int], target: Path) -> None:
    """The province with this facility alone, in the folder `target`; `ports` are the played devices', by slot: the others are left out.

    A maker whose cameras have no factory login can't be rehearsed as it is: its camera becomes a generic one.
    """
    shutil.copytree(province.path, target, ignore=shutil.ignore_patterns(*PRIVATE, "areas", ".git"))
    fields: dict[str, Any] = facility.model_dump(mode="json", by_alias=True, exclude_none=True)
    area = fields.pop("area")
    fields["lan"] |= {"network": moved_network(facility.lan.network), "box_address": moved(facility.lan.box_address)}
    fields["uplink"] = {"kind": "dhcp"}
    for kind in ("cameras", "recorders", "switches"):
        fields[kind] = [row for row in fields.get(kind, []) if row["slot"] in ports or row.get("no_access")]
        for row in fields[kind]:
            row |= {"address": moved(IPv4Address(row["address"])), "port": ports.get(row["slot"], row["port"])}
    if not fields["recorders"]:
        fields["recording"] = {"by": "box"}
    for camera, row in zip(facility.cameras, fields["cameras"], strict=True):
        if factory_account(province, camera) is None:
            row["make"] = "generic"
    known = {row["slot"] for kind in ("cameras", "recorders") for row in fields[kind]}
    for switch in fields["switches"]:
        switch["ports"] = [port for port in switch["ports"] if port.get("camera", port.get("recorder")) in {None, *known}]
    document = {"area": {"id": area, "name": province.areas[area].name}, "facilities": [fields]}
    (target / "areas").mkdir()
    (target / "areas" / f"{area}.yml").write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
