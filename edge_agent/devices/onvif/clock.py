"""The clock that GetSystemDateAndTime tells, in whichever of its ways."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edge_agent.devices import xmlsafe
from edge_agent.devices.normalise import zone_minutes
from edge_agent.devices.xmlsafe import Element


@dataclass(frozen=True)
class DeviceTime:
    """`offset_s` is the device's clock less the box's, to the half second that whole seconds allow."""

    offset_s: float | None
    source: str | None
    timezone: str | None


UNKNOWN_TIME = DeviceTime(None, None, None)


def reading(answer: Element, now: datetime) -> tuple[DeviceTime, timedelta | None]:
    """What the device says, and how far it is ahead of the box; `now`: the box's time when it answered."""
    clock = xmlsafe.find(answer, "SystemDateAndTime")
    zone, source = xmlsafe.text(clock, "TimeZone/TZ"), xmlsafe.text(clock, "DateTimeType")
    there = utc(_moment(clock, "UTCDateTime"), _moment(clock, "LocalDateTime"), zone, now)
    if there is None:
        return DeviceTime(None, source, zone), None
    # The device cuts off fractions, so it is half a second later than it says, on average.
    offset = there + timedelta(seconds=0.5) - now
    return DeviceTime(round(offset.total_seconds(), 1), source, zone), offset


def _moment(clock: Element | None, name: str) -> datetime | None:
    """A DateTime block; None when it is missing or no date (month 0, hour 24)."""
    there = xmlsafe.find(clock, name)
    parts = ("Date/Year", "Date/Month", "Date/Day", "Time/Hour", "Time/Minute", "Time/Second")
    values = [v for v in (xmlsafe.number(there, p) for p in parts) if v is not None]
    if len(values) < len(parts):
        return None
    year, month, day, hour, minute, second = values
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def utc(there: datetime | None, local: datetime | None, zone: str | None, now: datetime) -> datetime | None:
    """The device's clock in UTC. Some tell the local time under its name (majestic-webui#292), some only that
    (agsh/onvif#65), and some have the same in both although their UTC is right: then what is nearer to our own clock."""
    east = timedelta(minutes=zone_minutes(zone) or 0)
    if local is None or (there is not None and (not east or there != local)):
        return there
    return min((t for t in (there, local - east) if t is not None), key=lambda t: abs(t - now))
