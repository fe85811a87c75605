"""The newest word on each facility, of each kind: a verdict's, and that of the last rollout that visited it; by the hub's clock."""

from collections.abc import Sequence
from typing import Any, Literal

import psycopg

from edge_agent.contract.strict import Fields, utc_text

Kind = Literal["verdict", "rollout"]


def note(database: psycopg.Connection[Any], kind: Kind, words: Sequence[tuple[str, str]]) -> None:
    """Remember (facility's code, word) of just now."""
    with database.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO facility_words (code, kind, word) VALUES (%s, %s, %s) "
            "ON CONFLICT (code, kind) DO UPDATE SET word = excluded.word, at = now()",
            [(code, kind, word) for code, word in words],
        )


def newest(database: psycopg.Connection[Any], codes: list[str]) -> dict[str, dict[str, Any]]:
    """{code: {"verdict": {"status", "at"}|None, "rollout": {"status", "at"}|None}} of all these."""
    found: dict[str, dict[str, Any]] = {code: {"verdict": None, "rollout": None} for code in codes}
    for code, kind, word, at in database.execute("SELECT code, kind, word, at FROM facility_words WHERE code = ANY(%s)", (codes,)):
        found[code][kind] = {"status": word, "at": utc_text(at)}
    return found


def of_facilities(what: str, facilities: list[Any], field: str) -> list[tuple[str, str]]:
    """(code, word) of each facility in a document of ours. ContractError names what one lacks."""
    rows = [Fields(f"{what}.facilities", one) for one in facilities]
    return [(row.take("code", str), row.take(field, str)) for row in rows]
