"""What the hub itself knows, as evidence: its collector's word of each facility, its history, and what was last known of one that
can't be reached now. A hub that can't be asked becomes a reason, never an exception."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from province.measure.result import Measured, clean, failed
from province.measure.subjects import Site
from province.reach import hub_view
from province.reach.ssh import Shell
from province.standard.checks import Standard

_KNOWN = ("connected", "status", "first_seen", "last_seen", "silent_s", "tunnel", "lifeline", "gaps", "refused")
HISTORY_S = 120.0


def present(sites: Sequence[Site], shell: Shell) -> dict[str, Measured]:
    """{code: {"ok", "connected", "silent_s", "tunnel", "lifeline", ..., "clock": as the box told, "state_age_s": how long ago}}."""
    try:
        document = hub_view.ask(shell, [site.id for site in sites])
        return {site.code: _known(document["sites"].get(site.id), document.get("database")) for site in sites}
    except hub_view.HubSilent as silent:
        return {site.code: failed(silent.reason) for site in sites}


def _known(site: Mapping[str, Any] | None, problem: str | None) -> Measured:
    """`database`: the agents' side could not be asked, while tunnels and lifelines could."""
    if site is None:
        return failed("not_run", "the hub does not know it")
    state = site.get("state") or {}
    told = {"clock": state.get("clock"), "uptime_s": state.get("uptime_s"), "state_age_s": site.get("state_age_s")}
    known: Measured = {"ok": True, "database": problem, **{key: site.get(key) for key in _KNOWN}}
    return clean(known | told)


def history(sites: Sequence[Site], standard: Standard, shell: Shell) -> dict[str, Measured]:
    """{code: {"ok", "since", "days", "cameras", "link", "silences"}} as province.hub.continuity tells."""
    asked = [standard.threshold(name, "days") for name in ("continuous_operation", "connection_held", "silences")]
    days = max((int(each) for each in asked if each is not None), default=0)
    if not days:
        return {site.code: failed("not_run") for site in sites}
    argv = ["continuity", "--days", str(days), "--silent", str(standard.threshold("silences", "silent_s", 60))]
    try:
        document = hub_view.query(shell, [*argv, *(site.id for site in sites)], ("sites",), seconds=HISTORY_S)
    except hub_view.HubSilent as silent:
        return {site.code: failed(silent.reason) for site in sites}
    told = document["sites"]
    return {site.code: clean({"ok": True, **told[site.id]}) if site.id in told else failed("not_run") for site in sites}


def last_known(sites: Sequence[Site], shell: Shell, now: datetime) -> dict[str, dict[str, Any]]:
    """{code: what was last known}, with its age in seconds; nothing where the hub can't be asked.

    {"first_connected": ISO|null, "verdict": {"at", "age_s", "verdict", "counts", "not_met"}|null, "last_seen": {"at", "age_s"}|null,
     "cameras": {word: cameras}}
    """
    if not sites:
        return {}
    try:
        told = hub_view.query(shell, ["last", *(site.id for site in sites)], ("sites",))["sites"]
    except hub_view.HubSilent:
        return {}
    return {site.code: _aged(told[site.id], now) for site in sites if site.id in told}


def _aged(told: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    def age(at: str) -> float:
        return round((now - datetime.fromisoformat(at)).total_seconds(), 1)

    verdict, last_seen = told.get("verdict"), told.get("last_seen")
    return {
        "verdict": {**verdict, "age_s": age(verdict["at"])} if verdict else None,
        "first_connected": told.get("first_connected"),
        "last_seen": {"at": last_seen, "age_s": age(last_seen)} if last_seen else None,
        "cameras": dict(told.get("cameras") or {}),
    }
