"""The verdict document as `ketnoi verify` writes it, and as the hub keeps it. province.judging.verdict says what its fields mean.

A text stands in both languages, {"vi", "en"}; an instant is ISO text. What a check measured and expects is of its own kind for
each check: who reads it looks what it is. `NotRequired` is what documents of earlier versions lack, or what the hub's record keeps
once for all rows of a check.
"""

from typing import Literal, NotRequired, TypedDict

Verdict = Literal["met", "not_met", "unknown", "waived"]
WaiverState = Literal["active", "unmeasured", "expired", "future"]
"""`unmeasured`: it holds, and does not cover what nobody could measure."""
DeviceKind = Literal["camera", "recorder", "switch"]
TextDocument = dict[str, str]


class OverrideRow(TypedDict):
    """What a province changed of a check: the changed fields alone."""

    threshold: dict[str, object]
    default: dict[str, object]
    reason: str
    by: str
    severity: NotRequired[str]
    default_severity: NotRequired[str]
    says: TextDocument


class OverriddenCheck(OverrideRow):
    id: str
    title: TextDocument


WaiverRow = TypedDict(
    "WaiverRow",
    {
        "check": str,
        "site": str | None,
        "area": str | None,
        "subject": str | None,
        "reason": str,
        "owner": str,
        "from": str | None,
        "until": str,
        "state": WaiverState,
    },
)


class CountedWaiver(WaiverRow):
    """How many rows it touches, and how many of them it excuses."""

    excused: int
    rows: int


class Row(TypedDict):
    """What became of one check at one subject."""

    id: str
    subject: str
    group: NotRequired[str]
    verdict: Verdict
    required: NotRequired[bool]
    title: NotRequired[TextDocument]
    says: TextDocument
    measured: object
    expected: object
    source: NotRequired[TextDocument]
    hint: TextDocument | None
    derived: NotRequired[bool]
    once: NotRequired[bool]
    so_far: NotRequired[bool]
    declared: NotRequired[bool]
    pending: NotRequired[bool]
    was: NotRequired[Verdict | None]
    waiver: NotRequired[WaiverRow | None]
    override: NotRequired[OverrideRow | None]


class StreamPlace(TypedDict):
    """Where a stream is on its device; never a login."""

    port: int
    path: str


class StreamPlaces(TypedDict):
    main: StreamPlace | None
    sub: StreamPlace | None


DeviceRow = TypedDict(
    "DeviceRow",
    {
        "slot": int | None,
        "kind": DeviceKind,
        "subject": str,
        "class": str | None,
        "reason": TextDocument | None,
        "hint": TextDocument | None,
        "streams": NotRequired[StreamPlaces],
    },
)
"""`class` is one of province.judging.classes; `streams` of a camera alone."""


class NotMet(TypedDict):
    id: str
    subject: str


class EarlierVerdict(TypedDict):
    """The newest verdict in which any camera's playing could be told at all."""

    at: str
    age_s: float
    verdict: Verdict
    counts: dict[str, int]
    not_met: list[NotMet]


class LastSeen(TypedDict):
    at: str
    age_s: float


class LastKnown(TypedDict):
    """What was last known of a facility that can't be reached now. `cameras`: status -> how many of them had it."""

    verdict: EarlierVerdict | None
    first_connected: str | None
    last_seen: LastSeen | None
    cameras: dict[str, int]


class FacilityVerdict(TypedDict):
    id: str
    code: str
    name: str
    area: str
    verdict: Verdict
    counts: dict[str, int]
    pending: list[str]
    to_repair: list[str]
    last: LastKnown | None
    checks: list[Row]
    devices: list[DeviceRow]


class InventoryMark(TypedDict):
    """Which inventory a verdict is about; `commit` null where it is no git repository, `dirty` whether it was changed since."""

    commit: str | None
    dirty: NotRequired[bool | None]
    digest: str


class StandardMark(TypedDict):
    name: str
    version: int
    digest: str
    overrides: list[OverriddenCheck]


Withheld = TypedDict("Withheld", {"code": str, "name": str, "class": str | None, "reason": TextDocument})
"""A facility that was not measured, and why."""


class VerdictDocument(TypedDict):
    """`whole`: rows over all facilities asked for, of the report's own rules; with `withheld` in `ketnoi verify` alone."""

    schema: int
    province: str
    area: str | None
    site: str | None
    profile: str
    at: str
    seconds: float
    verdict: Verdict
    inventory: InventoryMark
    standard: StandardMark
    facilities: list[FacilityVerdict]
    waivers: list[CountedWaiver]
    withheld: NotRequired[list[Withheld]]
    whole: NotRequired[list[Row]]
