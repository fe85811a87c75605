"""The agent that holds a facility's connection to the hub: `edge-agent daemon`, under systemd (units/ketnoi-agent.service)."""

import importlib
from collections.abc import Sequence

_COMMANDS = {
    "daemon": "edge_agent.daemon.start",
    "status": "edge_agent.daemon.status",
    "events": "edge_agent.daemon.events",
    "observe": "edge_agent.daemon.observer",
    "doctor": "edge_agent.daemon.doctor",
    "run-command": "edge_agent.orders.execute",
}


def main(argv: Sequence[str]) -> int:
    """The command and its arguments; only the module that is needed is loaded."""
    command, *arguments = argv
    return int(importlib.import_module(_COMMANDS[command]).main(arguments))
