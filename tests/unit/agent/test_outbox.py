"""What is in the outbox stays until the hub has it; what cannot stay is declared."""

import json
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soak import examples

from edge_agent.daemon.journal import WAITING_LIMIT, Journal
from edge_agent.daemon.outbox import Outbox, OutboxFull, OutboxUnavailable, Remembered

SITE = "BD-0001"


def classes(outbox: Outbox) -> list[str]:
    return [event.cls for event in outbox.head(10_000, 10**9)]


def bodies(outbox: Outbox, cls: str) -> list[dict]:
    return [event.body for event in outbox.head(10_000, 10**9) if event.cls == cls]


def test_a_first_start_declares_a_new_epoch_and_no_gap(tmp_path):
    outbox = Outbox.open(tmp_path, SITE)
    assert classes(outbox) == ["epoch"]
    assert bodies(outbox, "epoch")[0]["cause"] == "new"


def test_a_row_survives_closing_and_its_number_is_never_used_again(tmp_path):
    outbox = Outbox.open(tmp_path, SITE)
    seq = outbox.append("camera", {"slot": 1}, True)
    epoch = outbox.epoch
    assert outbox.acknowledge(epoch, seq) == 2
    outbox.close()
    again = Outbox.open(tmp_path, SITE)
    assert (again.epoch, again.pending()) == (epoch, 0)
    assert again.append("camera", {"slot": 1}, True) == seq + 1


def test_rows_are_on_disk_in_full_before_append_returns(tmp_path):
    outbox = Outbox.open(tmp_path, SITE)
    assert outbox._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert outbox._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_acknowledgement_of_another_epoch_deletes_nothing(tmp_path):
    outbox = Outbox.open(tmp_path, SITE)
    assert outbox.acknowledge("another", 1000) == 0
    assert outbox.pending() == 1


@given(st.lists(st.one_of(st.just("append"), st.integers(0, 30)), max_size=40))
@settings(deadline=None, max_examples=examples(30))
def test_whatever_is_acknowledged_the_head_is_what_is_left_in_order(tmp_path_factory, acts):
    outbox = Outbox.open(tmp_path_factory.mktemp("outbox"), SITE)
    model = [1]
    last = 1
    for act in acts:
        if act == "append":
            last += 1
            assert outbox.append("camera", {"n": last}, None) == last
            model.append(last)
        else:
            outbox.acknowledge(outbox.epoch, act)
            model = [seq for seq in model if seq > act]
        assert [event.seq for event in outbox.head(1000, 10**9)] == model
    outbox.close()


def test_a_batch_has_at_most_so_many_bytes_but_never_nothing(tmp_path):
    outbox = Outbox.open(tmp_path, SITE)
    for _ in range(5):
        outbox.append("camera", {"text": "x" * 10_000}, None)
    assert len(outbox.head(50, 25_000)) == 3
    assert len(outbox.head(50, 1)) == 1


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 300, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_damaged_file_is_set_aside_and_the_new_epoch_declares_the_gap(tmp_path, content):
    first = Outbox.open(tmp_path, SITE)
    former = first.epoch
    first.close()
    (tmp_path / "outbox.db").write_bytes(content)
    outbox = Outbox.open(tmp_path, SITE)
    assert outbox.epoch != former
    assert classes(outbox) == ["epoch", "gap"]
    assert bodies(outbox, "gap")[0]["previous_epoch"] == former
    assert bodies(outbox, "gap")[0]["cause"] == "damaged"
    assert (tmp_path / "outbox.db.bad").read_bytes().startswith(content)


def test_a_page_damaged_in_the_middle_is_noticed_on_opening(tmp_path):
    outbox = Outbox.open(tmp_path, SITE)
    for number in range(300):
        outbox.append("camera", {"n": number}, None)
    outbox.close()
    path = tmp_path / "outbox.db"
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 5] = b"\xa5" * 8192
    path.write_bytes(content)
    assert classes(Outbox.open(tmp_path, SITE)) == ["epoch", "gap"]


def test_a_lost_file_is_told_from_a_first_start(tmp_path):
    Outbox.open(tmp_path, SITE).close()
    (tmp_path / "outbox.db").unlink()
    assert bodies(Outbox.open(tmp_path, SITE), "gap")[0]["cause"] == "lost"


def test_the_outbox_of_another_site_is_not_sent_as_this_one(tmp_path):
    Outbox.open(tmp_path, "BD-0002").close()
    outbox = Outbox.open(tmp_path, SITE)
    assert bodies(outbox, "epoch")[0]["cause"] == "site_changed"


def test_when_full_samples_are_merged_into_a_gap_and_no_outage_goes(tmp_path):
    outbox = Outbox.open(tmp_path, SITE, max_bytes=120_000)
    outages = 0
    for number in range(60):
        outbox.append("sample", {"n": number, "text": "s" * 4000}, None)
        if number % 5 == 0:
            outbox.append("camera", {"n": number}, None)
            outages += 1
    assert len(bodies(outbox, "camera")) == outages
    gaps = bodies(outbox, "gap")
    left = len(bodies(outbox, "sample"))
    assert gaps and sum(gap["events"] for gap in gaps) + left == 60
    assert outbox.size_bytes() <= 130_000


def test_when_only_outages_are_left_the_row_is_refused_not_another_dropped(tmp_path):
    outbox = Outbox.open(tmp_path, SITE, max_bytes=65_536)
    stored = 0
    with pytest.raises(OutboxFull):
        for _ in range(1000):
            outbox.append("camera", {"text": "x" * 1000}, None)
            stored += 1
    assert len(bodies(outbox, "camera")) == stored > 10


def fill_disk(outbox: Outbox) -> None:
    """SQLite's own bound stands for a full disk: the same error, from the same place."""
    pages = outbox._db.execute("PRAGMA page_count").fetchone()[0]
    outbox._db.execute(f"PRAGMA max_page_count = {pages}")


def test_while_the_disk_is_full_events_wait_in_memory_and_then_go_in_order(tmp_path):
    journal = Journal(lambda: Outbox.open(tmp_path, SITE), lambda: True)
    fill_disk(journal._outbox)
    for number in range(100):
        journal.record("camera", {"n": number, "text": "x" * 500})
    assert journal.summary()["waiting"] > 0
    journal._outbox._db.execute("PRAGMA max_page_count = 1000000")
    assert journal.check()
    assert [body["n"] for body in bodies(journal._outbox, "camera")] == list(range(100))
    assert bodies(journal._outbox, "gap") == []


def test_what_memory_could_not_hold_either_is_declared_as_a_gap(tmp_path):
    journal = Journal(lambda: Outbox.open(tmp_path, SITE), lambda: True)
    fill_disk(journal._outbox)
    total = WAITING_LIMIT + 200
    for number in range(total):
        journal.record("camera", {"n": number, "text": "x" * 500})
    journal._outbox._db.execute("PRAGMA max_page_count = 1000000")
    journal.check()
    kept = [body["n"] for body in bodies(journal._outbox, "camera")]
    gaps = bodies(journal._outbox, "gap")
    assert kept == sorted(kept)
    assert len(kept) + gaps[0]["events"] == total
    assert [gap["cause"] for gap in gaps] == ["not_stored"]


def test_a_file_that_breaks_while_open_is_mended_and_the_last_words_are_said_again(tmp_path):
    journal = Journal(lambda: Outbox.open(tmp_path, SITE), lambda: True)
    journal.record("camera", {"to": "down"}, ("camera/1", Remembered("down", "2026-01-01T00:00:00Z", "no_answer")))
    (tmp_path / "outbox.db").unlink()
    assert journal.check()
    assert classes(journal._outbox) == ["epoch", "gap", "word"]
    assert bodies(journal._outbox, "word")[0]["status"] == "down"
    assert journal.last("camera/1") == Remembered("down", "2026-01-01T00:00:00Z", "no_answer")


def test_a_word_and_its_event_are_stored_together_or_not_at_all(tmp_path):
    journal = Journal(lambda: Outbox.open(tmp_path, SITE), lambda: None)
    journal.record("camera", {"to": "up"}, ("camera/1", Remembered("up", "2026-01-01T00:00:00Z", None)))
    journal.close()
    database = sqlite3.connect(tmp_path / "outbox.db")
    assert database.execute("SELECT subject, status FROM statuses").fetchall() == [("camera/1", "up")]
    assert json.loads(database.execute("SELECT body FROM events WHERE cls = 'camera'").fetchone()[0]) == {"to": "up"}


OUTBOX_OF_0_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, wall TEXT NOT NULL, mono REAL NOT NULL, boot TEXT NOT NULL,
  clock_synced INTEGER, cls TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE words (subject TEXT PRIMARY KEY, status TEXT NOT NULL, since TEXT NOT NULL, reason TEXT) WITHOUT ROWID;
INSERT INTO meta VALUES ('epoch', 'e1'), ('site', 'BD-0001');
INSERT INTO events (wall, mono, boot, cls, body) VALUES ('2026-01-02T03:04:05Z', 1.0, 'b', 'camera', '{"slot": 1}');
INSERT INTO words VALUES ('camera/1', 'down', '2026-01-02T03:04:05Z', 'no_answer');
"""


def test_an_outbox_of_an_earlier_version_goes_on_with_its_rows_its_epoch_and_what_it_said_last(tmp_path):
    with sqlite3.connect(tmp_path / "outbox.db") as old:
        old.executescript(OUTBOX_OF_0_1)
    old.close()
    for _ in range(2):  # the second time there is nothing left to bring over
        outbox = Outbox.open(tmp_path, SITE)
        assert (outbox.epoch, classes(outbox), bodies(outbox, "camera")) == ("e1", ["camera"], [{"slot": 1}])
        assert outbox.statuses() == {"camera/1": Remembered("down", "2026-01-02T03:04:05Z", "no_answer")}
        outbox.close()
    assert not (tmp_path / "outbox.db.bad").exists()


def test_an_outbox_of_an_earlier_version_that_another_holds_locked_is_left_as_it_is(tmp_path):
    other = sqlite3.connect(tmp_path / "outbox.db", isolation_level=None)
    other.executescript(f"PRAGMA journal_mode=WAL; {OUTBOX_OF_0_1}")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutboxUnavailable):
        Outbox.open(tmp_path, SITE)
    other.execute("ROLLBACK")
    assert other.execute("SELECT subject FROM words").fetchall() == [("camera/1",)]
    other.close()
    outbox = Outbox.open(tmp_path, SITE)
    assert (outbox.epoch, list(outbox.statuses())) == ("e1", ["camera/1"])
