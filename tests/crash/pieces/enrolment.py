"""Who is enrolled: a record is whole or not there, what was retired is kept once, and the office knows its machines by the records."""

import os
from pathlib import Path

from province.office import enrolment
from province.office.home import Home
from tests.crash.piece import Piece, Said, Say

KEYS = {name: f"ssh-ed25519 {'A' * 20}{mark * 48}" for name, mark in (("first", "B"), ("second", "C"), ("third", "D"))}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n"
HUB = {"block": 5, "endpoint": "203.0.113.10", "ssh_user": "ketnoi"}


def before(folder: Path) -> None:
    enrolment.save(folder / "inventory", "an-lao-01", _record("an-lao-01", 1, "first"))
    enrolment.refresh(_home(folder), folder / "inventory", HUB)


def act(folder: Path, say: Say) -> None:
    """A new machine, and one that takes the place of another."""
    home, inventory = _home(folder), folder / "inventory"
    enrolment.save(inventory, "an-lao-02", _record("an-lao-02", 2, "second"))
    say("saved", "an-lao-02", "second")
    enrolment.refresh(home, inventory, HUB)
    enrolment.retire(inventory, "an-lao-01", "replaced")
    say("retired")
    enrolment.save(inventory, "an-lao-01", _record("an-lao-01", 1, "third"))
    say("saved", "an-lao-01", "third")
    enrolment.refresh(home, inventory, HUB)
    say("refreshed")


def after(folder: Path, said: Said, complete: bool) -> None:
    home, inventory = _home(folder), folder / "inventory"
    there = enrolment.read_all(inventory)
    for what, *rest in said:
        if what == "saved":
            name, key = rest
            assert there[name]["host_key"] == KEYS[key]
    kept = [path.read_text() for path in enrolment.retired(inventory, "an-lao-01")]
    assert KEYS["first"] in "".join(kept) or there["an-lao-01"]["host_key"] == KEYS["first"], "the first machine's record is lost"
    assert all("retired_because: replaced" in text for text in kept)
    assert ["retired"] not in said or kept
    if there.get("an-lao-01", {}).get("host_key") == KEYS["first"]:
        enrolment.retire(inventory, "an-lao-01", "replaced")
    enrolment.save(inventory, "an-lao-01", _record("an-lao-01", 1, "third"))
    assert len(enrolment.retired(inventory, "an-lao-01")) == 1, "retired twice"
    enrolment.refresh(home, inventory, HUB)
    records = enrolment.read_all(inventory)
    assert home.known_hosts.read_text() == enrolment.known_hosts(records.items())


def _record(code: str, number: int, key: str) -> enrolment.Record:
    return {"code": code, "id": f"BD-{number:04}", "number": number, "host_key": KEYS[key], "certificate": PEM,
            "enrolled_at": "2026-01-01T00:00:00+00:00"}  # fmt: skip


def _home(folder: Path) -> Home:
    os.environ["KETNOI_HOME"] = str(folder / "home")
    return Home("binh-dinh")


PIECE = Piece(before, act, after)
