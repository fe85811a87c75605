"""Failed logins that measuring causes, counted on the measuring machine, so that verifying never locks a camera out.

At most two in a device's lock-out window (5 to 30 minutes on real ones: evercam-server#91, agsh/onvif#501). A factory
password that was refused is good evidence for a day, or until the device no longer takes its own password (a reset).

    STATE/measured-logins.json   {key: {"failed": [seconds since 1970, ...], "factory_refused": seconds}}
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LIMIT, WINDOW_S = 2, 30 * 60.0


def state_folder() -> Path:
    """KETNOI_MEASURE_STATE, else the user's state folder."""
    own = os.environ.get("KETNOI_MEASURE_STATE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "ketnoi"


class Ledger:
    """Safe for threads and processes: every call reads, changes and writes under one lock."""

    def __init__(self, folder: Path | None = None, now: Callable[[], float] = time.time) -> None:
        self._folder = folder or state_folder()
        self._file = self._folder / "measured-logins.json"
        self._now = now

    def left(self, key: str) -> int:
        """How many logins at this device may still fail now."""
        with self._record(key) as record:
            return LIMIT - len(record["failed"])

    def failed(self, key: str) -> None:
        with self._record(key) as record:
            record["failed"].append(self._now())

    def factory_refused(self, key: str) -> str:
        """Remember it; returns when, as ISO time."""
        with self._record(key) as record:
            record["factory_refused"] = self._now()
            return _iso(record["factory_refused"])

    def factory_evidence(self, key: str, fresh_s: float) -> str | None:
        """When the factory password was last refused, if that was less than `fresh_s` ago."""
        with self._record(key) as record:
            at = record.get("factory_refused")
            return _iso(at) if at is not None and 0 <= self._now() - at < fresh_s else None

    def forget_factory(self, key: str) -> None:
        """The device was reset, or took its factory password: earlier evidence is void."""
        with self._record(key) as record:
            record.pop("factory_refused", None)

    @contextmanager
    def _record(self, key: str) -> Iterator[dict[str, Any]]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / ".measured-logins.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                document = json.loads(self._file.read_text(encoding="utf-8"))
            except (FileNotFoundError, ValueError):
                document = {}
            before = json.dumps(document, sort_keys=True)
            record = document.setdefault(key, {})
            now = self._now()
            # A clock that was set back must not make a failure last for years: what lies ahead counts as now.
            failed = (min(float(at), now) for at in record.get("failed", []))
            record["failed"] = [at for at in failed if now - at < WINDOW_S]
            yield record
            if json.dumps(document, sort_keys=True) != before:
                fresh = self._file.with_suffix(".new")
                fresh.write_text(json.dumps(document), encoding="utf-8")
                fresh.replace(self._file)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
