"""What was learnt, put in the results folder in the office (README.md has its files), and how far a machine is, on standard output."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from pyinfra import host
from pyinfra.api import FunctionCommand, operation
from pyinfra.api.operation import OperationMeta

from bootstrap.facts.machine import CertificateRequest, MachineIdentity
from bootstrap.operations import Commands, failure


def write(file: Path, content: str) -> None:
    """Whole or not at all."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.new")
    with fresh.open("w", encoding="utf-8") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(file)


@dataclass(frozen=True)
class Content:
    """What a file of results is to say; missing: what could not be read and must not be left out."""

    text: str
    missing: Sequence[str] = ()


def document(content: object, missing: Sequence[str] = ()) -> Content:
    """As JSON."""
    return Content(json.dumps(content, indent=1, ensure_ascii=False) + "\n", missing)


@operation()
def kept(file: Path, content: Callable[[], Content]) -> Commands:
    """A file that says what facts say now; it fails, unwritten, while something is missing."""
    now = content()
    if now.missing:
        yield failure(f"không đọc lại được / not read back: {', '.join(now.missing)}")
    if not file.exists() or file.read_text(encoding="utf-8") != now.text:
        yield FunctionCommand(write, (file, now.text), {})


@operation()
def request_kept(file: Path, stem: str, common_name: str) -> Commands:
    """A PKCS#10 request by the machine's key STEM.key; one that is there already stays if it is by that key, for that name."""
    if not _is_for(file, host.get_fact(MachineIdentity, stem).public_key, common_name):
        yield FunctionCommand(lambda: write(file, host.get_fact(CertificateRequest, stem, common_name)), (), {})


def _is_for(file: Path, public_key: str, common_name: str) -> bool:
    try:
        request = x509.load_pem_x509_csr(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    names = [each.value for each in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    key = request.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return names == [common_name] and key.strip() == public_key.strip()


@operation()
def ended(machine: str, step: str, after: Sequence[OperationMeta], changes: Sequence[OperationMeta] = ()) -> Commands:
    """A line on standard output once `after` and `changes` are done: the step's name, and how many of `changes` changed the machine."""
    if all(each.is_complete() for each in (*after, *changes)):
        print(f"{machine}: {step}: {sum(each.did_change() for each in changes)} changed", flush=True)
    yield from ()
