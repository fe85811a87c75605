"""What the lab says to the person in front of it: progress on stderr, errors with what to do, in Vietnamese or English."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator

_chosen: str | None = None


def choose(language: str | None) -> None:
    """Fix the language (`vi` or `en`); None leaves it to the locale."""
    global _chosen
    _chosen = language


def language() -> str:
    """`vi` or `en`: the chosen one, else KETNOI_LANG, else the locale's (LC_ALL, LC_MESSAGES, LANG), else English."""
    if _chosen:
        return _chosen
    for variable in ("KETNOI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return "vi" if value.lower().startswith("vi") else "en"
    return "en"


def pick(vi: str, en: str) -> str:
    return vi if language() == "vi" else en


class LabError(Exception):
    """Something that the person at the keyboard can act on. `code` is the exit status: 1 it failed, 2 it can't be asked."""

    def __init__(self, vi: str, en: str, code: int = 1) -> None:
        super().__init__(en)
        self.vi, self.en, self.code = vi, en, code

    def __str__(self) -> str:
        return pick(self.vi, self.en)


def announce(vi: str, en: str) -> None:
    """A line on stderr; stdout belongs to results."""
    print(f"lab: {pick(vi, en)}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def timed(vi: str, en: str, into: dict[str, float]) -> Iterator[None]:
    """Run a part of the work, say afterwards how long it took, and keep the seconds in `into[en]`."""
    began = time.monotonic()
    yield
    into[en] = round(time.monotonic() - began, 2)
    announce(f"{vi}: {into[en]:.1f} s", f"{en}: {into[en]:.1f} s")
