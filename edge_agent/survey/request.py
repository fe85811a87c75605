"""What a survey is asked for: read from standard input, checked here, never echoed (it carries passwords).

    {"schema": 1, "site": {"id", "code"}, "lan": "192.168.1.0/24", "skip": ["192.168.1.1"], "no_access": ["192.168.1.13"],
     "ports": [80, 554, ...], "streams": true, "deadline_s": 60, "lockout_s": 1800, "state_dir": null,
     "devices": [...]}

`devices` are those of the inventory, as the desired document has them (edge_agent.contract.devices); one without an administrator's
account gets no login at all. To `no_access` addresses nothing is sent; `skip` are not cameras (the box itself). `ports` adds to what
is tried at each address, `lockout_s` and `deadline_s` are those of devices that the inventory does not list.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from edge_agent.contract import devices as desired
from edge_agent.contract.devices import BadDocument, DesiredDevice
from edge_agent.devices import neighbours


@dataclass(frozen=True)
class Request:
    site: str
    lan: IPv4Network
    skip: frozenset[str]
    no_access: frozenset[str]
    ports: tuple[int, ...]
    devices: tuple[DesiredDevice, ...]
    streams: bool
    deadline_s: float
    lockout_s: float
    state_dir: str | None

    @property
    def listed(self) -> list[DesiredDevice]:
        """The inventory's devices that may be touched."""
        return [each for each in self.devices if each.no_access is None and each.address not in self.no_access]


def read(document: Any) -> Request:
    """Raises BadDocument; its message names the field, never a value."""
    if not isinstance(document, dict):
        raise BadDocument("an object is needed")
    whole = desired.read({"devices": [], **document})
    lan = _network(document.get("lan"))
    if any(IPv4Address(each.address) not in lan for each in whole.devices if _is_address(each.address)):
        raise BadDocument("devices: an address outside lan")
    if any(not _is_address(each.address) for each in whole.devices):
        raise BadDocument("devices: an address that is none")
    return Request(
        site=whole.site,
        lan=lan,
        skip=frozenset(_addresses(document, "skip")),
        no_access=frozenset(_addresses(document, "no_access")) | {each.address for each in whole.devices if each.no_access},
        ports=tuple(_ports(document.get("ports"))),
        devices=whole.devices,
        streams=document.get("streams", True) is True,
        deadline_s=_seconds(document, "deadline_s", 60.0),
        lockout_s=_seconds(document, "lockout_s", 1800.0),
        state_dir=whole.state_dir,
    )


def _network(value: Any) -> IPv4Network:
    try:
        found = IPv4Network(value)
    except (ValueError, TypeError) as error:
        raise BadDocument("lan: an IPv4 network is needed") from error
    if found.num_addresses > neighbours.LARGEST:
        raise BadDocument(f"lan: larger than {neighbours.LARGEST} addresses; a camera LAN that large is not searched")
    return found


def _is_address(value: Any) -> bool:
    try:
        return bool(IPv4Address(value))
    except ValueError:
        return False


def _addresses(document: dict[str, Any], name: str) -> list[str]:
    found = document.get(name) or []
    if not isinstance(found, list) or not all(isinstance(each, str) and _is_address(each) for each in found):
        raise BadDocument(f"{name}: a list of IPv4 addresses is needed")
    return found


def _ports(found: Any) -> list[int]:
    if not isinstance(found or [], list) or not all(isinstance(p, int) and 0 < p < 65536 for p in found or []):
        raise BadDocument("ports: a list of numbers is needed")
    return list(found or [])


def _seconds(document: dict[str, Any], name: str, default: float) -> float:
    value = document.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 86400:
        raise BadDocument(f"{name}: 1 to 86400 seconds")
    return float(value)
