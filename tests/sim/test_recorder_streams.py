"""The recorder with cameras that behave and cameras that don't: what is on the disk afterwards, and what is said of it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from awkward_source import AwkwardSource, clip
from camera_process import CameraHandle
from recorder_box import SEGMENT_S, RecorderBox, packets

from edge_agent.recorder import matroska


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RecorderBox]:
    made = RecorderBox(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


def test_segments_begin_on_the_clock_and_follow_one_another(box: RecorderBox, camera: Callable[..., CameraHandle]) -> None:
    one = camera(factory=False)
    box.camera(1, one.rtsp_port, "/Streaming/Channels/101", one.login)
    at = time.time()
    box.start()
    recording = time.time()
    box.finished(1, 3)
    before = time.time()
    box.stop()
    ((begin, end),) = box.spans(1)
    assert at - 1 < begin <= recording and before - 3 < end <= time.time()
    assert box.gaps(1) == []
    second = box.files(1)[1]
    seconds = int(second.name[4:6])
    assert seconds % SEGMENT_S in (0, 1), f"{second.name}: a cut waits for the next keyframe"
    length, count, complaints = packets(second)
    assert length == pytest.approx(SEGMENT_S, abs=1.1) and count == pytest.approx(length * 15, abs=1) and not complaints


def test_no_password_can_be_seen_from_outside(box: RecorderBox, camera: Callable[..., CameraHandle]) -> None:
    one = camera(factory=False)
    user, password = one.login
    box.camera(1, one.rtsp_port, "/Streaming/Channels/101", (user, password))
    box.start()
    assert box.process is not None
    family = [pid for pid in Path("/proc").glob("[0-9]*") if _session(pid) == box.process.pid]
    assert len(family) >= 2 and any(b"ffmpeg" in (pid / "cmdline").read_bytes() for pid in family)
    for pid in family:
        with contextlib.suppress(FileNotFoundError):
            assert password.encode() not in (pid / "cmdline").read_bytes() + (pid / "environ").read_bytes()
    one.stop()
    box.until(lambda: box.states() == {"1": "down"})
    assert password not in box.log + (box.run / "status.json").read_text()


def _session(pid: Path) -> int:
    with contextlib.suppress(OSError):
        return os.getsid(int(pid.name))
    return -1


def test_frames_that_are_shown_out_of_order_are_kept_as_they_came(box: RecorderBox) -> None:
    with AwkwardSource(clip(b_frames=2)) as source:
        box.camera(1, source.port)
        box.start()
        box.finished(1, 3)
        box.stop()
    length, count, complaints = packets(box.files(1)[1])
    assert count == pytest.approx(length * 15, abs=1) and not complaints
    assert box.gaps(1) == []


@pytest.mark.parametrize("hours", [1, -1], ids=["ahead", "back"])
def test_a_camera_whose_clock_is_set_costs_no_footage(box: RecorderBox, hours: int) -> None:
    with AwkwardSource(clip()) as source:
        source.jump_s = 7200.0
        box.camera(1, source.port)
        box.start()
        box.finished(1, 1)
        source.jump_s += hours * 3600
        box.finished(1, 3)
        box.stop()
    spans = [matroska.read(path) for path in box.files(1)]
    assert all(span and span.seconds < SEGMENT_S + 1.2 and not span.holes for span in spans[1:])
    assert spans[0] and spans[0].seconds < 2 * SEGMENT_S, "ffmpeg looks at a stream for a while before it begins to write"
    assert len(box.spans(1)) == 1 and box.gaps(1) == []


def test_a_picture_that_changes_its_size_in_mid_stream_gets_a_head_of_its_own(box: RecorderBox) -> None:
    with AwkwardSource(clip()) as source:
        box.camera(1, source.port)
        box.start()
        box.finished(1, 1)
        source.clip = clip(size="1280x720")
        box.until(lambda: any((span := matroska.read(path)) and span.width == 1280 and not span.resized for path in box.files(1)))
        assert source.played == 2, "asked again once, not for every segment"
        box.finished(1, 2)
        assert source.played == 2
        box.stop()
    assert sum(gap["seconds"] for gap in box.gaps(1)) < 5


def test_a_codec_that_changes_is_recorded_as_it_is(box: RecorderBox) -> None:
    with AwkwardSource(clip()) as source:
        box.camera(1, source.port)
        box.start()
        box.finished(1, 1)
        source.clip = clip("h265")
        source.hang_up()
        box.until(lambda: any((span := matroska.read(path)) and span.codec == "h265" for path in box.files(1)))
        box.stop()
    codecs = [span.codec for path in box.files(1) if (span := matroska.read(path))]
    assert codecs == sorted(codecs) and {*codecs} == {"h264", "h265"}


def test_a_camera_that_falls_silent_is_noticed_and_taken_up_again(box: RecorderBox) -> None:
    """It keeps its sockets open, and ffmpeg says nothing of it."""
    with AwkwardSource(clip()) as source:
        box.camera(1, source.port)
        box.start()
        box.finished(1, 1)
        source.mute, at = True, time.time()
        box.until(lambda: box.states() == {"1": "stalled"})
        source.mute, back = False, time.time()
        box.until(lambda: box.states() == {"1": "recording"})
        box.finished(1, 1)
        box.stop()
    (gap,) = box.gaps(1)
    (_, before), (after, _) = box.spans(1)
    assert gap["why"] == "stalled" and gap["seconds"] == pytest.approx(after - before, abs=0.2)
    assert before == pytest.approx(at, abs=1.5) and after >= back - 0.5


def test_a_camera_that_is_gone_is_said_to_be_gone_and_found_again(box: RecorderBox) -> None:
    with AwkwardSource(clip()) as other:
        source = AwkwardSource(clip())
        with source:
            box.camera(1, source.port)
            box.camera(2, other.port)
            box.start()
            box.finished(1, 1)
        box.until(lambda: box.states() == {"1": "down", "2": "recording"})
        box.until(lambda: box.status()["cameras"]["1"]["detail"] == "port_closed")
        (gap,) = box.until(lambda: box.status()["cameras"]["1"]["gaps"])
        assert gap["open"] and gap["why"] == "camera_down"
        assert box.cli("status", "--lang", "en", code=1).stdout.count("NOT recorded") == 1
        with AwkwardSource(clip(), port=source.port):
            box.until(lambda: box.states() == {"1": "recording", "2": "recording"})
            box.finished(1, 1)
            box.stop()
    assert len(box.spans(2)) == 1 and [gap["why"] for gap in box.gaps(1)] == ["camera_down"]


def test_a_refused_login_is_not_tried_again_until_it_is_another(box: RecorderBox) -> None:
    with AwkwardSource(clip(), login=("viewer", "right")) as source:
        box.camera(1, source.port, login=("viewer", "wrong"))
        box.start(wait=False)
        box.until(lambda: box.status()["cameras"].get("1", {}).get("detail") == "login_refused")
        tried = source.described
        time.sleep(4)
        assert source.described == tried, "cameras lock after a few"
        box.kill()
        box.start(wait=False)
        box.until(lambda: box.status()["cameras"].get("1", {}).get("detail") == "login_refused")
        time.sleep(2)
        assert source.described == tried, "nor by a recorder that was started again"
        box.camera(1, source.port, login=("viewer", "right"))
        box.write()
        assert box.process is not None
        box.process.send_signal(1)
        box.until(lambda: box.states() == {"1": "recording"})


def test_a_camera_that_refused_is_tried_again_once_a_visit_has_read_it(box: RecorderBox) -> None:
    """Another camera stood in its place for a while: account and stream are the same as before."""
    with AwkwardSource(clip(), login=("viewer", "the other's")) as source:
        box.camera(1, source.port, login=("viewer", "right"))
        box.start(wait=False)
        box.until(lambda: box.status()["cameras"].get("1", {}).get("detail") == "login_refused")
        source.login = ("viewer", "right")
        streams = json.loads((box.home / "devices.json").read_text())
        (box.home / "devices.json").write_text(json.dumps({"1": {**streams["1"], "at": "2"}}))
        box.until(lambda: box.states() == {"1": "recording"})


def test_new_settings_touch_only_the_cameras_that_they_change(box: RecorderBox) -> None:
    with AwkwardSource(clip()) as one, AwkwardSource(clip()) as two, AwkwardSource(clip()) as three:
        box.camera(1, one.port, login=("viewer", "old"))
        box.camera(2, two.port)
        box.start()
        box.streams.pop("2")
        box.camera(1, one.port, login=("viewer", "new"))
        box.camera(3, three.port)
        box.write()
        assert box.process is not None
        box.process.send_signal(1)
        box.until(lambda: box.states() == {"1": "recording", "3": "recording"})
        box.finished(1, 2)
        assert (one.played, three.played) == (1, 1)
        (box.home / "recorder.json").write_text("{}")
        box.process.send_signal(1)
        box.until(lambda: "settings not taken" in box.log)
        box.finished(1, 1)
        assert one.played == 1, "what can't be read changes nothing"
        box.stop()
    assert box.files(2), "footage of a camera that is wanted no more stays for its days"
