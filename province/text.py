"""What users read, in both languages, and the time that they read on their clocks."""

from datetime import date, datetime, timedelta, timezone

from edge_agent.contract.text import Lang as Lang
from edge_agent.contract.text import Text as Text
from edge_agent.contract.text import default_lang as default_lang

VIETNAM = timezone(timedelta(hours=7))
"""The time of every place in Vietnam, all the year."""


def day(value: date, lang: Lang) -> str:
    """ "06/5/2021": decree 30/2020 writes a zero before days under 10 and before January and February only. English: "6 May 2021"."""
    if lang == "en":
        return f"{value.day} {value:%B %Y}"
    return f"{value.day:02d}/{month(value)}/{value.year}"


def month(value: date) -> str:
    return f"{value.month:02d}" if value.month < 3 else str(value.month)


def moment(instant: str | datetime) -> Text:
    """An instant (as text: ISO) to the minute, Vietnam's time."""
    at = (datetime.fromisoformat(instant) if isinstance(instant, str) else instant).astimezone(VIETNAM)
    return Text(f"{at:%H:%M} ngày {day(at.date(), 'vi')}", f"{at:%H:%M} on {day(at.date(), 'en')}")


def measured_at(instant: str | datetime) -> Text:
    """How old a verdict is: said wherever one is, since what it blames may have been mended by now."""
    return Text(*(words.format(at=at) for words, at in zip(_MEASURED_AT, moment(instant), strict=True)))


def with_age(text: Text, instant: str | datetime, **values: object) -> Text:
    """`text` with {measured} filled, and with `values`."""
    return Text(*(words.format(measured=at, **values) for words, at in zip(text, measured_at(instant), strict=True)))


_MEASURED_AT = Text("đo lúc {at}", "measured at {at}")
