"""What is damage to an SQLite file of ours, and what only stands in the way for a while.

Damage is said by the file itself: SQLite finds it malformed or no database, or a check of ours on opening it fails. Whatever
else SQLite refuses with (a full disk, another's lock, one failed read) says nothing about the file: it is kept, and tried again.
"""

import sqlite3
from contextlib import suppress
from pathlib import Path


class FileDamaged(sqlite3.DatabaseError):
    """The file opens, and a check of ours on it fails."""


def is_damage(error: sqlite3.Error) -> bool:
    """May the file be set aside because of this error?"""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte; what lies above says where it happened
    return isinstance(error, FileDamaged) or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def check(database: sqlite3.Connection, *tables: str) -> None:
    """Raise FileDamaged unless the file is whole and has these tables."""
    verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise FileDamaged(f"quick_check: {verdict}")
    there = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not there.issuperset(tables):
        raise FileDamaged(f"without its table {sorted(set(tables) - there)[0]}")


def set_aside(path: Path) -> None:
    """Keep the bad file for whoever wants to look, only the newest one; its journals must not meet a new file."""
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").replace(f"{path}.bad{suffix}")
