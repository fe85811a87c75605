"""Places in one cell, each with how many devices are there."""

import re
from collections.abc import Iterator
from typing import Any

from province.survey.reading.cells import ValueRejected
from province.survey.reading.normalise import absent, one_line, text_of
from province.text import Text

_BETWEEN = re.compile(r"\s*[;\n]\s*|\s+\+\s+|,\s*(?=cam(?:era)?\s*\d)", re.IGNORECASE)
_WRAPPED = re.compile(r"\n(?=\(|(?:tầng|lầu|phòng|ngoài|trong|phía|bên|dãy|trước|sau|của|và|tại|ở)\b)")
_BULLET = re.compile(r"^\s*(?:[-•*+]|\(?\d{1,2}[.)]\)?|cam(?:era)?\s*\d{1,2}\s*[:.)-])\s*(?=\D)", re.IGNORECASE)
_DEVICES = r"(?:camera|cam|cái|mắt|chiếc|bộ)"
_COUNTED = (
    re.compile(rf"(?:có\s+)?(?P<n>\d{{1,3}})\s*{_DEVICES}\b\.?\s*(?:ở|tại|:|-)?\s*(?P<place>.*)", re.IGNORECASE),
    re.compile(rf"(?P<place>.+?)\s*[(:,-]?\s*\b(?P<n>\d{{1,3}})\s*{_DEVICES}\)?", re.IGNORECASE),
    re.compile(r"(?P<place>.+?)\s*\bx\s*(?P<n>\d{1,3})", re.IGNORECASE),
    re.compile(r"(?P<place>.*[^\W\d]\S*)\s*(?::\s*(?P<n>\d{1,3})|\((?P<m>\d{1,3})\))"),
)
_LISTED = re.compile(r"(?P<n>\d{1,3})\s+(?P<place>[^\W\d].*)")
"""Counts only beside others: "1 cổng, 2 sân"."""

Place = tuple[str | None, int]


def places(value: Any) -> list[Place]:
    """ "Cổng chính; 2 camera sân" is [("Cổng chính", 1), ("sân", 2)]. Raises ValueRejected.

    Parted by semicolons, line breaks, " + " or "cam 2:"; by commas only where every part is counted ("Cổng: 1, sân: 2"):
    "Hành lang tầng 1, ngoài cửa phòng" is one place.
    """
    said = text_of(value)
    if absent(said):
        return []
    parts = _BETWEEN.split(_WRAPPED.sub(" ", said))
    return [place for part in parts for place in _of(one_line(_BULLET.sub("", part)).strip(" .;"))]


def _of(part: str) -> Iterator[Place]:
    among = [each.strip(" .") for each in re.split(r",|\s+và\s+", part) if each.strip(" .")]
    listed = [_counted(each) or _number(_LISTED.fullmatch(each)) for each in among]
    if len(among) > 1 and all(listed):
        yield from (place for place in listed if place)
    elif len(among) > 1 and sum(1 for each in among if _counted(each)) > (_counted(part) is not None):
        raise ValueRejected(_HALF, value=part)
    elif part:
        yield _counted(part) or (part, 1)


def _counted(part: str) -> Place | None:
    return next((_number(found) for pattern in _COUNTED if (found := pattern.fullmatch(part))), None)


def _number(found: re.Match[str] | None) -> Place | None:
    if found is None:
        return None
    number = found.groupdict().get("n") or found.groupdict().get("m")
    return found["place"].strip(" :-") or None, int(number or 1)


_HALF = Text(
    "“{value}”: không rõ mỗi nơi mấy camera: mỗi camera một dòng, hoặc viết dạng 1 camera cổng; 2 camera sân",
    "“{value}”: how many at each place? write each in a row of its own, or as: 1 camera cổng; 2 camera sân",
)
