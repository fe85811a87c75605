"""ketnoi-reach: the one way to the ssh port of any machine, as an ssh ProxyCommand.

    ketnoi-reach [--inventory P] [--via auto|tunnel|lifeline] CODE|hub|centre

Enters the lab's office first if the inventory is a lab's. A facility is tried at its tunnel address; without an SSH
banner within three seconds (port closed, tunnel down, a firewall that swallows), the way is its lifeline: a port on the
hub's loopback, by `ssh -W`. Who answers is not judged here: ssh checks the pinned host key of the alias.

Standard library only, and little of it: Ansible starts one for each facility.
"""

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

from province.reach.netns import enter
from province.user_error import UserError

BANNER_SECONDS = 3.0
CHUNK = 65536


class Unreachable(UserError):
    """No way to the machine; what was tried is in the message."""


def connect(address: str, port: int = 22, seconds: float = BANNER_SECONDS) -> socket.socket:
    """A connection whose other side has begun to speak SSH; the banner is still unread. Raises OSError."""
    link = socket.create_connection((address, port), timeout=seconds)
    try:
        if link.recv(4, socket.MSG_PEEK | socket.MSG_WAITALL) != b"SSH-":
            raise ConnectionError("no SSH banner")
    except BaseException:
        link.close()
        raise
    link.settimeout(None)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return link


def relay(link: socket.socket, source: int = 0, sink: int = 1) -> None:
    """Carry bytes both ways until the far side closes; the end of ours is passed on as a half-close."""
    from select import select

    watched: list[int] = [link.fileno(), source]
    while True:
        ready, _, _ = select(watched, [], [])
        if source in ready:
            chunk = os.read(source, CHUNK)
            if chunk:
                link.sendall(chunk)
            else:
                watched.remove(source)
                link.shutdown(socket.SHUT_WR)
        if link.fileno() in ready:
            chunk = link.recv(CHUNK)
            if not chunk:
                return
            view = memoryview(chunk)
            while view:
                view = view[os.write(sink, view) :]


def lifeline_command(index: dict[str, Any], port: int) -> list[str]:
    """The ssh that reaches a facility's lifeline through the hub."""
    hub = index["hub"]
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": "10",
        "HostKeyAlias": "hub",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": index["known_hosts"],
        "GlobalKnownHostsFile": "/dev/null",
        "UpdateHostKeys": "no",
        "IdentitiesOnly": "yes",
        "IdentityFile": index["ssh_key"],
        "LogLevel": "ERROR",
        "ServerAliveInterval": "15",
        "ServerAliveCountMax": "3",
    }
    spelled = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
    return ["ssh", "-F", "/dev/null", *spelled, "-W", f"127.0.0.1:{port}", f"{hub['user']}@{hub['endpoint']}"]


def index_of(inventory: Path) -> dict[str, Any]:
    """reach.json of the inventory's province. Raises Unreachable when nothing is enrolled yet."""
    from province.office.home import Home

    path = Home.of(inventory).reach
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unreachable(
            f"{path}: chưa có máy nào được ghi danh tại đây: chạy `ketnoi bootstrap` trước",
            f"{path}: no machine is enrolled from this office: run `ketnoi bootstrap` first",
        ) from error
    return found


def reach(index: dict[str, Any], name: str, via: str) -> None:
    """Become the connection to a machine; returns when it ends. Raises Unreachable."""
    machine = index["machines"].get(name)
    if machine is None:
        raise Unreachable(
            f"{name}: chưa ghi danh: chạy `ketnoi bootstrap` cho máy này",
            f"{name}: not enrolled: run `ketnoi bootstrap` for it",
        )
    direct = machine.get("direct")
    why = "-"
    if direct or via != "lifeline":
        try:
            link = connect(direct or machine["tunnel"], seconds=10.0 if direct else BANNER_SECONDS)
        except OSError as error:
            why = str(error)
        else:
            relay(link)
            return
    if direct or via == "tunnel":
        where = direct or machine["tunnel"]
        raise Unreachable(
            f"{name}: {where}:22 không trả lời ({why})",
            f"{name}: {where}:22 doesn't answer ({why})",
        )
    command = lifeline_command(index, int(machine["lifeline_port"]))
    os.execvp(command[0], command)  # noqa: S606 - becomes ssh: no process stays between


def _arguments(arguments: list[str]) -> tuple[Path, str, str]:
    """--inventory, --via and the name. argparse alone would cost a third of the start."""
    inventory, via, names = os.environ.get("KETNOI_INVENTORY", "."), "auto", []
    rest = iter(arguments)
    for word in rest:
        if word in ("--inventory", "-i"):
            inventory = next(rest, "")
        elif word == "--via":
            via = next(rest, "")
        else:
            names.append(word)
    if len(names) != 1 or names[0].startswith("-") or via not in ("auto", "tunnel", "lifeline"):
        raise SystemExit("ketnoi-reach [--inventory P] [--via auto|tunnel|lifeline] CODE|hub|centre")
    return Path(inventory), via, names[0]


def main() -> int:
    """Exit 0 when the connection ended, 1 when there was no way, 2 on wrong arguments."""
    try:
        inventory, via, name = _arguments(sys.argv[1:])
    except SystemExit as usage:
        print(usage, file=sys.stderr)
        return 2
    try:
        enter(inventory)
        reach(index_of(inventory), name, via)
    except UserError as error:
        print(f"ketnoi-reach: {error}", file=sys.stderr)
        return 1
    except (ConnectionError, BrokenPipeError):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
