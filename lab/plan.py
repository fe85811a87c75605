"""The plan that a lab plays: who is where, read from JSON and checked before anything is made."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path
from typing import Any

from lab import layout
from lab.say import LabError

_CODE = re.compile(r"[a-z][a-z0-9-]{0,40}")
_INTERFACE = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,14}")
_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")
RESERVED = frozenset({"office", "hub", "centre", "inet"})


SIMULATED_SWITCHES = frozenset({"routeros", "cisco-ios"})
"""Switches played by a program; any other is a machine whose interfaces are its ports."""


@dataclass(frozen=True)
class Device:
    slot: int
    address: str
    mac: str
    make: str
    model: str
    """Empty: the simulator's choice for the make."""
    port: int


@dataclass(frozen=True)
class Recorder(Device):
    channels: int


@dataclass(frozen=True)
class Switch(Device):
    driver: str
    ports: dict[str, str]
    """What hangs on a port ("box", "uplink", "c3", "r20") -> the port's name."""
    vlan: int = 1

    @property
    def machine(self) -> bool:
        return self.driver not in SIMULATED_SWITCHES


@dataclass(frozen=True)
class Facility:
    """`k` counts from 1 in the plan's order and gives the lab's own addresses; nothing outside the lab depends on it."""

    k: int
    code: str
    number: int
    network: IPv4Network
    box_address: str
    topology: str
    """ "flat" or "routed"."""
    static: IPv4Interface | None
    """A fixed uplink's address; the router then sits at `gateway`."""
    gateway: str | None
    mac: str
    lan_mac: str
    cameras: tuple[Device, ...]
    recorders: tuple[Recorder, ...]
    switch: Switch | None
    """None: a dumb one."""

    @property
    def uplink_network(self) -> IPv4Network:
        """The router's LAN: on a flat LAN the cameras', else a fixed uplink's, else the lab's own."""
        if self.topology == "flat":
            return self.network
        return self.static.network if self.static else IPv4Network(layout.UPLINK_NETWORK)

    @property
    def router_address(self) -> str:
        """The router on its LAN side: where a fixed uplink says, else on one flat LAN that network's last address."""
        if self.static and self.gateway:
            return self.gateway
        return layout.UPLINK_ROUTER if self.topology == "routed" else str(self.network.broadcast_address - 1)

    @property
    def uplink_box(self) -> str:
        """What the router's DHCP gives the box: also its fixed address, until it has been told to hold that itself."""
        if self.static:
            return str(self.static.ip)
        return layout.UPLINK_BOX if self.topology == "routed" else self.box_address

    @property
    def camera_gateway(self) -> str:
        return self.box_address if self.topology == "routed" else self.router_address

    @property
    def streaming(self) -> dict[str, Device]:
        """Cameras and recorders by the end of their cable: c3, r20."""
        return {f"c{c.slot}": c for c in self.cameras} | {f"r{r.slot}": r for r in self.recorders}

    def jack(self, end: str) -> str:
        """The interface of the switch that a cable leads to: "box", "uplink", c3, r20. A machine's is named as its port."""
        if self.switch and self.switch.machine and end in self.switch.ports:
            return self.switch.ports[end]
        return f"b{self.k}" if end == "box" else end

    def interface(self, address: str) -> str:
        return str(IPv4Interface(f"{address}/{self.network.prefixlen}"))


@dataclass(frozen=True)
class Plan:
    lab: layout.Lab
    inventory: str
    province: str
    hub: str
    centre: str
    office: str
    office_key: str | None
    facilities: tuple[Facility, ...]
    raw: dict[str, Any] = field(repr=False, compare=False)

    def facility(self, code: str) -> Facility:
        for facility in self.facilities:
            if facility.code == code:
                return facility
        known = ", ".join(f.code for f in self.facilities)
        raise LabError(f"lab không có cơ sở {code}; có: {known}", f"the lab has no facility {code}; it has: {known}", 2)

    @property
    def machines(self) -> tuple[str, ...]:
        """Names of what boots systemd: hub, centre, a box for each facility, named by its code, and switches that are Linux."""
        return ("hub", "centre", *(f.code for f in self.facilities), *self.switches)

    @property
    def switches(self) -> tuple[str, ...]:
        return tuple(layout.switch(f.code) for f in self.facilities if f.switch and f.switch.machine)


def _mac(text: str | None, where: str, otherwise: str) -> str:
    """A MAC address in lower case; an inventory that knows none gets one of the lab's."""
    mac = (text or otherwise).lower()
    if not _MAC.fullmatch(mac):
        raise ValueError(f"{where}: {text!r} is not a MAC address such as 52:54:00:12:34:56")
    return mac


def _topology(lan: dict[str, Any], code: str) -> str:
    topology = str(lan.get("topology", "routed"))
    if topology not in ("flat", "routed"):
        raise ValueError(f"{code} lan.topology: {topology!r} is neither 'flat' nor 'routed'")
    return topology


NEW = "06"
"""First octet of a replacement's addresses; its predecessor's stays otherwise the same, the second octet counting replacements."""


def next_mac(mac: str) -> str:
    """A locally administered MAC that no earlier machine in its place had."""
    first, second, *rest = mac.split(":")
    return ":".join([NEW, f"{(int(second, 16) + 1) % 256:02x}" if first == NEW else "00", *rest])


def _facility(k: int, raw: dict[str, Any]) -> Facility:
    code = raw["code"]
    if not _CODE.fullmatch(code) or code in RESERVED:
        raise ValueError(f"facilities[{k - 1}].code: {code!r} can't name a machine of the lab")
    network = IPv4Network(raw["lan"]["network"])
    number, box, uplink = int(raw["number"]), raw.get("box") or {}, raw.get("uplink") or {}
    ours = f"02:6b:6e:{number >> 8:02x}:{number & 255:02x}"
    cameras = tuple(Device(**_device(d, code, ours, 80)) for d in raw.get("cameras", []))
    recorders = tuple(Recorder(**_device(d, code, ours, 80), channels=int(d.get("channels") or 8)) for d in raw.get("recorders", []))
    switches = [_switch(d, code, ours) for d in raw.get("switches", [])]
    if len(switches) > 1:
        raise ValueError(f"{code}: the lab plays one switch a facility")
    static = IPv4Interface(uplink["address"]) if uplink.get("kind") == "static" else None
    for what in [raw["lan"]["box_address"], *(d.address for d in (*cameras, *recorders, *switches))]:
        if IPv4Interface(what).ip not in network:
            raise ValueError(f"{code}: {what} is not in its LAN {network}")
    return Facility(
        k=k,
        code=code,
        number=number,
        network=network,
        box_address=raw["lan"]["box_address"],
        topology=_topology(raw["lan"], code),
        static=static,
        gateway=uplink.get("gateway") if static else None,
        mac=_mac(box.get("mac"), f"{code} box.mac", f"{ours}:f1"),
        lan_mac=_mac(box.get("lan_mac"), f"{code} box.lan_mac", f"{ours}:f2"),
        cameras=cameras,
        recorders=recorders,
        switch=switches[0] if switches else None,
    )


def _device(raw: dict[str, Any], code: str, ours: str, port: int) -> dict[str, Any]:
    """The fields that all devices have."""
    slot = int(raw["slot"])
    return {
        "slot": slot,
        "address": raw["address"],
        "mac": _mac(raw.get("mac"), f"{code} slot {slot}", f"{ours}:{slot:02x}"),
        "make": raw.get("make") or "generic",
        "model": raw.get("model") or "",
        "port": int(raw.get("port") or port),
    }


def _switch(raw: dict[str, Any], code: str, ours: str) -> Switch:
    ports: dict[str, str] = {}
    for port in raw.get("ports") or []:
        end = f"c{port['camera']}" if port.get("camera") else f"r{port['recorder']}" if port.get("recorder") else ""
        ports[end or ("box" if port.get("box") else "uplink")] = port["name"]
    switch = Switch(**_device(raw, code, ours, 22), driver=raw["driver"], ports=ports, vlan=int(raw.get("vlan") or 1))
    if switch.machine and (bad := [name for name in ports.values() if not _INTERFACE.fullmatch(name)]):
        raise ValueError(f"{code}: no interface of a Linux machine can be called {', '.join(bad)}")
    return switch


def parse(raw: dict[str, Any]) -> Plan:
    """Make a Plan of a decoded document. LabError (exit 2) names the first field that can't be played."""
    try:
        name = raw["lab"]
        if not layout.valid_name(name):
            raise ValueError(f"lab: {name!r} must be at most 12 lower-case letters and digits")
        facilities = tuple(_facility(k, f) for k, f in enumerate(raw["facilities"], start=1))
        codes = [f.code for f in facilities]
        macs = [m for f in facilities for m in (f.mac, f.lan_mac)]
        for what, values in (("code", codes), ("box MAC", macs)):
            if twice := {v for v in values if values.count(v) > 1}:
                raise ValueError(f"{what} used twice: {', '.join(sorted(twice))}")
        if len(facilities) > 99:
            raise ValueError("facilities: at most 99 fit the lab's internet")
        return Plan(
            lab=layout.Lab(name),
            inventory=raw["inventory"],
            province=raw["province"],
            hub=raw["hub"]["address"],
            centre=raw["centre"].get("address") or layout.CENTRE,
            office=raw["office"]["address"],
            office_key=raw.get("office_ssh_public_key"),
            facilities=facilities,
            raw=raw,
        )
    except KeyError as missing:
        raise LabError(f"kế hoạch lab thiếu trường {missing}", f"the lab's plan lacks the field {missing}", 2) from missing
    except (ValueError, TypeError) as wrong:
        raise LabError(f"kế hoạch lab sai: {wrong}", f"the lab's plan is wrong: {wrong}", 2) from wrong


def read(path: Path) -> Plan:
    try:
        raw = json.loads(path.read_text())
    except OSError as trouble:
        raise LabError(f"không đọc được kế hoạch {path}: {trouble}", f"can't read the plan {path}: {trouble}", 2) from trouble
    except json.JSONDecodeError as trouble:
        raise LabError(f"{path} không phải JSON: {trouble}", f"{path} is not JSON: {trouble}", 2) from trouble
    if not isinstance(raw, dict):
        raise LabError(f"{path} phải là một đối tượng JSON", f"{path} must hold a JSON object", 2)
    return parse(raw)


def of_running(lab: layout.Lab) -> Plan:
    """The plan of a lab that is up. LabError if it isn't."""
    if not lab.plan.exists():
        raise LabError(
            f"lab {lab.name} chưa chạy; chạy: ketnoi lab up",
            f"lab {lab.name} is not up; run: ketnoi lab up",
        )
    return read(lab.plan)
