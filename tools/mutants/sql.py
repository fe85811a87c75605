"""Small changes to a statement of SQL that leave it a statement: what a filter lets through, which row counts, what wins. Pure.

A condition is not cut out but made to hold always, so that as many values are asked for as before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

STATEMENT = re.compile(r"\s*(WITH|SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|CASE)\b")
"""How a text begins that is SQL: our statements are in capitals."""


@dataclass(frozen=True)
class Variant:
    """The text from `begin` to `end` becomes `new`."""

    begin: int
    end: int
    new: str


_CONDITION = re.compile(
    r"\b(?:WHERE|AND|OR)\s+(?P<said>(?:NOT\s+)?\w(?:[^()]|\((?:[^()]|\([^()]*\))*\))*?)"
    r"(?=\s+(?:AND|OR|ORDER|GROUP|LIMIT|RETURNING|UNION|FOR)\b|\s*\)|\s*$)"
)
_INSTEAD: list[tuple[str, str]] = [
    (r"\s+ORDER BY [\w., ]+?(?=\s+LIMIT\b|\s*\)|\s*$)", ""),
    (r"\bORDER BY [\w.]+(?! DESC| ASC|[\w.])", r"\g<0> DESC"),
    (r"(?<=\w) DESC\b", ""),
    (r"\bOR REPLACE\b", "OR IGNORE"),
    (r"\bOR IGNORE\b", "OR REPLACE"),
    (r"\bmax\(", "min("),
    (r"\bmin\(", "max("),
    (r"\bgreatest\(", "least("),
    (r"\bleast\(", "greatest("),
    (r"\bIS NULL\b", "IS NOT NULL"),
    (r"\bIS NOT NULL\b", "IS NULL"),
    (r"(?<=AND )NOT (?!EXISTS)", ""),
    (r"(?<=WHERE )NOT (?!EXISTS)", ""),
    (r" UNIQUE\b", ""),
    (r"\bsynchronous=FULL\b", "synchronous=NORMAL"),
    (r"<>", "="),
    (r"<=", "<"),
    (r">=", ">"),
    (r"(?<=\s)<(?=\s)", "<="),
    (r"(?<=\s)>(?=\s)", ">="),
]


def variants(text: str) -> list[Variant]:
    """Of a statement, or of a part of one; in the order of where they are."""
    found = [Variant(m.start(), m.end(), m.expand(new)) for pattern, new in _INSTEAD for m in re.finditer(pattern, text)]
    return sorted({*found, *_joined(text), *_conditions(text)}, key=lambda each: (each.begin, each.end, each.new))


def _joined(text: str) -> Iterator[Variant]:
    """`AND` in the place of `OR`, and the other way round; not that of BETWEEN, nor what an INSERT does."""
    for m in re.finditer(r"\bAND\b", text):
        if not re.search(r"\bBETWEEN\s+\S+\s+$", text[: m.start()]):
            yield Variant(m.start(), m.end(), "OR")
    for m in re.finditer(r"\bOR\b(?! REPLACE| IGNORE)", text):
        yield Variant(m.start(), m.end(), "AND")


def _conditions(text: str) -> Iterator[Variant]:
    begin = 0
    while found := _CONDITION.search(text, begin):
        begin, said, start = found.end(), found["said"], found.start("said")
        if said.count("(") != said.count(")") or re.search("BETWEEN|^REPLACE|^IGNORE", said):
            continue
        yield Variant(start, found.end(), f"({said} OR TRUE)")
        for equals in re.finditer(r"(?<=[\w)]) = (?=[%?:(\w'])", said):
            yield Variant(start + equals.start(), start + equals.end(), " <> ")
