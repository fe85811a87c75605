"""Command line of the service: folders, settings, log; then `service`."""

import argparse
import asyncio
import fcntl
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from edge_agent.contract.strict import ContractError
from edge_agent.recorder import settings


def main(argv: Sequence[str] | None = None) -> int:
    """systemd gives $STATE_DIRECTORY, $RUNTIME_DIRECTORY and $CREDENTIALS_DIRECTORY; by hand the options do.

    2: the settings have a fault, or a recorder runs already."""
    parser = argparse.ArgumentParser(prog="edge-agent recorder", description="Record every camera's main stream.")
    parser.add_argument("--config", type=Path, default=settings.DEFAULT)
    parser.add_argument("--state", type=Path, default=Path(os.environ.get("STATE_DIRECTORY", settings.STATE)))
    parser.add_argument("--run", type=Path, default=Path(os.environ.get("RUNTIME_DIRECTORY", settings.RUN)))
    parser.add_argument("--check", action="store_true", help="say whether the configuration is good, and stop")
    options = parser.parse_args(argv)
    logging.basicConfig(level=os.environ.get("KETNOI_LOG", "INFO"), format="%(name)s: %(message)s", stream=sys.stderr)
    try:
        wanted = settings.parse(options.config.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ContractError) as error:
        print(f"{options.config}: {error}", file=sys.stderr)
        return 2
    if options.check:
        return 0
    from edge_agent.recorder.service import Service

    with (options.run / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"{options.run}: a recorder is running there already", file=sys.stderr)
            return 2

        async def run() -> None:
            await Service(wanted, options.config, options.state, options.run).main()

        asyncio.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
