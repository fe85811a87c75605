"""What a piece of the project says to the harness; those that there are stand in pieces/, one a file, as PIECE."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Say = Callable[..., None]
Said = list[list[Any]]


@dataclass(frozen=True)
class Piece:
    """`before` makes what is there before, on a disk that is well. `act` works on it, on a disk that fails somewhere; what it was
    promised it says at once: `say("stored", 3)`. `after` is the next start, on a disk that is well again: it gets what was said, as
    lists, and asserts what must hold; `complete` is True if `act` came to its end. What `act` may raise when the disk refuses is in
    `refuses`, anything else is wrong."""

    before: Callable[[Path], None]
    act: Callable[[Path, Say], None]
    after: Callable[[Path, Said, bool], None]
    refuses: tuple[type[BaseException], ...] = (OSError,)
