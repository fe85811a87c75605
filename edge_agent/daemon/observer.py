"""`edge-agent observe`: what only root can see, published for the agent, which is nobody in particular (ketnoi-observer.service), as an
`Observed` in /run/ketnoi/observed.json.

It takes no input. lifeline: a TCP connection of the lifeline's service to the hub stands.
"""

import contextlib
import re
import subprocess
import time
from pathlib import Path

from edge_agent.contract.box import Observed
from edge_agent.system import clock, durable

EVERY_S = 30.0
INTERFACE = "ketnoi"
LIFELINE_GROUP = Path("/sys/fs/cgroup/system.slice/ketnoi-lifeline.service/cgroup.procs")
LIFELINE_GROUPS = (LIFELINE_GROUP, Path("/sys/fs/cgroup/systemd/system.slice/ketnoi-lifeline.service/cgroup.procs"))
"""With control groups of version 2, and of version 1 (systemd's own hierarchy)."""
_ESTABLISHED = "01"
_SOCKET = re.compile(r"socket:\[(\d+)\]")


def main(argv: list[str] | None = None) -> int:
    """Until it is ended. Started by systemd alone."""
    while True:
        document = observe()
        durable.make_folder(durable.run_folder(), 0o755)
        durable.write_public(durable.run_folder() / "observed.json", document)
        time.sleep(EVERY_S)


def observe(proc: Path = Path("/proc"), groups: tuple[Path, ...] = LIFELINE_GROUPS) -> Observed:
    return {"schema": 1, "mono": clock.mono(), "handshake_age_s": handshake_age(), "lifeline": lifeline(proc, groups)}


def handshake_age(interface: str = INTERFACE) -> float | None:
    """Seconds since the tunnel's last handshake; None: never, or nobody to ask."""
    try:
        return asked_handshake_age(interface)
    except (OSError, subprocess.SubprocessError):
        return None


def asked_handshake_age(interface: str = INTERFACE) -> float | None:
    """None: never. OSError, SubprocessError: nobody to ask. Not `wg show dump`: that prints the private key."""
    shown = subprocess.run(["wg", "show", interface, "latest-handshakes"], capture_output=True, text=True, timeout=5, check=True)
    latest = max((int(line.split()[-1]) for line in shown.stdout.splitlines()), default=0)
    return round(time.time() - latest, 1) if latest else None


def lifeline(proc: Path, groups: tuple[Path, ...]) -> bool | None:
    """Whether one of the service's processes holds an established connection; None: this system can't tell."""
    listed = next((group for group in groups if group.exists()), None)
    if listed is None:
        return False if any(group.parents[1].exists() for group in groups) else None
    standing = {row.split()[9] for row in (proc / "net/tcp").read_text().splitlines()[1:] if row.split()[3] == _ESTABLISHED}
    return any(_sockets(proc / pid) & standing for pid in listed.read_text().split())


def _sockets(process: Path) -> set[str]:
    found: set[str] = set()
    with contextlib.suppress(OSError):
        for handle in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                if match := _SOCKET.match(str(handle.readlink())):
                    found.add(match[1])
    return found
