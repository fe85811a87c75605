"""What an event of each class says. The agent writes these bodies; the hub keeps one whole, as it came, and reads it by `status_of` and its
like.

Classes of events, and their bodies:
    epoch    Epoch        the first row of every epoch
    gap      Gap          what is missing, and is known to be
    agent    Agent        between a stop and the next start nobody looked
    link     Link         the connection to the hub, as the box saw it
    word     StatusAgain  a status said again at the start of an epoch that replaces a bad one
    camera   Camera       a camera changed
    health   Health       a subject of the box changed; subjects and reasons in edge_agent.daemon.health
    command  Answer       what became of a command of the hub
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

EventClass = Literal["epoch", "gap", "agent", "link", "word", "camera", "health", "command"]
EpochCause = Literal["new", "lost", "damaged", "site_changed", "rolled_back"]
CommandStatus = Literal["done", "handed_over", "refused", "failed"]


class Epoch(TypedDict):
    """Why an epoch began, and which was before it, from when."""

    cause: str
    previous_epoch: str | None
    previous_epoch_from: str | None


class Gap(TypedDict):
    """Which numbers are missing (None: nobody can tell) and why: lost, damaged, rolled_back, full, not_stored."""

    cause: str
    from_seq: int | None
    to_seq: int | None
    events: NotRequired[int]
    """How many are gone, where that is known."""
    classes: NotRequired[list[str]]
    """Of which classes they were (full)."""
    known_until: NotRequired[str]
    known_from: NotRequired[str]
    """Between which instants they happened (not_stored)."""
    previous_epoch: NotRequired[str | None]
    previous_epoch_from: NotRequired[str | None]


class Agent(TypedDict):
    status: Literal["started", "stopped", "configured", "configuration_refused"]
    version: str
    uptime_s: NotRequired[float]
    reason: NotRequired[str]


class Link(TypedDict):
    """`reason`: of online and moved the endpoint, of offline why; `offline_s`: how long there was none before."""

    status: Literal["online", "offline", "moved"]
    connection: str
    reason: str
    way: NotRequired[str]
    offline_s: NotRequired[float]


class StatusAgain(TypedDict):
    subject: str
    status: str
    since: str
    reason: str | None


# "from" is a word of Python's, so these two can't be written as classes.
Camera = TypedDict(
    "Camera",
    {"slot": int, "name": str, "from": str, "to": str, "since": str | None, "reason": str | None, "changes": NotRequired[int]},
)
"""`from` and `to` are of messages.STATUSES; `changes`: how often it changed while it came and went."""
Health = TypedDict("Health", {"subject": str, "from": str, "to": str, "since": str | None, "reason": str | None})


class Answer(TypedDict):
    """`number` and `name` are None of what was refused before it could be read."""

    number: int | None
    name: str | None
    status: CommandStatus
    detail: str


Body = Epoch | Gap | Agent | Link | StatusAgain | Camera | Health | Answer


@dataclass(frozen=True)
class SubjectStatus:
    """What an event says of a subject ("camera/3", "disk")."""

    subject: str
    status: str
    reason: str | None


def status_of(cls: str, body: Mapping[str, object]) -> SubjectStatus | None:
    """Of an event of class camera, health or word; None of any other, and of one that does not say it in text."""
    if cls not in ("camera", "health", "word"):
        return None
    subject = f"camera/{body.get('slot')}" if cls == "camera" else body.get("subject")
    status, reason = body.get("status" if cls == "word" else "to"), body.get("reason")
    if not isinstance(subject, str) or not isinstance(status, str):
        return None
    return SubjectStatus(subject, status, None if reason is None else str(reason))


def answer(body: Mapping[str, object]) -> tuple[int, str, str] | None:
    """(number, status, detail) of an event of class command; None of one that answers no command in particular."""
    number, status = body.get("number"), body.get("status")
    return (number, status, str(body.get("detail"))) if isinstance(number, int) and isinstance(status, str) else None


def missing(body: Mapping[str, object]) -> tuple[int, int] | None:
    """(first, last) number that an event of class gap names; None where it names none."""
    first, last = body.get("from_seq"), body.get("to_seq")
    return (first, last) if isinstance(first, int) and isinstance(last, int) else None
