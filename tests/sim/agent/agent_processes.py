"""The agent and the collector as processes of their own, so that they can be killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from agent_services import Hub

SITE = "BD-0001"


class Process:
    """A part of Ketnoi as its own process, with its log."""

    def __init__(self, command: list[str], log: Path, env: dict[str, str] | None = None) -> None:
        self.command, self._log, self._env = command, log, {**os.environ, **(env or {})}
        self.popen: subprocess.Popen | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.popen = subprocess.Popen(self.command, stdout=log, stderr=log, env=self._env)

    def environment(self, more: dict[str, str]) -> None:
        """From the next start on."""
        self._env |= more

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def kill(self) -> None:
        if self.popen is not None:
            self.popen.kill()
            self.popen.wait()
            self.popen = None

    def hang_up(self) -> None:
        """SIGHUP: read the configuration again."""
        assert self.popen is not None
        self.popen.send_signal(signal.SIGHUP)

    def terminate(self) -> int:
        assert self.popen is not None
        self.popen.terminate()
        code = self.popen.wait(timeout=15)
        self.popen = None
        return code


class Agent(Process):
    """The agent of SITE, with times short enough for a test."""

    def __init__(self, hub: Hub, folder: Path, site: str = SITE, **changes) -> None:
        certificate, key = hub.authority.issue(site)
        self.folder, self.state, self.run, self.site = folder, folder / "state", folder / "run", site
        for path in (self.state, self.run, folder / "credentials"):
            path.mkdir(parents=True)
        shutil.copy(key, folder / "credentials/box.key")
        self.settings = {
            "schema": 1, "site": site, "code": site.lower(),
            "hub": {"endpoints": [{"address": "127.0.0.1", "port": hub.broker.port}]},
            "tls": {"ca": str(hub.authority.ca), "cert": str(certificate), "key": "box.key"},
            "cameras": [{"slot": 1, "name": "C01", "address": "127.0.0.1", "rtsp_port": 1}],
            "link": {"probe_s": 0.2, "reconnect_jitter_s": 0.1, "hub_restart_jitter_s": 0.1, "boot_jitter_s": 0},
            "probe_interval_s": 1, "probe_timeout_s": 2, "ack_timeout_s": 1,
            "devices_path": str(folder / "devices.json"), "digests_path": str(folder / "converged.json"),
            **changes,
        }  # fmt: skip
        self.configuration = folder / "agent.json"
        self.write()
        self.logins({})
        super().__init__(
            [sys.executable, "-m", "edge_agent.daemon.start", "--config", str(self.configuration), "--state", str(self.state),
             "--run", str(self.run)],
            folder / "agent.log", {"CREDENTIALS_DIRECTORY": str(folder / "credentials")},
        )  # fmt: skip

    def clone(self, folder: Path, boot: str) -> Process:
        """The same box once more, as an image that was copied to another machine: its key, its outbox, another boot."""
        shutil.copytree(self.folder, folder)
        command = [sys.executable, "-m", "edge_agent.daemon.start", "--config", str(folder / "agent.json"),
                   "--state", str(folder / "state"), "--run", str(folder / "run")]  # fmt: skip
        return Process(command, folder / "agent.log", {"CREDENTIALS_DIRECTORY": str(folder / "credentials"), "KETNOI_BOOT_ID": boot})

    def write(self) -> None:
        self.configuration.write_text(json.dumps(self.settings), encoding="utf-8")

    def logins(self, logins: dict) -> None:
        (self.folder / "credentials/devices.json").write_text(json.dumps(logins), encoding="utf-8")

    def streams(self, streams: dict) -> None:
        (self.folder / "devices.json").write_text(json.dumps(streams), encoding="utf-8")

    def status(self) -> dict:
        path = self.run / "status.json"
        return json.loads(path.read_text()) if path.exists() else {}
