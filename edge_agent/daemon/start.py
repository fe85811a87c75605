"""Command line of the daemon: folders, configuration, log; then `app`."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from edge_agent.contract.strict import ContractError
from edge_agent.daemon import config
from edge_agent.system.watched import credentials_folder, read_logins

DEFAULT_CONFIG = Path("/etc/ketnoi/agent.json")


def main(argv: Sequence[str] | None = None) -> int:
    """systemd gives $STATE_DIRECTORY, $RUNTIME_DIRECTORY and $CREDENTIALS_DIRECTORY; by hand the options do."""
    parser = argparse.ArgumentParser(prog="edge-agent daemon", description="Hold the connection to the hub and watch the cameras.")
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG)
    parser.add_argument("--state", type=Path, default=Path(os.environ.get("STATE_DIRECTORY", "/var/lib/ketnoi-agent")))
    parser.add_argument("--run", type=Path, default=Path(os.environ.get("RUNTIME_DIRECTORY", "/run/ketnoi-agent")))
    parser.add_argument("--check", action="store_true", help="say whether the configuration is good, and stop")
    options = parser.parse_args(argv)
    logging.basicConfig(level=os.environ.get("KETNOI_LOG", "INFO"), format="%(name)s: %(message)s", stream=sys.stderr)
    credentials = credentials_folder()

    def read_settings() -> config.AgentConfig:
        return config.parse(options.config.read_text(encoding="utf-8"), credentials)

    try:
        read_settings()
        logins = read_logins(credentials)
    except (OSError, UnicodeDecodeError, ContractError) as error:
        print(f"{options.config}: {error}", file=sys.stderr)
        return 2
    if options.check:
        return 0
    from edge_agent.daemon.app import Daemon

    async def run() -> None:
        await Daemon(read_settings, logins, options.state, options.run).main()

    asyncio.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
