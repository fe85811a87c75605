"""What a deploy is told: pyinfra host data `machine`, and `office`, which is the same for all machines of a run.

README.md has both as a table; `python -c 'from bootstrap.machine import Document; print(Document.model_json_schema())'` as a schema.
What ends up in a command on the machine is a plain word here already.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pyinfra.api import Host, InventoryError

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Address = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.:-]*$")]
CommonName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
HostKey = Annotated[str, Field(pattern=r"^ssh-ed25519 [A-Za-z0-9+/]+=*$")]
Mac = Annotated[str, Field(pattern=r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")]
Package = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+.-]+$")]
Port = Annotated[int, Field(ge=1, le=65535)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Lifeline(_Strict):
    """Where a box calls home: the hub's public address, the box's port on the hub's loopback, the key that must answer."""

    endpoint: Address
    port: Port
    host_key: HostKey


class Office(_Strict):
    """Of the office: the administrator's SSH key (its public half beside it, .pub), the signed package repository and its key."""

    ssh_key: Path
    repository: Path
    repository_key: Path


class Machine(_Strict):
    """One machine.

    enter: `factory` as root with the factory's password, whatever host key answers; `key` as the administrator, where `host_key` is
    pinned. macs, serial: one of the MACs, and the serial if given, must be the machine's; a box that has neither is another machine.
    packages: what it will need from the repository, installed here, where the line is the office's. certificates: common name by file name
    below /etc/ketnoi. lifeline: needed by the second deploy of a box. results: folder of what
    was learnt, by default NAME beside the inventory.
    """

    name: Name
    kind: Literal["box", "hub"]
    address: Address
    port: Port = 22
    enter: Literal["factory", "key"] = "factory"
    host_key: HostKey | None = None
    macs: tuple[Mac, ...] = ()
    serial: str | None = None
    packages: tuple[Package, ...] = ()
    certificates: dict[Name, CommonName]
    lifeline: Lifeline | None = None
    results: Path

    @model_validator(mode="after")
    def _is_pinned(self) -> "Machine":
        if self.enter == "key" and self.host_key is None:
            raise ValueError("enter: key needs host_key")
        return self

    @property
    def known_as(self) -> str:
        """Its name in a known_hosts file."""
        return self.address if self.port == 22 else f"[{self.address}]:{self.port}"


class Document(_Strict):
    """machines.json."""

    office: Office
    machines: tuple[Machine, ...]


def of(host: Host) -> tuple[Machine, Office]:
    """The machine that a deploy works on, and its office. Raises InventoryError for data that aren't as documented."""
    try:
        return Machine.model_validate(host.data.machine), Office.model_validate(host.data.office)
    except (ValidationError, AttributeError) as error:
        raise InventoryError(f"{host.name}: {error}") from error
