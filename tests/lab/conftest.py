"""What tests on real boxes share: one province, raised once from blank machines, taken down whatever happens.

    KETNOI_TEST_LAB=t1 KETNOI_TEST_KEEP=1 python -m pytest tests/lab/test_rollout.py

The fixture `province` (a `raised.Raised`, which see) is the whole demo, done: three facilities of thị xã An Nhơn that met
the standard when it was handed over. A test that disturbs it puts it back, also when it fails; the next one relies on that.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from types import FrameType

import kept
import pytest
from raised import Raised, of_environment


@pytest.fixture(scope="session")
def province() -> Iterator[Raised]:
    if os.geteuid() != 0:
        pytest.skip("the lab needs root")
    raised = of_environment()
    keep = os.environ.get("KETNOI_TEST_KEEP") == "1"
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        if keep and raised.usable():
            raised.refresh()
        else:
            raised.up()
        yield raised
    finally:
        signal.signal(signal.SIGTERM, before)
        if not keep:
            again = signal.signal(signal.SIGINT, signal.SIG_IGN)
            raised.down()
            signal.signal(signal.SIGINT, again)


ORDER = (
    *("test_rollout.py", "test_demo.py", "test_bootstrap.py", "test_lab_province.py", "test_survey_lan.py", "test_handshake_clock.py"),
    *("test_verify.py", "test_secrets.py", "test_faults.py", "test_isolation.py", "test_power.py", "test_devices.py"),
)
"""First a file whose worker raises the province, then those that need none, for the worker that would wait; the long before the short."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: number for number, name in enumerate(ORDER)}
    items.sort(key=lambda item: (place.get(item.path.name, len(ORDER)), item.path.name))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What a run in CI kept for its own workers goes with it."""
    if os.environ.get("CI") and "PYTEST_XDIST_WORKER" not in os.environ:
        for stage in (kept.stages().hub, kept.stages().report):
            stage.drop()


def _interrupt(signum: int, frame: FrameType | None) -> None:
    """A polite kill takes everything down, as Ctrl-C does."""
    raise KeyboardInterrupt
