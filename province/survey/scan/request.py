"""What the box (or a laptop) is asked to look at: the document for `edge-agent survey`, with what the vault holds. Pure but for files.

Devices are compared with what a rollout would make of them, thresholds of the province's standard first.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from province.model import Province
from province.names import camera_name, recorder_name
from province.office import vaults
from province.office.home import Home
from province.paths import data
from province.rollout.inventory import factory_logins
from province.standard.checks import Standard
from province.survey.scan.place import Listed, Place

DEADLINE_S, EACH_S = 75, 1
"""For one device: identified, read, two streams watched; and a second more for each camera, because streams are watched by turns."""
Document = dict[str, Any]


def document(province: Province, place: Place, standard: Standard, *, streams: bool, state_dir: str | None) -> Document:
    """Contains secrets. Raises VaultError."""
    seconds = deadline(place)
    vault = vaults.read(Home.of(province.path), province.path, place.code)
    role = defaults(standard)
    makers = factory_logins(province)
    devices = [_device(place, each, role, vault, makers) | {"deadline_s": seconds} for each in place.devices if each.kind != "switch"]
    barred = [each.address for each in place.devices if each.barred]
    return {
        "schema": 1,
        "site": {"id": place.id, "code": place.code},
        "lan": str(place.network),
        "skip": [place.box_address] if place.box_address else [],
        "barred": barred,
        "ports": sorted({int(each.get("port")) for each in place.devices if str(each.get("port") or "").isdigit()}),
        "ntp": place.box_address,
        "timezone": role["timezone"],
        "state_dir": state_dir,
        "streams": streams,
        "deadline_s": seconds,
        "devices": devices,
    }


def deadline(place: Place) -> int:
    return DEADLINE_S + EACH_S * len(place.devices)


def defaults(standard: Standard) -> Document:
    """The role's settings of cameras, without `cameras_` before their names; the standard's thresholds where it has them."""
    written = yaml.safe_load(data("roles/cameras/defaults/main.yml").read_text(encoding="utf-8"))
    role = {name.removeprefix("cameras_"): value for name, value in written.items()}
    least = {side: standard.threshold("size", side) for side in ("width", "height")}
    fps, keyframe = standard.threshold("rate", "fps"), standard.threshold("keyframe_distance", "seconds")
    encoder = role["encoder"] | {name: value for name, value in {**least, "fps": fps}.items() if value}
    if keyframe and keyframe < encoder["keyframe_s"]:
        encoder["keyframe_s"] = keyframe
    return role | {"encoder": encoder}


def _device(place: Place, device: Listed, role: Document, vault: Mapping[str, Any], makers: Mapping[str, Any]) -> Document:
    found: Document = {
        "slot": device.slot,
        "kind": device.kind,
        "driver": device.get("driver") or "onvif",
        "address": device.address,
        "port": int(device.get("port") or 80),
        "mac": device.mac,
    }
    if device.barred:
        return found | {"no_access": {name: str(value) for name, value in dict(device.get("no_access")).items()}}
    accounts = (vault.get(f"{device.kind}s") or {}).get(str(device.slot)) or {}
    lan = place.raw.get("lan") or {}
    flat = lan.get("topology") == "flat" or place.box_address is None
    found["network"] = {"prefix": place.network.prefixlen, "gateway": None if flat else place.box_address, "dns": []}
    found["services_off"] = list(role["services_off"])
    if isinstance(accounts.get("admin"), Mapping):
        # The viewer's login would be one more that can fail; whether it is right is for a rollout to see.
        found["accounts"] = {name: dict(accounts[name]) for name in ("admin", "previous") if name in accounts}
        found["factory"] = list(makers.get(str(device.get("make")), []))
    if device.kind == "recorder":
        return found | {"name": recorder_name(place.code, device.slot)}
    return found | {
        "name": camera_name(place.code, device.slot),
        "encoder": dict(role["encoder"]),
        "sub_encoder": dict(role["sub_encoder"]) if role["sub_encoder"] else None,
        "discovery": role["discovery"],
    }
