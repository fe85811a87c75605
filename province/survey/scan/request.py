"""What the box (or a laptop) is asked to look at: the document for `edge-agent survey`, with what the vault holds. Pure but for files.

Devices are compared with what a rollout would make of them (province.rollout.desired).
"""

from dataclasses import replace
from typing import Any

from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.written import written
from province.model import Province
from province.office import vaults
from province.office.home import Home
from province.office.vaults import Vault
from province.rollout.desired import Lan, desired_device
from province.rollout.documents import DeviceData, Logins
from province.rollout.inventory import factory_logins
from province.standard.settings import DeviceSettings
from province.survey.scan.place import Listed, Place

DEADLINE_S, EACH_S = 75, 1
"""For one device: identified, read, two streams watched; and a second more for each camera, because streams are watched by turns."""
Document = dict[str, Any]


def document(province: Province, place: Place, settings: DeviceSettings, *, streams: bool, state_dir: str | None) -> Document:
    """Contains secrets. Raises VaultError."""
    seconds = deadline(place)
    vault = vaults.read(Home.of(province.path), province.path, place.code)
    makers = factory_logins(province)
    devices = [
        replace(_device(place, each, settings, vault, makers), deadline_s=seconds) for each in place.devices if each.kind != "switch"
    ]
    return written(devices, {"id": place.id, "code": place.code}, state_dir) | {
        "lan": str(place.network),
        "skip": [place.box_address] if place.box_address else [],
        "no_access": [each.address for each in place.devices if each.no_access],
        "ports": sorted({each.port for each in place.devices if each.port}),
        "streams": streams,
        "deadline_s": seconds,
    }


def deadline(place: Place) -> int:
    return DEADLINE_S + EACH_S * len(place.devices)


def _device(place: Place, device: Listed, settings: DeviceSettings, vault: Vault, makers: Logins) -> DesiredDevice:
    """As a rollout makes it, but for what a survey sheet doesn't tell yet. The viewer's login would be one more that can fail; whether
    it is right is for a rollout to see."""
    accounts = vault.get(f"{device.kind}s", {}).get(str(device.slot), {})
    known = "admin" in accounts
    lan = Lan(place.code, place.network.prefixlen, place.box_address, place.is_routed)
    own = {name: account for name, account in accounts.items() if name in ("admin", "previous")} if known else {}
    factory = makers.get(device.make or "", []) if known else []
    data: DeviceData = {
        "slot": device.slot,
        "address": device.address,
        "mac": device.mac,
        "driver": device.driver,
        "port": device.port,
        "no_access": device.no_access,
    }
    return desired_device(data, "recorder" if device.kind == "recorder" else "camera", lan, settings, own, factory)
