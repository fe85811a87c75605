"""What stands in an outbox's way for a while (a full disk, a lock, a failed read) costs nothing; only damage begins it anew."""

import sqlite3

import pytest

from edge_agent.contract.messages import Ack
from edge_agent.daemon.history import History
from edge_agent.daemon.journal import Journal
from edge_agent.daemon.outbox import Outbox, OutboxUnavailable, Remembered
from edge_agent.system import damage

SITE = "BD-0001"
OUTAGES = 51


class FailingDatabase:
    """A connection whose statements fail with SQLite's own error `code` while `broken` names their beginning."""

    def __init__(self, database, beginnings, code, name):
        self._database, self._beginnings, self._code, self._name = database, beginnings, code, name

    def execute(self, statement, *values):
        if statement.startswith(self._beginnings):
            error = sqlite3.OperationalError(self._name)
            error.sqlite_errorcode, error.sqlite_errorname = self._code, self._name
            raise error
        return self._database.execute(statement, *values)

    def __getattr__(self, name):
        return getattr(self._database, name)


ERRORS = [
    pytest.param(sqlite3.SQLITE_FULL, "database or disk is full", id="full disk"),
    pytest.param(sqlite3.SQLITE_BUSY, "database is locked", id="lock"),
    pytest.param(sqlite3.SQLITE_IOERR | 1 << 8, "disk I/O error", id="failed read"),
]


@pytest.fixture
def kept(tmp_path):
    """An outbox with events that nobody has acknowledged; its epoch."""
    outbox = Outbox.open(tmp_path, SITE)
    for number in range(OUTAGES):
        outbox.append("camera", {"n": number}, True, ("camera/1", Remembered("down", "2026-01-01T00:00:00Z", None)))
    outbox.close()
    return outbox.epoch


def numbers(outbox):
    return [event.body["n"] for event in outbox.head(1000, 10**9) if event.cls == "camera"]


@pytest.mark.parametrize(("code", "name"), ERRORS)
@pytest.mark.parametrize("statement", ["PRAGMA journal_mode", "PRAGMA quick_check", "SELECT key, value FROM meta"])
def test_what_only_stands_in_the_way_at_the_start_sets_nothing_aside(tmp_path, kept, monkeypatch, code, name, statement):
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **rest: FailingDatabase(connect(*args, **rest), statement, code, name))
    journal = Journal(lambda: Outbox.open(tmp_path, SITE), lambda: True)
    journal.record("camera", {"n": OUTAGES})
    assert name in journal.problem and journal.summary()["problem"] and journal.summary()["waiting"] == 1
    monkeypatch.undo()
    assert journal.check()
    epoch, _ = journal.position()
    assert epoch == kept and not list(tmp_path.glob("*.bad"))
    assert numbers(journal._outbox) == list(range(OUTAGES + 1))
    assert journal.problem is None and journal.last("camera/1").status == "down"


def test_a_lock_that_somebody_else_holds_sets_nothing_aside(tmp_path, kept):
    """Exclusive, so that not even the first look is allowed: what a copy by another tool does."""
    other = sqlite3.connect(tmp_path / "outbox.db", isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    journal = Journal(lambda: Outbox.open(tmp_path, SITE), lambda: True)
    assert "locked" in journal.problem
    other.close()
    assert journal.check() and journal.position()[0] == kept and len(numbers(journal._outbox)) == OUTAGES


@pytest.mark.parametrize(("code", "name"), ERRORS)
def test_an_acknowledgement_that_cannot_be_written_ends_nothing_and_is_made_up_for(tmp_path, kept, code, name):
    journal = Journal(lambda: Outbox.open(tmp_path, SITE), lambda: True)
    history = History(None, journal)
    database = journal._outbox._db
    journal._outbox._db = FailingDatabase(database, "BEGIN", code, name)
    last = journal.position()[1]
    acknowledged = Ack(SITE, kept, last)
    history.acknowledged(acknowledged)
    assert journal.position() == (kept, last) and len(numbers(journal._outbox)) == OUTAGES
    journal._outbox._db = database
    history.acknowledged(acknowledged)
    assert journal.summary()["unacknowledged"] == 0


def test_a_new_outbox_that_does_not_fit_leaves_the_damaged_one_to_be_declared(tmp_path, kept, monkeypatch):
    (tmp_path / "outbox.db").write_bytes(b"rubbish" * 1000)
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *args, **rest: FailingDatabase(connect(*args, **rest), "INSERT", sqlite3.SQLITE_FULL, "full")
    )
    with pytest.raises(OutboxUnavailable):
        Outbox.open(tmp_path, SITE)
    monkeypatch.undo()
    told = Outbox.open(tmp_path, SITE).head(10, 10**9)
    assert [(event.cls, event.body["cause"], event.body["previous_epoch"]) for event in told] == [
        ("epoch", "damaged", kept), ("gap", "damaged", kept)
    ]  # fmt: skip


def test_a_marker_that_could_not_be_written_is_made_up_for_at_the_next_opening(tmp_path, kept):
    (tmp_path / "epoch").unlink()
    Outbox.open(tmp_path, SITE).close()
    (tmp_path / "outbox.db").unlink()
    assert Outbox.open(tmp_path, SITE).head(10, 10**9)[1].body["previous_epoch"] == kept


def test_what_could_not_be_stored_is_declared_in_the_outbox_that_replaces_a_damaged_one(tmp_path, monkeypatch):
    monkeypatch.setattr("edge_agent.daemon.journal.WAITING_LIMIT", 5)
    journal = Journal(lambda: Outbox.open(tmp_path, SITE), lambda: True)
    whole = journal._outbox._db
    journal._outbox._db = FailingDatabase(whole, "BEGIN", sqlite3.SQLITE_FULL, "full")
    for number in range(8):
        journal.record("camera", {"n": number})
    journal._outbox._db = FailingDatabase(whole, "BEGIN", sqlite3.SQLITE_CORRUPT, "malformed")
    (tmp_path / "outbox.db").unlink()
    journal.flush()
    gaps = [event.body for event in journal._outbox.head(100, 10**9) if event.cls == "gap"]
    assert [gap.get("events") for gap in gaps] == [None, 3] and numbers(journal._outbox) == [3, 4, 5, 6, 7]


@pytest.mark.parametrize(("code", "damaged"), [
    (sqlite3.SQLITE_CORRUPT, True), (sqlite3.SQLITE_CORRUPT | 1 << 8, True), (sqlite3.SQLITE_NOTADB, True),
    (sqlite3.SQLITE_FULL, False), (sqlite3.SQLITE_BUSY, False), (sqlite3.SQLITE_IOERR, False), (sqlite3.SQLITE_CANTOPEN, False),
    (sqlite3.SQLITE_READONLY, False), (sqlite3.SQLITE_ERROR, False), (None, False),
])  # fmt: skip
def test_damage_is_what_the_file_says_of_itself(code, damaged):
    error = sqlite3.OperationalError("said")
    if code is not None:
        error.sqlite_errorcode = code
    assert damage.is_damage(error) is damaged
    assert damage.is_damage(damage.FileDamaged("a check"))
