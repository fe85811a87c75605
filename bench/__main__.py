"""`make bench`: ten boxes in one run; how long a rollout takes, beside the floor that SSH and Python set on the same boxes.

The machine is noisy, so the figure to quote is the ratio of medians, measured in turn. Progress on stderr, the
table on stdout and in out/bench.json. Needs root, as the lab does. What needs no lab is measured by itself: `python -m bench.plan`,
`bench.devices`, `bench.collector`, `bench.recorder`.
"""

import copy
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from lab.layout import FACTORY_PASSWORD
from province.paths import data
from province.reach.ssh import Shell

BOXES = 10
ROUNDS = 5
LAB = "bench"
AREA = "bench"
KETNOI = str(Path(sys.executable).parent / "ketnoi")


def ketnoi(*arguments: str, cwd: Path) -> str:
    done = subprocess.run([KETNOI, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"bench: ketnoi {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def province(folder: Path) -> Path:
    """The sample province with one area of BOXES facilities alike, each with its own box and four cameras."""
    inventory = folder / "binh-dinh"
    shutil.copytree(data("inventory") / "binh-dinh", inventory, ignore=shutil.ignore_patterns("vault", "enrolled", "authority"))
    model = yaml.safe_load((inventory / "areas" / "an-nhon.yml").read_text())
    for area in (inventory / "areas").glob("*.yml"):
        area.unlink()
    facilities = [_facility(model["facilities"][0], number) for number in range(1, BOXES + 1)]
    document = {"area": {"id": AREA, "name": "Bench"}, "defaults": model["defaults"], "facilities": facilities}
    (inventory / "areas" / f"{AREA}.yml").write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
    return inventory


def _facility(model: dict[str, Any], number: int) -> dict[str, Any]:
    facility = copy.deepcopy(model)
    facility |= {"id": f"BD-{number:04}", "number": number, "code": f"bench-{number:02}"}
    facility["box"] = {"mac": f"02:4b:00:{number:02x}:00:01", "lan_mac": f"02:4b:00:{number:02x}:00:02"}
    for other in ("recorders", "switches"):
        facility.pop(other, None)
    facility["recording"] = {"by": "none"}
    for camera in facility["cameras"]:
        camera["mac"] = f"02:4b:00:{number:02x}:01:{camera['slot']:02x}"
    return facility


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


@contextmanager
def lab(inventory: Path) -> Iterator[list[str]]:
    """The lab up, hub and boxes bootstrapped and plugged in; the facilities' codes."""
    cwd = inventory.parent
    password = cwd / "factory-password"
    password.touch(mode=0o600)
    password.write_text(FACTORY_PASSWORD)
    factory = ("--factory-password-file", str(password))
    try:
        say("authority and packages")
        ketnoi("init", cwd=cwd)
        ketnoi("packages", cwd=cwd)
        say(f"lab of {BOXES} facilities")
        ketnoi("lab", "up", "--lab", LAB, "--area", AREA, cwd=cwd)
        machines = json.loads(ketnoi("lab", "status", "--lab", LAB, "--json", cwd=cwd))["machines"]
        bench = {code: machine["bench_address"] for code, machine in machines.items() if "bench_address" in machine}
        (cwd / "bench.json").write_text(json.dumps(bench))
        say("bootstrap")
        ketnoi("bootstrap", "hub", "--area", AREA, "--bench", "bench.json", *factory, cwd=cwd)
        say("hub")
        ketnoi("hub", cwd=cwd)
        for code in bench:
            ketnoi("lab", "plug", code, "--lab", LAB, cwd=cwd)
        for code in bench:
            ketnoi("wait", "--site", code, "--via", "lifeline", cwd=cwd)
        yield sorted(bench)
    finally:
        subprocess.run([KETNOI, "lab", "down", "--lab", LAB], check=False, capture_output=True)


def timed(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def measure(inventory: Path, codes: list[str]) -> dict[str, Any]:
    """Seconds: the first rollout, and ROUNDS times (rollout with nothing to change, the same visiting everybody, floor)."""
    cwd = inventory.parent
    shell = Shell(inventory)

    def rollout(changes: bool, *more: str) -> None:
        told = json.loads(ketnoi("rollout", "--area", AREA, "--json", *more, cwd=cwd))
        if (told["changed"] > 0) != changes or told["failed"]:
            sys.exit(f"bench: not the rollout that was to be measured: {told}")

    def floor() -> None:
        with ThreadPoolExecutor(len(codes)) as pool:
            done = list(pool.map(lambda code: shell.run(code, ["python3", "-c", "pass"]), codes))
        if any(each.returncode for each in done):
            sys.exit(f"bench: a box did not answer: {[each.stderr for each in done if each.returncode]}")

    say("first rollout")
    first = timed(lambda: rollout(True))
    nothing, full, floors = [], [], []
    for number in range(1, ROUNDS + 1):
        say(f"nothing to change, and the floor: {number}/{ROUNDS}")
        nothing.append(timed(lambda: rollout(False)))
        full.append(timed(lambda: rollout(False, "--full")))
        floors.append(timed(floor))
    return {"boxes": len(codes), "first_s": first, "nothing_s": nothing, "full_s": full, "floor_s": floors}


def table(found: dict[str, Any]) -> str:
    nothing, full, floor = (statistics.median(found[name]) for name in ("nothing_s", "full_s", "floor_s"))
    rows = [
        (f"{found['boxes']} boxes, 4 cameras each", "seconds", "times the floor"),
        ("first rollout (once)", f"{found['first_s']:.1f}", f"{found['first_s'] / floor:.1f}"),
        ("rollout with nothing to change", f"{nothing:.1f}", f"{nothing / floor:.1f}"),
        ("the same, every box visited (--full)", f"{full:.1f}", f"{full / floor:.1f}"),
        ("floor: one SSH command + Python start", f"{floor:.1f}", "1.0"),
    ]
    return "\n".join(f"{name:<42}{seconds:>9}{ratio:>17}" for name, seconds, ratio in rows)


def main() -> int:
    if os.geteuid() != 0:
        print("make bench: raising the lab needs root: sudo make bench", file=sys.stderr)
        return 2
    repository = Path(os.environ.get("KETNOI_REPO", ".cache/repository")).absolute()
    with tempfile.TemporaryDirectory(prefix="ketnoi-bench-") as scratch:
        folder = Path(scratch)
        inventory = province(folder)
        os.environ |= {"KETNOI_HOME": str(folder / "home"), "KETNOI_INVENTORY": str(inventory), "KETNOI_REPO": str(repository)}
        with lab(inventory) as codes:
            found = measure(inventory, codes)
    out = Path("out")
    out.mkdir(exist_ok=True)
    (out / "bench.json").write_text(json.dumps(found, indent=1))
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
