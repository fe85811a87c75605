"""What `ketnoi-hub` answers, and the state of a box as the hub keeps it. Instants are ISO text, days Vietnam's; sites by facility id.

What is said here of a box is what its agent told: `kept_state` takes it apart, so that one box's rubbish stays its own.
"""

from typing import Literal, NotRequired, TypedDict

from edge_agent.contract import typed
from edge_agent.contract.messages import CameraState, HealthState, Status
from edge_agent.contract.present import ClockState, Measured, OutboxState, Way
from edge_agent.contract.strict import ContractError, Fields
from province.standard.verdict import NotMet, Verdict

LONGEST = 200
"""Characters that are said of what can't be read."""
SiteStatus = Literal["connected", "offline", "stopped", "unknown"]
"""offline: the link broke (the will came); stopped: the agent said goodbye; unknown: the link is said to be online but no word came for
SILENT_S, or never."""


class CameraKept(TypedDict):
    slot: int
    name: str
    status: Status
    since: str | None
    reason: str | None
    measured: Measured


class HealthKept(TypedDict):
    status: Status
    reason: str | None
    since: str | None
    measured: Measured


class StateHead(TypedDict):
    """Of a State what tells of the box itself."""

    at: str
    agent: str
    boot: str
    uptime_s: float
    clock: ClockState
    outbox: OutboxState
    link: Way | None
    health: dict[str, HealthKept]


class KeptState(StateHead):
    """The last State of an agent (edge_agent.contract.messages), whole. `digests`: part -> what the box converged to."""

    number: int
    connection: str
    digests: dict[str, str]
    cameras: list[CameraKept]


def kept_state(document: object) -> KeptState:
    """Raises ContractError: a hub of another version may have kept it."""
    return typed.read(KeptState, "state", document)


def state_head(document: object) -> StateHead:
    """Raises ContractError."""
    return typed.read(StateHead, "state", document)


def fault(error: ContractError) -> str:
    """What is wrong with what a box told, fit to be printed: the name of a field is the box's own word too."""
    return "".join(char for char in str(error) if char.isprintable())[:LONGEST]


def health_kept(health: HealthState) -> HealthKept:
    return {"status": health.status, "reason": health.reason, "since": health.since, "measured": health.measured}


def camera_kept(camera: CameraState) -> CameraKept:
    return {"slot": camera.slot, "name": camera.name, "status": camera.status, "since": camera.since, "reason": camera.reason,
            "measured": camera.measured}  # fmt: skip


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


class Session(TypedDict):
    """WireGuard's, as the hub's kernel has it."""

    known: bool
    handshake_age_s: float | None
    endpoint: str | None


class Lifeline(TypedDict):
    """Whether an SSH server answers through the box's reverse forward, and which host key it shows."""

    up: bool
    banner: str | None
    banner_host_key: str | None


class Outside(TypedDict):
    """What is seen without the agent's word. `tunnel` null: WireGuard could not be asked; `lifeline` null: no port is known."""

    tunnel: Session | None
    lifeline: Lifeline | None


class LinkKept(TypedDict):
    status: str
    reason: str | None
    since: str


class AgentSeen(TypedDict):
    """What an agent said, as the hub's collector keeps it. `known`: it has heard of it at least once; `connected`: link online and heard of
    within SILENT_S, by the hub's clock. `state`: the last snapshot, as it was kept; `state_age_s`: since it was told or confirmed by a
    beat. `epochs`: outbox files ever seen; more than one: an outbox was lost, damaged or replaced."""

    known: bool
    connected: bool
    status: SiteStatus
    first_seen: str | None
    last_seen: str | None
    silent_s: float | None
    link: LinkKept | None
    state: object
    state_age_s: float | None
    epochs: int
    gaps: int
    refused: int


class SiteSeen(AgentSeen, Outside):
    """All that the hub itself knows of a facility."""


class EvidenceDocument(TypedDict):
    """`database`: why the agents' side could not be asked; then it is unknown, while tunnels and lifelines stay."""

    schema: int
    at: str
    database: str | None
    sites: dict[str, SiteSeen]


class Silences(TypedDict):
    """No word of the agent for longer than asked."""

    times: int
    longest_s: float
    last: str | None


class Past(TypedDict):
    """`since`: the hub's first word of the facility. `days`: whole days since then, oldest first; beside them the shares [surely, at most]:
    `cameras` by slot (null: nothing was ever told of the camera yet), `link`: in which the agent was heard."""

    since: str | None
    days: list[str]
    cameras: dict[str, list[list[float] | None]]
    link: list[list[float]]
    silences: Silences


class ContinuityDocument(TypedDict):
    schema: int
    at: str
    sites: dict[str, Past]


class JudgedBefore(TypedDict):
    """The newest verdict in which any camera's playing could be told at all."""

    at: str
    verdict: Verdict
    counts: dict[str, int]
    not_met: list[NotMet]


class LastOfSite(TypedDict):
    """`first_connected`: the first verdict in which the centre played all its cameras. `last_seen`: the agent's last word, by the
    hub's clock; `cameras`: status -> how many, as that word told them."""

    verdict: JudgedBefore | None
    first_connected: str | None
    last_seen: str | None
    cameras: dict[str, int]


class LastDocument(TypedDict):
    schema: int
    at: str
    sites: dict[str, LastOfSite]


class StatusAt(TypedDict):
    """What came of the newest of its kind; `at`: when, by the hub's clock; `measured`: when a verdict's was."""

    status: str
    at: str
    measured: NotRequired[str]


class Newest(TypedDict):
    """verdict: "to_repair" is met with waivers, yet it can be repaired; rollout: the newest that visited the facility, its status there."""

    verdict: StatusAt | None
    rollout: StatusAt | None


class CameraReported(TypedDict):
    slot: int
    status: str
    reason: str | None


class SiteReported(Newest):
    """What a plan is compared with. `digests`: part -> what the box converged to, as its agent last said; {} if it never did. `settings`:
    device -> in what it is set otherwise than wanted. `unreadable`: as of SiteNow."""

    status: SiteStatus
    digests: dict[str, str]
    cameras: list[CameraReported]
    settings: dict[str, list[str]]
    unreadable: NotRequired[str]


class ReportedDocument(TypedDict):
    """`hub`: part -> what the hub itself converged to; `sites` by code."""

    schema: int
    hub: dict[str, str]
    sites: dict[str, SiteReported]


class CommandOutcome(TypedDict):
    """What became of a command to an agent: done, refused, failed, handed_over (to root), sent or waiting."""

    site: str
    number: int
    name: str
    status: str
    detail: str | None
    seconds: float


class Readmission(TypedDict):
    """up: it answers, nothing was done; back: it shook hands; silent: not within the time that was asked for."""

    status: Literal["up", "back", "silent"]
    seconds: float


class CameraToView(TypedDict):
    """A camera whose frame is asked for, login and all."""

    site: str
    slot: int
    host: str
    port: int
    path: str
    user: str
    password: str


class ViewRequest(TypedDict):
    """Who looks says why; the hub notes it before it takes a picture."""

    why: str
    cameras: list[CameraToView]


class Viewed(TypedDict):
    """A line for each camera, as soon as it is done: `jpeg` in base64, or `reason`."""

    site: str
    slot: int
    at: str
    ok: bool
    jpeg: NotRequired[str]
    width: NotRequired[int]
    height: NotRequired[int]
    reason: NotRequired[str]
    detail: NotRequired[str]


class View(TypedDict):
    """A line of the log of looks."""

    at: str
    by: str
    why: str
    site: str
    slot: int


class VerdictKept(TypedDict):
    """`document`: as `ketnoi verify` of its time wrote it."""

    id: int
    appended_at: str
    appended_by: str
    document: object
