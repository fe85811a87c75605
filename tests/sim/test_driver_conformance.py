"""What every driver keeps to, held against its own simulator, black box through `Driver`: one suite, all that drivers.TABLE names.

What is set is read from the simulator's control socket ("settings"), never by a reader of ours.
"""

from __future__ import annotations

import builtins
import copy
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from device_site import ADMIN, VIEWER
from played import ANSWERS, NAME, OSD, Line, Played, broken, chain, in_a_hurry, kinds, nobody, start

from edge_agent.contract.devices import Account, DesiredDevice, DesiredEncoder
from edge_agent.devices import channel_accounts, drivers, engine, reference
from edge_agent.devices.faults import DeviceFailure, LockedOut, SettingNotKept, Unreachable, WrongCredentials
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import Change, Clock, EncoderOptions, ObservedDevice, Outcome, Problem
from edge_agent.survey import readonly

SUBJECTS = [(name, kind) for name in drivers.NAMES for kind in kinds(name) or ("camera",)]
TOUCHED = {"camera": ("encoder.fps", 5), "recorder": ("ntp.servers", ["192.0.2.9"])}
"""What somebody changes at a device behind our back: where the simulator keeps it, and to what."""
PATIENCE_S = 0.6
MAIN_STREAM = DesiredEncoder("h264", 1920, 1080, 15, 2, 2048)
IN_VAIN = ("no challenge", "a challenge in vain")
"""Of played.ANSWERS those that a device gives to who asks without a login."""


@pytest.fixture(scope="module", params=SUBJECTS, ids="-".join)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    driver, kind = request.param
    assert kinds(driver), f"nothing plays {driver}'s devices: give lab/camera/makes.py a row of that name"
    subject = start(driver, kind, tmp_path_factory.mktemp(f"{driver}-{kind}"))
    yield subject
    subject.handle.stop()


@dataclass
class Story:
    """A factory device looked at twice, brought to what is desired, and looked at and applied to once more."""

    desired: DesiredDevice
    before: dict[str, Any]
    looks: list[ObservedDevice]
    plans: list[list[Change]]
    shortfalls: list[Problem]
    written_by_looking: list[Any]
    outcome: Outcome
    after: dict[str, Any]
    passwords: dict[str, str]
    again: ObservedDevice
    left: list[Change]
    idle: Outcome
    written_when_idle: list[Any]
    failed_logins: int
    connection: str
    left_after_reboot: list[Change]
    touched: list[Change]
    repaired: Outcome
    settings_repaired: dict[str, Any]


@pytest.fixture(scope="module")
def story(played: Played) -> Story:
    played.fresh()
    driver, desired, logins = played.driver, played.desired(), Logins(played.state())
    before, control = played.settings(), played.handle.control
    with in_a_hurry():
        with driver.connect(desired, logins) as connection:
            looks = [look(played, connection, desired, logins) for _ in range(2)]
            plans = [driver.plan(looks[0], desired) for _ in range(2)]
            shortfalls = driver.shortfalls(looks[0], desired)
            written_by_looking = control("writes")
            outcome = driver.apply(connection, looks[0], desired, plans[0])
            shown = repr(connection)
            channel_accounts.note(desired, looks[0], outcome.done, (), logins.folder)
        control("rest")
        after, passwords = played.settings(), played.passwords()
        control("forget")
        with driver.connect(desired, logins) as connection:
            again = look(played, connection, desired, logins)
            left = driver.plan(again, desired)
            idle = driver.apply(connection, again, desired, left)
        written_when_idle, failed_logins = control("writes"), played.failed_logins()
        control("reboot")
        with driver.connect(desired, logins) as connection:
            left_after_reboot = driver.plan(look(played, connection, desired, logins), desired)
            path, value = TOUCHED[played.kind]
            played.handle.set(path, value)
            observed = look(played, connection, desired, logins)
            touched = driver.plan(observed, desired)
            repaired = driver.apply(connection, observed, desired, touched)
    return Story(
        desired, before, looks, plans, shortfalls, written_by_looking, outcome, after, passwords, again, left, idle, written_when_idle,
        failed_logins, shown, left_after_reboot, touched, repaired, played.settings(),
    )  # fmt: skip


def look(played: Played, connection: Any, desired: DesiredDevice, logins: Logins) -> ObservedDevice:
    """As the engine looks: a recorder that doesn't tell its cameras' passwords is given them once a day."""
    return channel_accounts.as_known(played.driver.get(connection, desired), desired, logins.folder)


def steady(observed: ObservedDevice) -> ObservedDevice:
    """Without the clock's distance, which no two looks have alike."""
    return replace(observed, clock=replace(observed.clock, offset_s=None))


def test_two_looks_at_an_unchanged_device_are_equal_and_frozen(story: Story) -> None:
    first, second = story.looks
    assert steady(first) == steady(second) and repr(steady(first)) == repr(steady(second))
    offsets = [look.clock.offset_s for look in story.looks]
    assert None in offsets or abs(offsets[0] - offsets[1]) < 2
    for part, name in ((first, "osd"), (first.clock, "source"), (first.identity, "model")):
        with pytest.raises(FrozenInstanceError):
            setattr(part, name, "other")


def test_looking_writes_nothing(story: Story) -> None:
    assert story.written_by_looking == []


def test_a_plan_is_pure(played: Played, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of the same, whatever the machine says: no connection, no file, no clock; and what it is given stays as it was."""
    observed, desired, driver = copy.deepcopy(story.looks[0]), copy.deepcopy(story.desired), played.driver

    def forbidden(*_: Any, **__: Any) -> Any:
        raise AssertionError("a plan asked the world")

    for module, name in ((socket, "socket"), (builtins, "open"), (time, "time"), (time, "monotonic"), (time, "sleep")):
        monkeypatch.setattr(module, name, forbidden)
    found = driver.plan(observed, desired), driver.shortfalls(observed, desired)
    monkeypatch.undo()
    assert found == (story.plans[0], story.shortfalls) and story.plans[0] == story.plans[1]
    assert (observed, desired) == (story.looks[0], story.desired) and repr(observed) == repr(story.looks[0])


def test_each_change_is_really_made_on_the_device(story: Story) -> None:
    assert story.outcome.failures == [] and not story.outcome.restarts
    assert {change.field for change in story.outcome.done} == {change.field for change in story.plans[0]}
    assert len(story.plans[0]) > 8
    unmade = {c.field: found for c in story.outcome.done if (found := differs(c, story)) is not None}
    assert unmade == {}


def differs(change: Change, story: Story) -> Any:
    """What the simulator has in a change's place; None where it is as the change says."""
    is_there, desired = SETTINGS[change.field.partition(".")[0]](change, story.after, story)
    return None if is_there == desired else {"there": is_there, "desired": desired}


def encoder(stream: str, desired: DesiredEncoder | None, change: Change, there: dict[str, Any]) -> tuple[Any, Any]:
    assert desired is not None
    found, name = there[stream], change.field.partition(".")[2]
    pairs = {
        "codec": (found["codec"], desired.codec),
        "size": ((found["width"], found["height"]), (desired.width, desired.height)),
        "fps": (found["fps"], desired.fps),
        "gov": (found["gop"], round(desired.fps * desired.keyframe_s)),
        "bitrate_kbps": (found["bitrate_kbps"], desired.bitrate_kbps),
    }
    return pairs[name]


def clock(change: Change, there: dict[str, Any], story: Story) -> tuple[Any, Any]:
    return {
        "clock.source": (there["ntp"]["on"], True),
        "clock.timezone": (there["zone_s"], 7 * 3600),
        "clock.offset_s": (abs(there["clock_offset_s"]) <= 1.5, True),
    }[change.field]


def network(change: Change, there: dict[str, Any], story: Story) -> tuple[Any, Any]:
    found, desired = there["network"], story.desired.network
    assert desired is not None
    return {
        "network.address": ((found["address"], found["prefix"], found["dhcp"]), (story.desired.address, desired.prefix, False)),
        "network.gateway": (found["gateway"], desired.gateway),
        "network.dns": (found["dns"], list(desired.dns)),
    }[change.field]


def viewer(change: Change, there: dict[str, Any], story: Story) -> tuple[Any, Any]:
    name = story.desired.viewer.user
    return (there["users"].get(name), story.passwords.get(name)), ("User", VIEWER)


def channel(change: Change, there: dict[str, Any], story: Story) -> tuple[Any, Any]:
    _, number, name = change.field.split(".")
    desired = next(c for c in story.desired.channels or () if c.number == int(number))
    found = there["channels"].get(number, {})
    if name == "recording":
        return found.get("recording"), story.desired.recording
    if name == "account":
        return found.get("user"), desired.account.user
    return found.get(name), getattr(desired, name)


SETTINGS: dict[str, Callable[[Change, dict[str, Any], Story], tuple[Any, Any]]] = {
    "ntp": lambda c, there, s: ((there["ntp"]["servers"], there["ntp"]["from_dhcp"]), ([s.desired.ntp], False)),
    "clock": clock,
    "hostname": lambda c, there, s: (there["hostname"], c.after),
    "name": lambda c, there, s: (there["name"], NAME),
    "osd": lambda c, there, s: (OSD in there["osd"], True),
    "encoder": lambda c, there, s: encoder("main", s.desired.encoder, c, there),
    "sub_encoder": lambda c, there, s: encoder("sub", s.desired.sub_encoder, c, there),
    "audio": lambda c, there, s: (there["audio"], False),
    "smart_codec": lambda c, there, s: (there["smart_codec"], False),
    "discovery": lambda c, there, s: (there["discovery"], "NonDiscoverable"),
    "service": lambda c, there, s: (there["services"][c.field.partition(".")[2]], c.after == "on"),
    "viewer": viewer,
    "admin": lambda c, there, s: (s.passwords.get(s.desired.admin.user), ADMIN),
    "onvif": lambda c, there, s: (there["onvif_users"].get(s.desired.viewer.user), "User"),
    "network": network,
    "channel": channel,
}
"""The first word of a change's field -> what the simulator has there now, and what it should have."""


def test_nothing_is_left_to_do_and_nothing_is_written_then(story: Story) -> None:
    assert story.left == []
    assert (story.idle.done, story.idle.failures, story.written_when_idle) == ([], [], [])
    assert story.again.login_is_old is False and story.again.viewer_works is not False


def test_no_login_fails_where_all_passwords_are_known(story: Story) -> None:
    assert story.failed_logins == 0


def test_what_is_desired_and_not_set_is_said_to_be_short(played: Played, story: Story) -> None:
    """Each row that docs/devices.md's table has: set by this driver on a device where it is wrong, or told as something it can't."""
    observed, desired = reference.wrong(played.kind), reference.desired(played.name, played.kind)
    fields = {problem.field for problem in played.driver.shortfalls(observed, desired)}
    rows = set(reference.KINDS[played.kind]) - reference.sets(played.name, played.kind) - {"sadp"}
    said = {"channel": "channels", "recording": "channels"}
    told = fields | {problem.field for problem in story.looks[0].problems}
    assert {row for row in rows if not any(f.startswith(said.get(row, row)) for f in told)} == set()


def test_a_picture_that_the_device_has_not_is_told_as_too_little(played: Played, story: Story) -> None:
    observed, vast = story.again, replace(MAIN_STREAM, width=90_000, height=90_000)
    options = {codec: EncoderOptions(sizes=((640, 480),)) for codec in ("h264", "h265")}
    small = replace(observed, encoders=tuple(replace(each, options=options) for each in observed.encoders))
    told = {p.field: p.category for p in played.driver.shortfalls(small, replace(story.desired, encoder=vast))}
    assert (told.get("encoder.size") == "obsolete") == bool(observed.encoders)
    assert bool(observed.encoders) == (played.kind == "camera")


def test_settings_survive_a_reboot(story: Story) -> None:
    assert story.left_after_reboot == []


def test_what_somebody_changed_is_found_and_put_right_and_nothing_else(played: Played, story: Story) -> None:
    found = {change.field for change in story.touched}
    expected = {"encoder.fps"} if played.kind == "camera" else {"ntp"}
    assert expected <= found <= expected | {"encoder.gov"}, "some keep seconds between keyframes, not frames"
    assert (story.repaired.failures, story.settings_repaired) == ([], {**story.after, "clock_offset_s": ANY})


def test_no_login_fails_on_a_new_device_however_often_it_is_looked_at(played: Played) -> None:
    played.fresh()
    desired, logins = played.desired(), Logins(played.state())
    for _ in range(3):
        with in_a_hurry(), played.driver.connect(desired, logins) as connection:
            assert played.driver.get(connection, desired).login_is_old
    assert played.failed_logins() == 0 and played.handle.control("writes") == []


def test_a_write_that_is_accepted_and_not_kept_is_a_failure_by_its_field(played: Played) -> None:
    """The address alone as well: drivers write it late, and read back what comes before."""
    played.fresh()
    played.handle.set("personality.accepts_and_forgets", list(played.handle.control("get")))
    logins = Logins(played.state())
    for of_network in (False, True):
        desired = played.desired() if of_network else played.desired(network=None)
        with in_a_hurry(0.02), played.driver.connect(desired, logins) as connection:
            observed = played.driver.get(connection, desired)
            planned = [c for c in played.driver.plan(observed, desired) if not of_network or c.group == "network"]
            outcome = played.driver.apply(connection, observed, desired, planned)
        assert planned and {type(f) for f in outcome.failures} == {SettingNotKept}
        named = {f for failure in outcome.failures for f in failure.field.split(", ")}
        named |= {note.field for note in outcome.notes if note.category == "limited"}  # what a device may refuse is told, and asked no more
        named |= {name.partition(".")[0] for name in named}
        assert {c.field for c in planned} - named == set() and outcome.done == []
        assert_silent(played, *outcome.failures, outcome)
    assert played.failed_logins() <= 2


def test_a_refused_password_is_tried_twice_at_most_and_then_not_sent(played: Played) -> None:
    played.fresh()
    desired = replace(played.desired(), factory=(), admin=Account("admin", "NotThisOne12345"))
    logins, failures = Logins(played.state()), []
    for _ in range(4):
        with pytest.raises(DeviceFailure) as raised, in_a_hurry(), played.driver.connect(desired, logins):
            pass
        failures.append(raised.value)
    assert [type(failure) for failure in failures] == [WrongCredentials, WrongCredentials, LockedOut, LockedOut]
    assert played.failed_logins() == 2
    assert_silent(played, *failures, more=("NotThisOne12345",))


def test_who_it_is_is_asked_without_a_login(played: Played) -> None:
    played.fresh()
    found = played.driver.identify(played.desired(), Logins(played.state()))
    assert isinstance(found, ObservedDevice) and (found.users, found.encoders) == (None, ())
    assert played.handle.control("logins") == [] and played.handle.control("writes") == []


def test_who_must_not_write_gets_questions_through_and_no_write(played: Played) -> None:
    played.fresh()
    desired, driver, logins = played.desired(), played.driver, Logins(played.state())
    with readonly.only_questions(), in_a_hurry():
        driver.identify(desired, logins)
        with driver.connect(desired, logins) as connection:
            observed = driver.get(connection, desired, all_options=played.kind == "camera")
            planned = driver.plan(observed, desired)
            for group in dict.fromkeys(change.group for change in planned):
                try:
                    outcome = driver.apply(connection, observed, desired, [c for c in planned if c.group == group])
                except readonly.WouldWrite:
                    continue
                assert outcome.done == [], group
    assert planned and played.handle.control("writes") == []


def whole(played: Played, desired: DesiredDevice, state: Path) -> tuple[BaseException | None, float, Any]:
    """How a look at a device ends, and after how long."""
    begun, found = time.monotonic(), None
    try:
        with played.driver.connect(desired, Logins(state)) as connection:
            found = played.driver.get(connection, desired)
            played.driver.plan(found, desired)
    except BaseException as error:  # whatever it is: the test names it
        return error, time.monotonic() - begun, found
    return None, time.monotonic() - begun, found


def identified(played: Played, desired: DesiredDevice, state: Path) -> tuple[BaseException | None, float, Any]:
    begun = time.monotonic()
    try:
        return None, time.monotonic() - begun, played.driver.identify(desired, Logins(state))
    except BaseException as error:  # whatever it is: the test names it
        return error, time.monotonic() - begun, None


def test_a_broken_device_is_a_named_failure_within_its_deadline(played: Played) -> None:
    """Side by side, each with a deadline and a memory of its own."""

    def meet(how: str, way: Callable[..., Any], state: Path) -> tuple[BaseException | None, float, Any]:
        if how == "nobody":
            return way(played, replace(played.desired(nobody()), deadline_s=PATIENCE_S), state)
        with broken(how) as port:
            return way(played, replace(played.desired(port), deadline_s=PATIENCE_S), state)

    cases = [(how, way, played.state()) for how in (*ANSWERS, "nobody") for way in (whole, identified)]
    with ThreadPoolExecutor(len(cases)) as pool:
        results = list(pool.map(lambda case: meet(*case), cases))
    for (how, way, _), (error, seconds, found) in zip(cases, results, strict=True):
        if way is identified and how in IN_VAIN and error is None:
            assert replace(found, clock=Clock()) == ObservedDevice(), "who asks for a login may be anybody"
            continue
        assert isinstance(error, DeviceFailure), (how, way.__name__, error)
        assert seconds < PATIENCE_S + engine.GRACE_S, (how, way.__name__, seconds)
        assert error.reason.vi and error.reason.en and error.hint.vi
        assert_silent(played, error)
        if how in ("nobody", "silent", "closes"):
            assert isinstance(error, Unreachable), (how, way.__name__, error)


def test_a_device_that_breaks_in_mid_talk_costs_no_more_than_what_it_did_not_tell(played: Played) -> None:
    played.fresh()

    def meet(case: tuple[str, int]) -> tuple[BaseException | None, float, Any]:
        how, after = case
        with Line(played.handle.http_port, how, after) as line:
            desired = replace(played.desired(line.port), deadline_s=PATIENCE_S)
            return whole(played, desired, played.folder / f"{how}{after}")

    cases = [(how, after) for how in ("cut", "silence", "noise") for after in (1, 3, 6, 11)]
    with ThreadPoolExecutor(len(cases)) as pool:
        results = list(pool.map(meet, cases))
    for case, (error, seconds, _) in zip(cases, results, strict=True):
        assert error is None or isinstance(error, DeviceFailure), (case, error)
        assert error is not None or case[1] > 1, (case, "it told next to nothing")
        assert seconds < PATIENCE_S + engine.GRACE_S, (case, seconds)
        assert_silent(played, *([error] if error else []))


def test_a_device_that_goes_away_under_a_write_is_told_of(played: Played) -> None:
    played.fresh()
    desired = replace(played.desired(), deadline_s=20.0)
    driver, outcomes = played.driver, []
    for after in (0, 2, 9):
        with in_a_hurry(0.02), Line(played.handle.http_port, "cut", 10_000) as line:
            there = replace(desired, port=line.port, counted_as=f"{after}")
            with driver.connect(there, Logins(played.state())) as connection:
                observed = driver.get(connection, there)
                planned = driver.plan(observed, there)
                line.after = after
                outcomes.append(driver.apply(connection, observed, there, planned))
    for outcome in outcomes:
        assert outcome.failures and all(isinstance(failure, DeviceFailure) for failure in outcome.failures)
        assert_silent(played, *outcome.failures, outcome)
    assert any(isinstance(failure, Unreachable) for outcome in outcomes for failure in outcome.failures)


def test_no_password_is_in_what_is_shown(played: Played, story: Story) -> None:
    assert_silent(played, story.desired, *story.looks, story.plans, story.shortfalls, story.outcome, story.again, story.connection)


def assert_silent(played: Played, *shown: Any, more: tuple[str, ...] = ()) -> None:
    """No password in what these show of themselves, and what they came of."""
    factory = [f.password for f in played.desired().factory if f.password != f.user]
    for each in shown:
        texts = [repr(each), str(each)]
        if isinstance(each, BaseException):
            texts += [text for error in chain(each) for text in (repr(error), str(error))]
        if isinstance(each, DeviceFailure):
            texts += [*each.reason, *each.hint, repr(each.values)]
        for secret in (ADMIN, VIEWER, *factory, *more):
            assert not [text for text in texts if re.search(re.escape(secret), text)], secret
