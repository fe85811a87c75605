"""Filters of our roles: thin faces of province's functions."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

from province import addresses
from province.home import Home
from province.packages import VERSIONS_FILE
from province.wanted import camera_name


def package_version(inventory_dir: str, name: str) -> str:
    """The version of one of our packages in the office's repository, which the hub serves."""
    file = Home.of(Path(inventory_dir)).repository / VERSIONS_FILE
    try:
        return str(json.loads(file.read_text())["versions"][name])
    except (OSError, KeyError, ValueError) as error:
        raise AnsibleFilterError(
            f"{file}: chưa có phiên bản của {name}: chạy `ketnoi init` để dựng kho gói / "
            f"no version of {name}: run `ketnoi init` to build the package repository"
        ) from error


def mapped_devices(facility: Mapping[str, Any], block: int) -> list[dict[str, str]]:
    """Each device's address on its LAN and as hub and centre see it: [{"slot", "address", "mapped"}], by slot."""
    devices = [device for kind in ("cameras", "recorders", "switches") for device in facility.get(kind) or ()]
    return [
        {
            "slot": device["slot"],
            "address": str(device["address"]),
            "mapped": str(addresses.mapped_address(int(block), int(facility["number"]), int(device["slot"]))),
        }
        for device in sorted(devices, key=lambda device: int(device["slot"]))
    ]


def agent_cameras(facility: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cameras as /etc/ketnoi/agent.json names them (edge_agent.daemon.config)."""
    return [
        {
            "slot": int(camera["slot"]),
            "name": camera_name(facility["code"], camera["slot"]),
            "address": str(camera["address"]),
        }
        for camera in facility["cameras"]
    ]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "ketnoi_package_version": package_version,
            "ketnoi_mapped_devices": mapped_devices,
            "ketnoi_agent_cameras": agent_cameras,
        }
