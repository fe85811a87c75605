"""A facility's camera LAN looked at as a whole: who is there, of whom the inventory knows, who is missing."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import Any

from edge_agent.contract.devices import DesiredDevice
from edge_agent.devices import engine, neighbours
from edge_agent.devices.normalise import mac
from edge_agent.survey import discovery, sweep
from edge_agent.survey.discovery import Match
from edge_agent.survey.look import Answering, as_dict, look
from edge_agent.survey.request import Request
from edge_agent.system import durable

STRANGERS = 1000
"""Above this are the numbers of devices that the inventory does not list."""
Told = Callable[[Answering], None]


class NotThere(Exception):
    """This machine has no address in the LAN: whatever answered would be somebody else's."""


def run(request: Request, told: Told = lambda seen: None) -> dict[str, Any]:
    """The result document (schema 1, no secrets). Raises NotThere.

    {"schema", "site", "lan", "from", "at", "seconds", "found": [...], "absent": [slots], "no_access": [slots]}
    """
    begun, at = time.monotonic(), datetime.now(UTC)
    own = neighbours.own_address(str(next(iter(request.lan.hosts()))))
    if own is None or IPv4Address(own) not in request.lan:
        raise NotThere(str(request.lan))
    state = durable.state_folder(request.state_dir)
    durable.make_folder(state)
    everybody = _present(request, own)
    results = engine.side_by_side(
        [seen.target for seen in everybody.values()],
        lambda target: look(everybody[target.slot], state, request.streams),
        lambda target, seconds: _late(everybody[target.slot]),
        told,
    )
    found = sorted(results, key=lambda seen: (not seen.listed, seen.target.slot))
    there = {seen.target.slot for seen in found}
    return {
        "schema": 1,
        "site": request.site,
        "lan": str(request.lan),
        "from": own,
        "at": at.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - begun, 1),
        "found": [as_dict(seen) for seen in found],
        "absent": sorted(each.slot for each in request.listed if each.slot not in there),
        "no_access": sorted(each.slot for each in request.devices if each not in request.listed),
    }


def _present(request: Request, own: str) -> dict[int, Answering]:
    """Everybody who answers in the LAN, by slot or stranger's number; nothing is asked of them yet.

    Where somebody may not be touched nothing is said to all: a multicast question would reach that one too.
    """
    matches: dict[str, Match] = {}
    asking = threading.Thread(target=lambda: matches.update(discovery.ask(own, request.lan)), daemon=True)
    if not request.no_access:
        asking.start()
    left_out = request.skip | request.no_access | {own}
    asked = sweep.hosts(request.lan, left_out)
    hardware = sweep.wake(asked, request.lan) if not request.lan.is_loopback else {}
    if not request.no_access:
        asking.join()
    matches = {address: match for address, match in matches.items() if address not in left_out}
    listed = {each.address for each in request.listed}
    worth = asked if request.lan.is_loopback else [a for a in asked if a in hardware or a in matches or a in listed]
    ports = (*sweep.PORTS, *request.ports)
    own_ports = {each.address: each.port for each in request.listed}
    wanted = {a: (*ports, own_ports.get(a, 80), *(matches[a].ports if a in matches else ())) for a in worth}
    answering = sweep.open_ports(wanted)
    there = [address for address in worth if answering[address] or address in hardware or address in matches]
    people = _named(there, hardware, request)
    for seen in people.values():
        match = matches.get(seen.address)
        seen.open = answering[seen.address]
        seen.announced, seen.scopes = match is not None, match.scopes if match else ()
    return people


def _named(there: list[str], hardware: dict[str, str], request: Request) -> dict[int, Answering]:
    """Each address as the inventory's device that it is, or as a stranger. A device is known by its MAC address first: one that
    moved is itself at its new place, and whoever has its old one is a stranger."""
    by_mac = {known: each for each in request.listed if (known := mac(each.mac))}
    by_address = {each.address: each for each in request.listed}
    found: dict[int, Answering] = {}
    strangers: list[str] = []
    for address in there:
        known, here = hardware.get(address), by_address.get(address)
        device = by_mac.get(known) if known else None
        device = device or (here if here is not None and (known is None or mac(here.mac) is None) else None)
        if device is None or device.slot in found:
            strangers.append(address)
            continue
        moved = address if address != device.address else None
        found[device.slot] = Answering(device, True, mac=known, at=moved)
    for number, address in enumerate(strangers, STRANGERS + 1):
        theirs = hardware.get(address)
        target = DesiredDevice(number, address, 80, "?", mac=theirs, deadline_s=request.deadline_s, lockout_s=request.lockout_s)
        found[number] = Answering(target, False, mac=theirs)
    return found


def _late(seen: Answering) -> Answering:
    """What is known of a device that took too long; the thread that still waits for it is left with its own copy."""
    return replace(seen, failure=engine.too_late(seen.target), fitting=dict(seen.fitting), streams=list(seen.streams))
