"""First packages, from the office's repository and from nowhere else."""

import re
from pathlib import Path

from pyinfra import host
from pyinfra.api import FileUploadCommand, operation
from pyinfra.api.command import PyinfraCommand

from bootstrap.facts.packages import APT, FOLDER, MissingPackages, PackageFiles, install
from bootstrap.operations import Commands, failure, script

KEYRING = "/etc/apt/keyrings/ketnoi.asc"
_INDEX = ("InRelease", "Packages.gz")
_DEB = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~%_-]*\.deb")


@operation()
def installed(desired: list[str], repository: Path) -> Commands:
    """Give the machine the signed index and, of the packages, those that apt then says it lacks; install them from there.

    They travel through the connection by which pyinfra came: a hub in a data centre can't reach an office behind NAT, a bench may have a
    firewall, and a machine's sshd may forward no port. apt checks the signature (KEYRING must be there).
    """
    missing = host.get_fact(MissingPackages, desired)
    if not missing:
        return
    yield script(
        f"rm -rf {FOLDER}; mkdir -p {FOLDER}/lists/partial\n"
        f"echo 'deb [signed-by={KEYRING}] file:{FOLDER} ./' >{FOLDER}/sources.list\n"
    )  # fmt: skip
    for name in _INDEX:
        yield _upload(repository, name)
    yield script(f"{APT} update --error-on=any")
    files = host.get_fact(PackageFiles, missing)
    foreign = [name for name in files if not _DEB.fullmatch(name) or not (repository / name).is_file()]
    if foreign:
        yield failure(f"the machine asks for what the repository hasn't: {', '.join(map(ascii, foreign))}")
    for name in files:
        yield _upload(repository, name)
    yield script(f"DEBIAN_FRONTEND=noninteractive {install(missing)}\nrm -rf {FOLDER}")


def _upload(repository: Path, name: str) -> PyinfraCommand:
    target = f"{FOLDER}/{name}"
    return FileUploadCommand(str(repository / name), target, remote_temp_filename=host.get_temp_filename(target))
