"""What the commands read of the recorder: its index, beside it or after it, and its status file."""

import argparse
import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from edge_agent.contract import typed
from edge_agent.contract.recordings import RecorderStatus
from edge_agent.contract.text import Text
from edge_agent.recorder import times
from edge_agent.recorder.index import Index
from edge_agent.recorder.texts import SAYS
from edge_agent.system import clock

STALE_S = 90.0


class Problem(Exception):
    """What stops a command: a key of SAYS, and the exit code."""

    def __init__(self, key: str, code: int = 2, **values: object) -> None:
        super().__init__(key)
        self.text: Text = SAYS[key].format(**values)
        self.code = code


@contextlib.contextmanager
def index(state: Path) -> Iterator[Index]:
    """The index, read only. Problem."""
    path = state / "index.db"
    try:
        found = Index.read(path)
    except PermissionError:
        raise Problem("needs_root", path=path) from None
    except FileNotFoundError:
        raise Problem("nothing", code=1) from None
    except (OSError, sqlite3.Error):
        raise Problem("index") from None
    try:
        yield found
    except sqlite3.Error as error:
        raise Problem("index") from error
    finally:
        found.close()


def present(run: Path) -> RecorderStatus | None:
    """status.json with "running" and "age_s"; None where there is none that can be understood."""
    try:
        found = json.loads((run / "status.json").read_bytes())
        if isinstance(found, dict) and "days_wanted" in found:  # a recorder of 0.1 that has not been restarted yet
            found["days_desired"] = found["days_wanted"]
        document = typed.read(RecorderStatus, "status", found)
    except (OSError, ValueError):
        return None
    age = clock.mono() - document["written_mono"]
    return {**document, "running": 0 <= age <= STALE_S, "age_s": round(age, 1)}


def chosen(slot: int | None, found: Index) -> list[int]:
    """The slot asked for, or all. Problem for one that was never recorded."""
    slots = found.slots()
    if slot is None:
        return slots
    if slot not in slots:
        raise Problem("no_slot", slot=slot, slots=", ".join(map(str, slots)) or "-")
    return [slot]


def period(options: argparse.Namespace) -> tuple[float, float]:
    """--from and --to in seconds since 1970; everything where they are not given. Problem."""
    now, found = time.time(), []
    for name, default in (("from_", 0.0), ("to_", float("inf"))):
        given = getattr(options, name)
        try:
            found.append(default if given is None else times.parse(given, now))
        except ValueError:
            raise Problem("bad_time", name=f"--{name[:-1]}", given=given, forms=times.FORMS) from None
    start, end = found
    if start >= end:
        raise Problem("order", start=times.local(start), end=times.local(end))
    return start, end
