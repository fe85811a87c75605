"""What a facility's cameras are to become: the document that `edge-agent devices apply` takes. Pure."""

from collections.abc import Mapping
from typing import Any


def camera_name(code: str, slot: int) -> str:
    """What a camera shows in its picture and answers to: "AN-NHON-01 C01"."""
    return f"{code} C{int(slot):02d}".upper()


def wanted(facility: Mapping[str, Any], role: Mapping[str, Any], vault: Mapping[str, Any]) -> dict[str, Any]:
    """The document for `edge-agent devices apply` (schema 1; contains secrets), pure.

    facility: id, code, cameras. role: ntp, timezone, state_dir, slots (empty: all), encoder, discovery, factory (make -> logins).
    vault: {"cameras": {"1": {"admin": {user, password}, "viewer": {user, password}}}}. Raises KeyError for slots without passwords.
    """
    cameras = [camera for camera in facility["cameras"] if not role["slots"] or camera["slot"] in role["slots"]]
    accounts = vault.get("cameras") or {}
    missing = [camera["slot"] for camera in cameras if str(camera["slot"]) not in accounts]
    if missing:
        raise KeyError(*missing)
    return {
        "schema": 1,
        "site": {"id": facility["id"], "code": facility["code"]},
        "ntp": role["ntp"],
        "timezone": role["timezone"],
        "state_dir": role["state_dir"],
        "devices": [
            {
                **{key: camera[key] for key in ("slot", "driver", "address", "mac", "make")},
                "port": camera.get("port", 80),
                "name": camera_name(facility["code"], camera["slot"]),
                "accounts": {kind: dict(accounts[str(camera["slot"])][kind]) for kind in ("admin", "viewer")},
                "factory": list(role["factory"].get(camera["make"], [])),
                "encoder": dict(role["encoder"]),
                "discovery": role["discovery"],
            }
            for camera in cameras
        ],
    }
