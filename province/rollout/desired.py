"""What a facility's cameras and recorders are to become: the documents that `edge-agent devices apply` takes. Pure."""

from collections.abc import Iterator, Mapping
from functools import cache
from ipaddress import IPv4Network
from typing import Any, Literal

from province.model.loader import shipped
from province.model.tables import MakesFile
from province.names import camera_name, recorder_name

Given = Mapping[str, Any]
Kind = Literal["cameras", "recorders"]


@cache
def rtsp_paths() -> Mapping[str, str]:
    """Driver -> the main stream of a camera that speaks its maker's own protocol, for a recorder that speaks another maker's."""
    return {make.id: make.rtsp_path for make in shipped("makes.yml", MakesFile).makes if make.rtsp_path}


class NoPasswords(KeyError):
    """`args`: the slots that the vault file has no passwords for."""


def desired_devices(facility: Given, role: Given, vault: Given, kind: Kind = "cameras") -> dict[str, Any]:
    """The document for `edge-agent devices apply` (schema 1; contains secrets).

    facility: id, code, lan, cameras, recorders, recording. role: ntp, timezone, state_dir, slots (empty: all), factory (make ->
    logins), services_off, deadline_s, and for cameras encoder, sub_encoder, discovery, osd. vault: {"cameras": {"1": {"admin":
    {user, password}, "viewer": ..}}, "recorders": ..}; in a rotation with "previous". Raises NoPasswords.
    """
    chosen = [each for each in facility.get(kind) or () if not role["slots"] or each["slot"] in role["slots"]]
    _passwords(vault, kind, [each for each in chosen if not each.get("no_access")])
    make = _camera if kind == "cameras" else _recorder
    return {
        "schema": 1,
        "site": {"id": facility["id"], "code": facility["code"]},
        "ntp": role["ntp"],
        "timezone": role["timezone"],
        "state_dir": role["state_dir"],
        "devices": [_common(each, role, vault.get(kind) or {}) | make(each, facility, role, vault) for each in chosen],
    }


def after_rotation(document: dict[str, Any]) -> dict[str, Any]:
    """The document as it is once each device has its new password: what a box is said to have converged to."""
    devices = [
        {**each, "accounts": {name: account for name, account in each["accounts"].items() if name != "previous"}}
        if "accounts" in each
        else each
        for each in document["devices"]
    ]
    return {**document, "devices": devices}


def _passwords(vault: Given, kind: str, devices: list[Given]) -> None:
    known = vault.get(kind) or {}
    missing = [each["slot"] for each in devices if not _complete(known.get(str(each["slot"])))]
    if missing:
        raise NoPasswords(*missing)


def _complete(accounts: Any) -> bool:
    return isinstance(accounts, Mapping) and all(isinstance(accounts.get(name), Mapping) for name in ("admin", "viewer"))


def _common(device: Given, role: Given, accounts: Given) -> dict[str, Any]:
    found = {key: device[key] for key in ("slot", "driver", "address", "mac", "make")}
    if device.get("no_access"):
        return found | {"no_access": dict(device["no_access"])}
    own = accounts[str(device["slot"])]
    return found | {
        "port": device.get("port", 80),
        "accounts": {account: dict(own[account]) for account in ("admin", "previous", "viewer") if account in own},
        "factory": list(role["factory"].get(device["make"], [])),
        "services_off": list(role["services_off"]),
        "deadline_s": role["deadline_s"],
    }


def _camera(camera: Given, facility: Given, role: Given, vault: Given) -> dict[str, Any]:
    name = camera_name(facility["code"], camera["slot"])
    return {
        "kind": "camera",
        "name": name,
        "osd": name if role["osd"] else None,
        "encoder": dict(role["encoder"]),
        "sub_encoder": dict(role["sub_encoder"]) if role["sub_encoder"] else None,
        "discovery": role["discovery"],
        "network": _network(facility["lan"]),
    }


def _recorder(recorder: Given, facility: Given, role: Given, vault: Given) -> dict[str, Any]:
    records = facility["recording"]["by"] == "recorder"
    return {
        "kind": "recorder",
        "name": recorder_name(facility["code"], recorder["slot"]),
        "network": _network(facility["lan"]),
        "channels": list(_channels(recorder, facility, vault)) if not recorder.get("no_access") else None,
        "recording": "continuous" if records else None,
        "recording_days": facility["recording"]["days"] if records else None,
    }


def _network(lan: Given) -> dict[str, Any]:
    """Where it routes for its cameras the box is the only way out; on a flat LAN they keep their router."""
    return {
        "prefix": IPv4Network(lan["network"]).prefixlen,
        "gateway": lan["box_address"] if lan["topology"] == "routed" else None,
        "dns": [],
    }


def _channels(recorder: Given, facility: Given, vault: Given) -> Iterator[dict[str, Any]]:
    """The cameras that this recorder takes in, as it logs in to them: as their viewer."""
    taken = [
        camera
        for camera in facility["cameras"]
        if not camera.get("no_access") and (recorder.get("cameras") is None or camera["slot"] in recorder["cameras"])
    ]
    _passwords(vault, "cameras", taken)
    for camera in taken:
        protocol = camera["driver"] if camera["driver"] in (recorder["driver"], "onvif") else "rtsp"
        yield {
            "number": camera.get("channel") or camera["slot"],
            "name": camera_name(facility["code"], camera["slot"]),
            "address": camera["address"],
            "port": 554 if protocol == "rtsp" else camera.get("port", 80),
            "protocol": protocol,
            "account": dict(vault["cameras"][str(camera["slot"])]["viewer"]),
            **({"rtsp_path": rtsp_paths()[camera["driver"]]} if protocol == "rtsp" else {}),
        }
