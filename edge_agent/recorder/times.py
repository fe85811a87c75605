"""Times as an engineer types them: the facility's own (Vietnam has one zone and no summer time), or with an offset."""

import re
from datetime import datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))
FORMS = "2026-11-22T07:30, 2026-11-22T07:30:15+07:00, 07:30, 15m (ago), 2h (ago), now"
_AGO = re.compile(r"-?(\d{1,6})([smhd])")
_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


def parse(text: str, now: float) -> float:
    """Seconds since 1970. ValueError when it is none of FORMS."""
    text = text.strip()
    if text == "now":
        return now
    if ago := _AGO.fullmatch(text):
        return now - int(ago[1]) * _UNIT[ago[2]]
    if clock := _CLOCK.fullmatch(text):
        today = datetime.fromtimestamp(now, VIETNAM)
        return today.replace(hour=int(clock[1]), minute=int(clock[2]), second=int(clock[3] or 0), microsecond=0).timestamp()
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=VIETNAM)).timestamp()


def local(at: float) -> str:
    """What the engineer's watch showed."""
    return datetime.fromtimestamp(at, VIETNAM).strftime("%H:%M:%S %d/%m/%Y")


def day(at: float) -> str:
    return datetime.fromtimestamp(at, VIETNAM).strftime("%Y-%m-%d")


def next_day(at: float) -> float:
    """Midnight after `at`."""
    return (datetime.fromtimestamp(at, VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)).timestamp()


def lasted(seconds: float) -> str:
    """1:02:03, or 4.5 s."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
