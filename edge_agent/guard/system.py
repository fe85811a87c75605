"""What a guarded change needs of the system around it: commands, the timer, the firewall as it is, who is logged in."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_agent.system import durable

TIMER = "ketnoi-guard-restore.timer"


@dataclass(frozen=True)
class Done:
    """How a command ended; `message`: the end of what it printed, bounded."""

    ok: bool
    message: str
    output: str = ""


class System:
    """The real one. Tests give another with the same methods."""

    def __init__(self, units: Path = Path("/etc/systemd/system")) -> None:
        self._dropin = units / f"{TIMER}.d" / "seconds.conf"

    def run(self, command: Sequence[str], timeout_s: float, stdin: str | None = None) -> Done:
        """Run a command in a process group of its own, all of which goes when the time is up."""
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            )
        except OSError as error:
            return Done(False, f"{command[0]}: {error.strerror}")
        try:
            output, errors = process.communicate(stdin, timeout=timeout_s)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return Done(False, f"{' '.join(command)}: no end after {timeout_s:.0f} s")
        message = (errors.strip() or output.strip())[-500:]
        if process.returncode:
            return Done(False, f"{' '.join(command)}: exit {process.returncode}: {message}", output)
        return Done(True, message, output)

    def arm(self, seconds: int) -> str | None:
        """Start the timer; also enabled, so that it runs again after a reboot should the boot unit fail. None, or why not."""
        durable.make_folder(self._dropin.parent, 0o755)
        text = f"[Timer]\nOnActiveSec=\nOnActiveSec={seconds}\n"
        durable.write_bytes(self._dropin, text.encode(), 0o644)
        for command in (
            ["systemctl", "daemon-reload"],
            ["systemctl", "enable", "--quiet", TIMER],
            ["systemctl", "restart", TIMER],
        ):
            done = self.run(command, 60)
            if not done.ok:
                return done.message
        return None

    def disarm(self) -> None:
        """Stop the timer. A timer left behind by a crash finds nothing to restore and disarms itself."""
        self.run(["systemctl", "disable", "--quiet", "--no-block", "--now", TIMER], 60)
        folder = self._dropin.parent
        for path in [self._dropin, *folder.glob(f".{self._dropin.name}.*")]:  # what a killed `arm` had begun to write, too
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not there, or somebody's own drop-in is
            folder.rmdir()

    def reload_units(self) -> None:
        self.run(["systemctl", "daemon-reload"], 60)

    def firewall(self) -> str | None:
        """The kernel's rules as a script; None where they can't be told."""
        if shutil.which("nft") is None:
            return None
        done = self.run(["nft", "--stateless", "list", "ruleset"], 30)
        return done.output if done.ok else None

    def restore_firewall(self, rules: str) -> Done:
        """Load kept rules in one transaction."""
        return self.run(["nft", "-f", "-"], 30, stdin="flush ruleset\n" + rules)

    def connection(self) -> str | None:
        """The sshd session that this command came in by ("pid:start"), None when it came another way.

        Several commands over one kept connection (ControlMaster) have the same.
        """
        pid = os.getppid()
        while pid > 1:
            try:
                text = Path(f"/proc/{pid}/stat").read_text()
            except OSError:
                return None
            name, rest = text[text.find("(") + 1 : text.rfind(")")], text[text.rfind(")") + 2 :].split()
            if name.startswith("sshd"):
                return f"{pid}:{rest[19]}"
            pid = int(rest[1])
        return None
