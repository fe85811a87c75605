"""What a plan is compared with: what the hub knows of each facility without asking it.

The document is province.documents.hub.ReportedDocument.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from edge_agent.contract.strict import ContractError
from province.documents.evidence import AgentSeen
from province.documents.hub import Newest, ReportedDocument, SiteReported
from province.documents.state import fault, kept_state
from province.hub import evidence, statuses
from province.hub.settings import Site

OWN_DIGESTS = Path("/var/lib/ketnoi/converged.json")


def own_digests(path: Path = OWN_DIGESTS) -> dict[str, str]:
    """Part -> digest of the hub's own role; {} before its first run. Needs root."""
    try:
        return {str(part): digest for part, digest in json.loads(path.read_bytes()).items() if isinstance(digest, str)}
    except (OSError, ValueError, AttributeError):
        return {}


def document(database: psycopg.Connection[Any], sites: Mapping[str, Site], hub: Mapping[str, str]) -> ReportedDocument:
    """sites: by facility id."""
    agents = evidence.agents(database, sites)
    newest = statuses.newest(database, list(sites))
    return {"schema": 1, "hub": dict(hub), "sites": {site.code: _site(agents[name], newest[name]) for name, site in sites.items()}}


def _site(agent: AgentSeen, newest: Newest) -> SiteReported:
    """A box whose state can't be read has reported nothing, and why is said."""
    found: SiteReported = {"status": agent["status"], "digests": {}, "cameras": [], "settings": {}, "verdict": newest["verdict"],
                           "rollout": newest["rollout"]}  # fmt: skip
    if agent["state"] is None:
        return found
    try:
        state = kept_state(agent["state"])
    except ContractError as error:
        found["unreadable"] = fault(error)
        return found
    found["digests"] = state["digests"]
    found["cameras"] = [{"slot": each["slot"], "status": each["status"], "reason": each["reason"]} for each in state["cameras"]]
    settings = state["health"].get("settings")
    found["settings"] = settings["measured"].get("differs", {}) if settings and settings["status"] == "down" else {}
    return found
