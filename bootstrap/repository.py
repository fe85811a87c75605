"""The office's package repository, lent to a machine through the very connection by which it is taken over.

A hub in a data centre can't reach an office behind NAT, and a bench may have a firewall: so the machine sees the
repository on its own loopback, by a remote forward of the SSH connection, while packages are installed. apt checks the
signature.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from paramiko import Channel, Transport

CHUNK = 65536


class _Files(SimpleHTTPRequestHandler):
    """Files of the repository, no listings, no words on standard error."""

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def list_directory(self, path: Any) -> None:
        self.send_error(404)


@contextmanager
def served(directory: Path) -> Iterator[int]:
    """The repository over http on a port of the office's loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(directory))) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


@contextmanager
def lent(transport: Transport, port: int) -> Iterator[str]:
    """URL under which the far machine sees the office's loopback port. Raises SSHException when its sshd won't forward."""

    def accept(channel: Channel, origin: tuple[str, int], server: tuple[str, int]) -> None:
        Thread(target=_carry, args=(channel, port), daemon=True).start()

    far = transport.request_port_forward("127.0.0.1", 0, accept)
    try:
        yield f"http://127.0.0.1:{far}"
    finally:
        transport.cancel_port_forward("127.0.0.1", far)


def _carry(channel: Channel, port: int) -> None:
    with channel, socket.create_connection(("127.0.0.1", port)) as link:
        back = Thread(target=_copy, args=(link, channel), daemon=True)
        back.start()
        _copy(channel, link)
        back.join()


def _copy(source: Any, sink: Any) -> None:
    """Bytes from one to the other until the end, which is passed on."""
    try:
        while chunk := source.recv(CHUNK):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
