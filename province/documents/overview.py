"""What `ketnoi-hub status`, `outages` and `availability` answer. Instants are ISO text, days Vietnam's."""

from typing import Literal, NotRequired, TypedDict

from edge_agent.contract import typed
from edge_agent.contract.strict import ContractError, Fields
from province.documents.state import HealthKept, fault

SiteStatus = Literal["connected", "offline", "stopped", "unknown"]
"""offline: the link broke (the will came); stopped: the agent said goodbye; unknown: the link is said to be online but no word came for
SILENT_S, or never."""


class CameraCounts(TypedDict):
    """How many cameras have which status."""

    up: int
    frozen: int
    down: int
    unreachable: int
    unknown: int


class SiteNow(TypedDict):
    """`cameras`: all unknown while the facility is not connected; `last`: the same, as last told, where it is not. `backlog`: events that
    the box still holds. `duplicate`: two machines spoke with this facility's certificate in the last hour. `unreadable`: what is wrong
    with the state that its box told; then nothing that rests on it is known."""

    site: str
    status: SiteStatus
    since: str | None
    silent_s: float | None
    reason: str | None
    cameras: CameraCounts
    last: CameraCounts | None
    clock_synced: bool | None
    backlog: int | None
    gaps: int
    refused: int
    way: str | None
    health: dict[str, HealthKept]
    duplicate: bool
    unreadable: NotRequired[str]


class StatusDocument(TypedDict):
    schema: int
    at: str
    sites: list[SiteNow]


class StatusAnswer(TypedDict):
    """The same before its sites are read, one by one (`site_now`)."""

    schema: int
    at: str
    sites: list[object]


def site_now(document: object) -> SiteNow:
    """Of one that can't be read nothing is known but its name, and why. Raises ContractError where not even that is said."""
    try:
        return typed.read(SiteNow, "status", document)
    except ContractError as error:
        nothing: CameraCounts = {"up": 0, "frozen": 0, "down": 0, "unreachable": 0, "unknown": 0}
        return {"site": Fields("status", document).take("site", str), "status": "unknown", "since": None, "silent_s": None, "reason": None,
                "cameras": nothing, "last": None, "clock_synced": None, "backlog": None, "gaps": 0, "refused": 0, "way": None, "health": {},
                "duplicate": False, "unreadable": fault(error)}  # fmt: skip


class Outage(TypedDict):
    """`subject`: "link" as the hub saw it, "camera/3", "disk", ...; `late`: learnt only afterwards."""

    site: str
    subject: str
    name: str | None
    status: str
    reason: str | None
    began: str
    ended: str | None
    late: bool
    seconds: float


class OutagesDocument(TypedDict):
    schema: int
    at: str
    since: str
    until: str
    outages: list[Outage]


class Share(TypedDict):
    """The status unknown takes in all time of which nothing is known. `up_share` counts it as not up, `up_share_at_most` as up: what is
    judged by a threshold between the two is unknown."""

    seconds: dict[str, float]
    total_s: float
    up_share: float | None
    up_share_at_most: float | None


class DayShare(Share):
    day: str


class CameraShare(Share):
    site: str
    slot: int
    name: str | None
    days: list[DayShare]


AvailabilityDocument = TypedDict("AvailabilityDocument", {"schema": int, "at": str, "from": str, "to": str, "cameras": list[CameraShare]})
