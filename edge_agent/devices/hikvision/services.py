"""Network services, each a row: the words of `DesiredDevice.services_off`, the document that has its switch, and where in it.

What a device doesn't have is missing: it answers 403 notSupport or 404.
"""

from collections.abc import Iterable
from typing import NamedTuple

from edge_agent.contract.devices import DesiredDevice
from edge_agent.devices import xmlsafe
from edge_agent.devices.hikvision.isapi import put_text
from edge_agent.devices.xmlsafe import Element

PORTS = "Security/adminAccesses"
INTEGRATE = "System/Network/Integrate"


class Switch(NamedTuple):
    """`steps`: local names from the root to a switch; "*" is every child. `protocol`: only the child whose protocol that is."""

    service: str
    path: str
    steps: tuple[str, ...] = ("enabled",)
    protocol: str | None = None


SWITCHES = (
    Switch("https", PORTS, ("*", "enabled"), "HTTPS"),
    Switch("bonjour", PORTS, ("*", "enabled"), "Bonjour"),
    Switch("bonjour", "System/Network/Bonjour"),
    Switch("upnp", "System/Network/UPnP"),
    Switch("p2p", "System/Network/EZVIZ"),
    Switch("p2p", "System/Network/Ehome"),
    Switch("ssh", "System/Network/ssh"),
    Switch("telnet", "System/Network/telnetd"),
    Switch("snmp", "System/Network/SNMP", ("*", "enabled")),
    Switch("snmp", "System/Network/SNMP", ("enabled",)),
    Switch("ftp", "System/Network/ftp", ("*", "enabled")),
    Switch("wifi", "System/Network/interfaces/2/wireless"),
    Switch("onvif", INTEGRATE, ("ONVIF", "enable")),
    Switch("sadp", "System/discoveryMode", ("SADP",)),
)
SADP = "sadp"
"""The maker's own search for devices. Who is not to be discovered doesn't answer it, if there is a switch (ONVIF's discovery has none
in ISAPI)."""
MULTICAST = "multicast"
"""Stands with each stream (streams.multicast)."""
_WORDS = {"discoverable": True, "nondiscoverable": False}
"""In place of true and false, in the switches of discovery."""
NAMES = tuple(dict.fromkeys([*(s.service for s in SWITCHES), MULTICAST]))


def off(desired: DesiredDevice) -> tuple[str, ...]:
    """The services that are not wanted."""
    return (*desired.services_off, SADP) if desired.discovery == "NonDiscoverable" else desired.services_off


def of(services: Iterable[str]) -> list[Switch]:
    desired = set(services)
    return [s for s in SWITCHES if s.service in desired]


def state(root: Element, switch: Switch) -> bool | None:
    """On if any of its switches is; None where there is none."""
    found = [v for e in _elements(root, switch) if (v := _is_on(e)) is not None]
    return any(found) if found else None


def turn(root: Element, switch: Switch, on: bool) -> None:
    for element in _elements(root, switch):
        word = ("nonDiscoverable", "discoverable") if (element.text or "").strip().lower() in _WORDS else ("false", "true")
        element.text = word[on]


def rtsp_port(ports: Element | None) -> int:
    """From the list of ports; 554 where it isn't told."""
    for row in ports if ports is not None else ():
        if (xmlsafe.text(row, "protocol") or "").upper() == "RTSP":
            port = xmlsafe.number(row, "portNo")
            return port if port and 0 < port < 65536 else 554
    return 554


def set_onvif(root: Element, on: bool) -> None:
    """The switch of ONVIF, whose block old firmware leaves out while it is off."""
    put_text(root, "ONVIF/enable", "true" if on else "false")


def _is_on(element: Element) -> bool | None:
    return _WORDS.get((xmlsafe.text(element) or "").lower(), xmlsafe.boolean(element))


def _elements(root: Element, switch: Switch) -> list[Element]:
    rows = [root]
    for name in switch.steps:
        rows = [child for row in rows for child in row if name in ("*", xmlsafe.local(child))]
        if name == "*" and switch.protocol:
            rows = [r for r in rows if (xmlsafe.text(r, "protocol") or "").lower() == switch.protocol.lower()]
    return rows
