"""The signed package repository: everything that a box, the hub or a probe machine installs, Debian's and ours.

Built in the office (the only place with a way to the registries), served from there to the bench and by the hub to
the boxes. A flat APT repository: `Packages`, `InRelease` signed with a key of the province's own, `ketnoi.asc` beside
it. Python and its libraries travel as two Debian packages, `ketnoi-edge` and `ketnoi-hub`, so that one signature and
one installer cover all of it. `repo.tar` beside the folder is the same for the hub, in one piece.
"""

import fcntl
import gzip
import hashlib
import importlib.metadata
import importlib.resources
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from province.files import put, write
from province.user_error import UserError

ARCHITECTURE = "amd64"
KEY_FILE = "ketnoi.asc"
VERSIONS_FILE = "versions.json"
ARCHIVE_FOLDER = "ketnoi-repository"
_SOURCE_DATE_EPOCH = "1609459200"

Progress = Callable[[str], None]


class PackageError(UserError):
    """The repository could not be built; the message says which tool failed and what it said."""


@dataclass(frozen=True)
class Product:
    """One Debian package of ours: whose Python packages it holds and which of Debian's it stands on."""

    name: str
    lock: str
    trees: tuple[Path, ...]
    scripts: dict[str, str]
    units: tuple[Path, ...]
    depends: tuple[str, ...]

    def version(self) -> str:
        """Release plus a digest of what goes in, so that the same content always has the same version."""
        digest = hashlib.sha256((_LOCKS / self.lock).read_bytes())
        digest.update(repr((self.scripts, self.depends)).encode())
        for tree in self.trees:
            for path in _sources(tree):
                digest.update(str(path.relative_to(tree.parent)).encode() + b"\0" + path.read_bytes())
        return f"{importlib.metadata.version('ketnoi')}+c{digest.hexdigest()[:12]}"


_PROVINCE = Path(__file__).resolve().parents[1]
_LOCKS = _PROVINCE / "packaging"
_EDGE = Path(str(importlib.resources.files("edge_agent"))).resolve()

PRODUCTS = (
    Product(
        "ketnoi-edge",
        "edge.lock",
        (_EDGE,),
        {"edge-agent": "edge_agent.cli:main"},
        (_EDGE / "units",),
        ("python3", "wireguard-tools", "chrony", "nftables", "openssh-server", "sudo", "ca-certificates"),
    ),
    Product(
        "ketnoi-hub",
        "hub.lock",
        (_EDGE, _PROVINCE),
        {"ketnoi-hub": "province.hub.cli:main", "ketnoi-measure": "province.measure.remote:main"},
        (_PROVINCE / "hub" / "units",),
        ("python3", "sudo", "ca-certificates"),
    ),
)

# What else machines install from here: bootstrap's first packages, the services of the hub, the recorder of a box.
DEBIAN = (
    *("python3", "openssl", "sudo", "wireguard-tools", "iproute2"),
    *("chrony", "nftables", "openssh-server", "ca-certificates"),
    *("mosquitto", "postgresql", "nginx", "libnginx-mod-stream"),
    "ffmpeg",
)


def _sources(tree: Path) -> Iterator[Path]:
    for path in sorted(tree.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and "share" not in path.relative_to(tree).parts[:1]:
            yield path


def build(repository: Path, signing_home: Path, progress: Progress = lambda line: None) -> dict[str, str]:
    """Bring the repository up to date; returns the version of each package that roles ask for by name.

    Builds nothing that is there already.

    repository: directory, made if missing. signing_home: GnuPG home of the province's signing key, made on first use.
    Raises PackageError.
    """
    repository.mkdir(parents=True, exist_ok=True)
    with repository.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _build(repository, signing_home, progress)


def _build(repository: Path, signing_home: Path, progress: Progress) -> dict[str, str]:
    ours = {product.name: product.version() for product in PRODUCTS}
    stamp = repository / VERSIONS_FILE
    known = versions(repository)
    if known.keys() == {*ours, *DEBIAN} and ours.items() <= known.items():
        return known
    stamp.unlink(missing_ok=True)
    if not {*DEBIAN} <= known.keys():
        progress("Debian packages")
        _download_debian(repository)
    for product in PRODUCTS:
        if not (repository / _deb_name(product)).exists():
            progress(product.name)
            for old in repository.glob(f"{product.name}_*.deb"):
                old.unlink()
            _build_product(product, repository)
    progress("signature")
    _index_and_sign(repository, signing_home)
    _pack(repository)
    named = dict(deb.name.split("_")[:2] for deb in repository.glob("*.deb"))
    known = {name: unquote(named[name]) for name in (*ours, *DEBIAN)}
    write(stamp, json.dumps(known, indent=1), 0o644)
    return known


def versions(repository: Path) -> dict[str, str]:
    """Versions, by name, of what roles install from a built repository; empty when none is built yet."""
    stamp = repository / VERSIONS_FILE
    return json.loads(stamp.read_text()) if stamp.exists() else {}


def archive(repository: Path) -> Path:
    """The whole repository as one file, in ARCHIVE_FOLDER/DIGEST; InRelease comes last: where it is, all is there."""
    return repository.with_suffix(".tar")


def digest(repository: Path) -> str:
    """Names the repository's content: of the signed index, which has every package's checksum."""
    return hashlib.sha256((repository / "InRelease").read_bytes()).hexdigest()[:16]


def _deb_name(product: Product) -> str:
    return f"{product.name}_{product.version()}_{ARCHITECTURE}.deb"


def _unfinished(repository: Path, what: str) -> Path:
    """Where a package is made before it is whole: one name for each, so that the next try overwrites what a killed one left.

    No index lists it: it does not end in .deb.
    """
    return repository / f".{what}.new"


def _run(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False)
    if done.returncode:
        said = f"{command[0]} ({done.returncode}): {(done.stderr or done.stdout).strip()[-2000:]}"
        raise PackageError(f"không tạo được kho gói: {said}", f"can't build the package repository: {said}")
    return done.stdout


def _download_debian(repository: Path) -> None:
    """The closure of DEBIAN, against an empty system, so that nothing depends on what the office has installed."""
    with tempfile.TemporaryDirectory(prefix="ketnoi-apt-") as scratch:
        root = Path(scratch)
        for folder in ("state/lists/partial", "cache/archives/partial"):
            (root / folder).mkdir(parents=True)
        (root / "status").touch()
        apt = (
            *("apt-get", "-q", "-y", "-o", f"Dir::State={root}/state", "-o", f"Dir::State::status={root}/status"),
            *("-o", f"Dir::Cache={root}/cache", "-o", "APT::Install-Recommends=false"),
            *("-o", "APT::Sandbox::User=root", "-o", f"APT::Architecture={ARCHITECTURE}"),
        )
        _run(*apt, "update")
        _run(*apt, "install", "--download-only", *DEBIAN)
        kept = {product.name for product in PRODUCTS}
        for old in repository.glob("*.deb"):
            if old.name.split("_")[0] not in kept:
                old.unlink()
        for deb in (root / "cache" / "archives").glob("*.deb"):
            fresh = _unfinished(repository, "debian")
            shutil.copyfile(deb, fresh)
            put(fresh, repository / deb.name)


def _build_product(product: Product, repository: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="ketnoi-deb-") as scratch:
        root = Path(scratch) / "root"
        library = root / "opt/ketnoi/lib"
        library.mkdir(parents=True)
        _install_locked(_LOCKS / product.lock, library, repository.with_name("wheels"))
        for tree in product.trees:
            for path in _sources(tree):
                target = library / path.relative_to(tree.parent)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        _strip_and_compile(library)
        _write_scripts(product, root)
        _write_units(product, root)
        control = root / "DEBIAN" / "control"
        control.parent.mkdir()
        control.write_text(
            f"Package: {product.name}\nVersion: {product.version()}\nArchitecture: {ARCHITECTURE}\n"
            f"Maintainer: Ketnoi <ketnoi@localhost>\nDepends: {', '.join(product.depends)}\n"
            f"Conflicts: {', '.join(p.name for p in PRODUCTS if p is not product)}\n"
            f"Description: Ketnoi, {product.name.removeprefix('ketnoi-')} side\n"
        )
        for path in root.rglob("*"):
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        root.chmod(0o755)
        fresh = _unfinished(repository, product.name)
        _run(
            *("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(root), str(fresh)),
            env={"SOURCE_DATE_EPOCH": _SOURCE_DATE_EPOCH},
        )
        put(fresh, repository / _deb_name(product))


def _install_locked(lock: Path, library: Path, cache: Path) -> None:
    """The locked wheels, hashes checked when they came, kept in `cache` by the lock's digest. onvif-zeep's WSDL would land
    outside the library, so it is unpacked beside the package."""
    wheels = cache / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    if not wheels.exists():
        fresh = wheels.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        _run(*pip, "wheel", "--no-deps", "--require-hashes", "--wheel-dir", str(fresh), "--requirement", str(lock))
        put(fresh, wheels)
    archives = [str(path) for path in sorted(wheels.glob("*.whl"))]
    _run(*pip, "install", "--no-deps", "--no-compile", "--no-warn-conflicts", "--target", str(library), *archives)
    for wheel in wheels.glob("onvif_zeep-*.whl"):
        with tempfile.TemporaryDirectory() as unpacked:
            shutil.unpack_archive(wheel, unpacked, "zip")
            wsdl = next(Path(unpacked).rglob("devicemgmt.wsdl")).parent
            shutil.copytree(wsdl, library / "wsdl", dirs_exist_ok=True)


def _strip_and_compile(library: Path) -> None:
    for folder in ("bin", "tests"):
        shutil.rmtree(library / folder, ignore_errors=True)
    _run(
        *("/usr/bin/python3", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
        *("-s", str(library.parents[2]), "-p", "/", str(library)),
    )


def _write_scripts(product: Product, root: Path) -> None:
    scripts = root / "usr/bin"
    scripts.mkdir(parents=True)
    for name, entry in product.scripts.items():
        module, function = entry.split(":")
        (scripts / name).write_text(
            "#!/usr/bin/python3 -I\nimport sys\n\nsys.path.insert(0, '/opt/ketnoi/lib')\n"
            f"from {module} import {function}\n\nsys.exit({function}())\n"
        )


def _write_units(product: Product, root: Path) -> None:
    target = root / "usr/lib/systemd/system"
    target.mkdir(parents=True)
    for folder in product.units:
        for unit in sorted(folder.glob("*.*")):
            if unit.suffix in (".service", ".timer", ".path", ".socket"):
                shutil.copyfile(unit, target / unit.name)


def _pack(repository: Path) -> None:
    names = sorted(each.name for each in repository.iterdir() if each.name not in ("InRelease", VERSIONS_FILE) and each.name[0] != ".")
    fresh = archive(repository).with_suffix(".tar.new")
    with tarfile.open(fresh, "w") as tar:
        for name in [*names, "InRelease"]:
            tar.add(repository / name, f"{ARCHIVE_FOLDER}/{digest(repository)}/{name}")
    put(fresh, archive(repository))


def _index_and_sign(repository: Path, signing_home: Path) -> None:
    packages = _run("dpkg-scanpackages", "--multiversion", ".", cwd=repository)
    write(repository / "Packages", packages, 0o644)
    write(repository / "Packages.gz", gzip.compress(packages.encode(), mtime=0), 0o644)
    for stale in ("Release", "InRelease"):
        (repository / stale).unlink(missing_ok=True)
    release = _run(
        *("apt-ftparchive", "-o", "APT::FTPArchive::Release::Origin=ketnoi"),
        *("-o", "APT::FTPArchive::Release::Label=ketnoi", "release", "."),
        cwd=repository,
    )
    write(repository / "Release", release, 0o644)
    fresh = not signing_home.exists()
    signing_home.mkdir(mode=0o700, parents=True, exist_ok=True)
    gpg = ("gpg", "--batch", "--quiet", "--homedir", str(signing_home))
    try:
        if fresh:
            name = "Ketnoi package repository"
            _run(*gpg, "--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "10y")
        write(repository / KEY_FILE, _run(*gpg, "--armor", "--export"), 0o644)
        signed = _unfinished(repository, "InRelease")
        signed.unlink(missing_ok=True)
        _run(*gpg, "--clearsign", "--output", str(signed), str(repository / "Release"))
        put(signed, repository / "InRelease")
    finally:
        subprocess.run(["gpgconf", "--homedir", str(signing_home), "--kill", "all"], check=False, capture_output=True)
