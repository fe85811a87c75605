"""The verdicts of `ketnoi verify`, kept append-only: PostgreSQL itself refuses to change or drop one (migration 0001)."""

from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from edge_agent.contract.strict import Fields, parse_json, utc_text
from province.documents.hub import VerdictKept
from province.hub import statuses

#: PostgreSQL takes 255 MB; a verdict of 700 facilities has about 20.
MAX_BYTES = 200 * 1024 * 1024
TO_REPAIR = "to_repair"


def append(database: psycopg.Connection[Any], text: str, by: str) -> int:
    """Keep a verdict document ({"province", "area", "at", "facilities", ...}); its number. ContractError: it is not one."""
    document = parse_json("verdict", text, MAX_BYTES)
    fields = Fields("verdict", document)
    told = [_status(row) for row in (Fields("verdict.facilities", one) for one in fields.take("facilities", list))]
    values = (by, fields.take("province", str), fields.take("area", (str, type(None)), None), fields.instant("at"), Jsonb(document))
    query = "INSERT INTO verdicts (appended_by, province, area, judged_at, document) VALUES (%s, %s, %s, %s, %s) RETURNING id"
    with database.transaction():
        row = database.execute(query, values).fetchone()
        assert row is not None
        database.execute("SELECT note_facilities(%s)", row)
        statuses.note(database, "verdict", told)
    return int(row[0])


def _status(facility: Fields) -> tuple[str, str]:
    """(id, what a plan has to know): a facility that is met only thanks to waivers may have something to repair all the same."""
    status, to_repair = facility.take("verdict", str), facility.take("to_repair", list, [])
    return statuses.key_of(facility), TO_REPAIR if to_repair and status != "not_met" else status


def newest(database: psycopg.Connection[Any], limit: int, area: str | None = None) -> list[VerdictKept]:
    """The newest verdicts, newest first."""
    query = (
        "SELECT id, appended_at, appended_by, document FROM verdicts "
        "WHERE %(area)s::text IS NULL OR area = %(area)s ORDER BY id DESC LIMIT %(limit)s"
    )
    with database.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, {"area": area, "limit": limit}).fetchall()
    return [{"id": row["id"], "appended_at": utc_text(row["appended_at"]), "appended_by": row["appended_by"], "document": row["document"]}
            for row in rows]  # fmt: skip
