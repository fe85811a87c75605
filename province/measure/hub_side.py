"""What the hub itself knows, as evidence: its collector's word of each facility, its history, and what was last known of one that
can't be reached now. A hub that can't be asked becomes a reason, never an exception."""

from collections.abc import Sequence
from datetime import datetime
from typing import NotRequired, TypedDict

from edge_agent.contract import typed
from edge_agent.contract.present import ClockState
from edge_agent.contract.strict import ContractError
from province.documents.evidence import JudgedBefore
from province.measure.evidence import Failed, History, KnownByHub, Share, Silences, failed
from province.measure.result import clean
from province.measure.subjects import Site
from province.reach import hub_view
from province.reach.ssh import Shell
from province.standard.checks import Standard
from province.standard.verdict import LastKnown

HISTORY_S = 120.0


class _OfItself(TypedDict, total=False):
    """What a box tells of itself (edge_agent.contract.messages.State), as far as it is judged."""

    clock: ClockState | None
    uptime_s: int | float | None


class _Past(TypedDict):
    """A facility in `ketnoi-hub continuity` (province.hub.continuity)."""

    since: NotRequired[str | None]
    days: list[str]
    cameras: dict[str, list[Share | None]]
    link: list[Share]
    silences: Silences


class _Pasts(TypedDict):
    sites: dict[str, _Past]


class _Last(TypedDict, total=False):
    """A facility in `ketnoi-hub last` (province.hub.last)."""

    verdict: JudgedBefore | None
    first_connected: str | None
    last_seen: str | None
    cameras: dict[str, int] | None


class _Lasts(TypedDict):
    sites: dict[str, _Last]


def present(sites: Sequence[Site], shell: Shell) -> dict[str, KnownByHub | Failed]:
    """By the facility's code; with the box's clock as the box told it, and how long ago."""
    try:
        document = hub_view.ask(shell, [site.id for site in sites])
        return {site.code: _known(document["sites"].get(site.id), document.get("database")) for site in sites}
    except hub_view.HubSilent as silent:
        return {site.code: failed(silent.reason) for site in sites}


def _known(site: hub_view.SiteSeen | None, problem: str | None) -> KnownByHub | Failed:
    if site is None:
        return failed("not_run", "the hub does not know it")
    try:
        of_itself = typed.read(_OfItself, "state", site.get("state") or {})
    except ContractError:  # a box's word: one that can't be read tells nothing
        of_itself = {}
    return clean(
        KnownByHub(
            ok=True,
            database=problem,
            connected=site.get("connected"),
            status=site.get("status"),
            first_seen=site.get("first_seen"),
            last_seen=site.get("last_seen"),
            silent_s=site.get("silent_s"),
            tunnel=site.get("tunnel"),
            lifeline=site.get("lifeline"),
            gaps=site.get("gaps"),
            refused=site.get("refused"),
            clock=of_itself.get("clock"),
            uptime_s=of_itself.get("uptime_s"),
            state_age_s=site.get("state_age_s"),
        )
    )


def history(sites: Sequence[Site], standard: Standard, shell: Shell) -> dict[str, History | Failed]:
    """By the facility's code."""
    asked = [standard.threshold(name, "days") for name in ("continuous_operation", "connection_held", "silences")]
    days = max((int(each) for each in asked if each is not None), default=0)
    if not days:
        return {site.code: failed("not_run") for site in sites}
    argv = ["continuity", "--days", str(days), "--silent", str(standard.threshold("silences", "silent_s", 60))]
    try:
        known = hub_view.read(shell, _Pasts, [*argv, *(site.id for site in sites)], seconds=HISTORY_S)["sites"]
    except hub_view.HubSilent as silent:
        return {site.code: failed(silent.reason) for site in sites}
    return {site.code: _history(known.get(site.id)) for site in sites}


def _history(past: _Past | None) -> History | Failed:
    return failed("not_run") if past is None else clean(History(ok=True, **past))


def last_known(sites: Sequence[Site], shell: Shell, now: datetime) -> dict[str, LastKnown]:
    """By the facility's code, with its age; nothing where the hub can't be asked."""
    if not sites:
        return {}
    try:
        known = hub_view.read(shell, _Lasts, ["last", *(site.id for site in sites)])["sites"]
    except hub_view.HubSilent:
        return {}
    return {site.code: _aged(known[site.id], now) for site in sites if site.id in known}


def _aged(last: _Last, now: datetime) -> LastKnown:
    def age(at: str) -> float:
        return round((now - datetime.fromisoformat(at)).total_seconds(), 1)

    verdict, last_seen = last.get("verdict"), last.get("last_seen")
    return {
        "verdict": {**verdict, "age_s": age(verdict["at"])} if verdict else None,
        "first_connected": last.get("first_connected"),
        "last_seen": {"at": last_seen, "age_s": age(last_seen)} if last_seen else None,
        "cameras": last.get("cameras") or {},
    }
