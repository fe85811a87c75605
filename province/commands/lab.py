"""`ketnoi lab …`: hand the inventory's plan to the lab, a program of its own that plays what the plan says."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from province.home import Home
from province.model import Facility, Province
from province.select import loaded, selected
from province.text import Lang


def lab(arguments: list[str], lang: Lang) -> int:
    if arguments[:1] != ["up"] or any(word in ("-h", "--help") for word in arguments):
        return _lab(arguments)
    parser = argparse.ArgumentParser(prog="ketnoi lab up")
    parser.add_argument("-i", "--inventory", type=Path)
    parser.add_argument("--area", "--district")
    parser.add_argument("--site")
    parser.add_argument("--lab", default="demo")
    parser.add_argument("--lang", default=lang)
    given, rest = parser.parse_known_args(arguments[1:])
    from province.cli import find_inventory

    inventory = find_inventory(given.inventory)
    province = loaded(inventory, lang)
    with tempfile.TemporaryDirectory(prefix="ketnoi-plan-") as folder:
        path = Path(folder) / "plan.json"
        chosen = selected(province, given.area, given.site)
        path.write_text(json.dumps(plan(given.lab, inventory, province, chosen), ensure_ascii=False, indent=1))
        return _lab(["up", str(path), "--lab", given.lab, *rest])


def _lab(arguments: list[str]) -> int:
    here = Path(__file__).resolve().parents[2]
    search = os.pathsep.join(filter(None, [str(here), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [sys.executable, "-m", "lab", *arguments], env={**os.environ, "PYTHONPATH": search}, check=False
    ).returncode


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
        "cameras": [
            {
                "slot": camera.slot,
                "address": str(camera.address),
                "mac": camera.mac,
                "make": camera.make,
                "port": camera.port,
            }
            for camera in facility.cameras
        ],
    }
