"""`python -m bench.flash [--minutes 10]`: the bytes that Ketnoi writes to a box's disk a day. Needs root.

The agent with sixteen cameras, its state on an ext4 of its own behind a loop device, whose written sectors are counted: the file
system's journal and metadata are in it, and all that is synced. Real broker, collector and PostgreSQL. What lies under /run is
memory, on a box and here. Then what one event costs from the camera to the hub's acknowledgement, and what it costs to read one
device's settings, with logins noted before they are tried; and the agent's CPU and memory meanwhile. Footage is not counted, nor the
system's own journal.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.hub import Hub, services, wait_until
from bench.idle_day import DAY, main, written
from bench.sessions import cpu_s, memory_mb

ROOT = Path(__file__).resolve().parents[1]
CAMERAS = 16
READINGS = 4
"""Times a day (role agent)."""
EVENTS = 20
SETTLE_S = 45
ROUNDS = 5


class Disk:
    """An ext4 in a file, mounted; `written` is what reached its block device."""

    def __init__(self, image: Path, at: Path) -> None:
        with image.open("wb") as file:
            file.truncate(512 << 20)
        run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))
        at.mkdir()
        run("mount", "-o", "loop,noatime", str(image), str(at))
        self.at = at
        self._device = run("findmnt", "-no", "SOURCE", str(at)).strip().removeprefix("/dev/")

    def written(self) -> int:
        """Bytes so far, with all that still waits in memory."""
        run("sync", "-f", str(self.at))
        return written(self._device)

    def during(self, work: Callable[[], object]) -> int:
        before = self.written()
        work()
        return self.written() - before

    def close(self) -> None:
        run("umount", str(self.at))


@contextmanager
def place() -> Iterator[tuple[Disk, Path]]:
    """A disk, and a folder in memory."""
    with tempfile.TemporaryDirectory(prefix="ketnoi-bench-flash-") as folder, tempfile.TemporaryDirectory(
        prefix="ketnoi-bench-", dir="/dev/shm"
    ) as memory:  # fmt: skip
        disk = Disk(Path(folder) / "disk.img", Path(folder) / "disk")
        try:
            yield disk, Path(memory)
        finally:
            disk.close()


def measure(seconds: float) -> dict[str, Any]:
    from agent_processes import Agent
    from camera_process import start_camera

    with ExitStack() as stack:
        disk, memory = stack.enter_context(place())
        hub, _, _ = stack.enter_context(services())
        (memory / "camera").mkdir()
        camera = start_camera(memory / "camera")
        stack.callback(camera.stop)
        settings = Settings(disk, memory, camera)
        settings.apply()
        slots = range(1, CAMERAS + 1)
        agent = Agent(hub, memory / "agent", cameras=[{"slot": slot, "name": f"C{slot:02}", "address": camera.address} for slot in slots])
        for short in ("link", "probe_interval_s", "probe_timeout_s", "ack_timeout_s"):
            del agent.settings[short]
        agent.settings["link"] = {"boot_jitter_s": 0}
        agent.write()
        agent.command[agent.command.index("--state") + 1] = str(disk.at / "agent")
        user, password = settings.viewer
        agent.logins({str(slot): {"user": user, "password": password} for slot in slots})
        streams = {str(slot): {"rtsp_port": camera.rtsp_port, "path": "/Streaming/Channels/101", "at": "1"} for slot in slots}
        agent.streams(streams)
        stack.callback(agent.kill)
        agent.start()
        up = "SELECT count(*) FROM device_state WHERE status = 'up'"
        wait_until(lambda: hub.rows(up) == [(CAMERAS,)], 90, message=lambda: agent.log()[-800:])
        print(f"bench: {SETTLE_S} s to settle, then {seconds:.0f} s of nothing", file=sys.stderr, flush=True)
        time.sleep(SETTLE_S)
        assert agent.popen is not None
        used = cpu_s(agent.popen.pid)
        idle = disk.during(lambda: time.sleep(seconds))
        used, most = cpu_s(agent.popen.pid) - used, memory_mb(agent.popen.pid)
        event = disk.during(lambda: _events(hub, agent, streams)) / ROUNDS
        reading = disk.during(settings.read)
        empty = disk.during(lambda: None)
    return {"seconds": seconds, "idle": idle, "event": event, "reading": reading, "counting_itself": empty, "cpu_s": used,
            "memory_mb": most}  # fmt: skip


def _events(hub: Hub, agent: Any, streams: dict[str, Any]) -> None:
    """A camera is lost and found, again and again; each word is awaited in PostgreSQL."""
    told = "SELECT count(*) FROM events WHERE class = 'camera'"
    for turn in range(ROUNDS):
        before = hub.rows(told)
        agent.streams(streams if turn % 2 else {slot: one for slot, one in streams.items() if slot != "1"})
        wait_until(lambda before=before: hub.rows(told) > before, 60, message=lambda: agent.log()[-800:])
        time.sleep(1)


class Settings:
    """The root side of the box: one device configured, its settings read again."""

    def __init__(self, disk: Disk, memory: Path, camera: Any) -> None:
        from device_site import ADMIN, Site

        site = Site(disk.at / "ketnoi")
        device = site.add(camera)
        self._document = site.document() | {"state_dir": None}
        self._admin = ADMIN
        self.viewer = (device["accounts"]["viewer"]["user"], device["accounts"]["viewer"]["password"])
        self._env = os.environ | {"KETNOI_STATE": str(disk.at / "ketnoi"), "KETNOI_RUN": str(memory / "run")}
        (memory / "agent.json").write_text("{}")
        self._configuration = str(memory / "agent.json")

    def apply(self) -> None:
        self._edge_agent("apply", given=json.dumps(self._document))

    def read(self) -> None:
        self._edge_agent("drift", "--config", self._configuration)

    def _edge_agent(self, *arguments: str, given: str = "") -> None:
        command = [sys.executable, "-m", "edge_agent.cli", "devices", *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, env=self._env, cwd=ROOT, check=False)
        if done.returncode:
            sys.exit(f"bench: edge-agent devices {arguments[0]}: {done.stdout}{done.stderr}")


def run(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def table(found: dict[str, Any]) -> str:
    idle = found["idle"] * DAY / found["seconds"]
    readings = found["reading"] * CAMERAS * READINGS
    rows = [
        ("the agent when nothing happens", idle),
        (f"{EVENTS} events, each {found['event'] / 1000:.0f} kB from the camera to the hub's acknowledgement", found["event"] * EVENTS),
        (f"settings of {CAMERAS} devices read {READINGS} times, each {found['reading'] / 1000:.0f} kB", readings),
    ]
    lines = ["| Written to the disk | kB a day |", "|---|---|", *(f"| {name} | {size / 1000:.0f} |" for name, size in rows)]
    lines += [
        f"| **in all** | **{sum(size for _, size in rows) / 1000:.0f}** |",
        "",
        f"| The agent while it probes {CAMERAS} cameras | |",
        "|---|---|",
    ]
    share, most = found["cpu_s"] / found["seconds"], found["memory_mb"]
    return "\n".join([*lines, f"| CPU, % of a core | {100 * share:.2f} |", f"| memory, resident at most, MB | {most:.1f} |"])


if __name__ == "__main__":
    sys.exit(main("flash", "Bytes a day that Ketnoi writes to a box's disk.", "a loop device", measure, table))
