"""What a box's services leave in files under /run for one another, and for whoever looks: the agent's present, what only root can see,
how the devices are set. The recorder's present is in edge_agent.contract.recordings.
"""

from typing import Literal, NotRequired, TypedDict

from edge_agent.contract.present import ClockState, Measured, OutboxState

SettingsStatus = Literal["unchanged", "differs", "unread"]


class LinkShown(TypedDict):
    """The agent's connection. answers: of each endpoint "answers", "refuses" or "silent". offline_s: None while there is one, or never was
    one."""

    connected: bool
    endpoint: str | None
    way: str | None
    problem: str | None
    answers: dict[str, str]
    endpoints: list[str]
    offline_s: float | None


class HealthShown(TypedDict):
    status: str
    reason: str | None
    since: str | None
    measured: Measured


class CameraShown(HealthShown):
    slot: int
    name: str


class AgentStatus(TypedDict):
    """/run/ketnoi-agent/status.json, written every few seconds. *_mono: seconds since boot; stuck: parts of the agent that hang."""

    schema: int
    site: str
    code: str
    name: str | None
    pid: int
    written_mono: float
    started_mono: float
    at: str
    agent: str
    link: LinkShown
    clock: ClockState
    outbox: OutboxState
    digests: dict[str, str]
    stuck: list[str]
    health: dict[str, HealthShown]
    cameras: list[CameraShown]


class Observed(TypedDict):
    """/run/ketnoi/observed.json: what only root can see. mono: seconds since boot; None: nobody to ask."""

    schema: int
    mono: float
    handshake_age_s: float | None
    lifeline: bool | None


class AgentCamera(TypedDict):
    """A camera in /etc/ketnoi/agent.json."""

    slot: int
    name: str
    address: str


class AgentEndpoint(TypedDict):
    """A way to the broker in /etc/ketnoi/agent.json."""

    address: str
    port: int
    alpn: NotRequired[str]
    way: NotRequired[str]


class KnownStream(TypedDict):
    """Of each camera, by slot, in STATE/devices.json and its public copy /run/ketnoi/devices.json: where its main stream is, and since when
    that is so, or its login another."""

    rtsp_port: int
    path: str
    at: str


class DeviceRead(TypedDict):
    """name: "C01"; fields: those that differ; reason: why it was not read."""

    name: str
    status: SettingsStatus
    fields: list[str]
    reason: str | None


class SettingsRead(TypedDict):
    """/run/ketnoi/settings.json: how the devices, by slot, were set when they were last read. mono: seconds since boot."""

    schema: int
    at: str
    mono: float
    devices: dict[str, DeviceRead]
