"""`edge-agent`: what a box can do. Heavy parts are imported only by the command that needs them: the daemon never loads
the SOAP code, the SOAP code never the daemon."""

import argparse
import sys
from collections.abc import Sequence

DAEMON = {"daemon", "status", "events"}
"""Commands that the daemon's package parses and runs itself."""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 done with failures, 2 usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in DAEMON:
        return _daemon(arguments)
    options = parser(arguments[0] if arguments else "").parse_args(arguments)
    try:
        return int(options.run(options))
    except PermissionError as error:
        print(f"edge-agent: {error.filename}: {error.strerror}; run it as root (sudo)", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1


def parser(command: str = "") -> argparse.ArgumentParser:
    """The whole command line; only the named command's module is loaded, all of them for help."""
    top = argparse.ArgumentParser(prog="edge-agent", description="The box of a facility: its devices, its changes, its agent.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    if command != "guard":
        from edge_agent.devices import commands as devices

        devices.add(commands)
    if command not in ("device", "devices"):
        from edge_agent.guard import commands as guard

        guard.add(commands)
    for name in sorted(DAEMON):
        commands.add_parser(name, help="of the agent", add_help=False)
    return top


def _daemon(arguments: list[str]) -> int:
    from edge_agent.daemon import main as run  # type: ignore[attr-defined,unused-ignore]

    return int(run(arguments) or 0)


if __name__ == "__main__":
    sys.exit(main())
