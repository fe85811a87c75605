"""What a plan is compared with: what the hub knows of each facility without asking it.

{"schema": 1, "hub": {part: digest},          what the hub itself converged to
 "sites": {code: {
    "status": "connected|offline|stopped|unknown",     as in province.hub.evidence
    "digests": {part: digest},                what the box converged to, as its agent last said; {} if it never did
    "cameras": [{"slot", "status", "reason"}],
    "settings": {"C03": ["encoder.fps"]},     devices that are set otherwise than wanted, and in what, as its agent last said
    "verdict": {"status", "at", "measured"}|null,   the newest; `at` by the hub's clock; "to_repair": met with waivers, yet it can be
                                              repaired
    "rollout": {"status", "at"}|null}}}         the newest that visited this facility; the status is the one there
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from province.hub import evidence, words
from province.hub.settings import Site

OWN_DIGESTS = Path("/var/lib/ketnoi/converged.json")


def own_digests(path: Path = OWN_DIGESTS) -> dict[str, str]:
    """Part -> digest of the hub's own role; {} before its first run. Needs root."""
    try:
        return {str(part): digest for part, digest in json.loads(path.read_bytes()).items() if isinstance(digest, str)}
    except (OSError, ValueError, AttributeError):
        return {}


def document(database: psycopg.Connection[Any], sites: Mapping[str, Site], hub: Mapping[str, str]) -> dict[str, Any]:
    """The document above. sites: by facility id."""
    agents = evidence.agents(database, sites)
    said = words.newest(database, list(sites))
    return {"schema": 1, "hub": dict(hub), "sites": {site.code: _site(agents[name]) | said[name] for name, site in sites.items()}}


def _site(agent: Mapping[str, Any]) -> dict[str, Any]:
    state = agent["state"] or {}
    cameras = [{name: camera.get(name) for name in ("slot", "status", "reason")} for camera in state.get("cameras", [])]
    felt = (state.get("health") or {}).get("settings") or {}
    settings = (felt.get("measured") or {}).get("differs", {}) if felt.get("status") == "down" else {}
    return {"status": agent["status"], "digests": state.get("digests", {}), "cameras": cameras, "settings": settings}
