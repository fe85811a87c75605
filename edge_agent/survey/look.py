"""One device: told apart without a login, then read with the account that the inventory has for it, then its streams watched."""

import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from edge_agent.contract.devices import Account, DesiredDevice
from edge_agent.devices import drivers, engine, show
from edge_agent.devices.faults import DeviceFailure, LockedOut, NotActivated, OldFirmware, OnvifOff, UnknownDevice, Unreachable
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import Change, Encoder, Identity, ObservedDevice, Problem, Stream
from edge_agent.devices.single import RECORDER
from edge_agent.streams import watch as stream
from edge_agent.survey import readonly
from edge_agent.system.watched import Login

RTSP = 554
WATCHED_S = (stream.MOST_S, stream.LEAST_S)
"""Main and sub stream, at most; a third is nobody's."""
AT_ONCE = 16
"""Streams watched side by side: counting packets is this box's work, and 16 full-size streams are 32 Mbit/s of it."""
_ROOM = threading.Semaphore(AT_ONCE)


@dataclass
class Answering:
    """What is known of who answers at an address. `target.slot` is the inventory's, or a number above 1000 for a stranger."""

    target: DesiredDevice
    listed: bool
    open: tuple[int, ...] = ()
    mac: str | None = None
    at: str | None = None
    """Where it answers, if that is not where the inventory has it."""
    announced: bool = False
    scopes: tuple[str, ...] = ()
    port: int | None = None
    fitting: dict[str, ObservedDevice] = field(default_factory=dict)
    driver: str | None = None
    failure: DeviceFailure | None = None
    login: str | None = None
    observed: ObservedDevice | None = None
    changes: list[Change] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    streams: list[dict[str, Any]] = field(default_factory=list)
    tried: bool = False
    """Whether a login was offered; told of those that the inventory gives none."""

    @property
    def address(self) -> str:
        return self.at or self.target.address

    @property
    def identity(self) -> Identity:
        """All that it told of itself, the login's word first."""
        told = [c.identity for c in ([self.observed] if self.observed else []) + list(self.fitting.values())]
        best = {name: next((v for i in told if (v := getattr(i, name))), None) for name in asdict(Identity())}
        return Identity(**best | {"mac": self.mac or best["mac"]})


def look(seen: Answering, state: Path, watch: bool) -> Answering:
    """Fill `seen` in; every named failure becomes part of it."""
    logins = Logins(state, seen.target.lockout_s)
    with readonly.only_questions():
        try:
            _identify(seen, logins)
            if seen.driver is not None and seen.target.admin is not None:
                account = engine.named(lambda: _read(seen, logins))
                if watch and account is not None and seen.target.kind == "camera":
                    _watch(seen, account, logins)
        except DeviceFailure as failure:
            seen.failure = failure
    return seen


def _identify(seen: Answering, logins: Logins) -> None:
    """By which drivers the device could be spoken to, at which port. Raises NotActivated, and why none fits."""
    first: DeviceFailure | None = None
    for port in _http_ports(seen):
        target = replace(seen.target, address=seen.address, port=port, network=None, admin=None, previous=None, viewer=None)
        for name in drivers.NAMES:
            try:
                seen.fitting[name] = engine.named(partial(_identified, name, target, logins))
            except NotActivated:
                seen.port, seen.fitting[name] = port, ObservedDevice()
                _choose(seen)
                raise
            except Unreachable as failure:
                first = first or failure
                break
            except DeviceFailure as failure:
                # The most telling one: firmware that is too old, then whatever isn't merely "no ONVIF here".
                better = first is None or isinstance(failure, OldFirmware) or isinstance(first, OnvifOff | Unreachable)
                first = failure if better and not isinstance(first, OldFirmware) else first
        if seen.fitting:
            seen.port = port
            break
    _choose(seen)
    if seen.driver is None and first is not None:
        raise first


def _identified(driver: str, target: DesiredDevice, logins: Logins) -> ObservedDevice:
    return drivers.of(driver).identify(target, logins)


def _http_ports(seen: Answering) -> Iterable[int]:
    """The inventory's, then those that are open and may be HTTP; RTSP and SSH are not asked to speak it."""
    mine = [seen.target.port] if seen.target.port in seen.open else []
    return dict.fromkeys([*mine, *(port for port in seen.open if port not in (RTSP, 22, 443, 37777))])


def _choose(seen: Answering) -> None:
    """The inventory's driver where it fits; else the one that tells most, by its place in the list of drivers."""
    if not seen.fitting:
        return
    seen.driver = seen.target.driver if seen.target.driver in seen.fitting else next(iter(seen.fitting))
    if RECORDER.search(seen.identity.model or "") and not seen.listed:
        seen.target = replace(seen.target, kind="recorder")


def _read(seen: Answering, logins: Logins) -> Account | None:
    """Log in, read everything, compare; the account that was taken. Raises DeviceFailure.

    Only at the inventory's port: at another nobody counts its logins, so none is tried. Those of a device that moved count as at the
    place where the inventory has it.
    """
    if seen.port != seen.target.port:
        raise UnknownDevice(f"answers at port {seen.port}, not {seen.target.port}")
    desired = _without_evidence(replace(seen.target, driver=needed(seen.driver), viewer=None), logins)
    driver, key = drivers.of(desired.driver), desired.key
    there = replace(desired, address=seen.address, network=None, counted_as=key)  # no network: nobody is looked for elsewhere
    seen.tried = True
    with driver.connect(there, logins) as connection:
        observed = driver.get(connection, desired, all_options=desired.kind == "camera")
        seen.observed = observed
        seen.changes, seen.notes = driver.plan(observed, desired), [*observed.problems, *driver.shortfalls(observed, desired)]
    if not observed.login_is_old:
        seen.login = "wanted"
        return desired.admin
    factory = logins.factory_last(key)
    seen.login = "factory" if factory else "previous"
    offered = desired.factory if factory else (desired.previous,)
    taken = [each for each in offered if each and observed.login_user in (None, each.user)]
    return taken[0] if len(taken) == 1 else None


def needed(name: str | None) -> str:
    if name is None:
        raise UnknownDevice("no driver")
    return name


def _without_evidence(desired: DesiredDevice, logins: Logins) -> DesiredDevice:
    """Without the factory's password where it was refused within the day: that is known."""
    fresh = tuple(f for f in desired.factory if logins.factory_evidence(desired.key, f.user) is None)
    return replace(desired, factory=fresh)


def _watch(seen: Answering, account: Account, logins: Logins) -> None:
    """The main and the sub stream, one after the other. A refused login counts like any other."""
    observed = seen.observed or ObservedDevice()
    for (profile, encoder), most_s in zip(own_streams(observed), WATCHED_S, strict=False):
        told = {"profile": profile.profile, "configured": _configured(encoder)}
        try:
            attempt = logins.attempt(seen.target.key, account.user)
        except LockedOut as locked:
            seen.streams.append(told | {"ok": False, "reason": "locked_out", "until": locked.until.isoformat(timespec="seconds")})
            continue
        with _ROOM:
            found = stream.look(seen.address, profile.rtsp_port, profile.path, Login(account.user, account.password), most_s)
        if found["reason"] == "login_refused":
            attempt.refused()
        else:
            attempt.succeeded()
        seen.streams.append(told | found)


def own_streams(observed: ObservedDevice) -> Iterable[tuple[Stream, Encoder]]:
    """Each encoder's stream once: profiles may share an encoder."""
    of = {each.profile: each for each in observed.streams}
    for token in dict.fromkeys(each.token for each in observed.encoders):
        encoder = next((e for e in observed.encoders if e.token == token and e.profile in of), None)
        if encoder is not None:
            yield of[encoder.profile], encoder


def _configured(encoder: Encoder) -> dict[str, Any]:
    keyframe = round(encoder.gov / encoder.fps, 2) if encoder.gov and encoder.fps else None
    shown = {name: getattr(encoder, name) for name in ("codec", "width", "height", "fps")}
    return {**shown, "kbps": encoder.bitrate_kbps, "keyframe_s": keyframe}


def as_dict(seen: Answering) -> dict[str, Any]:
    """A device of the result document; no secret is in it."""
    failure, observed = seen.failure, seen.observed
    read = show.document(replace(seen.target, driver=seen.driver or "?"), observed) if observed else {}
    return {
        "slot": seen.target.slot if seen.listed else None,
        "kind": seen.target.kind if seen.listed or seen.driver else None,
        "address": seen.address,
        "port": seen.port,
        "mac": seen.mac,
        "listed_at": seen.target.address if seen.listed else None,
        "open": list(seen.open),
        "announced": seen.announced,
        "scopes": list(seen.scopes),
        "drivers": list(seen.fitting),
        "driver": seen.driver,
        "identity": asdict(seen.identity),
        "login": seen.login,
        "login_tried": seen.tried,
        "class": failure.category if failure else None,
        "old_firmware": isinstance(failure, OldFirmware),
        "reason": failure.reason.as_dict() if failure else None,
        "hint": failure.hint.as_dict() if failure else None,
        "until": failure.until.isoformat(timespec="seconds") if isinstance(failure, LockedOut) else None,
        "changes": [change.as_dict() for change in seen.changes],
        "notes": [note.as_dict() for note in seen.notes],
        "services": read.get("services"),
        "encoders": read.get("encoders"),
        "channels": None if observed is None else len(observed.channels),
        "storage": read.get("storage"),
        "streams": seen.streams,
    }
