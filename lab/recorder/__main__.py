"""``python -m lab.recorder --config recorder.json``: plays one recorder until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from lab.camera import control
from lab.recorder import config, orders
from lab.recorder.recorder import Recorder


async def play(path: Path) -> None:
    recorder = Recorder(config.load(path))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await recorder.start()
    server = await control.open_socket(recorder, orders.ORDERS)
    print("ready", flush=True)
    await stop.wait()
    await recorder.stop()
    server.close()
    recorder.config.control_socket.unlink(missing_ok=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="lab.recorder", description="A simulated network video recorder.")
    parser.add_argument("--config", type=Path, required=True, help="JSON file; lab/recorder/__init__.py describes it")
    try:
        asyncio.run(play(parser.parse_args().config))
    except (OSError, ValueError, KeyError) as problem:
        print(f"lab.recorder: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
