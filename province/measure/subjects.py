"""What is to be measured, as plain data without passwords: judging is a pure function of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Camera:
    """A camera as the inventory wants it. `host` is where the measuring machine finds it (the mapped address, or the
    device's own in local mode); `accounts` is role -> user name; `levels` is user name -> ONVIF level."""

    slot: int
    name: str
    zone: str
    place: str
    host: str
    port: int = 80
    make: str = ""
    mac: str = ""
    accounts: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return f"C{self.slot:02d}"


@dataclass(frozen=True)
class Site:
    """A facility to be verified. `arms` 1 is one flat LAN; `excused` is zone -> why it has no camera."""

    id: str
    code: str
    name: str
    number: int
    tunnel_address: str
    arms: int
    cameras: tuple[Camera, ...]
    excused: Mapping[str, str] = field(default_factory=dict)
    host_key: str | None = None

    @property
    def zones(self) -> frozenset[str]:
        return frozenset(camera.zone for camera in self.cameras)
