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

from lab.machines.ntp import answer
from province.model.devices import Camera, Recorder, Switch
from province.text import Lang, Text
from tests.ci.rehearsal import moved
from tests.ci.told import Wrong

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sim"))  # where the simulators' handles import each other from

from camera_process import CameraHandle, start_camera
from camera_process import free_ports as free_ports
from recorder_process import start_recorder
from switch_process import SwitchHandle, start_switch

ROOT = Path(__file__).resolve().parents[2]
PASSED_ON = ("PATH", "TZ", "USER", "LOGNAME", "TERM", "SSL_CERT_FILE")
COMMAND_S = 150.0


class Stage:
    """Everything that a run starts or writes, ended and removed when the `with` ends, however it ends."""

    def __init__(self, out: Path, lang: Lang) -> None:
        self.out, self.devices = out, dict[int, CameraHandle | SwitchHandle]()
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
        for device in self.devices.values():
            device.stop()
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

    def play(self, device: Camera | Recorder | Switch, account: Mapping[str, str] | None, **settings: object) -> None:
        """Start a device as it leaves the factory."""
        home = self.folder / "devices" / str(device.slot)
        settings |= {"address": moved(device.address), "mac": device.mac, "model": device.model or ""}
        try:
            if isinstance(device, Switch):
                names = [port.name for port in device.ports]
                login = {"account": dict(account)} if account else {}
                on_site = {"vlan": dict.fromkeys(names, device.vlan), "filtering": True}
                self.devices[device.slot] = start_switch(home, device.driver, names, wired={}, **on_site, **login, **settings)
            else:
                start = start_recorder if isinstance(device, Recorder) else start_camera
                settings |= {"make": device.make, "serial": f"SIM{device.slot:04d}", "clip_dir": str(self.folder / "clips")}
                self.devices[device.slot] = start(home, factory_account=account, **settings)
        except (OSError, RuntimeError) as error:
            name = f"{device.slot} ({device.make})"
            raise Wrong(
                Text(f"không dựng được thiết bị mô phỏng {name}: {error}", f"the simulated device {name} did not start: {error}")
            ) from error

    def port(self, slot: int) -> int:
        """Where a device answers: HTTP, a switch's SSH."""
        config = self.devices[slot].config
        return int(config["http_port"] if "http_port" in config else config["port"])

    def written(self) -> dict[int, int]:
        """How many changes each device was told to make since `forget`, by its own journal; those without one are left out."""
        counts = {slot: len(device.control("writes")) for slot, device in self.devices.items()}
        return {slot: count for slot, count in counts.items() if count}

    def forget(self) -> None:
        for device in self.devices.values():
            device.control("forget")

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
