"""The index: which segment holds which time, which gaps are between them and why. SQLite, synchronous=FULL.

Rows are numbered in the order of recording: the wall clock may jump, that order can't. A segment being written has no row
yet, so nothing that works on rows can touch it. Times are seconds since 1970 (UTC). `gap_reasons` are the reasons why a camera is
not being recorded just now; the next segment turns them into a gap.
"""

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from edge_agent.system import damage
from edge_agent.system.former import rename_table

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS segments (
  id INTEGER PRIMARY KEY AUTOINCREMENT, slot INTEGER NOT NULL, start REAL NOT NULL, end REAL NOT NULL, bytes INTEGER NOT NULL,
  path TEXT NOT NULL UNIQUE, codec TEXT, width INTEGER NOT NULL, height INTEGER NOT NULL, boot TEXT NOT NULL, dated INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS segments_by_time ON segments (slot, start);
CREATE INDEX IF NOT EXISTS segments_by_order ON segments (slot, id);
CREATE TABLE IF NOT EXISTS gaps (
  id INTEGER PRIMARY KEY AUTOINCREMENT, slot INTEGER NOT NULL, start REAL NOT NULL, end REAL NOT NULL,
  why TEXT NOT NULL, detail TEXT, boot TEXT NOT NULL, dated INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS gaps_by_time ON gaps (slot, start);
CREATE TABLE IF NOT EXISTS gap_reasons (
  id INTEGER PRIMARY KEY AUTOINCREMENT, slot INTEGER NOT NULL, at REAL NOT NULL, why TEXT NOT NULL, detail TEXT);
CREATE TABLE IF NOT EXISTS cameras (slot INTEGER PRIMARY KEY, since REAL NOT NULL, last REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_SEGMENT = "id, slot, start, end, bytes, path, codec, width, height, boot, dated"


@dataclass(frozen=True)
class Segment:
    """One file. `path` is relative to the footage folder; `dated`: the clock was synchronised when it was recorded."""

    id: int
    slot: int
    start: float
    end: float
    bytes: int
    path: str
    codec: str | None
    width: int
    height: int
    boot: str
    dated: bool


@dataclass(frozen=True)
class Gap:
    """Time without a picture; `why` is a key of words.WHY, `detail` a key of the agent's REASON where there is one."""

    start: float
    end: float
    why: str
    detail: str | None

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class Held:
    """What is kept of one camera."""

    since: float
    last: float | None
    kept_from: float | None
    bytes: int
    segments: int


class Index:
    """Open with `open` (the recorder alone) or `read` (anybody who may). Every method may raise sqlite3.Error."""

    def __init__(self, path: Path, db: sqlite3.Connection, gap_s: float = 2.0) -> None:
        self.path, self.gap_s = path, gap_s
        self._db = db
        self._totals: dict[int, tuple[int, int]] = {}

    @classmethod
    def open(cls, path: Path, gap_s: float) -> "Index":
        """A damaged index is set aside and begun anew: recovery fills it again from the files. sqlite3.Error: not just now."""
        try:
            return cls._opened(path, gap_s)
        except sqlite3.DatabaseError as error:
            if not damage.is_damage(error):
                raise
            log.error("index %s is damaged (%s): set aside as %s.bad, made again from the footage", path, error, path.name)
            return cls.anew(path, gap_s)

    @classmethod
    def anew(cls, path: Path, gap_s: float) -> "Index":
        """In the place of a damaged one."""
        damage.set_aside(path)
        return cls._opened(path, gap_s)

    @classmethod
    def _opened(cls, path: Path, gap_s: float) -> "Index":
        db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            rename_table(db, "marks", "gap_reasons")
            db.executescript(_SCHEMA)
            made = cls(path, db, gap_s)
            made.check()
            made._count()
        except BaseException:
            db.close()
            raise
        return made

    def check(self) -> None:
        """Look the whole file through. FileDamaged."""
        damage.check(self._db, "segments", "gaps", "gap_reasons", "cameras", "meta")

    @classmethod
    def as_left(cls, path: Path) -> "Index":
        """As the last checkpoint left it, from a disk on which nothing at all can be written. sqlite3.Error."""
        return cls(path, sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True))

    @classmethod
    def read(cls, path: Path) -> "Index":
        """Beside the running recorder, or after it; nothing is written. OSError, sqlite3.Error."""
        path.stat()
        running = Path(f"{path}-wal").exists()
        db = sqlite3.connect(f"file:{path}?mode=ro{'' if running else '&immutable=1'}", uri=True, timeout=5)
        return cls(path, db)

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            self._count()
            raise
        self._db.execute("COMMIT")

    def _count(self) -> None:
        rows = self._db.execute("SELECT slot, count(*), sum(bytes) FROM segments GROUP BY slot")
        self._totals = {slot: (count, size) for slot, count, size in rows}

    # --- what happens -------------------------------------------------------------------------------------------------

    def enlist(self, slots: Iterable[int], at: float) -> None:
        """These cameras are wanted, the new ones since `at`."""
        with self._transaction():
            self._db.executemany("INSERT OR IGNORE INTO cameras VALUES (?, ?, NULL)", [(slot, at) for slot in slots])

    def add(self, found: Segment, holes: Iterable[tuple[float, float]] = ()) -> None:
        """Store a finished segment (its id is given here), the gap before it and the holes in it."""
        with self._transaction():
            before = self._db.execute("SELECT last FROM cameras WHERE slot = ?", (found.slot,)).fetchone()
            if before is None:
                self._db.execute("INSERT INTO cameras VALUES (?, ?, NULL)", (found.slot, found.start))
            elif before[0] is not None and found.start - before[0] > self.gap_s:
                why, detail = self.reason(found.slot, before[0], found.start)
                self._gap(found, before[0], found.start, why, detail)
            for begin, end in holes:
                self._gap(found, begin, end, "stalled", None)
            self._db.execute("DELETE FROM gap_reasons WHERE slot = ? AND at <= ?", (found.slot, found.end))
            self._db.execute(f"INSERT INTO segments ({_SEGMENT}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own columns
                             (found.slot, found.start, found.end, found.bytes, found.path, found.codec, found.width,
                              found.height, found.boot, found.dated))  # fmt: skip
            self._db.execute("UPDATE cameras SET last = ? WHERE slot = ?", (found.end, found.slot))
            count, size = self._totals.get(found.slot, (0, 0))
            self._totals[found.slot] = (count + 1, size + found.bytes)

    def _gap(self, by: Segment, start: float, end: float, why: str, detail: str | None) -> None:
        row = (by.slot, start, end, why, detail, by.boot, by.dated)
        self._db.execute("INSERT INTO gaps (slot, start, end, why, detail, boot, dated) VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def mark(self, slot: int, at: float, why: str, detail: str | None = None) -> None:
        """From `at` on this is why the camera is not being recorded."""
        self._db.execute("INSERT INTO gap_reasons (slot, at, why, detail) VALUES (?, ?, ?, ?)", (slot, at, why, detail))

    def reason(self, slot: int, start: float, end: float) -> tuple[str, str | None]:
        """Of the reasons since the last picture, the one that held longest between `start` and `end`."""
        query = "SELECT at, why, detail FROM gap_reasons WHERE slot = ? ORDER BY id"
        reasons = [(max(start, min(end, at)), why, detail) for at, why, detail in self._db.execute(query, (slot,))]
        held: dict[tuple[str, str | None], float] = {}
        for (at, why, detail), (until, *_) in pairwise([*reasons, (end, "", None)]):
            held[why, detail] = held.get((why, detail), 0.0) + until - at
        return max(held, key=lambda each: held[each]) if held else ("unknown", None)

    def lost(self, segment: Segment) -> None:
        """A segment's file is not there any more, and it wasn't we who deleted it."""
        with self._transaction():
            self._gap(segment, segment.start, segment.end, "footage_missing", None)
            self._remove([segment])

    def forget(self, segments: list[Segment]) -> None:
        """Retention deleted these files: rows, and gaps before what is left."""
        with self._transaction():
            self._remove(segments)
            for slot in {segment.slot for segment in segments}:
                self._db.execute("DELETE FROM gaps WHERE slot = ? AND end <= coalesce((SELECT start FROM segments WHERE slot = ? "
                                 "ORDER BY id LIMIT 1), (SELECT last FROM cameras WHERE slot = ?))", (slot, slot, slot))  # fmt: skip

    def _remove(self, segments: list[Segment]) -> None:
        self._db.executemany("DELETE FROM segments WHERE id = ?", [(segment.id,) for segment in segments])
        for segment in segments:
            count, size = self._totals.get(segment.slot, (1, segment.bytes))
            self._totals[segment.slot] = (count - 1, size - segment.bytes)

    def redate(self, boot: str, seconds: float) -> None:
        """The clock was set, for the first time in this boot: what was recorded before was dated wrongly by so much."""
        with self._transaction():
            for table in ("segments", "gaps"):
                self._db.execute(f"UPDATE {table} SET start = start + ?, end = end + ? WHERE boot = ? AND NOT dated",  # noqa: S608
                                 (seconds, seconds, boot))  # fmt: skip
            self._db.execute("UPDATE cameras SET last = last + ? WHERE last IS NOT NULL AND EXISTS (SELECT 1 FROM segments WHERE "
                             "segments.slot = cameras.slot AND boot = ? AND NOT dated)", (seconds, boot))  # fmt: skip

    def remember(self, key: str, value: object) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    def remembered(self, key: str) -> object:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return json.loads(row[0]) if row else None

    # --- what is there ------------------------------------------------------------------------------------------------

    def held(self, slot: int) -> Held | None:
        """None: this camera was never wanted."""
        row = self._db.execute("SELECT since, last FROM cameras WHERE slot = ?", (slot,)).fetchone()
        if row is None:
            return None
        oldest = self._db.execute("SELECT start FROM segments WHERE slot = ? ORDER BY id LIMIT 1", (slot,)).fetchone()
        count, size = self._totals.get(slot, (0, 0))
        return Held(row[0], row[1], oldest[0] if oldest else None, size, count)

    def slots(self) -> list[int]:
        return [slot for (slot,) in self._db.execute("SELECT slot FROM cameras ORDER BY slot")]

    def between(self, slot: int, start: float, end: float) -> list[Segment]:
        """Segments that hold some of this time, in the order of recording."""
        query = f"SELECT {_SEGMENT} FROM segments WHERE slot = ? AND start < ? AND start > ? AND end > ? ORDER BY id"  # noqa: S608
        return self._segments(query, (slot, end, start - 7200, start))

    def oldest(self, slot: int, limit: int, upto: int = 2**63 - 1) -> list[Segment]:
        """The first recorded of a camera, not beyond the id `upto`."""
        return self._segments(f"SELECT {_SEGMENT} FROM segments WHERE slot = ? AND id <= ? ORDER BY id LIMIT ?", (slot, upto, limit))  # noqa: S608

    def oldest_dated(self, slot: int, ahead: float, limit: int) -> list[Segment]:
        """The first recorded of a camera whose dates count: of a synchronised clock, and no later than `ahead`."""
        query = f"SELECT {_SEGMENT} FROM segments WHERE slot = ? AND dated AND end <= ? ORDER BY id LIMIT ?"  # noqa: S608
        return self._segments(query, (slot, ahead, limit))

    def days(self) -> list[int]:
        """Days (since 1970, UTC) on which anything was recorded, of all cameras together, rising. A look-up for each day and camera."""
        query = ("WITH RECURSIVE recorded(day) AS (SELECT CAST(min(start) / 86400 AS INTEGER) FROM segments WHERE slot = :slot UNION ALL "
                 "SELECT (SELECT CAST(min(start) / 86400 AS INTEGER) FROM segments WHERE slot = :slot AND start >= (day + 1) * 86400.0) "
                 "FROM recorded WHERE day IS NOT NULL) SELECT day FROM recorded WHERE day IS NOT NULL")  # fmt: skip
        return sorted({day for slot in self.slots() for (day,) in self._db.execute(query, {"slot": slot})})

    def newest_from(self, seconds: float) -> int:
        """The id from which on it is the newest footage: so many seconds of the camera that has most of it. By order, not by clock."""
        held: dict[int, float] = {}
        number = 0
        for number, slot, start, end in self._db.execute("SELECT id, slot, start, end FROM segments ORDER BY id DESC"):
            held[slot] = held.get(slot, 0.0) + end - start
            if held[slot] > seconds:
                return int(number) + 1
        return number

    def first(self, limit: int) -> list[Segment]:
        """The first recorded of all cameras together."""
        return self._segments(f"SELECT {_SEGMENT} FROM segments ORDER BY id LIMIT ?", (limit,))  # noqa: S608

    def everything(self) -> list[Segment]:
        return self._segments(f"SELECT {_SEGMENT} FROM segments ORDER BY id", ())  # noqa: S608

    def _segments(self, query: str, values: tuple[object, ...]) -> list[Segment]:
        return [Segment(*(*row[:-1], bool(row[-1]))) for row in self._db.execute(query, values)]

    def gaps(self, slot: int, start: float = 0.0, end: float = float("inf"), newest: int = -1) -> list[Gap]:
        """Gaps that fall into this time, the oldest first; at most `newest` of them."""
        query = "SELECT start, end, why, detail FROM gaps WHERE slot = ? AND start < ? AND end > ? ORDER BY start DESC LIMIT ?"
        return [Gap(*row) for row in self._db.execute(query, (slot, end, start, newest))][::-1]

    def gap_count(self, slot: int) -> int:
        return int(self._db.execute("SELECT count(*) FROM gaps WHERE slot = ?", (slot,)).fetchone()[0])

    def spans(self, slot: int, joint_s: float) -> list[tuple[float, float, int]]:
        """Unbroken stretches (from, to, bytes): segments less than `joint_s` apart, in the order of recording."""
        found: list[tuple[float, float, int]] = []
        for start, end, size in self._db.execute("SELECT start, end, bytes FROM segments WHERE slot = ? ORDER BY id", (slot,)):
            if found and abs(start - found[-1][1]) <= joint_s:
                found[-1] = (found[-1][0], end, found[-1][2] + size)
            else:
                found.append((start, end, size))
        return found

    def bytes_per_day(self, newest: int = 5000) -> float | None:
        """Of all cameras together, from the newest segments; None before there are ten minutes of them."""
        query = f"SELECT sum(bytes), min(start), max(end) FROM (SELECT * FROM segments ORDER BY id DESC LIMIT {newest})"  # noqa: S608
        size, start, end = self._db.execute(query).fetchone()
        return size / (end - start) * 86400 if size and end - start > 600 else None

    def size(self) -> int:
        """Bytes of all segments."""
        return sum(size for _, size in self._totals.values())
