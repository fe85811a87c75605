"""The recorder's present, as /run/ketnoi-recorder/status.json has it: cheap for the agent to read, the same for the verifier. Of each
camera's gaps it has the newest GAPS.
"""

from datetime import UTC, datetime
from typing import overload

from edge_agent.contract.recordings import CameraRecorded, RecorderStatus, RecordingGap
from edge_agent.contract.strict import utc_text
from edge_agent.recorder.camera import Recording
from edge_agent.recorder.disk import Disk
from edge_agent.recorder.index import Gap, Held, Index
from edge_agent.recorder.settings import Settings
from edge_agent.recorder.wallclock import WallClock

GAPS = 200


@overload
def iso(at: float) -> str: ...


@overload
def iso(at: None) -> None: ...


@overload
def iso(at: float | None) -> str | None: ...


def iso(at: float | None) -> str | None:
    return None if at is None else utc_text(datetime.fromtimestamp(at, UTC))


def gap(found: Gap, is_open: bool = False) -> RecordingGap:
    return {
        "from": iso(found.start), "to": iso(found.end), "seconds": round(found.seconds, 1), "why": found.why, "detail": found.detail,
        "open": is_open,
    }  # fmt: skip


def document(settings: Settings, clock: WallClock, disk: Disk, recordings: dict[int, Recording], index: Index) -> RecorderStatus:
    now = clock.at(clock.mono())
    return {
        "schema": 1, "at": iso(now), "written_mono": round(clock.mono(), 3), "site": settings.site, "code": settings.code,
        "name": settings.name, "days_desired": settings.days, "clock_synced": clock.synced, "ages_out": clock.trusted,
        "disk": {
            "path": disk.path, "total_bytes": disk.total_bytes, "free_bytes": disk.free_bytes, "state": disk.state, "detail": disk.detail,
            "holds_days": None if disk.holds_days is None else round(disk.holds_days, 2),
        },
        "cameras": {str(slot): _camera(one, clock, index, now, settings.gap_s) for slot, one in sorted(recordings.items())},
    }  # fmt: skip


def _camera(one: Recording, clock: WallClock, index: Index, now: float, gap_s: float) -> CameraRecorded:
    slot = one.camera.slot
    held = index.held(slot) or Held(now, None, None, 0, 0)
    live = one.live_file()
    fresh = one.live.grown if one.live else None
    live_from = clock.at(live[1]) if live and one.state == "recording" else None
    gaps = [gap(each) for each in index.gaps(slot, newest=GAPS)]
    since, until = held.since if held.last is None else held.last, now if live_from is None else live_from
    if until - since > gap_s and (held.last is not None or live_from is None):
        gaps.append(gap(Gap(since, until, *index.reason(slot, since, until)), is_open=live_from is None))
    kept_from = live_from if held.kept_from is None else held.kept_from
    last = now if live_from is not None else held.last
    return {
        "name": one.camera.name, "state": one.state, "why": one.why, "detail": one.detail,
        "live_from": iso(live_from), "last_segment_at": iso(held.last if fresh is None else clock.at(fresh)), "kept_from": iso(kept_from),
        "days_kept": 0.0 if kept_from is None or last is None else round(max(0.0, last - kept_from) / 86400, 3),
        "bytes": held.bytes, "gaps": gaps[-GAPS:], "gaps_in_all": index.gap_count(slot) + (bool(gaps) and gaps[-1]["open"]),
    }  # fmt: skip
