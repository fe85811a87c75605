"""What `ketnoi-hub evidence`, `continuity` and `last` answer: what the hub itself knows of facilities, by their ids. Instants are ISO text,
days Vietnam's.
"""

from typing import TypedDict

from province.documents.overview import SiteStatus
from province.standard.verdict import NotMet, Verdict


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
