"""The change that `guard apply` reads from standard input, a GuardedChange (edge_agent.contract.guard), checked."""

import hashlib
import json
import pwd
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.contract import typed
from edge_agent.contract.guard import GuardedChange, GuardedFile
from edge_agent.contract.strict import ContractError


class BadChange(ContractError):
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


def read(document: object) -> Change:
    """Raises BadChange."""
    try:
        found = typed.read(GuardedChange, "change", document)
    except ContractError as error:
        raise BadChange(str(error)) from error
    if not found["files"]:
        raise BadChange("files: at least one is needed")
    if not 1 <= found.get("seconds", 300) <= 3600:
        raise BadChange("seconds: 1 to 3600")
    if not found["name"]:
        raise BadChange("name: missing")
    attempt = found.get("attempt")
    if attempt is not None and not 0 < len(attempt) <= 64:
        raise BadChange("attempt: a text of 1 to 64 characters")
    return Change(
        name=found["name"],
        files=tuple(_file(file, f"files[{n}]") for n, file in enumerate(found["files"])),
        validate=_commands(found.get("validate")),
        apply=_commands(found.get("apply")),
        undo=_commands(found.get("undo")),
        targets=tuple(found.get("targets") or ()),
        seconds=found.get("seconds", 300),
        attempt=attempt,
    )


def _file(found: GuardedFile, where: str) -> NewFile:
    if not found["path"].startswith("/"):
        raise BadChange(f"{where}.path: an absolute path is needed")
    path, owner, content = Path(found["path"]), found.get("owner"), found.get("content")
    if found.get("absent"):
        return NewFile(path, None)
    if content is None:
        raise BadChange(f"{where}.content: text is needed")
    try:
        mode = int(found.get("mode") or "0644", 8)
    except ValueError:
        raise BadChange(f"{where}.mode: octal digits are needed") from None
    if owner is not None:
        try:
            pwd.getpwnam(owner)
        except KeyError:
            raise BadChange(f"{where}.owner: no such user") from None
    return NewFile(path, content.encode(), mode, owner, tuple(found.get("validate") or ()))


def _commands(found: list[list[str]] | None) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(command) for command in found or ())
