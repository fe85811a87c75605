"""Footage fetched from a box and decoded elsewhere: then "recording now" is measured, not the recorder's own word."""

import base64
import io
import json
import shlex
import subprocess
from typing import Any

import av
import pytest

from province.measure import box_view
from province.measure.streams import clips, footage
from tests.unit import verdicts as v


class Box:
    """Answers `edge-agent recordings status`: nothing recorded yet for so many questions, then both cameras are."""

    def __init__(self, early: int) -> None:
        self.early, self.asked = early, 0

    def run(self, host: str, argv: list[str], seconds: float) -> "subprocess.CompletedProcess[str]":
        self.asked += 1
        last = None if self.asked <= self.early else "2026-01-31T11:59:30Z"
        cameras = {slot: {"state": "recording", "last_segment_at": last, "kept_from": last, "bytes": 0, "gaps": []} for slot in ("1", "2")}
        disk = {"path": "/x", "total_bytes": 10**12, "free_bytes": 10**11, "state": "ok", "detail": None}
        document = {"schema": 1, "at": "2026-01-31T12:00:00Z", "disk": disk, "cameras": cameras}
        return subprocess.CompletedProcess(argv, 0, json.dumps(document), "")


@pytest.mark.parametrize(("early", "asked", "behind"), [(0, 1, 30.0), (2, 3, 30.0), (99, 3, None)])
def test_a_recorder_that_was_only_just_started_is_given_time_to_begin(
    early: int, asked: int, behind: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter([0.0, 10.0, 19.0, 21.0])
    monkeypatch.setattr(box_view.time, "monotonic", lambda: next(ticks))
    monkeypatch.setattr(box_view.time, "sleep", lambda seconds: None)
    box = Box(early)
    found = box_view.recorder("a", box)
    assert (box.asked, found["recordings"]["cameras"]["1"]["behind_s"]) == (asked, behind)


STATUS = {"ok": True, "state": "recording", "last": "2026-01-31T11:59:30+00:00", "kept_from": "2026-01-31T11:00:00+00:00"}


def film(pictures: int = 8) -> str:
    made = io.BytesIO()
    with av.open(made, mode="w", format="matroska") as container:
        stream: Any = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(pictures):
            picture = av.VideoFrame(64, 48, "yuv420p")
            for plane in picture.planes:
                plane.update(bytes([number]) * plane.buffer_size)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return base64.b64encode(made.getvalue()).decode()


def test_each_day_another_recorded_camera_is_looked_at() -> None:
    cameras = {"1": STATUS, "2": {**STATUS, "state": "down"}, "7": STATUS, "12": STATUS}
    assert [clips.chosen(cameras, day)[0] for day in (0, 1, 2, 3)] == ["1", "7", "12", "1"]
    assert clips.chosen({"2": cameras["2"]}, 0) is None
    assert clips.chosen({}, 5) is None


def test_footage_is_asked_for_where_it_already_lies_on_the_disk() -> None:
    assert clips.chosen({"1": STATUS}, 0) == ("1", "2026-01-31T11:59:13Z", "2026-01-31T11:59:15Z")
    assert clips.chosen({"1": {**STATUS, "kept_from": "2026-01-31T11:59:20+00:00"}}, 0) is None


def test_the_script_leaves_nothing_behind(tmp_path: Any) -> None:
    fake = tmp_path / "sudo"
    fake.write_text(
        '#!/bin/sh\nif [ "$1" = head ]; then shift; exec head "$@"; fi\nwhile [ "$1" != -o ]; do shift; done\nprintf film > "$2"\n'
    )
    fake.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "TMPDIR": str(tmp_path)}
    script = clips.script("1", "2026-01-31T11:59:13Z", "2026-01-31T11:59:15Z")
    done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert base64.b64decode(done.stdout) == b"film"
    assert [file.name for file in tmp_path.iterdir()] == ["sudo"]
    assert shlex.split(script)


def test_pictures_are_counted_and_sized() -> None:
    assert footage.decode(film()) == {"ok": True, "codec": "mpeg4", "width": 64, "height": 48, "pictures": 8}


@pytest.mark.parametrize("data", ["", "AAAA", "not base64 at all!", base64.b64encode(b"\x1a\x45\xdf\xa3" + b"\0" * 200).decode()])
def test_what_does_not_decode_is_no_picture(data: str) -> None:
    assert footage.decode(data)["reason"] in ("no_picture", "protocol")


def test_a_file_cut_short_still_tells_its_pictures() -> None:
    whole = base64.b64decode(film(40))
    assert footage.decode(base64.b64encode(whole[: len(whole) * 2 // 3]).decode())["pictures"] > 0


def judged(**seen: Any) -> dict[str, Any]:
    of = v.site(by="box")
    found = v.evidence(of)
    found["recorders"]["recorder"]["recordings"]["derived"] = True
    found["cameras"]["1"]["footage"] = seen
    return v.verdict((of, found))


def test_a_camera_whose_footage_was_decoded_is_measured_the_others_are_derived() -> None:
    document = judged(ok=True, codec="h264", width=1920, height=1080, pictures=30)
    assert (v.row(document, "recording_now", "C01")["derived"], v.row(document, "recording_now", "C02")["derived"]) == (False, True)
    assert "30 pictures" in v.row(document, "recording_now", "C01")["says"]["en"]


def test_footage_that_does_not_decode_is_not_met_whatever_the_recorder_says() -> None:
    assert v.row(judged(ok=False, reason="no_picture"), "recording_now", "C01")["verdict"] == "not_met"
