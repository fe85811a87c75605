"""`python -m bench.report`: a province of 700 facilities x 20 cameras reported, with time and memory.

The province's record (each camera judged on made-up evidence, in one of nine facilities something wrong, in the others what only time
can tell still unknown) is made first and not counted. Then `ketnoi report` runs as its own process; time and the most memory that it
held are printed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from bench import big_province
from province.documents.record import CheckKept, HistoryDay, Keeping, SiteRecord, StandardKept, kept_verdict
from province.judging.verdict import Occasion, judge
from province.measure.evidence import CameraEvidence, NotPlayed, Played, Settings, SiteEvidence
from province.measure.inventory import site_of
from province.measure.subjects import Site
from province.model import Facility, load
from province.report.model.record import Record, end_of
from province.standard.checks import Standard
from province.standard.load import load as standard_of

DAY = date(2021, 6, 11)
KETNOI = str(Path(sys.executable).parent / "ketnoi")
HOST_KEY = "ssh-ed25519 " + "A" * 68


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.report")
    parser.add_argument("--facilities", type=int, default=big_province.FACILITIES)
    parser.add_argument("--cameras", type=int, default=big_province.CAMERAS)
    parser.add_argument("--make", type=Path, metavar="FOLDER", help="only make inventory and record there")
    asked = parser.parse_args()
    if asked.make:
        inventory = big_province.write(asked.make, asked.facilities, asked.cameras)
        (asked.make / "record.json").write_text(record(inventory).text, encoding="utf-8")
        return 0
    with tempfile.TemporaryDirectory(prefix="ketnoi-bench-") as name:
        folder = Path(name)
        # By a process of its own: a child's memory is counted from that of the process that forked it.
        sizes_asked = ["--facilities", str(asked.facilities), "--cameras", str(asked.cameras)]
        subprocess.run([sys.executable, "-m", "bench.report", "--make", name, *sizes_asked], check=True)
        inventory = folder / "binh-dinh"
        environment = os.environ | {"KETNOI_HOME": str(folder / "home")}
        subprocess.run([KETNOI, "init", "-i", str(inventory)], env=environment, check=True, stdout=subprocess.DEVNULL)
        for what, arguments in (
            ("check", ["check", "-i", str(inventory)]),
            ("report", ["report", "-i", str(inventory), "--as-of", DAY.isoformat(), "--record", str(folder / "record.json"),
                        "--out", str(folder / "out")]),
            ("report check", ["report", "check", str(folder / "out"), "-i", str(inventory)]),
        ):  # fmt: skip
            seconds, busy, megabytes = measured([KETNOI, *arguments], environment)
            size = f"{asked.facilities} facilities x {asked.cameras} cameras"
            print(f"{what}: {size}: {seconds:.1f} s ({busy:.1f} s of a processor), at most {megabytes:.0f} MB", flush=True)
        sizes = {file.name: file.stat().st_size for file in sorted((folder / "out").iterdir()) if file.is_file()}
        print(json.dumps({name: f"{size / 1e6:.1f} MB" for name, size in sizes.items()}))
    return 0


def measured(argv: list[str], environment: Mapping[str, str]) -> tuple[float, float, float]:
    """(seconds, those that it kept a processor busy, MB) of a process of its own; its output goes to stderr."""
    started = time.monotonic()
    process = subprocess.Popen(argv, env=environment, stdout=sys.stderr)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode > 1:
        sys.exit(f"bench: {' '.join(argv)}: exit {process.returncode}")
    return time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def record(inventory: Path) -> Record:
    """What the hub would tell of all of them."""
    province, faults = load(inventory)
    if province is None or faults:
        sys.exit(f"bench: the made-up inventory has faults: {faults[:3]}")
    standard = standard_of(inventory)
    standards: dict[str, StandardKept] = {standard.digest: {"name": standard.name, "version": standard.version, "checks": {}}}
    sites = {each.code: known(each, standard, standards[standard.digest]["checks"]) for each in province.facilities}
    return Record({"schema": 1, "until": end_of(DAY).isoformat(), "days": 7, "sites": sites, "standards": standards})


def known(facility: Facility, standard: Standard, checks: dict[str, CheckKept]) -> SiteRecord:
    at, days = f"{DAY}T08:00:00+07:00", [DAY - timedelta(days=back) for back in range(6, -1, -1)]
    site = site_of(facility, {"host_key": HOST_KEY, "enrolled_at": f"{days[0]}T00:00:00+07:00"}, False)
    occasion = Occasion("p", None, None, "full", at, 1.0, {"commit": None, "digest": "-"})
    told = judge({"sites": {site.code: evidence(site)}}, standard, [site], occasion)["facilities"][0]
    keeping: Keeping = {"number": 1, "at": at, "kept": at, "profile": "full", "standard": standard.digest, "inventory": None}
    word, count = told["verdict"], len(site.cameras)
    return {
        "id": facility.id,
        "verdict": kept_verdict(told, keeping, checks),
        "last_judged": at,
        "first_met": at if word == "met" else None,
        "first_connected": at,
        "history": [HistoryDay(DAY.isoformat(), word, count, count)],
        "agent": {"first": f"{days[0]}T08:00:00+07:00", "last": f"{DAY}T23:59:00+07:00", "status": "online", "reason": None, "since": at},
        "rollouts": {"first": at, "last": at, "status": "ok", "worked": at},
        "availability": {str(each.slot): {day.isoformat(): [0.9971, 0.9982] for day in days} for each in site.cameras},
        "outages": {"link": [3, 412.0], "camera": [9, 1200.0]},
    }  # fmt: skip


def evidence(site: Site) -> SiteEvidence:
    """Good, but in every ninth facility a small picture and a camera that nobody reaches."""
    bad = site.number % 9 == 0
    return {
        "hub": {"ok": True, "connected": True, "silent_s": 4.0, "tunnel": {"handshake_age_s": 20}, "lifeline": {"up": True}},
        "tunnel": {"ok": True, "alive": True, "rtt_ms": 2.1, "tries": 1},
        "ssh": {"ok": True, "host_key": HOST_KEY, "methods": {"ketnoi": ["publickey"]}},
        "ports": {"ok": True, "open": [22], "tried": 90},
        "confined": {"ok": True, "reached": [], "derived": True},
        "cameras": {str(each.slot): camera(each.name, site.ntp, bad and each.slot == 2, bad and each.slot == 3) for each in site.cameras},
        "recorders": {},
        "switches": {},
    }


def camera(name: str, ntp: str | None, small: bool, dark: bool) -> CameraEvidence:
    width, height = (640, 480) if small else (1920, 1080)
    stream: Played | NotPlayed = {
        "ok": True, "codec": "h264", "width": width, "height": height, "packets": 61, "seconds": 4.1, "fps_timestamps": 15.0,
        "fps_arrival": 14.9, "keyframe_s": 2.0, "keyframe_at_least_s": 2.0, "keyframes": 3,
    }  # fmt: skip
    if dark:
        stream = {"ok": False, "reason": "unreachable"}
    settings: Settings = {
        "ok": True, "accounts": {"admin": "Administrator", "kn-view": "User"}, "viewer_login": True, "name": name,
        "discovery": "NonDiscoverable", "ntp": {"servers": [ntp or ""], "from_dhcp": False, "on": True}, "firmware": "V5.5.82",
        "encoders": {"main": {"codec": "h264", "width": width, "height": height, "fps": 15, "gov": 30},
                     "sub": {"codec": "h264", "width": 640, "height": 360, "fps": 10, "gov": 20}},
        "stream": {"port": 554, "path": "/Streaming/Channels/101"}, "sub_stream": {"port": 554, "path": "/Streaming/Channels/102"},
    }  # fmt: skip
    return {
        "clock": {"ok": True, "offset_s": 0.2, "rtt_s": 0.01, "uncertainty_s": 0.5},
        "settings": settings,
        "stream_hub": stream,
        "stream_centre": stream,
        "stream_without_login": {"ok": True, "status": 401},
        "factory_login": {"ok": True, "accepted": False, "at": "2026-01-01T00:00:00Z"},
        "passwords": {"ok": True, "shared_with": []},
    }


if __name__ == "__main__":
    sys.exit(main())
