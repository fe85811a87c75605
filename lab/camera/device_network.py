"""The network half of ONVIF's device service: host name, interfaces, protocols, DNS, NTP, gateway."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from lab.camera.shape import Camera, Operation
from lab.camera.xml import NS, Fault, Request, boolean, integer, invalid, text, x

INTERFACE = "eth0"


def _ipv4(word: str) -> str:
    try:
        return str(ipaddress.IPv4Address(word))
    except ValueError:
        raise invalid("ter:InvalidIPv4Address", text=f"not an IPv4 address: {word}") from None


def get_hostname(camera: Camera, request: Request) -> Any:
    return x("tds:HostnameInformation", x("tt:FromDHCP", False), x("tt:Name", camera.memory["hostname"]))


def set_hostname(camera: Camera, request: Request) -> Any:
    name = request.text("tds:Name")
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", name):
        raise invalid("ter:InvalidHostname", text=f"not a host name: {name}")
    camera.memory.write("hostname", name)


def get_interfaces(camera: Camera, request: Request) -> Any:
    network = camera.memory["network"]
    address = [x("tt:Address", network["address"]), x("tt:PrefixLength", network["prefix"])]
    config = [x("tt:FromDHCP", address), x("tt:DHCP", True)] if network["dhcp"] else [x("tt:Manual", address), x("tt:DHCP", False)]
    return x(
        "tds:NetworkInterfaces",
        x("tt:Enabled", network["enabled"]),
        x("tt:Info", x("tt:Name", INTERFACE), x("tt:HwAddress", camera.config.mac), x("tt:MTU", 1500)),
        x("tt:IPv4", x("tt:Enabled", True), x("tt:Config", config)),
        token=INTERFACE,
    )


def set_interfaces(camera: Camera, request: Request) -> Any:
    if request.text("tds:InterfaceToken") != INTERFACE:
        raise invalid("ter:InvalidNetworkInterface")
    change: dict[str, Any] = {}
    found = request.find("tds:NetworkInterface/tt:IPv4")
    if found is not None:
        manual = found.find("tt:Manual", NS)
        if manual is not None:
            change |= {
                "address": _ipv4(text(manual, "tt:Address")),
                "prefix": integer(text(manual, "tt:PrefixLength")),
                "dhcp": False,
            }
        dhcp = text(found, "tt:DHCP", "")
        if dhcp:
            change["dhcp"] = boolean(dhcp)
    camera.memory.write("network", change)
    return x("tds:RebootNeeded", camera.memory.pending("network"))


def get_protocols(camera: Camera, request: Request) -> Any:
    return [
        x("tds:NetworkProtocols", x("tt:Name", name), x("tt:Enabled", p["enabled"]), x("tt:Port", p["port"]))
        for name, p in camera.memory["protocols"].items()
    ]


def set_protocols(camera: Camera, request: Request) -> Any:
    change = {}
    for element in request.all("tds:NetworkProtocols"):
        name = text(element, "tt:Name")
        if name not in camera.memory["protocols"]:
            raise invalid("ter:ServiceNotSupported", text=f"no such protocol: {name}")
        port = integer(text(element, "tt:Port", str(camera.memory[f"protocols.{name}.port"])))
        if not 0 < port < 65536:
            raise invalid("ter:ConfigModify", text=f"not a port: {port}")
        change[name] = {"enabled": boolean(text(element, "tt:Enabled")), "port": port}
    camera.memory.write("protocols", change)


def get_dns(camera: Camera, request: Request) -> Any:
    dns = camera.memory["dns"]
    return x(
        "tds:DNSInformation",
        x("tt:FromDHCP", dns["from_dhcp"]),
        [x("tt:SearchDomain", d) for d in dns["search"]],
        [x("tt:DNSManual", x("tt:Type", "IPv4"), x("tt:IPv4Address", s)) for s in dns["servers"]],
    )


def set_dns(camera: Camera, request: Request) -> Any:
    camera.memory.write(
        "dns",
        {
            "from_dhcp": boolean(request.text("tds:FromDHCP")),
            "search": [str(e.text).strip() for e in request.all("tds:SearchDomain")],
            "servers": [_ipv4(text(e, "tt:IPv4Address")) for e in request.all("tds:DNSManual")],
        },
    )


def get_ntp(camera: Camera, request: Request) -> Any:
    if camera.flags["ntp_missing"]:
        raise Fault("ter:ActionNotSupported", code="env:Receiver")
    ntp = camera.memory["ntp"]

    def host(server: str) -> Any:
        numeric = re.fullmatch(r"[0-9.]+", server)
        return x(
            "tt:NTPManual",
            x("tt:Type", "IPv4" if numeric else "DNS"),
            x("tt:IPv4Address" if numeric else "tt:DNSname", server),
        )

    return x("tds:NTPInformation", x("tt:FromDHCP", ntp["from_dhcp"]), [host(s) for s in ntp["servers"]])


def set_ntp(camera: Camera, request: Request) -> Any:
    if camera.flags["no_clock"] or camera.flags["ntp_missing"] or camera.flags["ntp_unsettable"]:
        raise Fault("ter:ActionNotSupported", code="env:Receiver")
    servers = []
    for element in request.all("tds:NTPManual"):
        kind = text(element, "tt:Type")
        servers.append(_ipv4(text(element, "tt:IPv4Address")) if kind == "IPv4" else text(element, "tt:DNSname"))
    camera.memory.write("ntp", {"from_dhcp": boolean(request.text("tds:FromDHCP")), "servers": servers})


def get_gateway(camera: Camera, request: Request) -> Any:
    gateway = camera.memory["network.gateway"]
    return x("tds:NetworkGateway", x("tt:IPv4Address", gateway) if gateway else None)


def set_gateway(camera: Camera, request: Request) -> Any:
    wanted = [_ipv4(str(e.text).strip()) for e in request.all("tds:IPv4Address")]
    camera.memory.write("network.gateway", wanted[0] if wanted else "")


NETWORK_OPERATIONS: dict[str, Operation] = {
    "GetHostname": Operation("READ_SYSTEM", get_hostname),
    "SetHostname": Operation("WRITE_SYSTEM", set_hostname),
    "GetNetworkInterfaces": Operation("READ_SYSTEM", get_interfaces),
    "SetNetworkInterfaces": Operation("WRITE_SYSTEM", set_interfaces),
    "GetNetworkProtocols": Operation("READ_SYSTEM", get_protocols),
    "SetNetworkProtocols": Operation("WRITE_SYSTEM", set_protocols),
    "GetDNS": Operation("READ_SYSTEM", get_dns),
    "SetDNS": Operation("WRITE_SYSTEM", set_dns),
    "GetNTP": Operation("READ_SYSTEM", get_ntp),
    "SetNTP": Operation("WRITE_SYSTEM", set_ntp),
    "GetNetworkDefaultGateway": Operation("READ_SYSTEM", get_gateway),
    "SetNetworkDefaultGateway": Operation("WRITE_SYSTEM", set_gateway),
}
