"""Of what kind a role's variables are, by its meta/argument_specs.yml: looked at where they are chosen.

Ansible itself looks where each role begins, when others have been brought to the facility already, and it takes a text for a mapping
where the role can't.
"""

import difflib
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from province.paths import data
from province.text import Text

Options = Mapping[str, Mapping[str, Any]]


class Misfit(NamedTuple):
    """What is wrong with a variable: where in it ("cameras_encoder", "fps"), and why."""

    key: tuple[str | int, ...]
    why: Text


def misfits(name: str, value: Any) -> Iterator[Misfit]:
    """Nothing for a variable that is no role's, or a value that only Ansible can know (a template, something encrypted)."""
    role = name.partition("_")[0]
    if role not in _roles() or not name.startswith(f"{role}_"):
        return
    options = _options(role)
    if name in options:
        yield from _of(options[name], value, (name,))
    elif near := difflib.get_close_matches(name, options, 1, cutoff=0.9):
        yield Misfit((name,), NO_VARIABLE.format(role=role, near=near[0]))


def _of(option: Mapping[str, Any], value: Any, key: tuple[str | int, ...]) -> Iterator[Misfit]:
    if value is None or not isinstance(value, str | int | float | Mapping | list) or (isinstance(value, str) and "{{" in value):
        return
    kind = str(option.get("type", "str"))
    fits, words = KINDS[kind]
    if not fits(value):
        yield Misfit(key, Text(*(text.format(value=value, kind=of) for text, of in zip(NOT_A, words, strict=True))))
    elif "choices" in option and str(value) not in map(str, option["choices"]):
        yield Misfit(key, NOT_ONE_OF.format(value=value, choices=", ".join(filter(None, map(str, option["choices"])))))
    elif isinstance(value, Mapping) and "options" in option:
        yield from _inside(option["options"], value, key)
    elif kind == "list":
        listed = value if isinstance(value, list) else str(value).split(",")
        for place, each in enumerate(listed):
            yield from _of({**option, "type": option.get("elements", "raw")}, each, (*key, place))


def _inside(options: Options, value: Mapping[str, Any], key: tuple[str | int, ...]) -> Iterator[Misfit]:
    for name, each in value.items():
        if name in options:
            yield from _of(options[name], each, (*key, name))
        else:
            yield Misfit((*key, name), NO_FIELD.format(known=", ".join(options)))


@functools.cache
def _roles() -> frozenset[str]:
    return frozenset(path.parent.parent.name for path in data("roles").glob("*/meta/argument_specs.yml"))


@functools.cache
def _options(role: str) -> Options:
    text = data(f"roles/{role}/meta/argument_specs.yml").read_text(encoding="utf-8")
    found: Options = yaml.load(text, Loader=yaml.CSafeLoader)["argument_specs"]["main"]["options"]
    return found


def _number(pattern: str) -> Callable[[Any], bool]:
    return lambda value: not isinstance(value, bool) and re.fullmatch(pattern, str(value).strip()) is not None


KINDS: Mapping[str, tuple[Callable[[Any], bool], Text]] = {
    "dict": (lambda value: isinstance(value, Mapping), Text("ánh xạ tên: giá trị", "a mapping of names to values")),
    "list": (lambda value: not isinstance(value, Mapping), Text("danh sách", "a list")),
    "int": (_number(r"[+-]?\d+"), Text("số nguyên", "a whole number")),
    "float": (_number(r"[+-]?\d+(\.\d*)?"), Text("số", "a number")),
    "bool": (
        lambda value: str(value).lower() in ("true", "false", "yes", "no", "on", "off", "1", "0", "y", "n", "t", "f", ""),
        Text("true hay false", "true or false"),
    ),
    "str": (lambda value: not isinstance(value, Mapping | list), Text("chuỗi ký tự", "a text")),
    "path": (lambda value: isinstance(value, str), Text("đường dẫn", "a path")),
    "raw": (lambda value: True, Text("", "")),
}
"""What each kind of Ansible's takes, as YAML gives it or as a text."""
NOT_A = Text("“{value}” không phải là {kind}", "“{value}” is not {kind}")
NOT_ONE_OF = Text("“{value}” không phải là một trong: {choices}", "“{value}” is none of: {choices}")
NO_FIELD = Text("không có trường này; có: {known}", "there is no such field, but {known}")
NO_VARIABLE = Text("vai trò {role} không có biến này; ý là {near}?", "the role {role} has no such variable; is {near} meant?")
