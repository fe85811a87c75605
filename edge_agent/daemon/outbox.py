"""The outbox: events that the hub has not yet said that it has.

SQLite, WAL, synchronous=FULL: an `append` that returned survives a power cut. Rows go only by `acknowledge`. One file is one
epoch; a new, lost or damaged file, or one of another site, begins a new epoch, and the first row of it says why.
"""

import contextlib
import json
import logging
import sqlite3
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from edge_agent.contract import typed
from edge_agent.contract.events import Body, Epoch, EventClass, Gap
from edge_agent.contract.messages import Event
from edge_agent.system import clock, damage, durable
from edge_agent.system.former import rename_table

log = logging.getLogger(__name__)

#: First to go when the outbox is full; every other class tells of an outage and stays.
DROPPABLE = ("sample",)
BUSY_S = 1.0
"""So long another's lock is waited for before it is told and tried again: the event loop stands still meanwhile."""
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, wall TEXT NOT NULL, mono REAL NOT NULL, boot TEXT NOT NULL,
  clock_synced INTEGER, cls TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE statuses (subject TEXT PRIMARY KEY, status TEXT NOT NULL, since TEXT NOT NULL, reason TEXT) WITHOUT ROWID;
"""


class OutboxUnavailable(Exception):
    """It can't be written or read just now (a full disk, a lock, a failed read). The caller keeps what it has and tries again."""


class OutboxFull(OutboxUnavailable):
    """The row could not be stored: the bound is reached."""


@dataclass(frozen=True)
class Remembered:
    """The last word said about a subject ("camera/3"), as the events of this epoch tell it."""

    status: str
    since: str
    reason: str | None


@dataclass(frozen=True)
class HeldBack:
    """So many events could not be stored and are gone, the first of them at `since`."""

    events: int
    since: str


class Outbox:
    """Open by `Outbox.open`. Not for several threads; every method may raise sqlite3.Error: `damage.is_damage` says what it means."""

    def __init__(self, path: Path, db: sqlite3.Connection, epoch: str, max_bytes: int) -> None:
        self.path, self.epoch, self.max_bytes = path, epoch, max_bytes
        self._db = db
        self._inode = path.stat().st_ino

    @classmethod
    def open(cls, folder: Path, site: str, max_bytes: int = 64 * 1024 * 1024) -> "Outbox":
        """The outbox in `folder`, made anew where there is none or it is damaged; then its first row declares what may be missing.

        OutboxUnavailable: it can't be opened or made just now; what is there stays as it is.
        """
        path, marker = folder / "outbox.db", folder / "epoch"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            former = _read_marker(marker)
            cause = "lost" if former else "new"
            if path.exists():
                try:
                    db, meta = _opened(path)
                except sqlite3.DatabaseError as error:
                    if not damage.is_damage(error):
                        raise
                    log.error("outbox %s is damaged (%s): it is set aside as %s.bad, a new epoch begins", path, error, path.name)
                    cause = "damaged"
                else:
                    if meta["site"] == site:
                        _note(marker, former, meta["epoch"])
                        return cls(path, db, meta["epoch"], max_bytes)
                    db.close()
                    cause = "site_changed"
            epoch = _make(path, site, cause, former)
            _note(marker, former, epoch)
            return cls(path, _connect(path), epoch, max_bytes)
        except (OSError, sqlite3.Error) as error:
            raise OutboxUnavailable(f"{path}: {error}") from error

    def append(
        self,
        cls: EventClass,
        body: Body,
        synced: bool | None,
        word: tuple[str, Remembered] | None = None,
        missing: HeldBack | None = None,
    ) -> int:
        """Store one event (and the word that it says about a subject) durably; its seq. `missing`: told by a gap before it. OutboxFull."""
        text = json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace").decode()
        row = (clock.wall(), clock.mono(), clock.boot_id(), synced, cls, text)
        if self.size_bytes() >= self.max_bytes and not self._make_room():
            raise OutboxFull(f"{self.path} has reached its bound of {self.max_bytes} bytes")
        with _transaction(self._db):
            if missing:
                gap: Gap = {"cause": "not_stored", "events": missing.events, "known_until": missing.since, "known_from": row[0],
                            "from_seq": None, "to_seq": None}  # fmt: skip
                _insert(self._db, (row[0], row[1], row[2], synced, "gap", json.dumps(gap)))
            seq = _insert(self._db, row)
            if word is not None:
                self._db.execute("INSERT OR REPLACE INTO statuses VALUES (?, ?, ?, ?)",
                                 (word[0], word[1].status, word[1].since, word[1].reason))  # fmt: skip
        return seq

    def head(self, rows: int, max_bytes: int) -> list[Event]:
        """The oldest rows, at most `rows` of them and about `max_bytes` of text, always at least one if there is any."""
        found: list[Event] = []
        room = max_bytes
        query = "SELECT seq, wall, mono, boot, clock_synced, cls, body FROM events ORDER BY seq LIMIT ?"
        for seq, wall, mono, boot, synced, cls, body in self._db.execute(query, (rows,)):
            room -= len(body) + 200
            if found and room < 0:
                break
            found.append(Event(seq, wall, mono, boot, None if synced is None else bool(synced), cls, json.loads(body)))
        return found

    def acknowledge(self, epoch: str, upto: int) -> int:
        """Delete what the collector has committed; how many rows went. An acknowledgement of another epoch deletes nothing."""
        if epoch != self.epoch:
            return 0
        with _transaction(self._db):
            return self._db.execute("DELETE FROM events WHERE seq <= ?", (upto,)).rowcount

    def begin_epoch(self, cause: str) -> None:
        """In one transaction: a new epoch in this file, and the rows that it holds go on in it, numbered from its beginning."""
        former, epoch = self.epoch, uuid.uuid4().hex
        rows = list(self._db.execute("SELECT wall, mono, boot, clock_synced, cls, body FROM events ORDER BY seq"))
        wall, mono, boot, synced = rows[0][:4] if rows else (clock.wall(), clock.mono(), clock.boot_id(), None)
        body: Gap = {"cause": cause, "previous_epoch": former, "previous_epoch_from": None, "from_seq": None, "to_seq": None}
        with _transaction(self._db):
            self._db.execute("DELETE FROM events")
            self._db.execute("DELETE FROM sqlite_sequence WHERE name = 'events'")
            self._db.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (epoch,))
            for row in [(wall, mono, boot, synced, cls, json.dumps(body)) for cls in ("epoch", "gap")] + rows:
                _insert(self._db, row)
        self.epoch = epoch
        _note(self.path.parent / "epoch", None, epoch)

    def statuses(self) -> dict[str, Remembered]:
        return {row[0]: Remembered(*row[1:]) for row in self._db.execute("SELECT * FROM statuses")}

    def pending(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM events").fetchone()[0])

    def oldest(self) -> float | None:
        """Seconds since the oldest row was written; None without rows. A row of an earlier boot counts since this boot began."""
        row = self._db.execute("SELECT mono, boot FROM events ORDER BY seq LIMIT 1").fetchone()
        if row is None:
            return None
        return round(clock.mono() - (row[0] if row[1] == clock.boot_id() else 0.0), 1)

    def last_seq(self) -> int:
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return int(row[0]) if row else 0

    def size_bytes(self) -> int:
        """Bytes in use by rows; pages freed by acknowledgements are not counted, they are used again."""
        pages, free, size = (self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in _SIZES)
        return int((pages - free) * size)

    def intact(self) -> bool:
        """Whether the file is still the one that was opened, and answers."""
        try:
            self._db.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
            return self.path.stat().st_ino == self._inode
        except (OSError, sqlite3.DatabaseError):
            return False

    def close(self) -> None:
        with contextlib.suppress(sqlite3.DatabaseError):
            self._db.close()

    def _make_room(self) -> bool:
        """Replace the oldest half of the droppable rows by one gap in the place of the first; False if there are none."""
        marks = ",".join("?" * len(DROPPABLE))
        query = f"SELECT seq FROM events WHERE cls IN ({marks}) ORDER BY seq"  # noqa: S608 - only question marks
        seqs = [row[0] for row in self._db.execute(query, DROPPABLE)]
        gone = seqs[: max(2, len(seqs) // 2)]
        if len(gone) < 2:
            return False
        body: Gap = {"cause": "full", "from_seq": gone[0], "to_seq": gone[-1], "events": len(gone), "classes": list(DROPPABLE)}
        with _transaction(self._db):
            self._db.executemany("DELETE FROM events WHERE seq = ?", [(seq,) for seq in gone[1:]])
            self._db.execute("UPDATE events SET cls = 'gap', body = ? WHERE seq = ?", (json.dumps(body), gone[0]))
        return True


_SIZES = ("page_count", "freelist_count", "page_size")


def _opened(path: Path) -> tuple[sqlite3.Connection, dict[str, str]]:
    """The outbox at `path`, looked through, and what it says of itself."""
    db = _connect(path)
    try:
        rename_table(db, "words", "statuses")
        damage.check(db, "meta", "events", "statuses")
        meta = dict(db.execute("SELECT key, value FROM meta"))
        if not meta.keys() >= {"epoch", "site"}:
            raise damage.FileDamaged("it does not say whose it is")
    except BaseException:
        db.close()
        raise
    return db, meta


class _Marker(TypedDict):
    """Beside the outbox: its epoch, and since when. None in both: it can't be read."""

    epoch: str | None
    at: str | None


def _make(path: Path, site: str, cause: str, former: _Marker | None) -> str:
    """A new epoch in the place of what lies at `path`, which is set aside: whole, with the rows that declare it, or not at all."""
    fresh, epoch = path.with_name("outbox.new"), uuid.uuid4().hex
    for suffix in ("", "-wal", "-shm"):
        Path(f"{fresh}{suffix}").unlink(missing_ok=True)
    body: Epoch = {"cause": cause, "previous_epoch": former["epoch"] if former else None,
                   "previous_epoch_from": former["at"] if former else None}  # fmt: skip
    db = _connect(fresh)
    try:
        with _transaction(db):
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
            db.executemany("INSERT INTO meta VALUES (?, ?)", [("epoch", epoch), ("site", site)])
            now = (clock.wall(), clock.mono(), clock.boot_id(), None)
            _insert(db, (*now, "epoch", json.dumps(body)))
            if cause in ("damaged", "lost"):
                _insert(db, (*now, "gap", json.dumps({**body, "from_seq": None, "to_seq": None})))
        if any(db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()):
            raise OutboxUnavailable(f"{fresh}: the new outbox can't be written out")
    finally:
        db.close()
    damage.set_aside(path)
    fresh.replace(path)
    durable.sync_folder(path.parent)
    return epoch


def _insert(db: sqlite3.Connection, row: tuple[Any, ...]) -> int:
    query = "INSERT INTO events (wall, mono, boot, clock_synced, cls, body) VALUES (?, ?, ?, ?, ?, ?)"
    return int(db.execute(query, row).lastrowid or 0)


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA cache_size=-512")
    return db


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def _note(marker: Path, former: _Marker | None, epoch: str) -> None:
    """The marker follows the outbox: where it can't be written now, the next opening does it."""
    if former is not None and former["epoch"] == epoch:
        return
    try:
        durable.write_json(marker, {"epoch": epoch, "at": clock.wall()})
    except OSError as error:
        log.error("outbox: %s: %s", marker, error.strerror)


def _read_marker(marker: Path) -> _Marker | None:
    """What the marker beside the file says of the former epoch; it tells a lost file from a first start (None)."""
    try:
        return typed.read(_Marker, marker.name, json.loads(marker.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {"epoch": None, "at": None}
