"""The package repository: what says that it is built is there, whole; begun anywhere, the next build ends it."""

import hashlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from province.office import packages
from province.office.packages import Product
from tests.crash.piece import Piece, Said, Say

TOOLS = {
    "apt-get": """for each; do case $each in Dir::Cache=*) cache=${each#*=} ;; download|install) go=1 ;; esac; done
        [ -z "$go" ] || for name in python3 chrony; do echo "whole $name" > $cache/archives/${name}_1_amd64.deb; done""",
    "dpkg-scanpackages": "sha256sum *.deb",
    "apt-ftparchive": "sha256sum Packages",
    "gpg": """for each; do case $each in --homedir) home=1 ;; --export) echo key; exit ;; esac; last=$each; done
        while [ "$1" != --output ]; do [ $# -gt 0 ] || exit 0; shift; done; (cat "$last"; echo signed) > "$2" """,
    "gpgconf": ":",
    "pip": """for each; do
        [ "$last" != --wheel-dir ] || { mkdir -p "$each"; echo wheel > "$each/some-1.whl"; }
        case $each in *.whl) [ "$(cat "$each")" = wheel ] ;; esac
        last=$each
        done""",
}
"""What stands in for programs that need a network or take seconds; what they write fails as anything else does."""


def before(folder: Path) -> None:
    for name in ("bin", "wheels"):
        (folder / name).mkdir()
    for name, script in TOOLS.items():
        tool = folder / "bin" / name
        tool.write_text(f"#!/bin/sh\nset -e\n{script}\n")
        tool.chmod(0o755)


def act(folder: Path, say: Say) -> None:
    """Built, and built again beside what is there when our code has changed."""
    for number in range(2):
        _code(folder, number)
        _build(folder)
        say("built", number)


def after(folder: Path, said: Said, complete: bool) -> None:
    if packages.versions(folder / "repo"):
        _assert_whole(folder)
    _code(folder, max((number for _, number in said), default=0))
    assert not complete or _build(folder) == packages.versions(folder / "repo")
    for number in range(2, 4):
        _code(folder, number)
        _build(folder)
        _assert_whole(folder)


def _assert_whole(folder: Path) -> None:
    """What a box would check: the signature over the list, the list over each package; and the archive holds just that."""
    repository = folder / "repo"
    for name, version in packages.versions(repository).items():
        assert (repository / f"{name}_{version}_amd64.deb").exists(), name
    release = (repository / "InRelease").read_text().splitlines()
    listed = (repository / "Packages").read_bytes()
    assert release[-1] == "signed" and release[0].split()[0] == hashlib.sha256(listed).hexdigest()
    rows = dict(reversed(line.split()) for line in listed.decode().splitlines())
    assert rows == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in repository.glob("*.deb")}
    for path in repository.glob("ketnoi-*.deb"):
        subprocess.run(["dpkg-deb", "--fsys-tarfile", path], check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(packages.archive(repository)) as tar:
        held = {Path(each.name).name: file.read() for each in tar if (file := tar.extractfile(each))}
    assert list(held)[-1] == "InRelease"
    assert all((repository / name).read_bytes() == content for name, content in held.items()) and rows.keys() <= held.keys()


def _code(folder: Path, number: int) -> None:
    """What is checked out; not of the disk that fails."""
    folder.with_name("code").mkdir(exist_ok=True)
    (folder.with_name("code") / "a.py").write_text(f"{number}\n")


def _build(folder: Path) -> dict[str, str]:
    os.environ["PATH"] = f"{folder}/bin:{os.environ['PATH']}"
    os.environ["TMPDIR"] = str(folder.parent)
    sys.executable = str(folder / "bin/pip")
    packages.DEBIAN = ("python3", "chrony")
    packages.PRODUCTS = (Product("ketnoi-edge", "edge.lock", (folder.with_name("code"),), {"edge-agent": "code.a:main"}, (), ("python3",)),)
    return packages.build(folder / "repo", folder / "gnupg")


PIECE = Piece(before, act, after, (OSError, packages.PackageError))
