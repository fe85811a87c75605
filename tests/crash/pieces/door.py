"""Footage is lent only when a whole line says to whom, and a line that was cut short spoils no other."""

import json
from pathlib import Path

from edge_agent.recorder.footage_service import AccessLog, Peer
from tests.crash.piece import Piece, Said, Say

NEXT = 99


def before(folder: Path) -> None:
    _note(folder, 0)


def act(folder: Path, say: Say) -> None:
    for number in range(1, 6):
        try:
            _note(folder, number)
        except OSError:
            continue
        say("lent", number)


def after(folder: Path, said: Said, complete: bool) -> None:
    _note(folder, NEXT)
    noted = []
    for line in (folder / "access.log").read_text().splitlines():
        try:
            noted.append(json.loads(line)["slot"])
        except ValueError:
            continue
    assert {0, NEXT, *(number for _, number in said)} <= {*noted}, f"lent, and not noted: {noted}"
    assert noted == sorted(set(noted))


def _note(folder: Path, slot: int) -> None:
    AccessLog(folder / "access.log").note(Peer(0, 0, "nguyen"), slot, 1.0, 2.0, True, 3)


PIECE = Piece(before, act, after)
