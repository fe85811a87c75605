"""The agent's outbox, as its journal uses it: what was recorded is there after the next start, or a gap says that it isn't."""

from pathlib import Path

from edge_agent.daemon.journal import Journal
from edge_agent.daemon.outbox import Outbox, OutboxUnavailable, Remembered
from tests.crash.piece import Piece, Said, Say

SITE = "BD-0001"
FIRST, EVENTS = 4, 12


def before(folder: Path) -> None:
    journal = _journal(folder)
    for number in range(FIRST):
        _record(journal, number)
    journal.close()


def act(folder: Path, say: Say) -> None:
    """A start, events, an acknowledgement in their midst, an end in good order, and all of it again."""
    for turn in range(2):
        journal = _journal(folder)
        for number in range(FIRST + turn * EVENTS, FIRST + (turn + 1) * EVENTS):
            _record(journal, number)
            if journal.problem is None and not journal.summary()["waiting"]:
                say("stored", number)
            if number % 5 == 0:
                _acknowledge(journal, say)
        journal.check()
        journal.close()


def after(folder: Path, said: Said, complete: bool) -> None:
    stored = {number for what, number in said if what == "stored"}
    taken = {number for what, numbers in said if what == "taken" for number in numbers}
    highest = max(stored, default=FIRST - 1)
    journal = _journal(folder)
    assert journal.problem is None, journal.problem
    rows = journal.head(1000, 10**9)[1]
    there = [event.body["n"] for event in rows if event.cls == "camera"]
    assert [event.seq for event in rows] == sorted({event.seq for event in rows})
    assert there == sorted(set(there)), "twice, or out of order"
    assert not [event for event in rows if event.cls == "gap"] and not list(folder.glob("*.bad*")), "a whole outbox was given up"
    assert {*range(highest + 1)} <= {*there} | taken, "what was stored is lost"
    last = journal.last("camera/1")
    assert last is not None and int(last.since) >= highest
    journal.record("camera", {"n": 99})
    assert journal.problem is None and journal.head(1000, 10**9)[1][-1].body == {"n": 99}
    journal.close()


def _journal(folder: Path) -> Journal:
    return Journal(lambda: Outbox.open(folder, SITE), lambda: True)


def _record(journal: Journal, number: int) -> None:
    journal.record("camera", {"n": number}, ("camera/1", Remembered("down", str(number), None)))


def _acknowledge(journal: Journal, say: Say) -> None:
    """As the hub does: what it has in its database goes here."""
    try:
        epoch, rows = journal.head(3, 10**6)
        say("taken", [event.body["n"] for event in rows if event.cls == "camera"])
        journal.acknowledge(epoch, rows[-1].seq)
    except OutboxUnavailable:
        return


PIECE = Piece(before, act, after)
