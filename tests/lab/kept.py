"""Provinces kept on disk as they were raised, so that a second worker of a run, or the next run, need not raise its own.

Two are kept, one a layer above the other: `hub` (hub and boxes taken over, the boxes still on the bench) and `report` (the whole
demo). Each is named by a digest of all that a province is raised from, so that one of other sources is never taken. The second serves
for YOUNG_S only: the time in which it lay there is an outage to the province. In CI none is taken that the run has not made itself.

    /var/lib/ketnoi-lab/checkpoint-DIGEST-STAGE/  lab/ (see lab.checkpoint)  place/ (inventory, home, transcript, out)  repo/ repo-signing/
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab import layout
from lab.machines import image

SOURCE = Path(__file__).resolve().parents[2]
RAISED_FROM = (
    *("edge_agent", "province", "bootstrap", "lab", "plugins", "roles", "playbooks", "templates", "inventory", "docs/samples"),
    *("ansible.cfg", "requirements.lock", "pyproject.toml", "tests/lab/raised.py", "tests/lab/kept.py"),
)
MADE_BY_RUNS = ("__pycache__", "vault", "enrolled", "authority", "survey")
"""Folders in those that are not sources. A package `survey` of ours lies beside the inventory's: it counts."""
YOUNG_S = 3600


def digest() -> str:
    """Of every source file's path and content, and of the image."""
    whole = hashlib.sha256(image.path().name.encode())
    for top in RAISED_FROM:
        place = SOURCE / top
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            inside = path.relative_to(SOURCE).parts
            made = inside[0] == "inventory" and any(part in MADE_BY_RUNS for part in inside)
            if path.is_file() and not made and "__pycache__" not in inside:
                whole.update(f"{path.relative_to(SOURCE)}\0".encode() + path.read_bytes())
    return whole.hexdigest()[:16]


@dataclass(frozen=True)
class Kept:
    """One checkpoint, made or not yet."""

    folder: Path
    young_s: float | None = None

    @property
    def lab(self) -> Path:
        return self.folder / "lab"

    @property
    def place(self) -> Path:
        return self.folder / "place"

    @property
    def repository(self) -> Path:
        return self.folder / "repo"

    @property
    def there(self) -> bool:
        """Whole, and young enough to go on from; `done` is written last, and its time is that of the last measurement."""
        done = self.folder / "done"
        return done.exists() and (self.young_s is None or time.time() - done.stat().st_mtime < self.young_s)

    def drop(self) -> None:
        (self.folder / "done").unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Stages:
    hub: Kept
    report: Kept


def stages() -> Stages:
    """Of these sources; in CI of this run alone."""
    run = f"-run{os.getppid() if 'PYTEST_XDIST_WORKER' in os.environ else os.getpid()}" if os.environ.get("CI") else ""
    start = layout.VAR / f"checkpoint-{digest()}{run}"
    return Stages(Kept(Path(f"{start}-hub")), Kept(Path(f"{start}-report"), YOUNG_S))


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One worker raises and keeps at a time; the others wait for what it kept."""
    layout.VAR.mkdir(parents=True, exist_ok=True)
    with (layout.VAR / ".checkpoint.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def drop_others(mine: Stages) -> None:
    """Checkpoints of other sources or runs on which no machine stands."""
    used = "".join(file.read_text() for file in layout.VAR.glob("*/*/layers"))
    for folder in layout.VAR.glob("checkpoint-*-*"):
        if folder not in (mine.hub.folder, mine.report.folder) and f"{folder}/" not in used:
            Kept(folder).drop()
