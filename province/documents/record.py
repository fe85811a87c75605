"""What the hub keeps of facilities as it was at an instant: all that a report needs besides inventory and standard.

A verdict counts from when it was kept: one that was appended later changes no past. Instants are ISO, days are Vietnam's.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, NotRequired, TypedDict, cast

from province.standard.verdict import (
    DeviceRow,
    FacilityVerdict,
    InventoryMark,
    LastKnown,
    OverrideRow,
    Row,
    TextDocument,
    Verdict,
    WaiverRow,
)

SAID_ONCE = frozenset({"title", "source", "required", "once", "group", "declared", "override"})
"""Of a row, what its standard says and the record keeps once."""


class KeptRow(TypedDict):
    """A verdict's row without what its standard says once for all, and without what is null or false."""

    id: str
    subject: str
    verdict: Verdict
    says: TextDocument
    measured: NotRequired[object]
    expected: NotRequired[object]
    hint: NotRequired[TextDocument]
    derived: NotRequired[bool]
    so_far: NotRequired[bool]
    pending: NotRequired[bool]
    was: NotRequired[Verdict]
    waiver: NotRequired[WaiverRow]


class CheckKept(TypedDict, total=False):
    """What a verdict's standard says of a check."""

    title: TextDocument
    source: TextDocument
    required: bool
    once: bool
    group: str
    declared: bool
    override: OverrideRow | None


class StandardKept(TypedDict):
    name: str | None
    version: int | None
    checks: dict[str, CheckKept]


class Keeping(TypedDict):
    """Of which verdict a facility's is a part. `kept`: when the hub took it; `standard`: its digest."""

    number: int
    at: str
    kept: str
    profile: str | None
    standard: str
    inventory: InventoryMark | None


class VerdictHead(Keeping):
    """What an earlier version did not say is left out."""

    verdict: Verdict
    area: NotRequired[str]
    counts: NotRequired[dict[str, int]]
    pending: NotRequired[list[str]]
    to_repair: NotRequired[list[str]]
    last: NotRequired[LastKnown | None]


class KeptVerdict(VerdictHead):
    checks: list[KeptRow]
    devices: NotRequired[list[DeviceRow]]


class HistoryDay(NamedTuple):
    """A day's last verdict, and how many of the cameras the centre played; a list in JSON."""

    day: str
    verdict: Verdict
    played: int
    cameras: int


class AgentKept(TypedDict):
    """The agent at the instant; `since`: when that status began."""

    first: str
    last: str
    status: Literal["online", "offline", "unknown"]
    reason: str | None
    since: str


class RolloutsKept(TypedDict):
    """Those that visited the facility. `status`: of the last; `worked`: when the first did that did not fail."""

    first: str
    last: str
    status: str
    worked: str | None


class SiteRecord(TypedDict):
    """`last_judged`: the newest verdict in which any camera's playing could be told at all; `first_connected`: in which the centre played
    every camera. `history`: where a day differs from the one before. `availability`: slot -> day -> [up share, at most], only whole days
    of which anything is known. `outages`: "link", "camera", "disk" ... -> [times, seconds]."""

    id: str
    verdict: KeptVerdict | None
    last_judged: str | None
    first_met: str | None
    first_connected: str | None
    history: list[HistoryDay]
    agent: AgentKept | None
    rollouts: RolloutsKept | None
    availability: dict[str, dict[str, list[float]]]
    outages: dict[str, list[float]]


class RecordDocument(TypedDict):
    """History is told for `days` before `until`. `standards` by digest, `sites` by code."""

    schema: int
    until: str
    days: int
    standards: dict[str, StandardKept]
    sites: dict[str, SiteRecord]


def kept_verdict(facility: FacilityVerdict, keeping: Keeping, checks: dict[str, CheckKept]) -> KeptVerdict:
    """A facility's part of a verdict; what its standard says of each check goes into `checks`."""
    own = {key: value for key, value in facility.items() if key not in ("id", "code", "name")}
    return cast("KeptVerdict", {**own, **keeping, "checks": kept_rows(facility.get("checks") or [], checks)})


def head(verdict: KeptVerdict) -> VerdictHead:
    return cast("VerdictHead", {key: value for key, value in verdict.items() if key not in ("checks", "devices")})


def kept_rows(rows: Sequence[Row], checks: dict[str, CheckKept]) -> list[KeptRow]:
    """The rows; what their standard says of each check goes into `checks`."""
    for row in rows:
        if row["id"] not in checks:
            checks[row["id"]] = cast("CheckKept", {key: value for key, value in row.items() if key in SAID_ONCE})
    return [kept_row(row) for row in rows]


def kept_row(row: Row) -> KeptRow:
    return cast("KeptRow", {key: value for key, value in row.items() if key not in SAID_ONCE and value not in (None, False)})
