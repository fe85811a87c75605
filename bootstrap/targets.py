"""The machines that bootstrap can take over, read from the inventory: who they should be, and where they call home."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from province import addresses
from province.enrolment import HUB
from province.trouble import Trouble

COLLECTOR = "collector"


class TargetError(Trouble):
    """The inventory doesn't name the machine, or not well enough to know it when it answers."""


@dataclass(frozen=True)
class Hub:
    """The province's hub: address block, public address, administrator's account, its marks where they are given."""

    block: int
    endpoint: str
    ssh_user: str
    serial: str | None
    macs: tuple[str, ...]

    @property
    def tunnel_address(self) -> str:
        return str(addresses.hub_address(self.block))

    def as_mapping(self) -> dict[str, Any]:
        return {"block": self.block, "endpoint": self.endpoint, "ssh_user": self.ssh_user}


@dataclass(frozen=True)
class Facility:
    """What bootstrap has to know of a facility. macs: uplink first; slots: devices that need passwords, by kind."""

    code: str
    id: str
    number: int
    area: str
    serial: str | None
    macs: tuple[str, ...]
    slots: dict[str, tuple[int, ...]]

    @property
    def lifeline_port(self) -> int:
        return addresses.lifeline_port(self.number)


@dataclass(frozen=True)
class Province:
    code: str
    hub: Hub
    centre_host: str | None
    facilities: dict[str, Facility]

    def of_area(self, area: str) -> list[Facility]:
        found = [f for f in self.facilities.values() if f.area == area]
        if not found:
            areas = ", ".join(sorted({f.area for f in self.facilities.values()}))
            raise TargetError(f"không có khu vực {area}; hiện có: {areas}", f"no area {area}; there are: {areas}")
        return found

    def facility(self, code: str) -> Facility:
        """By code or id. Raises TargetError."""
        for facility in self.facilities.values():
            if code in (facility.code, facility.id):
                return facility
        raise TargetError(
            f"không có cơ sở {code} trong danh mục: xem lại mã trong areas/*.yml",
            f"no facility {code} in the inventory: look its code up in areas/*.yml",
        )


def load(inventory: Path) -> Province:
    """Read province.yml and areas/*.yml. Faults of the inventory are `ketnoi check`'s to tell; here only what is needed."""
    document = _yaml(inventory / "province.yml")
    hub = document.get("hub") or {}
    if not hub.get("endpoint") or not hub.get("block"):
        file = inventory / "province.yml"
        raise TargetError(f"{file}: thiếu hub.block hoặc hub.endpoint", f"{file}: no hub.block or no hub.endpoint")
    serial, macs = _marks(hub.get("box") or {})
    probe = (document.get("central") or {}).get("probe") or {}
    facilities = {facility.code: facility for facility in _facilities(inventory)}
    return Province(
        code=str(document["code"]),
        hub=Hub(int(hub["block"]), str(hub["endpoint"]), str(hub.get("ssh_user") or "ketnoi"), serial, macs),
        centre_host=probe.get("host"),
        facilities=facilities,
    )


def _facilities(inventory: Path) -> Iterator[Facility]:
    for file in sorted((inventory / "areas").glob("*.yml")):
        document = _yaml(file)
        for row in document.get("facilities") or []:
            serial, macs = _marks(row.get("box") or {})
            yield Facility(
                code=str(row["code"]),
                id=str(row["id"]),
                number=int(row["number"]),
                area=str(row.get("area") or document.get("area") or file.stem),
                serial=serial,
                macs=macs,
                slots={kind: _slots(row[kind]) for kind in ("cameras", "recorders", "switches") if row.get(kind)},
            )


def _slots(devices: Iterable[dict[str, Any]]) -> tuple[int, ...]:
    return tuple(int(device["slot"]) for device in devices)


def _marks(box: dict[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    macs = tuple(normal_mac(str(box[key])) for key in ("mac", "lan_mac") if box.get(key))
    return (str(box["serial"]) if box.get("serial") else None), macs


def normal_mac(text: str) -> str:
    """Lower case with colons; idempotent."""
    digits = "".join(c for c in text.lower() if c in "0123456789abcdef")
    return ":".join(digits[i : i + 2] for i in range(0, len(digits), 2))


class _Plain(yaml.CSafeLoader):
    """Scalars stay text: a MAC of digits alone is not a number, as YAML 1.1 has it."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if tag == "tag:yaml.org,2002:null"]
    for first, rows in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _yaml(file: Path) -> dict[str, Any]:
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), Loader=_Plain)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise TargetError(f"{file}: {error.strerror}", f"{file}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise TargetError(f"{file}: hỏng YAML: {error}", f"{file}: broken YAML: {error}") from error
    return document if isinstance(document, dict) else {}


__all__ = ["COLLECTOR", "HUB", "Facility", "Hub", "Province", "TargetError", "load", "normal_mac"]
