"""A check's thresholds in words: numbers as each language writes them, put into the standard's own sentences. Pure."""

from collections.abc import Mapping
from typing import Any

from province.standard import Check
from province.text import Lang, Text

_NAMES: Mapping[str, str] = {"h264": "H.264", "h265": "H.265"}
_OR: Mapping[str, str] = {"vi": " hoặc ", "en": " or "}


def limit_of(check: Check, threshold: Mapping[str, Any] | None = None) -> Text:
    """The limit in words ("từ 1920 × 1080 điểm ảnh"); its bare fields where the standard has no words for it; "–" without any."""
    values = check.threshold if threshold is None else threshold
    if check.limit is not None:
        return filled(check.limit, values)
    bare = " · ".join(f"{key} {', '.join(map(str, value)) if isinstance(value, list) else value}" for key, value in values.items())
    return Text(bare or "–", bare or "–")


def asked(check: Check) -> Text | None:
    """What a facility is asked for, with the figures of this standard; `{limit}` is the limit in words. None: nothing is asked."""
    if check.asks is None:
        return None
    limit = limit_of(check)
    filled_in = filled(check.asks, check.threshold)
    return Text(filled_in.vi.replace("{limit}", limit.vi), filled_in.en.replace("{limit}", limit.en))


def filled(text: Text, threshold: Mapping[str, Any]) -> Text:
    """`{width}` becomes the threshold's number, `{share_percent}` 0.995 as 99,5; what isn't there stays as it stands."""
    return Text(_filled(text.vi, threshold, "vi"), _filled(text.en, threshold, "en"))


def _filled(text: str, threshold: Mapping[str, Any], lang: Lang) -> str:
    for key, value in threshold.items():
        text = text.replace(f"{{{key}}}", _said(value, lang))
        if isinstance(value, int | float):
            text = text.replace(f"{{{key}_percent}}", _said(round(100 * value, 3), lang))
    return text


def _said(value: Any, lang: Lang) -> str:
    if isinstance(value, list):
        return _OR[lang].join(_NAMES.get(str(each), str(each)) for each in value)
    if isinstance(value, float):
        plain = f"{value:g}"
        return plain.replace(".", ",") if lang == "vi" else plain
    return str(value)
