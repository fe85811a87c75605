"""The office's package repository, served over http to machines on the bench for as long as a bootstrap runs.

Nothing secret is in it and apt checks its signature, so plain http will do; it listens only on the addresses by which
the machines see the office.
"""

import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any


class _Files(SimpleHTTPRequestHandler):
    """Files of the repository, no listings, no words on standard error."""

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def list_directory(self, path: Any) -> None:
        self.send_error(404)


def seen_from(address: str) -> str:
    """The office's own address on the way to a machine (no packet is sent). Raises OSError without a route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((address, 9))
        own: str = probe.getsockname()[0]
        return own


@contextmanager
def served(directory: Path, machines: Iterable[str]) -> Iterator[dict[str, str]]:
    """URL of the repository as each machine (address) sees it; machines without a route are left out."""
    own: dict[str, str] = {}
    for address in machines:
        try:
            own[address] = seen_from(address)
        except OSError:
            continue
    urls: dict[str, str] = {}
    with ExitStack() as stack:
        for local in sorted(set(own.values())):
            server = ThreadingHTTPServer((local, 0), partial(_Files, directory=str(directory)))
            server.daemon_threads = True
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            Thread(target=server.serve_forever, daemon=True).start()
            urls[local] = f"http://{local}:{server.server_port}"
        yield {address: urls[local] for address, local in own.items()}
