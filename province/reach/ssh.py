"""One command on one machine, by OpenSSH: pinned host keys, no password ever, the way found by ketnoi-reach.

>>> shell.run("hub", ["ketnoi-measure"], stdin=request)   # doctest: +SKIP
"""

import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from edge_agent.contract.strict import printable
from province.office.home import Home

CONNECT_S = 15
UNREACHABLE = 255
"""ssh's own exit status: it never reached the command."""
TIMED_OUT = 124
NOT_FOUND = 127
"""A shell's exit status where there is no such command."""
Cause = Literal["unreachable", "tool_missing", "failed"]


@dataclass(frozen=True)
class Shell:
    """How this office reaches its machines: `hub`, `centre`, or a facility by its code."""

    inventory: Path
    hub_user: str = "ketnoi"
    centre_user: str = "probe"
    box_user: str = "ketnoi"

    def user(self, host: str) -> str:
        return {"hub": self.hub_user, "centre": self.centre_user}.get(host, self.box_user)

    def command(self, host: str, argv: Sequence[str]) -> list[str]:
        """The ssh command line. Its arguments are quoted for the far shell; secrets belong on stdin."""
        home = Home.of(self.inventory)
        reach = [reach_program(), "--inventory", str(self.inventory), host]
        options = {
            "BatchMode": "yes",
            "HostKeyAlias": host,
            "UserKnownHostsFile": str(home.known_hosts),
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "UpdateHostKeys": "no",
            "IdentitiesOnly": "yes",
            "IdentityFile": str(home.ssh_key),
            "ConnectTimeout": str(CONNECT_S),
            "ServerAliveInterval": "5",
            "ServerAliveCountMax": "3",
            "LogLevel": "ERROR",
            "ProxyCommand": shlex.join(reach).replace("%", "%%"),
        }
        spelled = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
        return ["ssh", "-F", "/dev/null", "-T", *spelled, f"{self.user(host)}@{host}", "--", shlex.join(argv)]

    def run(
        self,
        host: str,
        argv: Sequence[str],
        stdin: str = "",
        seconds: float = 60.0,
        on_line: Callable[[str], None] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Exit status 255 when the machine could not be reached, 124 when it took longer than `seconds`.

        `on_line` is given each line of stderr as it comes (from another thread).
        """
        process = subprocess.Popen(
            self.command(host, argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        lines: list[str] = []
        reader = threading.Thread(target=_lines, args=(process.stderr, lines, on_line), daemon=True)
        reader.start()
        process.stderr = None
        try:
            out, _ = process.communicate(stdin, timeout=seconds)
            code = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
            code = TIMED_OUT
        reader.join(2)
        return subprocess.CompletedProcess([host, *argv], code, out, "\n".join(lines))


def _lines(stream: IO[str], into: list[str], on_line: Callable[[str], None] | None) -> None:
    with stream as pipe:
        for line in pipe:
            into.append(printable(line.rstrip("\r\n")))
            if on_line:
                on_line(into[-1])


def reach_program() -> str:
    """ketnoi-reach of this installation, else whichever is on PATH."""
    beside = Path(sys.executable).with_name("ketnoi-reach")
    return str(beside) if beside.exists() else shutil.which("ketnoi-reach") or "ketnoi-reach"


def out_of_reach(code: int) -> bool:
    """By its exit status: the machine itself did not answer, or not in time."""
    return code in (UNREACHABLE, TIMED_OUT)


def cause(code: int, said: str) -> Cause:
    """Why a command on another machine did not do its work, by its exit status and the last line that was said."""
    if out_of_reach(code):
        return "unreachable"
    return "tool_missing" if code == NOT_FOUND or said.endswith("command not found") else "failed"
