"""Killed, restarted, out of room: what is lost, and whether it is said."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from awkward_source import AwkwardSource, clip
from recorder_box import SEGMENT_S, RecorderBox, packets

root = pytest.mark.skipif(os.geteuid() != 0, reason="a small disk is mounted")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RecorderBox]:
    made = RecorderBox(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """48 MB that are full in a moment."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "none", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_killed_outright_it_loses_a_second_and_says_why(box: RecorderBox) -> None:
    box.settings["segment_s"] = 60
    with AwkwardSource(clip()) as source:
        box.camera(1, source.port)
        box.start()
        box.recorded(1, time.time() + 4)
        at = time.time()
        box.kill()
        time.sleep(2.5)
        (torn,) = (box.footage / "1" / "live").glob("*.mkv")
        box.start()
        box.recorded(1, time.time())
        box.stop()
    assert not torn.exists(), "it has its place now"
    (begin, end), _ = box.spans(1)
    assert at - end < 2.5 and end - begin > 2.5, f"lost {at - end:.1f} s"
    (gap,) = box.gaps(1)
    assert gap["why"] == "recorder_stopped"
    run, _, _ = torn.name.partition("-")
    kept = [packets(path) for path in box.files(1) if f"-{run}-" in path.name]  # two where a minute ended meanwhile
    assert sum(count for _, count, _ in kept) == pytest.approx((end - begin) * 15, abs=3)
    assert kept and not any(complaints for _, _, complaints in kept)


def test_the_ends_of_another_boot_are_the_box_s(box: RecorderBox, monkeypatch: pytest.MonkeyPatch) -> None:
    with AwkwardSource(clip()) as source:
        box.camera(1, source.port)
        monkeypatch.setenv("KETNOI_BOOT_ID", "one")
        box.start()
        box.finished(1, 1)
        box.stop()
        time.sleep(2)
        monkeypatch.setenv("KETNOI_BOOT_ID", "two")
        box.start()
        box.finished(1, 1)
        box.stop()
    assert [gap["why"] for gap in box.gaps(1)] == ["box_off"]


@root
def test_a_disk_that_fills_makes_room_of_the_oldest_and_warns_before(box: RecorderBox, small_disk: Path) -> None:
    box.settings |= {"footage": str(small_disk), "keep_free_bytes": 40 << 20, "segment_s": 1, "keep_last_s": 0}
    with AwkwardSource(clip(size="1280x720")) as source:
        box.camera(1, source.port)
        box.start()
        box.until(lambda: box.status()["disk"]["state"] == "low", 60)
        first = box.files(1)[0]
        box.until(lambda: not first.exists(), 60)
        assert box.states() == {"1": "recording"}
        assert box.cli("status", "--lang", "en", code=1).stdout.startswith("Disk ")
        box.stop()
    assert box.gaps(1) == [], "nothing was interrupted"


@root
def test_a_full_disk_is_said_to_be_full_and_recording_goes_on_when_there_is_room(box: RecorderBox, small_disk: Path) -> None:
    box.settings |= {"footage": str(small_disk / "footage")}
    with AwkwardSource(clip()) as source:
        box.camera(1, source.port)
        box.start()
        box.finished(1, 1)
        foreign = small_disk / "somebody-else-s"
        with foreign.open("wb") as file:
            file.truncate(shutil.disk_usage(small_disk).free)
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(small_disk).free)
        box.until(lambda: box.status()["disk"]["state"] == "full", 20)
        box.until(lambda: box.states() == {"1": "down"} and box.status()["cameras"]["1"]["why"] == "disk_full", 20)
        assert len(box.files(1)) >= 1, "the newest are not given up for a stranger's file"
        foreign.unlink()
        box.until(lambda: box.states() == {"1": "recording"} and box.status()["disk"]["state"] == "ok", 30)
        box.finished(1, 1)
        box.stop()
    assert [gap["why"] for gap in box.gaps(1)] == ["disk_full"]


@root
def test_started_on_a_disk_without_a_byte_left_it_makes_room_for_its_index(box: RecorderBox, tmp_path: Path) -> None:
    """Footage and index on one disk, as on most boxes, and somebody else has filled it."""
    box.settings |= {"keep_last_s": 0, "segment_s": 1}
    box.state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "none", str(box.state)], check=True)
    try:
        with AwkwardSource(clip()) as source:
            box.camera(1, source.port)
            box.start()
            box.finished(1, 6)
            box.stop()
            before = len(box.files(1))
            foreign = box.state / "somebody-else-s"
            with foreign.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(box.state).free)
            box.start(wait=False)
            box.until(lambda: box.status()["disk"].get("state") == "full", 30)
            assert len(box.files(1)) < before and not list(box.state.glob("*.bad"))
            foreign.unlink()
            box.until(lambda: box.states() == {"1": "recording"} and box.status()["disk"]["state"] == "ok", 30)
            box.stop()
        assert "footage_missing" not in [gap["why"] for gap in box.gaps(1)]
    finally:
        subprocess.run(["umount", "--lazy", str(box.state)], check=True)


@root
def test_a_disk_that_goes_read_only_is_a_failed_one(box: RecorderBox, small_disk: Path) -> None:
    box.settings |= {"footage": str(small_disk / "footage")}
    with AwkwardSource(clip()) as source:
        box.camera(1, source.port)
        box.start()
        box.finished(1, 1)
        # Open files keep such a remount out: a bind over the folder is what the next file meets.
        subprocess.run(["mount", "--bind", str(small_disk), str(small_disk)], check=True)
        try:
            subprocess.run(["mount", "-o", "remount,ro,bind", str(small_disk)], check=True)
            box.until(lambda: box.status()["disk"] | {} and box.status()["disk"]["detail"] == "read_only", 20)
            assert box.status()["disk"]["state"] == "failed"
            box.until(lambda: box.states() == {"1": "down"} and box.status()["cameras"]["1"]["why"] == "disk_failed", 20)
        finally:
            subprocess.run(["umount", "--lazy", str(small_disk)], check=True)
        box.until(lambda: box.states() == {"1": "recording"}, 30)
        box.finished(1, 1)
        box.stop()
    assert [gap["why"] for gap in box.gaps(1)] == ["disk_failed"]


@root
def test_a_disk_that_is_not_mounted_is_missed_and_nothing_is_forgotten(box: RecorderBox, small_disk: Path) -> None:
    box.settings |= {"footage": str(small_disk / "footage")}
    with AwkwardSource(clip()) as source:
        box.camera(1, source.port)
        box.start()
        box.finished(1, 1)
        box.stop()
        held = box.home / "held"
        held.mkdir()
        subprocess.run(["mount", "--bind", str(small_disk), str(held)], check=True)
        subprocess.run(["umount", "--lazy", str(small_disk)], check=True)
        box.start(wait=False)
        box.until(lambda: box.status()["disk"].get("detail") == "missing", 20)
        assert box.states() == {"1": "down"}
        subprocess.run(["mount", "--bind", str(held), str(small_disk)], check=True)
        subprocess.run(["umount", "--lazy", str(held)], check=True)
        box.until(lambda: box.states() == {"1": "recording"}, 30)
        box.finished(1, 1)
        box.stop()
    assert len(box.spans(1)) == 2 and "footage_missing" not in {gap["why"] for gap in box.gaps(1)}


@root
def test_an_index_that_cannot_be_written_waits_and_footage_goes_on(box: RecorderBox, small_disk: Path) -> None:
    """The index lies on the system's disk, and that one fills."""
    box.settings |= {"footage": str(box.home / "footage")}
    box.state.symlink_to(small_disk)
    with AwkwardSource(clip()) as source:
        box.camera(1, source.port)
        box.start()
        box.finished(1, 1)
        foreign = small_disk / "somebody-else-s"
        with foreign.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(small_disk).free)
        box.finished(1, 3)
        box.until(lambda: box.status()["disk"]["detail"] == "index", 40)
        assert box.states() == {"1": "recording"}
        foreign.unlink()
        box.until(lambda: box.status()["disk"]["detail"] != "index", 20)
        box.finished(1, 1)
        box.stop()
    assert len(box.spans(1)) == 1 and box.gaps(1) == [] and SEGMENT_S
