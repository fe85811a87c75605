"""A switch as it is and as it is wanted; all frozen, no password in any repr."""

from dataclasses import dataclass, field, replace
from typing import Literal

from edge_agent.contract.results import WrittenChange

Mode = Literal["access", "trunk", "dynamic"]
End = Literal["camera", "recorder", "uplink", "box"]
WAYS: frozenset[str] = frozenset({"uplink", "box"})
"""What leads to the box: such a port is described, and otherwise left alone."""


@dataclass(frozen=True)
class Account:
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Port:
    """One port.

    `vlan`: of untagged packets, None where the port is in no bridge. `tagged`: the VLANs that it carries with a tag, None for
    all. `mode`: "access" takes no tags, "dynamic" lets the neighbour decide. `powered`: None where it can't feed anything.
    `fixed`: it has an address of its own or belongs to a bundle; such a port is never touched.
    `feed`: the switch's word for feeding it as it did. `also`: another name of it (RouterOS: the factory's).
    """

    name: str
    description: str = ""
    enabled: bool = True
    mode: Mode = "access"
    vlan: int | None = 1
    tagged: frozenset[int] | None = frozenset()
    isolated: bool = False
    powered: bool | None = None
    feed: str = ""
    fixed: bool = False
    also: str = ""

    def carries(self, vlan: int) -> bool:
        return self.vlan == vlan or self.tagged is None or vlan in self.tagged


WRITTEN = ("description", "enabled", "mode", "vlan", "isolated", "powered")
"""The fields of a port that are ours to write."""


@dataclass(frozen=True)
class State:
    """A switch as it was read. `vlans`: False where it forwards regardless of VLANs. `box_port`: where it sees the box.

    `saved`: whether a reboot would bring the same back. `bridge`: where its ports are (RouterOS, Linux).
    """

    name: str
    ports: tuple[Port, ...]
    vlans: bool = True
    box_port: str | None = None
    saved: bool = True
    bridge: str = ""

    def port(self, name: str) -> Port | None:
        return next((p for p in self.ports if p.name == name), None) or next((p for p in self.ports if p.also == name), None)

    def with_ports(self, changed: dict[str, Port]) -> "State":
        return replace(self, ports=tuple(changed.get(p.name, p) for p in self.ports))

    def listing(self) -> str:
        """A line for each port, for a unified diff."""
        rows = [f"name {self.name}", f"saved {_shown(self.saved)}"]
        for port in self.ports:
            shown = " ".join(f"{name}={_shown(getattr(port, name))}" for name in WRITTEN)
            rows.append(f"{port.name} {shown}")
        return "\n".join(rows) + "\n"


@dataclass(frozen=True)
class DesiredPort:
    """A port in use and what hangs on it. `poe`: the port feeds it."""

    name: str
    end: End
    description: str
    poe: bool = True


@dataclass(frozen=True)
class DesiredSwitch:
    """One switch of the inventory. `name` is what it answers to, `vlan` the cameras'; `deadline_s` is for all of it together;
    `previous` its administrator before a rotation that may not have come through."""

    slot: int
    address: str
    port: int
    driver: str
    mac: str
    name: str
    vlan: int
    ports: tuple[DesiredPort, ...]
    admin: Account | None = None
    previous: Account | None = None
    factory: tuple[Account, ...] = ()
    deadline_s: float = 120.0


@dataclass(frozen=True)
class Change:
    """One field that differs; `field` is "name", "saved", "admin.password" or PORT.FIELD."""

    field: str
    before: object
    after: object

    def as_dict(self) -> WrittenChange:
        return {"field": self.field, "from": self.before, "to": self.after}


def difference(before: State, after: State) -> list[Change]:
    """What must be written to get from one state to the other, field by field."""
    found = [Change("name", before.name, after.name)] if before.name != after.name else []
    desired = {port.name: port for port in after.ports}
    for port in before.ports:
        other = desired.get(port.name, port)
        found += [
            Change(f"{port.name}.{name}", getattr(port, name), getattr(other, name))
            for name in WRITTEN
            if getattr(port, name) != getattr(other, name)
        ]
    if before.saved != after.saved:
        found.append(Change("saved", before.saved, after.saved))
    return found


def touched(before: State, after: State) -> list[tuple[Port, Port]]:
    """(port as it is, as it becomes) of those that differ; what is switched off comes last."""
    desired = {port.name: port for port in after.ports}
    pairs = [(port, desired.get(port.name, port)) for port in before.ports]
    differing = [(old, new) for old, new in pairs if any(getattr(old, name) != getattr(new, name) for name in WRITTEN)]
    return sorted(differing, key=lambda pair: not pair[1].enabled)


def _shown(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {True: "yes", False: "no", None: "-"}[value]
    return f'"{value}"' if isinstance(value, str) and (" " in value or not value) else str(value)
