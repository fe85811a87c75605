"""What goes first, and what must never go: by days, for space, whatever the clock does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.recorder import retention
from edge_agent.recorder.index import Segment
from edge_agent.recorder.wallclock import TRUST_AFTER_S, WallClock

NOW = 1_795_000_000.0
DAY = 86400.0
TODAY = int(NOW // DAY)
RECORDED = range(TODAY - 400, TODAY + 1)
"""Days with footage: all of them."""


def kept(number: int, age_days: float, slot: int = 1, dated: bool = True, size: int = 100) -> Segment:
    end = NOW - age_days * DAY
    return Segment(number, slot, end - 60, end, size, f"{number}.mkv", "h264", 0, 0, "b", dated)


def ids(segments: list[Segment]) -> list[int]:
    return [segment.id for segment in segments]


def test_what_is_past_its_days_goes_and_nothing_else() -> None:
    assert ids(retention.expired([kept(1, 31), kept(2, 30.1), kept(3, 29.9), kept(4, 1)], NOW, 30, RECORDED)) == [1, 2]


def test_what_an_unset_clock_dated_waits_for_what_comes_after_it() -> None:
    in_1970 = kept(2, 20_000, dated=False)
    assert retention.expired([in_1970, kept(3, 1)], NOW, 30, RECORDED) == []
    assert retention.expired([in_1970], NOW, 30, RECORDED) == []
    assert ids(retention.expired([kept(1, 40), in_1970, kept(3, 31), kept(4, 2)], NOW, 30, RECORDED)) == [1, 2, 3]


def test_what_is_dated_in_the_future_is_as_old_as_its_successor() -> None:
    ahead = kept(1, -400)
    assert retention.expired([ahead, kept(2, 3)], NOW, 30, RECORDED) == []
    assert ids(retention.expired([ahead, kept(2, 33)], NOW, 30, RECORDED)) == [1, 2]


@given(st.lists(st.tuples(st.floats(-500, 500), st.booleans()), max_size=30), st.floats(1, 60))
def test_nothing_dated_that_is_young_ever_ages_out(rows: list[tuple[float, bool]], days: float) -> None:
    segments = [kept(number, age, dated=dated) for number, (age, dated) in enumerate(rows)]
    going = retention.expired(segments, NOW, days, RECORDED)
    assert going == segments[: len(going)], "in the order of recording"
    assert not [each for each in going if each.dated and 0 <= (NOW - each.end) / DAY < days]


def test_for_space_the_first_recorded_of_all_cameras_go() -> None:
    order = [kept(1, 9, slot=1, size=500), kept(2, 9, slot=2), kept(3, 8, slot=1, size=500), kept(4, 8, slot=2), kept(5, 7, slot=3)]
    assert ids(retention.crowded_out(order, 550, 99)) == [1, 2]
    assert ids(retention.crowded_out(order, 10**9, 99)) == [1, 2, 3, 4, 5]
    assert retention.crowded_out(order, 0, 99) == []


def test_the_newest_are_not_given_up_for_what_others_write() -> None:
    order = [kept(1, 2), kept(2, 0.03), kept(3, 0.01)]
    assert ids(retention.crowded_out(order, 10**9, 2)) == [1]


@pytest.mark.parametrize("days_ahead", [40, 1500])
def test_a_clock_that_jumped_ahead_and_says_that_it_is_right_ages_nothing_out_before_its_time(days_ahead: int) -> None:
    """30 days are kept; every day one more is recorded, under dates that are far ahead."""
    held = [kept(number, 29.5 - number) for number in range(30)]
    recorded = [int(each.start // DAY) for each in held]
    for real_days in range(1, 31):
        now = NOW + (days_ahead + real_days) * DAY
        recorded.append(int(now // DAY))
        gone = retention.expired(held, now, 30, recorded)
        assert len(gone) <= real_days
    assert retention.expired(held, NOW + days_ahead * DAY, 30, recorded[:30]) == []


def test_a_camera_that_has_been_dead_for_long_ages_out_by_what_the_others_recorded() -> None:
    assert ids(retention.expired([kept(1, 45)], NOW, 30, RECORDED)) == [1]
    assert retention.expired([kept(1, 45)], NOW, 30, RECORDED[-29:]) == []


class Clocks:
    """A wall clock and a time since boot that a test moves."""

    def __init__(self) -> None:
        self.wall, self.mono = NOW, 100.0

    def pass_(self, seconds: float, drift: float = 0.0) -> None:
        self.mono += seconds
        self.wall += seconds + drift


def test_a_step_is_told_from_a_clock_that_is_slewed() -> None:
    clocks = Clocks()
    clock = WallClock(lambda: clocks.wall, lambda: clocks.mono)
    clocks.pass_(60, drift=0.03)
    assert clock.look(True) == 0.0
    clocks.pass_(1, drift=-3600)
    assert clock.look(True) == -3600
    clocks.pass_(1)
    assert clock.look(True) == 0.0


def test_between_a_step_and_the_look_that_finds_it_all_is_dated_by_the_old_clock() -> None:
    """Else what is written down in that second is dated by the new clock, and dated anew once more with what came before."""
    clocks = Clocks()
    clock = WallClock(lambda: clocks.wall, lambda: clocks.mono)
    clocks.pass_(1, drift=3600)
    assert clock.at(clocks.mono) == NOW + 1
    assert clock.look(True) == 3600
    assert clock.at(clocks.mono) == NOW + 3601


def test_age_counts_only_when_the_clock_has_been_right_for_a_while() -> None:
    clocks = Clocks()
    clock = WallClock(lambda: clocks.wall, lambda: clocks.mono)
    clock.look(False)
    clocks.pass_(2 * TRUST_AFTER_S)
    assert not clock.trusted, "never synchronised"
    clock.look(True)
    clocks.pass_(TRUST_AFTER_S - 1)
    assert not clock.trusted
    clocks.pass_(2)
    assert clock.trusted
    clocks.pass_(1, drift=DAY * 400)
    clock.look(True)
    assert not clock.trusted, "it was set: wait again"
    clocks.pass_(TRUST_AFTER_S + 1)
    clock.look(False)
    assert not clock.trusted
