"""The hub's own files: /etc/ketnoi/collector.json and /etc/ketnoi/sites.json, both rendered by role hub, without secrets.

collector.json
    {"broker": {"address": "10.5.255.193", "port": 8883},      the address must be a SAN of the broker's certificate
     "tls": {"ca": "/etc/ketnoi/ca.crt", "cert": "/etc/ketnoi/collector.crt",
             "key": "collector.key"},                           no slash: a systemd credential; else a path
     "dsn": "dbname=ketnoi user=ketnoi-hub host=/run/postgresql",
     "user": "ketnoi-hub",                                      commands that are run as root become this user before PostgreSQL
     "keepalive_s": 30, "wireguard_interface": "ketnoi",        these and the next are optional
     "metrics_port": 9464,                                      Prometheus, on loopback; null: none
     "keep_events_days": 400, "keep_intervals_days": 1100}      how long history stays (verdicts stay for good)
sites.json
    {"BD-0001": {"code": "an-nhon-01", "tunnel_address": "10.5.0.1", "wireguard_public_key": "...=", "lifeline_port": 20001}}
    public key and port may be null for a facility that is not enrolled yet
"""

import os
from dataclasses import dataclass
from pathlib import Path

from edge_agent.contract.messages import SITE_ID
from edge_agent.contract.strict import ContractError, Fields, read_json

COLLECTOR = Path("/etc/ketnoi/collector.json")
SITES = Path("/etc/ketnoi/sites.json")


class SettingsError(Exception):
    """A file of the hub is missing or wrong: the role hub renders it."""


@dataclass(frozen=True)
class Settings:
    address: str
    port: int
    ca: Path
    cert: Path
    key: Path
    dsn: str
    user: str | None
    keepalive_s: int
    wireguard_interface: str
    metrics_port: int | None
    keep_events_days: int
    keep_intervals_days: int


@dataclass(frozen=True)
class Site:
    code: str
    tunnel_address: str
    wireguard_public_key: str | None
    lifeline_port: int | None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}: run playbooks/hub.yml") from error


def read_settings(path: Path = COLLECTOR) -> Settings:
    try:
        fields = read_json(path.name, _read(path))
        broker = Fields("broker", fields.take("broker", dict))
        tls = Fields("tls", fields.take("tls", dict))
        key = Path(tls.take("key", str))
        return Settings(
            address=broker.take("address", str), port=broker.between("port", 1, 65535),
            ca=Path(tls.take("ca", str)), cert=Path(tls.take("cert", str)),
            key=key if len(key.parts) > 1 else Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")) / key,
            dsn=fields.take("dsn", str), user=fields.take("user", (str, type(None)), None),
            keepalive_s=fields.between("keepalive_s", 1, 3600, 30),
            wireguard_interface=fields.take("wireguard_interface", str, "ketnoi"),
            metrics_port=fields.take("metrics_port", (int, type(None)), 9464),
            keep_events_days=fields.between("keep_events_days", 31, 36500, 400),
            keep_intervals_days=fields.between("keep_intervals_days", 31, 36500, 1100),
        )  # fmt: skip
    except ContractError as error:
        raise SettingsError(f"{path}: {error}: run playbooks/hub.yml") from error


def read_sites(path: Path = SITES) -> dict[str, Site]:
    """Sites by facility id."""
    try:
        fields = read_json(path.name, _read(path))
        sites = {}
        for name in fields.names():
            if not SITE_ID.fullmatch(name):
                raise ContractError(f"{name!r} is not a facility's id")
            one = Fields(name, fields.take(name, dict))
            sites[name] = Site(
                one.take("code", str), one.take("tunnel_address", str),
                one.take("wireguard_public_key", (str, type(None)), None), one.take("lifeline_port", (int, type(None)), None),
            )  # fmt: skip
        return sites
    except ContractError as error:
        raise SettingsError(f"{path}: {error}: run playbooks/hub.yml") from error
