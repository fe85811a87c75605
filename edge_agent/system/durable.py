"""Files that survive a power cut: written beside, synced, renamed, and the folder synced too."""

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from edge_agent.contract import typed

T = TypeVar("T")


def sync_folder(folder: Path) -> None:
    """Make a rename or an unlink in `folder` durable (ext4 needs the folder's own fsync)."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path, mode: int = 0o700) -> None:
    """Create `folder` and its missing parents durably; an existing one keeps its mode."""
    if folder.is_dir():
        return
    make_folder(folder.parent, 0o755)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=mode)
    sync_folder(folder.parent)


def write_bytes(path: Path, content: bytes, mode: int, owner: tuple[int, int] | None = None, *, at_once: bool = True) -> None:
    """Put `content` in place of `path` in one step: a reader, or a crash, sees the old or the new, never half.

    at_once: it is on the disk when this returns; else within seconds, together with what else is written then.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
            if owner is not None:
                os.fchown(file.fileno(), *owner)
            file.flush()
            if at_once:
                os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise
    if at_once:
        sync_folder(path.parent)


def write_public(path: Path, document: Mapping[str, object]) -> None:
    """Replace a file that anybody may read, in one step and without syncing: for /run, where nothing outlives the boot."""
    write_bytes(path, json.dumps(document, ensure_ascii=False).encode(), 0o644, at_once=False)


def write_json(path: Path, document: Any, mode: int = 0o600, *, at_once: bool = True) -> None:
    write_bytes(path, (json.dumps(document, indent=1, sort_keys=True) + "\n").encode(), mode, at_once=at_once)


def read(kind: type[T], path: Path) -> T | None:
    """The document at `path`; None where there is none, it can't be read, or it is not understood."""
    try:
        return typed.read(kind, path.name, json.loads(path.read_bytes()))
    except (OSError, ValueError):
        return None


def read_json(path: Path, default: Any) -> Any:
    """The document at `path`, or `default` where there is none or it is damaged."""
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return default


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold `path` locked against other processes and other threads of this one."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def state_folder(given: str | None = None) -> Path:
    """Where the root side keeps its state: as given, else $KETNOI_STATE, else /var/lib/ketnoi."""
    return Path(given or os.environ.get("KETNOI_STATE") or "/var/lib/ketnoi")


def run_folder(given: str | None = None) -> Path:
    """Where facts without secrets are published for other services: $KETNOI_RUN, else `run` in an overridden
    state folder, else /run/ketnoi."""
    if os.environ.get("KETNOI_RUN"):
        return Path(os.environ["KETNOI_RUN"])
    overridden = given or os.environ.get("KETNOI_STATE")
    return Path(overridden) / "run" if overridden else Path("/run/ketnoi")
