"""For all tests: what each took goes to the file that KETNOI_TEST_SECONDS names, if it does (tools/stage); `make soak` searches wide;
a rule of the judge that fails is a failed test."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import soak
from hypothesis import HealthCheck, settings

# An example that takes long on a busy machine is no fault.
settings.register_profile(
    "any machine", max_examples=soak.examples(soak.HYPOTHESIS_OWN), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


class Loud(logging.Handler):
    """A rule that fails is logged in use, and costs nobody a verdict; here it is a bug, and fails the test."""

    def emit(self, record: logging.LogRecord) -> None:
        raise AssertionError(record.getMessage()) from (record.exc_info[1] if record.exc_info else None)


@pytest.fixture(autouse=True)
def loud_rules() -> Iterator[logging.Handler]:
    rules, handler = logging.getLogger("province.judging.verdict"), Loud()
    rules.addHandler(handler)
    yield handler
    rules.removeHandler(handler)


@pytest.fixture
def odd_evidence(loud_rules: logging.Handler) -> None:
    """For a test whose evidence is of another shape: there a rule may fail."""
    logging.getLogger("province.judging.verdict").removeHandler(loud_rules)


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
