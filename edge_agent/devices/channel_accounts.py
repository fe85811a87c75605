"""With which of a camera's passwords a recorder takes it in. It doesn't tell, so the box remembers what it gave.

    STATE/channels.json  {"192.168.1.101:80": {"3": since}}
    STATE/channels-given.json  {"192.168.1.101:80": {"3": {"salt", "digest", "at"}}}

`since` is the rotation that the camera's password comes from (`DesiredChannel.since`), never the password: without it a rotation
at the camera would go unseen. What was given is kept as a salted digest: a camera that doesn't answer whatever it is given is given
it once a day, not at each run.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypedDict, TypeVar

from edge_agent.contract.devices import DesiredChannel, DesiredDevice
from edge_agent.devices.model import Change, ObservedDevice
from edge_agent.system import durable

V = TypeVar("V")

UNSEEN = "***"
GIVEN_S = 24 * 3600.0
"""For so long an account that was given isn't given again to a channel that stays offline."""
_SCRYPT = {"n": 2**12, "r": 8, "p": 1}


class _Account(TypedDict):
    salt: str
    digest: str
    at: float


_Rotations = dict[str, dict[str, str]]
_Given = dict[str, dict[str, _Account]]


def as_known(observed: ObservedDevice, desired: DesiredDevice, state: Path) -> ObservedDevice:
    """`observed`, where a channel whose camera has another password since it was last written has a user that nobody has; and with
    the channels that were given their accounts already."""
    written = (durable.read(_Rotations, state / "channels.json") or {}).get(desired.key, {})
    given = (durable.read(_Given, state / "channels-given.json") or {}).get(desired.key, {})
    stale = {c.number for c in desired.channels or () if c.since is not None and written.get(str(c.number)) != c.since}
    channels = (replace(c, user=UNSEEN) if c.number in stale and c.user is not None else c for c in observed.channels)
    lately = tuple(c.number for c in desired.channels or () if c.number not in stale and _is_given(c, given.get(str(c.number))))
    return replace(observed, channels=tuple(channels), accounts_given=lately) if stale or lately else observed


def note(desired: DesiredDevice, observed: ObservedDevice, done: Iterable[Change], failed: Iterable[str], state: Path) -> None:
    """Remember what the recorder's channels were given, but for those with a field that failed ("channel.3.account"). What was given
    is forgotten of channels that were online when they were read: should they fall silent later, their account may be why."""
    broken = {field.split(".")[1] for field in failed if field.startswith("channel.")}
    rotated = {str(c.number): c.since for c in desired.channels or () if c.since is not None and str(c.number) not in broken}
    online = {str(c.number) for c in observed.channels if c.online}
    written = {c.group.partition(".")[2] for c in done if c.group.startswith("channel.") and not c.field.endswith(".name")} - broken
    fresh = {str(c.number): _digested(c) for c in desired.channels or () if str(c.number) in written}
    with durable.locked(state / "channels.lock"):
        _merge(_Rotations, state / "channels.json", desired.key, rotated, set())
        _merge(_Given, state / "channels-given.json", desired.key, fresh, online)


def _merge(kind: type[dict[str, dict[str, V]]], path: Path, key: str, new: dict[str, V], gone: set[str]) -> None:
    known = durable.read(kind, path) or {}
    before = known.get(key, {})
    merged = {**{number: value for number, value in before.items() if number not in gone}, **new}
    if merged != before:
        durable.write_json(path, {**known, key: merged})


def _is_given(channel: DesiredChannel, given: _Account | None) -> bool:
    if given is None or not 0 <= time.time() - given["at"] < GIVEN_S:
        return False
    return hmac.compare_digest(_digest(channel, bytes.fromhex(given["salt"])), given["digest"])


def _digested(channel: DesiredChannel) -> _Account:
    salt = secrets.token_bytes(16)
    return {"salt": salt.hex(), "digest": _digest(channel, salt), "at": time.time()}


def _digest(channel: DesiredChannel, salt: bytes) -> str:
    words = (channel.address, str(channel.port), channel.protocol, channel.account.user, channel.account.password)
    return hashlib.scrypt("\n".join(words).encode(), salt=salt, **_SCRYPT).hex()
