"""What a simulated device needs to be a program: tasks of its own, orders on its control socket, an end by SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lab.camera import control

SETTLE_S = 0.1  # between the answer to a write and what it does to the sockets


class Playing:
    """Keeps what runs beside the answers; all of a device runs in one event loop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._begun: set[asyncio.Task[Any]] = set()

    def soon(self, action: Callable[[], Awaitable[Any]]) -> None:
        """Do something once the answer that is being written has gone out."""

        async def later() -> None:
            await asyncio.sleep(SETTLE_S)
            await action()

        task = self.spawn(later())
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)

    async def rest(self) -> None:
        """Until what earlier answers have begun is done."""
        while self._begun:
            await asyncio.wait(set(self._begun))

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """Before the program ends."""


def main(program: str, description: str, make: Callable[[Path], Any], orders: Any = control.ORDERS) -> int:
    """`--config FILE`: play the device that `make` gives until it is told to stop; 1 where it can't be played."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    here = program.replace(".", "/")
    parser.add_argument("--config", type=Path, required=True, help=f"JSON file; {here}/__init__.py describes it")
    try:
        asyncio.run(_play(make, parser.parse_args().config, orders))
    except (OSError, ValueError, KeyError) as problem:
        print(f"{program}: {problem}", file=sys.stderr)
        return 1
    return 0


async def _play(make: Callable[[Path], Any], path: Path, orders: Any) -> None:
    device = make(path)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await device.start()
    server = await control.open_socket(device, orders)
    print("ready", flush=True)
    await stop.wait()
    await device.stop()
    server.close()
    device.config.control_socket.unlink(missing_ok=True)
