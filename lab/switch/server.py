"""The switch on the network: SSH with passwords on paramiko's server side, sessions, lock-out, reboots, cables."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import subprocess
import threading
import time
from collections import deque
from io import StringIO
from typing import Any

import paramiko

from lab.switch import cisco_ios, linux, routeros
from lab.switch.config import Config
from lab.switch.memory import OFF, Memory
from lab.switch.terminal import Hangup, Terminal

_KINDS: dict[str, Any] = {
    "routeros": routeros.Cli,
    "cisco-ios": cisco_ios.Cli,
    "linux": linux.Cli,
}
_BANNERS = {"routeros": "SSH-2.0-ROSSSH", "cisco-ios": "SSH-2.0-Cisco-1.25", "linux": "SSH-2.0-OpenSSH_9.2p1"}


class Switch:
    """One running switch. `lost`: nothing comes through any more; `safe_holder`: the session that holds safe mode, and what was."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.memory = Memory(config, self.cables)
        self.logins: deque[dict[str, Any]] = deque(maxlen=1000)
        self.machine = linux.Machine(config) if config.kind == "linux" else None
        self.boots = 1
        self.lost = False
        self.safe: tuple[object, dict[str, Any]] | None = None
        self.reload_at: threading.Timer | None = None
        self.locked_until = 0.0
        self._failed = 0
        self._transports: set[paramiko.Transport] = set()
        self._lock = threading.RLock()
        self._reported: dict[str, Any] = {}
        self._cables: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._listener = self._listen()
        self.cables()
        for work in (self._serve, self._follow):
            threading.Thread(target=work, daemon=True).start()

    # the network ------------------------------------------------------------------------------------------------------------

    def _listen(self) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.config.address, self.config.port))
        listener.listen(16)
        return listener

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._session, args=(link,), daemon=True).start()

    def _session(self, link: socket.socket) -> None:
        if self.lost:
            link.close()
            return
        transport = paramiko.Transport(link)
        transport.local_version = _BANNERS[self.config.kind]
        transport.add_server_key(paramiko.RSAKey.from_private_key(StringIO(self.memory.key)))
        door = Visitors(self)
        with self._lock:
            self._transports.add(transport)
        try:
            transport.start_server(server=door)
            channel = transport.accept(20)
            if channel is None or not door.shell.wait(10):
                return
            self._talk(channel, door)
        except (paramiko.SSHException, EOFError, OSError, Hangup):
            pass
        finally:
            transport.close()
            with self._lock:
                self._transports.discard(transport)

    def _talk(self, channel: paramiko.Channel, door: Visitors) -> None:
        terminal = Terminal(channel, lambda: self.lost)
        cli = _KINDS[self.config.kind](self, terminal, door.user, door.suffix)
        try:
            cli.run()
        finally:
            cli.ended()
            channel.close()

    def hang_up(self) -> None:
        """End every session, as a reboot does."""
        with self._lock:
            leaving, self._transports = self._transports, set()
        for transport in leaving:
            transport.close()

    # what happens to it -----------------------------------------------------------------------------------------------------

    def login(self, user: str, password: str) -> bool:
        lockout = self.memory.personality.get("lockout")
        known = self.memory.doc["users"].get(user)
        with self._lock:
            locked = time.time() < self.locked_until
            good = not locked and known is not None and known["password"] == password
            self.logins.append({"at": time.time(), "user": user, "result": "ok" if good else "locked" if locked else "refused"})
            self._failed = 0 if good else self._failed + 1
            if lockout and not good and self._failed >= lockout["tries"]:
                self.locked_until = time.time() + lockout["seconds"]
        return good

    def reboot(self) -> None:
        with self._lock:
            self.safe = None
            self.lost = False
            if self.reload_at:
                self.reload_at.cancel()
                self.reload_at = None
            self.boots += 1
        self.hang_up()
        if self.machine:
            self.machine.restart()
        for port in self._reported:
            self._report_port(
                port, {**self._reported[port], "link": False, "power": False if self._reported[port]["power"] is not None else None}
            )
        self.memory.reboot()

    def cut(self) -> None:
        """From now on nothing comes through; a switch notices a dead session after a while."""
        self.lost = True
        seconds = float(self.memory.personality.get("tcp_s", 0.5))
        threading.Timer(seconds, self._noticed).start()

    def _noticed(self) -> None:
        self.hang_up()
        if self.safe:
            self.lost = False  # what cut it off is undone when that session ends

    def cables(self) -> None:
        """Tell the hook of every port that is another way than before; at the start of each that is not as a cable is laid: what hangs
        on it is switched on by who raises the lab, never by its port."""
        for name, port in self.memory.get("ports").items():
            feed = port["feed"]
            told = {
                "port": name,
                "link": port["enabled"],
                "power": None if feed is None else port["enabled"] and feed not in OFF,
                "isolated": port["isolated"],
                "vlan": port["vlan"],
            }
            with self._lock:
                if self._reported.get(name) == told:
                    continue
                first = name not in self._reported
                self._reported[name] = told
            if not first:
                self._report_port(name, told)
            elif self.config.hook and (told["isolated"] or not told["link"]):
                self._cables.put({**told, "power": None if told["power"] else told["power"]})

    def _report_port(self, name: str, told: dict[str, Any]) -> None:
        self._reported[name] = told
        if self.config.hook:
            self._cables.put(told)

    def _follow(self) -> None:
        """Run the hook for each change in its turn; a switch doesn't wait for what hangs on it."""
        while True:
            told = self._cables.get()
            subprocess.run(self.config.hook, input=json.dumps(told), text=True, check=False)

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.close()
        self.hang_up()
        if self.machine:
            self.machine.stop()


class Visitors(paramiko.ServerInterface):
    """Who may come in. RouterOS takes console options behind a plus in the user's name: admin+ct511w4098h."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self.user = self.suffix = ""
        self.shell = threading.Event()

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        user, _, suffix = username.partition("+") if self._switch.config.kind == "routeros" else (username, "", "")
        if self._switch.login(user, password):
            self.user, self.suffix = user, suffix
            return paramiko.common.AUTH_SUCCESSFUL
        return paramiko.common.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.common.OPEN_SUCCEEDED if kind == "session" else paramiko.common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_pty_request(self, *arguments: Any) -> bool:
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        self.shell.set()
        return True
