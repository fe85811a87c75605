"""Making room while the index takes nothing: the files go, once, and the work for it stays bounded."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from edge_agent.recorder import retention
from edge_agent.recorder.index import Index, Segment
from edge_agent.recorder.index_writer import IndexWriter
from edge_agent.recorder.settings import Settings
from edge_agent.recorder.upkeep import BATCH, Upkeep
from edge_agent.recorder.wallclock import WallClock

OLD = Segment(0, 1, 0.0, 1.0, 1000, "", "h264", 0, 0, "b", True)


def test_an_index_that_cannot_be_written_does_not_keep_retention_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """BATCH files and some are past their days. The index, on a full disk, goes on naming those that are gone."""
    index = Index.open(tmp_path / "index.db", 2.0)
    for number in range(BATCH + 10):
        name = f"{number}.mkv"
        (tmp_path / name).write_bytes(b"x")
        index.add(replace(OLD, path=name, start=float(number), end=number + 1.0))
    monkeypatch.setattr(retention, "expired", lambda oldest, *_: list(oldest))
    forget, written = Index.forget, []

    def full(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    def works(its: Index, segments: list[Segment]) -> None:
        written.append(len(segments))
        forget(its, segments)

    async def play() -> None:
        writer = IndexWriter(index)
        wanted = cast(Settings, SimpleNamespace(footage=tmp_path, days=1, keep_free_bytes=0, keep_last_s=0))
        clock = cast(WallClock, SimpleNamespace(trusted=True, mono=lambda: 1e9, at=lambda mono: mono))
        upkeep = Upkeep(lambda: wanted, clock, writer, lambda: None, lambda: None)
        monkeypatch.setattr(Index, "forget", full)
        assert [await upkeep.make_room() for _ in range(4)] == [False] * 4
        assert len(list(tmp_path.glob("*.mkv"))) == 10 and index.size() == 1000 * (BATCH + 10)
        monkeypatch.setattr(Index, "forget", works)
        assert await writer.flush() and index.size() == 1000 * 10
        assert written == [BATCH], "each segment waits once"
        assert not await upkeep.make_room()
        assert list(tmp_path.glob("*.mkv")) == [] and index.size() == 0

    asyncio.run(play())
