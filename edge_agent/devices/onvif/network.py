"""A device's address, router and name servers, and its network protocols; and how it is moved to another address."""

import time

from edge_agent.contract.devices import DesiredDevice
from edge_agent.devices import neighbours, normalise, xmlsafe
from edge_agent.devices.faults import DeviceFailure, SettingNotKept, Unreachable
from edge_agent.devices.model import Change, Network, needed
from edge_agent.devices.onvif.reader import Reader
from edge_agent.devices.onvif.session import Session
from edge_agent.devices.soap import TDS, TT, SoapFault
from edge_agent.devices.xmlsafe import Element

KEPT_ON = ("http", "rtsp")
"""What we and the central system need, whatever is wanted off."""
GONE_S = 30.0
"""How long a device that was told to reboot may go on answering."""
LOOK_S = 0.5


def read(reader: Reader) -> tuple[Network | None, str | None]:
    """How the device says that it is addressed, and its MAC address."""
    answer = reader.ask("network.address", "tds", TDS.GetNetworkInterfaces(), lambda a: a)
    if answer is None:
        return None, None
    chosen = interface(answer, reader.session.soap.host)
    hardware = normalise.mac(xmlsafe.text(chosen, "Info/HwAddress"))
    address, prefix, dhcp = _address(chosen)
    gateway = reader.ask("network.gateway", "tds", TDS.GetNetworkDefaultGateway(), lambda a: xmlsafe.text(a, "NetworkGateway/IPv4Address"))
    dns = reader.ask("network.dns", "tds", TDS.GetDNS(), _dns)
    return Network(address or reader.session.soap.host, prefix, dhcp=dhcp, gateway=gateway, dns=dns), hardware


def interface(answer: Element, host: str) -> Element | None:
    """The interface that has `host`; else the first that is on and has hardware."""
    found = xmlsafe.find_all(answer, "NetworkInterfaces")
    having = [i for i in found if _address(i)[0] == host]
    enabled = [i for i in found if xmlsafe.boolean(i, "Enabled") is not False and xmlsafe.text(i, "Info/HwAddress")]
    return next(iter([*having, *enabled, *found]), None)


def protocols(reader: Reader) -> tuple[tuple[str, bool], ...]:
    answer = reader.ask("services", "tds", TDS.GetNetworkProtocols(), lambda a: xmlsafe.find_all(a, "NetworkProtocols"))
    named = ((xmlsafe.text(p, "Name"), xmlsafe.boolean(p, "Enabled")) for p in answer or ())
    return tuple((name.lower(), bool(on)) for name, on in named if name)


def switch_off(session: Session, desired: DesiredDevice) -> None:
    """Send all protocols back, the unwanted off: some devices forget those that they aren't told."""
    answer = session.call("tds", TDS.GetNetworkProtocols())
    body = TDS.SetNetworkProtocols()
    for found in xmlsafe.find_all(answer, "NetworkProtocols"):
        name = xmlsafe.text(found, "Name") or ""
        off = name.lower() in desired.services_off and name.lower() not in KEPT_ON
        ports = [p for p in (xmlsafe.number(e) for e in xmlsafe.find_all(found, "Port")) if p]
        on = "false" if off or not xmlsafe.boolean(found, "Enabled") else "true"
        body.append(TDS.NetworkProtocols(TT.Name(name), TT.Enabled(on), *(TT.Port(str(p)) for p in ports)))
    session.call("tds", body)


def write(session: Session, desired: DesiredDevice, changes: list[Change], failures: list[DeviceFailure]) -> bool:
    """Move the device, then set its router and name servers; returns whether it restarts because it said that it must.

    A device that moves at once is followed. The address goes first: a router outside the old network is refused.
    Raises Unreachable where it is lost, UnknownDevice where another has the address.
    """
    fields = {c.field: c for c in changes}
    restarts = False
    if "network.address" in fields:
        restarts = _move(session, desired, fields["network.address"], failures)
    network = needed(desired.network)
    bodies = {
        "network.gateway": TDS.SetNetworkDefaultGateway(TDS.IPv4Address(network.gateway or "")),
        "network.dns": TDS.SetDNS(TDS.FromDHCP("false"), *(TDS.DNSManual(TT.Type("IPv4"), TT.IPv4Address(s)) for s in network.dns)),
    }
    for field, body in bodies.items():
        if field in fields:
            _try(session, body, fields[field], failures)
    if restarts:
        _restart(session)
    return restarts


def _try(session: Session, body: Element, change: Change, failures: list[DeviceFailure]) -> Element | None:
    try:
        return session.call("tds", body)
    except SoapFault as fault:
        failures.append(SettingNotKept(change.field, change.after, change.before, str(fault)))
        return None


def _move(session: Session, desired: DesiredDevice, change: Change, failures: list[DeviceFailure]) -> bool:
    neighbours.refuse_if_taken(desired, session.soap.host)
    answer = session.call("tds", TDS.GetNetworkInterfaces())
    chosen = interface(answer, session.soap.host)
    token = (chosen.get("token") if chosen is not None else None) or xmlsafe.text(chosen, "Info/Name") or ""
    manual = TT.Manual(TT.Address(desired.address), TT.PrefixLength(str(needed(desired.network).prefix)))
    whole = TDS.NetworkInterface(TT.Enabled("true"), TT.IPv4(TT.Enabled("true"), manual, TT.DHCP("false")))
    body = TDS.SetNetworkInterfaces(TDS.InterfaceToken(token), whole)
    before = session.soap.host
    try:
        told = _try(session, body, change, failures)
    except Unreachable:  # it has moved before it could answer
        session.follow(desired.address)
        _check(desired)
        return False
    if told is None:
        return False
    if xmlsafe.boolean(told, "RebootNeeded"):
        return True
    if before != desired.address:
        session.follow(desired.address, else_at=before)
        _check(desired)
    return False


def _check(desired: DesiredDevice) -> None:
    neighbours.check(desired)


def _restart(session: Session) -> None:
    """The device said that what it was told needs a reboot. Returns once it is down, so that nobody takes its last answers
    for those after the reboot."""
    session.call("tds", TDS.SystemReboot())
    ends = time.monotonic() + GONE_S
    while time.monotonic() < ends:
        time.sleep(LOOK_S)
        try:
            session.read_time()
        except DeviceFailure:
            return


def _address(found: Element | None) -> tuple[str | None, int | None, bool | None]:
    """Address, prefix length and whether by DHCP of one interface."""
    config = xmlsafe.find(found, "IPv4/Config")
    dhcp = xmlsafe.boolean(config, "DHCP")
    for kind in ("FromDHCP", "Manual") if dhcp else ("Manual", "FromDHCP"):
        there = xmlsafe.find(config, kind)
        if (address := xmlsafe.text(there, "Address")) is not None:
            return address, xmlsafe.number(there, "PrefixLength"), dhcp
    return None, None, dhcp


def _dns(answer: Element) -> tuple[str, ...]:
    found = xmlsafe.find(answer, "DNSInformation")
    hosts = xmlsafe.find_all(found, "DNSFromDHCP" if xmlsafe.boolean(found, "FromDHCP") else "DNSManual")
    return tuple(a for h in hosts if (a := xmlsafe.text(h, "IPv4Address")) and a != "0.0.0.0")  # noqa: S104  compared, not bound
