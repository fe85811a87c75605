"""The place where a facility is rehearsed: a temporary folder, cameras, a time server, and commands that see nothing else."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from lab.ntp import answer
from province.text import Lang, Text
from tests.ci.told import Wrong
from tests.sim.camera_process import CameraHandle, start_camera

ROOT = Path(__file__).resolve().parents[2]
PASSED_ON = ("PATH", "TZ", "USER", "LOGNAME", "TERM", "SSL_CERT_FILE")
COMMAND_S = 150.0


class Stage:
    """Everything that a run starts or writes, ended and removed when the `with` ends, however it ends."""

    def __init__(self, out: Path, lang: Lang) -> None:
        self.out, self.cameras = out, dict[int, CameraHandle]()
        self.folder = Path(tempfile.mkdtemp(prefix="ketnoi-ci-"))
        self.inventory = self.folder / "inventory"
        self.said = ""
        self.environment = self._environment(lang)
        self._time: socket.socket | None = None

    def _environment(self, lang: Lang) -> dict[str, str]:
        """Nothing of the user's own: no home, no Ansible settings, no province but the rehearsed one."""
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        scripts = str(Path(sys.executable).parent)
        return kept | {
            "PATH": f"{scripts}{os.pathsep}{kept.get('PATH', '/usr/bin:/bin')}",
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "KETNOI_LANG": lang,
            "KETNOI_HOME": str(self.folder / "ketnoi"),
            "KETNOI_MEASURE_STATE": str(self.folder / "measure"),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def __enter__(self) -> "Stage":
        (self.folder / "home").mkdir()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for camera in self.cameras.values():
            camera.stop()
        if self._time:
            self._time.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def time_server(self, address: str) -> int:
        """Answer NTP with this machine's time at the box's address; the port."""
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((address, 0))
        self._time = server
        threading.Thread(target=_keep_time, args=(server,), daemon=True).start()
        return int(server.getsockname()[1])

    def play(self, slot: int, **settings: object) -> CameraHandle:
        """Start a camera as it leaves the factory."""
        try:
            self.cameras[slot] = start_camera(
                self.folder / "cameras" / str(slot), clip_dir=str(self.folder / "clips"), serial=f"SIM{slot:04d}", **settings
            )
        except (OSError, RuntimeError) as error:
            raise Wrong(
                Text(f"không dựng được camera mô phỏng {slot}: {error}", f"the simulated camera {slot} did not start: {error}")
            ) from error
        return self.cameras[slot]

    def written(self) -> dict[int, list[str]]:
        """What each camera was told to change since `forget`, by its own journal; cameras without a write are left out."""
        journals = {slot: [write["op"] for write in camera.control("writes")] for slot, camera in self.cameras.items()}
        return {slot: operations for slot, operations in journals.items() if operations}

    def forget(self) -> None:
        for camera in self.cameras.values():
            camera.control("forget")

    def command(self, log: str, *argv: str, variables: Mapping[str, object] | None = None) -> tuple[int, str]:
        """Run one of our commands: exit status and what it printed, which is kept in FOLDER/`log`.log too."""
        more = [part for name, value in (variables or {}).items() for part in ("-e", f"{name}={value}")]
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name(argv[0])), *argv[1:], *more],
            cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        try:
            said, _ = process.communicate(timeout=COMMAND_S)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise Wrong(
                    Text(f"`{argv[0]}` chưa xong sau {COMMAND_S:.0f} giây", f"`{argv[0]}` did not end within {COMMAND_S:.0f} s"), said
                ) from None
            raise
        finally:
            (self.out / f"{log}.log").write_text(said if process.returncode is not None else "", encoding="utf-8")
        self.said += said
        return process.returncode, said


def _keep_time(server: socket.socket) -> None:
    while True:
        try:
            request, client = server.recvfrom(1024)
            reply = answer(request, time.time(), time.time())
            if reply:
                server.sendto(reply, client)
        except OSError:
            return
