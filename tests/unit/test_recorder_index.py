"""The index: times, gaps with reasons, and what is left after a crash."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.recorder import recovery, upkeep
from edge_agent.recorder.index import Gap, Index, Segment
from tests.unit.recorder_files import segment, steady

T = 1_795_000_000.0


def made(start: float, seconds: float = 60, slot: int = 1, dated: bool = True, boot: str = "b1") -> Segment:
    at = T + start
    return Segment(0, slot, at, at + seconds, 1000, f"{slot}/{start}-{boot}.mkv", "h264", 1920, 1080, boot, dated)


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index.open(tmp_path / "index.db", 2.0)


def test_segments_without_a_break_have_no_gap(index: Index) -> None:
    for number in range(3):
        index.add(made(60.0 * number + 0.5 * number))
    assert index.gaps(1) == []
    assert index.spans(1, 2.0) == [(T, T + 181, 3000)]
    held = index.held(1)
    assert held and (held.kept_from, held.last, held.bytes, held.segments) == (T, T + 181, 3000, 3)


def test_a_gap_is_named_by_the_reason_that_held_longest(index: Index) -> None:
    index.add(made(0))
    index.mark(1, T + 60, "camera_down", "closed")
    index.mark(1, T + 65, "camera_down", "no_answer")
    index.mark(1, T + 100, "box_off")
    index.add(made(110))
    assert index.gaps(1) == [Gap(T + 60, T + 110, "camera_down", "no_answer")]
    index.add(made(300))
    assert index.gaps(1)[-1] == Gap(T + 170, T + 300, "unknown", None), "old reasons explain no new gap"


def test_a_hole_inside_a_segment_is_a_gap(index: Index) -> None:
    index.add(made(0), [(T + 20, T + 27)])
    assert index.gaps(1) == [Gap(T + 20, T + 27, "stalled", None)]


def test_gaps_and_segments_are_found_by_time(index: Index) -> None:
    for start in (0, 100, 200):
        index.add(made(start))
    assert [gap.start - T for gap in index.gaps(1, T + 70, T + 150)] == [60.0]
    assert [found.start - T for found in index.between(1, T + 150, T + 210)] == [100.0, 200.0]
    assert index.between(2, T, T + 1000) == []


def test_deleted_footage_takes_its_gaps_with_it_and_is_no_gap_itself(index: Index) -> None:
    for start in (0, 100, 200):
        index.add(made(start))
    index.forget(index.oldest(1, 1))
    assert [gap.start - T for gap in index.gaps(1)] == [160.0]
    held = index.held(1)
    assert held and held.kept_from == T + 100 and held.bytes == 2000
    index.forget(index.oldest(1, 10))
    assert index.gaps(1) == [] and index.size() == 0
    index.add(made(400))
    assert [(gap.start - T, gap.end - T) for gap in index.gaps(1)] == [(260.0, 400.0)], "that nothing came since is remembered"


def test_a_clock_that_is_set_for_the_first_time_dates_what_was_before(index: Index) -> None:
    index.add(replace(made(-5000), path="kept", boot="b0"))
    index.add(made(0, dated=False))
    index.add(made(100, dated=False))
    index.redate("b1", 3600)
    assert [found.start - T for found in index.everything()] == [-5000, 3600, 3700]
    assert index.gaps(1)[-1].start - T == 3660
    index.add(made(3760))
    assert index.gaps(1)[-1].end - T == 3700, "what comes after joins on"


def test_a_clock_that_is_set_back_loses_nothing(index: Index) -> None:
    index.add(made(0))
    index.add(made(-3540))
    assert index.gaps(1) == [] and len(index.everything()) == 2
    assert [found.start - T for found in index.oldest(1, 9)] == [0, -3540], "the order of recording stays"


def test_a_damaged_index_is_begun_anew_and_filled_from_the_files(tmp_path: Path) -> None:
    footage = tmp_path / "footage"
    for number, start in enumerate((0, 60)):
        path = footage / "3" / "live" / f"ab12cd34-{number:06d}.mkv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(segment(steady(60), complete=number == 0))
        os.utime(path, (T + start + 60, T + start + 60))
    (footage / "3" / "live" / "ab12cd34-000002.mkv").write_bytes(segment([]))
    (tmp_path / "index.db").write_bytes(b"SQLite format 3\0" + b"rubbish" * 1000)
    index = Index.open(tmp_path / "index.db", 2.0)
    assert (tmp_path / "index.db.bad").exists()
    assert recovery.recover(index, footage, 2.0) == recovery.Recovered(adopted=2, missing=0, empty=1)
    assert [(round(found.start - T), round(found.end - T)) for found in index.everything()] == [(0, 60), (60, 120)]
    assert all((footage / found.path).is_file() and "/live/" not in found.path for found in index.everything())
    assert list((footage / "3" / "live").iterdir()) == []
    assert recovery.recover(index, footage, 2.0) == recovery.Recovered()


def test_footage_that_somebody_removed_is_a_gap_with_that_name(tmp_path: Path, index: Index) -> None:
    (tmp_path / "footage").mkdir()
    index.add(made(0))
    assert recovery.recover(index, tmp_path / "footage", 2.0).missing == 1
    assert [(gap.why, gap.seconds) for gap in index.gaps(1)] == [("footage_missing", 60.0)]


def test_it_can_be_read_beside_the_running_recorder_and_after_it(tmp_path: Path, index: Index) -> None:
    index.add(made(0))
    for _ in range(2):
        reader = Index.read(tmp_path / "index.db")
        assert len(reader.everything()) == 1
        with pytest.raises(sqlite3.OperationalError):
            reader.mark(1, T, "unknown")
        reader.close()
        index.close()


def test_the_rate_is_that_of_all_cameras(index: Index) -> None:
    assert index.bytes_per_day() is None
    for number in range(20):
        index.add(made(60.0 * number))
        index.add(made(60.0 * number, slot=2))
    assert index.bytes_per_day() == pytest.approx(2 * 1000 * 1440)


def test_the_newest_footage_is_told_by_order_whatever_the_clock_said(index: Index) -> None:
    for number, start in enumerate((0, 60, -400 * 86400, 900 * 86400)):
        index.add(made(start))
        index.add(replace(made(start, 20, slot=2), path=f"2/{number}"))
    assert index.newest_from(0) == 9, "nothing"
    assert index.newest_from(60) == 6, "a minute of the camera that has most of it"
    assert index.newest_from(150) == 4
    assert index.newest_from(10**6) == 1


def test_recorded_days_are_those_of_all_cameras(index: Index) -> None:
    assert index.days() == []
    first = int(T // 86400)
    for day, slot in ((0, 1), (0, 1), (3, 2), (1, 1), (900, 1), (-400, 2)):
        index.add(replace(made(86400.0 * day, slot=slot), path=f"{slot}/{len(index.everything())}"))
    assert index.days() == [first - 400, first, first + 1, first + 3, first + 900]


def test_undated_footage_at_the_head_of_a_camera_stops_no_ageing(index: Index) -> None:
    for number in range(2 * upkeep.BATCH):
        index.add(made(-20_000 * 86400.0 + 60 * number, dated=False))
    index.add(made(0))
    for day in range(1, 40):
        index.add(made(86400.0 * day))
    now = T + 39 * 86400
    assert len(index.oldest(1, 10**6)) == 2 * upkeep.BATCH + 40
    for expected in (upkeep.BATCH, upkeep.BATCH, 9, 0):
        going = upkeep.past_their_days(index, now, 30)
        assert len(going) == expected
        index.forget(going)
    assert index.oldest(1, 1)[0].start == T + 9 * 86400


@pytest.mark.parametrize(
    "alive", [None, {"at": T, "boot": "b1", "synced": False}, {"at": T, "boot": "b1"}, {"at": T, "boot": "b1", "synced": True}]
)
def test_what_recovery_finds_is_dated_only_if_the_clock_was_right_when_the_index_was_last_written(
    index: Index, tmp_path: Path, alive: object
) -> None:
    """With a clock 40 days behind, today's footage would else be past its days as soon as the clock is right."""
    path = tmp_path / "footage/3/live/ab12cd34-000000.mkv"
    path.parent.mkdir(parents=True)
    path.write_bytes(segment(steady(60)))
    os.utime(path, (T - 40 * 86400, T - 40 * 86400))
    if alive:
        index.remember("alive", alive)
    recovery.recover(index, tmp_path / "footage", 2.0)
    (found,) = index.everything()
    assert found.dated is bool(isinstance(alive, dict) and alive.get("synced"))
    assert found.boot == ("b1" if alive else "recovered"), "a clock that is set later in that boot dates it anew"


INDEX_OF_0_1 = """
CREATE TABLE segments (
  id INTEGER PRIMARY KEY AUTOINCREMENT, slot INTEGER NOT NULL, start REAL NOT NULL, end REAL NOT NULL, bytes INTEGER NOT NULL,
  path TEXT NOT NULL UNIQUE, codec TEXT, width INTEGER NOT NULL, height INTEGER NOT NULL, boot TEXT NOT NULL, dated INTEGER NOT NULL);
CREATE INDEX segments_by_time ON segments (slot, start);
CREATE INDEX segments_by_order ON segments (slot, id);
CREATE TABLE gaps (
  id INTEGER PRIMARY KEY AUTOINCREMENT, slot INTEGER NOT NULL, start REAL NOT NULL, end REAL NOT NULL,
  why TEXT NOT NULL, detail TEXT, boot TEXT NOT NULL, dated INTEGER NOT NULL);
CREATE INDEX gaps_by_time ON gaps (slot, start);
CREATE TABLE marks (
  id INTEGER PRIMARY KEY AUTOINCREMENT, slot INTEGER NOT NULL, at REAL NOT NULL, why TEXT NOT NULL, detail TEXT);
CREATE TABLE cameras (slot INTEGER PRIMARY KEY, since REAL NOT NULL, last REAL) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


def of_0_1(path: Path) -> None:
    """An index whose camera recorded one segment and then went down."""
    with sqlite3.connect(path) as old:
        old.executescript(INDEX_OF_0_1)
        old.execute("INSERT INTO segments VALUES (NULL, 1, ?, ?, 1000, '1/0-b1.mkv', 'h264', 1920, 1080, 'b1', 1)", (T, T + 60))
        old.execute("INSERT INTO cameras VALUES (1, ?, ?)", (T, T + 60))
        old.execute("INSERT INTO marks (slot, at, why, detail) VALUES (1, ?, 'camera_down', 'no_answer')", (T + 60,))
    old.close()


def test_an_index_of_an_earlier_version_goes_on_with_its_footage_and_the_reason_of_the_gap_that_is_open(tmp_path: Path) -> None:
    of_0_1(tmp_path / "index.db")
    for _ in range(2):  # the second time there is nothing left to bring over
        opened = Index.open(tmp_path / "index.db", 2.0)
        assert opened.spans(1, 2.0) == [(T, T + 60, 1000)] and opened.reason(1, T + 60, T + 100) == ("camera_down", "no_answer")
        opened.close()
    opened = Index.open(tmp_path / "index.db", 2.0)
    opened.add(made(100))
    assert opened.gaps(1) == [Gap(T + 60, T + 100, "camera_down", "no_answer")]
    assert not (tmp_path / "index.db.bad").exists()


def test_an_earlier_version_that_ran_again_meanwhile_is_followed_by_what_it_wrote(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    of_0_1(path)
    Index.open(path, 2.0).close()
    with sqlite3.connect(path) as old:
        old.executescript("CREATE TABLE marks (id INTEGER PRIMARY KEY AUTOINCREMENT, slot INTEGER NOT NULL, at REAL NOT NULL, "
                          "why TEXT NOT NULL, detail TEXT)")  # fmt: skip
        old.execute("INSERT INTO marks (slot, at, why, detail) VALUES (1, ?, 'box_off', NULL)", (T + 60,))
    old.close()
    opened = Index.open(path, 2.0)
    assert opened.spans(1, 2.0) == [(T, T + 60, 1000)] and opened.reason(1, T + 60, T + 100) == ("box_off", None)
