"""What one simulated recorder is told when it starts: the file given with --config."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

from lab.camera import config as camera


@dataclass(frozen=True)
class Config(camera.Config):
    channels: int = 8
    camera_rtsp_port: int = 554
    history_days: int = 0


def load(path: Path) -> Config:
    """Read a configuration file. ValueError names an unknown key: a typing error must not become a default."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    chosen = camera.of_model(raw.get("model", ""))
    for name in ("personality", "factory_state"):
        raw[name] = {**chosen.get(name, {}), **raw.get(name, {})}
    unknown = set(raw) - {f.name for f in fields(Config)}
    if unknown:
        raise ValueError(f"{path}: unknown keys: {', '.join(sorted(unknown))}")
    for name in ("state_file", "control_socket", "clip_dir"):
        raw[name] = Path(raw[name])
    return Config(**raw)
