"""What ketnoi-measure is asked on stdin, and what it answers: read field by field on both sides (province.measure.remote says more).

Logins stand in tasks and nowhere else; a task is written to stdin of the machine that measures, never to a file.
"""

from typing import Literal, NotRequired, TypedDict

from province.measure.evidence import Measurement


class Account(TypedDict):
    user: str
    password: str


Accounts = dict[str, Account]
"""What a device's vault has: "admin", "viewer"."""


class About(TypedDict):
    """Which facility a task is about, and which device; `camera` is its slot, `recorder` and `switch` a subject. `kbps`: what it
    takes of the line, `seconds`: how long it may take at most."""

    site: str
    camera: NotRequired[int | None]
    recorder: NotRequired[str]
    switch: NotRequired[str]
    kbps: NotRequired[int]
    seconds: NotRequired[int | float]


class TunnelTask(About):
    kind: Literal["tunnel"]
    host: str


class BoxTask(About):
    """`ports`: those that are tried."""

    kind: Literal["box"]
    host: str
    host_key: NotRequired[str | None]
    ports: NotRequired[list[int]]


class SwitchTask(About):
    kind: Literal["switch"]
    host: str
    port: int


class FootageTask(About):
    """`data`: a Matroska file in base64."""

    kind: Literal["footage"]
    data: str


class DeviceTask(About):
    """`key` names the device in the ledger of failed logins."""

    driver: NotRequired[str]
    host: str
    port: int
    key: str
    accounts: NotRequired[Accounts]


class Least(TypedDict, total=False):
    """The picture that the standard asks for at least."""

    width: int | float
    height: int | float


class SubStream(TypedDict):
    """What the standard asks of a sub stream."""

    most_height: int | float
    any_of: list[str]


class SettingsTask(DeviceTask):
    """`factory`: the maker's logins, of which the first is tried unless it was refused less than `fresh_s` ago."""

    kind: Literal["settings"]
    factory: NotRequired[list[Account]]
    fresh_s: NotRequired[int | float]
    least: NotRequired[Least]
    sub: NotRequired[SubStream]


class Channel(TypedDict):
    """A camera as its recorder has it: the inventory's number, and the camera's own address and port."""

    number: int
    address: NotRequired[str]
    port: NotRequired[int]


class RecorderTask(DeviceTask):
    """`channels`: by the camera's slot; `days`: how far back footage is asked for; `seconds`: what all of it may take."""

    kind: Literal["recorder"]
    channels: dict[str, Channel]
    days: int | float


StreamTask = TypedDict(
    "StreamTask",
    {
        "site": str,
        "camera": NotRequired[int | None],
        "recorder": NotRequired[str],
        "switch": NotRequired[str],
        "kbps": NotRequired[int],
        "seconds": NotRequired[int | float],
        "kind": Literal["stream"],
        "host": str,
        "port": int,
        "path": str,
        "user": str,
        "password": str,
        "keyframe_limit_s": NotRequired[int | float],
        "as": str,
        "open_as": NotRequired[str],
        "brief": NotRequired[bool],
    },
)
"""`as`: what the measurement is called; `open_as`: what that without a login is. `brief`: only whether it plays."""

Task = TunnelTask | BoxTask | SettingsTask | RecorderTask | SwitchTask | FootageTask | StreamTask


class Bandwidth(TypedDict):
    """What streams may take, kbit/s; `sites_kbps`: by facility."""

    total_kbps: NotRequired[int]
    sites_kbps: NotRequired[dict[str, int]]


AnyTask = TypedDict(
    "AnyTask",
    {
        "kind": str,
        "site": str,
        "camera": NotRequired[int | None],
        "recorder": NotRequired[str],
        "switch": NotRequired[str],
        "as": NotRequired[str],
        "open_as": NotRequired[str],
    },
)
"""What is still told of a task that this version does not know."""


class Request(TypedDict):
    schema: NotRequired[int]
    budget_s: NotRequired[int | float]
    bandwidth: NotRequired[Bandwidth]
    tasks: list[Task]


class ReceivedRequest(TypedDict):
    """A request as it came: each task is read for itself."""

    budget_s: NotRequired[int | float]
    bandwidth: NotRequired[Bandwidth]
    tasks: list[object]


class ReceivedTask(TypedDict):
    task: Task


class Subject(TypedDict):
    """What a result is about, as its task is."""

    kind: str
    site: str
    camera: int | None
    recorder: NotRequired[str]
    switch: NotRequired[str]


class Result(Subject):
    found: dict[str, Measurement]


class Answer(TypedDict):
    schema: int
    results: list[Result]


class Line(Subject):
    """What is told of a task that ended, as it ends."""

    ok: bool


class Received(Subject):
    """A result as it came: what was measured is still to be read (province.measure.evidence.read)."""

    found: dict[str, object]


class ReceivedAnswer(TypedDict):
    results: list[Received]
