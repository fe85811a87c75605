"""What a switch has to become, and what may not be done to it. Pure.

The port that leads to the box is described and otherwise never touched; nothing at all is written while the switch sees the
box on a port that the inventory takes for something else, or while the cameras' VLAN is not the one that the box is in: both
would cut us off, and the second the cameras too.
"""

from dataclasses import replace

from province.switches import faults
from province.switches.faults import SwitchFailure
from province.switches.model import WAYS, DesiredPort, DesiredSwitch, Port, State
from province.text import Text

BUNDLED = Text(
    "cổng {port} thuộc một nhóm cổng hoặc có địa chỉ riêng, danh mục không khai: để nguyên",
    "port {port} belongs to a bundle or has an address of its own and isn't in the inventory: left as it is",
)


def target(observed: State, desired: DesiredSwitch, box_mac: str | None) -> State:
    """The state to reach. Raises SwitchFailure where the inventory and the switch don't fit; nothing may be written then.

    box_mac: the box's own MAC on the camera LAN; None where there is no box in between.
    """
    ends = _ends(observed, desired)
    ways = {name for name, port in ends.items() if port.end in WAYS}
    if box_mac and observed.box_port not in ways:
        kind = faults.BOX_ELSEWHERE if observed.box_port else faults.BOX_UNSEEN
        raise SwitchFailure(kind, mac=box_mac, there=observed.box_port)
    bundled = [name for name, end in ends.items() if end.end not in WAYS and getattr(observed.port(name), "fixed", False)]
    if bundled:
        raise SwitchFailure(faults.NO_ACCESS_PORT, port=", ".join(bundled))
    _same_vlan(observed, desired, ends)
    ports = tuple(_port(port, ends.get(port.name), desired.vlan, observed.vlans) for port in observed.ports)
    return replace(observed, name=desired.name, ports=ports, saved=True)


def left_alone(observed: State, desired: DesiredSwitch) -> list[Text]:
    """Notes on ports that should be off by the inventory and are not ours to switch."""
    named = {found.name for port in desired.ports if (found := observed.port(port.name))}
    return [BUNDLED.format(port=port.name) for port in observed.ports if port.fixed and port.enabled and port.name not in named]


def _ends(observed: State, desired: DesiredSwitch) -> dict[str, DesiredPort]:
    found = {port: observed.port(port.name) for port in desired.ports}
    missing = [port.name for port, there in found.items() if there is None]
    if missing:
        raise SwitchFailure(faults.NO_SUCH_PORT, missing=", ".join(missing), there=", ".join(port.name for port in observed.ports) or "-")
    return {there.name: port for port, there in found.items() if there}


def _same_vlan(observed: State, desired: DesiredSwitch, ends: dict[str, DesiredPort]) -> None:
    if not observed.vlans:
        if desired.vlan != 1:
            raise SwitchFailure(faults.NO_FILTERING, vlan=desired.vlan)
        return
    for name, end in ends.items():
        port = observed.port(name)
        assert port is not None
        if end.end in WAYS and not (port.vlan == desired.vlan if end.end == "box" else port.carries(desired.vlan)):
            raise SwitchFailure(faults.OTHER_VLAN, port=name, vlan=desired.vlan, there=port.vlan)


def _port(port: Port, end: DesiredPort | None, vlan: int, vlans: bool) -> Port:
    if end is None:
        return port if port.fixed else replace(port, enabled=False)
    if end.end in WAYS:
        return replace(port, description=end.description)
    return replace(
        port,
        description=end.description,
        enabled=True,
        mode="access" if vlans else port.mode,
        vlan=vlan if vlans or port.vlan is None else port.vlan,
        tagged=frozenset() if vlans else port.tagged,
        # A recorder fetches its pictures from the cameras, so it may speak to them.
        isolated=end.end == "camera",
        powered=True if end.poe and port.powered is False else port.powered,
    )
