"""The newest status of each facility, of each kind: a verdict's, and that of the last rollout that visited it; by the hub's clock."""

from collections.abc import Sequence
from typing import Any, Literal

import psycopg

from edge_agent.contract.strict import Fields, utc_text
from province.documents.hub import Newest

Kind = Literal["verdict", "rollout"]
_MEASURED = "SELECT DISTINCT ON (site) site, judged_at FROM facility_verdicts WHERE site = ANY(%s) ORDER BY site, verdict DESC"


def note(database: psycopg.Connection[Any], kind: Kind, statuses: Sequence[tuple[str, str]]) -> None:
    """Remember (facility's id, status) of just now."""
    with database.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO facility_statuses (site, kind, status) VALUES (%s, %s, %s) "
            "ON CONFLICT (site, kind) DO UPDATE SET status = excluded.status, at = now()",
            [(site, kind, status) for site, status in statuses],
        )


def newest(database: psycopg.Connection[Any], sites: list[str]) -> dict[str, Newest]:
    """By id, of all these."""
    found: dict[str, Newest] = {site: {"verdict": None, "rollout": None} for site in sites}
    for site, kind, status, at in database.execute("SELECT site, kind, status, at FROM facility_statuses WHERE site = ANY(%s)", (sites,)):
        found[site]["verdict" if kind == "verdict" else "rollout"] = {"status": status, "at": utc_text(at)}
    for site, judged_at in database.execute(_MEASURED, (sites,)):
        if verdict := found[site]["verdict"]:
            verdict["measured"] = utc_text(judged_at)
    return found


def key_of(facility: Fields) -> str:
    """By what a facility of a document is kept: its id, or where an older office sent none, its code."""
    site: str | None = facility.take("id", (str, type(None)), None)
    return site or str(facility.take("code", str))
