"""What rollouts did, kept append-only like the verdicts: every change leaves a line that the province keeps (migration 0003)."""

from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from edge_agent.contract.strict import Fields, parse_json
from province.hub import statuses

MAX_BYTES = 32 * 1024 * 1024
NOT_VISITED = ("unchanged", "withheld", "not_enrolled")


def append(database: psycopg.Connection[Any], text: str, by: str) -> int:
    """Keep a rollout's document ({"tags": [...], "facilities": [{"id", "code", "status", ...}], ...}); its number.

    One that was narrowed to tags says nothing on the whole of a facility. ContractError: it is no rollout's document.
    """
    document = parse_json("rollout", text, MAX_BYTES)
    fields = Fields("rollout", document)
    rows = [Fields("rollout.facilities", one) for one in fields.take("facilities", list)]
    told = [(statuses.key_of(row), row.take("status", str)) for row in rows]
    if fields.take("tags", list):
        told = []
    with database.transaction():
        query = "INSERT INTO rollouts (appended_by, document) VALUES (%s, %s) RETURNING id"
        row = database.execute(query, (by, Jsonb(document))).fetchone()
        statuses.note(database, "rollout", [(site, status) for site, status in told if status not in NOT_VISITED])
    assert row is not None
    return int(row[0])
