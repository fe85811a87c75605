"""The way to a facility's switches: channels through its box, over the same connection by which all else goes there.

The box's SSH is reached by ketnoi-reach (tunnel, else lifeline) and checked against the key pinned at its enrolment; each
switch is then a direct-tcpip channel of that one connection, so the switch sees the box's own address on its LAN.
`Direct` is for a machine that stands for the box itself (a province's CI).
"""

import contextlib
import json
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypedDict

import paramiko

from edge_agent.contract import typed
from province.office.home import Home
from province.reach.ssh import CONNECT_S, reach_program
from province.switches import faults
from province.switches.faults import SwitchFailure
from province.text import Text

CHANNEL_S = 10.0
_LOOK = "PATH=$PATH:/usr/sbin:/sbin; ip -j neigh show to {0}; ip -j route get {0}; ip -j link show"
_NONE = "00:00:00:00:00:00"


class _Row(TypedDict, total=False):
    """A neighbour (dst, dev, lladdr), a route (dst, dev) or a link (ifname, address), as iproute2 writes them."""

    dst: str
    dev: str
    lladdr: str
    ifname: str
    address: str


class Way(Protocol):
    """How switches are reached. MACs are lower case with colons; None: not known."""

    def channel(self, address: str, port: int) -> Any:
        """A new connection, as a socket. Raises SwitchFailure."""

    def hardware_at(self, address: str) -> str | None:
        """The MAC behind an address, after something was sent there."""

    def own_hardware(self, address: str) -> str | None:
        """The MAC by which we ourselves are seen there."""


class Direct:
    """Straight from this machine; nothing on its way could be cut."""

    def __enter__(self) -> "Direct":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def channel(self, address: str, port: int) -> socket.socket:
        try:
            return socket.create_connection((address, port), timeout=CHANNEL_S)
        except OSError as error:
            raise _unreachable(address, port, error) from error

    def hardware_at(self, address: str) -> str | None:
        with contextlib.suppress(OSError):
            for row in map(str.split, Path("/proc/net/arp").read_text().splitlines()[1:]):
                if len(row) >= 4 and row[0] == address and row[3] != _NONE:
                    return row[3].lower()
        return None

    def own_hardware(self, address: str) -> str | None:
        return None


class ThroughBox:
    """Through a facility's box; a context manager that holds the one SSH connection. Raises SwitchFailure when there is no way."""

    def __init__(self, inventory: Path, code: str, user: str = "ketnoi") -> None:
        self._inventory, self._code, self._user = inventory, code, user
        self._client = paramiko.SSHClient()
        self._process: subprocess.Popen[bytes] | None = None
        self._seen: dict[str, tuple[str | None, str | None]] = {}

    def __enter__(self) -> "ThroughBox":
        home = Home.of(self._inventory)
        ours, theirs = socket.socketpair()
        command = [reach_program(), "--inventory", str(self._inventory), self._code]
        self._process = subprocess.Popen(
            command, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL, start_new_session=True
        )
        theirs.close()
        try:
            self._client.load_host_keys(str(home.known_hosts))
            self._client.set_missing_host_key_policy(paramiko.RejectPolicy())
            self._client.connect(
                self._code,
                username=self._user,
                pkey=paramiko.Ed25519Key.from_private_key_file(str(home.ssh_key)),
                sock=ours,
                timeout=CONNECT_S,
                banner_timeout=CONNECT_S,
                auth_timeout=CONNECT_S,
                allow_agent=False,
                look_for_keys=False,
            )
        except (paramiko.SSHException, OSError, EOFError) as error:
            self.__exit__(None, None, None)
            ours.close()
            raise SwitchFailure(faults.NO_BOX, code=self._code, detail=str(error) or type(error).__name__) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()
        if self._process:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._process = None

    def channel(self, address: str, port: int) -> paramiko.Channel:
        transport = self._client.get_transport()
        if transport is None or not transport.is_active():
            raise SwitchFailure(faults.NO_BOX, code=self._code, detail=Text("kết nối đã đứt", "the connection broke").en)
        try:
            return transport.open_channel("direct-tcpip", (address, port), ("127.0.0.1", 0), timeout=CHANNEL_S)
        except (paramiko.SSHException, OSError) as error:
            raise _unreachable(address, port, error) from error

    def hardware_at(self, address: str) -> str | None:
        return self._hardware(address)[0]

    def own_hardware(self, address: str) -> str | None:
        return self._hardware(address)[1]

    def _hardware(self, address: str) -> tuple[str | None, str | None]:
        """(the MAC there, the box's own on that LAN), as the box's kernel has them."""
        if address not in self._seen:
            try:
                _, out, _ = self._client.exec_command(_LOOK.format(address), timeout=CHANNEL_S)
                told = out.read().decode(errors="replace")
            except (paramiko.SSHException, OSError, EOFError) as error:
                raise SwitchFailure(faults.NO_BOX, code=self._code, detail=str(error) or type(error).__name__) from error
            self._seen[address] = hardware(told, address)
        return self._seen[address]


def hardware(told: str, address: str) -> tuple[str | None, str | None]:
    """Both MACs from what `ip -j neigh`, `ip -j route get` and `ip -j link` said, one JSON document after the other."""
    rows: list[_Row] = []
    decoder, rest = json.JSONDecoder(), told.strip()
    with contextlib.suppress(ValueError):
        while rest:
            document, end = decoder.raw_decode(rest)
            rows += typed.read(list[_Row], "ip -j", document)
            rest = rest[end:].strip()
    there = next((row["lladdr"] for row in rows if row.get("dst") == address and row.get("lladdr")), None)
    device = next((row["dev"] for row in rows if row.get("dst") == address and row.get("dev")), None)
    own = next((row["address"] for row in rows if device and row.get("ifname") == device and row.get("address")), None)
    return _mac(there), _mac(own)


def answers(way: Way, address: str, port: int) -> None:
    """See that a new connection to the switch can be made and that SSH answers there. Raises SwitchFailure."""
    link = way.channel(address, port)
    try:
        link.settimeout(CHANNEL_S)
        told = link.recv(4)
        if not told or not b"SSH-".startswith(told):
            raise ConnectionError("no SSH banner")
    except OSError as error:
        raise _unreachable(address, port, error) from error
    finally:
        link.close()


def _mac(found: str | None) -> str | None:
    return found.lower() if found and found != _NONE else None


def _unreachable(address: str, port: int, error: Exception) -> SwitchFailure:
    return SwitchFailure(faults.UNREACHABLE, detail=f"{address}:{port}: {str(error) or type(error).__name__}")
