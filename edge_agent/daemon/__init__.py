"""The agent that holds a facility's connection to the hub: `edge-agent daemon`, under systemd (units/ketnoi-agent.service)."""

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the daemon until SIGTERM. 0: stopped; 2: the configuration is refused (the message says which field)."""
    from edge_agent.daemon.start import main as start

    return start(argv)
