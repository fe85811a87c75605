"""Which logins cameras refused lately, kept on the disk: a service that starts again and again must not try each one anew.

    STATE/refused.json  {"1": {"what": sha256 of account and stream, "up": seconds since boot, "boot"}}

Counted by the time since boot, which nobody can set; what was before this boot counts until the box was up for REFUSED_S. A file that
can't be read is an empty one: a login more at each camera is better than a province of cameras that are told as down.
"""

import hashlib
import logging
from pathlib import Path
from typing import Any

from edge_agent.system import clock, durable

log = logging.getLogger(__name__)
REFUSED_S = 1800.0


class Refusals:
    """The refusals in one file, of one service. `what` was refused: account and stream, whatever makes another try worth it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        found = durable.read_json(path, {})
        self._known: dict[str, dict[str, Any]] = found if isinstance(found, dict) else {}

    def holds(self, slot: int, *what: str) -> bool:
        """Whether this camera refused that less than REFUSED_S ago."""
        known = self._known.get(str(slot))
        return isinstance(known, dict) and known.get("what") == _digest(what) and _age(known) < REFUSED_S

    def note(self, slot: int, *what: str) -> None:
        self._known[str(slot)] = {"what": _digest(what), "up": clock.mono(), "boot": clock.boot_id()}
        self._write()

    def forget(self, slot: int) -> None:
        """The camera took a login: what it refused before says nothing after the next start."""
        if self._known.pop(str(slot), None) is not None:
            self._write()

    def _write(self) -> None:
        try:
            durable.write_json(self._path, self._known)
        except OSError as error:
            log.error("%s: %s: a refused login would be tried again after a restart", self._path, error.strerror)


def _age(known: dict[str, Any]) -> float:
    """How many seconds ago that surely was."""
    return clock.mono() - float(known["up"]) if known.get("boot") == clock.boot_id() else clock.mono()


def _digest(what: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(what).encode()).hexdigest()
