"""What the harness must find: a file that is written in place and not synced, and an error that is swallowed."""

import contextlib
from pathlib import Path

from tests.crash.piece import Piece, Said, Say


def before(folder: Path) -> None:
    (folder / "file").write_text("old" * 100)


def act(folder: Path, say: Say) -> None:
    with contextlib.suppress(OSError):
        (folder / "file").write_text("new" * 100)
    say("written")


def after(folder: Path, said: Said, complete: bool) -> None:
    content = (folder / "file").read_text()
    assert content in ("old" * 100, "new" * 100), "neither old nor new"
    assert not said or content == "new" * 100, "it is not what was said"


PIECE = Piece(before, act, after)
