"""Reads what JSON gave into the TypedDict or frozen dataclass that describes it, strictly: what is missing or of another kind is named.

    typed.read(Marker, "epoch", json.loads(text))

It knows str, int, float, bool, None, object, Literal, unions of these, list, tuple[X, ...], dict and Mapping by text, TypedDict and
dataclass, in any depth. As in `strict.Fields` a bool is no int, an int is taken where a float is wanted, and fields that are not known
are left out: a newer side may say more. A faulty document raises ContractError, which names the field and never says its value.
"""

import contextlib
import functools
import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, NotRequired, Required, TypeVar, Union, cast, get_args, get_origin, get_type_hints, is_typeddict

from edge_agent.contract.strict import ContractError

T = TypeVar("T")
_Reader = Callable[[str, object], Any]
_PLAIN = (str, int, float, bool, type(None))


def read(kind: type[T], what: str, document: object) -> T:
    """The document as a `kind`. `what` is its name in errors. Raises ContractError."""
    return cast("T", _reader(cast("Hashable", kind))(what, document))


@functools.cache
def _reader(kind: object) -> _Reader:
    """How a value of this kind is read; made once for each kind."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is object:
        return lambda _what, value: value
    if kind in _PLAIN or kind is None:
        return _one_of_kinds((kind or type(None),))
    if origin in (Required, NotRequired):
        return _reader(inner[0])
    if origin is Literal:
        return functools.partial(_literal, inner)
    if origin in (Union, types.UnionType):
        plain, others = tuple(one for one in inner if one in _PLAIN), tuple(_reader(one) for one in inner if one not in _PLAIN)
        readers = (*((_one_of_kinds(plain),) if plain else ()), *others)
        return readers[0] if len(readers) == 1 else functools.partial(_union, readers)
    if origin is list or (origin is tuple and inner[1:] == (...,)):
        return functools.partial(_sequence, cast("type", origin), _reader(inner[0]))
    if origin in (dict, Mapping) and inner[0] is str:
        return functools.partial(_mapping, _reader(inner[1]))
    if is_typeddict(kind):
        needed, hints = cast("Any", kind).__required_keys__, get_type_hints(kind)
        return functools.partial(_object, dict, {name: (_reader(one), name in needed) for name, one in hints.items()})
    if is_dataclass(kind):
        return functools.partial(_object, cast("type", kind), _of_dataclass(kind))
    raise TypeError(f"no document has a field of the kind {kind!r}")


def _of_dataclass(kind: Any) -> dict[str, tuple[_Reader, bool]]:
    hints = get_type_hints(kind)
    return {one.name: (_reader(hints[one.name]), one.default is MISSING and one.default_factory is MISSING) for one in fields(kind)}


def _one_of_kinds(kinds: tuple[Any, ...]) -> _Reader:
    names = " or ".join("null" if one is type(None) else one.__name__ for one in kinds)
    a_float, a_bool = float in kinds, bool in kinds

    def read_it(what: str, value: object) -> object:
        if isinstance(value, bool):
            if a_bool:
                return value
        elif isinstance(value, kinds):
            return value
        elif a_float and isinstance(value, int):
            return float(value)
        raise ContractError(f"{what}: {names} is wanted, not {type(value).__name__}")

    return read_it


def _literal(allowed: tuple[object, ...], what: str, value: object) -> object:
    if not any(value == one and type(value) is type(one) for one in allowed):
        raise ContractError(f"{what}: one of {', '.join(map(str, allowed))} is wanted")
    return value


def _union(readers: tuple[_Reader, ...], what: str, value: object) -> object:
    """The first kind that fits; where none does, what is wrong with it as the last of them, which is none of the plain ones."""
    for reader in readers[:-1]:
        with contextlib.suppress(ContractError):
            return reader(what, value)
    return readers[-1](what, value)


def _sequence(kind: type, reader: _Reader, what: str, value: object) -> object:
    if not isinstance(value, list):
        raise ContractError(f"{what}: list is wanted, not {type(value).__name__}")
    return kind(reader(f"{what}[{n}]", one) for n, one in enumerate(value))


def _mapping(reader: _Reader, what: str, value: object) -> object:
    if not isinstance(value, dict):
        raise ContractError(f"{what}: an object is wanted, not {type(value).__name__}")
    return {name: reader(f"{what}.{name}", one) for name, one in value.items()}


def _object(make: Callable[..., object], known: Mapping[str, tuple[_Reader, bool]], what: str, value: object) -> object:
    if not isinstance(value, dict):
        raise ContractError(f"{what}: an object is wanted, not {type(value).__name__}")
    found: dict[str, object] = {}
    for name, (reader, needed) in known.items():
        if name in value:
            found[name] = reader(f"{what}.{name}", value[name])
        elif needed:
            raise ContractError(f"{what}.{name}: missing")
    return make(**found)
