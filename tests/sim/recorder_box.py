"""The recorder's service in a process of its own, over simulated cameras on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SEGMENT_S = 3


@dataclass
class RecorderBox:
    """`camera(slot, port, path, login)` for each, then `start`. Its files lie in `home`; a second start goes on with them."""

    home: Path
    settings: dict[str, Any] = field(default_factory=dict)
    streams: dict[str, Any] = field(default_factory=dict)
    _logins: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def state(self) -> Path:
        return self.home / "state"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def footage(self) -> Path:
        return Path(self.settings.get("footage", self.state / "footage"))

    @property
    def log(self) -> str:
        return (self.home / "log").read_text()

    def camera(self, slot: int, port: int, path: str = "/stream", login: tuple[str, str] | None = None) -> None:
        self.streams[str(slot)] = {"rtsp_port": port, "path": path, "at": "1"}
        if login:
            self._logins[str(slot)] = {"user": login[0], "password": login[1]}

    def write(self) -> None:
        """Lay down settings, streams and logins as the roles do."""
        (self.run / "credentials").mkdir(parents=True, exist_ok=True)
        cameras = [{"slot": int(slot), "name": f"C{slot}", "address": "127.0.0.1"} for slot in self.streams]
        document = {
            "schema": 1,
            "site": "BD-0001",
            "code": "an-nhon-01",
            "cameras": cameras,
            "segment_s": SEGMENT_S,
            "stall_s": 4,
            "keep_free_bytes": 1 << 20,
            "footage": str(self.footage),
            "devices_path": str(self.home / "devices.json"),
        }
        (self.home / "recorder.json").write_text(json.dumps(document | self.settings))
        (self.home / "devices.json").write_text(json.dumps(self.streams))
        (self.run / "credentials" / "devices.json").write_text(json.dumps(self._logins))

    def start(self, wait: bool = True) -> None:
        self.write()
        command = [sys.executable, "-m", "edge_agent.cli", "recorder", "--config", str(self.home / "recorder.json")]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--state", str(self.state), "--run", str(self.run)],
                cwd=ROOT, stderr=log, start_new_session=True, env={**os.environ, "PYTHONFAULTHANDLER": "1"},
            )  # fmt: skip
        if wait:
            self.until(lambda: self.states() == dict.fromkeys(self.streams, "recording"))

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(30) == 0, self.log

    def kill(self) -> None:
        """The service and every ffmpeg at once, as systemd's control group does."""
        assert self.process is not None
        os.killpg(self.process.pid, 9)
        self.process.wait(20)

    def status(self) -> dict[str, Any]:
        try:
            document: dict[str, Any] = json.loads((self.run / "status.json").read_bytes())
        except FileNotFoundError:
            return {"cameras": {}, "disk": {}}
        return document

    def states(self) -> dict[str, str]:
        return {slot: one["state"] for slot, one in self.status()["cameras"].items()}

    def cli(self, *words: str, code: int | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
        """`edge-agent recordings WORDS`; `code`: the exit code that it must have."""
        command = [sys.executable, "-m", "edge_agent.cli", "recordings", "--state", str(self.state), "--run", str(self.run), *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **more)
        assert code is None or done.returncode == code, (
            f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}\n{self.log[-2000:]}"
        )
        return done

    def json(self, *words: str) -> Any:
        return json.loads(self.cli(*words, "--json").stdout)

    def spans(self, slot: int) -> list[tuple[float, float]]:
        rows = self.json("list", str(slot))["cameras"][str(slot)]["spans"]
        return [(instant(row["from"]), instant(row["to"])) for row in rows]

    def gaps(self, slot: int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.json("gaps", str(slot))["cameras"][str(slot)]
        return rows

    def files(self, slot: int) -> list[Path]:
        """Finished segments, in the order of recording within a run."""
        return sorted(path for path in (self.footage / str(slot)).glob("2*/*.mkv"))

    def until(self, true: Callable[[], Any], seconds: float = 90) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := true()):
            assert time.monotonic() < deadline, f"it did not come to pass within {seconds} s\n{self.log[-3000:]}\n{self.status()}"
            assert self.process is None or self.process.poll() is None or self.process.returncode < 0, self.log
            time.sleep(0.1)
        return found

    def recorded(self, slot: int, at: float) -> None:
        """Until the footage of that instant is on the disk, as the recorder says."""

        def newest() -> float:
            camera = self.status()["cameras"].get(str(slot)) or {}
            return instant(camera["last_segment_at"]) if camera.get("last_segment_at") else 0.0

        self.until(lambda: newest() >= at)

    def finished(self, slot: int, more: int) -> None:
        """Until so many more segments of a camera are in their place."""
        before = len(self.files(slot))
        self.until(lambda: len(self.files(slot)) >= before + more)


def instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def packets(path: Path) -> tuple[float, int, list[str]]:
    """A film as ffprobe sees it: (seconds or 0 where it was torn, packets, what a decoder complains of)."""
    probe = [
        "ffprobe",
        "-v",
        "error",
        "-count_packets",
        "-show_entries",
        "stream=nb_read_packets:format=duration",
        "-of",
        "json",
        str(path),
    ]
    found = json.loads(subprocess.run(probe, capture_output=True, text=True, check=True).stdout)
    decoder = ["ffmpeg", "-nostdin", "-v", "repeat+error", "-i", str(path), "-f", "null", "-"]
    decode = subprocess.run(decoder, capture_output=True, text=True)
    # Frames half a period off are rounded onto one another by ffmpeg's null output; that is no fault of the film.
    complaints = [line for line in decode.stderr.splitlines() if "non monotonically increasing dts to muxer" not in line]
    return float(found["format"].get("duration", 0)), int(found["streams"][0]["nb_read_packets"]), complaints
