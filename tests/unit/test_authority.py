"""The province's authority: what it signs, what it refuses, and what it takes back."""

import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from province.office import authority
from province.office.authority import AuthorityError
from province.office.home import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    made = Home("tinh-thu")
    authority.create(made)
    return made


def request(common_name: str, key: ec.EllipticCurvePrivateKey) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return csr.public_bytes(serialization.Encoding.PEM).decode()


def public(key: ec.EllipticCurvePrivateKey) -> str:
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.public_key().public_bytes(*form).decode()


@pytest.fixture
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def test_the_root_lives_ten_years_and_its_key_is_nobody_elses(home: Home) -> None:
    root = x509.load_pem_x509_certificate(home.ca_crt.read_bytes())
    assert root.not_valid_after_utc - datetime.now(UTC) > timedelta(days=3650)
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert stat.S_IMODE(home.ca_key.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700


def test_made_once_it_stays(home: Home) -> None:
    before = {path: path.read_bytes() for path in (home.ca_key, home.ca_crt, home.crl)}
    assert authority.create(home) is False
    assert {path: path.read_bytes() for path in before} == before


def test_half_an_authority_is_not_replaced(home: Home) -> None:
    home.ca_key.unlink()
    with pytest.raises(AuthorityError, match=r"copy|bản lưu"):
        authority.create(home)
    assert not home.ca_key.exists()


def test_an_authority_lost_but_for_its_key_is_not_made_again(home: Home) -> None:
    home.ca_crt.unlink()
    with pytest.raises(AuthorityError, match=r"copy|bản lưu"):
        authority.create(home)


def test_an_authority_cut_short_after_its_key_is_gone_on_with(home: Home, key: ec.EllipticCurvePrivateKey) -> None:
    before = home.ca_key.read_bytes()
    for path in (home.ca_crt, home.crl):
        path.unlink()
    assert authority.create(home) and home.ca_key.read_bytes() == before
    assert verified(home, authority.sign(home, request("BD-0001", key), "BD-0001"), "sslclient")


def test_a_box_gets_a_clients_certificate_for_two_years_that_openssl_accepts(home: Home, key: ec.EllipticCurvePrivateKey) -> None:
    leaf = authority.sign(home, request("BD-0001", key), "BD-0001")
    found = x509.load_pem_x509_certificate(leaf.encode())
    assert found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "BD-0001"
    assert list(found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert timedelta(days=729) < found.not_valid_after_utc - datetime.now(UTC) < timedelta(days=732)
    assert verified(home, leaf, "sslclient")
    assert not verified(home, leaf, "sslserver")


def test_the_hub_gets_a_servers_certificate_for_its_addresses(home: Home, key: ec.EllipticCurvePrivateKey) -> None:
    leaf = authority.sign(home, request("hub", key), "hub", addresses=["203.0.113.10", "10.5.255.193"])
    found = x509.load_pem_x509_certificate(leaf.encode())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["203.0.113.10", "10.5.255.193"]
    assert verified(home, leaf, "sslserver")


@pytest.mark.parametrize("asked", ["BD-0002", "hub", "BD-0001 "])
def test_a_request_for_another_name_is_not_signed(home: Home, key: ec.EllipticCurvePrivateKey, asked: str) -> None:
    with pytest.raises(AuthorityError):
        authority.sign(home, request(asked, key), "BD-0001")
    assert list(home.issued.iterdir()) == []


def test_a_request_that_its_key_did_not_sign_is_not_signed(home: Home, key: ec.EllipticCurvePrivateKey) -> None:
    der = bytearray(x509.load_pem_x509_csr(request("BD-0001", key).encode()).public_bytes(serialization.Encoding.DER))
    der[-3] ^= 1
    broken = subprocess.run(["openssl", "req", "-inform", "DER"], input=bytes(der), capture_output=True, check=True).stdout.decode()
    with pytest.raises(AuthorityError, match=r"signed|chữ ký"):
        authority.sign(home, broken, "BD-0001")


def test_rubbish_is_not_signed(home: Home) -> None:
    with pytest.raises(AuthorityError):
        authority.sign(home, "no request at all", "BD-0001")


def test_a_good_certificate_stays_and_any_other_is_replaced(home: Home, key: ec.EllipticCurvePrivateKey) -> None:
    leaf = authority.sign(home, request("BD-0001", key), "BD-0001")
    assert authority.serves(home, leaf, public(key))
    assert not authority.serves(home, None, public(key))
    assert not authority.serves(home, "", public(key))
    assert not authority.serves(home, "rubbish", public(key))
    assert not authority.serves(home, leaf, public(ec.generate_private_key(ec.SECP256R1())))
    stranger = Home("tinh-khac")
    authority.create(stranger)
    assert not authority.serves(stranger, leaf, public(key))


def test_a_servers_certificate_is_replaced_when_its_addresses_change(home: Home, key: ec.EllipticCurvePrivateKey) -> None:
    leaf = authority.sign(home, request("hub", key), "hub", addresses=["203.0.113.10", "10.5.255.193"])
    assert authority.serves(home, leaf, public(key), ["10.5.255.193", "203.0.113.10"])
    assert not authority.serves(home, leaf, public(key), ["203.0.113.11", "10.5.255.193"])


def test_a_certificate_near_its_end_is_replaced(home: Home, key: ec.EllipticCurvePrivateKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authority, "LEAF_LIFE", authority.RENEW_BEFORE - timedelta(days=1))
    assert not authority.serves(home, authority.sign(home, request("BD-0001", key), "BD-0001"), public(key))


def test_a_revoked_certificate_is_refused_by_openssl_and_others_are_not(home: Home, key: ec.EllipticCurvePrivateKey) -> None:
    old = authority.sign(home, request("BD-0001", key), "BD-0001")
    new = authority.sign(home, request("BD-0001", key), "BD-0001")
    assert authority.revoke(home, old, "box replaced")
    assert authority.is_revoked(home, old) and not authority.is_revoked(home, new)
    assert not verified(home, old, "sslclient") and verified(home, new, "sslclient")
    assert not authority.serves(home, old, public(key))


def test_revoking_twice_changes_nothing(home: Home, key: ec.EllipticCurvePrivateKey) -> None:
    leaf = authority.sign(home, request("BD-0001", key), "BD-0001")
    assert authority.revoke(home, leaf, "box replaced")
    before = home.crl.read_bytes(), home.revoked.read_bytes()
    assert not authority.revoke(home, leaf, "again")
    assert (home.crl.read_bytes(), home.revoked.read_bytes()) == before


@pytest.mark.parametrize("again", [lambda home, leaf: authority.revoke(home, leaf, "again"), lambda home, leaf: authority.create(home)])
def test_a_revocation_cut_short_before_the_list_was_written_is_completed(
    home: Home, key: ec.EllipticCurvePrivateKey, monkeypatch: pytest.MonkeyPatch, again: Callable[[Home, str], bool]
) -> None:
    leaf = authority.sign(home, request("BD-0001", key), "BD-0001")
    with monkeypatch.context() as killed:
        killed.setattr(authority, "_write_crl", _killed)
        with pytest.raises(KeyboardInterrupt):
            authority.revoke(home, leaf, "box replaced")
    assert authority.is_revoked(home, leaf) and verified(home, leaf, "sslclient")
    assert again(home, leaf) is False
    assert not verified(home, leaf, "sslclient")


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_revocation_list_never_runs_out_before_the_root(home: Home) -> None:
    root = x509.load_pem_x509_certificate(home.ca_crt.read_bytes())
    assert x509.load_pem_x509_crl(home.crl.read_bytes()).next_update_utc == root.not_valid_after_utc


def verified(home: Home, leaf: str, purpose: str) -> bool:
    """As mosquitto would: against the root, with the revocation list."""
    command = ["openssl", "verify", "-CAfile", str(home.ca_crt), "-CRLfile", str(home.crl), "-crl_check", "-purpose", purpose]
    return subprocess.run(command, input=leaf.encode(), capture_output=True).returncode == 0
