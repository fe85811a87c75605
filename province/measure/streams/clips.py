"""Which footage is fetched from a box, and how, so that somebody else decodes it (province.measure.streams.footage).

Two seconds of one camera of a facility, another each day: they cross its uplink. Each look leaves a line in the box's log of
who looked; nothing of it is kept.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from province.measure.evidence import Failed, Footage

SECONDS, BEFORE_END_S = 2, 15
"""So much, ending so long before the newest footage: what is being written may not be on the disk yet."""
MOST_BYTES = 12 * 1024 * 1024
_SCRIPT = (
    "d=$(mktemp -d) && trap 'rm -rf \"$d\"' EXIT && "
    'sudo edge-agent recordings play {slot} --from {begin} --to {end} -o "$d/f.mkv" --json >/dev/null; '
    'sudo head -c {most} "$d/f.mkv" | base64 -w0'
)


def chosen(cameras: Mapping[str, Footage | Failed], day: int) -> tuple[str, str, str] | None:
    """(slot, from, to) of the footage to fetch: of one recorded camera, another each day. Pure."""
    recorded = {
        int(slot): (each["last"], each["kept_from"])
        for slot, each in cameras.items()
        if each["ok"] and each["last"] and each["kept_from"] and each.get("state") == "recording"
    }
    if not recorded:
        return None
    slot = sorted(recorded)[day % len(recorded)]
    last, kept_from = recorded[slot]
    end = datetime.fromisoformat(last) - timedelta(seconds=BEFORE_END_S)
    start = end - timedelta(seconds=SECONDS)
    return (str(slot), _text(start), _text(end)) if start >= datetime.fromisoformat(kept_from) else None


def script(slot: str, begin: str, end: str) -> str:
    """A shell script for the box: the footage as base64 on stdout, nothing left behind."""
    return _SCRIPT.format(slot=int(slot), begin=begin, end=end, most=MOST_BYTES)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
