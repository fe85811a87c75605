"""A real mosquitto and a real PostgreSQL on loopback, unprivileged, and the authority that their clients trust."""

import datetime
import ipaddress
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from jinja2 import Environment, StrictUndefined
from paho.mqtt.enums import CallbackAPIVersion

ROOT = Path(__file__).parents[3]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def listens(port: int, address: str = "127.0.0.1") -> bool:
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex((address, port)) == 0


def wait_until(what, seconds: float = 20.0, message: str | Callable[[], str] = "it did not happen in time"):
    """The first true value of what(); polled, because the thing watched is another process. A callable message is asked at the end."""
    deadline = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < deadline, message() if callable(message) else message
        time.sleep(0.05)


def unprivileged() -> dict:
    """Popen's arguments that leave root: mosquitto and PostgreSQL do not run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def give_away(path: Path) -> None:
    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody")
        for one in (path, *path.rglob("*")):
            os.chown(one, user.pw_uid, user.pw_gid)


class Authority:
    """The province's authority: issues, revokes, and writes the list of the revoked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ketnoi test authority")])
        self._revoked: list[int] = []
        self.certificate = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.ca = folder / "ca.crt"
        self.ca.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        self.crl = folder / "crl.pem"
        self.write_crl()

    def _builder(self, subject: x509.Name, key, ends: datetime.datetime | None = None) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=2)).not_valid_after(ends or now + datetime.timedelta(days=30))
        )  # fmt: skip

    def issue(self, name: str, addresses: tuple[str, ...] = ()) -> tuple[Path, Path]:
        """(certificate, key) files for CN=name."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key())
        if addresses:
            names = [x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        paths = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return paths

    def renew(self, path: Path, days: float) -> None:
        """The same certificate once more, in its place, for so many days from now; less than 0: it has ended already."""
        old = x509.load_pem_x509_certificate(path.read_bytes())
        ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
        builder = self._builder(old.subject, old.public_key(), ends)
        for extension in old.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        path.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def revoke(self, certificate: Path) -> None:
        self._revoked.append(x509.load_pem_x509_certificate(certificate.read_bytes()).serial_number)
        self.write_crl()

    def write_crl(self) -> None:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self._name).last_update(now)
        builder = builder.next_update(now + datetime.timedelta(days=30))
        for serial in self._revoked:
            revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
            builder = builder.add_revoked_certificate(revoked)
        self.crl.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


class Broker:
    """mosquitto with the hub's own template and rules."""

    def __init__(self, folder: Path, authority: Authority, address: str = "127.0.0.1") -> None:
        self.folder, self.address, self.port = folder, address, free_port()
        self.process: subprocess.Popen | None = None
        certificate, key = authority.issue("hub", (address,))
        for path in (authority.ca, authority.crl, certificate, key):
            shutil.copy(path, folder / path.name)
        shutil.copy(ROOT / "templates/hub/mosquitto.acl", folder / "mosquitto.acl")
        template = (ROOT / "templates/hub/mosquitto.conf.j2").read_text(encoding="utf-8")
        text = Environment(undefined=StrictUndefined, autoescape=False).from_string(template).render(
            hub_mosquitto_listen=address, hub_mosquitto_port=self.port, hub_mosquitto_ca=folder / "ca.crt",
            hub_mosquitto_cert=folder / "hub.crt",
            hub_mosquitto_key=folder / "hub.key", hub_mosquitto_crl=folder / "crl.pem", hub_mosquitto_acl=folder / "mosquitto.acl",
            hub_mosquitto_log=f"file {folder}/mosquitto.log",
        )  # fmt: skip
        (folder / "mosquitto.conf").write_text(text, encoding="utf-8")
        give_away(folder)

    def start(self) -> None:
        self.process = subprocess.Popen(["mosquitto", "-c", str(self.folder / "mosquitto.conf")], **unprivileged())
        wait_until(lambda: listens(self.port, self.address), message=lambda: f"mosquitto: {self.log()[-500:]}")

    def log(self) -> str:
        path = self.folder / "mosquitto.log"
        return path.read_text() if path.exists() else ""

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Database:
    """A PostgreSQL cluster of our own in `folder`, on a unix socket there. Nothing outlives this machine, so fsync is off."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bin = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.process: subprocess.Popen | None = None
        give_away(folder)
        subprocess.run(
            [self._bin / "initdb", "-D", folder / "data", "-U", "ketnoi", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd=folder, **unprivileged(),
        )  # fmt: skip
        self.admin_dsn = f"host={folder} user=ketnoi dbname=postgres"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [self._bin / "postgres", "-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off"],
            stderr=(self.folder / "log").open("ab"), cwd=self.folder, **unprivileged(),
        )  # fmt: skip

        def answers() -> bool:
            try:
                psycopg.connect(self.admin_dsn).close()
            except psycopg.OperationalError:
                return False
            return True

        wait_until(answers, 60, message="PostgreSQL does not answer")

    def stop(self, how: int = signal.SIGINT) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None

    def new(self, name: str) -> str:
        """A fresh database; its dsn."""
        with psycopg.connect(self.admin_dsn, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"host={self.folder} user=ketnoi dbname={name}"


@dataclass
class Hub:
    """All of it, as one test sees it."""

    authority: Authority
    broker: Broker
    database: Database
    dsn: str

    def rows(self, query: str, *values) -> list[tuple]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return connection.execute(query, values or None).fetchall()


class Talker:
    """A bare MQTT client with the certificate of CN=name: what a box that is not ours, or a rogue one, could do."""

    def __init__(self, hub: Hub, name: str, client_id: str = "", certificate: tuple[Path, Path] | None = None) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.codes: dict[int, mqtt.ReasonCode] = {}
        self.granted: list[mqtt.ReasonCode] = []
        self._ready: list = []
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
        context = ssl.create_default_context(cafile=str(hub.authority.ca))
        context.load_cert_chain(*(certificate or hub.authority.issue(name)))
        self.client.tls_set_context(context)
        self.client.on_connect = lambda _c, _d, _f, code, _p: self._ready.append(code)
        self.client.on_publish = lambda _c, _d, mid, code, _p: self.codes.update({mid: code})
        self.client.on_subscribe = lambda _c, _d, _mid, codes, _p: self.granted.extend(codes)
        self.client.on_message = lambda _c, _d, message: self.heard.append((message.topic, message.payload))
        self._port = hub.broker.port

    def __enter__(self) -> "Talker":
        self.client.connect("127.0.0.1", self._port, 30)
        self.client.loop_start()
        try:
            wait_until(lambda: self._ready, 3, message="no CONNACK")
        except AssertionError:
            self.client.loop_stop()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> mqtt.ReasonCode:
        """The broker's answer."""
        mid = self.client.publish(topic, payload, qos=1, retain=retain).mid
        return wait_until(lambda: self.codes.get(mid), message="no PUBACK")

    def subscribe(self, topic: str) -> None:
        before = len(self.granted)
        self.client.subscribe(topic, qos=1)
        wait_until(lambda: len(self.granted) > before)
