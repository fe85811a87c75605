"""A report's manifest and the province's signature over it: what was in the folder when it was made, and that nobody changed it.

`manifest.json` holds the sha256 of every file; `manifest.json.p7s` is a detached CMS signature (RFC 5652) over it, by a key that
the province's authority certified and that never leaves the office. RSA with PKCS#1 v1.5 and no signed attributes, so that the
same report has the same signature. It is checked by openssl, which took no part in signing:

    openssl cms -verify -binary -inform DER -in manifest.json.p7s -content manifest.json -CAfile ca.crt -purpose any -no_check_time
"""

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from edge_agent.contract.strict import ContractError, Fields, parse_json
from province.files import write
from province.office import authority
from province.office.home import Home
from province.report.model.content import Digests
from province.text import Text
from province.user_error import UserError

MANIFEST, SIGNATURE = "manifest.json", "manifest.json.p7s"
BITS = 3072
MOST_BYTES = 8 * 1024 * 1024
_OPTIONS = (pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoAttributes)


class DigestsDocument(TypedDict):
    """As province.report.model.content.Digests."""

    inventory: str
    standard: str
    record: str
    commit: str | None


class About(TypedDict):
    """What the manifest and verify.json say of a report as a whole."""

    province: str
    area: str | None
    authority: str | None
    as_of: str
    until: str
    lang: str
    digests: DigestsDocument


class Manifest(About):
    """`files`: path within the folder -> sha256."""

    schema: int
    files: dict[str, str]


def document_of(digests: Digests) -> DigestsDocument:
    return {"inventory": digests.inventory, "standard": digests.standard, "record": digests.record, "commit": digests.commit}


def digests(folder: Path) -> dict[str, str]:
    """Path within the folder -> sha256, of everything there but manifest and signature."""
    found = {}
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if name not in (MANIFEST, SIGNATURE) and (file.is_symlink() or not file.is_dir()):
            found[name] = _sha256(file)
    return found


def _sha256(file: Path) -> str:
    """Of what the file itself holds; a link is no file of a report, wherever it leads."""
    if file.is_symlink():
        return "link"
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def seal(home: Home, folder: Path, about: About) -> None:
    """Write manifest and signature into a folder that is otherwise complete. UserError where the office has no authority."""
    manifest: Manifest = {"schema": 1, **about, "files": digests(folder)}
    raw = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()
    key, certificate = _signer(home)
    signed = pkcs7.PKCS7SignatureBuilder().set_data(raw).add_signer(certificate, key, hashes.SHA256())
    write(folder / MANIFEST, raw, 0o644)
    write(folder / SIGNATURE, signed.sign(serialization.Encoding.DER, list(_OPTIONS)), 0o644)


def _signer(home: Home) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """The office's key for reports, made when it is first needed."""
    with home.lock("reports"):
        if not (home.report_key.exists() and home.report_crt.exists()):
            made = rsa.generate_private_key(65537, BITS)
            certificate = authority.certify_reports(home, made.public_key())
            private = made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            write(home.report_key, private)
            write(home.report_crt, certificate, 0o644)
    key = serialization.load_pem_private_key(home.report_key.read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key, x509.load_pem_x509_certificate(home.report_crt.read_bytes())


def check(folder: Path, roots: Path) -> tuple[Manifest | None, list[Text]]:
    """(the manifest, what is wrong with the folder: each line names a file). `roots`: the province's ca.crt.

    UserError where there is no manifest, or openssl is missing.
    """
    try:
        manifest = _read((folder / MANIFEST).read_bytes())
    except OSError as error:
        why = f"{MANIFEST}: {error.strerror}"
        raise UserError(f"{folder} không có báo cáo ({why})", f"no report in {folder} ({why})") from error
    except ContractError:
        return None, [_WORDS["unreadable"].format(name=MANIFEST)]
    faults = [] if _signed(folder, roots) else [_WORDS["unsigned"].format(name=MANIFEST)]
    listed, there = manifest["files"], digests(folder)
    faults += [_WORDS["missing"].format(name=name) for name in sorted(set(listed) - set(there))]
    faults += [_WORDS["changed"].format(name=name) for name in sorted(set(listed) & set(there)) if listed[name] != there[name]]
    faults += [_WORDS["added"].format(name=name) for name in sorted(set(there) - set(listed))]
    return manifest, faults


def _read(raw: bytes) -> Manifest:
    """Raises ContractError: it may be anybody's, until its signature was checked."""
    fields = Fields("manifest", parse_json("manifest", raw, MOST_BYTES))
    rests = Fields("manifest.digests", fields.take("digests", dict))
    files = fields.take("files", dict)
    if not all(isinstance(digest, str) for digest in files.values()):
        raise ContractError("manifest.files: every digest must be text")
    return {
        "schema": fields.take("schema", int),
        "province": fields.take("province", str),
        "area": fields.take("area", (str, type(None))),
        "authority": fields.take("authority", (str, type(None))),
        "as_of": fields.take("as_of", str),
        "until": fields.take("until", str),
        "lang": fields.take("lang", str),
        "digests": {
            "inventory": rests.take("inventory", str),
            "standard": rests.take("standard", str),
            "record": rests.take("record", str),
            "commit": rests.take("commit", (str, type(None)), None),
        },
        "files": files,
    }


def _signed(folder: Path, roots: Path) -> bool:
    """By openssl. The certificate's own end is passed over: a report outlives it, and nothing tells when it was signed."""
    if not (folder / SIGNATURE).is_file():
        return False
    argv = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", str(folder / SIGNATURE), "-content", str(folder / MANIFEST),
            "-CAfile", str(roots), "-purpose", "any", "-no_check_time", "-out", "/dev/null"]  # fmt: skip
    try:
        return subprocess.run(argv, capture_output=True, check=False, timeout=60).returncode == 0
    except FileNotFoundError as error:
        raise UserError("thiếu openssl: sudo apt install openssl", "openssl is missing: sudo apt install openssl") from error


_WORDS: Mapping[str, Text] = {
    "unreadable": Text("{name}: không đọc được", "{name}: can't be read"),
    "unsigned": Text(
        "{name}: chữ ký thiếu, sai, hoặc không phải của tỉnh này; không tin được danh sách tệp",
        "{name}: its signature is missing, wrong, or not this province's; the list of files can't be trusted",
    ),
    "missing": Text("{name}: đã bị xoá", "{name}: was removed"),
    "changed": Text("{name}: đã bị sửa sau khi ký", "{name}: was changed after it was signed"),
    "added": Text("{name}: được thêm vào sau khi ký", "{name}: was added after it was signed"),
}
