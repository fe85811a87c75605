"""`python -m bench.plan`: what a plan costs in provinces of 10, 100 and 700 facilities of 20 cameras.

All boxes are taken over, and the hub answers from a file, so that the office's work alone is counted: seconds of a processor (with all
processes that a command starts), seconds by the clock, the most memory that one of them held. First in a new office, then with nothing
changed, then with another name for one facility; after that what other commands pay before they begin. Needs no lab and no root.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from bench import big_province
from province.model import load
from province.model.select import applicable
from province.office import enrolment, packages
from province.rollout import digests
from province.rollout.watch import ansible_environment

SIZES = (10, 100, big_province.FACILITIES)
PROGRAMS = Path(sys.executable).parent
FIRST, NOTHING, ONE = "first time in a new office", "nothing changed", "one facility changed"
CHECK, LISTING = "ketnoi check", "ansible-inventory --graph"
AIMS = {FIRST: (60.0, None), NOTHING: (3.0, 150), ONE: (4.0, 150), CHECK: (3.0, 150), LISTING: (3.0, 150)}
"""Seconds of a processor and MB, in a province of the largest size."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.plan")
    parser.add_argument("--facilities", type=int, nargs="+", default=SIZES)
    parser.add_argument("--make", type=Path, metavar="FOLDER", help="only make the first size there")
    parser.add_argument("--answer", type=Path, metavar="FOLDER", help="only write what the hub of that one answers once all has converged")
    parser.add_argument("--measure", nargs=argparse.REMAINDER, help="only run this command, and print what it took")
    asked = parser.parse_args()
    if asked.measure:
        return measure(asked.measure)
    if asked.make:
        make(asked.make, asked.facilities[0])
        return 0
    if asked.answer:
        (asked.answer / "reported.json").write_text(json.dumps(answer(asked.answer / "binh-dinh")), encoding="utf-8")
        return 0
    slow = [line for number in asked.facilities for line in province(number)]
    print("\n".join(slow), file=sys.stderr)
    return 1 if slow else 0


def province(facilities: int) -> list[str]:
    """Make it, measure, print a line for each; what is beyond its aim."""
    with tempfile.TemporaryDirectory(prefix="ketnoi-bench-") as name:
        folder = Path(name)
        environment = os.environ | {
            "KETNOI_HOME": str(folder / "home"),
            "KETNOI_REPO": str(folder / "repository"),
            "PATH": f"{folder / 'bin'}{os.pathsep}{PROGRAMS}",
        }
        itself = [sys.executable, "-m", "bench.plan"]
        subprocess.run([*itself, "--make", name, "--facilities", str(facilities)], env=environment, check=True)
        inventory = folder / "binh-dinh"
        plan = [str(PROGRAMS / "ketnoi"), "plan", "-i", str(inventory), "--json"]
        found = {FIRST: measured(plan, environment)}
        subprocess.run([*itself, "--answer", name], env=environment, check=True)
        found[NOTHING] = measured(plan, environment)
        expect(found[NOTHING], 0)
        area = sorted((inventory / "areas").glob("*.yml"))[0]
        area.write_text(area.read_text(encoding="utf-8").replace("name: Cơ sở cách ly số", "name: Cơ sở y tế số", 1), encoding="utf-8")
        found[ONE] = measured(plan, environment)
        expect(found[ONE], 1)
        found[CHECK] = measured([str(PROGRAMS / "ketnoi"), "check", "-i", str(inventory)], environment)
        listing = [str(PROGRAMS / "ansible-inventory"), "-i", str(inventory / "province.yml"), "--graph"]
        found[LISTING] = measured(listing, environment | ansible_environment(inventory))
    slow = []
    for what, took in found.items():
        title = f"{facilities} facilities x {big_province.CAMERAS} cameras: {what}"
        print(f"{title}: {took['busy']:.2f} s of a processor, {took['clock']:.2f} s, at most {took['megabytes']:.0f} MB", flush=True)
        seconds, megabytes = AIMS[what]
        if facilities == SIZES[-1] and (took["busy"] > seconds or took["megabytes"] > (megabytes or took["megabytes"])):
            slow.append(f"bench: {what}: beyond the aim of {seconds:.0f} s of a processor" + (f" and {megabytes} MB" if megabytes else ""))
    return slow


def measured(argv: list[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """`measure` in a process of its own: what a process waited for is counted for it, and stays so."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.plan", "--measure", *argv], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def measure(argv: list[str]) -> int:
    started = time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    clock, used = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode > 1:
        sys.exit(f"bench: {' '.join(argv)}: exit {done.returncode}\n{done.stderr[-2000:]}")
    took = {"busy": used.ru_utime + used.ru_stime, "clock": clock, "megabytes": used.ru_maxrss / 1024}
    print(json.dumps(took | {"visits": done.stdout.count('"status": "visit"')}))
    return 0


def expect(took: Mapping[str, Any], facilities: int) -> None:
    """The plan that was to be measured: so many facilities to visit, and the hub with them."""
    if took["visits"] != facilities + bool(facilities):
        sys.exit(f"bench: not the plan that was to be measured: {took['visits']} to visit")


def make(folder: Path, facilities: int) -> None:
    """The inventory, with every box taken over, its office, a repository of versions alone, and a way to a hub that answers by file."""
    inventory = big_province.write(folder, facilities)
    ketnoi = [str(PROGRAMS / "ketnoi"), "init", "-i", str(inventory)]
    subprocess.run(ketnoi, check=True, stdout=subprocess.DEVNULL)
    found, faults = load(inventory)
    if found is None or faults:
        sys.exit(f"bench: the made-up inventory has faults: {faults[:3]}")
    enrolment.save(inventory, enrolment.HUB, {**_record(0), "code": "hub", "lifeline_host_key": f"ssh-ed25519 {'B' * 68}"})
    for facility in found.facilities:
        own: enrolment.Record = {**_record(facility.number), "code": facility.code, "id": facility.id, "number": facility.number}
        enrolment.save(inventory, facility.code, own)
    repository = folder / "repository"
    repository.mkdir()
    named = [product.name for product in packages.PRODUCTS]
    (repository / packages.VERSIONS_FILE).write_text(json.dumps(dict.fromkeys([*named, *packages.DEBIAN], "1.0")))
    for name in ("InRelease", packages.KEY_FILE):
        (repository / name).write_text(name)
    (folder / "reported.json").write_text('{"schema": 1, "hub": {}, "sites": {}}')
    ssh = folder / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(f"#!/bin/sh\nexec /bin/cat '{folder}/reported.json'\n")
    ssh.chmod(0o755)


def _record(number: int) -> enrolment.Record:
    """What bootstrap learns of a machine, as long as it is in earnest."""
    return {
        "host_key": f"ssh-ed25519 {number:A>68}",
        "wireguard_public_key": f"{number:a>43}=",
        "lifeline_public_key": f"ssh-ed25519 {number:B>68} lifeline",
        "serial": f"{number:012}",
        "certificate": "-----BEGIN CERTIFICATE-----\n" + f"{number:C>64}\n" * 12 + "-----END CERTIFICATE-----\n",
        "enrolled_at": "2021-06-01T08:00:00+00:00",
    }


def answer(inventory: Path) -> dict[str, Any]:
    """`ketnoi-hub reported` where everything has converged to what this office plans."""
    found, _ = load(inventory)
    assert found
    codes = [facility.code for facility in applicable(found.facilities, date.today())[0]]
    ours = digests.ours(found, enrolment.read_all(inventory), [*codes, "hub"], {"site.yml": [], "hub.yml": []})
    flat = {host: {part: digest for parts in roles.values() for part, digest in parts.items()} for host, roles in ours.items()}
    cameras = [{"slot": slot, "status": "up", "reason": None} for slot in range(1, big_province.CAMERAS + 1)]
    site: dict[str, Any] = {"status": "connected", "cameras": cameras, "settings": {}, "verdict": None, "rollout": None}
    return {"schema": 1, "hub": flat["hub"], "sites": {code: site | {"digests": flat[code]} for code in codes}}


if __name__ == "__main__":
    sys.exit(main())
