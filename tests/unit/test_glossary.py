"""The names in our code take the words of docs/glossary.md: what its last column forbids stays out of them.

A name that keeps a forbidden word all the same stands in ALLOWED, with the reason.
"""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
OURS = ("edge_agent", "province", "bootstrap", "lab", "plugins")
ALLOWED: dict[tuple[str, str], str] = {
    ("key", "barred"): "what survey files of version 0.1 have for no_access",
    ("key", "WORD"): "what IOS calls any text in its own help",
    ("key", "login_wanted"): "a reason on the wire: boxes send it, the hub keeps it in every event, metrics have it as a label",
    ("function", "accounts_as_wanted"): "the id of a check, which provinces write in waivers and in standards of their own",
}
"""(what, name): the reason why it keeps a forbidden word, such as a key that users typed in an older version."""

Name = tuple[str, str]
"""What it names ("class") and the name."""


def forbidden() -> list[str]:
    rows = [line.split("|") for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert all(len(row) == 6 for row in rows), "each row of the glossary has four columns"
    return sorted({term for row in rows for term in re.findall(r"`([A-Za-z]+(?:\(\))?)`", row[4])})


def parts(name: str) -> set[str]:
    """WantedPort -> wanted, port; told_at -> told, at."""
    return {part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def breaks(term: str, name: Name) -> bool:
    what, text = name
    if term.endswith("()"):
        return what == "function" and text.strip("_") == term[:-2]
    if term[0].isupper():
        return what == "class" and text.strip("_") == term
    return term in parts(text)


def of_python(path: Path) -> Iterator[Name]:
    """Names that a file gives, and those of the tables that its SQL makes."""
    yield "module", path.parent.name if path.name == "__init__.py" else path.stem
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            yield "class", node.name
            for line in node.body:
                targets = line.targets if isinstance(line, ast.Assign) else [line.target] if isinstance(line, ast.AnnAssign) else []
                yield from (("field", target.id) for target in targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield "function", node.name
        elif isinstance(node, ast.Dict):
            yield from (("key", key.value) for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "CREATE TABLE" in node.value:
            yield from of_sql(node.value)


def of_data(document: object) -> Iterator[Name]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield "key", str(key)
            yield from of_data(value)
    elif isinstance(document, list):
        for each in document:
            yield from of_data(each)


def columns(body: str) -> Iterator[str]:
    """Column names of what stands between the parentheses of CREATE TABLE."""
    depth, start = 0, 0
    for at, letter in enumerate(body + ","):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            column = re.match(r"\s*([a-z_]+)\s+\S", body[start:at])
            if column:
                yield column[1]
            start = at + 1


def body(sql: str, start: int) -> str:
    depth = 1
    for at in range(start, len(sql)):
        depth += (sql[at] == "(") - (sql[at] == ")")
        if not depth:
            return sql[start:at]
    raise AssertionError(f"no end of {sql[start : start + 40]}")


def of_sql(sql: str) -> Iterator[Name]:
    """Tables and columns as they are once all of it ran: what a later statement renames or drops is not there any more."""
    sql = re.sub(r"--[^\n]*", "", sql)
    tables: dict[str, set[str]] = {}
    statement = re.compile(
        r"CREATE TABLE (?:IF NOT EXISTS )?(?P<made>\w+) \(|DROP TABLE (?P<dropped>\w+)|ALTER TABLE (?P<table>\w+) (?:"
        r"RENAME TO (?P<renamed>\w+)|ADD COLUMN (?P<added>\w+)|DROP COLUMN (?P<less>\w+)|RENAME COLUMN (?P<old>\w+) TO (?P<new>\w+))"
    )
    for found in statement.finditer(sql):
        table = found["table"]
        if found["made"]:
            tables[found["made"]] = set(columns(body(sql, found.end())))
        elif found["dropped"]:
            del tables[found["dropped"]]
        elif found["renamed"]:
            tables[found["renamed"]] = tables.pop(table)
        elif found["added"]:
            tables[table].add(found["added"])
        elif found["less"]:
            tables[table].discard(found["less"])
        else:
            tables[table] = tables[table] - {found["old"]} | {found["new"]}
    for table, names in tables.items():
        yield "table", table
        yield from (("column", name) for name in names)


@cache
def names() -> frozenset[Name]:
    return frozenset(all_names())


def all_names() -> Iterator[Name]:
    for folder in OURS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield from of_python(path)
        for path in sorted((ROOT / folder).rglob("*.yml")):
            yield from of_data(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted((ROOT / folder).rglob("*.json")):
            yield from of_data(json.loads(path.read_text(encoding="utf-8")))
        for migrations in sorted({path.parent for path in (ROOT / folder).rglob("*.sql")}):
            yield from of_sql("\n".join(path.read_text(encoding="utf-8") for path in sorted(migrations.glob("*.sql"))))


def test_a_forbidden_word_is_in_no_name() -> None:
    terms = forbidden()
    broken = [name for name in names() if name not in ALLOWED and any(breaks(term, name) for term in terms)]
    assert not broken, "names with a word that docs/glossary.md does not want:\n" + "\n".join(
        f"{what} {name}" for what, name in sorted(broken)
    )


def test_an_exception_is_one_still() -> None:
    there, terms = names(), forbidden()
    assert [name for name in ALLOWED if name not in there or not any(breaks(term, name) for term in terms)] == []


@pytest.mark.parametrize(
    ("term", "caught", "left"),
    [
        ("wanted", [("class", "WantedPort"), ("key", "as_wanted"), ("module", "wanted")], [("field", "unwanted")]),
        ("Current", [("class", "Current"), ("class", "_Current")], [("class", "CurrentState"), ("key", "current")]),
        ("found()", [("function", "found"), ("function", "_found")], [("function", "found_at"), ("key", "found"), ("class", "Found")]),
    ],
)
def test_a_rule_of_the_glossary_reaches_as_far_as_it_says(term: str, caught: list[Name], left: list[Name]) -> None:
    assert all(breaks(term, name) for name in caught)
    assert not any(breaks(term, name) for name in left)


def test_every_kind_of_name_is_read() -> None:
    assert {what for what, _ in names()} == {"module", "class", "function", "field", "key", "table", "column"}


def test_a_column_that_was_renamed_is_read_by_its_new_name() -> None:
    sql = """CREATE TABLE a (word text CHECK (word IN ('x', 'y')), -- a, note
                 at int, PRIMARY KEY (word, at));
             ALTER TABLE a RENAME COLUMN word TO status; ALTER TABLE a ADD COLUMN site text; CREATE TABLE b (x int); DROP TABLE b;
             ALTER TABLE a RENAME TO c;"""
    assert set(of_sql(sql)) == {("table", "c"), ("column", "status"), ("column", "at"), ("column", "site")}
