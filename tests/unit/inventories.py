"""Inventories for tests: the sample province copied, and spoilt where a test says so."""

import shutil
from pathlib import Path

from province.paths import data

SAMPLE = data("inventory") / "binh-dinh"


def copied(folder: Path, *areas: str) -> Path:
    """The sample province in `folder`, with these areas only (all, when none is named), and nothing that was enrolled."""
    target = folder / "binh-dinh"
    (target / "areas").mkdir(parents=True)
    for name in ("province.yml", "units.yml"):
        shutil.copy(SAMPLE / name, target / name)
    for file in sorted((SAMPLE / "areas").glob("*.yml")):
        if not areas or file.stem in areas:
            shutil.copy(file, target / "areas" / file.name)
    return target


def spoil(file: Path, old: str, new: str, nth: int = 1) -> int:
    """Put `new` in the place of the nth `old`; the line where it begins."""
    text = file.read_text(encoding="utf-8")
    at = -1
    for _ in range(nth):
        at = text.index(old, at + 1)
    file.write_text(text[:at] + new + text[at + len(old) :], encoding="utf-8")
    return text[:at].count("\n") + 1
