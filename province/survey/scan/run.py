"""Have the LAN looked at: by the facility's box, or by this machine where it stands in that LAN."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from edge_agent.contract import typed
from edge_agent.contract.strict import ContractError, parse_json
from edge_agent.contract.surveyed import SurveyAnswer
from province.reach.ssh import CONNECT_S, Shell, out_of_reach
from province.survey.scan.request import Document
from province.text import Text
from province.user_error import UserError

Line = Callable[[str], None]
MOST_BYTES = 8 * 1024 * 1024
"""Of an answer: all addresses of a LAN with a device at each."""
PATIENCE_S = 45.0
"""For what comes before and after the devices: who is there, who answers at which port."""
_REACH = "ketnoi-reach: "
STATE = Path("/var/lib/ketnoi")


def by_box(shell: Shell, code: str, request: Document, seconds: float, on_line: Line) -> SurveyAnswer:
    """The document of `edge-agent survey`. Raises UserError. The request goes in by standard input: it carries passwords."""
    argv = ["sudo", "-n", "edge-agent", "survey", "--json"]
    done = shell.run(code, argv, json.dumps(request), seconds + PATIENCE_S + CONNECT_S, on_line)
    if out_of_reach(done.returncode):
        raise _user_error(_UNREACHABLE, code=code, said=_last_line(done) or "-")
    return _answer(code, done)


def here(code: str, request: Document, seconds: float, on_line: Line) -> SurveyAnswer:
    """The same by this machine. Raises UserError."""
    process = subprocess.Popen(
        [sys.executable, "-m", "edge_agent.cli", "survey", "--json"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace",
    )  # fmt: skip
    lines: list[str] = []
    stream = process.stderr
    process.stderr = None

    def listen() -> None:
        for line in stream or ():
            lines.append(line.rstrip("\n"))
            on_line(lines[-1])

    reader = threading.Thread(target=listen, daemon=True)
    reader.start()
    try:
        out, _ = process.communicate(json.dumps(request), timeout=seconds + PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise _user_error(_SLOW, code=code) from None
    finally:
        reader.join(2)
    return _answer(code, subprocess.CompletedProcess([], process.returncode, out, "\n".join(lines)))


def local_state() -> str | None:
    """Where this machine counts failed logins: with edge-agent's other commands, or in the user's own place where those are root's."""
    if os.environ.get("KETNOI_STATE") or os.access(STATE if STATE.exists() else STATE.parent, os.W_OK):
        return None
    return str(Path("~/.local/state/ketnoi/devices").expanduser())


def _answer(code: str, done: "subprocess.CompletedProcess[str]") -> SurveyAnswer:
    if done.returncode == 0:
        with contextlib.suppress(ContractError):
            return typed.read(SurveyAnswer, "edge-agent survey", parse_json("edge-agent survey", done.stdout, MOST_BYTES))
    said = _last_line(done)
    if "invalid choice" in done.stderr or "not found" in said:
        raise _user_error(_TOO_OLD, code=code)
    raise _user_error(_FAILED, code=code, said=said.removeprefix("edge-agent survey: ") or f"exit {done.returncode}")


def _last_line(done: "subprocess.CompletedProcess[str]") -> str:
    """What it said last for people, on stderr."""
    lines = [line.strip()[:300] for line in done.stderr.splitlines() if line.strip() and not line.startswith("{")]
    reach = [line.removeprefix(_REACH) for line in lines if line.startswith(_REACH)]  # behind it ssh says only that it was cut off
    return next(iter(reach), lines[-1] if lines else "")


def _user_error(text: Text, **values: object) -> UserError:
    return UserError(*text.format(**values))


_UNREACHABLE = Text(
    "{code}: không vào được thiết bị biên, hoặc quét quá lâu ({said}); xem `ketnoi wait --site {code}`, hoặc quét tại chỗ với --local",
    "{code}: its box can't be reached, or the scan took too long ({said}); see `ketnoi wait --site {code}`, or scan on site with --local",
)
_SLOW = Text("{code}: quét quá lâu, đã dừng", "{code}: the scan took too long and was stopped")
_TOO_OLD = Text(
    "{code}: thiết bị biên chưa có lệnh quét: `ketnoi rollout --site {code}` trước, hoặc quét tại chỗ với --local",
    "{code}: its box can't scan yet: `ketnoi rollout --site {code}` first, or scan on site with --local",
)
_FAILED = Text("{code}: không quét được: {said}", "{code}: the scan failed: {said}")
