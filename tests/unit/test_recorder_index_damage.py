"""An index that can't be used: damage is mended while it runs, anything else is waited for, and room is made before it opens."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from edge_agent.recorder import disk, settings, upkeep
from edge_agent.recorder.index import Index, Segment
from edge_agent.recorder.index_writer import IndexWriter
from edge_agent.recorder.opening import Opening
from edge_agent.recorder.service import Service
from edge_agent.recorder.wallclock import WallClock
from tests.unit.recorder_files import segment, steady

T = 1_795_000_000.0


def wanted(tmp_path: Path, **change: Any) -> settings.Settings:
    cameras = [{"slot": 1, "name": "C1", "address": "192.168.1.11"}]
    given = {"schema": 1, "site": "BD-0001", "code": "an-nhon-01", "cameras": cameras, "footage": str(tmp_path / "footage")}
    return settings.parse(json.dumps(given | change))


def opening(tmp_path: Path, **change: Any) -> Opening:
    found = wanted(tmp_path, **change)
    return Opening(lambda: found, tmp_path, WallClock(), "b1", lambda: None)


def filmed(tmp_path: Path, number: int, folder: str = "2026-11-18") -> Segment:
    """A minute's file of camera 1, and the row that it should have."""
    path = tmp_path / "footage/1" / folder / f"{number}.mkv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(segment(steady(60)))
    start = T + 60 * number
    os.utime(path, (start + 60, start + 60))
    return Segment(0, 1, start, start + 60, path.stat().st_size, f"1/{folder}/{number}.mkv", "h264", 0, 0, "b1", True)


def failing(code: int, name: str) -> sqlite3.DatabaseError:
    error = sqlite3.OperationalError(name) if code & 0xFF != sqlite3.SQLITE_CORRUPT else sqlite3.DatabaseError(name)
    error.sqlite_errorcode = code
    return error


def test_an_index_damaged_while_it_runs_is_made_anew_and_no_row_is_lost(tmp_path: Path) -> None:
    index = opening(tmp_path).open(lambda: None)
    for number in range(3):
        index.add(filmed(tmp_path, number))
    filmed(tmp_path, 9, "live")
    broken = [True]

    def add(index: Index) -> None:
        if broken.pop() if broken else False:
            raise failing(sqlite3.SQLITE_CORRUPT, "database disk image is malformed")
        index.add(filmed(tmp_path, 3))

    async def run() -> list[str]:
        writer = IndexWriter(index, renewed=opening(tmp_path).renewed)
        writer.put(add)
        assert await writer.flush() and writer.failure is None
        return [row.path for row in await writer.ask(Index.everything)]

    assert asyncio.run(run()) == [f"1/2026-11-18/{number}.mkv" for number in range(4)]
    assert (tmp_path / "index.db.bad").exists()
    assert (tmp_path / "footage/1/live/9.mkv").exists(), "what is being written stays where it is"


def test_pages_that_went_bad_are_found_by_the_look_that_is_taken_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = opening(tmp_path).open(lambda: None)
    for number in range(400):
        index._db.execute("INSERT INTO gaps VALUES (NULL, 1, ?, ?, 'stalled', ?, 'b', 1)", (number, number + 1, "x" * 500))
    index.add(filmed(tmp_path, 1))
    index._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    index._db.execute("PRAGMA shrink_memory")
    with (tmp_path / "index.db").open("r+b") as file:
        file.seek(4096 * 10)
        file.write(b"\xa5" * 4096 * 30)
    monkeypatch.setattr("edge_agent.recorder.index_writer.CHECK_EVERY_S", 0.0)

    async def run() -> list[Segment]:
        writer = IndexWriter(index, renewed=opening(tmp_path).renewed)
        await writer.check()
        return await writer.ask(Index.everything)

    assert [row.path for row in asyncio.run(run())] == ["1/2026-11-18/1.mkv"]
    assert (tmp_path / "index.db.bad").exists()


@pytest.mark.parametrize(
    ("code", "name"), [(sqlite3.SQLITE_FULL, "full"), (sqlite3.SQLITE_BUSY, "locked"), (sqlite3.SQLITE_IOERR, "disk I/O error")]
)
def test_what_only_stands_in_the_way_is_waited_for_and_sets_nothing_aside(tmp_path: Path, code: int, name: str) -> None:
    index = opening(tmp_path).open(lambda: None)
    broken = [True]

    def add(index: Index) -> None:
        if broken.pop() if broken else False:
            raise failing(code, name)
        index.add(filmed(tmp_path, 0))

    async def run() -> int:
        writer = IndexWriter(index, renewed=opening(tmp_path).renewed)
        writer.put(add)
        assert not await writer.flush() and writer.failure == name
        return await writer.ask(lambda index: len(index.everything()))

    assert asyncio.run(run()) == 1 and not list(tmp_path.glob("*.bad"))


def test_a_new_index_that_does_not_fit_is_waited_for_too(tmp_path: Path) -> None:
    index = opening(tmp_path).open(lambda: None)
    first = filmed(tmp_path, 0)
    refused = [failing(sqlite3.SQLITE_CORRUPT, "malformed")]

    def renewed(damaged: Index) -> Index:
        damaged.close()
        if refused:
            raise refused.pop()
        return opening(tmp_path).renewed(damaged)

    def add(index: Index) -> None:
        if refused:
            refused[:] = [failing(sqlite3.SQLITE_FULL, "full")]
            raise failing(sqlite3.SQLITE_CORRUPT, "malformed")
        index.mark(1, first.end, "camera_down")

    async def run() -> list[Segment]:
        writer = IndexWriter(index, renewed=renewed)
        writer.put(add)
        assert not await writer.flush() and writer.failure == "full"
        assert await writer.flush() and writer.failure is None
        return await writer.ask(Index.everything)

    assert [row.path for row in asyncio.run(run())] == [first.path]


def test_on_a_full_disk_the_oldest_footage_makes_room_for_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Full until two of five files are gone; the newest two minutes would stay in any case."""
    index = opening(tmp_path).open(lambda: None)
    rows = [filmed(tmp_path, number) for number in range(5)]
    for row in rows:
        index.add(row)
    index.close()
    footage = tmp_path / "footage"
    opened, held = Index.open, sum(row.bytes for row in rows[2:])

    def missing(_: object = None) -> int:
        return sum(path.stat().st_size for path in footage.rglob("*.mkv")) - held

    def full(path: Path, gap_s: float) -> Index:
        if missing() > 0:
            raise failing(sqlite3.SQLITE_FULL, "database or disk is full")
        return opened(path, gap_s)

    monkeypatch.setattr(Index, "open", full)
    monkeypatch.setattr(upkeep, "short", missing)
    monkeypatch.setattr(disk, "same", lambda *_: True)
    monkeypatch.setattr("edge_agent.recorder.service.RETRY_S", 0.01)
    found = wanted(tmp_path, keep_last_s=120)
    service = Service(found, tmp_path / "recorder.json", tmp_path, tmp_path)
    index = asyncio.run(asyncio.wait_for(service._index(), 20))
    assert index is not None
    assert [row.path for row in index.everything()] == [row.path for row in rows[2:]]
    assert index.gaps(1) == [], "what went for lack of space is no gap"
    assert sorted(footage.rglob("*.mkv")) == sorted(footage / row.path for row in rows[2:])


def test_a_long_recovery_after_a_full_disk_feeds_the_watchdog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """systemd was told that the service is up when the disk was full: from then on it counts."""
    for number in range(3):
        filmed(tmp_path, number)
    told: list[str] = []
    opened, refused = Index.open, [failing(sqlite3.SQLITE_FULL, "full")]

    def full_once(path: Path, gap_s: float) -> Index:
        if refused:
            raise refused.pop()
        told.append("opened")
        return opened(path, gap_s)

    monkeypatch.setattr(Index, "open", full_once)
    monkeypatch.setattr("edge_agent.recorder.service.notify", told.append)
    for name in ("RETRY_S", "FED_EVERY_S"):
        monkeypatch.setattr(f"edge_agent.recorder.service.{name}", 0.0)
    service = Service(wanted(tmp_path), tmp_path / "recorder.json", tmp_path, tmp_path)
    index = asyncio.run(asyncio.wait_for(service._index(), 20))
    assert index is not None and len(index.everything()) == 3
    assert told == ["READY=1", "WATCHDOG=1", "opened", *["WATCHDOG=1"] * 3]


def test_settings_are_read_again_while_the_index_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("edge_agent.recorder.service.notify", told.append)
    service = Service(wanted(tmp_path), tmp_path / "recorder.json", tmp_path, tmp_path)
    cameras = [{"slot": 2, "name": "C2", "address": "192.168.1.12"}]
    document = {"schema": 1, "site": "BD-0001", "code": "an-nhon-01", "cameras": cameras, "footage": str(tmp_path / "footage")}
    (tmp_path / "recorder.json").write_text(json.dumps(document))
    service.reload()
    assert [each.slot for each in service.settings.cameras] == [2] and told == ["RELOADING=1", "READY=1"]
