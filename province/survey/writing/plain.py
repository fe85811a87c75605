"""A new facility as lines of YAML, laid out like the sample: short groups in one line, words of people in quotes.

Records here hold text, numbers, days, lists and mappings only, and a province may send 14,000 cameras: ruamel.yaml, which keeps
what people wrote, is for what they wrote.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import yaml

from province.survey.reading.cells import Plain
from province.survey.writing import area_file

FLOW = frozenset({"unit", "focal_point", "connection_plan", "opinion", "funding", "no_access", "lan", "uplink", "box", "recording"})
"""Groups of fields that stand in one line."""
QUOTED = frozenset({*area_file.QUOTED, "lan_mac"})
_PLAIN = re.compile(r"[^\W_][^:#,\[\]{}\"'\n]*[^\W_)]|[^\W_]")


def block(record: Mapping[str, Plain]) -> str:
    """The record's lines, from its own margin."""
    return "".join(f"{line}\n" for line in _lines(record, ""))


def _lines(record: Mapping[str, Plain], margin: str) -> Iterator[str]:
    for name, value in record.items():
        if isinstance(value, list) and value and isinstance(value[0], dict) and name not in FLOW:
            yield f"{margin}{name}:"
            for each in value:
                if "ports" in each:
                    first, *rest = _lines(each, f"{margin}    ")
                    yield f"{margin}  - {first.lstrip()}"
                    yield from rest
                else:
                    yield f"{margin}  - {_inline(name, each)}"
        else:
            own = isinstance(value, str) and name not in QUOTED and is_text(value) and safe(value.replace(", ", " "))
            yield f"{margin}{name}: {value if own else _inline(name, value)}"


def _inline(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_inline(key, each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(name, each) for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False) if name in QUOTED or not (is_text(value) and safe(value)) else value


def safe(value: str) -> bool:
    """Whether it may stand without quotes even between braces."""
    return bool(_PLAIN.fullmatch(value)) or bool(re.fullmatch(r"[\w.+-]+@[\w.-]+|[\d.]+/\d+", value))


def is_text(value: str) -> bool:
    """Whether other programs' YAML would take it for text without quotes; dates are left as they are."""
    patterns = yaml.SafeLoader.yaml_implicit_resolvers.get(value[:1], [])
    return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)) or (bool(value) and not any(each.match(value) for _, each in patterns))
