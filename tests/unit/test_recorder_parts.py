"""The recorder's small parts: settings, ffmpeg's words, times, the disk, the writer, the film's script, and that every word is said."""

from __future__ import annotations

import ast
import asyncio
import errno
import json
import os
import re
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contract.strict import ContractError
from edge_agent.recorder import camera, commands, disk, ffmpeg, playout, reading, settings, texts, times
from edge_agent.recorder.index import Index
from edge_agent.recorder.index_writer import IndexWriter
from edge_agent.recorder.playout import Piece
from edge_agent.system.watched import Login

GIVEN = {"schema": 1, "site": "BD-0001", "code": "an-nhon-01", "cameras": [{"slot": 1, "name": "C1", "address": "192.168.1.11"}]}


# --- settings ---------------------------------------------------------------------------------------------------------


def test_settings_need_only_the_cameras() -> None:
    found = settings.parse(json.dumps(GIVEN))
    assert (found.days, found.segment_s, str(found.footage)) == (30.0, 60, "/var/lib/ketnoi-recorder/footage")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"days": 0}, "recorder.json.days"),
        ({"dayz": 30}, "dayz"),
        ({"footage": "here"}, "absolute"),
        ({"cameras": GIVEN["cameras"] * 2}, "twice"),
        ({"cameras": [{"slot": 0, "name": "x", "address": "y"}]}, "slot"),
        ({"schema": 2}, "schema"),
        ({"keep_free_bytes": "2G"}, "keep_free_bytes"),
    ],
)
def test_a_fault_in_the_settings_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        settings.parse(json.dumps(GIVEN | change))


# --- ffmpeg -----------------------------------------------------------------------------------------------------------


@given(st.text(min_size=1, max_size=16).filter(lambda text: text.isprintable()), st.text("abc/?=&'%;\n ", max_size=20))
def test_what_ffmpeg_says_never_shows_the_password(password: str, path: str) -> None:
    target = ffmpeg.Target("192.168.1.11", 554, path, Login("kn-view", password))
    playlist = target.playlist()
    lines = [line for line in playlist.splitlines() if line.startswith("file ")]
    assert len(lines) == 1 and lines[0].count("'") == 2, "nothing breaks out of the one line"
    address = lines[0][6:-1]
    for said in (f"[concat @ 0x1] Impossible to open '{address}'", f"method DESCRIBE failed: 401 Unauthorized {address}"):
        cleaned = target.clean(said)
        assert "kn-view:" not in cleaned and "***" in cleaned


def test_a_target_printed_by_mistake_shows_no_password() -> None:
    assert "CanaryView1" not in repr(ffmpeg.Target("192.168.1.11", 554, "/stream", Login("kn-view", "CanaryView1")))


def test_arguments_hold_neither_address_nor_account() -> None:
    words = ffmpeg.argv(Path("/footage/1/live/ab-%06d.mkv"), 60)
    assert "pipe:0" in words and not [word for word in words if "@" in word or "192.168" in word]


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("[rtsp @ 0x1] method DESCRIBE failed: 401 Unauthorized", "login_refused"),
        ("[rtsp @ 0x1] method DESCRIBE failed: 403 Forbidden", "login_refused"),
        ("[rtsp @ 0x1] method DESCRIBE failed: 404 Not Found", "no_such_stream"),
        ("[rtsp @ 0x1] method SETUP failed: 461 Unsupported transport", "refused"),
        ("[tcp @ 0x1] Connection to tcp://192.168.1.11:554 failed: Connection refused", "port_closed"),
        ("[tcp @ 0x1] Connection to tcp://192.168.1.11:554 failed: No route to host", "no_answer"),
        ("pipe:0: Connection timed out", "no_answer"),
        ("Stream map '0:v:0' matches no streams.", "no_video"),
        ("something that nobody has seen before", "closed"),
    ],
)
def test_a_complaint_is_understood(said: str, meaning: str) -> None:
    assert ffmpeg.meaning(["[segment @ 0x2] Non-monotonous DTS", said]) == meaning


# --- times ------------------------------------------------------------------------------------------------------------

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("text", "ago"), [("now", 0), ("90s", 90), ("-15m", 900), ("2h", 7200), ("1d", 86400), ("2026-11-18T12:46:40+00:00", 0)]
)
def test_times_are_read_as_people_type_them(text: str, ago: float) -> None:
    assert times.parse(text, NOW) == pytest.approx(NOW - ago + (0 if "T" not in text else times.parse(text, NOW) - NOW))


def test_a_time_without_an_offset_is_the_facility_s_own() -> None:
    assert times.parse("2026-11-22T07:30", NOW) == times.parse("2026-11-22T00:30:00Z", NOW)
    assert times.local(times.parse("07:30", NOW)).startswith("07:30:00")


@pytest.mark.parametrize("text", ["", "yesterday", "25:00", "2026-13-01", "12345678m", "m", "7"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        times.parse(text, NOW)


@given(st.floats(1e9, 4e9))
def test_midnight_comes_after_now_and_within_a_day(at: float) -> None:
    assert 0 < times.next_day(at) - at <= 86400
    assert times.day(times.next_day(at) - 1) == times.day(at)


# --- disk -------------------------------------------------------------------------------------------------------------

ROOMY = (1 << 20, 30.0, 10**9, 10**6, False)


def test_a_disk_is_as_good_as_the_days_that_it_will_hold(tmp_path: Path) -> None:
    assert disk.look(tmp_path, *ROOMY).state == "ok"
    small = disk.look(tmp_path, 1 << 20, 30.0, 0, 10.0**13, False)
    assert (small.state, small.detail) == ("low", "too_small") and small.writable
    assert disk.look(tmp_path, 1 << 50, 30.0, 0, None, False).detail == "little_free"
    assert disk.look(tmp_path, 1 << 20, 30.0, 0, None, True).detail == "crowded"
    assert disk.look(tmp_path / "nowhere", *ROOMY).detail == "missing"
    assert list(tmp_path.iterdir()) == [], "the trial leaves nothing"


@pytest.mark.parametrize(
    ("number", "state", "detail"),
    [
        (errno.ENOSPC, "full", "full"),
        (errno.EROFS, "failed", "read_only"),
        (errno.EIO, "failed", "broken"),
        (errno.EACCES, "failed", "not_ours"),
    ],
)
def test_what_the_disk_answers_to_a_write_is_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, state: str, detail: str
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(disk.os, "write", refuse)
    found = disk.look(tmp_path, *ROOMY)
    assert (found.state, found.detail, found.writable) == (state, detail, False)
    assert list(tmp_path.iterdir()) == []


# --- writer ------------------------------------------------------------------------------------------------------------


def test_changes_wait_while_the_disk_is_full_and_then_go_in_their_order(tmp_path: Path) -> None:
    index, full, done = Index.open(tmp_path / "index.db", 2.0), [True], []

    def change(number: int) -> Any:
        def write(_: Index) -> None:
            if full[0]:
                raise sqlite3.OperationalError("database or disk is full")
            done.append(number)

        return write

    async def run() -> None:
        writer = IndexWriter(index)
        for number in range(3):
            writer.put(change(number))
        assert not await writer.flush() and writer.failure == "database or disk is full" and done == []
        full[0] = False
        assert await writer.ask(lambda _: list(done)) == [0, 1, 2] and writer.failure is None

    asyncio.run(run())


def test_whoever_is_cancelled_while_a_change_is_written_leaves_it_written_once_and_nobody_meets_it_half_way(tmp_path: Path) -> None:
    """The service ends while its index is written: closing it under a thread that uses it ended the process by a signal."""
    index = Index.open(tmp_path / "index.db", 2.0)
    begun, go_on, order = threading.Event(), threading.Event(), []

    def slow(_: Index) -> None:
        order.append("begins")
        begun.set()
        assert go_on.wait(20)
        order.append("written")

    async def run() -> None:
        writer = IndexWriter(index)
        writer.put(slow)
        writing = asyncio.create_task(writer.run())
        await asyncio.to_thread(begun.wait, 20)
        writing.cancel()
        closing = asyncio.create_task(writer.ask(lambda _: order.append("asked")))
        await asyncio.sleep(0.05)
        assert order == ["begins"] and not writing.done() and not closing.done()
        go_on.set()
        await asyncio.gather(writing, closing, return_exceptions=True)
        assert writing.cancelled() and order == ["begins", "written", "asked"]

    asyncio.run(run())
    index.close()


# --- films ------------------------------------------------------------------------------------------------------------


def piece(start: float, end: float, codec: str | None = "h264", handle: int = 7) -> Piece:
    return Piece(NOW + start, NOW + end, codec, handle)


def test_a_film_is_one_codec_long() -> None:
    pieces = [piece(0, 60), piece(60, 120, None), piece(120, 180, "h265"), piece(180, 240, "h265")]
    assert [len(part) for part in playout.parts(pieces)] == [2, 2]
    assert playout.parts([]) == []


def test_the_script_keeps_the_facility_s_time() -> None:
    told = playout.script([piece(0, 60), piece(60, 90), piece(120, 180)], NOW + 10, NOW + 150)
    assert re.findall(r"^(inpoint|duration|outpoint) (\S+)", told, re.M) == [
        ("inpoint", "10.000"),
        ("duration", "50.000"),
        ("duration", "60.000"),
        ("outpoint", "30.000"),
    ]


def test_a_clock_that_was_set_back_costs_no_footage_in_the_film() -> None:
    told = playout.script([piece(0, 60), piece(-3000, -2940)], NOW - 4000, NOW + 100)
    assert "duration 60.000" in told


def test_stretches_tell_pictures_from_gaps() -> None:
    found = list(playout.stretches([piece(0, 60), piece(61, 90), piece(120, 180)], NOW + 5, NOW + 150))
    assert [(at - NOW, until - NOW, shown) for at, until, shown in found] == [(5, 90, True), (90, 120, False), (120, 150, True)]


# --- words ------------------------------------------------------------------------------------------------------------


def test_every_reason_that_the_code_can_give_has_its_words() -> None:
    given = {
        *camera.AT_ONCE,
        "footage_missing",
        "stalled",
        "unknown",
        "disk_full",
        "disk_failed",
        "box_off",
        "recorder_stopped",
        "clock_set",
    }
    assert given | {"camera_down", "starting"} == set(texts.WHY)
    details = {*disk._FAILURES.values(), "broken", "silent", "index", "ok", "too_small", "crowded", "little_free"}
    assert details == set(texts.DISK)


def test_every_problem_is_told_in_both_languages() -> None:
    used = set()
    for path in Path(commands.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem" and isinstance(node.args[0], ast.Constant):
                used.add(node.args[0].value)
    assert used and used <= set(texts.SAYS)
    for table in (texts.SAYS, texts.WHY, texts.DISK, texts.STATE, texts.DISK_STATE):
        assert all(text.vi and text.en and (text.vi != text.en or "{" in text.vi) for text in table.values())
        for text in table.values():
            assert sorted(re.findall(r"{(\w+)}", text.vi)) == sorted(re.findall(r"{(\w+)}", text.en))


def test_the_status_of_a_recorder_of_version_0_1_that_runs_on_is_understood(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text(json.dumps(
        {"schema": 1, "at": "2026-01-02T03:04:05.000000Z", "written_mono": 0.0, "site": "BD-0001", "code": "a", "name": "A",
         "days_wanted": 30.0, "clock_synced": True, "ages_out": True, "cameras": {},
         "disk": {"path": "/x", "total_bytes": 9, "free_bytes": 3, "state": "ok", "detail": "fits", "holds_days": None}}
    ))  # fmt: skip
    document = reading.present(tmp_path)
    assert document is not None and document["days_desired"] == 30.0 and "days_wanted" not in document
