"""Commands to agents: signed by the hub's own key as root, kept in the database, sent by the collector, answered by events."""

import json
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from edge_agent.contract import events
from edge_agent.contract.messages import Event
from edge_agent.contract.strict import utc_text
from province.documents.hub import CommandOutcome

CERTIFICATE = Path("/etc/ketnoi/hub.crt")
KEY = Path("/etc/ketnoi/hub.key")
LASTS = timedelta(minutes=5)
FINAL = ("done", "refused", "failed")


class NotSigned(Exception):
    """The hub's key or certificate could not be used; the message says why."""


def sign(site: str, name: str, certificate: Path = CERTIFICATE, key: Path = KEY) -> tuple[int, datetime, bytes]:
    """(number, expires, message). The number is the hub's clock in microseconds: it rises, and outlives the database."""
    number, expires = time.time_ns() // 1000, datetime.now(UTC) + LASTS
    document = {"schema": 1, "site": site, "number": number, "name": name, "expires": utc_text(expires)}
    argv = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-md", "sha256", "-outform", "DER", "-signer", str(certificate),
            "-inkey", str(key)]  # fmt: skip
    done = subprocess.run(argv, input=json.dumps(document).encode(), capture_output=True, timeout=10, check=False)
    if done.returncode:
        raise NotSigned(f"{key}: {done.stderr.decode(errors='replace').strip().splitlines()[-1:]}")
    return number, expires, done.stdout


def keep(database: psycopg.Connection[Any], site: str, name: str, by: str, signed: tuple[int, datetime, bytes]) -> None:
    """Have the collector send it, once, while the site is online and it has not expired."""
    number, expires, message = signed
    database.execute(
        "INSERT INTO commands (site, number, name, asked_by, expires, message) VALUES (%s, %s, %s, %s, %s, %s)",
        (site, number, name, by, expires, message),
    )


def due(database: psycopg.Connection[Any]) -> list[tuple[str, bytes]]:
    """(site, message) of those to send now; they count as sent."""
    rows = database.execute(
        "UPDATE commands c SET sent_at = now() FROM facility_state f WHERE c.site = f.site AND f.link = 'online' "
        "AND c.sent_at IS NULL AND c.expires > now() RETURNING c.site, c.message"
    )
    return [(site, bytes(message)) for site, message in rows.fetchall()]


def answered(database: psycopg.Connection[Any], site: str, event: Event) -> None:
    """An agent's event of class command. One that was handed over to root is answered again when that has ended."""
    if found := events.answer(event.body):
        number, status, detail = found
        database.execute(
            "UPDATE commands SET status = %s, detail = %s, answered_at = now() WHERE site = %s AND number = %s "
            "AND (status IS NULL OR NOT status = ANY(%s))",
            (status[:20], detail[:200], site, number, list(FINAL)),
        )


def wait(database: psycopg.Connection[Any], site: str, number: int, seconds: float) -> CommandOutcome:
    """What becomes of it, within the time."""
    began = time.monotonic()
    while True:
        with database.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(
                "SELECT name, status, detail, sent_at FROM commands WHERE site = %s AND number = %s", (site, number)
            ).fetchone()
        assert row is not None
        status = row["status"] or ("sent" if row["sent_at"] else "waiting")
        took = time.monotonic() - began
        if status in FINAL or took > seconds:
            return {
                "site": site,
                "number": number,
                "name": row["name"],
                "status": status,
                "detail": row["detail"],
                "seconds": round(took, 1),
            }
        time.sleep(0.3)
