"""/etc/ketnoi/recorder.json: what role recorders renders. No secrets; 0644.

    {"schema": 1, "site": "BD-0001", "code": "an-nhon-01", "name": "...",
     "cameras": [{"slot": 1, "name": "AN-NHON-01 C01", "address": "192.168.1.11"}],
     "days": 30,                                       footage older than this goes
     "keep_free_bytes": 2147483648,                    and the oldest, whenever less than this is free;
     "keep_last_s": 3600,                              but never so much of the newest: then the disk is full
     "footage": "/var/lib/ketnoi-recorder/footage",    may be a disk of its own; made if only the last folder is missing
     "readers": "ketnoi-footage",                      the group that may play footage, besides root
     "segment_s": 60, "stall_s": 10, "gap_s": 2,       a pause longer than gap_s is a gap
     "devices_path": "/run/ketnoi/devices.json"}       {slot: {"rtsp_port", "path", "at"}}, as for the agent

From "days" on, the defaults are shown. Fields that are not known are refused. Logins come as the systemd credential
devices.json = {slot: {"user", "password"}}, from /etc/ketnoi/credentials/recorder.json.
"""

from dataclasses import dataclass
from pathlib import Path

from edge_agent.contract.messages import SCHEMA, SITE_ID
from edge_agent.contract.strict import ContractError, Fields, read_json

DEFAULT = Path("/etc/ketnoi/recorder.json")
STATE = Path("/var/lib/ketnoi-recorder")
RUN = Path("/run/ketnoi-recorder")
GROUP = "ketnoi-footage"
GIB = 1 << 30


@dataclass(frozen=True)
class Camera:
    slot: int
    name: str
    address: str


@dataclass(frozen=True)
class Settings:
    """The file, with its defaults."""

    site: str
    code: str
    name: str
    cameras: tuple[Camera, ...]
    days: float
    keep_free_bytes: int
    keep_last_s: float
    footage: Path
    readers: str
    segment_s: int
    stall_s: float
    gap_s: float
    devices_path: Path


def parse(text: str) -> Settings:
    """Strictly; ContractError names the field."""
    fields = read_json("recorder.json", text)
    if fields.take("schema", int) != SCHEMA:
        raise ContractError(f"recorder.json.schema: only {SCHEMA} is known to this recorder")
    footage = Path(fields.take("footage", str, str(STATE / "footage")))
    if not footage.is_absolute():
        raise ContractError(f"recorder.json.footage: {str(footage)!r} is not an absolute path")
    settings = Settings(
        site=fields.match("site", SITE_ID),
        code=fields.take("code", str),
        name=fields.take("name", str, ""),
        cameras=_cameras(fields),
        days=_number(fields, "days", 30.0, 0.01, 3660),
        keep_free_bytes=fields.between("keep_free_bytes", 1 << 20, 1 << 50, 2 * GIB),
        keep_last_s=_number(fields, "keep_last_s", 3600.0, 0, 86400),
        footage=footage,
        readers=fields.take("readers", str, GROUP),
        segment_s=fields.between("segment_s", 1, 3600, 60),
        stall_s=_number(fields, "stall_s", 10.0, 2, 600),
        gap_s=_number(fields, "gap_s", 2.0, 1, 600),
        devices_path=Path(fields.take("devices_path", str, "/run/ketnoi/devices.json")),
    )
    fields.refuse_others()
    return settings


def _number(fields: Fields, name: str, default: float, low: float, high: float) -> float:
    value: float = fields.take(name, float, default)
    if not low <= value <= high:
        raise ContractError(f"{fields.what}.{name}: {value} is not between {low} and {high}")
    return value


def _cameras(fields: Fields) -> tuple[Camera, ...]:
    cameras = []
    for document in fields.take("cameras", list):
        one = Fields("recorder.json.cameras", document)
        cameras.append(Camera(one.between("slot", 1, 126), one.take("name", str), one.take("address", str)))
        one.refuse_others()
    if len({camera.slot for camera in cameras}) != len(cameras):
        raise ContractError("recorder.json.cameras: a slot is there twice")
    return tuple(sorted(cameras, key=lambda camera: camera.slot))
