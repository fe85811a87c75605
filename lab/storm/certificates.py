"""A box's certificate as it will be once its days are over: the same words, signed by the province's authority, ended an hour ago."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lab.say import LabError

AT = "/etc/ketnoi/box.crt"


def ended(province: str, certificate: str) -> str:
    """PEM in, PEM out. The authority's key is the office's, where `ketnoi` keeps it."""
    authority = Path(os.environ.get("KETNOI_HOME") or "~/.ketnoi").expanduser() / province / "authority"
    try:
        key = serialization.load_pem_private_key((authority / "ca.key").read_bytes(), password=None)
    except OSError as error:
        raise LabError(
            f"{authority}: không đọc được khoá của tỉnh ({error.strerror}): đặt KETNOI_HOME như khi chạy ketnoi",
            f"{authority}: the province's key can't be read ({error.strerror}): set KETNOI_HOME as ketnoi had it",
        ) from error
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    valid, now = x509.load_pem_x509_certificate(certificate.encode()), datetime.now(UTC)
    builder = x509.CertificateBuilder(
        valid.issuer, valid.subject, valid.public_key(), x509.random_serial_number(), now - timedelta(days=2), now - timedelta(hours=1)
    )
    for extension in valid.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
