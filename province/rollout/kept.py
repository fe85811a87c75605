"""Digests that earlier plans rendered, in the office's home (0600): a `_File`.

What can't be read, or has another shape, is as if it were not there: it is made again. Nothing secret is in it.
"""

import json
from collections.abc import Collection
from datetime import date, timedelta
from typing import TypedDict

from edge_agent.contract import typed
from province.files import write
from province.office.home import Home

Roles = dict[str, dict[str, str]]
"""role -> part of the role -> digest."""

SCHEMA = 1
VARIANTS = 4
"""How many a machine keeps, the newest first: a rollout that is narrowed by tags has others than a plan of all."""
MAX_AGE = timedelta(days=30)
"""After which all is rendered again, whatever its key says."""


class Entry(TypedDict):
    """`made`: the day, ISO."""

    key: str
    made: str
    digests: Roles


class _File(TypedDict):
    schema: int
    hosts: dict[str, list[Entry]]


class Kept:
    """The file, read once; `save` puts what was added in place whole."""

    def __init__(self, home: Home, on: date) -> None:
        self._path, self._on = home.plan, on
        self._entries = {host: [each for each in found if self._fresh(each)] for host, found in _read(home).items()}

    def get(self, host: str, key: str | None) -> Roles | None:
        return next((dict(entry["digests"]) for entry in self._entries.get(host, ()) if entry["key"] == key), None)

    def add(self, host: str, key: str, digests: Roles) -> None:
        made: Entry = {"key": key, "made": self._on.isoformat(), "digests": digests}
        self._entries[host] = [made, *self._entries.get(host, ())][:VARIANTS]

    def save(self, hosts: Collection[str]) -> None:
        """Of these machines; what is kept of others is dropped."""
        found = {host: entries for host, entries in self._entries.items() if host in hosts}
        document: _File = {"schema": SCHEMA, "hosts": found}
        write(self._path, json.dumps(document))

    def _fresh(self, entry: Entry) -> bool:
        return timedelta(0) <= self._on - date.fromisoformat(entry["made"]) <= MAX_AGE


def _read(home: Home) -> dict[str, list[Entry]]:
    try:
        document = typed.read(_File, home.plan.name, json.loads(home.plan.read_bytes()))
        for entry in (entry for entries in document["hosts"].values() for entry in entries):
            date.fromisoformat(entry["made"])
            if not any(entry["digests"].values()):
                return {}
    except (OSError, ValueError):
        return {}
    return document["hosts"] if document["schema"] == SCHEMA else {}
