"""Dahua's answers, lines of `table.Encode[0].MainFormat[0].Video.FPS=15`, as a table that is asked by path.

    table = parse(text)
    table.number("Encode", 0, "MainFormat", 0, "Video", "FPS")          -> 15
    table.spelled("encode", 0, "mainformat", 0, "video", "fps")         -> "Encode[0].MainFormat[0].Video.FPS", as it is written
    table.children("Encode")                                            -> {0: Table of what is below Encode[0]}

Letter case and odd spaces differ between firmware versions, so paths ignore both; indexes are only names here, so a huge one
costs nothing. A line that is no entry is skipped: log texts and motion regions run over several lines.
"""

import re
from collections.abc import Iterator

from edge_agent.devices.faults import BadAnswer

MOST_LINES = 60_000
"""The largest honest answers (Encode of 128 channels) have some 30,000."""
LONGEST_KEY = 300
DEEPEST = 16

Step = str | int
Path = tuple[Step, ...]

_STEP = re.compile(r"\[\s*([^\[\]]{0,80}?)\s*\]|([^.\[\]]+)|\.")
_NUMBER = re.compile(r"^[+-]?\d{1,18}(?:\.\d{0,12})?$")
_FLAGS = {"true": True, "1": True, "on": True, "yes": True, "false": False, "0": False, "off": False, "no": False}


class Table:
    """What was read: path in lower case -> (key as the device spells it, value)."""

    def __init__(self, entries: dict[Path, tuple[str, str]], prefix: Path = ()) -> None:
        self.entries, self.prefix = entries, prefix

    def __bool__(self) -> bool:
        return bool(self.entries)

    def text(self, *path: Step) -> str | None:
        found = self.entries.get(_lower(path))
        return found[1] if found else None

    def number(self, *path: Step) -> int | None:
        """A whole number; "15.000000" is 15. None for anything else."""
        value = self.decimal(*path)
        return round(value) if value is not None else None

    def decimal(self, *path: Step) -> float | None:
        """ "495636709376.000000", as sizes of disks are told."""
        value = self.text(*path)
        return float(value) if value is not None and _NUMBER.match(value) else None

    def flag(self, *path: Step) -> bool | None:
        value = self.text(*path)
        return _FLAGS.get(value.lower()) if value is not None else None

    def spelled(self, *path: Step) -> str | None:
        """The whole key as the device writes it, for setConfig; None where it has none such."""
        found = self.entries.get(_lower(path))
        return found[0] if found else None

    def children(self, *path: Step) -> dict[Step, "Table"]:
        """What is below `path`, by the next step, in the device's order."""
        start = _lower(path)
        found: dict[Step, dict[Path, tuple[str, str]]] = {}
        for key, entry in self.entries.items():
            if len(key) > len(start) and key[: len(start)] == start:
                found.setdefault(key[len(start)], {})[key[len(start) + 1 :]] = entry
        return {step: Table(entries, (*start, step)) for step, entries in found.items()}

    def items(self) -> Iterator[tuple[Path, str, str]]:
        """(path, key as it is spelled, value)."""
        for path, (key, value) in self.entries.items():
            yield path, key, value


def parse(text: str) -> Table:
    """Raises BadAnswer for more lines than any device has."""
    entries: dict[Path, tuple[str, str]] = {}
    lines = re.split(r"[\r\n]+", text)
    if len(lines) > MOST_LINES:
        raise BadAnswer(f"more than {MOST_LINES} lines")
    for line in lines:
        key, equals, value = line.partition("=")
        key = key.strip().lstrip("\ufeff")
        if not equals or not key or len(key) > LONGEST_KEY:
            continue
        if key[:6].lower() == "table.":
            key = key[6:]
        path = _path(key)
        if path:
            entries[path] = (key, value.strip(" \t\0"))
    return Table(entries)


def _path(key: str) -> Path:
    """The steps of a key; empty for what is none (an open bracket, a depth that nobody has)."""
    steps: list[Step] = []
    end = 0
    for match in _STEP.finditer(key):
        if match.start() != end:
            return ()
        end = match.end()
        if match[1] is not None:
            steps.append(int(match[1]) if match[1].isascii() and match[1].isdigit() and len(match[1]) <= 9 else match[1].lower())
        elif match[2] is not None and (name := match[2].strip().lower()):
            steps.append(name)
    return tuple(steps) if end == len(key) and len(steps) <= DEEPEST else ()


def _lower(path: Path) -> Path:
    return tuple(s.lower() if isinstance(s, str) else s for s in path)
