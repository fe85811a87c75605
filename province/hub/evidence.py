"""What the hub itself knows of its facilities: the agent's word as kept in PostgreSQL, WireGuard's handshakes, the lifelines.

The document is province.documents.evidence.EvidenceDocument.
"""

import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from edge_agent.contract.strict import utc_text
from province.documents.evidence import AgentSeen, EvidenceDocument, Lifeline, LinkKept, Outside, Session, SiteSeen
from province.documents.overview import SiteStatus
from province.hub.settings import Site
from province.hub.store import SILENT_S

PROBE_S = 5.0


def handshakes(interface: str) -> dict[str, Session] | None:
    """WireGuard's peers by public key; None when it cannot be asked. Not `dump`: that prints the private key."""
    peers: dict[str, dict[str, str]] = {}
    for what in ("latest-handshakes", "endpoints"):
        try:
            shown = subprocess.run(["wg", "show", interface, what], capture_output=True, text=True, timeout=10, check=True)
        except (OSError, subprocess.SubprocessError):
            return None
        for line in shown.stdout.splitlines():
            key, _, value = line.partition("\t")
            peers.setdefault(key, {})[what] = value.strip()
    now = time.time()
    return {
        key: {
            "known": True,
            "handshake_age_s": round(now - at, 1) if (at := int(peer.get("latest-handshakes") or 0)) else None,
            "endpoint": None if peer.get("endpoints", "(none)") == "(none)" else peer["endpoints"],
        }
        for key, peer in peers.items()
    }


def lifeline(port: int) -> Lifeline:
    """Whether an SSH server answers through the box's reverse forward, and which host key it shows (ed25519)."""
    found: Lifeline = {"up": False, "banner": None, "banner_host_key": None}
    try:
        with socket.create_connection(("127.0.0.1", port), PROBE_S) as sock:
            sock.settimeout(PROBE_S)
            banner = sock.recv(255)
    except OSError:
        return found
    if not banner.startswith(b"SSH-"):
        return found
    found["up"], found["banner"] = True, banner.split(b"\r")[0].split(b"\n")[0].decode("ascii", "replace")
    try:
        shown = subprocess.run(
            ["ssh-keyscan", "-T", str(int(PROBE_S)), "-t", "ed25519", "-p", str(port), "127.0.0.1"],
            capture_output=True, text=True, timeout=3 * PROBE_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return found
    keys = [line.split(" ", 1)[1] for line in shown.stdout.splitlines() if line and not line.startswith("#")]
    found["banner_host_key"] = keys[0] if keys else None
    return found


def outside(sites: Mapping[str, Site], interface: str) -> dict[str, Outside]:
    """tunnel and lifeline of each site: what is seen without the agent's word. Needs root for WireGuard."""
    peers = handshakes(interface)
    ports = {name: site.lifeline_port for name, site in sites.items() if site.lifeline_port}
    with ThreadPoolExecutor(max_workers=16) as pool:
        lifelines = dict(zip(ports, pool.map(lifeline, ports.values()), strict=True))
    nobody: Session = {"known": False, "handshake_age_s": None, "endpoint": None}
    return {
        name: {
            "tunnel": None if peers is None else peers.get(site.wireguard_public_key or "", nobody),
            "lifeline": lifelines.get(name),
        }
        for name, site in sites.items()
    }


_QUERY = """
SELECT s.site, s.first_seen, s.last_seen, extract(epoch FROM now() - s.last_seen)::float8 AS silent_s,
       f.link, f.link_reason, f.link_since, f.state, extract(epoch FROM now() - f.state_at)::float8 AS state_age_s,
       (SELECT count(*) FROM epochs e WHERE e.site = s.site) AS epochs,
       (SELECT count(*) FROM gaps g WHERE g.site = s.site) AS gaps,
       (SELECT coalesce(sum(r.times), 0)::int FROM refusals r WHERE starts_with(r.topic, 'ketnoi/v1/' || s.site || '/')) AS refused
FROM sites s LEFT JOIN facility_state f USING (site) WHERE s.site = ANY(%s)
"""


def agents(database: psycopg.Connection[Any], names: Iterable[str]) -> dict[str, AgentSeen]:
    """What the agents said, as kept; sites never heard of are there too."""
    with database.cursor(row_factory=dict_row) as cursor:
        rows = {row["site"]: row for row in cursor.execute(_QUERY, (sorted(names),))}
    return {name: _received(rows.get(name)) for name in names}


def _received(row: DictRow | None) -> AgentSeen:
    if row is None:
        return {"known": False, "connected": False, "status": "unknown", "first_seen": None, "last_seen": None, "silent_s": None,
                "link": None, "state": None, "state_age_s": None, "epochs": 0, "gaps": 0, "refused": 0}  # fmt: skip
    fresh = row["silent_s"] <= SILENT_S
    link: LinkKept | None = None
    if row["link"]:
        link = {"status": row["link"], "reason": row["link_reason"], "since": utc_text(row["link_since"])}
    return {
        "known": True, "connected": row["link"] == "online" and fresh, "status": _status(row, fresh),
        "first_seen": utc_text(row["first_seen"]), "last_seen": utc_text(row["last_seen"]),
        "silent_s": round(row["silent_s"], 1), "link": link, "state": row["state"],
        "state_age_s": None if row["state_age_s"] is None else round(row["state_age_s"], 1), "epochs": row["epochs"],
        "gaps": row["gaps"], "refused": row["refused"],
    }  # fmt: skip


def _status(row: DictRow, fresh: bool) -> SiteStatus:
    if row["link"] == "offline":
        return "stopped" if row["link_reason"] == "stopped" else "offline"
    return "connected" if row["link"] == "online" and fresh else "unknown"


def document(seen: Mapping[str, Outside], told: Mapping[str, AgentSeen], problem: str | None = None) -> EvidenceDocument:
    """The document above. Without the database (`problem` says why) the agents' side is unknown, and the hub's own view stays."""
    nothing = _received(None)
    sites: dict[str, SiteSeen] = {name: {**told.get(name, nothing), **outside} for name, outside in seen.items()}
    return {"schema": 1, "at": utc_text(datetime.now(UTC)), "database": problem, "sites": sites}
