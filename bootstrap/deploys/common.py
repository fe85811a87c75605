"""Steps that a box and the hub share. Each returns how many of its operations changed something."""

from collections.abc import Sequence
from io import StringIO

from pyinfra.api import Host
from pyinfra.api.operation import OperationMeta
from pyinfra.operations import files, server

from bootstrap.facts.machine import CertificateRequest, MachineIdentity, MissingPackages
from bootstrap.files import ADMINISTRATOR, SSHD, SSHD_CHECK, SSHD_PATH, SSHD_RELOAD, SUDOERS
from bootstrap.job import Machine
from bootstrap.operations import machine as operations
from bootstrap.repository import lent
from province.office import authority
from province.office.home import Home
from province.office.packages import KEY_FILE

PACKAGES = ("sudo", "python3", "openssl", "wireguard-tools")
APT_SECONDS = 900


def changes(*done: OperationMeta) -> int:
    return sum(meta.did_change() for meta in done)


def put(dest: str, content: str, mode: str = "644") -> OperationMeta:
    return files.put(
        src=StringIO(content),
        dest=dest,
        user="root",
        group="root",
        mode=mode,
        add_deploy_dir=False,
        create_remote_dir=True,
    )


def packages(host: Host, home: Home, repository: int) -> int:
    """What the image lacks, from the office's repository at that port of its loopback."""
    made = changes(put(operations.KEYRING, (home.repository / KEY_FILE).read_text()))
    if not host.get_fact(MissingPackages, list(PACKAGES)):
        return made
    with lent(host.connector.client.get_transport(), repository) as url:  # type: ignore[attr-defined]
        return made + changes(operations.packages(wanted=list(PACKAGES), repository=url, _timeout=APT_SECONDS))


def administrator(home: Home) -> int:
    """The one account that people and Ansible use; its key is the office's only."""
    folder = f"/home/{ADMINISTRATOR}"
    return changes(
        server.user(user=ADMINISTRATOR, home=folder, shell="/bin/bash", ensure_home=True),  # noqa: S604
        files.directory(path=f"{folder}/.ssh", user=ADMINISTRATOR, group=ADMINISTRATOR, mode="700"),
        files.put(
            src=StringIO(home.ssh_public_key.read_text()),
            dest=f"{folder}/.ssh/authorized_keys",
            user=ADMINISTRATOR,
            group=ADMINISTRATOR,
            mode="600",
            add_deploy_dir=False,
        ),
        operations.checked_file(dest="/etc/sudoers.d/ketnoi", content=SUDOERS, mode="440", check="visudo -cq"),
    )


def birth(machine: Machine) -> int:
    named = operations.host_name(wanted=machine.name)
    return changes(named, operations.machine_id(), operations.host_keys(comment=machine.name))


def login() -> int:
    return changes(operations.checked_file(dest=SSHD_PATH, content=SSHD, mode="644", check=SSHD_CHECK, then=SSHD_RELOAD))


def certificate(host: Host, home: Home, stem: str, common_name: str, addresses: Sequence[str] = ()) -> tuple[int, str]:
    """Key at STEM.key if there is none, certificate at STEM.crt if the one there can't stay; (changes, certificate)."""
    made = changes(operations.certificate_key(stem=stem))
    identity = host.get_fact(MachineIdentity, stem)
    if authority.serves(home, identity.certificate, identity.public_key, addresses):
        return made, identity.certificate
    request = host.get_fact(CertificateRequest, stem, common_name)
    signed = authority.sign(home, request, common_name, addresses=addresses)
    return made + changes(put(f"{stem}.crt", signed)), signed


def closing() -> int:
    return changes(operations.lock_root())
