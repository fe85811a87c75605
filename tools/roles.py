"""The table of a role's variables in its README, made from meta/argument_specs.yml and defaults/main.yml."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).resolve().parents[1] / "roles"
LONGEST_DEFAULT = 60


def names() -> list[str]:
    return sorted(path.name for path in ROLES.iterdir() if path.is_dir())


def variables(role: str) -> str:
    """A row for each variable, and for each field of what it is made of."""
    options = _read(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = _read(role, "defaults/main.yml")
    rows = [("Variable", "Type", "Default", "What it is"), ("---", "---", "---", "---")]
    shown: dict[int, str] = {}
    for name, option in options.items():
        rows.append((f"`{name}`", _type(option), _default(name, option, defaults), option["description"]))
        rows += _fields(name, option, shown)
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in rows)


def _fields(name: str, option: Mapping[str, Any], shown: dict[int, str]) -> Iterator[tuple[str, str, str, str]]:
    """Fields that a file writes once, by an anchor of YAML's, are shown once."""
    fields, path = option.get("options"), f"{name}[]" if option["type"] == "list" else name
    if not fields:
        return
    if id(fields) in shown:
        yield f"`{path}`", "", "", f"fields as of `{shown[id(fields)]}`"
        return
    shown[id(fields)] = path
    for field, inner in fields.items():
        yield f"`{path}.{field}`", _type(inner), _needed(inner), inner["description"]
        yield from _fields(f"{path}.{field}", inner, shown)


def _read(role: str, name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROLES / role / name).read_text(encoding="utf-8")) or {})


def _type(option: Mapping[str, Any]) -> str:
    kind = f"{option['type']} of {option['elements']}" if "elements" in option else str(option["type"])
    return f"{kind}: {', '.join(map(str, option['choices']))}" if "choices" in option else kind


def _default(name: str, option: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    if name not in defaults:
        return _needed(option)
    text = defaults[name] if isinstance(defaults[name], str) else json.dumps(defaults[name], ensure_ascii=False)
    short = text if len(text) <= LONGEST_DEFAULT else ""
    return f"`{short}`" if short else "empty" if text == "" else "see [defaults](defaults/main.yml)"


def _needed(option: Mapping[str, Any]) -> str:
    return "**required**" if option.get("required") else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
