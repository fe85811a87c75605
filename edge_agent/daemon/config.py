"""/etc/ketnoi/agent.json: what a role renders for the agent. No secrets; 0644.

    {"schema": 1,
     "site": "BD-0001",                      the facility's id = CN of the box's certificate
     "code": "an-nhon-01",
     "name": "...",                          optional; shown by `edge-agent status`
     "hub": {"endpoints": [{"address": "10.5.255.193", "port": 8883},      best first; the server certificate must carry each
                           {"address": "203.0.113.10", "port": 443, "alpn": "mqtt", "way": "direct"}],     address as a SAN
             "probe_port": 8883},                                          default: the endpoint's own
                                     way: what the hub is told of it, "tunnel" (default) or "direct"; alpn: for a port that is shared
     "tls": {"ca": "/etc/ketnoi/ca.crt", "cert": "/etc/ketnoi/box.crt",
             "key": "box.key"},              no slash: a systemd credential ($CREDENTIALS_DIRECTORY/box.key); else a path
     "cameras": [{"slot": 1, "name": "AN-NHON-01 C01", "address": "192.168.1.11", "rtsp_port": 554}],
     "lan_interface": "eth1",                optional; without carrier its cameras are "unreachable", not "down"
     "link": {"keepalive_s": 30, "user_timeout_s": 30, "probe_s": 5, "reconnect_jitter_s": 10, "hub_restart_jitter_s": 45,
              "boot_jitter_s": 60, "backoff_max_s": 300, "better_s": 60},     better_s: how often a better endpoint is looked for
     "beat_s": 20, "snapshot_s": 1800,       alive at least so often; the whole state again at least so often
     "probe_interval_s": 15, "probe_timeout_s": 8,
     "history_events_per_s": 100, "ack_timeout_s": 10, "outbox_max_bytes": 67108864,
     "devices_path": "/run/ketnoi/devices.json",        {slot: {"rtsp_port", "path", "at"}}, published by ketnoi-public.service
     "digests_path": "/run/ketnoi/converged.json",      {role: digest}, likewise
     "observed_path": "/run/ketnoi/observed.json",      what only root can see, written by ketnoi-observer.service
     "recorder_path": "/run/ketnoi-recorder/status.json",       the recorder's own word, where one runs
     "settings_path": "/run/ketnoi/settings.json",      what ketnoi-settings.service read of the devices' settings
     "settings_of": [1, 2, 20],                         slots of all devices that it may read; null (default): all that the box knows
     "obeyed_path": "/run/ketnoi/obeyed.json"}          how the last command that needed root ended

Everything from "lan_interface" on has the default shown. Fields that are not known are refused, so that a typing error is not
silently a default. Credentials (systemd LoadCredential): box.key, and devices.json = {slot: {"user", "password"}}, `{}` before
the cameras are known: systemd refuses to start a unit whose credential file is missing.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from edge_agent.contract.messages import SCHEMA, SITE_ID
from edge_agent.contract.strict import ContractError, Fields, read_json

_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_KEY = re.compile(r"/.{1,254}|[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class Endpoint:
    address: str
    port: int
    way: str = "tunnel"
    alpn: str | None = None

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


@dataclass(frozen=True)
class Camera:
    slot: int
    name: str
    address: str
    rtsp_port: int


@dataclass(frozen=True)
class LinkTimes:
    """Seconds. The jitters are upper bounds of a uniform wait; see shared behaviour in edge_agent.daemon.link."""

    keepalive_s: int = 30
    user_timeout_s: float = 30
    probe_s: float = 5
    reconnect_jitter_s: float = 10
    hub_restart_jitter_s: float = 45
    boot_jitter_s: float = 60
    backoff_max_s: float = 300
    better_s: float = 60


@dataclass(frozen=True)
class AgentConfig:
    site: str
    code: str
    name: str
    endpoints: tuple[Endpoint, ...]
    probe_port: int | None
    ca: Path
    cert: Path
    key: Path
    cameras: tuple[Camera, ...]
    lan_interface: str | None
    link: LinkTimes
    beat_s: float
    snapshot_s: float
    probe_interval_s: float
    probe_timeout_s: float
    history_events_per_s: float
    ack_timeout_s: float
    outbox_max_bytes: int
    devices_path: Path
    digests_path: Path
    observed_path: Path
    recorder_path: Path
    settings_path: Path
    settings_of: tuple[int, ...] | None
    obeyed_path: Path

    @property
    def outside(self) -> str:
        """The hub's address on the internet; where none is known, its first."""
        return next((one.address for one in self.endpoints if one.way == "direct"), self.endpoints[0].address)


def parse(text: str, credentials: Path | None = None) -> AgentConfig:
    """Strictly; ContractError names the field. `credentials`: where a key without a slash is (systemd's directory)."""
    fields = read_json("agent.json", text)
    if fields.take("schema", int) != SCHEMA:
        raise ContractError(f"agent.json.schema: only {SCHEMA} is known to this agent")
    hub = Fields("agent.json.hub", fields.take("hub", dict))
    endpoints = tuple(_endpoint(one) for one in hub.take("endpoints", list))
    if not endpoints:
        raise ContractError("agent.json.hub.endpoints: at least one is wanted")
    tls = Fields("agent.json.tls", fields.take("tls", dict))
    times = Fields("agent.json.link", fields.take("link", dict, {}))
    defaults = LinkTimes()
    key = tls.match("key", _KEY)
    config = AgentConfig(
        site=fields.match("site", SITE_ID),
        code=fields.match("code", _CODE),
        name=fields.take("name", str, ""),
        endpoints=endpoints,
        probe_port=hub.between("probe_port", 1, 65535) if hub.take("probe_port", int, None) else None,
        ca=Path(tls.take("ca", str)),
        cert=Path(tls.take("cert", str)),
        key=Path(key) if key.startswith("/") else (credentials or Path("/nonexistent")) / key,
        cameras=_cameras(fields),
        lan_interface=fields.take("lan_interface", (str, type(None)), None),
        link=LinkTimes(
            keepalive_s=times.between("keepalive_s", 1, 3600, defaults.keepalive_s),
            **{name: _seconds(times, name, getattr(defaults, name)) for name in _LINK_SECONDS},
        ),
        beat_s=_seconds(fields, "beat_s", 20.0),
        snapshot_s=_seconds(fields, "snapshot_s", 1800.0),
        probe_interval_s=_seconds(fields, "probe_interval_s", 15.0),
        probe_timeout_s=_seconds(fields, "probe_timeout_s", 8.0),
        history_events_per_s=_seconds(fields, "history_events_per_s", 100.0),
        ack_timeout_s=_seconds(fields, "ack_timeout_s", 10.0),
        outbox_max_bytes=fields.between("outbox_max_bytes", 65536, 2**40, 64 * 1024 * 1024),
        devices_path=Path(fields.take("devices_path", str, "/run/ketnoi/devices.json")),
        digests_path=Path(fields.take("digests_path", str, "/run/ketnoi/converged.json")),
        observed_path=Path(fields.take("observed_path", str, "/run/ketnoi/observed.json")),
        recorder_path=Path(fields.take("recorder_path", str, "/run/ketnoi-recorder/status.json")),
        settings_path=Path(fields.take("settings_path", str, "/run/ketnoi/settings.json")),
        settings_of=_slots(fields),
        obeyed_path=Path(fields.take("obeyed_path", str, "/run/ketnoi/obeyed.json")),
    )
    for part in (fields, hub, tls, times):
        part.refuse_others()
    return config


_LINK_SECONDS = ("user_timeout_s", "probe_s", "reconnect_jitter_s", "hub_restart_jitter_s", "boot_jitter_s", "backoff_max_s", "better_s")


def _seconds(fields: Fields, name: str, default: float) -> float:
    value: float = fields.take(name, float, default)
    if not 0 <= value <= 86400:
        raise ContractError(f"{fields.what}.{name}: {value} is not between 0 and 86400")
    return value


def _endpoint(document: object) -> Endpoint:
    fields = Fields("agent.json.hub.endpoints", document)
    alpn = fields.match("alpn", _CODE) if fields.take("alpn", (str, type(None)), None) else None
    way = fields.one_of("way", ("tunnel", "direct"), "tunnel")
    endpoint = Endpoint(fields.match("address", _HOST), fields.between("port", 1, 65535), way, alpn)
    fields.refuse_others()
    return endpoint


def _cameras(fields: Fields) -> tuple[Camera, ...]:
    cameras = []
    for document in fields.take("cameras", list):
        one = Fields("agent.json.cameras", document)
        cameras.append(Camera(one.between("slot", 1, 126), one.take("name", str), one.match("address", _HOST),
                              one.between("rtsp_port", 1, 65535, 554)))  # fmt: skip
        one.refuse_others()
    slots = [camera.slot for camera in cameras]
    if len(set(slots)) != len(slots):
        raise ContractError("agent.json.cameras: a slot is there twice")
    return tuple(sorted(cameras, key=lambda camera: camera.slot))


def _slots(fields: Fields) -> tuple[int, ...] | None:
    slots = fields.take("settings_of", (list, type(None)), None)
    if slots is not None and not all(type(slot) is int and 1 <= slot <= 126 for slot in slots):
        raise ContractError("agent.json.settings_of: slots are numbers from 1 to 126")
    return None if slots is None else tuple(slots)
