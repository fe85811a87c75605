"""``python -m lab.switch --config switch.json``: plays one switch until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import logging
import signal
import socket
import sys
from pathlib import Path

from lab.switch import config, control
from lab.switch.server import Switch


def main() -> int:
    parser = argparse.ArgumentParser(prog="lab.switch", description="A simulated managed switch: RouterOS, Cisco IOS, Linux.")
    parser.add_argument("--config", type=Path, required=True, help="JSON file; lab/switch/__init__.py describes it")
    logging.getLogger("paramiko").addHandler(logging.NullHandler())
    logging.getLogger("paramiko").propagate = False
    # Whichever thread takes the signal writes here: Python's own handler waits for the main thread, which may sleep on.
    stop, told = socket.socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.fileno())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: None)
    try:
        switch = Switch(config.load(parser.parse_args().config))
        orders = control.open_socket(switch)
    except (OSError, ValueError, KeyError, TypeError) as problem:
        print(f"lab.switch: {problem}", file=sys.stderr)
        return 1
    print("ready", flush=True)
    stop.recv(1)
    orders.shutdown()
    switch.stop()
    switch.config.control_socket.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
