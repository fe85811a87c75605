"""The switch's memory: what is in force, what a reboot brings back, and the journal of writes.

    {"name", "users": {name: {"password", "level"}}, "filtering": bool, "files": {path: text}, "ports": {NAME:
     {"description", "enabled", "bridged", "mode", "vlan", "access", "native", "tagged": [..], "isolated", "feed": word or null}}}

`access` and `native` are IOS's two VLANs of a port; the others have one, `vlan`. `feed` null: the port can't feed anything.
"""

from __future__ import annotations

import copy
import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import paramiko

from lab.switch.config import Config

_NAMES = {"routeros": "MikroTik", "cisco-ios": "Switch", "linux": "switch"}
_FEED = {"routeros": "auto-on", "cisco-ios": "auto", "linux": None}
OFF = frozenset({"off", "never", None})


class Memory:
    """`doc` is in force. All access under `lock`; `changed` is called after each write."""

    def __init__(self, config: Config, changed: Callable[[], None]) -> None:
        self.lock = threading.RLock()
        self.personality: dict[str, Any] = dict(config.personality)
        self.writes: deque[dict[str, Any]] = deque(maxlen=5000)
        self._config, self._changed = config, changed
        self._file = config.state_file
        kept = json.loads(self._file.read_text(encoding="utf-8")) if self._file.exists() else self._factory()
        self.key: str = kept.pop("key")
        self._kept: dict[str, Any] = kept
        self.doc: dict[str, Any] = copy.deepcopy(kept)
        self._store()

    def _factory(self) -> dict[str, Any]:
        from io import StringIO

        config, text = self._config, StringIO()
        paramiko.RSAKey.generate(2048).write_private_key(text)
        account = config.account
        feed = _FEED[config.kind]
        return {
            "key": text.getvalue(),
            "name": _NAMES[config.kind],
            "users": {account["user"]: {"password": account["password"], "level": config.personality.get("level", 15)}},
            "filtering": config.filtering,
            "files": {},
            "ports": {
                name: {
                    "description": "",
                    "enabled": True,
                    "bridged": True,
                    "mode": "dynamic",
                    "vlan": config.vlan.get(name, 1),
                    "access": config.vlan.get(name, 1),
                    "native": 1,
                    "tagged": [],
                    "isolated": False,
                    "feed": feed if name in config.feeding else None,
                }
                for name in config.ports
            },
        }

    def snapshot(self) -> dict[str, Any]:
        with self.lock:
            return copy.deepcopy(self.doc)

    def restore(self, doc: dict[str, Any]) -> None:
        """What safe mode does when its session is lost."""
        with self.lock:
            self.doc = copy.deepcopy(doc)
        self._changed()

    def port(self, name: str, user: str, command: str, **values: Any) -> None:
        """A client's write to a port; a forgetful switch drops what it does not keep."""
        forgets = self.personality.get("forgets", ())
        with self.lock:
            self.doc["ports"][name].update({key: value for key, value in values.items() if key not in forgets})
            self.journal(user, command)
        self._changed()

    def write(self, user: str, command: str, path: str, value: Any) -> None:
        """A client's write to anything else."""
        with self.lock:
            if path.split(".")[0] not in self.personality.get("forgets", ()):
                self.set_in(self.doc, path, value)
            self.journal(user, command)
        self._changed()

    def journal(self, user: str, command: str) -> None:
        self.writes.append({"at": time.time(), "user": user, "op": command})

    def save(self) -> None:
        """What is in force becomes what a reboot brings back."""
        with self.lock:
            self._kept = copy.deepcopy(self.doc)
            self._store()

    @property
    def kept(self) -> dict[str, Any]:
        with self.lock:
            return copy.deepcopy(self._kept)

    def reboot(self) -> None:
        self.restore(self._kept)

    def reset(self) -> None:
        """As it left the factory, with a new host key."""
        with self.lock:
            kept = self._factory()
            self.key = kept.pop("key")
            self._kept = kept
            self._store()
        self.reboot()

    def get(self, path: str) -> Any:
        with self.lock:
            found: Any = self.doc
            for key in path.split(".") if path else ():
                found = found[key]
            return copy.deepcopy(found)

    def set(self, path: str, value: Any, saved: bool = True) -> None:
        """What the lab does: it holds, and a reboot keeps it if it is saved."""
        with self.lock:
            self.set_in(self.doc, path, value)
            if saved:
                self.set_in(self._kept, path, value)
                self._store()
        self._changed()

    @staticmethod
    def set_in(doc: dict[str, Any], path: str, value: Any) -> None:
        *parents, last = path.split(".")
        for key in parents:
            doc = doc[key]
        doc[last] = copy.deepcopy(value)

    def _store(self) -> None:
        """Atomically, and readable by nobody else: passwords and the host key are in it."""
        fresh = self._file.with_suffix(f".{os.getpid()}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump({**self._kept, "key": self.key}, out, indent=1)
        fresh.replace(self._file)
