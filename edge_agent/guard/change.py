"""The change that `guard apply` reads from standard input.

{"name": "firewall", "seconds": 300,
 "files": [{"path", "content", "mode": "0644", "owner"?, "absent"?: true, "validate"?: [argv with %s]}],
 "validate": [[argv with {path}, or {0} {1} ... for the files in order]],
 "apply": [[argv]],      bring the files into effect, new or restored
 "undo": [[argv]],       optional; first thing when restoring, the new files still there; failures don't matter
 "targets": ["10.5.255.193:8883"],     optional; one of these must answer before a confirmation counts
 "attempt": "…"}            optional; sent a second time (a connection that was made anew) it is not made a second time
"""

import hashlib
import json
import pwd
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class BadChange(ValueError):
    """The change has a fault; the message names the field."""


@dataclass(frozen=True)
class NewFile:
    """A file as it shall be; `content` None: it shall not be there."""

    path: Path
    content: bytes | None = field(repr=False)
    mode: int = 0o644
    owner: str | None = None
    validate: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    name: str
    files: tuple[NewFile, ...]
    validate: tuple[tuple[str, ...], ...]
    apply: tuple[tuple[str, ...], ...]
    undo: tuple[tuple[str, ...], ...]
    targets: tuple[str, ...]
    seconds: int
    attempt: str | None = None

    def digest(self) -> str:
        """Equal for changes that lead to the same."""
        parts = [[str(f.path), None if f.content is None else f.content.decode("latin-1"), f.mode, f.owner] for f in self.files]
        return hashlib.sha256(json.dumps([self.name, parts, self.apply]).encode()).hexdigest()


def read(document: Any) -> Change:
    """Raises BadChange."""
    if not isinstance(document, dict):
        raise BadChange("a change is an object")
    files = document.get("files")
    if not isinstance(files, list) or not files:
        raise BadChange("files: at least one is needed")
    seconds = document.get("seconds", 300)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 1 <= seconds <= 3600:
        raise BadChange("seconds: 1 to 3600")
    name = document.get("name")
    if not isinstance(name, str) or not name:
        raise BadChange("name: missing")
    return Change(
        name=name,
        files=tuple(_file(f, f"files[{n}]") for n, f in enumerate(files)),
        validate=_commands(document, "validate"),
        apply=_commands(document, "apply"),
        undo=_commands(document, "undo"),
        targets=_strings(document.get("targets") or [], "targets"),
        seconds=seconds,
        attempt=_attempt(document.get("attempt")),
    )


def _attempt(found: Any) -> str | None:
    if found is not None and not (isinstance(found, str) and 0 < len(found) <= 64):
        raise BadChange("attempt: a text of 1 to 64 characters")
    return found


def _file(found: Any, where: str) -> NewFile:
    if not isinstance(found, dict) or not str(found.get("path") or "").startswith("/"):
        raise BadChange(f"{where}.path: an absolute path is needed")
    path, owner = Path(found["path"]), found.get("owner")
    if found.get("absent"):
        return NewFile(path, None)
    if not isinstance(found.get("content"), str):
        raise BadChange(f"{where}.content: text is needed")
    try:
        mode = int(str(found.get("mode") or "0644"), 8)
    except ValueError:
        raise BadChange(f"{where}.mode: octal digits are needed") from None
    if owner is not None:
        try:
            pwd.getpwnam(str(owner))
        except KeyError:
            raise BadChange(f"{where}.owner: no such user") from None
    return NewFile(path, found["content"].encode(), mode, owner, _strings(found.get("validate") or [], f"{where}.validate"))


def _commands(document: dict[str, Any], name: str) -> tuple[tuple[str, ...], ...]:
    found = document.get(name) or []
    if not isinstance(found, list):
        raise BadChange(f"{name}: a list of commands is needed")
    return tuple(_strings(c, f"{name}[{n}]") for n, c in enumerate(found))


def _strings(found: Any, where: str) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(part, str) for part in found):
        raise BadChange(f"{where}: a list of texts is needed")
    return tuple(found)
