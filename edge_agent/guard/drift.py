"""Whether this box is still as its roles left it, for the agent to report (ketnoi-drift.timer, every five minutes).

Roles leave, by plugins/module_utils/box.py: converged.json {part: digest}, and holds.json {part: {"files": {path: "MODE SHA256",
or "absent"}, "units": [name]}}. What the agent reports is converged.json in /run/ketnoi; there a part of which a file was changed or
a service stopped has "drift: WHAT" in place of its digest, so that the next plan comes back to it.
"""

import hashlib
import subprocess
import time
from pathlib import Path
from typing import TypedDict

from edge_agent.system import durable


class _Kept(TypedDict, total=False):
    """By what a part is known to be as it was left: each file's seal by its path, and the units that run."""

    files: dict[str, str]
    units: list[str]


MARK = "drift: "
STANDS_S = 30.0
"""A service that was started again after a crash counts as running once it has run so long: a crash loop is never seen as running."""


def look(state: Path, run: Path) -> dict[str, str]:
    """Publish what holds of each part; the parts that drifted: {part: what}."""
    digests = durable.read(dict[str, str], state / "converged.json") or {}
    holds = durable.read(dict[str, _Kept], state / "holds.json") or {}
    found = {part: what for part in digests if (what := ", ".join(_changed(holds.get(part, {}))))}
    told = digests | {part: MARK + what for part, what in found.items()}
    if durable.read_json(run / "converged.json", None) != told:
        durable.write_public(run / "converged.json", told)
    return found


def _changed(holds: _Kept) -> list[str]:
    files = [path for path, wanted in holds.get("files", {}).items() if seal(Path(path)) != wanted]
    units = [unit for unit in holds.get("units", ()) if not _active(unit)]
    return files + units


def seal(path: Path) -> str:
    """Mode and content of a file in one word; "absent" where there is none."""
    try:
        return f"{path.stat().st_mode & 0o7777:04o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    except (FileNotFoundError, NotADirectoryError):
        return "absent"


def _active(unit: str) -> bool:
    """Running, or on its way there. What systemd started again after a crash must have stood for a while."""
    asked = "ActiveState,NRestarts,ActiveEnterTimestampMonotonic"
    shown = subprocess.run(["systemctl", "show", "-p", asked, unit], capture_output=True, text=True, check=False).stdout
    state = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if not int(state.get("NRestarts") or 0):
        return state.get("ActiveState") in ("active", "activating", "reloading")
    stood_s = time.clock_gettime(time.CLOCK_MONOTONIC) - int(state.get("ActiveEnterTimestampMonotonic") or 0) / 1e6
    return state.get("ActiveState") in ("active", "reloading") and stood_s >= STANDS_S
