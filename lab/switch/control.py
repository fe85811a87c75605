"""The lab's hand on a switch: the unix socket that the package's docstring describes."""

from __future__ import annotations

import json
import os
import socketserver
import threading
import time
from collections.abc import Callable
from typing import Any

from lab.switch.server import Switch

Order = dict[str, Any]


def _get(switch: Switch, order: Order) -> Any:
    path = order.get("path", "")
    if path.startswith("personality"):
        name = path.partition(".")[2]
        return switch.memory.personality.get(name) if name else switch.memory.personality
    return _hidden(switch.memory.get(path))


def _hidden(value: Any) -> Any:
    return {key: "***" if key == "password" else _hidden(part) for key, part in value.items()} if isinstance(value, dict) else value


def _set(switch: Switch, order: Order) -> Any:
    area, _, rest = order["path"].partition(".")
    if area == "personality":
        switch.memory.personality[rest] = order["value"]
    else:
        switch.memory.set(order["path"], order["value"], bool(order.get("saved", True)))


def _reset(switch: Switch, order: Order) -> Any:
    switch.memory.reset()
    switch.reboot()


def _forget(switch: Switch, order: Order) -> Any:
    switch.memory.writes.clear()
    switch.logins.clear()


def _unlock(switch: Switch, order: Order) -> Any:
    switch.locked_until = 0.0


def _status(switch: Switch, order: Order) -> Any:
    return {
        "pid": os.getpid(),
        "boots": switch.boots,
        "lost": switch.lost,
        "safe_mode": switch.safe is not None,
        "reload": switch.reload_at is not None,
        "saved": switch.memory.snapshot() == switch.memory.kept,
        "locked_until": switch.locked_until if switch.locked_until > time.time() else None,
    }


ORDERS: dict[str, Callable[[Switch, Order], Any]] = {
    "get": _get,
    "set": _set,
    "reboot": lambda switch, order: switch.reboot(),
    "factory_reset": _reset,
    "writes": lambda switch, order: list(switch.memory.writes),
    "logins": lambda switch, order: list(switch.logins),
    "forget": _forget,
    "run": lambda switch, order: switch.machine.run(*order["argv"]) if switch.machine else None,
    "unlock": _unlock,
    "status": _status,
}


def execute(switch: Switch, line: bytes) -> dict[str, Any]:
    try:
        order = json.loads(line)
        return {"ok": True, "value": ORDERS[order["op"]](switch, order)}
    except (ValueError, KeyError, TypeError) as problem:
        return {"ok": False, "error": f"{type(problem).__name__}: {problem}"}


def open_socket(switch: Switch) -> socketserver.ThreadingUnixStreamServer:
    """Listen for orders, at a socket that only its owner may use; one left by a killed switch is replaced."""

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                self.wfile.write(json.dumps(execute(switch, line)).encode() + b"\n")

    path = switch.config.control_socket
    path.unlink(missing_ok=True)
    server = socketserver.ThreadingUnixStreamServer(str(path), Talk)
    server.daemon_threads = True
    path.chmod(0o600)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
