"""Reads JSON objects strictly, field by field: what a document of the contract is taken apart with."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

MAX_MESSAGE_BYTES = 256 * 1024
MAX_INTEGER, MAX_NUMBER = 2**63 - 1, 1e15
"""What PostgreSQL's bigint keeps; more than anything that is measured."""
_DIGITS = 24
FIRST_YEAR, LAST_YEAR = 2000, 2099
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""What moves a terminal's cursor, colours or title, turns the direction of writing, or can't be kept; not tab and line feed."""


class ContractError(ValueError):
    """A document does not keep the contract; the message names the field and what is wrong with it."""


def utc_text(at: datetime) -> str:
    """ISO 8601 in UTC with microseconds and a Z: the one spelling of an instant on the wire."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Fields:
    """Takes fields out of a JSON object, each with its type; `refuse_others` refuses what nobody took."""

    def __init__(self, what: str, document: object) -> None:
        if not isinstance(document, dict):
            raise ContractError(f"{what}: an object is wanted, not {type(document).__name__}")
        self.what = what
        self._document: Mapping[str, Any] = document
        self._taken: set[str] = set()

    def take(self, name: str, kind: type | tuple[type, ...], default: Any = ...) -> Any:
        """The field's value. bool is not an int here; an int is taken where a float is wanted. Absent: `default`, if given."""
        self._taken.add(name)
        if name not in self._document:
            if default is ...:
                raise ContractError(f"{self.what}.{name}: missing")
            return default
        value = self._document[name]
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if float in kinds and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            names = " or ".join("null" if one is type(None) else one.__name__ for one in kinds)
            raise ContractError(f"{self.what}.{name}: {names} is wanted, not {type(value).__name__}")
        return value

    def text(self, name: str, most: int, default: Any = ...) -> Any:
        """A text, cut to `most` characters; None only as the default."""
        value = self.take(name, str if default is ... else (str, type(default)), default)
        return value[:most] if isinstance(value, str) else value

    def match(self, name: str, pattern: re.Pattern[str]) -> str:
        value: str = self.take(name, str)
        if not pattern.fullmatch(value):
            raise ContractError(f"{self.what}.{name}: {value[:80]!r} is not of the form {pattern.pattern}")
        return value

    def one_of(self, name: str, allowed: tuple[str, ...], default: Any = ...) -> Any:
        value: str = self.take(name, str, default)
        if value not in allowed:
            raise ContractError(f"{self.what}.{name}: {value[:80]!r} is none of {', '.join(allowed)}")
        return value

    def between(self, name: str, low: int, high: int, default: Any = ...) -> int:
        value: int = self.take(name, int, default)
        if not low <= value <= high:
            raise ContractError(f"{self.what}.{name}: {value} is not between {low} and {high}")
        return value

    def number(self, name: str, low: float, high: float, default: Any = ...) -> float:
        value: float = self.take(name, float, default)
        if not low <= value <= high:
            raise ContractError(f"{self.what}.{name}: {value} is not between {low:g} and {high:g}")
        return value

    def instant(self, name: str) -> datetime:
        """A date, a time and an offset, such as 2026-11-30T08:15:00+07:00, of this century; in UTC."""
        value: str = self.take(name, str)
        try:
            at = datetime.fromisoformat(value) if _INSTANT.fullmatch(value) else None
        except ValueError:
            at = None
        if at is None:
            raise ContractError(f"{self.what}.{name}: {value[:80]!r} is not a time with an offset from UTC, as ISO 8601 writes it")
        if not FIRST_YEAR < at.year < LAST_YEAR:
            raise ContractError(f"{self.what}.{name}: {value} is not between {FIRST_YEAR + 1} and {LAST_YEAR - 1}")
        return at.astimezone(UTC)

    def instant_or_none(self, name: str) -> str | None:
        if self.take(name, (str, type(None)), None) is None:
            return None
        return utc_text(self.instant(name))

    def names(self) -> list[str]:
        return sorted(self._document)

    def refuse_others(self) -> None:
        others = sorted(set(self._document) - self._taken)
        if others:
            raise ContractError(f"{self.what}: unknown field(s) {', '.join(others)}")


def _no_number(text: str) -> float:
    raise ContractError(f"{text} is not a number that JSON knows")


def _number(text: str) -> float | str:
    value = float(text)
    return value if abs(value) <= MAX_NUMBER else text[:_DIGITS]


def _integer(text: str) -> int | str:
    return value if len(text) <= _DIGITS and abs(value := int(text)) <= MAX_INTEGER else text[:_DIGITS]


def parse_json(what: str, payload: bytes | str, max_bytes: int = MAX_MESSAGE_BYTES) -> Any:
    """JSON that PostgreSQL can keep, or ContractError.

    A number beyond all bounds becomes a text, its first digits, so that the field which wants a number is named and the others are kept.
    Whatever came this way can be shown: control characters are replaced (see `printable`), in names of fields too.
    """
    if len(payload) > max_bytes:
        raise ContractError(f"{what}: {len(payload)} bytes are more than {max_bytes}")
    try:
        text = payload.decode("utf-8") if isinstance(payload, bytes) else payload
        document = json.loads(text, parse_constant=_no_number, parse_float=_number, parse_int=_integer)
        if "\\u" in text or "\\r" in text or "\\f" in text or "\\b" in text or CONTROLS.search(text):
            document = _printable(document)
    except ContractError:
        raise
    except (ValueError, RecursionError) as error:
        raise ContractError(f"{what}: not JSON: {error}") from error
    return document


def printable(text: str) -> str:
    """A text from a box, a device or a line as a terminal, a page, a sheet or a log may show it: control characters become U+FFFD."""
    return CONTROLS.sub("\ufffd", text)


def _printable(document: Any) -> Any:
    if isinstance(document, str):
        return printable(document)
    if isinstance(document, dict):
        return {printable(name): _printable(value) for name, value in document.items()}
    if isinstance(document, list):
        return [_printable(each) for each in document]
    return document


def read_json(what: str, payload: bytes | str) -> Fields:
    """The fields of a JSON object."""
    return Fields(what, parse_json(what, payload))
