"""Brings the hub's database to the form that this version of the code expects: migrations/NNNN_name.sql, in order, each once."""

import hashlib
import re
from pathlib import Path
from typing import Any

import psycopg

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x6B65746E6F69  # "ketnoi": two collectors that start together take turns
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


class MigrationError(Exception):
    """The database and the code do not belong together; the message says what to do."""


def migrate(connection: psycopg.Connection[Any], folder: Path = FOLDER) -> list[str]:
    """Apply what is not yet recorded, each in its own transaction; the names applied. A changed or unknown one is refused."""
    files = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    applied = []
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations "
            "(name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        known = dict(connection.execute("SELECT name, sha256 FROM migrations").fetchall())
        unknown = sorted(set(known) - {path.name for path in files})
        if unknown:
            raise MigrationError(f"the database has {unknown[-1]}, which this version does not know: update ketnoi on the hub")
        for path in files:
            text = path.read_text(encoding="utf-8")
            digest = hashlib.sha256(text.encode()).hexdigest()
            if path.name in known:
                if known[path.name] != digest:
                    raise MigrationError(f"{path.name} was changed after it was applied: add a new migration instead")
                continue
            connection.execute(text.encode())
            connection.execute("INSERT INTO migrations (name, sha256) VALUES (%s, %s)", (path.name, digest))
            applied.append(path.name)
    return applied
