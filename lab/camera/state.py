"""The camera's memory: what is in force, what survives a reboot, and the journal of writes."""

from __future__ import annotations

import copy
import json
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.camera.personality import Personality


def _node(doc: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    *parents, last = path.split(".")
    for key in parents:
        doc = doc[key]
    if last not in doc:
        raise KeyError(f"no such path: {path}")
    return doc, last


class Memory:
    """Settings as one JSON document, addressed by dotted path (``encoder.width``).

    ``write`` is what a client's write does and obeys the personality: a value may be dropped, kept until a reboot, or
    wait for one. ``set`` is what the lab does and always holds. Both tell the listeners the path once the value in force is another.
    """

    def __init__(self, file: Path, factory: dict[str, Any], personality: Personality) -> None:
        self._file = file
        self._factory = factory
        self._personality = personality
        self._kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else copy.deepcopy(factory)
        self.doc: dict[str, Any] = copy.deepcopy(self._kept)
        self.writes: deque[dict[str, Any]] = deque(maxlen=5000)
        self.listeners: list[Callable[[str], None]] = []
        self._save()

    def __getitem__(self, path: str) -> Any:
        node, last = _node(self.doc, path)
        return node[last]

    def set(self, path: str, value: Any) -> None:
        """Put a value in force and on disk. KeyError: the path doesn't exist."""
        self._put(self._kept, path, value)
        self._in_force(path, value)
        self._save()

    def write(self, path: str, value: Any) -> None:
        """What a client's write does, leaf by leaf, so that one forgetful field doesn't protect its neighbours."""
        self._write(path, value)
        self._save()

    def _write(self, path: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, part in value.items():
                self._write(f"{path}.{key}", part)
            return
        if self._personality.covers("accepts_and_forgets", path):
            return
        if not self._personality.covers("forgets_on_reboot", path):
            self._put(self._kept, path, value)
        if not self._personality.covers("reboot_on", path):
            self._in_force(path, value)

    def pending(self, path: str) -> bool:
        """Whether something at ``path`` waits for a reboot."""
        now, last = _node(self.doc, path)
        kept, _ = _node(self._kept, path)
        return bool(now[last] != kept[last])

    def reboot(self) -> None:
        """What is on disk comes into force. Listeners hear nothing: everything starts anew."""
        self.doc = copy.deepcopy(self._kept)

    def reset(self, keep_network: bool) -> None:
        """Back to the factory's settings, at the next ``reboot``."""
        network = {key: copy.deepcopy(self._kept[key]) for key in ("network", "dns")} if keep_network else {}
        self._kept = {**copy.deepcopy(self._factory), **network}
        self._save()

    def journal(self, operation: str, user: str, peer: str, result: str) -> None:
        self.writes.append({"at": time.time(), "op": operation, "user": user, "peer": peer, "result": result})

    @staticmethod
    def _put(doc: dict[str, Any], path: str, value: Any) -> None:
        node, last = _node(doc, path)
        node[last] = copy.deepcopy(value)

    def _in_force(self, path: str, value: Any) -> None:
        if self[path] == value:
            return
        self._put(self.doc, path, value)
        for listener in self.listeners:
            listener(path)

    def _save(self) -> None:
        """Atomically, and readable by nobody else: passwords are in it."""
        fresh = self._file.with_suffix(f".{os.getpid()}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(self._kept, out, indent=1)
        fresh.replace(self._file)
