"""A raised lab kept on disk, from which the same lab is raised again without doing the work twice.

A checkpoint is a folder beside the lab's image: `plan.json`; `plugged`, the facilities whose boxes were at their place, one a line;
for each machine `machines/NAME/` with `upper` (what it had written, a layer of an overlay), `seed` and `layers` (what lies below, topmost
first); for each simulated device `devices/PART/` with all that it knew. Machines and devices are off while it is made, so that
what it holds is what a machine finds that was switched off in good order. A lab that stands on it changes nothing in it; one that
stands on it and is kept in its turn becomes a layer above it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import layout, plan
from lab.cables import ledger, topology
from lab.hands import wait
from lab.machines import machine, services
from lab.plan import Plan
from lab.say import LabError

_OF_A_RUN = ("control", "log", "config.json")
"""Of a device's files, those that each start makes anew."""
_COPY = """
mount -o loop,ro "$1/disk.img" "$1/disk"
cp -a "$1/disk/upper" "$2/upper"
cp -a "$1/seed" "$1/layers" "$2/"
"""


def keep(wanted: Plan, folder: Path) -> None:
    """Switch everything off, copy it, switch it on again and wait for it. LabError: nothing is left of the folder."""
    if folder.exists():
        raise LabError(f"{folder} đã có", f"{folder} is there already", 2)
    running = [name for name in wanted.machines if machine.on(wanted.lab, name)]
    building = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(building, ignore_errors=True)
    (building / "devices").mkdir(parents=True)
    try:
        with ThreadPoolExecutor(len(running) or 1) as pool:
            list(pool.map(lambda name: machine.off(wanted.lab, name), running))
        for facility, end in services.devices(wanted):
            _keep_device(wanted, layout.device(facility.code, end), building)
        for name in wanted.machines:
            _keep_machine(wanted.lab, name, building / "machines" / name)
        (building / "plan.json").write_text(json.dumps(wanted.raw, indent=1))
        (building / "plugged").write_text("".join(f"{f.code}\n" for f in wanted.facilities if topology.plugged(wanted, f)))
        os.sync()
        building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    for name in running:
        machine.start(wanted.lab, name)
    logs = {layout.device(f.code, end): services.start(wanted, f, end) for f, end in services.devices(wanted)}
    wait.machines(wanted, running)
    services.await_devices(wanted, logs)


def _keep_device(wanted: Plan, part: str, building: Path) -> None:
    ledger.stop(wanted.lab, f"device {part}")
    for place in (wanted.lab.device(part), wanted.lab.device(part).with_suffix(".drawer")):
        if place.exists():
            shutil.copytree(place, building / "devices" / place.name, ignore=shutil.ignore_patterns(*_OF_A_RUN))


def _keep_machine(lab: layout.Lab, name: str, kept: Path) -> None:
    kept.mkdir(parents=True)
    argv = ["unshare", "--mount", "--propagation", "private", "--", "sh", "-euc", _COPY, "sh", str(lab.disk(name)), str(kept)]
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        raise LabError(f"không chép được đĩa của {name}: {done.stderr.strip()}", f"can't copy the disk of {name}: {done.stderr.strip()}")


def read(folder: Path) -> dict[str, object]:
    """The plan that was played when it was made. LabError (exit 2): there is no checkpoint, or what it stands on has gone."""
    try:
        document: dict[str, object] = json.loads((folder / "plan.json").read_text())
        below = {layer for kept in (folder / "machines").iterdir() for layer in layers(folder, kept.name)}
    except (OSError, ValueError) as trouble:
        raise LabError(f"{folder} không phải điểm lưu: {trouble}", f"{folder} is no checkpoint: {trouble}", 2) from trouble
    if missing := [str(layer) for layer in sorted(below) if not layer.is_dir()]:
        raise LabError(f"điểm lưu {folder} thiếu {missing[0]}", f"the checkpoint {folder} lacks {missing[0]}", 2)
    return document


def layers(folder: Path, name: str) -> list[Path]:
    """What lies below a machine that stands on the checkpoint, topmost first."""
    kept = folder / "machines" / name
    _, *below = (kept / machine.LAYERS).read_text().split(":")
    return [kept / "upper", kept / "seed", *map(Path, below)]


def plugged(folder: Path, wanted: Plan) -> list[plan.Facility]:
    codes = (folder / "plugged").read_text().split()
    return [facility for facility in wanted.facilities if facility.code in codes]


def lay_devices(folder: Path, lab: layout.Lab) -> None:
    """Give the devices back what they knew, before they are started."""
    shutil.copytree(folder / "devices", lab.run / "devices")
