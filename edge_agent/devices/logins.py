"""Failed logins, counted on the box for each device across all commands, so that nobody locks a device out.

A place is reserved on disk *before* a password is sent, and given back when the device takes it: a command that is
killed in between leaves its place counted. At most LIMIT in a device's lock-out window (5 to 30 minutes on real ones:
evercam-server#91, agsh/onvif#501); after that nothing is sent at all.

The count is in STATE/logins.json, a `_Count`. How long ago something was goes by seconds since boot, never by a clock that somebody may
set. What was before this boot was at least as long ago as the box is up, and no more is known.
"""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NotRequired, TypedDict

from edge_agent.contract import typed
from edge_agent.devices.faults import LockedOut
from edge_agent.system import clock, durable

LIMIT = 2
WINDOW_S = 30 * 60.0
LONGEST_LOCK_S = 24 * 3600.0
EVIDENCE_S = 24 * 3600.0
"""How long a refused factory password is evidence that it was changed."""


class _Moment(TypedDict):
    """at: seconds since 1970; up: seconds since boot. 0.1 knew only `at`."""

    at: float
    up: NotRequired[float]
    boot: NotRequired[str]


class _Failure(_Moment):
    id: str
    user: str
    what: Literal["refused", "unknown"]


class _Lock(_Moment):
    seconds: float


class _Rotation(TypedDict):
    """The previous password was taken in this rotation; whether the desired one was sent since."""

    id: str | None
    sent: bool


class _Record(TypedDict, total=False):
    """Of one device. factory_refused: when, by user. factory_last: the factory's account was the last that worked, so it is tried first;
    else looking twice at a new device would already spend its two failures."""

    failures: list[_Failure]
    locked: _Lock | None
    lockout_s: float | None
    factory_refused: dict[str, float]
    factory_last: bool | None
    rotation: _Rotation | None
    locked_until: float | None
    locked_s: float
    """The last two as 0.1 wrote them."""


class _Count(TypedDict):
    """Records by "address:port". lost: when a file was found that can't be read; then nothing is sent to any device for a window, as if
    each had its failures."""

    devices: dict[str, _Record]
    schema: NotRequired[int]
    lost: NotRequired[_Moment]


@dataclass(frozen=True)
class Instant:
    """A moment by the box: `at` by its clock, `up` seconds since it booted."""

    at: float
    up: float
    boot: str

    @classmethod
    def now(cls) -> "Instant":
        return cls(time.time(), clock.mono(), clock.boot_id())

    def since(self, then: _Moment) -> float:
        """How many seconds ago `then` surely was."""
        if "boot" not in then or "up" not in then:  # written by 0.1
            return min(self.up, max(0.0, self.at - then["at"]))
        return max(0.0, self.up - then["up"]) if then["boot"] == self.boot else self.up

    def as_dict(self) -> _Moment:
        return {"at": self.at, "up": self.up, "boot": self.boot}


class Attempt:
    """One reserved login. Say `succeeded`, `refused` or `unsent`; saying nothing leaves it counted."""

    def __init__(self, logins: "Logins", device: str, number: str) -> None:
        self._logins, self._device, self._number = logins, device, number

    def succeeded(self) -> None:
        self._logins._close(self._device, self._number, keep=False)

    unsent = succeeded

    def refused(self) -> None:
        self._logins._close(self._device, self._number, keep=True)


class Logins:
    """The count in one state folder; safe for many processes and threads."""

    def __init__(self, state: Path, window_s: float = WINDOW_S, now: Callable[[], Instant] = Instant.now) -> None:
        self._path, self._lock = state / "logins.json", state / "logins.lock"
        self._window, self._now = window_s, now
        durable.make_folder(state)

    @property
    def folder(self) -> Path:
        """Where the box keeps what it knows of its devices."""
        return self._path.parent

    def attempt(self, device: str, user: str) -> Attempt:
        """Reserve a login to `device` ("address:port"). Raises LockedOut when none is left."""
        with durable.locked(self._lock):
            document, record = self._load(device)
            wait = self._wait(document, record)
            if wait:
                raise LockedOut(until=self._in(wait))
            number = secrets.token_hex(8)
            record["failures"].append({"id": number, **self._now().as_dict(), "user": user, "what": "unknown"})
            durable.write_json(self._path, document)
        return Attempt(self, device, number)

    def left(self, device: str) -> int:
        """How many logins may still fail now."""
        with durable.locked(self._lock):
            document, record = self._load(device)
            return 0 if self._wait(document, record) else LIMIT - len(record["failures"])

    def until(self, device: str) -> datetime | None:
        """When the next login is allowed; None when it is allowed now."""
        with durable.locked(self._lock):
            wait = self._wait(*self._load(device))
        return self._in(wait) if wait else None

    def device_locked(self, device: str, seconds: float | None = None) -> datetime:
        """The device itself says that it is locked: leave it alone for as long as it says, or said while it let us in, else for a
        whole window."""
        with durable.locked(self._lock):
            document, record = self._load(device)
            seconds = min(seconds, LONGEST_LOCK_S) if seconds and seconds > 0 else record["lockout_s"] or self._window
            record["locked"] = {**self._now().as_dict(), "seconds": seconds}
            durable.write_json(self._path, document)
        return self._in(seconds)

    def lock_lasts(self, device: str, seconds: float) -> None:
        """The device told how long it locks, for the day when it doesn't."""
        with durable.locked(self._lock):
            document, record = self._load(device)
            self._note(document, record, {"lockout_s": min(seconds, LONGEST_LOCK_S)})

    def factory_refused(self, device: str, user: str) -> None:
        """Remember that the factory password of `user` was refused just now."""
        with durable.locked(self._lock):
            document, record = self._load(device)
            record["factory_refused"][user] = self._now().at
            durable.write_json(self._path, document)

    def factory_evidence(self, device: str, user: str) -> datetime | None:
        """When the factory password was last refused, if that is still evidence."""
        with durable.locked(self._lock):
            _, record = self._load(device)
        at = record["factory_refused"].get(user)
        return datetime.fromtimestamp(at, UTC) if at is not None else None

    def factory_last(self, device: str) -> bool | None:
        """Whether the factory's account was the last that worked; None for a device that this box never got into."""
        with durable.locked(self._lock):
            return self._load(device)[1]["factory_last"]

    def works(self, device: str, *, factory: bool) -> None:
        """The factory's account was taken, which makes earlier evidence void; or the desired one is now, or is being set."""
        with durable.locked(self._lock):
            document, record = self._load(device)
            changes: _Record = {"factory_last": factory}
            if factory:
                changes["factory_refused"] = {}
            elif record["rotation"]:
                changes["rotation"] = {**record["rotation"], "sent": True}
            self._note(document, record, changes)

    def previous_works(self, device: str, rotation: str | None) -> None:
        """In this rotation the device still takes the previous password."""
        with durable.locked(self._lock):
            document, record = self._load(device)
            self._note(document, record, {"factory_last": False, "rotation": {"id": rotation, "sent": False}})

    def desired_sent(self, device: str, rotation: str | None) -> bool:
        """Whether the desired password was sent to the device in this rotation, so that it may have it."""
        with durable.locked(self._lock):
            found = self._load(device)[1]["rotation"]
        return bool(found and found["id"] == rotation and found["sent"])

    def _note(self, document: _Count, record: _Record, changes: _Record) -> None:
        if any(record.get(k) != v for k, v in changes.items()):
            record.update(changes)
            durable.write_json(self._path, document)

    def _close(self, device: str, number: str, *, keep: bool) -> None:
        with durable.locked(self._lock):
            document, record = self._load(device)
            for failure in record["failures"]:
                if failure["id"] == number:
                    failure["what"] = "refused"
            if not keep:
                record["failures"] = [f for f in record["failures"] if f["id"] != number]
            # A place given back may be lost in a power cut: then it stays counted.
            durable.write_json(self._path, document, at_once=keep)

    def _load(self, device: str) -> tuple[_Count, _Record]:
        """(all, this device's record) without what is over, which is forgotten for good: a start would make it count again."""
        now = self._now()
        document = self._read(now)
        record = document["devices"].setdefault(device, {})
        if "locked_until" in record:  # written by 0.1
            until, seconds = record.pop("locked_until"), record.pop("locked_s", None) or self._window
            record["locked"] = {"at": until - seconds, "seconds": seconds} if until else None
        before = (record.get("failures", []), record.get("locked"), document.get("lost"))
        record["failures"] = [failure for failure in before[0] if now.since(failure) < self._window]
        record["locked"] = before[1] if before[1] and now.since(before[1]) < before[1]["seconds"] else None
        if before[2] and now.since(before[2]) >= WINDOW_S:
            del document["lost"]
        refused = {u: min(at, now.at) for u, at in record.get("factory_refused", {}).items()}
        record["factory_refused"] = {u: at for u, at in refused.items() if now.at - at < EVIDENCE_S}
        record.setdefault("factory_last", None)
        record.setdefault("lockout_s", None)
        record.setdefault("rotation", None)
        if before != (record["failures"], record["locked"], document.get("lost")):
            durable.write_json(self._path, document, at_once=False)
        return document, record

    def _read(self, now: Instant) -> _Count:
        """The file; one that can't be read is replaced by one that says so."""
        try:
            return typed.read(_Count, self._path.name, json.loads(self._path.read_bytes()))
        except FileNotFoundError:
            return {"schema": 1, "devices": {}}
        except ValueError:
            anew: _Count = {"schema": 1, "devices": {}, "lost": now.as_dict()}
            durable.write_json(self._path, anew)
            return anew

    def _wait(self, document: _Count, record: _Record) -> float:
        """Seconds until the next login is allowed; 0 when it is."""
        now = self._now()
        waits = [record["locked"]["seconds"] - now.since(record["locked"])] if record["locked"] else []
        if len(record["failures"]) >= LIMIT:
            waits.append(self._window - sorted(map(now.since, record["failures"]))[LIMIT - 1])
        if "lost" in document:
            waits.append(WINDOW_S - now.since(document["lost"]))
        return max(0.0, *waits) if waits else 0.0

    def _in(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(self._now().at + seconds, UTC)
