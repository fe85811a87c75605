"""What ISAPI shows and takes of the device itself: identity, clock, network, accounts, services. The same on cameras and recorders."""

from __future__ import annotations

import re
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from lab.camera.clock import utc_offset_s
from lab.camera.isapi import BAD_CONTENT, NOT_SUPPORTED, Device, Refusal, Resource, boolean, number, text
from lab.camera.xml import Xml, x

LEVELS = {"Administrator": "Administrator", "Operator": "Operator", "User": "Viewer"}
ONVIF_LEVELS = {"Administrator": "administrator", "Operator": "operator", "User": "mediaUser"}
SERVICES = {"upnp": "UPnP", "p2p": "EZVIZ", "ssh": "SSH", "telnet": "Telnetd", "bonjour": "Bonjour"}
PATHS = {"UPnP": "upnp", "EZVIZ": "p2p", "ssh": "ssh", "telnetd": "telnet", "Bonjour": "bonjour"}
MAX_USERS = 32
NAME_MAX = 32
Match = re.Match[str]


def identity(device: Device, model: str, firmware: str, number: str, built: str, kind: str, control: int) -> Xml:
    """`number` and `built`: what a deviceID begins with, and the firmware's date; `kind`: what the device calls itself."""
    config = device.config
    return x(
        "DeviceInfo",
        x("deviceName", device.memory["isapi.title"]),
        x("deviceID", f"{number}-{config.serial[-8:]:0>8}-0000"),
        x("deviceDescription", kind) if kind == "IPCamera" else None,
        x("model", config.model or model),
        x("serialNumber", config.serial),
        x("macAddress", config.mac),
        x("firmwareVersion", firmware),
        x("firmwareReleasedDate", built),
        x("deviceType", kind),
        x("telecontrolID", control),
        version="2.0",
    )


def show_time(device: Device, match: Match) -> Xml:
    zone = device.memory["clock.timezone"]
    offset = utc_offset_s(zone)
    sign, minutes = ("-" if offset >= 0 else "+"), abs(offset) // 60
    east = f"{'+' if offset >= 0 else '-'}{minutes // 60:02d}:{minutes % 60:02d}"
    return x(
        "Time",
        x("timeMode", "NTP" if device.memory["clock.type"] == "NTP" else "manual"),
        x("localTime", f"{device.clock.local():%Y-%m-%dT%H:%M:%S}" + ("" if device.flags["isapi_naive_time"] else east)),
        x("timeZone", f"CST{sign}{minutes // 60}:{minutes % 60:02d}:00"),
        version="2.0",
    )


def take_time(device: Device, match: Match, body: Any) -> None:
    mode = text(body, "timeMode")
    if mode not in ("NTP", "manual"):
        raise BAD_CONTENT
    zone = text(body, "timeZone", "")
    if zone:
        take_zone(device, match, zone)
    if mode == "manual":
        take_local_time(device, match, text(body, "localTime"))
    device.memory.write("clock.type", "NTP" if mode == "NTP" else "Manual")


def take_zone(device: Device, match: Match, body: Any) -> None:
    try:
        utc_offset_s(str(body))
    except ValueError:
        raise BAD_CONTENT from None
    device.memory.write("clock.timezone", str(body).strip())


def take_local_time(device: Device, match: Match, body: Any) -> None:
    try:
        there = datetime.fromisoformat(str(body).strip())
    except ValueError:
        raise BAD_CONTENT from None
    local = there.replace(tzinfo=None) - datetime(1970, 1, 1)
    now = local.total_seconds() - utc_offset_s(device.memory["clock.timezone"])
    device.memory.write("clock.offset_s", round(now - (device.clock.now() - device.memory["clock.offset_s"]), 3))


def _server(device: Device, number: int, server: str) -> Xml:
    is_name = not re.fullmatch(r"[0-9.]+", server)
    return x(
        "NTPServer",
        x("id", number),
        x("addressingFormatType", "hostname" if is_name else "ipaddress"),
        x("hostName", server) if is_name else x("ipAddress", server or "0.0.0.0"),
        x("portNo", 123),
        x("synchronizeInterval", device.memory["isapi.ntp_minutes"]),
    )


def show_servers(device: Device, match: Match) -> Xml:
    servers = device.memory["ntp.servers"] or [""]
    return x("NTPServerList", *(_server(device, n, s) for n, s in enumerate(servers, 1)), version="2.0")


def show_server(device: Device, match: Match) -> Xml:
    return _server(device, 1, (device.memory["ntp.servers"] or [""])[0])


def take_server(device: Device, match: Match, body: Any) -> None:
    device.memory.write("isapi.ntp_minutes", number(body, "synchronizeInterval"))
    device.memory.write("ntp", {"from_dhcp": False, "servers": [_asked(body)]})


def take_servers(device: Device, match: Match, body: Any) -> None:
    device.memory.write("ntp", {"from_dhcp": False, "servers": [_asked(row) for row in body.findall("NTPServer")]})


def _asked(body: Any) -> str:
    return text(body, "hostName" if text(body, "addressingFormatType") == "hostname" else "ipAddress")


def show_interface(device: Device, match: Match) -> Xml:
    return x("NetworkInterface", x("id", 1), show_address(device, match), x("Link", x("MACAddress", device.config.mac)), version="2.0")


def show_address(device: Device, match: Match) -> Xml:
    network, dns = device.memory["network"], [*device.memory["dns.servers"], "0.0.0.0", "0.0.0.0"]
    return x(
        "IPAddress",
        x("ipVersion", "v4"),
        x("addressingType", "dynamic" if network["dhcp"] else "static"),
        x("ipAddress", network["address"]),
        x("subnetMask", IPv4Network(f"0.0.0.0/{network['prefix']}").netmask),
        x("DefaultGateway", x("ipAddress", network["gateway"] or "0.0.0.0")),
        x("PrimaryDNS", x("ipAddress", dns[0])),
        x("SecondaryDNS", x("ipAddress", dns[1])),
    )


def take_interface(device: Device, match: Match, body: Any) -> None:
    take_address(device, match, body.find("IPAddress"))


def take_address(device: Device, match: Match, body: Any) -> None:
    try:
        prefix = IPv4Network(f"0.0.0.0/{text(body, 'subnetMask')}").prefixlen
        address = str(IPv4Address(text(body, "ipAddress")))
    except ValueError:
        raise BAD_CONTENT from None
    servers = [text(body, f"{n}/ipAddress", "0.0.0.0") for n in ("PrimaryDNS", "SecondaryDNS")]
    device.memory.write("dns.servers", [s for s in servers if s != "0.0.0.0"])
    device.memory.write("network.gateway", text(body, "DefaultGateway/ipAddress", ""))
    device.memory.write("network", {"address": address, "prefix": prefix, "dhcp": text(body, "addressingType") == "dynamic"})


def show_ports(device: Device, match: Match) -> Xml:
    ports = device.memory["protocols"]
    rows = [(name, ports[name]["enabled"], ports[name]["port"]) for name in ("HTTP", "HTTPS", "RTSP")]
    rows.append(("DEV_MANAGE", True, device.memory["isapi.sdk_port"]))
    return x(
        "AdminAccessProtocolList",
        *(
            x("AdminAccessProtocol", x("id", n), x("enabled", on), x("protocol", name), x("portNo", port))
            for n, (name, on, port) in enumerate(rows, 1)
        ),
        version="2.0",
    )


def take_ports(device: Device, match: Match, body: Any) -> None:
    change = {}
    for row in body.findall("AdminAccessProtocol"):
        name = text(row, "protocol")
        if name in device.memory["protocols"]:
            change[name] = {"enabled": boolean(row, "enabled"), "port": number(row, "portNo")}
    if change != {n: device.memory[f"protocols.{n}"] for n in change}:
        device.memory.write("protocols", change)


def show_service(device: Device, match: Match) -> Xml:
    name = PATHS[match["service"]]
    return x(SERVICES[name], x("enabled", device.memory[f"isapi.services.{name}"]), version="2.0")


def take_service(device: Device, match: Match, body: Any) -> None:
    device.memory.write(f"isapi.services.{PATHS[match['service']]}", boolean(body, "enabled"))


def show_snmp(device: Device, match: Match) -> Xml:
    on = device.memory["isapi.services.snmp"]
    return x("SNMP", x("SNMPv2c", x("enabled", on), x("writeCommunity", "private")), x("SNMPAdvanced", x("enabled", False)), version="2.0")


def take_snmp(device: Device, match: Match, body: Any) -> None:
    device.memory.write("isapi.services.snmp", boolean(body, "SNMPv2c/enabled"))


def show_discovery(device: Device, match: Match) -> Xml:
    """As a DS-K1A340FWX tells it; cameras' own pages ask at the same place."""
    sadp = "discoverable" if device.memory["isapi.services.sadp"] else "nonDiscoverable"
    return x("DiscoveryMode", x("PcapMode", "nonDiscoverable"), x("SADP", sadp), version="2.0")


def take_discovery(device: Device, match: Match, body: Any) -> None:
    word = text(body, "SADP")
    if word not in ("discoverable", "nonDiscoverable"):
        raise BAD_CONTENT
    device.memory.write("isapi.services.sadp", word == "discoverable")


def show_integrate(device: Device, match: Match) -> Xml:
    return x(
        "Integrate",
        x("CGI", x("enable", True), x("certificateType", "digest")),
        x("ONVIF", x("enable", device.memory["isapi.onvif"]), x("certificateType", "digest/WSSE")),
        x("ISAPI", x("enable", True)),
        version="2.0",
    )


def take_integrate(device: Device, match: Match, body: Any) -> None:
    device.memory.write("isapi.onvif", boolean(body, "ONVIF/enable"))


def show_lock(device: Device, match: Match) -> Xml:
    rule = device.flags["lockout"]
    minutes = round(rule["seconds"] / 60)
    return x(
        "IllegalLoginLock",
        x("enabled", bool(rule["after"])),
        x("maxIllegalLoginTimes", rule["after"]),
        x("maxIllegalLoginLockTime", minutes),
        version="2.0",
    )


def show_check(device: Device, match: Match) -> Xml:
    return x("userCheck", x("statusValue", 200), x("statusString", "OK"), x("isActivated", True), x("lockStatus", "unlock"), version="2.0")


def _area(match: Match) -> tuple[str, str, dict[str, str]]:
    """Which accounts: path in the memory, name of the level's element, its words."""
    return ("isapi.onvif_users", "userType", ONVIF_LEVELS) if "ONVIF" in match[0] else ("users", "userLevel", LEVELS)


def _user(device: Device, match: Match, number: int, user: dict[str, str]) -> Xml:
    _, field, levels = _area(match)
    return x("User", x("id", number), x("userName", user["name"]), x(field, levels[user["level"]]), version="2.0")


def show_users(device: Device, match: Match) -> Xml:
    users = device.memory[_area(match)[0]]
    return x("UserList", *(_user(device, match, n, u) for n, u in enumerate(users, 1)), version="2.0")


def show_user(device: Device, match: Match) -> Xml:
    return _user(device, match, int(match["id"]), _known(device, match))


def _known(device: Device, match: Match) -> dict[str, str]:
    users = device.memory[_area(match)[0]]
    if not 0 < int(match["id"]) <= len(users):
        raise Refusal(4, "deviceUserNotExist")
    found: dict[str, str] = users[int(match["id"]) - 1]
    return found


def _sent(device: Device, match: Match, body: Any, old: dict[str, str] | None) -> dict[str, str]:
    """An account as it was sent, checked against the device's rules."""
    path, field, levels = _area(match)
    if path == "users" and device.flags["isapi_login_password"]:
        admin = device.memory["users"][0]["password"]
        if text(body, "loginPassword", "") != admin:
            raise Refusal(4, "badLoginPassword", 401 if text(body, "loginPassword", "") else 403)
    elif path == "users" and body.find("loginPassword") is not None:
        raise Refusal(6, "badXmlContent", 400)
    named = {word: level for level, word in levels.items()}
    level = text(body, field, levels[old["level"]] if old else None)
    password = text(body, "password", old["password"] if old else None)
    longest, cut = device.flags["password_max"] or 16, device.flags["password_cut"]
    if level not in named or not 8 <= len(password) <= longest:
        raise Refusal(4, "badParameters" if level not in named else "riskPassword")
    return {"name": text(body, "userName"), "password": password[:cut] if cut else password, "level": named[level]}


def add_user(device: Device, match: Match, body: Any) -> None:
    path = _area(match)[0]
    users, new = list(device.memory[path]), _sent(device, match, body, None)
    if any(u["name"] == new["name"] for u in users):
        raise Refusal(4, "userNameExist")
    if len(users) >= MAX_USERS or (path == "users" and new["level"] == "Administrator"):
        raise Refusal(4, "overUserNum")
    device.memory.write(path, [*users, new])


def take_user(device: Device, match: Match, body: Any) -> None:
    path, old = _area(match)[0], _known(device, match)
    users = list(device.memory[path])
    users[int(match["id"]) - 1] = _sent(device, match, body, old)
    device.memory.write(path, users)


def delete_user(device: Device, match: Match, body: Any) -> None:
    path, old = _area(match)[0], _known(device, match)
    if path == "users" and int(match["id"]) == 1:
        raise Refusal(4, "invalidOperation")
    device.memory.write(path, [u for u in device.memory[path] if u != old])


def show_permission(device: Device, match: Match) -> Xml:
    """A new viewer may see nothing until somebody lets it."""
    user = _known(device, match)
    may = user["level"] == "Administrator" or user["name"] in device.memory["isapi.watching"]
    return x(
        "UserPermission",
        x("id", match["id"]),
        x("userID", match["id"]),
        x("userType", LEVELS[user["level"]].lower()),
        x("remotePermission", x("playBack", may), x("preview", may), x("record", False), x("ptzControl", False), x("upgrade", False)),
        version="2.0",
    )


def take_permission(device: Device, match: Match, body: Any) -> None:
    name = _known(device, match)["name"]
    others = [n for n in device.memory["isapi.watching"] if n != name]
    device.memory.write("isapi.watching", others + ([name] if boolean(body, "remotePermission/preview") else []))


def take_name(device: Device, match: Match, body: Any) -> None:
    if device.flags["isapi_identity_short"] and body.find("serialNumber") is not None:
        raise NOT_SUPPORTED
    name = text(body, "deviceName")
    if not name or len(name) > NAME_MAX:
        raise BAD_CONTENT
    device.memory.write("isapi.title", name)


def reboot(device: Device, match: Match, body: Any) -> None:
    device.soon(device.reboot)


USERS = r"Security/(?:ONVIF/)?users"
RESOURCES: tuple[Resource, ...] = (
    Resource("System/time", show_time, take_time, everybody=True),
    Resource("System/time/timeZone", None, take_zone),
    Resource("System/time/localTime", None, take_local_time),
    Resource("System/time/ntpServers", show_servers, take_servers),
    Resource("System/time/ntpServers/1", show_server, take_server),
    Resource("System/Network/interfaces/1", show_interface, take_interface),
    Resource("System/Network/interfaces/1/ipAddress", show_address, take_address),
    Resource("System/Network/SNMP", show_snmp, take_snmp),
    Resource(rf"System/Network/(?P<service>{'|'.join(PATHS)})", show_service, take_service),
    Resource("System/Network/Integrate", show_integrate, take_integrate),
    Resource("System/discoveryMode", show_discovery, take_discovery),
    Resource("System/reboot", None, reboot),
    Resource("Security/adminAccesses", show_ports, take_ports, everybody=True),
    Resource("Security/illegalLoginLock", show_lock),
    Resource("Security/userCheck", show_check, everybody=True),
    Resource(USERS, show_users, post=add_user),
    Resource(rf"{USERS}/(?P<id>\d+)", show_user, take_user, delete=delete_user),
    Resource(r"Security/UserPermission/(?P<id>\d+)", show_permission, take_permission),
)
