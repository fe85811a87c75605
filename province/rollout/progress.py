"""What a task tells while it runs, of a device or of packages: one JSON datagram each, from Ansible's worker to who watches the play.

Ansible itself speaks of a task only when it is over. The watcher binds a socket in the run's private folder and names it in
KETNOI_PROGRESS; nobody listening, or one who is too slow, costs a line of progress and nothing else.
"""

import json
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from edge_agent.contract import results
from edge_agent.contract.results import News
from edge_agent.contract.strict import ContractError, read_json

VARIABLE = "KETNOI_PROGRESS"
PATIENCE_S = 2.0
_LARGEST = 64 * 1024


def report(code: str, news: News) -> None:
    """Send `{"code": the facility's, "report": {...}}`; never fails, and waits no longer than PATIENCE_S for a full queue."""
    path = os.environ.get(VARIABLE)
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.settimeout(PATIENCE_S)  # ten datagrams wait at most (net.unix.max_dgram_qlen), and devices are done in swarms
        try:
            out.sendto(json.dumps({"code": code, "report": news}, ensure_ascii=False).encode(), path)
        except OSError:
            return


class Listener:
    """Hears what is told while it is open: `heard(code, report)`, in a thread of its own."""

    def __init__(self, path: Path, heard: Callable[[str, News], None]) -> None:
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
                document = read_json("progress", said)
                code, news = document.take("code", str), results.news(document.take("report", dict))
            except ContractError:
                continue
            self._heard(code, news)
