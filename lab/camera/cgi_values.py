"""Dahua's flat format, for whatever speaks it in the lab: nested settings to lines and back, answers, and how it says no.

Settings are nested dictionaries; a step "#0" is an index: {"RTP": {"#0": {"Enable": True}}} is RTP[0].Enable=true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from lab.camera.http import HttpResponse

TEXT = "text/plain;charset=utf-8"
Query = dict[str, str]
Action = Callable[[Any, Query], HttpResponse]
OK = HttpResponse(200, b"OK\r\n", TEXT)
ZONE_HOURS = (0, 1, 2, 3, 3.5, 4, 4.5, 5, 5.5, 5.75, 6, 6.5, 7, 8, 9, 9.5, 10, 11, 12, 13, -1, -2, -3, -3.5, -4, -5, -6, -7, -8, -9, -10)
_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")


class BadRequest(Exception):
    """The device doesn't know this action, name or value."""


def value_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def lines(settings: Any, prefix: str) -> Iterator[str]:
    """ "table.RTP[0].Enable=true" and so on, in order."""
    if isinstance(settings, dict):
        for key, part in settings.items():
            yield from lines(part, f"{prefix}[{key[1:]}]" if key.startswith("#") else f"{prefix}.{key}" if prefix else key)
    else:
        yield f"{prefix}={value_text(settings)}"


def steps(key: str) -> list[str]:
    """ "Encode[0].MainFormat[0].Video.FPS" as ["Encode", "#0", "MainFormat", "#0", "Video", "FPS"]."""
    return [f"#{m[1]}" if m[1] is not None else m[2] for m in _STEP.finditer(key)]


def like(old: Any, value: str) -> Any:
    """``value`` of the kind that ``old`` is. BadRequest: it isn't."""
    if isinstance(old, bool):
        if value.lower() not in ("true", "false"):
            raise BadRequest(value)
        return value.lower() == "true"
    if isinstance(old, int):
        try:
            return int(float(value))
        except ValueError:
            raise BadRequest(value) from None
    if isinstance(old, dict):
        raise BadRequest("no value")
    return value.strip() if value == " " else value


def query(target: str) -> list[tuple[str, str]]:
    """The entries of a query, undone as Dahua does it: the whole of it first, then split, so that no "&" can be in a value."""
    whole = unquote(target.partition("?")[2], errors="replace")
    return [(key, value) for key, _, value in (entry.partition("=") for entry in whole.split("&")) if key]


def table(settings: Any, prefix: str, encoding: str = "utf-8", odd: bool = False) -> HttpResponse:
    """``odd``: blanks and empty lines where nobody expects them."""
    found = list(lines(settings, prefix))
    if odd:
        found = [f" {key} = {value} \r\n" for key, _, value in (line.partition("=") for line in found)]
    return HttpResponse(200, ("\r\n".join(found) + "\r\n").encode(encoding, "replace"), TEXT)


def lines_of(**values: Any) -> HttpResponse:
    return table(values, "")


def error(status: int, said: str) -> HttpResponse:
    return HttpResponse(status, f"Error\r\n{said}\r\n".encode(), TEXT)


def missing(status: int) -> HttpResponse:
    """400 on old firmware, 501 on new (aiodahua)."""
    return error(status, "Not Implemented!" if status == 501 else "Bad Request!")


def forbidden() -> HttpResponse:
    """What DH-NVR608H says to names that it doesn't know and to those who may not."""
    body = b'{"error":{"code":403,"message":"Authority:check failure."},"result":false}'
    return HttpResponse(403, body, "application/json")
