"""The lab's hand on a camera: the unix socket that the package's docstring describes."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from lab.camera.shape import Camera

Order = dict[str, Any]


async def _get(camera: Camera, order: Order) -> Any:
    path = order.get("path", "")
    if path.startswith("personality"):
        return camera.flags.chosen() if path == "personality" else camera.flags[path.partition(".")[2]]
    value = copy.deepcopy(camera.memory[path] if path else camera.memory.doc)
    return value if order.get("secrets") else _hidden(value)


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "***" if key == "password" else _hidden(part) for key, part in value.items()}
    return [_hidden(part) for part in value] if isinstance(value, list) else value


async def _settings(camera: Camera, order: Order) -> Any:
    return camera.settings()


async def _set(camera: Camera, order: Order) -> Any:
    area, _, rest = order["path"].partition(".")
    if area == "personality":
        camera.flags[rest] = order["value"]
    else:
        camera.memory.set(order["path"], order["value"])


async def _reboot(camera: Camera, order: Order) -> Any:
    await camera.reboot()


async def _factory_reset(camera: Camera, order: Order) -> Any:
    await camera.factory_reset()


async def _rest(camera: Camera, order: Order) -> Any:
    await camera.rest()


async def _freeze(camera: Camera, order: Order) -> Any:
    (camera.thawed.clear if order["value"] else camera.thawed.set)()


async def _writes(camera: Camera, order: Order) -> Any:
    return list(camera.memory.writes)


async def _logins(camera: Camera, order: Order) -> Any:
    return list(camera.accounts.logins)


async def _unlock(camera: Camera, order: Order) -> Any:
    camera.accounts.unlock()


async def _forget(camera: Camera, order: Order) -> Any:
    camera.memory.writes.clear()
    camera.accounts.logins.clear()


async def _status(camera: Camera, order: Order) -> Any:
    until = camera.accounts.locked_until
    return {
        "pid": os.getpid(),
        "boots": camera.boots,
        "clock_offset_s": camera.memory["clock.offset_s"],
        "frozen": not camera.thawed.is_set(),
        "locked_until": until if until > time.time() else None,
        "cpu_s": time.process_time(),
        "sessions": [{"stream": s.stream, "transport": s.transport, "peer": s.peer, "packets": s.packets} for s in camera.sessions],
    }


ORDERS: dict[str, Callable[[Camera, Order], Awaitable[Any]]] = {
    "get": _get,
    "settings": _settings,
    "set": _set,
    "reboot": _reboot,
    "factory_reset": _factory_reset,
    "rest": _rest,
    "freeze": _freeze,
    "writes": _writes,
    "logins": _logins,
    "unlock": _unlock,
    "forget": _forget,
    "status": _status,
}


async def open_socket(device: Any, orders: dict[str, Any] = ORDERS) -> asyncio.Server:
    """Listen for orders, at a socket that only its owner may use; one left by a killed camera is replaced."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await execute(device, orders, line)).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    path = device.config.control_socket
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(talk, path)
    path.chmod(0o600)
    return server


async def execute(device: Any, orders: dict[str, Any], line: bytes) -> dict[str, Any]:
    try:
        order = json.loads(line)
        return {"ok": True, "value": await orders[order["op"]](device, order)}
    except (ValueError, KeyError, TypeError) as problem:
        return {"ok": False, "error": f"{type(problem).__name__}: {problem}"}
