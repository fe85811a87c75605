"""Which logins cameras refused lately, kept on the disk: a service that starts again and again must not try each one anew.

In STATE/refused.json, a `_Refusal` by the camera's slot.

Counted by the time since boot, which nobody can set; what was before this boot counts until the box was up for REFUSED_S. A file that
can't be read is an empty one: a login more at each camera is better than a province of cameras that are told as down.
"""

import hashlib
import logging
from pathlib import Path
from typing import TypedDict

from edge_agent.system import clock, durable

log = logging.getLogger(__name__)
REFUSED_S = 1800.0


class _Refusal(TypedDict):
    """what: the digest of account and stream; up: seconds since boot."""

    what: str
    up: float
    boot: str


class Refusals:
    """The refusals in one file, of one service. `what` was refused: account and stream, whatever makes another try worth it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = durable.read(dict[str, _Refusal], path) or {}

    def holds(self, slot: int, *what: str) -> bool:
        """Whether this camera refused that less than REFUSED_S ago."""
        known = self._known.get(str(slot))
        return known is not None and known["what"] == _digest(what) and _age(known) < REFUSED_S

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


def _age(known: _Refusal) -> float:
    """How many seconds ago that surely was."""
    return clock.mono() - known["up"] if known["boot"] == clock.boot_id() else clock.mono()


def _digest(what: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(what).encode()).hexdigest()
