"""What an earlier version left on the disk, brought under today's names."""

import sqlite3


def rename_table(database: sqlite3.Connection, former: str, now: str) -> None:
    """Its rows stay. Whole or not at all; nothing is done where there is no such table any more. sqlite3.Error.

    There are both where the earlier version ran again after this one: then the former has the newer rows, and they stay.
    """
    if not database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (former,)).fetchone():
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        database.execute(f"DROP TABLE IF EXISTS {now}")
        database.execute(f"ALTER TABLE {former} RENAME TO {now}")
        database.execute("COMMIT")
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")
