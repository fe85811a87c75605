"""A Dahua device's address, router and name servers, and how it is moved to another address."""

import time
from ipaddress import IPv4Network

from edge_agent.contract.devices import DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices import neighbours, normalise
from edge_agent.devices.dahua.cgi import Cgi, RequestRejected
from edge_agent.devices.dahua.reader import Reader
from edge_agent.devices.dahua.table import Step, Table
from edge_agent.devices.faults import Unreachable
from edge_agent.devices.model import Change, Network, needed

FOLLOW_S = 30.0
"""How long a device may take to come up at its new address."""
LOOK_S = 0.5


def read(reader: Reader, desired: DesiredDevice) -> tuple[Network | None, str | None]:
    """How the device says that it is addressed, and its MAC address."""
    table = reader.config("Network", "network")
    interface = default_interface(table, desired) if table else None
    if table is None or interface is None:
        return None, None
    block = table.children("Network")[interface]
    gateway = block.text("DefaultGateway")
    dns = [block.text("DnsServers", n) for n in range(2)]
    found = Network(
        address=block.text("IPAddress"),
        prefix=normalise.prefix(block.text("SubnetMask")),
        dhcp=block.flag("DhcpEnable"),
        gateway=gateway if gateway != "0.0.0.0" else None,  # noqa: S104  compared, not bound
        dns=tuple(dict.fromkeys(d for d in dns if d and d != "0.0.0.0")),  # noqa: S104  compared, not bound
    )
    return found, normalise.mac(block.text("PhysicalAddress"))


def default_interface(table: Table, desired: DesiredDevice) -> Step | None:
    """The interface that has the desired address; else the one that the device calls its default; else its first."""
    blocks = {step: t for step, t in table.children("Network").items() if t.text("IPAddress")}
    mine = next((step for step, t in blocks.items() if t.text("IPAddress") == desired.address), None)
    said = (table.text("Network", "DefaultInterface") or "").lower()
    return mine or (said if said in blocks else next(iter(blocks), None))


def write(cgi: Cgi, changes: list[Change], desired: DesiredDevice) -> None:
    """In one request: a router outside the old network is refused without the new address. A device that moves is followed.

    Raises RequestRejected, Unreachable where it is lost, UnknownDevice where another has the address.
    """
    table = cgi.config("Network")
    interface = default_interface(table, desired)
    if interface is None:
        raise RequestRejected("getConfig Network", 200, "no interface")
    asked, fields = needed(desired.network), {c.field for c in changes}
    values: dict[str, object] = {}
    if "network.address" in fields:
        mask = IPv4Network(f"0.0.0.0/{asked.prefix}").netmask
        values |= {"DhcpEnable": False, "IPAddress": desired.address, "SubnetMask": mask}
    if "network.gateway" in fields or ("network.address" in fields and asked.gateway):
        values["DefaultGateway"] = needed(asked.gateway)
    if "network.dns" in fields:
        values |= {f"DnsServers[{n}]": address for n, address in enumerate((*asked.dns, asked.dns[-1])[:2])}
    here = cgi.http.wire.host
    if here != desired.address:
        neighbours.refuse_if_taken(desired, here)
    stem = needed(table.spelled("Network", interface, "IPAddress")).rpartition(".")[0]
    try:
        cgi.write({f"{stem}.{key}": value for key, value in values.items()})
    except Unreachable:  # it has moved before it could answer
        if here == desired.address:
            raise
    if here != desired.address:
        _follow(cgi, desired, here)


def _follow(cgi: Cgi, desired: DesiredDevice, before: str) -> None:
    ends = time.monotonic() + FOLLOW_S
    while not any(cgi.answers_at(host) for host in (desired.address, before)):
        if time.monotonic() > ends:
            vi, en = "không thấy thiết bị sau khi đổi địa chỉ", "not there after its address was changed"
            raise Unreachable(Text(f"{desired.address}: {vi}", f"{desired.address}: {en}"))
        time.sleep(LOOK_S)
    neighbours.check(desired)
