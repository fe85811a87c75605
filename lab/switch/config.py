"""What one simulated switch is told when it starts: the file given with --config."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Config:
    """One switch; the package's docstring describes the fields."""

    kind: str
    state_file: Path
    control_socket: Path
    ports: tuple[str, ...]
    address: str = "127.0.0.1"
    port: int = 22
    mac: str = "02:00:00:00:00:fe"
    model: str = ""
    poe_ports: tuple[str, ...] | None = None
    vlan: dict[str, int] = field(default_factory=dict)
    filtering: bool = False
    wired: dict[str, list[str]] = field(default_factory=dict)
    account: dict[str, str] = field(default_factory=lambda: {"user": "admin", "password": ""})
    hook: tuple[str, ...] = ()
    personality: dict[str, Any] = field(default_factory=dict)

    @property
    def feeding(self) -> tuple[str, ...]:
        return self.ports[1:] if self.poe_ports is None else self.poe_ports


def load(path: Path) -> Config:
    """Read a configuration file. ValueError names an unknown key: a typing error must not become a default."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    unknown = set(raw) - {f.name for f in fields(Config)}
    if unknown:
        raise ValueError(f"{path}: unknown keys: {', '.join(sorted(unknown))}")
    for name in ("state_file", "control_socket"):
        raw[name] = Path(raw[name])
    for name in ("ports", "hook", "poe_ports"):
        if raw.get(name) is not None:
            raw[name] = tuple(raw[name])
    return Config(**raw)
