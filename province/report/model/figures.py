"""Numbers and days as a reader of Vietnamese or English writes them."""

from collections.abc import Callable
from datetime import date
from typing import TypedDict

from province.text import Lang, Text, measured_at, month
from province.text import day as day


def number(value: float, lang: Lang, digits: int = 0) -> str:
    """1234.5 -> "1.234,5" in Vietnamese, "1,234.5" in English."""
    english = f"{value:,.{digits}f}"
    return english if lang == "en" else english.translate({ord(","): ".", ord("."): ","})


def percent(part: float, whole: float, lang: Lang, digits: int = 1) -> str:
    """62.5 -> "62,5%", 75.0 -> "75%"; of nothing, "–". What isn't all is never rounded up to all, nor anything down to nothing."""
    if not whole:
        return "–"
    share = round(100 * part / whole, digits)
    step = 10.0**-digits
    if part < whole:
        share = min(share, 100 - step)
    if part > 0:
        share = max(share, step)
    return f"{number(share, lang, 0 if share == int(share) else digits)}%"


def long_day(value: date) -> Text:
    return Text(f"ngày {value.day:02d} tháng {month(value)} năm {value.year}", day(value, "en"))


def sentence(text: Text) -> Text:
    """As a heading or a cell begins: "đạt" -> "Đạt"."""
    return Text(*(words[:1].upper() + words[1:] for words in text))


class Formats(TypedDict):
    """How a template says things in a language: `t` of two wordings, `say` and `opened` of a Text, figures, days, a verdict's hour."""

    lang: Lang
    t: Callable[[str, str], str]
    say: Callable[[Text | None], str]
    opened: Callable[[Text | None], str]
    day: Callable[[date | None], str]
    measured: Callable[[str], str]
    number: Callable[[float], str]
    percent: Callable[[float, float], str]


def formats(lang: Lang) -> Formats:
    return {
        "lang": lang,
        "t": lambda vi, en: vi if lang == "vi" else en,
        "say": lambda text: text.pick(lang) if text else "",
        "opened": lambda text: sentence(text).pick(lang) if text else "",
        "day": lambda value: day(value, lang) if value else "",
        "measured": lambda value: sentence(measured_at(value)).pick(lang),
        "number": lambda value: number(value, lang),
        "percent": lambda part, whole: percent(part, whole, lang),
    }
