"""A guarded change: confirmed, it stays; else the old comes back, by the timer if the box lives, at boot if it doesn't."""

from collections.abc import Sequence
from pathlib import Path

from edge_agent.guard import change as changes
from edge_agent.guard.machine import ChangeRejected, Guard
from edge_agent.guard.system import TIMER, Done, System
from tests.crash.piece import Piece, Said, Say

OLD = {"a.conf": "old a"}
FIRST = {"a.conf": "first a", "b.conf": "first b"}
SECOND = {"a.conf": "second a", "c.conf": "second c"}


class Box(System):
    """systemd is a file that says that the timer runs; each command comes by a connection of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "units")
        self._timer, self._connections = folder / "timer", 0

    def run(self, command: Sequence[str], timeout_s: float, stdin: str | None = None) -> Done:
        if TIMER in command:
            try:
                if "restart" in command:
                    self._timer.touch()
                elif "disable" in command:
                    self._timer.unlink(missing_ok=True)
            except OSError as error:
                return Done(False, str(error))
        return Done(True, "")

    def firewall(self) -> str | None:
        return "old rules"

    def connection(self) -> str | None:
        self._connections += 1
        return str(self._connections)


def before(folder: Path) -> None:
    (folder / "etc").mkdir()
    (folder / "etc/a.conf").write_text("old a")
    (folder / "etc/a.conf").chmod(0o640)


def act(folder: Path, say: Say) -> None:
    guard = _guard(folder)
    number = guard.apply(_change(folder, "first", FIRST))["id"]
    say("applied", 1)
    guard.confirm(number)
    say("confirmed", 1)
    guard.apply(_change(folder, "second", SECOND, absent=("b.conf",)))
    say("applied", 2)
    guard.restore()
    say("restored", 2)


def after(folder: Path, said: Said, complete: bool) -> None:
    there, timer = _there(folder), (folder / "timer").exists()
    if ["confirmed", 1] not in said:
        assert there in (OLD, FIRST) or timer, "half a change, and nothing will put the old back"
        assert ["applied", 1] not in said or timer or there == FIRST
    else:
        assert there == FIRST or timer, "what was not confirmed is in force, and nothing will put the old back"
    guard = _guard(folder)
    state = guard.restore(at_boot=not timer)["state"]
    assert state in ("idle", "committed", "restored"), state
    kept = _there(folder)
    assert kept == FIRST or (kept == OLD and ["confirmed", 1] not in said), kept
    assert (folder / "etc/a.conf").stat().st_mode & 0o777 == (0o640 if kept == OLD else 0o644)
    assert not (folder / "timer").exists() and not (folder / "state/guard/pending").exists()
    number = guard.apply(_change(folder, "second", SECOND, absent=("b.conf",)))["id"]
    assert guard.confirm(number)["state"] == "committed" and _there(folder) == SECOND


def _guard(folder: Path) -> Guard:
    return Guard(folder / "state", Box(folder))


def _change(folder: Path, name: str, files: dict[str, str], absent: tuple[str, ...] = ()) -> changes.Change:
    described = [{"path": str(folder / "etc" / path), "content": content} for path, content in files.items()]
    described += [{"path": str(folder / "etc" / path), "absent": True} for path in absent]
    return changes.read({"name": name, "files": described, "apply": [["load"]], "seconds": 3600, "targets": []})


def _there(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((folder / "etc").glob("*.conf"))}


PIECE = Piece(before, act, after, (OSError, ChangeRejected))
