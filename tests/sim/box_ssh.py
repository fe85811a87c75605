"""A stand-in for a box's SSH on loopback: one key may log in, ports may be forwarded, and its kernel's tables are what a test says."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from dataclasses import dataclass, field
from typing import Any

import paramiko


@dataclass
class Box:
    """`neighbours`: address -> MAC as its kernel sees them; `own`: its MAC on that LAN. `asked`: commands that it was given."""

    administrator: paramiko.PKey
    neighbours: dict[str, str]
    own: str
    host_key: paramiko.RSAKey | paramiko.ECDSAKey = field(default_factory=paramiko.ECDSAKey.generate)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _ = self._listener.accept()
                threading.Thread(target=self._session, args=(link,), daemon=True).start()

    def _session(self, link: socket.socket) -> None:
        door, transport = _Door(self), paramiko.Transport(link)
        transport.add_server_key(self.host_key)
        with contextlib.suppress(paramiko.SSHException, EOFError):
            transport.start_server(server=door)
            while transport.is_active():
                channel = transport.accept(1)
                if channel is not None and channel.get_id() in door.forwarded:
                    _join(channel, door.forwarded.pop(channel.get_id()))

    def tables(self, command: str) -> str:
        self.asked.append(command)
        rows = [{"dst": address, "dev": "eth1", "lladdr": mac} for address, mac in self.neighbours.items() if address in command]
        route = [{"dst": address, "dev": "eth1"} for address in ("127.0.0.1",) if address in command]
        return "\n".join(json.dumps(each) for each in (rows, route, [{"ifname": "eth1", "address": self.own}]))


class _Door(paramiko.ServerInterface):
    def __init__(self, box: Box) -> None:
        self._box = box
        self.forwarded: dict[int, socket.socket] = {}

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        good = username == "ketnoi" and key == self._box.administrator
        return paramiko.common.AUTH_SUCCESSFUL if good else paramiko.common.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.common.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        def answer() -> None:
            channel.sendall(self._box.tables(command.decode()).encode())
            channel.send_exit_status(0)
            channel.close()

        threading.Timer(0.1, answer).start()  # paramiko says yes to the request only once this has returned
        return True

    def check_channel_direct_tcpip_request(self, chanid: int, origin: tuple[str, int], destination: tuple[str, int]) -> int:
        try:
            self.forwarded[chanid] = socket.create_connection(destination, timeout=5)
        except OSError:
            return paramiko.common.OPEN_FAILED_CONNECT_FAILED
        return paramiko.common.OPEN_SUCCEEDED


def _join(channel: paramiko.Channel, link: socket.socket) -> None:
    """Carry bytes between a channel and its destination."""
    link.settimeout(None)
    for read, write, sink in ((link.recv, channel.sendall, channel), (channel.recv, link.sendall, link)):
        threading.Thread(target=_carry, args=(read, write, sink), daemon=True).start()


def _carry(read: Any, write: Any, sink: Any) -> None:
    with contextlib.suppress(OSError, EOFError):
        while received := read(16384):
            write(received)
    with contextlib.suppress(OSError):
        sink.close()
