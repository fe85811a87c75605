"""What a facility's switches are to become, from the inventory's data and the facility's vault. Pure."""

from collections.abc import Iterable

from province.names import camera_name, recorder_name, subject_name
from province.office.vaults import AccountData, Accounts, Vault
from province.rollout.documents import FacilityData, Logins, PortData, SwitchData
from province.switches.model import Account, DesiredPort, DesiredSwitch, End

_ENDS: tuple[End, ...] = ("camera", "recorder", "uplink", "box")


def switch_name(code: str, slot: int) -> str:
    """The host name: letters, digits and hyphens, as IOS demands."""
    return f"{code}-{subject_name('switch', slot)}".upper()


def desired_switches(facility: FacilityData, vault: Vault, factory: Logins, deadline_s: float = 120.0) -> list[DesiredSwitch]:
    """The facility's switches that may be touched and whose ports the inventory lists."""
    accounts = vault.get("switches", {})
    return [
        _switch(facility["code"], switch, accounts.get(str(switch["slot"]), {}), factory.get(switch["make"], []), deadline_s)
        for switch in facility.get("switches") or ()
        if switch.get("ports") and not switch.get("no_access")
    ]


def _switch(code: str, switch: SwitchData, accounts: Accounts, factory: Iterable[AccountData], deadline_s: float) -> DesiredSwitch:
    return DesiredSwitch(
        slot=switch["slot"],
        address=switch["address"],
        port=switch.get("port") or 22,
        driver=switch["driver"],
        mac=switch["mac"].lower(),
        name=switch_name(code, switch["slot"]),
        vlan=switch.get("vlan") or 1,
        ports=tuple(_port(code, port) for port in switch["ports"]),
        admin=_account(accounts.get("admin")),
        previous=_account(accounts.get("previous")),
        factory=tuple(Account(login["user"], login["password"]) for login in factory),
        deadline_s=deadline_s,
    )


def _port(code: str, port: PortData) -> DesiredPort:
    end = next(end for end in _ENDS if port.get(end))
    names = {
        "camera": camera_name(code, port.get("camera") or 0),
        "recorder": recorder_name(code, port.get("recorder") or 0),
        "uplink": f"{code} UPLINK".upper(),
        "box": f"{code} BOX".upper(),
    }
    return DesiredPort(port["name"], end, names[end], port.get("poe", True))


def _account(found: AccountData | None) -> Account | None:
    return Account(found["user"], found["password"]) if found else None
