"""What was known of facilities before: the last that was measured, for one that can't be reached now, and since when it is connected.

The document is province.documents.evidence.LastDocument.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg

from edge_agent.contract.strict import utc_text
from province.documents.evidence import JudgedBefore, LastDocument, LastOfSite
from province.standard.verdict import FacilityVerdict, NotMet

_NEWEST = """
SELECT DISTINCT ON (n.site) n.site, n.judged_at, f FROM facility_verdicts n JOIN verdicts v ON v.id = n.verdict,
  jsonb_array_elements(v.document->'facilities') f
WHERE n.site = ANY(%s) AND n.judged > 0 AND coalesce(f->>'id', f->>'code') = n.site ORDER BY n.site, n.judged_at DESC, n.verdict DESC
"""
_FIRST = "SELECT site, min(judged_at) FROM facility_verdicts WHERE site = ANY(%s) AND cameras > 0 AND played = cameras GROUP BY site"
_LAST_SEEN = """
SELECT s.site, s.last_seen, coalesce(d.counts, '{}') FROM sites s LEFT JOIN (SELECT site, jsonb_object_agg(status, times) AS counts FROM
  (SELECT site, status, count(*) AS times FROM device_state GROUP BY site, status) w GROUP BY site) d USING (site) WHERE s.site = ANY(%s)
"""


def document(database: psycopg.Connection[Any], sites: Sequence[str]) -> LastDocument:
    told: dict[str, LastOfSite] = {site: {"verdict": None, "first_connected": None, "last_seen": None, "cameras": {}} for site in sites}
    for site, at, facility in database.execute(_NEWEST, (list(sites),)):
        told[site]["verdict"] = _short(facility, at)
    for site, first in database.execute(_FIRST, (list(sites),)):
        told[site]["first_connected"] = utc_text(first)
    for site, last_seen, words in database.execute(_LAST_SEEN, (list(sites),)):
        told[site] |= {"last_seen": utc_text(last_seen), "cameras": words}
    return {"schema": 1, "at": utc_text(datetime.now(UTC)), "sites": told}


def _short(facility: FacilityVerdict, at: datetime) -> JudgedBefore:
    rows = facility.get("checks") or []
    not_met: list[NotMet] = [
        {"id": row["id"], "subject": row["subject"]} for row in rows if row["verdict"] == "not_met" and row["required"]
    ]
    return {"at": utc_text(at), "verdict": facility["verdict"], "counts": Counter(row["verdict"] for row in rows), "not_met": not_met}
