"""The index when clocks were wrong or a write failed: the order is that of recording, a clock dates its own boot alone."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.recorder.index import Gap, Held, Index, Segment
from edge_agent.recorder.retention import expired

T = 1_795_000_000.0
AHEAD, BACK = 40 * 86400.0, -40 * 86400.0


def made(start: float, seconds: float = 60, slot: int = 1, dated: bool = True, boot: str = "b1", size: int = 1000) -> Segment:
    at = T + start
    return Segment(0, slot, at, at + seconds, size, f"{slot}/{start}-{boot}.mkv", "h264", 1920, 1080, boot, dated)


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index.open(tmp_path / "index.db", 2.0)


@pytest.fixture
def jumped(index: Index) -> Index:
    """Camera 1 was recorded with a clock that was right, then 40 days ahead, then set back, then 40 days behind; camera 2 between."""
    index.add(made(0))
    index.add(made(AHEAD))
    index.add(made(30, slot=2))
    index.add(made(100))
    index.add(made(BACK))
    index.add(made(BACK, slot=2))
    return index


def starts(segments: list[Segment]) -> list[float]:
    return [found.start - T for found in segments]


def test_what_was_recorded_first_goes_first_whatever_its_clock_said(jumped: Index) -> None:
    """Else fresh footage of a clock that is behind would be the first to go."""
    assert starts(jumped.first(4)) == [0, AHEAD, 30, 100]
    assert starts(jumped.everything()) == [0, AHEAD, 30, 100, BACK, BACK]
    assert starts(jumped.oldest(1, 3)) == [0, AHEAD, 100] and starts(jumped.oldest(2, 9)) == [30, BACK]
    assert starts(jumped.oldest(1, 9, upto=2)) == [0, AHEAD]
    assert starts(jumped.oldest_dated(1, T + 1000, 9)) == [0, 100, BACK]
    assert starts(jumped.between(1, T - 10, T + 110)) == [0, 100]


def test_kept_from_is_the_beginning_of_what_was_recorded_first(jumped: Index) -> None:
    assert jumped.held(1) == Held(T, T + BACK + 60, T, 4000, 4)
    assert jumped.held(2) == Held(T + 30, T + BACK + 60, T + 30, 2000, 2)
    assert jumped.held(3) is None


def test_stretches_are_joined_in_the_order_of_recording(jumped: Index) -> None:
    found = [(start - T, end - T, size) for start, end, size in jumped.spans(1, 2.0)]
    assert found == [(0, 60, 1000), (AHEAD, AHEAD + 60, 1000), (100, 160, 1000), (BACK, BACK + 60, 1000)]


def test_footage_is_found_in_the_order_of_recording_where_a_clock_was_set_back(index: Index) -> None:
    for start in (0, 60, -30, 30, 90):
        index.add(made(start, slot=1))
        index.add(made(start + 7, slot=2))
    assert starts(index.between(1, T + 20, T + 80)) == [0, 60, -30, 30]


def test_with_retention_go_the_gaps_before_what_was_recorded_next_not_before_the_earliest_date(index: Index) -> None:
    index.add(made(0))
    index.add(made(100))
    index.add(made(200, slot=2))
    index.add(made(300, slot=2))
    index.add(made(400))
    index.add(made(-50))
    assert [gap.start - T for gap in index.gaps(1)] == [60, 160]
    index.forget(index.oldest(1, 2))
    assert [gap.start - T for gap in index.gaps(1)] == [], "what was recorded next begins at 400, though a later file is dated before"
    assert [gap.start - T for gap in index.gaps(2)] == [260], "another camera keeps its own"


def test_a_clock_that_is_set_dates_its_own_boot_and_cameras_alone(index: Index) -> None:
    """Two boots without a clock, one after the other; only the second was told the time."""
    index.add(made(0, slot=3, boot="b0"))
    index.add(made(0, dated=False, boot="b1"))
    index.add(made(100, dated=False, boot="b1"))
    index.add(made(0, slot=2, dated=False, boot="b1"))
    index.add(made(0.5, slot=4, dated=False, boot="b2"))
    index.add(made(100.5, slot=4, dated=False, boot="b2"))
    index.add(made(200, slot=3, boot="b2"))
    before = {slot: (index.held(slot), index.gaps(slot)) for slot in (1, 2, 3)}
    index.redate("b2", 5000)
    assert {slot: (index.held(slot), index.gaps(slot)) for slot in (1, 2, 3)} == before
    assert starts(index.oldest(1, 9)) == [0, 100] and starts(index.oldest(2, 9)) == [0] and starts(index.oldest(3, 9)) == [0, 200]
    assert starts(index.oldest(4, 9)) == [5000.5, 5100.5]
    assert [(gap.start - T, gap.end - T) for gap in index.gaps(4)] == [(5060.5, 5100.5)]
    held = index.held(4)
    assert held and held.last == T + 5160.5
    index.redate("b1", 70)
    assert starts(index.oldest(1, 9)) == [70, 170] and starts(index.oldest(2, 9)) == [70] and starts(index.oldest(4, 9)) == [5000.5, 5100.5]
    assert [(gap.start - T, gap.end - T) for gap in index.gaps(1)] == [(130, 170)]


def test_a_reason_holds_until_the_next_in_the_order_in_which_they_came(index: Index) -> None:
    """The clock was set back between the marks: the later one has the earlier date."""
    index.add(made(0))
    index.mark(1, T + 70, "camera_down", "closed")
    index.mark(1, T + 65, "box_off")
    index.mark(2, T + 60, "camera_down", "no_answer")
    index.add(made(100))
    assert index.gaps(1) == [Gap(T + 60, T + 100, "box_off", None)]
    index.mark(1, T + 160, "camera_down", "closed")
    index.mark(1, T + 162, "box_off")
    index.mark(1, T + 170, "camera_down", "closed")
    index.mark(1, T + 180, "camera_down", "no_answer")
    assert index.reason(1, T + 160, T + 190) == ("camera_down", "closed"), "twice, together the longest"
    assert index.reason(2, T + 50, T + 190) == ("camera_down", "no_answer")


def test_marks_of_another_camera_and_later_ones_stay_for_their_own_gap(index: Index) -> None:
    for slot in (1, 2):
        index.add(made(0, slot=slot))
        index.mark(slot, T + 60, "camera_down", "closed")
    index.add(made(100))
    index.add(made(200))
    index.mark(1, T + 330, "box_off")
    index.add(made(261))
    index.add(made(400))
    index.add(made(100, slot=2))
    assert [gap.why for gap in index.gaps(1)] == ["camera_down", "unknown", "box_off"]
    assert [gap.why for gap in index.gaps(2)] == ["camera_down"]


def test_a_write_that_failed_leaves_nothing_half_done_and_the_next_one_succeeds(tmp_path: Path, index: Index) -> None:
    index.add(made(0))
    index.mark(1, T + 60, "box_off")
    refused = replace(made(100, size=7), path=made(0).path)
    with pytest.raises(sqlite3.IntegrityError):
        index.add(refused, [(T + 110, T + 120)])
    assert index.gaps(1) == [] and index.size() == 1000 and len(index.everything()) == 1
    assert index.held(1) == Held(T, T + 60, T, 1000, 1)
    index.add(made(100))
    assert index.gaps(1) == [Gap(T + 60, T + 100, "box_off", None)], "its reason is still there"
    assert (index.size(), index.gap_count(1), index.gap_count(2)) == (2000, 1, 0)
    index._db.execute("CREATE TRIGGER refused BEFORE DELETE ON gaps BEGIN SELECT RAISE(ABORT, 'refused'); END")
    with pytest.raises(sqlite3.IntegrityError):
        index.forget(index.oldest(1, 2))
    assert (index.size(), len(index.everything()), index.held(1)) == (2000, 2, Held(T, T + 160, T, 2000, 2))
    index._db.execute("DROP TRIGGER refused")
    index.forget(index.oldest(1, 1))
    assert index.held(1) == Held(T, T + 160, T + 100, 1000, 1)
    index.close()
    again = Index.open(tmp_path / "index.db", 2.0)
    assert again.held(1) == Held(T, T + 160, T + 100, 1000, 1), "counted anew, the same"


def test_a_file_has_one_row(index: Index) -> None:
    index.add(made(0))
    with pytest.raises(sqlite3.IntegrityError, match="path"):
        index.add(made(0))


def test_rows_are_on_disk_in_full_before_a_file_may_go(index: Index) -> None:
    assert index._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert index._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_is_kept_is_counted_by_camera_as_it_comes_and_goes(tmp_path: Path, index: Index) -> None:
    for number, (slot, size) in enumerate(((1, 100), (1, 20), (2, 3), (1, 4000))):
        index.add(made(60.0 * number, slot=slot, size=size))
    index.forget(index.oldest(1, 2))
    index.lost(index.oldest(2, 1)[0])
    counted = {slot: (held.bytes, held.segments) for slot in (1, 2) if (held := index.held(slot))}
    assert counted == {1: (4000, 1), 2: (0, 0)} and index.size() == 4000
    assert Index.open(tmp_path / "index.db", 2.0).size() == 4000


def test_a_camera_that_is_wanted_again_keeps_since_when_and_the_newest_value_is_remembered(index: Index) -> None:
    index.enlist([2, 1], T)
    index.enlist([1, 3], T + 500)
    assert index.slots() == [1, 2, 3]
    assert [held.since - T for slot in index.slots() if (held := index.held(slot))] == [0, 0, 500]
    for value in ({"at": 1}, {"at": 2}):
        index.remember("alive", value)
        index.remember("other", [1])
    assert (index.remembered("alive"), index.remembered("other"), index.remembered("never")) == ({"at": 2}, [1], None)


def test_the_newest_gaps_are_told_oldest_first(index: Index) -> None:
    for number in range(5):
        index.add(made(100.0 * number))
        index.add(made(100.0 * number + 1, slot=2))
    assert [gap.start - T for gap in index.gaps(1, newest=2)] == [260, 360]
    assert [gap.start - T for gap in index.gaps(1)] == [60, 160, 260, 360]
    assert [gap.start - T for gap in index.gaps(1, T + 100, T + 200)] == [160] and index.gap_count(1) == 4


@pytest.mark.parametrize(("ended_before_midnight", "goes"), [(100, True), (0, True), (-100, False)])
def test_of_the_days_on_which_anything_was_recorded_the_newest_stay_however_far_the_clock_jumped(
    ended_before_midnight: int, goes: bool
) -> None:
    """One day is to be kept, and nothing was recorded after it: what ended on that day stays, what ended before it goes."""
    day = int(T // 86400)
    segment = replace(made(0), start=0.0, end=day * 86400.0 - ended_before_midnight)
    assert expired([segment], T + 400 * 86400, 1, [day - 5, day]) == ([segment] if goes else [])


@pytest.mark.parametrize(("more_s", "goes"), [(0, False), (1, True)])
def test_what_is_just_as_old_as_its_days_stays(more_s: int, goes: bool) -> None:
    segment = made(0)
    days = [int(T // 86400) + number for number in range(1, 9)]
    assert expired([segment], segment.end + 3 * 86400 + more_s, 3, days) == ([segment] if goes else [])
    assert expired([segment], segment.end + 1, 0, days) == [segment], "no day is to be kept"
