"""What a facility's switches are to become, from the inventory's data and the facility's vault. Pure."""

from collections.abc import Mapping
from typing import Any

from province.names import camera_name, recorder_name, subject_name
from province.switches.model import Account, DesiredPort, DesiredSwitch, End

_ENDS: tuple[End, ...] = ("camera", "recorder", "uplink", "box")


def switch_name(code: str, slot: int) -> str:
    """The host name: letters, digits and hyphens, as IOS demands."""
    return f"{code}-{subject_name('switch', slot)}".upper()


def desired_switches(
    facility: Mapping[str, Any], vault: Mapping[str, Any], factory: Mapping[str, Any], deadline_s: float = 120.0
) -> list[DesiredSwitch]:
    """The facility's switches that may be touched and whose ports the inventory lists.

    facility: code, switches (as the inventory plugin gives it). vault: {"switches": {"30": {"admin": {user, password}}}}.
    factory: make -> its factory logins.
    """
    accounts = vault.get("switches") or {}
    return [
        _switch(facility["code"], switch, accounts.get(str(switch["slot"])) or {}, factory.get(switch["make"]) or (), deadline_s)
        for switch in facility.get("switches") or ()
        if switch.get("ports") and not switch.get("no_access")
    ]


def _switch(code: str, switch: Mapping[str, Any], accounts: Mapping[str, Any], factory: Any, deadline_s: float) -> DesiredSwitch:
    return DesiredSwitch(
        slot=int(switch["slot"]),
        address=str(switch["address"]),
        port=int(switch.get("port") or 22),
        driver=str(switch["driver"]),
        mac=str(switch["mac"]).lower(),
        name=switch_name(code, switch["slot"]),
        vlan=int(switch.get("vlan") or 1),
        ports=tuple(_port(code, port) for port in switch["ports"]),
        admin=_account(accounts.get("admin")),
        previous=_account(accounts.get("previous")),
        factory=tuple(account for login in factory if (account := _account(login))),
        deadline_s=float(deadline_s),
    )


def _port(code: str, port: Mapping[str, Any]) -> DesiredPort:
    end = next(end for end in _ENDS if port.get(end))
    names = {
        "camera": camera_name(code, port.get("camera") or 0),
        "recorder": recorder_name(code, port.get("recorder") or 0),
        "uplink": f"{code} UPLINK".upper(),
        "box": f"{code} BOX".upper(),
    }
    return DesiredPort(str(port["name"]), end, names[end], bool(port.get("poe", True)))


def _account(found: Any) -> Account | None:
    return Account(str(found["user"]), str(found["password"])) if found else None
