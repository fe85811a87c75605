"""The province's certificate authority: one root in the office, a certificate for each box, the hub and its collector.

Private keys of machines never come here: they send a request (PKCS#10), and what it is signed *as* is decided by the
office, not by the request. A province has one root with no intermediates: it signs hundreds of certificates, and
revocation is by one short list, crl.pem, made from revoked.json: where it says less, whoever uses it next makes it anew.

The revocation list's `nextUpdate` is the root's own end, because mosquitto and nginx refuse everybody once a list has
run out; a new list reaches the hub with the next hub.yml. Times are written a day back, since a box without a battery
clock can lag.
"""

import ipaddress
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypedDict

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge_agent.contract import typed
from province.files import write
from province.office.home import Home
from province.user_error import UserError

ROOT_LIFE = timedelta(days=3653)
LEAF_LIFE = timedelta(days=731)
RENEW_BEFORE = timedelta(days=60)
BACKDATE = timedelta(days=1)


class Revoked(TypedDict):
    """A certificate that is not to be trusted any more. `serial` in hexadecimal digits, `at` ISO 8601."""

    serial: str
    subject: str
    at: str
    reason: str


class AuthorityError(UserError):
    """A request that must not be signed, or an authority that isn't there; the message says what to do."""


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def create(home: Home) -> bool:
    """Make root key, root certificate and an empty revocation list, in this order; False when the authority is already there.

    Cut short after the key it is gone on with, by the same key: nothing was signed and no list was written."""
    with home.lock("authority"):
        if home.ca_key.exists() and home.ca_crt.exists():
            _complete_crl(home)
            return False
        begun = home.ca_key.exists() and not home.crl.exists() and not any(home.issued.iterdir())
        if (home.ca_key.exists() or home.ca_crt.exists()) and not begun:
            raise AuthorityError(
                f"{home.authority} chỉ còn một trong hai tệp ca.key và ca.crt: chép lại tệp kia từ bản lưu. "
                "Không tự tạo cái mới, vì mọi thiết bị đã ghi danh sẽ bị khoá ngoài.",
                f"{home.authority} holds only one of ca.key and ca.crt: put the other back from your copy. "
                "A new authority would lock every enrolled machine out, so none is made.",
            )
        key = _root_key(home) if begun else ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        subject = _name(f"Ketnoi {home.code} authority")
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATE)
            .not_valid_after(now + ROOT_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(ca=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        if not begun:
            private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            write(home.ca_key, private)
        write(home.ca_crt, _pem(certificate), 0o644)
        _write_crl(home)
        return True


def _root(home: Home) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    try:
        return _root_key(home), x509.load_pem_x509_certificate(home.ca_crt.read_bytes())
    except FileNotFoundError as error:
        raise AuthorityError(
            f"thiếu {error.filename}: chạy `ketnoi init` trước", f"{error.filename} is missing: run `ketnoi init` first"
        ) from error


def _root_key(home: Home) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(home.ca_key.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityError(
            f"{home.ca_key} không phải khoá EC do `ketnoi init` tạo ra",
            f"{home.ca_key} is not an EC key: not made by `ketnoi init`",
        )
    return key


def sign(home: Home, request: str, common_name: str, *, addresses: Sequence[str] = (), names: Sequence[str] = ()) -> str:
    """Certificate (PEM) for a PKCS#10 request (PEM), valid two years, kept in authority/issued.

    Only the request's public key is used, after its own signature was checked and its CN compared. With `addresses` or
    `names` it is a server's certificate (subject alternative names), otherwise a client's. Raises AuthorityError.
    """
    try:
        csr = x509.load_pem_x509_csr(request.encode())
    except ValueError as error:
        raise AuthorityError(
            f"{common_name}: không đọc được yêu cầu cấp chứng thư do máy gửi ({error})",
            f"{common_name}: the machine sent no certificate request that can be read ({error})",
        ) from error
    asked = [str(a.value) for a in csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if asked != [common_name]:
        raise AuthorityError(
            f"{common_name}: yêu cầu lại mang tên {', '.join(asked) or '(trống)'}: nhầm máy, không ký",
            f"{common_name}: the request is for {', '.join(asked) or 'nobody'}: wrong machine, nothing signed",
        )
    if not csr.is_signature_valid:
        raise AuthorityError(
            f"{common_name}: chữ ký của yêu cầu không khớp khoá trong đó: không ký",
            f"{common_name}: the request is not signed by its own key: nothing signed",
        )
    alternatives: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(a)) for a in addresses]
    alternatives += [x509.DNSName(n) for n in names]
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if alternatives else ExtendedKeyUsageOID.CLIENT_AUTH
    with home.lock("authority"):
        key, root = _root(home)
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(common_name))
            .issuer_name(root.subject)
            .public_key(csr.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATE)
            .not_valid_after(min(now + LEAF_LIFE, root.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(ca=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(csr.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        )
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        certificate = builder.sign(key, hashes.SHA256())
        pem = _pem(certificate)
        write(home.issued / f"{certificate.serial_number:040x}.crt", pem)
    return pem


def certify_reports(home: Home, key: rsa.RSAPublicKey) -> str:
    """Certificate (PEM) of the office's own key for signing reports: of no use for a login anywhere. It lasts as long as the root."""
    with home.lock("authority"):
        signer, root = _root(home)
        return _pem(
            x509.CertificateBuilder()
            .subject_name(_name(f"Ketnoi {home.code} reports"))
            .issuer_name(root.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(root.not_valid_before_utc)
            .not_valid_after(root.not_valid_after_utc)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(ca=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
            .sign(signer, hashes.SHA256())
        )


def serves(home: Home, certificate: str | None, public_key: str, addresses: Sequence[str] = ()) -> bool:
    """Whether a machine's certificate (PEM) can stay.

    It does when it is ours, for its key (public key, PEM), not revoked, not within 60 days of its end and, for a
    server's, for exactly these addresses.
    """
    if not certificate:
        return False
    _, root = _root(home)
    try:
        leaf = x509.load_pem_x509_certificate(certificate.encode())
        leaf.verify_directly_issued_by(root)
        wanted = serialization.load_pem_public_key(public_key.encode())
    except (ValueError, TypeError, InvalidSignature):
        return False
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if leaf.public_key().public_bytes(*form) != wanted.public_bytes(*form):
        return False
    if leaf.serial_number in _revoked_serials(home):
        return False
    if addresses:
        try:
            stated = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return False
        if {str(a) for a in stated.get_values_for_type(x509.IPAddress)} != set(addresses):
            return False
    return leaf.not_valid_after_utc - datetime.now(UTC) > RENEW_BEFORE


def revoke(home: Home, certificate: str, reason: str) -> bool:
    """Put a certificate (PEM) on the revocation list; False when it was there already."""
    leaf = x509.load_pem_x509_certificate(certificate.encode())
    with home.lock("authority"):
        rows = _revoked(home)
        if leaf.serial_number in {int(row["serial"], 16) for row in rows}:
            _complete_crl(home)
            return False
        at = datetime.now(UTC).replace(microsecond=0)
        subject = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        rows.append({
            "serial": f"{leaf.serial_number:040x}",
            "subject": str(subject[0].value) if subject else "",
            "at": at.isoformat(),
            "reason": reason,
        })  # fmt: skip
        write(home.revoked, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        _write_crl(home)
        return True


def is_revoked(home: Home, certificate: str) -> bool:
    return x509.load_pem_x509_certificate(certificate.encode()).serial_number in _revoked_serials(home)


def _revoked(home: Home) -> list[Revoked]:
    try:
        return typed.read(list[Revoked], home.revoked.name, json.loads(home.revoked.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []


def _revoked_serials(home: Home) -> set[int]:
    return {int(row["serial"], 16) for row in _revoked(home)}


def complete_crl(home: Home) -> None:
    """Write the revocation list where it doesn't say what revoked.json does: whoever wrote that may have been cut short."""
    with home.lock("authority"):
        _complete_crl(home)


def _complete_crl(home: Home) -> None:
    try:
        listed = {row.serial_number for row in x509.load_pem_x509_crl(home.crl.read_bytes())}
    except (FileNotFoundError, ValueError):
        listed = None
    if listed != _revoked_serials(home):
        _write_crl(home)


def _write_crl(home: Home) -> None:
    key, root = _root(home)
    now = datetime.now(UTC)
    rows = _revoked(home)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(now - BACKDATE)
        .next_update(root.not_valid_after_utc)
        .add_extension(x509.CRLNumber(len(rows) + 1), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    for row in rows:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(int(row["serial"], 16))
            .revocation_date(datetime.fromisoformat(row["at"]))
            .build()
        )
    write(home.crl, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), 0o644)
