"""The files of a change: compared, kept, put in place, put back; every step durable and repeatable."""

import json
import os
import pwd
from pathlib import Path
from typing import TypedDict

from edge_agent.contract import typed
from edge_agent.guard.change import NewFile
from edge_agent.system import durable


class _How(TypedDict):
    """How a file lies there."""

    mode: int
    uid: int
    gid: int


class _Kept(TypedDict):
    """A file as it was, and as it shall be; None: absent."""

    path: str
    old: _How | None
    new: _How | None


def differs(file: NewFile) -> bool:
    """Whether what is there is not as wanted: content, mode, owner if one is named."""
    try:
        status, content = file.path.stat(), file.path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return file.content is not None
    if file.content is None or content != file.content or status.st_mode & 0o7777 != file.mode:
        return True
    return file.owner is not None and status.st_uid != pwd.getpwnam(file.owner).pw_uid


def keep(folder: Path, files: tuple[NewFile, ...]) -> None:
    """Keep in `folder` the old (old/N, absent if it was) and the new (new/N/NAME, for validation too) with their owners and
    modes, described by files.json."""
    durable.make_folder(folder / "old")
    durable.make_folder(folder / "new")
    described: list[_Kept] = []
    for number, file in enumerate(files):
        old: _How | None = None
        try:
            status = file.path.stat()
            durable.write_bytes(folder / "old" / str(number), file.path.read_bytes(), 0o600)
            old = {"mode": status.st_mode & 0o7777, "uid": status.st_uid, "gid": status.st_gid}
        except (FileNotFoundError, NotADirectoryError):
            pass
        new: _How | None = None
        if file.content is not None:
            durable.make_folder(staged(folder, number, file.path).parent)
            durable.write_bytes(staged(folder, number, file.path), file.content, 0o600)
            uid, gid = _ids(file.owner, old)
            new = {"mode": file.mode, "uid": uid, "gid": gid}
        described.append({"path": str(file.path), "old": old, "new": new})
    durable.write_json(folder / "files.json", described)


def staged(folder: Path, number: int, path: Path) -> Path:
    """Where the new content waits: under its own name, since some validators look at it (wg-quick)."""
    return folder / "new" / str(number) / path.name


def place(folder: Path) -> None:
    """Put the new in place, each file at once."""
    for number, file in enumerate(_described(folder)):
        path = Path(file["path"])
        _put(path, file["new"], staged(folder, number, path))


def restore(folder: Path) -> list[Path]:
    """Put the old back; what was not there goes. Returns the paths; doing it again does no harm."""
    paths = []
    for number, file in enumerate(_described(folder)):
        path = Path(file["path"])
        _put(path, file["old"], folder / "old" / str(number))
        paths.append(path)
    return paths


def _put(path: Path, how: _How | None, source: Path) -> None:
    if how is not None:
        durable.make_folder(path.parent, 0o755)
        durable.write_bytes(path, source.read_bytes(), how["mode"], (how["uid"], how["gid"]))
    elif path.exists():
        path.unlink()
        durable.sync_folder(path.parent)


def _described(folder: Path) -> list[_Kept]:
    return typed.read(list[_Kept], "files", json.loads((folder / "files.json").read_bytes()))


def _ids(owner: str | None, old: _How | None) -> tuple[int, int]:
    """A named owner's; else whoever owns the old; else this process's."""
    if owner is not None:
        entry = pwd.getpwnam(owner)
        return entry.pw_uid, entry.pw_gid
    return (old["uid"], old["gid"]) if old is not None else (os.getuid(), os.getgid())
