"""What a device or a machine said, made fit for documents.

No exception's own words ever go into a measurement: they may carry an address with a password in it (ffmpeg's do).
"""

import re
from typing import TypeVar, cast

from edge_agent.contract.strict import CONTROLS

_CONTROL = re.compile(rf"[\t\n]|{CONTROLS.pattern}")
LONGEST = 200
T = TypeVar("T")


def clean(value: T) -> T:
    """The same without control characters and direction marks, its texts and lists bounded: fit for terminal, XML and paper."""
    return cast("T", _clean(value))


def _clean(value: object) -> object:
    if isinstance(value, str):
        return _CONTROL.sub("", value)[:LONGEST]
    if isinstance(value, dict):
        return {_clean(str(key)): _clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(each) for each in value[:LONGEST]]
    return value
