"""What RouterOS prints: `export` (terse or in sections, lines continued by a backslash) and `print terse`."""

import re
from dataclasses import dataclass, field

_VERBS = ("add", "set", "remove", "enable", "disable", "unset", "move")
_WORD = re.compile(r'\[[^\]]*\]|(?:[^\s"\[]|"(?:[^"\\]|\\.)*")+(?:\[[^\]]*\])?')
_ESCAPE = re.compile(r"\\(?:([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_NAMED = {"n": "\n", "r": "\r", "t": "\t", "_": " ", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_KEY = re.compile(r"(?:^|\s)([a-z][a-z0-9.-]*)=")
_ROW = re.compile(r"^\s*\d+\s+(?:([A-Z]{1,6})\s+|\s*)(.*)$")


@dataclass(frozen=True)
class Entry:
    """One line of an export: `path` "interface bridge port", `verb` "add", what it `selects`, and what it sets."""

    path: str
    verb: str
    values: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)

    def selects(self, name: str, factory: str) -> bool:
        return self.chosen.get("name") == name or (factory != "" and self.chosen.get("default-name") == factory)


def entries(text: str) -> list[Entry]:
    """Every line that could be understood; comments and what is none are passed over."""
    found, path = [], ""
    for line in re.sub(r"\\\r?\n[ \t]*", "", text).splitlines():
        words = _WORD.findall(line.strip())
        if not words or words[0].startswith("#"):
            continue
        if words[0].startswith("/"):
            until = next((n for n, word in enumerate(words) if word in _VERBS), len(words))
            path = " ".join(" ".join(words[:until]).replace("/", " ").split())
            words = words[until:]
        if words and words[0] in _VERBS:
            found.append(_entry(path, words))
    return found


def _entry(path: str, words: list[str]) -> Entry:
    values: dict[str, str] = {}
    chosen: dict[str, str] = {}
    for word in words[1:]:
        if word.startswith("["):
            chosen |= dict(_pair(part) for part in _WORD.findall(word[1:-1]) if "=" in part)
        elif "=" in word:
            key, value = _pair(word)
            values[key] = value
        else:
            chosen["name"] = unquoted(word)
    return Entry(path, words[0], values, chosen)


def _pair(word: str) -> tuple[str, str]:
    key, _, value = word.partition("=")
    return key, unquoted(value)


def unquoted(value: str) -> str:
    """A RouterOS string as it is meant; bytes in hex are UTF-8."""
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = value[1:-1]
    if "\\" not in value:
        return value
    raw, at = b"", 0
    for match in _ESCAPE.finditer(value):
        raw += value[at : match.start()].encode()
        code, char = match.groups()
        raw += bytes([int(code, 16)]) if code else _NAMED.get(char, char).encode()
        at = match.end()
    return (raw + value[at:].encode()).decode("utf-8", errors="replace")


def terse(text: str) -> list[tuple[str, dict[str, str]]]:
    """Rows of `print terse`: (flags, values). Values are not quoted there: one ends where the next key begins."""
    rows = []
    for line in text.splitlines():
        match = _ROW.match(line)
        if not match:
            continue
        keys = list(_KEY.finditer(match[2]))
        ends = [*(key.start() for key in keys[1:]), len(match[2])][: len(keys)]
        values = {key[1]: match[2][key.end() : end].strip().strip('"') for key, end in zip(keys, ends, strict=True)}
        if values:
            rows.append((match[1] or "", values))
    return rows
