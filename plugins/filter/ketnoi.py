"""Filters of our roles: thin wrappers of province's functions."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypedDict

from ansible.errors import AnsibleFilterError

from edge_agent.contract.box import AgentCamera, AgentEndpoint
from province.names import camera_name
from province.office import packages
from province.office.home import Home


class MappedDevice(TypedDict):
    address: str
    mapped: str


def package_version(inventory_dir: str, name: str) -> str:
    """The version of one of our packages in the office's repository, which the hub serves."""
    folder = Home.of(Path(inventory_dir)).repository
    version = packages.versions(folder).get(name)
    if version is None:
        raise AnsibleFilterError(f"{folder}: chưa có gói {name}: chạy `ketnoi packages` / no package {name}: run `ketnoi packages`")
    return version


def package_versions(names: list[str], inventory_dir: str) -> dict[str, str]:
    """The same for several: {name: version}."""
    return {name: package_version(inventory_dir, name) for name in names}


def repository(inventory_dir: str) -> dict[str, str]:
    """The office's package repository, for the hub to serve: its archive, signing key, and a digest of its content."""
    folder = Home.of(Path(inventory_dir)).repository
    try:
        digest = packages.digest(folder)
    except OSError as error:
        raise AnsibleFilterError(
            f"{folder}: chưa có kho gói: chạy `ketnoi packages` / no package repository: run `ketnoi packages`"
        ) from error
    return {"archive": str(packages.archive(folder)), "key": str(folder / packages.KEY_FILE), "digest": digest}


def mapped_devices(facility: Mapping[str, Any]) -> list[MappedDevice]:
    """Each device's address on its LAN and as hub and centre see it: [{"address", "mapped"}], by slot."""
    devices = [device for kind in ("cameras", "recorders", "switches") for device in facility.get(kind) or ()]
    return [
        {"address": str(device["address"]), "mapped": str(facility["mapped"][str(device["slot"])])}
        for device in sorted(devices, key=lambda device: int(device["slot"]))
    ]


def agent_cameras(facility: Mapping[str, Any]) -> list[AgentCamera]:
    """The cameras as /etc/ketnoi/agent.json names them (edge_agent.daemon.config)."""
    return [
        {
            "slot": int(camera["slot"]),
            "name": camera_name(facility["code"], camera["slot"]),
            "address": str(camera["address"]),
        }
        for camera in facility["cameras"]
    ]


def agent_endpoints(hub: Mapping[str, Any]) -> list[AgentEndpoint]:
    """The ways to the broker as agent.json names them, best first: by the tunnel, then by each public address of the hub's."""
    found: list[AgentEndpoint] = [{"address": hub["tunnel_address"], "port": int(hub["mqtt_port"])}]
    for address in (hub["endpoint"], *hub["more_endpoints"]):
        found.append({"address": address, "port": 443, "alpn": "mqtt", "way": "direct"})
    return found


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "ketnoi_package_version": package_version,
            "ketnoi_package_versions": package_versions,
            "ketnoi_repository": repository,
            "ketnoi_mapped_devices": mapped_devices,
            "ketnoi_agent_cameras": agent_cameras,
            "ketnoi_agent_endpoints": agent_endpoints,
        }
