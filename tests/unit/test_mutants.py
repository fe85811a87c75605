"""`make mutants` changes what it says, and knows the files that it names. (Cosmic Ray itself is installed by that target alone.)"""

from pathlib import Path

import pytest

from tools.mutants import sql
from tools.mutants.table import SAME, TESTS

ROOT = Path(__file__).resolve().parents[2]


def changed(text: str) -> set[str]:
    return {text[: each.begin] + each.new + text[each.end :] for each in sql.variants(text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT a FROM b WHERE c = ?", {"SELECT a FROM b WHERE (c = ? OR TRUE)", "SELECT a FROM b WHERE c <> ?"}),
        ("SELECT a FROM b ORDER BY id LIMIT 1", {"SELECT a FROM b LIMIT 1", "SELECT a FROM b ORDER BY id DESC LIMIT 1"}),
        ("SELECT a FROM b ORDER BY id DESC", {"SELECT a FROM b", "SELECT a FROM b ORDER BY id"}),
        ("SELECT max(a) FROM b", {"SELECT min(a) FROM b"}),
        ("INSERT OR REPLACE INTO b VALUES (?)", {"INSERT OR IGNORE INTO b VALUES (?)"}),
        ("UPDATE b SET a = greatest(c, now())", {"UPDATE b SET a = least(c, now())"}),
        (
            "DELETE FROM b WHERE a <= %s AND NOT dated",
            {"DELETE FROM b WHERE (a <= %s OR TRUE) AND NOT dated", "DELETE FROM b WHERE a < %s AND NOT dated",
             "DELETE FROM b WHERE a <= %s OR NOT dated", "DELETE FROM b WHERE a <= %s AND (NOT dated OR TRUE)",
             "DELETE FROM b WHERE a <= %s AND dated"},
        ),
        ("AND d IS NULL RETURNING a", {"OR d IS NULL RETURNING a", "AND (d IS NULL OR TRUE) RETURNING a", "AND d IS NOT NULL RETURNING a"}),
        ("PRAGMA synchronous=FULL", {"PRAGMA synchronous=NORMAL"}),
        ("CREATE TABLE b (path TEXT NOT NULL UNIQUE)", {"CREATE TABLE b (path TEXT NOT NULL)"}),
        ("SELECT a FROM b WHERE c BETWEEN ? AND ?", set()),
        ("UPDATE b SET a = ?", set()),
    ],
)  # fmt: skip
def test_a_statement_is_changed_where_it_chooses_and_stays_one(text: str, expected: set[str]) -> None:
    assert changed(text) == expected


def test_every_module_and_test_of_the_table_is_there_and_what_is_left_out_is_of_the_table() -> None:
    assert [path for path in (*TESTS, *(test for tests in TESTS.values() for test in tests)) if not (ROOT / path).is_file()] == []
    assert set(SAME) <= set(TESTS)
