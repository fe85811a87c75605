"""``python -m lab.camera --config camera.json``: plays one camera until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from lab.camera import config, control
from lab.camera.camera import Camera


async def play(path: Path) -> None:
    camera = Camera(config.load(path))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await camera.start()
    server = await control.open_socket(camera)
    print("ready", flush=True)
    await stop.wait()
    server.close()
    camera.config.control_socket.unlink(missing_ok=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="lab.camera", description="A simulated network camera: ONVIF and RTSP.")
    parser.add_argument("--config", type=Path, required=True, help="JSON file; lab/camera/__init__.py describes it")
    try:
        asyncio.run(play(parser.parse_args().config))
    except (OSError, ValueError, KeyError) as problem:
        print(f"lab.camera: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
