"""Which Debian packages a machine lacks, and which files of a repository would bring them."""

from urllib.parse import unquote

from pyinfra.api import FactBase

FOLDER = "/var/cache/ketnoi-bootstrap"
"""The part of the office's repository that a machine is given; gone again once its packages are installed."""
APT = (
    f"apt-get -q -o Dir::Etc::sourcelist={FOLDER}/sources.list -o Dir::Etc::sourceparts=/dev/null "
    f"-o Dir::State::lists={FOLDER}/lists -o Acquire::Check-Date=false"
)
"""apt with that folder as its only source. The machine has no clock that could be trusted yet, so the repository's dates are
not looked at; its signature is."""


def install(packages: list[str]) -> str:
    """apt's command for them."""
    return f"{APT} -y -o Dpkg::Options::=--force-confold --no-install-recommends install {' '.join(packages)}"


class MissingPackages(FactBase[list[str]]):
    """Which of these Debian packages aren't installed."""

    def command(self, packages: list[str]) -> str:
        return (
            f"dpkg-query -W -f '${{db:Status-Status}} ${{Package}}\\n' {' '.join(packages)} 2>/dev/null; echo desired {' '.join(packages)}"
        )

    @staticmethod
    def default() -> list[str]:
        return []

    def process(self, output: list[str]) -> list[str]:
        installed = {line.split()[1] for line in output if line.startswith("installed ")}
        desired = next(line for line in output if line.startswith("desired ")).split()[1:]
        return [package for package in desired if package not in installed]


class PackageFiles(FactBase[list[str]]):
    """Names of the files that apt would take from the repository to install these packages, as the machine says."""

    def command(self, packages: list[str]) -> str:
        return f"{install(packages)} --print-uris"

    @staticmethod
    def default() -> list[str]:
        return []

    def process(self, output: list[str]) -> list[str]:
        uris = [line.split("'")[1] for line in output if line.startswith("'file:")]
        return [unquote(uri.rpartition("/")[2]) for uri in uris]
