"""What a segment really holds, also when the power went while it was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from soak import examples

from edge_agent.recorder import matroska
from tests.unit.recorder_files import OTHER_SPS, SPS, cluster, frame, segment, steady

WHOLE = segment(steady(10))


def read(folder: Path, data: bytes) -> matroska.Span | None:
    path = folder / "segment.mkv"
    path.write_bytes(data)
    return matroska.read(path)


def test_a_whole_segment_tells_its_codec_size_and_length(tmp_path: Path) -> None:
    span = read(tmp_path, WHOLE)
    assert span is not None
    assert (span.codec, span.width, span.height, span.complete, span.resized, span.holes) == ("h264", 1920, 1080, True, False, ())
    assert span.seconds == pytest.approx(10.0, abs=0.01)


@pytest.mark.parametrize("share", [0.35, 0.6, 0.99])
def test_a_torn_segment_tells_where_it_was_torn(tmp_path: Path, share: float) -> None:
    data = segment(steady(10), complete=False)
    span = read(tmp_path, data[: int(len(data) * share)])
    assert span is not None and not span.complete
    assert span.seconds == pytest.approx(10 * share, abs=0.6)


def test_a_cluster_without_a_whole_frame_leaves_the_end_to_the_one_before(tmp_path: Path) -> None:
    data = segment(steady(3), complete=False) + cluster(3000, [3000])[:-3]
    span = read(tmp_path, data)
    assert span is not None and span.seconds == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize("data", [b"", WHOLE[:200], b"\x1a\x45\xdf\xa3", b"not a film at all", segment([])])
def test_a_file_without_a_picture_is_nothing(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data) is None


def test_a_pause_is_found_to_the_frame(tmp_path: Path) -> None:
    span = read(tmp_path, segment([*steady(4.5), *(at + 12_000 for at in steady(3))]))
    assert span is not None
    ((begin, end),) = span.holes
    assert (begin, end) == (pytest.approx(4.5, abs=0.07), pytest.approx(12.0))


def test_a_short_pause_is_none(tmp_path: Path) -> None:
    span = read(tmp_path, segment([*steady(4), *(at + 5_500 for at in steady(3))]))
    assert span is not None and span.holes == ()


def test_frames_out_of_order_end_with_the_last_that_is_shown(tmp_path: Path) -> None:
    order = [0, 200, 67, 133, 400, 267, 333, 600, 467, 533]
    span = read(tmp_path, segment(order))
    assert span is not None and span.end_s == pytest.approx(0.667, abs=0.01)


@pytest.mark.parametrize(("sps", "resized"), [(SPS, False), (OTHER_SPS, True), (None, False)])
def test_other_parameters_in_the_packets_than_in_the_head_are_noticed(tmp_path: Path, sps: bytes | None, resized: bool) -> None:
    span = read(tmp_path, segment(steady(2), first=frame(b"\x65picture", sps)))
    assert span is not None and span.resized is resized


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=examples(150))
@given(cut=st.integers(0, len(WHOLE)), flips=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=8))
def test_rubbish_never_breaks_the_reader(tmp_path: Path, cut: int, flips: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE)
    for at, value in flips:
        data[at] = value
    span = read(tmp_path, bytes(data[:cut]))
    assert span is None or span.end_s >= span.start_s
