"""Logins that switches refused, counted in the office over all commands, since all logins to switches come from here.

At most two for a switch within half an hour: IOS's `login block-for` and its kin lock after three.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from province.files import write
from province.office.home import Home
from province.switches import faults
from province.switches.faults import SwitchFailure, shown_time

WINDOW = timedelta(minutes=30)
LIMIT = 2


class Attempts:
    """Those of one switch. Kept in KETNOI_HOME/PROVINCE/switch-logins.json: {"CODE/SLOT": [ISO times of what was tried]}."""

    def __init__(self, inventory: Path, code: str, slot: int) -> None:
        self._home, self._key = Home.of(inventory), f"{code}/{slot}"
        self._file = self._home.root / "switch-logins.json"

    def begin(self) -> None:
        """Reserve an attempt before a password leaves: one cut short counts. Raises SwitchFailure (locked out)."""
        with self._home.lock("switch-logins"):
            known, now = self._read(), datetime.now(UTC)
            recent = [at for at in known.get(self._key, []) if datetime.fromisoformat(at) > now - WINDOW]
            if len(recent) >= LIMIT:
                until = datetime.fromisoformat(recent[-LIMIT]) + WINDOW
                raise SwitchFailure(faults.LOCKED_OUT, until=shown_time(until))
            self._write({**known, self._key: [*recent, now.isoformat()]})

    def good(self) -> None:
        """The last login was taken: the switch starts to count anew, and so do we."""
        with self._home.lock("switch-logins"):
            known = self._read()
            if known.pop(self._key, None):
                self._write(known)

    def unused(self) -> None:
        """Give back the attempt reserved last: no password left."""
        with self._home.lock("switch-logins"):
            known = self._read()
            known[self._key] = known.get(self._key, [])[:-1]
            self._write(known)

    def _read(self) -> dict[str, list[str]]:
        try:
            return dict(json.loads(self._file.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            return {}

    def _write(self, known: dict[str, list[str]]) -> None:
        write(self._file, json.dumps({key: tried for key, tried in known.items() if tried}, indent=1) + "\n")
