"""Files put in place whole: a crash leaves the old one."""

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
            handle.flush()
            os.fchmod(handle.fileno(), mode)
            os.fsync(handle.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_if_changed(path: Path, content: str, mode: int = 0o600) -> bool:
    """`write`, unless the file already says so; True when it was written."""
    try:
        if path.read_text(encoding="utf-8") == content:
            return False
    except FileNotFoundError:
        pass
    write(path, content, mode)
    return True
