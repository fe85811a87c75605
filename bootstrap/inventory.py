"""machines.json as pyinfra hosts. An inventory.py beside that file is all that pyinfra needs:

from bootstrap.inventory import read

machines = read(__file__)
"""

import json
import sys
from getpass import getpass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pyinfra.api import InventoryError

from bootstrap.files import ADMINISTRATOR
from bootstrap.machine import Document, Machine, Office

SECONDS = 120
"""How long one command on a machine may take, unless its operation says otherwise: a machine that hangs must not hold up a run."""


def read(inventory: str) -> list[tuple[str, dict[str, Any]]]:
    """The hosts, with their data. Asks for the factory's password where one is needed. Raises InventoryError."""
    file = Path(inventory).resolve().with_name("machines.json")
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        for machine in raw["machines"]:
            machine["results"] = str(file.parent / machine.get("results", machine["name"]))
        document = Document.model_validate(raw)
    except (OSError, ValidationError, ValueError, KeyError, TypeError) as error:
        raise InventoryError(f"{file}: {error}") from error
    password = _factory_password() if any(machine.enter == "factory" for machine in document.machines) else ""
    return [(machine.name, _data(machine, document.office, password)) for machine in document.machines]


def _factory_password() -> str:
    """From a terminal, else the first line of standard input: so it stands in no file, argument or environment."""
    if sys.stdin.isatty():
        return getpass("Mật khẩu root xuất xưởng / Factory root password: ")
    return sys.stdin.readline().rstrip("\n")


def _data(machine: Machine, office: Office, password: str) -> dict[str, Any]:
    """How pyinfra enters, and what our deploys read. Neither the user's ssh configuration nor his known hosts are looked at."""
    data: dict[str, Any] = {
        "ssh_hostname": machine.address,
        "ssh_port": machine.port,
        "ssh_config_file": "/dev/null",
        "ssh_allow_agent": False,
        "ssh_look_for_keys": False,
        "_timeout": SECONDS,
        "machine": machine.model_dump(mode="json"),
        "office": office.model_dump(mode="json"),
    }
    if machine.enter == "factory":
        return data | {
            "ssh_user": "root",
            "ssh_password": password,
            "ssh_known_hosts_file": "/dev/null",
            "ssh_strict_host_key_checking": "no",
        }
    known_hosts = machine.results / "known_hosts"
    machine.results.mkdir(mode=0o700, parents=True, exist_ok=True)
    known_hosts.write_text(f"{machine.known_as} {machine.host_key}\n")
    return data | {
        "ssh_user": ADMINISTRATOR,
        "ssh_key": str(office.ssh_key),
        "ssh_known_hosts_file": str(known_hosts),
        "ssh_strict_host_key_checking": "yes",
        "_sudo": True,
    }
