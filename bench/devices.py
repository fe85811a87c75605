"""`python -m bench.devices [CAMERAS]`: 64 simulated cameras, each 100 ms away, beside one such camera; and beside the same
work done one after the other through onvif-zeep.

Loopback, no root. Each camera answers an HTTP request after 100 ms; the cameras and what is measured share the machine's
cores. Quote the ratios: the machine is noisy. A table on stdout, out/bench-devices.json.
"""

import asyncio
import json
import multiprocessing
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from lab.camera import control
from lab.camera.camera import Camera
from lab.camera.config import Config

CAMERAS = 64
LATENCY_MS = 100
HOSTS = 2
"""Processes that play the cameras."""
BY_ZEEP = 4
"""Cameras on which onvif-zeep is measured, one after the other: each costs it the same."""
ADMIN, VIEWER, FACTORY = "Bench1adminAAAA1", "Bench1viewerBBB1", "admin12345"
ENCODER = {"codec": "h264", "width": 1920, "height": 1080, "fps": 15, "keyframe_s": 2, "bitrate_kbps": 2048}
SUB_ENCODER = {"codec": "h264", "width": 640, "height": 360, "fps": 10, "keyframe_s": 2, "bitrate_kbps": 384}
MOST_TIMES = 4.0
MOST_MB = 120.0


def ports(count: int) -> list[int]:
    """TCP ports that nobody listens on just now."""
    taken = [socket.socket() for _ in range(count)]
    try:
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in taken]
    finally:
        for one in taken:
            one.close()


def play(folder: Path, numbers: list[tuple[int, int, int]], ready: Connection) -> None:
    """Play these cameras (number, HTTP port, RTSP port) until the pipe is closed."""

    async def run() -> None:
        for number, http_port, rtsp_port in numbers:
            home = folder / f"{number:03}"
            home.mkdir()
            config = Config(
                state_file=home / "state.json",
                control_socket=home / "control",
                clip_dir=folder,
                make="hikvision",
                serial=f"BENCH{number:03}",
                mac=f"02:4b:00:00:00:{number:02x}",
                http_port=http_port,
                rtsp_port=rtsp_port,
                personality={"slow_ms": LATENCY_MS},
            )
            camera = Camera(config)
            await camera.start()
            servers.append(await control.open_socket(camera))
        ready.send(True)
        await asyncio.get_running_loop().run_in_executor(None, wait)

    def wait() -> None:
        try:
            ready.recv()
        except EOFError:
            return

    servers: list[Any] = []
    asyncio.run(run())


@contextmanager
def cameras(count: int) -> Iterator[list[int]]:
    """That many cameras as they leave the factory; their HTTP ports."""
    free = ports(2 * count)
    numbers = [(n, free[2 * n], free[2 * n + 1]) for n in range(count)]
    start = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="ketnoi-bench-") as scratch:
        ends, players = [], []
        for host in range(min(HOSTS, count)):
            ours, theirs = start.Pipe()
            player = start.Process(target=play, args=(Path(scratch), numbers[host::HOSTS], theirs), daemon=True)
            player.start()
            theirs.close()
            ends.append(ours)
            players.append(player)
        try:
            for end in ends:
                end.recv()
            yield [http for _, http, _ in numbers]
        finally:
            for player in players:
                player.terminate()
                player.join(10)


def document(found: list[int], state: Path) -> str:
    device = {
        "driver": "onvif", "address": "127.0.0.1", "factory": [{"user": "admin", "password": FACTORY}], "encoder": ENCODER,
        "sub_encoder": SUB_ENCODER, "discovery": "NonDiscoverable", "deadline_s": 300,
        "accounts": {"admin": {"user": "admin", "password": ADMIN}, "viewer": {"user": "kn-view", "password": VIEWER}},
    }  # fmt: skip
    devices = [{**device, "slot": n, "port": port, "name": f"BENCH C{n}", "osd": f"BENCH C{n}"} for n, port in enumerate(found, 1)]
    site = {"id": "BD-0001", "code": "bench"}
    return json.dumps({"schema": 1, "site": site, "ntp": "127.0.0.1", "timezone": "ICT-7", "state_dir": str(state), "devices": devices})


def apply(found: list[int], state: Path, changes: bool) -> tuple[float, float]:
    """(seconds, largest resident MB) of one `edge-agent devices apply`; exits when it wasn't the run to be measured."""
    command = [sys.executable, "-m", "edge_agent.cli", "devices", "apply", "--json"]
    begun = time.monotonic()
    agent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert agent.stdin and agent.stdout
    agent.stdin.write(document(found, state).encode())
    agent.stdin.close()
    told = json.loads(agent.stdout.read())
    _, _, usage = os.wait4(agent.pid, 0)
    seconds = time.monotonic() - begun
    if told["failed"] or told["changed"] != (len(found) if changes else 0):
        wrong = [device for device in told["devices"] if device["status"] == "failed" or bool(device["changes"]) != changes]
        sys.exit(f"bench: not the run that was to be measured: {json.dumps(wrong[:1])}")
    return seconds, usage.ru_maxrss / 1024


def by_zeep(found: list[int]) -> tuple[float, float]:
    """(seconds a camera, largest resident MB): the same settings through onvif-zeep, camera after camera."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "bench.zeep_serial", "admin", FACTORY, *map(str, found)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    client = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(client.pid, 0)
    if status:
        sys.exit(f"bench: onvif-zeep did not get through (status {status}, children before: {before} kB)")
    return (time.monotonic() - begun) / len(found), usage.ru_maxrss / 1024


def measure(count: int) -> dict[str, Any]:
    found: dict[str, Any] = {"cameras": count, "latency_ms": LATENCY_MS}
    with cameras(1) as one, tempfile.TemporaryDirectory() as state:
        found["one_first_s"], found["one_mb"] = apply(one, Path(state), True)
        found["one_again_s"], _ = apply(one, Path(state), False)
    with cameras(count) as many, tempfile.TemporaryDirectory() as state:
        found["all_first_s"], found["all_mb"] = apply(many, Path(state), True)
        found["all_again_s"], again = apply(many, Path(state), False)
        found["all_mb"] = max(found["all_mb"], again)
    with cameras(BY_ZEEP) as few:
        found["zeep_s_each"], found["zeep_mb"] = by_zeep(few)
    return found


def table(found: dict[str, Any]) -> str:
    count, one, again = found["cameras"], found["one_first_s"], found["one_again_s"]
    zeep = found["zeep_s_each"] * count
    rows = [
        ("| What | seconds | times one camera | largest memory, MB |", "|---|---|---|---|"),
        (f"| one camera, factory to standard | {one:.1f} | 1.0 | {found['one_mb']:.0f} |",),
        (f"| {count} cameras | {found['all_first_s']:.1f} | {found['all_first_s'] / one:.1f} | {found['all_mb']:.0f} |",),
        (f"| one camera, nothing to change | {again:.1f} | 1.0 | |",),
        (f"| {count} cameras | {found['all_again_s']:.1f} | {found['all_again_s'] / again:.1f} | |",),
        (f"| {count} by onvif-zeep, one after the other ({BY_ZEEP} measured) | {zeep:.0f} | {zeep / one:.0f} | {found['zeep_mb']:.0f} |",),
    ]
    ratio = f"Through onvif-zeep it takes {zeep / found['all_first_s']:.0f} times as long, without reading anything back."
    return "\n".join(line for lines in rows for line in lines) + f"\n\n{ratio}"


def main(arguments: list[str]) -> int:
    """0 within the aims of the issue, 1 beyond one of them."""
    found = measure(int(arguments[0]) if arguments else CAMERAS)
    out = Path("out")
    out.mkdir(exist_ok=True)
    (out / "bench-devices.json").write_text(json.dumps(found, indent=1))
    print(table(found))
    times = max(found["all_first_s"] / found["one_first_s"], found["all_again_s"] / found["one_again_s"])
    return 0 if times <= MOST_TIMES and found["all_mb"] <= MOST_MB else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
