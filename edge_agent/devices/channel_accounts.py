"""With which of a camera's passwords a recorder takes it in: it doesn't tell, so a rotation at the camera would go unseen.

    STATE/channels.json  {"192.168.1.101:80": {"3": since}}

`since` is the rotation that the camera's password comes from (`WantedChannel.since`), never the password.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from edge_agent import durable
from edge_agent.devices.model import Current, Wanted

UNSEEN = "***"


def as_known(current: Current, wanted: Wanted, state: Path) -> Current:
    """`current`, where a channel whose camera has another password since it was last written has a user that nobody has."""
    written = durable.read_json(state / "channels.json", {}).get(wanted.key, {})
    stale = {c.number for c in wanted.channels or () if c.since is not None and written.get(str(c.number)) != c.since}
    channels = (replace(c, user=UNSEEN) if c.number in stale and c.user is not None else c for c in current.channels)
    return replace(current, channels=tuple(channels)) if stale else current


def note(wanted: Wanted, failed: Iterable[str], state: Path) -> None:
    """Remember what the recorder's channels were given, but for those with a field that failed ("channel.3.account")."""
    rotated = {str(c.number): c.since for c in wanted.channels or () if c.since is not None}
    broken = {field.split(".")[1] for field in failed if field.startswith("channel.")}
    kept = {number: since for number, since in rotated.items() if number not in broken}
    if not kept:
        return
    with durable.locked(state / "channels.lock"):
        known = durable.read_json(state / "channels.json", {})
        merged = {**known.get(wanted.key, {}), **kept}
        if known.get(wanted.key) != merged:
            durable.write_json(state / "channels.json", {**known, wanted.key: merged})
