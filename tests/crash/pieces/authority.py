"""What `ketnoi init` makes, and what the authority signs and takes back: begun anywhere, a second `ketnoi init` ends it."""

import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from province.commands import init
from province.office import authority, vaults
from province.office.home import Home
from province.reach import tunnel
from tests.crash.piece import Piece, Said, Say

MAKES = (authority.create, vaults.create_secret, tunnel.create_ssh_key, tunnel.create_wireguard_key)
KEY = ec.generate_private_key(ec.SECP256R1())
SUBJECT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "BD-0001")])
REQUEST = x509.CertificateSigningRequestBuilder().subject_name(SUBJECT).sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def before(folder: Path) -> None:
    (folder / "inventory").mkdir()


def act(folder: Path, say: Say) -> None:
    home = _init(folder)
    say("made", _fingerprints(home))
    first, second = (authority.sign(home, REQUEST.decode(), "BD-0001") for _ in range(2))
    say("signed", first)
    say("signed", second)
    authority.revoke(home, first, "box replaced")
    say("revoked", first)
    init.publish(home, folder / "inventory")


def after(folder: Path, said: Said, complete: bool) -> None:
    home = _init(folder)
    assert all(what != "made" or _fingerprints(home) == value for what, value in said), "a key is another than before"
    root = x509.load_pem_x509_certificate(home.ca_crt.read_bytes())
    listed = {row.serial_number for row in x509.load_pem_x509_crl(home.crl.read_bytes())}
    for what, value in said:
        if what == "signed":
            leaf = x509.load_pem_x509_certificate(value.encode())
            leaf.verify_directly_issued_by(root)
            assert (home.issued / f"{leaf.serial_number:040x}.crt").read_text() == value
            assert authority.is_revoked(home, value) == (leaf.serial_number in listed), "taken back, and still let in"
            assert ["revoked", value] not in said or leaf.serial_number in listed
    assert (folder / "inventory/authority/crl.pem").read_bytes() == home.crl.read_bytes()
    assert authority.serves(home, authority.sign(home, REQUEST.decode(), "BD-0001"), _public())


def _init(folder: Path) -> Home:
    os.environ["KETNOI_HOME"] = str(folder / "home")
    home = Home("binh-dinh")
    for make in MAKES:
        make(home)
    init.publish(home, folder / "inventory")
    return home


def _fingerprints(home: Home) -> list[str]:
    return [path.read_text() for path in (home.ca_key, home.ca_crt, home.vault_secret, home.ssh_key, home.wireguard_key)]


def _public() -> str:
    return KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


PIECE = Piece(before, act, after)
