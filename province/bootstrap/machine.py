"""Whom the office expects at an address, by the inventory and by what earlier runs recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from province.bootstrap.outcome import BootstrapError
from province.bootstrap.steps import STEPS
from province.model import Province, addresses
from province.office import enrolment
from province.office.enrolment import HUB
from province.office.home import Home
from province.text import Text

Kind = Literal["box", "hub"]
Trust = Literal["enrolled", "pending", "new"]
HOST_KEY = "host_key"


@dataclass(frozen=True)
class Lifeline:
    """Where a box calls home: hub's public address, its port on the hub's loopback, the key that must answer."""

    endpoint: str
    port: int
    host_key: str


@dataclass(frozen=True)
class Machine:
    """One machine to take over.

    certificates: common name by file name. alternatives: addresses in a hub's certificate. host_key: pinned already (trust is "enrolled" or
    "pending"), else None. enter: "key" once that host key answers. macs, serial: as in the inventory; one of the MACs, and the serial if
    given, must be the machine's. packages: what its roles will install, brought on the bench: a facility's line may be a telephone's.
    results: folder of what is learnt of it.
    """

    name: str
    kind: Kind
    address: str
    certificates: Mapping[str, str]
    results: Path
    number: int = 0
    trust: Trust = "new"
    host_key: str | None = None
    enter: Literal["factory", "key"] = "factory"
    serial: str | None = None
    macs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    lifeline: Lifeline | None = None
    alternatives: tuple[str, ...] = ()
    port: int = 22

    @property
    def steps(self) -> list[str]:
        return [step for step in STEPS if step != "lifeline" or self.kind == "box"]

    @property
    def certificate(self) -> str:
        """File name of the certificate by which it is known (a hub has another one for its collector)."""
        return next(iter(self.certificates))


def expected(inventory: Path, province: Province, name: str, address: str, results: Path) -> Machine:
    """`hub` or a facility's box; results: the folder where its own results are. Raises BootstrapError."""
    trust, host_key = _trusted(inventory, name, results)
    if name == HUB:
        alternatives = (str(province.hub.endpoint), *map(str, province.hub.more_endpoints), province.hub.address)
        certificates = {"hub": HUB, "collector": "collector"}
        return Machine(HUB, "hub", address, certificates, results, alternatives=alternatives, trust=trust, host_key=host_key)
    facility = province.facility(name)
    if facility is None:
        unknown = province.unknown(site=name) or Text(name, name)
        raise BootstrapError(*unknown)
    return Machine(
        name=facility.code,
        kind="box",
        address=address,
        certificates={"box": facility.id},
        results=results,
        number=facility.number,
        serial=facility.box.serial,
        macs=tuple(str(mac) for mac in (facility.box.mac, facility.box.lan_mac) if mac),
        packages=("ketnoi-edge", "ffmpeg") if facility.recording.by == "box" else ("ketnoi-edge",),
        trust=trust,
        host_key=host_key,
    )


def hub_key(inventory: Path) -> str:
    """What the hub's lifeline service answers with, by its record. Raises BootstrapError while the hub isn't enrolled."""
    hub = enrolment.read(inventory, HUB)
    if hub is None:
        raise BootstrapError(
            "máy chủ kết nối (hub) chưa ghi danh, thiết bị biên chưa biết gọi về đâu: chạy `ketnoi bootstrap hub` trước",
            "the hub isn't enrolled, so a box can't know whom to call: run `ketnoi bootstrap hub` first",
        )
    return str(hub["lifeline_host_key"])


def lifeline(province: Province, machine: Machine, host_key: str) -> Lifeline:
    """A box's call home, to where that host key answers."""
    return Lifeline(str(province.hub.endpoint), addresses.lifeline_port(machine.number), host_key)


def results_folder(home: Home, name: str) -> Path:
    """Where `ketnoi bootstrap` keeps what it learns of a machine until it is enrolled."""
    return home.pending / name


def _trusted(inventory: Path, name: str, results: Path) -> tuple[Trust, str | None]:
    """How a machine's host key is known, and the key."""
    record = enrolment.read(inventory, name)
    if record is not None:
        return "enrolled", record["host_key"]
    pending = results / HOST_KEY
    if pending.exists():
        return "pending", pending.read_text(encoding="utf-8").strip()
    return "new", None
