"""What a State tells beside statuses: the figures of what was looked at, of the clock, of the outbox, and the way to the hub."""

from typing import TypedDict


class Measured(TypedDict, total=False):
    """The figures of one look; each subject has its own."""

    # a camera
    ms: int
    packets: int
    pictures: int
    codec: str | None
    changes: int
    # disk
    free_mb: int
    total_mb: int
    errors: int
    errno: int | None
    # clock
    offset_ms: float
    source: str | None
    # uplink
    interface: str | None
    rtt_ms: float
    lost_share: float
    # tunnel
    handshake_age_s: float | None
    # recorder: cameras that it should record, slots that it does not, its disk's state; or for how long it has said nothing
    cameras: int
    not_recording: list[str]
    disk: str | None
    silent_s: int | None
    # settings: when they were read, of how many devices; which fields differ, and why others were not read, by the device's name
    at: str
    devices: int
    differs: dict[str, list[str]]
    unread: dict[str, str | None]
    # temperature
    celsius: float
    # power, in `edge-agent doctor` alone: since the boot
    hours: float


class ClockState(TypedDict):
    """How right the box's clock is. synced None: chrony could not be asked; offset_s: how far it is from its source."""

    synced: bool | None
    offset_s: float | None
    source: str | None


class OutboxState(TypedDict):
    """unacknowledged: rows that the hub has not; oldest_s: the age of the first; waiting: events only in memory, because of `problem`."""

    epoch: str | None
    last_seq: int
    unacknowledged: int
    oldest_s: float | None
    bytes: int
    waiting: int
    problem: str | None


class Way(TypedDict):
    """By which way the agent is connected: "tunnel" or "direct", and to where."""

    way: str
    endpoint: str
