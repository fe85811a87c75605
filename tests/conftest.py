"""For all tests: what each took goes to the file that KETNOI_TEST_SECONDS names, if it does (tools/stage); `make soak` searches wide."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import pytest
import soak
from hypothesis import settings

if soak.FACTOR > 1:
    settings.register_profile("soak", max_examples=soak.examples(soak.HYPOTHESIS_OWN), deadline=None)
    settings.load_profile("soak")


def pytest_configure(config: pytest.Config) -> None:
    notes = os.environ.get("KETNOI_TEST_SECONDS")
    if notes and not hasattr(config, "workerinput"):  # pytest-xdist's workers report to one process, which is enough
        config.pluginmanager.register(Seconds(Path(notes)))


class Seconds:
    """A test's seconds include those of the fixtures that were made for it first."""

    def __init__(self, notes: Path) -> None:
        self._notes = notes
        self._of: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._of[report.nodeid] += report.duration

    def pytest_sessionfinish(self) -> None:
        self._notes.write_text("".join(f"{seconds:7.1f} s  {test}\n" for test, seconds in self._of.items()), encoding="utf-8")
