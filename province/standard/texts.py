"""A check's thresholds in words: numbers as each language writes them, put into the standard's own sentences. Pure."""

from collections.abc import Mapping
from typing import Any

from province.standard.checks import Check
from province.text import Lang, Text

_NAMES: Mapping[str, str] = {"h264": "H.264", "h265": "H.265"}
_OR: Mapping[str, str] = {"vi": " hoặc ", "en": " or "}


Names = Mapping[str, Text]
"""What a value in a list is called: zone's id -> its name."""


def limit_of(check: Check, threshold: Mapping[str, Any] | None = None, names: Names | None = None) -> Text:
    """The limit in words ("từ 1920 × 1080 điểm ảnh"); its bare fields where the standard has no words for it; "–" without any."""
    values = check.threshold if threshold is None else threshold
    if check.limit is not None:
        return filled(check.limit, values, names)
    bare = " · ".join(f"{key} {', '.join(map(str, value)) if isinstance(value, list) else value}" for key, value in values.items())
    return Text(bare or "–", bare or "–")


def asked(check: Check, names: Names | None = None) -> Text | None:
    """What a facility is asked for, with the figures of this standard; `{limit}` is the limit in words. None: nothing is asked."""
    if check.asks is None:
        return None
    limit = limit_of(check, names=names)
    filled_in = filled(check.asks, check.threshold, names)
    return Text(filled_in.vi.replace("{limit}", limit.vi), filled_in.en.replace("{limit}", limit.en))


def filled(text: Text, threshold: Mapping[str, Any], names: Names | None = None) -> Text:
    """`{width}` becomes the threshold's number, `{share_percent}` 0.995 as 99,5; what isn't there stays as it stands."""
    return Text(_filled(text.vi, threshold, names or {}, "vi"), _filled(text.en, threshold, names or {}, "en"))


def _filled(text: str, threshold: Mapping[str, Any], names: Names, lang: Lang) -> str:
    for key, value in threshold.items():
        text = text.replace(f"{{{key}}}", _value(value, names, lang))
        if isinstance(value, int | float):
            text = text.replace(f"{{{key}_percent}}", _value(round(100 * value, 3), names, lang))
    return text


def _value(value: Any, names: Names, lang: Lang) -> str:
    if isinstance(value, list) and names and all(each in names for each in value):
        return "; ".join(_low(names[each].pick(lang)) for each in value)
    if isinstance(value, list):
        return _OR[lang].join(_NAMES.get(str(each), str(each)) for each in value)
    if isinstance(value, float):
        plain = f"{value:g}"
        return plain.replace(".", ",") if lang == "vi" else plain
    return str(value)


def _low(name: str) -> str:
    return name[:1].lower() + name[1:]
