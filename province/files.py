"""Files put in place whole: a crash, or a power cut, leaves the old one or the new."""

import os
import tempfile
from pathlib import Path


def write(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Put a file in place whole or not at all: a crash leaves the old one."""
    raw = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(raw)
            os.fchmod(handle.fileno(), mode)
        put(Path(name), path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def put(fresh: Path, path: Path) -> None:
    """Give what was made beside `path`, a file or a folder, its final name, once all of it is on the disk."""
    for each in (*fresh.rglob("*"), fresh):
        _sync(each)
    fresh.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_if_changed(path: Path, content: str, mode: int = 0o600) -> bool:
    """`write`, unless the file already says so; True when it was written."""
    try:
        if path.read_text(encoding="utf-8") == content:
            return False
    except FileNotFoundError:
        pass
    write(path, content, mode)
    return True
