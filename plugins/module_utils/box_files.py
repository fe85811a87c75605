"""Files put in place together, all or nothing: the part of box.py that knows FILEs (see there). Standard library only."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from province.rollout.box_task import BoxFile, Diff

HIDDEN = "(secret: content not shown)\n"


class TaskFailed(Exception):
    """What stops the task; its text goes to the user."""


class Differing(NamedTuple):
    """A file that is not as wanted, and what is there."""

    file: BoxFile
    old: bytes | None
    diff: Diff | None


def run(
    argv: list[str], stdin: str | None = None, timeout: float = 600, env: dict[str, str] | None = None, live: bool = False
) -> subprocess.CompletedProcess[str]:
    """One command; a missing program and a timeout are failures with a reason, not exceptions. `live`: its errors are ours."""
    try:
        return subprocess.run(
            argv,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=None if live else subprocess.PIPE,
            text=True,
            timeout=timeout,
            check=False,
            env={**os.environ, **(env or {}), "LC_ALL": "C.UTF-8"},
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(argv, 127, "", f"{argv[0]}: not installed")
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(argv, 124, "", f"{argv[0]}: no answer after {timeout} s")


def must(argv: list[str], **more: Any) -> str:
    """Output of a command that has to succeed."""
    done = run(argv, **more)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise TaskFailed(f"{' '.join(argv)}: exit {done.returncode}: {said}")
    return done.stdout


def differing(files: list[BoxFile]) -> list[Differing]:
    """The files that are not as wanted."""
    found = []
    for file in files:
        path, old, old_mode, owner = Path(file["path"]), None, None, None
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            status = path.stat()
            old, old_mode, owner = path.read_bytes(), f"{status.st_mode & 0o7777:04o}", status.st_uid
        if file.get("absent"):
            if old is not None:
                found.append(Differing(file, old, _diff(file, old, b"", old_mode, None)))
            continue
        new = file["content"].encode()
        if old != new or old_mode != file["mode"] or ("owner" in file and owner != _account(file)[0]):
            found.append(Differing(file, old, _diff(file, old, new, old_mode, file["mode"])))
    return found


def _account(file: BoxFile) -> tuple[int, int]:
    """(uid, gid) of the file's owner-to-be; -1 leaves as it is."""
    if "owner" not in file:
        return -1, -1
    try:
        account = pwd.getpwnam(file["owner"])
    except KeyError:
        raise TaskFailed(f"{file['path']}: no account {file['owner']} on this machine") from None
    return account.pw_uid, account.pw_gid


def _diff(file: BoxFile, old: bytes | None, new: bytes, old_mode: str | None, new_mode: str | None) -> Diff:
    def side(content: bytes | None, mode: str | None) -> tuple[str, str]:
        if content is None or mode is None:
            return "", f"{file['path']} (absent)"
        text = HIDDEN if file.get("secret") else content.decode(errors="replace")
        return text, f"{file['path']} (mode {mode})"

    before, before_header = side(old, old_mode)
    after, after_header = side(new, new_mode)
    if file.get("secret") and before and after and old != new:
        after = HIDDEN.replace("not shown", "not shown, changed")
    return {"before": before, "after": after, "before_header": before_header, "after_header": after_header}


def place(found: list[Differing], check: bool, ready: Callable[[], object] = lambda: None) -> None:
    """Put the differing files in place together: all are written and validated beside their places first, then renamed.

    `ready` is called in between: everything is valid, nothing has changed yet.
    A validation that fails leaves every file as it was; so does a rename that fails half-way. With check, they are only
    validated (in a private folder; a validator that isn't installed yet is passed over)."""
    staged: list[tuple[BoxFile, bytes | None, Path]] = []
    scratch = tempfile.mkdtemp(prefix="ketnoi-") if check else None
    try:
        for file, old, _ in found:
            if not file.get("absent"):
                staged.append((file, old, _stage(file, scratch)))
        for file, _, temporary in staged:
            if file.get("validate") and not (check and shutil.which(file["validate"][0]) is None):
                _validate(file, temporary)
        if not check:
            ready()
            _rename(staged, [file for file, _, _ in found if file.get("absent")])
    finally:
        for _, _, temporary in staged:
            temporary.unlink(missing_ok=True)
        if scratch:
            shutil.rmtree(scratch)


def _validate(file: BoxFile, temporary: Path) -> None:
    done = run([part.replace("%s", str(temporary)) for part in file["validate"]], timeout=60)
    if done.returncode:
        said = "" if file.get("secret") else (done.stderr.strip() or done.stdout.strip())[-2000:]
        said = said.replace(str(temporary), file["path"])
        raise TaskFailed(f"{file['path']}: refused by {file['validate'][0]} (exit {done.returncode}), nothing was changed: {said}")


def _stage(file: BoxFile, scratch: str | None) -> Path:
    """The file beside its place, or under its own name in `scratch`; durable, with its mode and owner."""
    path, account = Path(file["path"]), _account(file)
    if scratch:
        temporary = Path(tempfile.mkdtemp(dir=scratch), path.name)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT, 0o600)
    else:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
    with os.fdopen(handle, "wb") as out:
        out.write(file["content"].encode())
        os.fchmod(out.fileno(), int(file["mode"], 8))
        if not scratch:
            os.fchown(out.fileno(), *account)
        out.flush()
        os.fsync(out.fileno())
    return temporary


def _rename(staged: list[tuple[BoxFile, bytes | None, Path]], absent: list[BoxFile]) -> None:
    undo: list[tuple[BoxFile, bytes | None]] = []
    try:
        for file, old, temporary in staged:
            temporary.replace(file["path"])
            undo.append((file, old))
    except OSError as error:
        for file, old in undo:
            Path(file["path"]).unlink() if old is None else Path(file["path"]).write_bytes(old)
        raise TaskFailed(f"{error}; the files are as they were") from error
    for file in absent:
        Path(file["path"]).unlink(missing_ok=True)
    for folder in {Path(file["path"]).parent for file in (*absent, *(file for file, _, _ in staged))}:
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
