"""What a task tells while it runs, of a device or of packages: one JSON datagram each, from Ansible's worker to who watches the play.

Ansible itself speaks of a task only when it is over. The watcher binds a socket in the run's private folder and names it in
KETNOI_PROGRESS; nobody listening, or one who is too slow, costs a line of progress and nothing else.
"""

import json
import os
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

VARIABLE = "KETNOI_PROGRESS"
PATIENCE_S = 2.0
_LARGEST = 64 * 1024


def report(code: str, result: Mapping[str, Any]) -> None:
    """Send `{"code": the facility's, "report": {...}}`; never fails, and waits no longer than PATIENCE_S for a full queue."""
    path = os.environ.get(VARIABLE)
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.settimeout(PATIENCE_S)  # ten datagrams wait at most (net.unix.max_dgram_qlen), and devices are done in swarms
        try:
            out.sendto(json.dumps({"code": code, "report": dict(result)}, ensure_ascii=False).encode(), path)
        except OSError:
            return


class Listener:
    """Hears what is told while it is open: `heard(code, report)`, in a thread of its own."""

    def __init__(self, path: Path, heard: Callable[[str, dict[str, Any]], None]) -> None:
        self.path = path
        self._heard = heard
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._thread = threading.Thread(target=self._listen, name="progress", daemon=True)

    def __enter__(self) -> "Listener":
        self._socket.bind(str(self.path))
        self.path.chmod(0o600)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """What was told before is heard before this returns: datagrams stay in order."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto(b"", str(self.path))
        self._thread.join(5)
        self._socket.close()

    def _listen(self) -> None:
        while said := self._socket.recv(_LARGEST):
            try:
                document = json.loads(said)
                self._heard(str(document["code"]), dict(document["report"]))
            except (ValueError, KeyError, TypeError):
                continue
