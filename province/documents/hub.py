"""What `ketnoi-hub reported`, `command`, `readmit`, `views` and `verdicts` answer, or are asked. Instants are ISO text."""

from typing import Literal, NotRequired, TypedDict

from province.documents.overview import SiteStatus


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
