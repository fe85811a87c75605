"""What a measurement looks like: a plain document. `{"ok": true, ...numbers}`, or `{"ok": false, "reason": ...}`.

Reasons are the keys of province.judging.case.REASONS. No exception's own words ever go into a document: they may carry
an address with a password in it (ffmpeg's do).
"""

import re
from typing import Any, overload

from edge_agent.contract.strict import CONTROLS

Measured = dict[str, Any]

_CONTROL = re.compile(rf"[\t\n]|{CONTROLS.pattern}")
LONGEST = 200


def failed(reason: str, detail: str | None = None) -> Measured:
    return {"ok": False, "reason": reason} | ({"detail": detail} if detail else {})


@overload
def clean(value: str) -> str: ...
@overload
def clean(value: Measured) -> Measured: ...
@overload
def clean(value: Any) -> Any: ...
def clean(value: Any) -> Any:
    """What a device said, fit for terminal, XML and paper: no control characters, no direction marks, bounded."""
    if isinstance(value, str):
        return _CONTROL.sub("", value)[:LONGEST]
    if isinstance(value, dict):
        return {clean(str(key)): clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [clean(each) for each in value[:LONGEST]]
    return value
