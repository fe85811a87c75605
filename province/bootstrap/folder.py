"""The folder that pyinfra works from and the one where it leaves its results: bootstrap/README.md has their files."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, NotRequired, TypedDict, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge_agent.contract import typed
from province.bootstrap.machine import Machine
from province.bootstrap.outcome import BootstrapError
from province.files import write, write_if_changed
from province.office.home import Home
from province.office.packages import KEY_FILE

INVENTORY = """\
# Written by `ketnoi bootstrap`. The machines are those of machines.json.
from bootstrap.inventory import read

machines = read(__file__)
"""
MACHINES = "machines.json"
HARDWARE, FACTS, ENROLLED = "hardware.json", "facts.json", "enrolled.json"

Model = TypeVar("Model", bound=BaseModel)
HostKey = Annotated[str, Field(pattern=r"^ssh-ed25519 [A-Za-z0-9+/]{68}=*$")]


class _Result(BaseModel):
    """What a machine said of itself is believed in this form only."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Hardware(_Result):
    """Hardware identity; wrong: (what, as expected, as it is) of each that differs."""

    macs: tuple[Annotated[str, Field(pattern=r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")], ...]
    serial: Annotated[str, Field(pattern=r"^[ -~]{1,64}$")] | None
    wrong: tuple[tuple[str, str, str], ...]


class Certificate(_Result):
    """Public half of a key (PEM), and the certificate beside it if there is one."""

    public_key: str
    certificate: str | None


class Facts(_Result):
    """Public halves of what was generated on the machine. lifeline_key: a box's own, or the host key of a hub's lifeline service."""

    machine_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    host_key: HostKey
    wireguard_public_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]
    lifeline_key: HostKey
    certificates: dict[str, Certificate]


class LifelineRow(TypedDict):
    endpoint: str
    port: int
    host_key: str


class MachineRow(TypedDict):
    """A machine of machines.json; `results` is inside the folder, or absolute."""

    name: str
    kind: str
    address: str
    port: NotRequired[int]
    enter: str
    host_key: NotRequired[str]
    macs: list[str]
    serial: NotRequired[str]
    packages: list[str]
    certificates: dict[str, str]
    lifeline: NotRequired[LifelineRow]
    results: str


class OfficeRow(TypedDict):
    """What a machine gets from the office: files of it."""

    ssh_key: str
    repository: str
    repository_key: str


class MachinesFile(TypedDict):
    office: OfficeRow
    machines: list[MachineRow]


def write_folder(folder: Path, home: Home, machines: Iterable[Machine]) -> None:
    """inventory.py and machines.json of exactly these machines."""
    office: OfficeRow = {
        "ssh_key": str(home.ssh_key),
        "repository": str(home.repository),
        "repository_key": str(home.repository / KEY_FILE),
    }
    document: MachinesFile = {"office": office, "machines": [_machine(folder, machine) for machine in machines]}
    write_if_changed(folder / "inventory.py", INVENTORY)
    write(folder / MACHINES, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def change_machine(folder: Path, machine: Machine) -> None:
    """Write one machine's entry of machines.json anew."""
    document = _document(folder)
    rows = [_machine(folder, machine) if row["name"] == machine.name else row for row in document["machines"]]
    write(folder / MACHINES, json.dumps({**document, "machines": rows}, indent=1, ensure_ascii=False) + "\n")


def address(folder: Path, name: str) -> tuple[str, int]:
    """Where a machine of the folder answers, and its port. Raises BootstrapError."""
    for row in _document(folder)["machines"]:
        if row["name"] == name:
            return row["address"], row.get("port", 22)
    raise BootstrapError(f"{folder / MACHINES}: không có máy {name}", f"{folder / MACHINES}: no machine {name}")


def hardware(machine: Machine) -> Hardware | None:
    return _read(machine.results / HARDWARE, Hardware)


def facts(machine: Machine) -> Facts | None:
    """None while the first deploy isn't through."""
    return _read(machine.results / FACTS, Facts)


def enrolled(machine: Machine) -> bool:
    """Whether the second deploy is through: it leaves this file when all was read back from the machine."""
    return (machine.results / ENROLLED).exists()


def forget(machines: Sequence[Machine]) -> None:
    """Take the results of an earlier run away, but for the host key that it noted and its requests."""
    for machine in machines:
        for name in (HARDWARE, FACTS, ENROLLED):
            (machine.results / name).unlink(missing_ok=True)


def _machine(folder: Path, machine: Machine) -> MachineRow:
    inside = machine.results.parent == folder
    row: MachineRow = {
        "name": machine.name,
        "kind": machine.kind,
        "address": machine.address,
        "port": machine.port,
        "enter": machine.enter,
        "macs": list(machine.macs),
        "packages": list(machine.packages),
        "certificates": dict(machine.certificates),
        "results": machine.results.name if inside else str(machine.results),
    }
    if machine.enter == "key" and machine.host_key is not None:
        row["host_key"] = machine.host_key
    if machine.serial is not None:
        row["serial"] = machine.serial
    if machine.lifeline is not None:
        row["lifeline"] = {
            "endpoint": machine.lifeline.endpoint,
            "port": machine.lifeline.port,
            "host_key": machine.lifeline.host_key,
        }
    return row


def _document(folder: Path) -> MachinesFile:
    file = folder / MACHINES
    try:
        return typed.read(MachinesFile, MACHINES, json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise BootstrapError(f"{file}: không đọc được: {error}", f"{file}: can't be read: {error}") from error


def _read(file: Path, model: type[Model]) -> Model | None:
    try:
        return model.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise BootstrapError(f"{file}: {error}", f"{file}: {error}") from error
