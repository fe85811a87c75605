"""Writing a recorder's channels: which camera stands behind each, and what is recorded of it."""

from edge_agent.contract.devices import DesiredChannel, DesiredDevice
from edge_agent.devices import xmlsafe
from edge_agent.devices.hikvision import recorder, schedule
from edge_agent.devices.hikvision.isapi import Isapi, IsapiFault, element, put_text
from edge_agent.devices.hikvision.plan import PROTOCOLS, manage_port
from edge_agent.devices.xmlsafe import Element

_MANUAL = "manual"
"""A camera on the recorder's own PoE socket is "plugplay" until somebody enters its address."""


def put(isapi: Isapi, desired: DesiredDevice, number: int) -> None:
    """Add a channel, or change the one with this number; the rest of it stays."""
    one = next(c for c in desired.channels or () if c.number == number)
    listed = isapi.get(recorder.INPUTS)
    there = next((r for r in xmlsafe.find_all(listed, "InputProxyChannel") if xmlsafe.number(r, "id") == number), None)
    if there is not None:
        path = f"{recorder.INPUTS}/{number}"
        try:
            raw = isapi.get(path)
        except IsapiFault:
            raw = there
        fill(raw, one)
        isapi.put(path, raw)
        return
    row = element(listed, "InputProxyChannel")
    fill(row, one)
    try:
        isapi.post(recorder.INPUTS, row)
    except IsapiFault as fault:
        if not fault.unsupported:
            raise
        isapi.put(f"{recorder.INPUTS}/{number}", row)


def fill(row: Element, one: DesiredChannel) -> None:
    put_text(row, "id", one.number)
    put_text(row, "name", one.name)
    source = xmlsafe.find(row, "sourceInputPortDescriptor")
    if source is None:
        source = put_text(row, "sourceInputPortDescriptor", "")
    values: tuple[tuple[str, object], ...] = (
        ("proxyProtocol", PROTOCOLS[one.protocol]),
        ("addressingFormatType", "ipaddress"),
        ("ipAddress", one.address),
        ("managePortNo", manage_port(one)),
        ("srcInputPort", xmlsafe.text(source, "srcInputPort") or 1),
        ("userName", one.account.user),
        ("password", one.account.password),
        ("streamType", xmlsafe.text(source, "streamType") or "auto"),
    )
    for field, value in values:
        put_text(source, field, value)
    if xmlsafe.find(source, "connMode") is not None:
        put_text(source, "connMode", _MANUAL)


def record_always(isapi: Isapi, number: int) -> None:
    path = f"{recorder.TRACKS}/{number}01"
    track = isapi.get(path)
    schedule.record_always(track)
    isapi.put(path, track)
