"""An outbox after a second start: what was said last, whose numbers it goes on with, and what is declared where something went."""

import sqlite3

import pytest
from test_outbox import bodies, classes

from edge_agent.daemon.journal import Journal
from edge_agent.daemon.outbox import HeldBack, Outbox, Remembered
from edge_agent.system import clock

SITE = "BD-0001"
WALL = "2026-03-02T05:00:00Z"


def told(outbox):
    return {event.seq: event.cls for event in outbox.head(10_000, 10**9)}


def journal_of(folder):
    return Journal(lambda: Outbox.open(folder, SITE), lambda: True)


def test_after_each_restart_the_last_word_of_a_subject_is_remembered_not_its_first(tmp_path):
    """Else a camera that recovered before the restart would still be down to the agent, and would never be reported as up."""
    words = [Remembered("down", "2026-01-01T00:00:00Z", "no_answer"), Remembered("up", "2026-01-02T00:00:00Z", None),
             Remembered("frozen", "2026-01-03T00:00:00Z", "same_picture")]  # fmt: skip
    for word in words:
        journal = journal_of(tmp_path)
        journal.record("camera", {"to": word.status}, ("camera/1", word))
        journal.record("camera", {"to": "up"}, ("camera/2", words[1]))
        journal.close()
        again = journal_of(tmp_path)
        assert (again.last("camera/1"), again.last("camera/2"), again.last("camera/3")) == (word, words[1], None)
        again.close()


def test_an_epoch_begun_anew_is_the_files_own_after_two_restarts(tmp_path):
    """Its former numbers belong to somebody else: going back to them would have the hub take new events for old ones."""
    journal = journal_of(tmp_path)
    journal.record("camera", {"n": 1}, ("camera/1", Remembered("down", "2026-01-01T00:00:00Z", None)))
    former, _ = journal.position()
    journal.begin_epoch("rolled_back")
    begun, last = journal.position()
    assert begun != former and last == 5
    journal.close()
    for start in range(2):
        again = journal_of(tmp_path)
        epoch, events = again.head(100, 10**9)
        assert epoch == begun
        assert [event.cls for event in events] == ["epoch", "gap", "epoch", "camera", "word"] + ["camera"] * start
        assert [event.seq for event in events] == list(range(1, 6 + start))
        assert {event.body["previous_epoch"] for event in events[:2]} == {former}
        assert again.acknowledge(former, 100) == 0
        again.record("camera", {"n": 2 + start})
        again.close()
    (tmp_path / "outbox.db").unlink()
    assert bodies(Outbox.open(tmp_path, SITE), "gap")[0]["previous_epoch"] == begun, "the marker beside it names it too"


def test_an_epoch_begun_anew_begins_with_the_instant_of_its_oldest_event(tmp_path):
    """So that what it takes along is not told as older than the gap before it."""
    outbox = Outbox.open(tmp_path, SITE)
    outbox.append("camera", {"n": 1}, False)
    outbox.acknowledge(outbox.epoch, 1)
    outbox._db.execute("UPDATE events SET wall = ?, mono = 5.5, boot = 'b0'", (WALL,))
    outbox.append("camera", {"n": 2}, True)
    outbox.begin_epoch("rolled_back")
    events = outbox.head(100, 10**9)
    assert [(one.seq, one.cls, one.wall, one.mono, one.boot, one.clock_synced) for one in events[:3]] == [
        (1, "epoch", WALL, 5.5, "b0", False), (2, "gap", WALL, 5.5, "b0", False), (3, "camera", WALL, 5.5, "b0", False)
    ]  # fmt: skip
    assert [one.body.get("n") for one in events] == [None, None, 1, 2]


def test_an_empty_outbox_begins_its_new_epoch_now(tmp_path, monkeypatch):
    outbox = Outbox.open(tmp_path, SITE)
    outbox.acknowledge(outbox.epoch, 1)
    monkeypatch.setattr(clock, "wall", lambda: WALL)
    monkeypatch.setattr(clock, "mono", lambda: 7.25)
    monkeypatch.setattr(clock, "boot_id", lambda: "b2")
    outbox.begin_epoch("rolled_back")
    assert [(one.wall, one.mono, one.boot, one.clock_synced) for one in outbox.head(9, 10**9)] == [(WALL, 7.25, "b2", None)] * 2


def test_a_gap_of_what_was_not_stored_says_from_when_to_when_as_the_hub_takes_it(tmp_path, monkeypatch):
    outbox = Outbox.open(tmp_path, SITE)
    monkeypatch.setattr(clock, "wall", lambda: WALL)
    monkeypatch.setattr(clock, "mono", lambda: 7.25)
    monkeypatch.setattr(clock, "boot_id", lambda: "b2")
    seq = outbox.append("camera", {"n": 4}, True, missing=HeldBack(3, "2026-03-02T04:00:00Z"))
    gap, camera = outbox.head(9, 10**9)[1:]
    assert (gap.seq, camera.seq, gap.cls, camera.cls) == (2, seq, "gap", "camera") and seq == 3
    assert gap.body == {"cause": "not_stored", "events": 3, "known_until": "2026-03-02T04:00:00Z", "known_from": WALL,
                        "from_seq": None, "to_seq": None}  # fmt: skip
    for one in (gap, camera):
        assert (one.wall, one.mono, one.boot, one.clock_synced) == (WALL, 7.25, "b2", True)


def test_when_full_the_oldest_half_of_the_samples_goes_and_the_gap_stands_where_the_first_stood(tmp_path):
    outbox = Outbox.open(tmp_path, SITE, max_bytes=120_000)
    before: dict[int, str] = {}
    turn, now = 0, told(outbox)
    while "gap" not in now.values():
        before = now
        outbox.append(("sample", "camera", "sample")[turn % 3], {"text": "s" * 3000}, None)
        turn, now = turn + 1, told(outbox)
    samples = [seq for seq, cls in before.items() if cls == "sample"]
    gone = samples[: len(samples) // 2]
    assert len(gone) > 3
    (gap,) = bodies(outbox, "gap")
    assert gap == {"cause": "full", "from_seq": gone[0], "to_seq": gone[-1], "events": len(gone), "classes": ["sample"]}
    expected = {seq: "gap" if seq == gone[0] else cls for seq, cls in before.items() if seq not in gone[1:]}
    assert {seq: cls for seq, cls in now.items() if seq in before} == expected, "in the place of the first; nothing else went"


def test_two_samples_are_given_up_for_one_gap_and_a_single_one_is_not(tmp_path):
    outbox = Outbox.open(tmp_path, SITE)
    outbox.append("sample", {"n": 1}, None)
    assert not outbox._make_room() and classes(outbox) == ["epoch", "sample"]
    outbox.append("sample", {"n": 2}, None)
    assert outbox._make_room() and classes(outbox) == ["epoch", "gap"]
    assert bodies(outbox, "gap")[0]["events"] == 2


def test_a_write_that_failed_is_undone_whole_and_the_next_one_succeeds(tmp_path):
    outbox = Outbox.open(tmp_path, SITE)
    word = ("camera/1", Remembered("down", "2026-01-01T00:00:00Z", None))
    outbox._db.execute("CREATE TRIGGER refused BEFORE INSERT ON statuses BEGIN SELECT RAISE(ABORT, 'refused'); END")
    with pytest.raises(sqlite3.IntegrityError):
        outbox.append("camera", {"n": 1}, True, word, HeldBack(3, "2026-03-02T04:00:00Z"))
    assert classes(outbox) == ["epoch"] and outbox.statuses() == {}
    outbox._db.execute("DROP TRIGGER refused")
    assert outbox.append("camera", {"n": 2}, True, word) == 2
    assert classes(outbox) == ["epoch", "camera"] and outbox.statuses() == {word[0]: word[1]}


def test_the_oldest_event_waits_since_it_was_written_or_since_this_boot_began(tmp_path, monkeypatch):
    monkeypatch.setattr(clock, "boot_id", lambda: "b2")
    monkeypatch.setattr(clock, "mono", lambda: 40.5)
    outbox = Outbox.open(tmp_path, SITE)
    monkeypatch.setattr(clock, "mono", lambda: 90.0)
    outbox.append("camera", {"n": 1}, True)
    monkeypatch.setattr(clock, "mono", lambda: 100.0)
    assert outbox.oldest() == 59.5
    monkeypatch.setattr(clock, "boot_id", lambda: "b3")
    assert outbox.oldest() == 100.0
    outbox.acknowledge(outbox.epoch, 2)
    assert outbox.oldest() is None


def test_a_batch_ends_before_the_first_event_that_is_too_much_whatever_comes_after_it(tmp_path):
    """Else the hub would take the jump for a gap."""
    outbox = Outbox.open(tmp_path, SITE)
    for size in (10, 9000, 10):
        outbox.append("camera", {"text": "x" * size}, None)
    assert [event.seq for event in outbox.head(50, 2000)] == [1, 2]
    assert [event.seq for event in outbox.head(2, 10**9)] == [1, 2]


def test_what_is_no_json_is_refused_and_nothing_of_it_is_stored(tmp_path):
    outbox = Outbox.open(tmp_path, SITE)
    with pytest.raises(ValueError, match="JSON"):
        outbox.append("sample", {"kbps": float("nan")}, None)
    assert outbox.append("camera", {"name": "Cổng \ud800"}, None) == 2
    assert bodies(outbox, "camera") == [{"name": "Cổng ?"}]


def test_an_outbox_in_a_new_folder_is_bounded_as_the_settings_are_documented(tmp_path):
    outbox = Outbox.open(tmp_path / "var/lib/agent", SITE)
    assert outbox.max_bytes == 67108864 and outbox.pending() == 1


def test_what_an_interrupted_start_left_of_a_new_outbox_is_no_part_of_the_next(tmp_path):
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"outbox.new{suffix}").write_bytes(b"rubbish" * 1000)
    outbox = Outbox.open(tmp_path, SITE)
    assert classes(outbox) == ["epoch"] and not list(tmp_path.glob("outbox.new*"))


def test_an_outbox_knows_whether_its_file_is_still_the_one_that_it_opened(tmp_path):
    outbox = Outbox.open(tmp_path, SITE)
    assert outbox.intact()
    content = outbox.path.read_bytes()
    outbox.path.rename(tmp_path / "moved")
    assert not outbox.intact()
    outbox.path.write_bytes(content)
    assert not outbox.intact(), "another file of that name"
    outbox.path.unlink()
    (tmp_path / "moved").rename(outbox.path)
    assert outbox.intact()
    outbox.close()
    assert not outbox.intact()
