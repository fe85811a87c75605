"""A clock read over a slow line: the soonest of a few answers counts, and what cannot be told is unknown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import verdicts as v

from province.measure.devices import clocks

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Plays a line: how many seconds each answer takes."""

    def play(*seconds: float) -> list[float]:
        left, at = list(seconds), [NOON]

        class Clock:
            @staticmethod
            def now(zone: Any) -> datetime:
                return at[0]

        def ask() -> float:
            at[0] += timedelta(seconds=left[0])
            return left.pop(0)

        monkeypatch.setattr(clocks, "datetime", Clock)
        answer, _, rtt = clocks.soonest(ask)
        return [answer, rtt.total_seconds(), len(left)]

    return play


@pytest.mark.parametrize(
    ("seconds", "taken", "unasked"), [((0.1, 9, 9), 0.1, 2), ((4, 0.2, 9), 0.2, 1), ((4, 3, 5), 3, 0), ((4, 5, 0.4), 0.4, 0)]
)
def test_the_soonest_answer_counts_and_a_quick_one_is_enough(line: Any, seconds: Any, taken: float, unasked: int) -> None:
    assert line(*seconds) == [taken, taken, unasked]


def test_half_of_the_way_and_the_cut_second_are_allowed_for() -> None:
    offset, told = clocks.measured(NOON + timedelta(seconds=10), NOON, timedelta(seconds=4))
    assert offset == timedelta(seconds=8.5)
    assert told == {"ok": True, "offset_s": 8.5, "rtt_s": 4.0, "uncertainty_s": 2.5}


@pytest.mark.parametrize(
    ("offset", "uncertainty", "verdict"),
    [(1.9, 0.5, "met"), (-2.1, 0.5, "not_met"), (1.9, 1.5, "unknown"), (2.9, 1.5, "unknown"), (-3.1, 1.5, "not_met"), (0.9, 1.5, "met")],
)
def test_a_clock_is_judged_only_as_far_as_the_line_lets_it_be_read(offset: float, uncertainty: float, verdict: str) -> None:
    of = v.site()
    found = v.evidence(of)
    found["cameras"]["1"]["clock"] = {"ok": True, "offset_s": offset, "rtt_s": 0.1, "uncertainty_s": uncertainty}
    assert v.row(v.verdict((of, found)), "camera_clock", "C01")["verdict"] == verdict
