"""The first network interface: address, router, name servers. Written last, because it can take the device away."""

from ipaddress import IPv4Network

from edge_agent.contract.devices import DesiredNetwork
from edge_agent.devices import normalise, xmlsafe
from edge_agent.devices.hikvision.isapi import put_text
from edge_agent.devices.model import Network
from edge_agent.devices.xmlsafe import Element

INTERFACE = "System/Network/interfaces/1"
ADDRESS = f"{INTERFACE}/ipAddress"
_NONE = ("0.0.0.0", "::", "", None)  # noqa: S104  compared, not bound
_DNS = ("PrimaryDNS", "SecondaryDNS")


def read(root: Element | None) -> Network | None:
    """Of a NetworkInterface, or of its IPAddress alone."""
    block = root if root is not None and xmlsafe.local(root) == "IPAddress" else xmlsafe.find(root, "IPAddress")
    if block is None:
        return None
    kind = (xmlsafe.text(block, "addressingType") or "").lower()
    return Network(
        address=xmlsafe.text(block, "ipAddress"),
        prefix=normalise.prefix(xmlsafe.text(block, "subnetMask")),
        dhcp=kind in ("dynamic", "dhcp") if kind else None,
        gateway=_address(block, "DefaultGateway"),
        dns=tuple(v for name in _DNS if (v := _address(block, name))),
    )


def fill(root: Element, address: str, desired: DesiredNetwork) -> None:
    """Put the wanted into a NetworkInterface or an IPAddress; what it says of IPv6 stays."""
    found = root if xmlsafe.local(root) == "IPAddress" else xmlsafe.find(root, "IPAddress")
    block = put_text(root, "IPAddress", "") if found is None else found
    put_text(block, "addressingType", "static")
    put_text(block, "ipAddress", address)
    put_text(block, "subnetMask", str(IPv4Network(f"0.0.0.0/{desired.prefix}").netmask))
    if desired.gateway:
        put_text(block, "DefaultGateway/ipAddress", desired.gateway)
    for name, server in zip(_DNS, desired.dns, strict=False):
        put_text(block, f"{name}/ipAddress", server)


def _address(block: Element, name: str) -> str | None:
    value = xmlsafe.text(block, f"{name}/ipAddress")
    return None if value in _NONE else value
