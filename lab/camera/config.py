"""What one simulated camera is told when it starts: the file given with --config."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Config:
    """One camera. Ports and address are where it really listens; ``clip_dir`` is shared by all cameras of a machine."""

    state_file: Path
    control_socket: Path
    clip_dir: Path
    make: str = "generic"
    model: str = ""
    serial: str = "SIM00000001"
    mac: str = "02:00:00:00:00:01"
    address: str = "127.0.0.1"
    netmask: str = "255.255.255.0"
    gateway: str = ""
    interface: str = ""
    http_port: int = 80
    rtsp_port: int = 554
    ntp_port: int = 123
    clock_offset_s: float = 0.0
    factory: bool = True
    factory_account: dict[str, str] | None = None
    factory_state: dict[str, Any] = field(default_factory=dict)
    personality: dict[str, Any] = field(default_factory=dict)

    @property
    def prefix(self) -> int:
        return sum(int(octet).bit_count() for octet in self.netmask.split("."))


PERSONALITIES = Path(__file__).parent / "personalities"


def load(path: Path) -> Config:
    """Read a configuration file. ValueError names an unknown key: a typing error must not become a default."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    chosen = of_model(raw.get("model", ""))
    for name in ("personality", "factory_state"):
        raw[name] = {**chosen.get(name, {}), **raw.get(name, {})}
    unknown = set(raw) - {f.name for f in fields(Config)}
    if unknown:
        raise ValueError(f"{path}: unknown keys: {', '.join(sorted(unknown))}")
    for name in ("state_file", "control_socket", "clip_dir"):
        raw[name] = Path(raw[name])
    return Config(**raw)


def of_model(model: str) -> dict[str, Any]:
    """What personalities/MODEL.json says, so that an inventory's ``model:`` picks it; a model without a file has none.

    {"quirk", "seen": where it was seen, "personality": {flag: value}, "factory_state": {path: value}}
    """
    if not model.replace("-", "").isalnum():
        return {}
    file = PERSONALITIES / f"{model.lower()}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found
