"""How far a device's clock is from ours: asked, and told less half of the time that question and answer took."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from province.measure.evidence import Clock

LOOKS = 3
"""The soonest answer of so many tells most; one that came within NEAR is not asked for again."""
NEAR = timedelta(seconds=0.5)
CUT = timedelta(seconds=0.5)
"""Devices cut off fractions of a second, so that they are this much later than they say, on average."""
Answer = TypeVar("Answer")


def soonest(ask: Callable[[], Answer]) -> tuple[Answer, datetime, timedelta]:
    """(the answer that took the least time, when it was asked for, how long it took)."""
    looks: list[tuple[Answer, datetime, timedelta]] = []
    while len(looks) < LOOKS and not (looks and looks[-1][2] <= NEAR):
        sent = datetime.now(UTC)
        answer = ask()
        looks.append((answer, sent, datetime.now(UTC) - sent))
    return min(looks, key=lambda look: look[2])


def measured(there: datetime, sent: datetime, rtt: timedelta) -> tuple[timedelta, Clock]:
    """(the device's clock less ours, the same as a measurement) of an answer that said `there`."""
    offset = there + CUT - (sent + rtt / 2)
    return offset, {
        "ok": True,
        "offset_s": round(offset.total_seconds(), 2),
        "rtt_s": round(rtt.total_seconds(), 3),
        "uncertainty_s": round((CUT + rtt / 2).total_seconds(), 2),
    }
