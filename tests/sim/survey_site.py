"""A facility on loopback for the survey's tests: simulated cameras at addresses of 127.0.0.0/27, an inventory that lists them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from camera_process import CameraHandle

from province.office import vaults
from province.office.home import Home
from province.paths import data

LAN, BOX = "127.0.0.0/27", "127.0.0.1"
CODE = "an-nhon-01"
HTTP = 8899
"""One of the ports that a survey tries at every address, so that strangers can listen there without being root."""
OURS = "Kn1adminAAAAbbbb"


@dataclass
class Facility:
    """`inventory`: the sample province cut down to one facility, whose devices are simulated."""

    inventory: Path
    cameras: list[dict[str, Any]] = field(default_factory=list)
    passwords: dict[str, Any] = field(default_factory=dict)

    def list(self, camera: CameraHandle, *, passwords: bool = True, **more: Any) -> int:
        """Put a camera into the inventory; its slot. The vault holds a password that it doesn't have yet (its factory's is set)."""
        slot = len(self.cameras) + 1
        row = {"slot": slot, "zone": "corridor", "place": f"Hành lang tầng {slot}", "make": camera.config["make"], "driver": "onvif"}
        row |= {"address": camera.address, "port": camera.http_port, "mac": f"02:4b:00:01:01:{slot:02x}", **more}
        self.cameras.append(row)
        if passwords:
            self.passwords[str(slot)] = {
                "admin": {"user": "admin", "password": OURS},
                "viewer": {"user": "kn-view", "password": OURS[::-1]},
            }
        return slot

    def write(self, **more: Any) -> Path:
        """The area's file and the vault, as they are listed now. `more`: other fields of the facility."""
        file = self.inventory / "areas" / "an-nhon.yml"
        document = yaml.safe_load((data("inventory") / "binh-dinh/areas/an-nhon.yml").read_text(encoding="utf-8"))
        facility = document["facilities"][0]
        zones = ("corridor", "lobby", "yard", "sampling", "reception", "medical-check", "goods", "outside-toilets", "gate")
        watched = {row.get("zone") for row in self.cameras}
        facility |= {
            "lan": {"network": LAN, "box_address": BOX, "topology": "routed"},
            "cameras": self.cameras,
            "recording": {"by": "box"},
            "no_camera_zones": [{"zone": zone, "reason": "Không có"} for zone in zones if zone not in watched],
            **more,
        }
        for name in ("recorders", "switches"):
            if name not in more:
                facility.pop(name)
        document["facilities"] = [facility]
        file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=200), encoding="utf-8")
        home = Home.of(self.inventory)
        home.ensure()
        vaults.create_secret(home)
        vaults.write_vault(home, self.inventory, CODE, {"cameras": self.passwords})
        return file

    def result(self) -> dict[str, Any]:
        """The survey file, as written."""
        found: dict[str, Any] = yaml.safe_load((self.inventory / "survey" / f"{CODE}.yml").read_text(encoding="utf-8"))
        return found

    def of(self, address: str) -> dict[str, Any]:
        (device,) = [each for each in self.result()["devices"] if each["address"] == address]
        return dict(device)


def sample(folder: Path) -> Path:
    """The sample province in `folder`, with an empty area."""
    inventory = folder / "binh-dinh"
    (inventory / "areas").mkdir(parents=True)
    for name in ("province.yml", "units.yml"):
        shutil.copy(data("inventory") / "binh-dinh" / name, inventory / name)
    return inventory


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """These addresses are the machine's only ones: who runs the same tests beside us waits."""
    with (Path(tempfile.gettempdir()) / f"ketnoi-survey-tests-{os.getuid()}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


def ketnoi(*argv: str) -> str:
    """What the command printed; its exit code must be 0."""
    from typer.testing import CliRunner

    from province.cli import app

    done = CliRunner().invoke(app, list(argv))
    assert done.exit_code == 0, f"{argv}: {done.exit_code}\n{done.output}\n{done.exception!r}"
    return done.stdout
