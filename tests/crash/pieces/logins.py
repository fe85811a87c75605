"""The count of failed logins: whatever happens to it, a camera sees no third."""

from pathlib import Path

from edge_agent.devices.faults import LockedOut
from edge_agent.devices.logins import LIMIT, Logins
from tests.crash.piece import Piece, Said, Say

WRONG, RIGHT = "192.168.1.11:80", "192.168.1.12:80"


def before(folder: Path) -> None:
    logins = Logins(folder)
    logins.attempt(RIGHT, "admin").succeeded()
    logins.works(RIGHT, factory=False)


def act(folder: Path, say: Say) -> None:
    """Two commands, one after the other; the camera counts what is sent to it, and refuses."""
    for _ in range(2):
        logins = Logins(folder)
        for _ in range(LIMIT + 1):
            _refused(logins, say)
            _taken(logins, say)


def _refused(logins: Logins, say: Say) -> None:
    try:
        attempt = logins.attempt(WRONG, "admin")
        say("sent")
        attempt.refused()
    except (LockedOut, OSError):
        return


def _taken(logins: Logins, say: Say) -> None:
    try:
        logins.attempt(RIGHT, "admin").succeeded()
    except (LockedOut, OSError):
        return


def after(folder: Path, said: Said, complete: bool) -> None:
    sent, logins = len(said), Logins(folder)
    while True:
        try:
            attempt = logins.attempt(WRONG, "admin")
        except LockedOut:
            break
        sent += 1
        attempt.refused()
    assert sent <= LIMIT, f"{sent} failed logins"
    assert logins.factory_last(RIGHT) is False or not logins.left(RIGHT), "what was known of another device is lost, and nobody has to wait"


PIECE = Piece(before, act, after)
