"""systemd's notify protocol and the watchdog that is fed only by real progress."""

import logging
import os
import socket
import time

log = logging.getLogger(__name__)
#: All of these must have moved lately; being offline is movement, a hang is not.
PARTS = ("outbox", "probes", "link")
PATIENCE_S = 45.0


def notify(message: str) -> bool:
    """Send e.g. "READY=1" to the service manager; False when there is none."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        try:
            sock.sendto(message.encode(), address)
        except OSError as error:
            log.error("systemd's notify socket: %s", error)
            return False
    return True


class Watchdog:
    """Each part calls `moved`; `feed` feeds systemd only if every part did so within PATIENCE_S."""

    def __init__(self, patience_s: float = PATIENCE_S, parts: tuple[str, ...] = PARTS) -> None:
        self._patience_s = patience_s
        now = time.monotonic()
        self._moved = dict.fromkeys(parts, now)

    def moved(self, part: str) -> None:
        self._moved[part] = time.monotonic()

    def stuck(self) -> list[str]:
        limit = time.monotonic() - self._patience_s
        return [part for part, at in self._moved.items() if at < limit]

    def feed(self) -> bool:
        stuck = self.stuck()
        if stuck:
            log.critical("no progress for %.0f s in: %s; the watchdog is not fed", self._patience_s, ", ".join(stuck))
            return False
        notify("WATCHDOG=1")
        return True
