"""What a box tells of its recordings: the recorder's present (/run/ketnoi-recorder/status.json, and `edge-agent recordings status --json`),
and what the commands `list`, `gaps` and `play` answer. Times are ISO 8601 in UTC.
"""

from typing import Literal, NotRequired, TypedDict

DiskState = Literal["ok", "low", "full", "failed"]
CameraRecording = Literal["recording", "stalled", "down"]

RecordingGap = TypedDict(
    "RecordingGap", {"from": str, "to": str, "seconds": float, "why": str, "detail": str | None, "open": bool}
)
"""Time without a picture; why, and a code of texts.REASON where there is one. An open one lasts still."""
RecordedSpan = TypedDict("RecordedSpan", {"from": str, "to": str, "seconds": float, "bytes": int})
MissingSpan = TypedDict("MissingSpan", {"from": str, "to": str, "seconds": float})
PlayedFile = TypedDict("PlayedFile", {"path": str, "from": str, "to": str, "bytes": int, "seconds": float, "missing_s": float})


class RecordedDay(TypedDict):
    """Seconds of footage on one of the facility's days."""

    day: str
    seconds: float


class RecordedCamera(TypedDict):
    days: list[RecordedDay]
    spans: list[RecordedSpan]


class RecordedDisk(TypedDict):
    """detail: a code of the recorder's texts; holds_days: at today's rate."""

    path: str
    total_bytes: int
    free_bytes: int
    state: DiskState
    detail: str
    holds_days: float | None


class CameraRecorded(TypedDict):
    """last_segment_at: of the newest footage, that of the segment being written included; gaps: the newest."""

    name: str
    state: CameraRecording
    why: str | None
    detail: str | None
    live_from: str | None
    last_segment_at: str | None
    kept_from: str | None
    days_kept: float
    bytes: int
    gaps: list[RecordingGap]
    gaps_in_all: int


class RecorderStatus(TypedDict):
    """written_mono: seconds since boot; ages_out: false until the clock is trusted. running and age_s: of who reads it."""

    schema: int
    at: str
    written_mono: float
    site: str
    code: str
    name: str
    days_desired: float
    clock_synced: bool | None
    ages_out: bool
    disk: RecordedDisk
    cameras: dict[str, CameraRecorded]
    running: NotRequired[bool]
    age_s: NotRequired[float]
