"""The old way into a machine is left only when the new one was seen to open."""

import time
from base64 import b64decode

from paramiko import PKey, SSHClient, SSHException
from pyinfra import host
from pyinfra.api import FunctionCommand, operation

from bootstrap.facts.machine import MachineGenerated
from bootstrap.files import ADMINISTRATOR, SSHD_PATH, SSHD_RELOAD
from bootstrap.machine import Machine, Office
from bootstrap.operations import Commands, failure, script

TRIES, PAUSE_S, TIMEOUT_S = 10, 0.5, 10.0


@operation(is_idempotent=False)
def proved(machine: Machine, office: Office) -> Commands:
    """The administrator's key opens, the machine's own host key answers, sudo works; else the factory's way is opened again."""
    obstacles: list[str] = []
    yield FunctionCommand(lambda: obstacles.append(obstacle(machine, office, host.get_fact(MachineGenerated).host_key)), (), {})
    if any(obstacles):
        (machine.results / "host_key").unlink(missing_ok=True)
        yield script(f"rm -f {SSHD_PATH}; {SSHD_RELOAD}")
        yield failure(f"khoá của người quản trị không mở được / the administrator's key doesn't open: {obstacles[0]}")


def obstacle(machine: Machine, office: Office, host_key: str) -> str:
    """Why the administrator can't come in by key; "" when he can. sshd takes a moment to read its files again."""
    why = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE_S)
        try:
            if not (why := _enter(machine, office, host_key)):
                return ""
        except (OSError, SSHException, EOFError) as error:
            why = f"{type(error).__name__}: {error}"
    return why


def _enter(machine: Machine, office: Office, host_key: str) -> str:
    kind, blob = host_key.split(" ")
    with SSHClient() as client:  # a key that isn't among its host keys is refused: that is paramiko's default
        client.get_host_keys().add(machine.known_as, kind, PKey.from_type_string(kind, b64decode(blob)))
        client.connect(
            machine.address,
            machine.port,
            ADMINISTRATOR,
            key_filename=str(office.ssh_key),
            allow_agent=False,
            look_for_keys=False,
            timeout=TIMEOUT_S,
            banner_timeout=TIMEOUT_S,
            auth_timeout=TIMEOUT_S,
        )
        _, output, errors = client.exec_command("sudo -n true", timeout=TIMEOUT_S)
        if output.channel.recv_exit_status():
            return f"sudo: {errors.read(400).decode(errors='replace').strip()}"
    return ""
