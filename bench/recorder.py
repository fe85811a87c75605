"""`python -m bench.recorder [CAMERAS ...]`: what recording costs a box, in CPU and memory, for 4, 16 and 64 cameras.

Simulated cameras on loopback (1080p, 15 frames/s, 2 Mb/s); some serve many streams each, since it is the recorder that is
measured. CPU and memory are read from the kernel for the service and its ffmpegs alone, over SECONDS that hold the turn of a minute;
memory is the proportional share (PSS), so that what processes have in common counts once. No root is needed.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COUNTS = (4, 16, 64)
SERVERS = 4
SECONDS = 70
TICKS = os.sysconf("SC_CLK_TCK")
ACCOUNT = {"user": "admin", "password": "bench-Only1"}


@contextmanager
def cameras(folder: Path) -> Iterator[list[int]]:
    """RTSP ports of SERVERS simulated cameras."""
    from lab.camera.config import Config

    ports, running = [], []
    for number in range(SERVERS):
        place = folder / f"camera-{number}"
        place.mkdir()
        port = 18554 + number
        config = {
            "make": "hikvision", "address": "127.0.0.1", "http_port": 18080 + number, "rtsp_port": port, "factory": False,
            "factory_account": {"user": ACCOUNT["user"], "password": ACCOUNT["password"]}, "state_file": str(place / "state.json"),
            "control_socket": str(place / "control"), "clip_dir": str(folder / "clips"),
            "factory_state": {"encoder.width": 1920, "encoder.height": 1080, "encoder.fps": 15, "encoder.bitrate_kbps": 2048},
        }  # fmt: skip
        assert set(config) <= set(Config.__dataclass_fields__)
        (place / "camera.json").write_text(json.dumps(config))
        command = ["/usr/bin/python3", "-m", "lab.camera", "--config", str(place / "camera.json")]
        running.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE))
        ports.append(port)
    try:
        for process in running:
            assert process.stdout is not None
            if process.stdout.readline() != b"ready\n":
                sys.exit("bench: a simulated camera did not start")
        yield ports
    finally:
        for process in running:
            process.terminate()
            process.wait()


def record(folder: Path, ports: list[int], count: int) -> dict[str, Any]:
    """One recorder with `count` cameras: its cost over SECONDS, once all are recorded."""
    home = folder / f"recorder-{count}"
    (home / "run/credentials").mkdir(parents=True)
    slots = range(1, count + 1)
    streams = {str(slot): {"rtsp_port": ports[slot % len(ports)], "path": "/Streaming/Channels/101", "at": "1"} for slot in slots}
    settings = {
        "schema": 1, "site": "BD-0001", "code": "bench", "devices_path": str(home / "devices.json"), "footage": str(home / "footage"),
        "keep_free_bytes": 1 << 20, "cameras": [{"slot": slot, "name": f"C{slot}", "address": "127.0.0.1"} for slot in slots],
    }  # fmt: skip
    (home / "recorder.json").write_text(json.dumps(settings))
    (home / "devices.json").write_text(json.dumps(streams))
    (home / "run/credentials/devices.json").write_text(json.dumps({str(slot): ACCOUNT for slot in slots}))
    command = [sys.executable, "-m", "edge_agent.cli", "recorder", "--config", str(home / "recorder.json")]
    with (home / "log").open("w") as log:
        service = subprocess.Popen([*command, "--state", str(home / "state"), "--run", str(home / "run")], cwd=ROOT, stderr=log)
    try:
        return _measured(home, service, count)
    finally:
        service.terminate()
        service.wait()
        shutil.rmtree(home)


def _measured(home: Path, service: "subprocess.Popen[bytes]", count: int) -> dict[str, Any]:
    deadline = time.monotonic() + 240
    while _recording(home) < count:
        if time.monotonic() > deadline or service.poll() is not None:
            sys.exit(f"bench: only {_recording(home)} of {count} cameras are recorded\n{(home / 'log').read_text()[-2000:]}")
        time.sleep(0.5)
    before, bytes_before, started = _cpu(service.pid), _bytes(home), time.monotonic()
    time.sleep(SECONDS)
    after, lasted = _cpu(service.pid), time.monotonic() - started
    own, theirs = after.pop(service.pid) - before.pop(service.pid), sum(after.values()) - sum(before.get(pid, 0.0) for pid in after)
    return {
        "cameras": count, "recording": _recording(home), "cpu_ffmpeg": theirs / lasted, "cpu_service": own / lasted,
        "mb_ffmpeg": sum(_pss(pid) for pid in after), "mb_service": _pss(service.pid), "mb_s": (_bytes(home) - bytes_before) / lasted / 1e6,
    }  # fmt: skip


def _recording(home: Path) -> int:
    try:
        document = json.loads((home / "run/status.json").read_bytes())
    except (OSError, ValueError):
        return 0
    return sum(one["state"] == "recording" for one in document["cameras"].values())


def _family(pid: int) -> list[int]:
    """The service and its ffmpegs; what it starts for a moment (sync) counts with it once it has ended."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children if Path(f"/proc/{child}/comm").read_text() == "ffmpeg\n")]


def _cpu(pid: int) -> dict[int, float]:
    """Seconds of CPU so far; of the service with those of its children that have ended."""
    found = {}
    for each in _family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        found[each] = sum(map(int, fields[11 : 15 if each == pid else 13])) / TICKS
    return found


def _pss(pid: int) -> float:
    """Megabytes, what is shared counted by share."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024


def _bytes(home: Path) -> int:
    return sum(path.stat().st_size for path in (home / "footage").rglob("*.mkv"))


def table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| cameras | MB/s written | CPU, % of a core | of it the service | memory, MB | of it the service |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['cameras']} | {row['mb_s']:.1f} | {100 * (row['cpu_ffmpeg'] + row['cpu_service']):.1f} | {100 * row['cpu_service']:.1f} "
        f"| {row['mb_ffmpeg'] + row['mb_service']:.0f} | {row['mb_service']:.0f} |"
        for row in rows
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    counts = [int(argument) for argument in arguments] or list(COUNTS)
    rows = []
    with tempfile.TemporaryDirectory(prefix="ketnoi-bench-recorder-") as scratch, cameras(Path(scratch)) as ports:
        for count in counts:
            print(f"bench: recording {count} cameras for {SECONDS} s", file=sys.stderr, flush=True)
            rows.append(record(Path(scratch), ports, count))
            print(table(rows[-1:]), file=sys.stderr, flush=True)
    out = Path("out")
    out.mkdir(exist_ok=True)
    (out / "bench-recorder.json").write_text(json.dumps(rows, indent=1))
    print(table(rows))
    return 0 if all(row["recording"] == row["cameras"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
