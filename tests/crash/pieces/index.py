"""The recorder's index and its footage: each file has its row and each row its file, or a gap says that it is missing."""

import json
import os
import sqlite3
from pathlib import Path

from edge_agent.recorder import settings, upkeep
from edge_agent.recorder.index import Index, Segment
from edge_agent.recorder.opening import Opening
from edge_agent.recorder.run import move
from edge_agent.recorder.wallclock import WallClock
from tests.crash.piece import Piece, Said, Say
from tests.unit.recorder_files import segment, steady

T, LASTS_S, DAY = 1_795_000_000.0, 10, "2026-11-18"
FIRST, MORE = 3, 4
FILM = segment(steady(LASTS_S))


def before(folder: Path) -> None:
    (folder / "footage/1/live").mkdir(parents=True)
    index = _open(folder)
    for number in range(FIRST):
        index.add(_filmed(folder, number))
    index.close()


def act(folder: Path, say: Say) -> None:
    index = _open(folder)
    for number in range(FIRST, FIRST + MORE):
        index.add(_filmed(folder, number))
        say("kept", number)
        index.mark(1, T + LASTS_S * number, "no_picture")
    going = index.oldest(1, 2)
    say("going", *(each.path for each in going))
    index.forget(upkeep.delete(folder / "footage", going))
    index.remember("alive", {"at": T, "boot": "b1", "synced": True})
    index.close()


def after(folder: Path, said: Said, complete: bool) -> None:
    promised = {*range(FIRST), *(number for what, number, *_ in said if what == "kept")}
    going = {path for what, *paths in said if what == "going" for path in paths}
    index = _open(folder)
    rows, gaps = [each.path for each in index.everything()], index.gaps(1)
    files = {str(path.relative_to(folder / "footage")) for path in (folder / "footage").rglob("*.mkv")}
    assert len(rows) == len({*rows}) and {*rows} == files, (rows, files)
    assert not list(folder.glob("*.bad*")), "a whole index was given up"
    starts = {each.start for each in index.everything()}
    for number in promised:
        path, start = _path(number), T + LASTS_S * number
        assert start in starts or path in going, f"{path} is lost"
        forgotten = start not in starts and start < min(starts)
        assert start in starts or forgotten or [gap for gap in gaps if gap.start <= start < gap.end], f"{path} went, and nothing says so"
    assert not list((folder / "footage/1/live").iterdir())
    index.add(_filmed(folder, 99))
    index.close()


def _open(folder: Path) -> Index:
    cameras = [{"slot": 1, "name": "C1", "address": "192.168.1.11"}]
    given = {"schema": 1, "site": "BD-0001", "code": "an-nhon-01", "cameras": cameras, "footage": str(folder / "footage")}
    wanted = settings.parse(json.dumps(given))
    return Opening(lambda: wanted, folder, WallClock(), "b1", lambda: None).open(lambda: None)


def _path(number: int) -> str:
    return f"1/{DAY}/{number}.mkv"


def _filmed(folder: Path, number: int) -> Segment:
    """A segment as ffmpeg leaves it in `live`, synced as all footage is every three seconds, moved to its day."""
    live, start = folder / f"footage/1/live/{number}.mkv", T + LASTS_S * number
    with live.open("wb") as file:
        file.write(FILM)
        file.flush()
        os.fsync(file.fileno())
    os.utime(live, (start + LASTS_S, start + LASTS_S))
    size = move(live, folder / "footage" / _path(number))
    return Segment(0, 1, start, start + LASTS_S, size, _path(number), "h264", 0, 0, "b1", True)


PIECE = Piece(before, act, after, (OSError, sqlite3.Error))
