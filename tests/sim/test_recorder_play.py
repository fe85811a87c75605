"""Footage put out: one file that opens, cut where it was asked, honest about what is missing; and who took it."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from awkward_source import AwkwardSource, clip
from recorder_box import RecorderBox, packets

root = pytest.mark.skipif(os.geteuid() != 0, reason="another account is taken on")


@pytest.fixture(scope="module")
def recorded() -> Iterator[RecorderBox]:
    """Camera 1: some seconds, a pause, some seconds more, still running. Camera 2: H.264, then H.265."""
    box = RecorderBox(Path(tempfile.mkdtemp(prefix="ketnoi-recorded-")), {"readers": "nogroup"})
    box.home.chmod(0o755)
    with AwkwardSource(clip(gop=15)) as one, AwkwardSource(clip()) as two:
        box.camera(1, one.port)
        box.camera(2, two.port)
        box.start()
        box.finished(1, 2)
        one.mute = True
        two.becomes(clip("h265"))
        box.until(lambda: box.states()["1"] == "stalled")
        one.mute = False
        box.until(lambda: set(box.states().values()) == {"recording"}, 60)
        box.finished(1, 2)
        try:
            yield box
        finally:
            box.stop()
            shutil.rmtree(box.home)


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def chapters(path: Path) -> list[tuple[float, float, str]]:
    asked = ["ffprobe", "-v", "error", "-show_chapters", "-of", "json", str(path)]
    rows = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)["chapters"]
    return [(float(row["start_time"]), float(row["end_time"]), row["tags"]["title"]) for row in rows]


def test_a_stretch_without_a_gap_is_whole_and_cut_where_it_was_asked(recorded: RecorderBox, tmp_path: Path) -> None:
    begin, end = recorded.spans(1)[0]
    target = tmp_path / "film.mkv"
    done = recorded.cli("play", "1", "--from", iso(begin + 2), "--to", iso(end - 1), "-o", str(target), "--json", code=0)
    (file,) = json.loads(done.stdout)["files"]
    length, count, complaints = packets(target)
    assert not complaints and length == pytest.approx(end - begin - 3, abs=1.3), "a keyframe comes every second"
    assert count == pytest.approx(length * 15, abs=3)
    assert file["bytes"] == target.stat().st_size and json.loads(done.stdout)["missing"] == []


def test_a_gap_is_told_and_keeps_its_time_in_the_film(recorded: RecorderBox, tmp_path: Path) -> None:
    (begin, before), (after, _) = recorded.spans(1)[:2]
    target = tmp_path / "film.mkv"
    done = recorded.cli("play", "1", "--from", iso(begin), "--to", iso(after + 3), "-o", str(target), "--lang", "en", code=1)
    assert f"no picture: {local(before)} - {local(after)}" in done.stdout
    length, _, complaints = packets(target)
    assert not complaints and length == pytest.approx(after + 3 - begin, abs=1.3)
    found = chapters(target)
    assert [round(at) for at, _, _ in found] == [0, round(before - begin), round(after - begin)]
    assert "no picture" in found[1][2] and "sent no picture" in found[1][2] and local(begin) in found[0][2]


def test_the_segment_being_written_is_played_too(recorded: RecorderBox, tmp_path: Path) -> None:
    target = tmp_path / "now.mkv"
    recorded.cli("play", "1", "--from", "3s", "--to", "now", "-o", str(target))
    length, _, complaints = packets(target)
    assert 0.5 < length < 6 and not complaints


def test_another_codec_goes_into_a_file_of_its_own(recorded: RecorderBox, tmp_path: Path) -> None:
    begin = recorded.spans(2)[0][0]
    done = recorded.cli("play", "2", "--from", iso(begin), "--to", "now", "-o", str(tmp_path / "film.mkv"), "--json")
    files = [Path(file["path"]) for file in json.loads(done.stdout)["files"]]
    assert [file.name for file in files] == ["film.mkv", "film-2.mkv"]
    probe = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0"]
    codecs = [subprocess.run([*probe, str(file)], capture_output=True, text=True).stdout.strip() for file in files]
    assert codecs == ["h264", "hevc"]
    assert [packets(file)[2] for file in files] == [[], []]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["play", "1", "--from", "yesterday", "--to", "now", "-o", "{}/a.mkv"], 2, "07:30"),
        (["play", "1", "--from", "now", "--to", "1h", "-o", "{}/a.mkv"], 2, "--to must come after --from"),
        (["play", "1", "--from", "10m", "--to", "now", "-o", "{}/a.avi"], 2, "a.mkv"),
        (["play", "1", "--from", "10m", "--to", "now", "-o", "{}/nowhere/a.mkv"], 2, "nowhere"),
        (["play", "1", "--from", "3d", "--to", "now", "-o", "{}/a.mkv"], 2, "at most 26 hours"),
        (["play", "1", "--from", "3d", "--to", "2d", "-o", "{}/a.mkv"], 1, "recordings list 1"),
        (["play", "9", "--from", "10m", "--to", "now", "-o", "{}/a.mkv"], 1, "camera 9"),
        (["list", "9"], 2, "there are: 1, 2"),
        (["gaps", "--from", "25:99"], 2, "07:30"),
    ],
)
def test_bad_input_is_told_what_to_write_instead(recorded: RecorderBox, tmp_path: Path, words: list[str], code: int, said: str) -> None:
    done = recorded.cli(*(word.format(tmp_path) for word in words), "--lang", "en", code=code)
    assert said in done.stderr + done.stdout
    assert list(tmp_path.iterdir()) == []
    assert recorded.cli(*(word.format(tmp_path) for word in words), "--lang", "vi", code=code).stderr != done.stderr


def test_a_file_that_is_there_already_is_not_overwritten(recorded: RecorderBox, tmp_path: Path) -> None:
    (tmp_path / "film.mkv").write_text("mine")
    done = recorded.cli("play", "1", "--from", "5s", "--to", "now", "-o", str(tmp_path / "film.mkv"), code=2)
    assert "film-2.mkv" in done.stderr and (tmp_path / "film.mkv").read_text() == "mine"


def looks(box: RecorderBox) -> list[dict[str, Any]]:
    return [json.loads(line) for line in noted(box).splitlines()]


def noted(box: RecorderBox) -> str:
    """The access log, which is there from the first look on."""
    log = box.state / "access.log"
    return log.read_text() if log.exists() else ""


@root
def test_each_look_is_noted_with_who_when_and_what(recorded: RecorderBox, tmp_path: Path) -> None:
    before, began = looks(recorded), time.time()
    environment = {**os.environ, "SUDO_USER": "engineer"}
    recorded.cli("play", "1", "--from", "4s", "--to", "now", "-o", str(tmp_path / "film.mkv"), env=environment)
    (line,) = looks(recorded)[len(before) :]
    assert (line["uid"], line["user"], line["sudo_user"], line["slot"], line["granted"]) == (0, "root", "engineer", 1, True)
    assert began - 1 <= datetime.fromisoformat(line["at"]).timestamp() <= time.time() + 1
    assert datetime.fromisoformat(line["to"]) > datetime.fromisoformat(line["from"])
    assert noted(recorded).startswith("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in before))


@root
@pytest.mark.parametrize(("group", "code"), [("nogroup", {0, 1}), ("games", {2})], ids=["a reader", "a stranger"])
def test_only_readers_are_let_in(recorded: RecorderBox, group: str, code: set[int]) -> None:
    """Neither can open the files by name; the reader borrows them at the door."""
    account = {"nogroup": "nobody", "games": "games"}[group]
    place = recorded.home / f"out-{account}"
    place.mkdir()
    os.chown(place, pwd.getpwnam(account).pw_uid, -1)
    who: dict[str, Any] = {"user": account, "group": group, "extra_groups": [], "env": {**os.environ, "SUDO_USER": "root"}}
    opened = subprocess.run(["ls", str(recorded.footage / "1")], capture_output=True, text=True, **who)
    assert "Permission denied" in opened.stderr
    done = recorded.cli("play", "1", "--from", "4s", "--to", "now", "-o", str(place / "film.mkv"), "--lang", "en", **who)
    assert done.returncode in code, done.stderr
    line = looks(recorded)[-1]
    assert (line["user"], line["sudo_user"], line["granted"]) == (account, None, 2 not in code), "what it says of itself is not believed"
    assert (place / "film.mkv").exists() is (2 not in code)


def local(at: float) -> str:
    from edge_agent.recorder import times

    return times.local(at)
