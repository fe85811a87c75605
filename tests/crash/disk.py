"""Steers fault.c: builds it, and sets in a process that was started under it what shall fail, where and how."""

import ctypes
import mmap
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("fault.c")
STATE = "KETNOI_CRASH_STATE"
WRITE, SYNC, RENAME, TRUNCATE, REMOVE, MAKE = (1 << bit for bit in range(6))
CHANGES = WRITE | SYNC | RENAME | TRUNCATE | REMOVE | MAKE


@dataclass(frozen=True)
class Fault:
    """`number` as in fault.c; at which kinds of changes it can happen."""

    number: int
    mask: int


FAULTS = {
    "kill": Fault(1, CHANGES),
    "torn": Fault(2, WRITE),
    "short": Fault(3, WRITE),
    "full": Fault(4, WRITE | MAKE),
    "eio": Fault(5, CHANGES),
    "power": Fault(6, CHANGES),
}
"""kill: killed before the change. torn: killed after half of a write. short: a write that takes half, and says so. full: from there on
nothing can be written or made (ENOSPC), as long as the process lives. eio: this one change fails, once. power: killed before the
change, and what was not synced is lost."""


class _State(ctypes.Structure):
    _fields_ = (
        ("fault", ctypes.c_uint32), ("mask", ctypes.c_uint32), ("at", ctypes.c_uint32), ("count", ctypes.c_uint32),
        ("folder", ctypes.c_char * 1024), ("synced", ctypes.c_char * 1024), ("last", ctypes.c_char * 1024),
    )  # fmt: skip


def environment(scratch: Path) -> dict[str, str]:
    """For a process that shall be able to fail: what it needs is made in `scratch`."""
    library, state = scratch / "fault.so", scratch / "state"
    warnings = ("-Wall", "-Wextra", "-Werror", "-Wno-implicit-fallthrough")
    subprocess.run(["gcc", "-O1", *warnings, "-shared", "-fPIC", "-o", library, SOURCE], check=True)
    state.write_bytes(bytes(ctypes.sizeof(_State)))
    return {"LD_PRELOAD": str(library), STATE: str(state)}


class Disk:
    """What lies under `folder`, in this process (started with `environment`) and all that it starts."""

    def __init__(self, folder: Path, synced: Path) -> None:
        with Path(os.environ[STATE]).open("r+b") as file:
            self._state = _State.from_buffer(mmap.mmap(file.fileno(), ctypes.sizeof(_State)))
        self._folder, self._synced = folder, synced
        self._before: dict[int, bytes] = {}

    def spoil(self, fault: Fault, at: int) -> None:
        """From now on the change number `at` fails; 0: none, they are only counted."""
        self._state.fault = 0
        self._before = {path.stat().st_ino: path.read_bytes() for path in self._files()}
        self._state.folder, self._state.synced = os.fsencode(self._folder), os.fsencode(self._synced)
        self._state.mask, self._state.at, self._state.count, self._state.last = fault.mask, at, 0, b""
        self._state.fault = fault.number

    def well(self) -> int:
        """Nothing fails any more; how many changes there were."""
        self._state.fault = 0
        return int(self._state.count)

    @property
    def where(self) -> str:
        """The change that failed; "" if none did."""
        return os.fsdecode(self._state.last)

    def as_synced(self) -> None:
        """Put back what a power cut leaves at worst: all names, but of each file only what was synced, else what it was at `spoil`,
        else nothing."""
        for path in self._files():
            about = path.stat()
            kept = self._synced / str(about.st_ino)
            content = kept.read_bytes() if kept.exists() else self._before.get(about.st_ino, b"")
            if content != path.read_bytes():
                path.write_bytes(content)
                os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))

    def _files(self) -> list[Path]:
        return [path for path in self._folder.rglob("*") if path.is_file() and not path.is_symlink()]
