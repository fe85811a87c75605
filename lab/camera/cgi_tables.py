"""Dahua configurations that cameras and recorders have alike, and how any is read and written.

A device is whatever has ``memory``, ``config`` and ``flags``; ``computed`` are its own tables, by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.camera.cgi_values import ZONE_HOURS, BadRequest, like, steps
from lab.camera.clock import utc_offset_s

Device = Any
Values = dict[tuple[str, ...], str]  # what is written: steps below the configuration's name -> value
Table = tuple[Callable[[Device], Any], Callable[[Device, Values], None]]


def read(device: Device, name: str, computed: dict[str, Table]) -> Any:
    """The configuration ``name``, nested. BadRequest: this device has none such."""
    if name in computed:
        return computed[name][0](device)
    if name not in device.memory["cgi"]:
        raise BadRequest(name)
    return device.memory[f"cgi.{name}"]


def write(device: Device, name: str, values: Values, computed: dict[str, Table]) -> None:
    """BadRequest: an unknown key or value; then nothing of it is written."""
    if name in computed:
        computed[name][1](device, values)
    else:
        write_own(device, name, values)


def write_own(device: Device, name: str, values: Values) -> None:
    """Of the area "cgi"."""
    there = device.memory["cgi"].get(name)
    changes = []
    for path, value in values.items():
        node = there
        for step in path:
            if not isinstance(node, dict) or step not in node:
                raise BadRequest(".".join(path))
            node = node[step]
        changes.append((".".join(("cgi", name, *path)), like(node, value)))
    for where, what in changes:
        device.memory.write(where, what)


def grouped(entries: list[tuple[str, str]]) -> dict[str, Values]:
    """The entries of a setConfig by configuration; some write "table." before a key. BadRequest: no configuration's."""
    found: dict[str, Values] = {}
    for key, value in entries:
        name, *path = steps(key.removeprefix("table.")) or [""]
        if not path:
            raise BadRequest(key)
        found.setdefault(name, {})[tuple(path)] = value
    return found


def read_only(device: Device, values: Values) -> None:
    raise BadRequest("read only")


def _split(values: Values, known: set[str]) -> tuple[dict[str, str], Values]:
    """Those whose first step is of the device's common memory, and the rest."""
    return {p[0]: v for p, v in values.items() if p[0] in known}, {p: v for p, v in values.items() if p[0] not in known}


def _read_ntp(device: Device) -> Any:
    m = device.memory
    hours = utc_offset_s(m["clock.timezone"]) / 3600
    return {
        "Address": (m["ntp.servers"] or [""])[0],
        "Enable": m["clock.type"] == "NTP",
        "TimeZone": ZONE_HOURS.index(hours) if hours in ZONE_HOURS else 0,
        **m["cgi.NTP"],
    }


def _write_ntp(device: Device, values: Values) -> None:
    common, own = _split(values, {"Address", "Enable", "TimeZone"})
    change: dict[str, Any] = {}
    if "Enable" in common:
        change["type"] = "NTP" if like(True, common["Enable"]) else "Manual"
    if "TimeZone" in common:
        change["timezone"] = posix(int(like(0, common["TimeZone"])))
    write_own(device, "NTP", own)
    if "Address" in common:
        device.memory.write("ntp", {"from_dhcp": False, "servers": [common["Address"]]})
    if change:
        device.memory.write("clock", change)


def posix(index: int) -> str:
    if not 0 <= index < len(ZONE_HOURS):
        raise BadRequest("TimeZone")
    minutes = round(ZONE_HOURS[index] * 60)
    return f"UTC{'-' if minutes > 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _read_locales(device: Device) -> Any:
    return {"DSTEnable": device.memory["clock.daylight"], **device.memory["cgi.Locales"]}


def _write_locales(device: Device, values: Values) -> None:
    common, own = _split(values, {"DSTEnable"})
    write_own(device, "Locales", own)
    if common:
        device.memory.write("clock.daylight", like(True, common["DSTEnable"]))


def _read_network(device: Device) -> Any:
    network, dns = device.memory["network"], device.memory["dns.servers"]
    mask = (0xFFFFFFFF << (32 - network["prefix"])) & 0xFFFFFFFF
    return {
        "DefaultInterface": "eth0",
        "Domain": "dahua",
        "Hostname": device.memory["hostname"],
        "eth0": {
            "DefaultGateway": network["gateway"] or "0.0.0.0",
            "DhcpEnable": network["dhcp"],
            "DnsServers": {f"#{n}": server for n, server in enumerate([*dns, "0.0.0.0", "0.0.0.0"][:2])},
            "IPAddress": network["address"],
            "MTU": 1500,
            "PhysicalAddress": device.config.mac,
            "SubnetMask": ".".join(str(mask >> shift & 255) for shift in (24, 16, 8, 0)),
        },
    }


def _write_network(device: Device, values: Values) -> None:
    network: dict[str, Any] = {}
    dns = dict(enumerate([*device.memory["dns.servers"], "0.0.0.0", "0.0.0.0"][:2]))
    for path, value in values.items():
        match path:
            case ("eth0", "DefaultGateway"):
                network["gateway"] = value
            case ("eth0", "IPAddress"):
                network["address"] = value
            case ("eth0", "SubnetMask"):
                network["prefix"] = sum(int(octet).bit_count() for octet in value.split("."))
            case ("eth0", "DhcpEnable"):
                network["dhcp"] = like(True, value)
            case ("eth0", "DnsServers", "#0" | "#1" as number):
                dns[int(number[1])] = value
            case ("Hostname",):
                device.memory.write("hostname", value)
            case _:
                raise BadRequest(".".join(path))
    device.memory.write("dns", {"from_dhcp": False, "servers": [s for s in dict.fromkeys(dns.values()) if s != "0.0.0.0"]})
    if network:
        device.memory.write("network", network)


def _read_rtsp(device: Device) -> Any:
    rtsp = device.memory["protocols.RTSP"]
    return {"Enable": rtsp["enabled"], "Port": rtsp["port"], "RTP": {"EndPort": 40000, "StartPort": 20000}}


def _read_https(device: Device) -> Any:
    https = device.memory["protocols.HTTPS"]
    return {"Enable": https["enabled"], "Port": https["port"]}


def _write_https(device: Device, values: Values) -> None:
    if set(values) != {("Enable",)}:
        raise BadRequest("Https")
    device.memory.write("protocols.HTTPS.enabled", like(True, values["Enable",]))


COMMON: dict[str, Table] = {
    "NTP": (_read_ntp, _write_ntp),
    "Locales": (_read_locales, _write_locales),
    "Network": (_read_network, _write_network),
    "RTSP": (_read_rtsp, read_only),
    "Https": (_read_https, _write_https),
}
