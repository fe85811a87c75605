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
from typing import NotRequired, TypedDict

from province.measure.devices.errors import AuthRejected
from province.measure.evidence import FactoryLogin, Failed, Settings, failed
from province.measure.request import Account, SettingsTask

LIMIT, WINDOW_S = 2, 30 * 60.0


class Record(TypedDict):
    """Of one device, seconds since 1970."""

    failed: list[float]
    factory_refused: NotRequired[float]


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

    def until(self, key: str) -> str:
        """When the next login may be tried, as ISO time."""
        with self._record(key) as record:
            return _iso(min(record["failed"], default=self._now() - WINDOW_S) + WINDOW_S)

    def locked(self, key: str, seconds: float | None = None) -> Failed:
        """Enough failed, or the device says that it is locked (for `seconds`, else for the longest window known)."""
        until = self.until(key) if seconds is None and self.left(key) < 1 else _iso(self._now() + (seconds or WINDOW_S))
        return {**failed("locked"), "until": until}

    def refused(self, key: str, error: AuthRejected) -> Failed:
        """Count a refused login, and say which kind it was."""
        self.failed(key)
        return self.locked(key, error.seconds) if error.locked else failed(error.reason)

    def try_factory(
        self, task: SettingsTask, settings: Settings | Failed, attempt: Callable[[Account], None]
    ) -> FactoryLogin | Failed:
        """One login with the maker's password by `attempt`, which raises AuthRejected; none where it was
        refused within the task's `fresh_s` and the device still knows its own passwords."""
        factory, key = task.get("factory", []), task["key"]
        if not factory:
            return failed("no_factory_password")
        if not settings["ok"] and settings["reason"] == "login_refused":
            self.forget_factory(key)
        at = self.factory_evidence(key, task.get("fresh_s", 0))
        if at is not None:
            return {"ok": True, "accepted": False, "at": at}
        if self.left(key) < 1:
            return self.locked(key)
        try:
            attempt(factory[0])
        except AuthRejected as error:
            self.failed(key)
            if error.locked:
                return self.locked(key, error.seconds)
            return {"ok": True, "accepted": False, "at": self.factory_refused(key)}
        self.forget_factory(key)
        return {"ok": True, "accepted": True}

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
    def _record(self, key: str) -> Iterator[Record]:
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
