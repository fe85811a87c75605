"""Which way into a machine: by the factory's password, or by key where the host key that we know answers.

A host key is looked at, not accepted: pyinfra is given the one that must answer. Unknown ones are only for machines without a record.
"""

import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from paramiko import SSHException, Transport

from province.bootstrap.machine import Machine
from province.bootstrap.outcome import Outcome, another_host_key, no_way_in

TIMEOUT_S = 10.0
SIDE_BY_SIDE = 40


def entrances(machines: Sequence[Machine]) -> Iterator[Machine | Outcome]:
    """For each, in order, the machine with its way in, or how it ended: nobody there, or another host key than the enrolled one."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield from pool.map(_entrance, machines)


def _entrance(machine: Machine) -> Machine | Outcome:
    if machine.host_key is None:
        return machine
    try:
        answering = host_key(machine.address, machine.port)
    except (OSError, SSHException, EOFError) as error:
        return no_way_in(machine.name, machine.address, str(error) or type(error).__name__)
    if answering == machine.host_key:
        return replace(machine, enter="key")
    if machine.trust == "enrolled":
        return another_host_key(machine.name, machine.address)
    return machine


def host_key(address: str, port: int) -> str:
    """`ssh-ed25519 AAAA…` of the SSH server there. Raises OSError, SSHException, EOFError."""
    with socket.create_connection((address, port), TIMEOUT_S) as link, Transport(link) as transport:
        transport.start_client(timeout=TIMEOUT_S)
        key = transport.get_remote_server_key()
        return f"{key.get_name()} {key.get_base64()}"
