"""The clock as ISAPI tells it: local time with or without an offset, zones like "CST-7:00:00" (POSIX sign: minus is east)."""

import re
from datetime import UTC, datetime, timedelta, timezone

from edge_agent.devices import normalise, xmlsafe
from edge_agent.devices.model import Clock
from edge_agent.devices.xmlsafe import Element

_SUMMER = re.compile(r"^(?P<zone>[A-Za-z]{3,}[+-]?\d{1,2}(?::\d{2}){0,2})DST", re.IGNORECASE)


def clock(time: Element, servers: tuple[str, ...] | None, taken: datetime) -> Clock:
    """From a Time document that was asked for at `taken`, the middle of its exchange (aware)."""
    there = moment(xmlsafe.text(time, "localTime"), xmlsafe.text(time, "timeZone"))
    # The device cuts off fractions, so it is half a second later than it says, on average.
    offset = None if there is None else round((there + timedelta(seconds=0.5) - taken).total_seconds(), 1)
    mode = (xmlsafe.text(time, "timeMode") or "").lower()
    source = {"ntp": "NTP", "manual": "Manual"}.get(mode, xmlsafe.text(time, "timeMode"))
    return Clock(offset, source, xmlsafe.text(time, "timeZone"), servers, False)


def moment(value: str | None, zone: str | None) -> datetime | None:
    """A device's time, aware; None for what is none. Without an offset of its own it is local time in `zone`.

    A "Z" is local time as well where the zone isn't UTC: recorders write it behind whatever their clock shows.
    """
    if value is None:
        return None
    try:
        there = datetime.fromisoformat(value.strip().replace("z", "Z"))
    except ValueError:
        return None
    east = minutes_east(zone)
    if there.tzinfo is not None and not (value.strip().upper().endswith("Z") and east):
        return there
    try:
        return there.replace(tzinfo=timezone(timedelta(minutes=east or 0)))
    except ValueError:
        return None


def minutes_east(zone: str | None) -> int | None:
    """Minutes east of Greenwich, summer time left aside; None where the zone can't be told."""
    summer = _SUMMER.match(zone or "")
    return normalise.zone_minutes(summer["zone"] if summer else zone)


def isapi_zone(zone: str) -> str:
    """A zone as the makers' own pages write it: "ICT-7" is "CST-7:00:00"."""
    east = minutes_east(zone)
    if east is None:
        return zone
    hours, minutes = divmod(abs(east), 60)
    return f"CST{'-' if east >= 0 else '+'}{hours}:{minutes:02d}:00"


def local_time(now: datetime, zone: str | None) -> str:
    """`now` (aware) as a Time document's localTime in `zone`."""
    there = now.astimezone(timezone(timedelta(minutes=minutes_east(zone) or 0)))
    return there.replace(microsecond=0).isoformat()


def now() -> datetime:
    return datetime.now(UTC)
