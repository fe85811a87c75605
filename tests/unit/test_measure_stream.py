"""Counting packets: rate and keyframe distance from what arrived, whatever the stream says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from province.measure.streams.stream import LEAST_S, MARGIN_S, Watch


def watch(fps: float, gop: int, count: int, stamped: bool = True, lost: tuple[int, ...] = (), first: int = 0) -> Watch:
    """`count` pictures as a camera sends them, a key frame each `gop`, the first of them at `first`."""
    made = Watch(opened=100.0)
    for index in range(count):
        at = index / fps if stamped and index not in lost else None
        made.add(at, 100.05 + index / fps, index >= first and (index - first) % gop == 0)
    return made


@pytest.mark.parametrize("stamped", [True, False])
def test_a_steady_stream_tells_its_rate_and_keyframe_distance(stamped: bool) -> None:
    seen = watch(15, 30, 61, stamped)
    assert seen.keyframe_s() == pytest.approx(2.0, abs=0.01)
    assert seen.fps_arrival() == pytest.approx(15, abs=0.1)
    assert seen.fps_timestamps() == (pytest.approx(15) if stamped else None)


def test_a_first_packet_without_a_timestamp_does_not_shorten_the_distance() -> None:
    assert watch(15, 30, 61, lost=(0, 31)).keyframe_s() == pytest.approx(2.0, abs=0.01)


def test_pictures_lost_on_the_way_lower_the_rate() -> None:
    seen = Watch(opened=0.0)
    for index in range(0, 90, 2):
        seen.add(index / 15, 1 + index / 15, index % 30 == 0)
    assert seen.fps_timestamps() == pytest.approx(7.5, abs=0.01)


def test_without_a_second_keyframe_only_a_lower_bound_is_told() -> None:
    seen = watch(10, 1000, 55)
    assert seen.keyframe_s() is None
    assert seen.keyframe_at_least_s() == pytest.approx(5.4, abs=0.01)


def test_a_stretch_before_the_first_keyframe_counts() -> None:
    assert watch(10, 1000, 60, first=45).keyframe_at_least_s() == pytest.approx(4.5, abs=0.01)


def test_looking_ends_after_two_keyframes_or_past_the_limit() -> None:
    assert not watch(15, 15, int(15 * (LEAST_S - 0.5))).enough(4.0)
    assert watch(15, 15, int(15 * (LEAST_S + 0.5))).enough(4.0)
    assert not watch(15, 1000, 15 * 4).enough(4.0)
    assert watch(15, 1000, int(15 * (4 + MARGIN_S + 0.5))).enough(4.0)


@given(fps=st.floats(1, 60), gop=st.integers(1, 200), count=st.integers(3, 400))
def test_a_distance_is_never_told_longer_than_the_look(fps: float, gop: int, count: int) -> None:
    seen = watch(fps, gop, count)
    whole = (count - 1) / fps
    assert seen.keyframe_at_least_s() <= whole + 0.002
    assert (seen.keyframe_s() or 0) <= whole + 0.002
