"""What the hub kept, asked of PostgreSQL itself on the hub: not of the programs that are judged."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from lab.hands import access
from lab.layout import Lab
from lab.say import LabError
from lab.storm.judge import Gap, Interval, Row

_INTERVALS = """
SELECT json_build_array(site, split_part(subject, '/', 2)::int, status, extract(epoch FROM began), extract(epoch FROM ended))
FROM intervals WHERE subject LIKE 'camera/%' AND coalesce(ended, 'infinity') > began ORDER BY id
"""
_ROWS = """
SELECT json_build_array(site, epoch, seq, CASE class WHEN 'camera' THEN (body->>'slot')::int
    WHEN 'word' THEN nullif(regexp_replace(body->>'subject', '^camera/|.*[a-z].*', ''), '')::int END,
  CASE class WHEN 'camera' THEN body->>'from' END, CASE class WHEN 'camera' THEN body->>'to' WHEN 'word' THEN body->>'status' END)
FROM events ORDER BY arrival
"""
_GAPS = "SELECT json_build_array(site, epoch, from_seq, to_seq) FROM gaps"
_HEARD = "SELECT json_build_array(site, extract(epoch FROM last_seen)) FROM sites"


def ask(lab: Lab, query: str) -> list[list[Any]]:
    """Rows of one JSON array each. LabError while the hub or its database is away."""
    shell = ["runuser", "-u", "ketnoi-hub", "--", "psql", "-XAtq", "-d", "ketnoi", "-c", query]
    done = subprocess.run([*access.enter_machine(lab, "hub"), *shell], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise LabError(f"PostgreSQL trên máy chủ: {done.stderr.strip()}", f"PostgreSQL on the hub: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines() if line]


def intervals(lab: Lab, codes: dict[str, str]) -> list[Interval]:
    """codes: facility's id -> code."""
    return [
        Interval((codes[site], slot), status, began, ended) for site, slot, status, began, ended in ask(lab, _INTERVALS) if site in codes
    ]


def rows(lab: Lab) -> list[Row]:
    return [Row(*row) for row in ask(lab, _ROWS)]


def gaps(lab: Lab) -> list[Gap]:
    return [Gap(*row) for row in ask(lab, _GAPS)]


def last_seen(lab: Lab) -> dict[str, float]:
    """Facility's id -> when it was last seen, by the hub's clock."""
    return {str(site): float(at) for site, at in ask(lab, _HEARD)}
