"""The engine with drivers that are made up: what becomes of a device, and that one costs the others nothing."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from edge_agent.contract.devices import Account, DesiredChannel, DesiredDevice, Document, NoAccess
from edge_agent.devices import channel_accounts, drivers, engine
from edge_agent.devices.faults import DeviceFailure, SettingNotKept, Unreachable, WrongCredentials
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import Change, Channel, ObservedDevice, Outcome, Problem, Stream
from edge_agent.system import durable

CAMERA = DesiredDevice(slot=1, address="192.168.1.11", port=80, name="C01", admin=Account("admin", "CanaryAdmin1aaaa"))
NAME = Change("name", "name", "old", "C01")


@dataclass
class Made:
    """A device in memory that a driver of the tests' own speaks to. `name` is all that can be set."""

    name: str = "old"
    keeps: bool = True
    restarts: bool = False
    forgets: bool = False
    raises: Exception | None = None
    gate: threading.Event | None = None
    channels: tuple[Channel, ...] = ()
    connects: int = 0
    away: int = 0
    old_login: bool = False
    done: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def connect(self, desired: DesiredDevice, logins: Logins) -> Iterator[str]:
        self.connects += 1
        if self.gate:
            self.gate.wait(30)
        if self.raises:
            raise self.raises
        if self.connects > 1 and self.away:
            self.away -= 1
            raise Unreachable("restarting")
        yield "connection"

    def get(self, connection: Any, desired: DesiredDevice, *, all_options: bool = False) -> ObservedDevice:
        return ObservedDevice(title=self.name, login_is_old=self.old_login, channels=self.channels)

    def plan(self, observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
        changes = (
            [] if observed.title == desired.name or desired.name is None else [replace(NAME, before=observed.title, after=desired.name)]
        )
        there = {c.number: c for c in observed.channels}
        for channel in desired.channels or ():
            if there[channel.number].user != channel.account.user:
                changes.append(Change("channel", f"channel.{channel.number}.account", "***", "***"))
        return changes + ([Change("admin", "admin.password", "***", "***")] if observed.login_is_old else [])

    def shortfalls(self, observed: ObservedDevice, desired: DesiredDevice) -> list[Problem]:
        return []

    def apply(self, connection: Any, observed: ObservedDevice, desired: DesiredDevice, changes: list[Change]) -> Outcome:
        self.done += [c.field for c in changes]
        if not self.keeps:
            return Outcome(failures=[SettingNotKept(c.field, c.after, c.before) for c in changes])
        self.name = "old" if self.forgets else desired.name or self.name
        return Outcome(done=changes, restarts=self.restarts)

    def identify(self, desired: DesiredDevice, logins: Logins) -> ObservedDevice:
        return ObservedDevice()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, Made]:
    """Driver name -> device; `DesiredDevice.driver` chooses."""
    devices = {"onvif": Made()}
    monkeypatch.setattr(drivers, "of", lambda name: devices[name])
    monkeypatch.setattr(engine, "RESTART_S", 0.01)
    return devices


def apply(desired: DesiredDevice, state: Path, check: bool = False) -> dict[str, Any]:
    return engine.apply_one(desired, state, check=check).as_dict()


def test_a_change_is_made_once_and_only_planned_in_a_check(made: dict[str, Made], tmp_path: Path) -> None:
    assert apply(CAMERA, tmp_path, check=True)["changes"] == [NAME.as_dict()] and made["onvif"].done == []
    assert apply(CAMERA, tmp_path)["status"] == "changed"
    assert apply(CAMERA, tmp_path)["status"] == "ok" and made["onvif"].done == ["name"]


def test_what_is_not_kept_says_what_was_sent_and_what_is_there(made: dict[str, Made], tmp_path: Path) -> None:
    made["onvif"].keeps = False
    done = apply(CAMERA, tmp_path)
    assert (done["class"], done["changes"]) == ("setting_not_kept", [])
    assert [(f["field"], f["sent"], f["there"]) for f in done["failures"]] == [("name", "C01", "old")]


def test_a_device_that_restarts_is_read_again_when_it_is_back(made: dict[str, Made], tmp_path: Path) -> None:
    made["onvif"] = Made(restarts=True, away=3)
    done = apply(CAMERA, tmp_path)
    assert (done["status"], done["failures"], made["onvif"].connects) == ("changed", [], 5)


def test_what_a_restart_took_back_is_a_failure(made: dict[str, Made], tmp_path: Path) -> None:
    made["onvif"] = Made(restarts=True, forgets=True)
    done = apply(CAMERA, tmp_path)
    assert (done["class"], done["changes"]) == ("setting_not_kept", [])
    assert "sent C01, there is old" in done["reason"]["en"]


def test_a_device_that_does_not_come_back_is_unreachable(made: dict[str, Made], tmp_path: Path) -> None:
    made["onvif"] = Made(restarts=True, away=10_000)
    done = apply(replace(CAMERA, deadline_s=0.2), tmp_path)
    assert done["class"] == "unreachable"


def test_a_device_that_nobody_may_touch_is_not_touched_and_no_failure(made: dict[str, Made], tmp_path: Path) -> None:
    barred = replace(CAMERA, no_access=NoAccess("Cửa khoá", "2021-06-01", "Lê Văn A, VNPT"))
    outcome = engine.run(Document("a-01", str(tmp_path), (barred,)), check=False)
    assert (outcome["failed"], outcome["changed"]) == (0, 0)
    (device,) = outcome["devices"]
    assert (device["status"], device["class"]) == ("no_access", "no_access")
    assert "Cửa khoá" in device["reason"]["en"] and "Lê Văn A, VNPT" in device["reason"]["vi"] and "2021-06-01" in device["reason"]["vi"]
    assert made["onvif"].connects == 0


@pytest.mark.parametrize(
    ("raised", "category"),
    [
        (WrongCredentials("admin"), "wrong_credentials"),
        (TimeoutError("CanaryAdmin1aaaa"), "unreachable"),
        (ConnectionResetError("CanaryAdmin1aaaa"), "unreachable"),
        (ValueError("CanaryAdmin1aaaa"), "unknown_device"),
        (KeyError("CanaryAdmin1aaaa"), "unknown_device"),
    ],
)
def test_whatever_a_driver_raises_has_a_class_and_tells_no_secret(
    made: dict[str, Made], tmp_path: Path, raised: Exception, category: str
) -> None:
    made["onvif"].raises = raised
    done = apply(CAMERA, tmp_path)
    assert (done["status"], done["class"]) == ("failed", category)
    assert done["hint"]["vi"] and "Canary" not in str(done)


def test_one_that_hangs_costs_only_itself(made: dict[str, Made], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "GRACE_S", 0.1)
    made |= {"hikvision": Made(gate=threading.Event()), "dahua": Made(name="C03")}
    second, third = (replace(CAMERA, slot=n, driver=d, name=f"C0{n}") for n, d in ((2, "hikvision"), (3, "dahua")))
    begun, heard = time.monotonic(), []
    document = Document("a-01", str(tmp_path), (CAMERA, replace(second, deadline_s=0.2), third))
    outcome = engine.run(document, check=False, told=lambda r: heard.append(r.desired.slot))
    assert [d["class"] for d in outcome["devices"]] == [None, "unreachable", None]
    assert heard[-1] == 2 and time.monotonic() - begun < 5
    gate = made["hikvision"].gate
    assert gate
    gate.set()


@pytest.mark.parametrize(("old", "check", "works"), [(True, False, True), (True, True, False), (False, False, True)])
def test_the_new_password_is_said_to_work_only_when_it_does(
    made: dict[str, Made], tmp_path: Path, old: bool, check: bool, works: bool
) -> None:
    made["onvif"].old_login = old
    assert apply(CAMERA, tmp_path, check=check)["admin_works"] is works


def test_a_device_that_was_not_got_into_says_nothing_of_its_password(made: dict[str, Made], tmp_path: Path) -> None:
    made["onvif"].raises = WrongCredentials("admin")
    assert apply(CAMERA, tmp_path)["admin_works"] is None


def recorder(since: str | None) -> DesiredDevice:
    channel = DesiredChannel(1, "C01", "192.168.1.11", 80, "onvif", Account("kn-view", "new"), since=since)
    return DesiredDevice(slot=101, address="192.168.1.101", port=80, kind="recorder", name="old", channels=(channel,))


def test_a_rotated_camera_is_written_to_its_recorder_once(made: dict[str, Made], tmp_path: Path) -> None:
    made["onvif"].channels = (Channel(1, user="kn-view"),)
    assert apply(recorder(None), tmp_path)["status"] == "ok"
    assert apply(recorder("rotation 1"), tmp_path)["changes"] == [{"field": "channel.1.account", "from": "***", "to": "***"}]
    assert apply(recorder("rotation 1"), tmp_path)["status"] == "ok"
    assert apply(recorder("rotation 2"), tmp_path, check=True)["status"] == "changed"
    assert apply(recorder("rotation 2"), tmp_path)["status"] == "changed"


def test_a_channel_that_failed_is_written_again(made: dict[str, Made], tmp_path: Path) -> None:
    made["onvif"] = Made(channels=(Channel(1, user="kn-view"),), keeps=False)
    assert apply(recorder("rotation 1"), tmp_path)["status"] == "failed"
    made["onvif"].keeps = True
    assert apply(recorder("rotation 1"), tmp_path)["status"] == "changed"


def test_a_recorder_that_tells_no_user_is_not_written_for_that(tmp_path: Path) -> None:
    observed = ObservedDevice(channels=(Channel(1),))
    assert channel_accounts.as_known(observed, recorder("rotation 1"), tmp_path) == observed


def test_every_class_of_failure_says_what_to_do_in_both_languages() -> None:
    def below(failure: type[DeviceFailure]) -> Iterator[type[DeviceFailure]]:
        yield failure
        for child in failure.__subclasses__():
            yield from below(child)

    for failure in below(DeviceFailure):
        for text in (failure.reason_text, failure.hint_text):
            assert text.vi and text.en and text.vi != text.en


def streams(state: Path) -> dict[str, str]:
    """What agent and recorder are told, by slot."""
    told = json.loads((state / "run" / "devices.json").read_bytes())
    assert told == json.loads((state / "devices.json").read_bytes())
    return {slot: entry["path"] for slot, entry in told.items()}


def published(state: Path, **paths: str) -> None:
    """An apply of just these cameras, each found with its stream there: s1="/live"."""
    cameras = [(replace(CAMERA, slot=int(slot[1:]), address=f"192.168.1.{slot[1:]}"), path) for slot, path in paths.items()]
    found = [engine.Result(camera, stream=Stream("main", 554, path)) for camera, path in cameras]
    engine.publish(Document("a-01", str(state), tuple(camera for camera, _ in cameras)), found, state)


def test_an_apply_of_one_camera_leaves_the_others_streams(tmp_path: Path) -> None:
    published(tmp_path, s1="/one", s2="/two", s3="/three")
    published(tmp_path, s2="/new")
    assert streams(tmp_path) == {"1": "/one", "2": "/new", "3": "/three"}


def test_two_applies_at_once_publish_what_both_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    has_read, other_done, read = threading.Event(), threading.Event(), durable.read_json

    def slowly(path: Path, default: Any) -> Any:
        found = read(path, default)
        if threading.current_thread() is first and not has_read.is_set():
            has_read.set()
            other_done.wait(0.5)
        return found

    monkeypatch.setattr(durable, "read_json", slowly)
    first = threading.Thread(target=published, args=(tmp_path,), kwargs={"s1": "/one"})
    first.start()
    assert has_read.wait(5)
    published(tmp_path, s2="/two")
    other_done.set()
    first.join()
    assert streams(tmp_path) == {"1": "/one", "2": "/two"}


@pytest.mark.parametrize("left", ["", '{"1": {', "[]"])
def test_a_damaged_list_of_streams_is_taken_from_its_public_copy(tmp_path: Path, left: str) -> None:
    published(tmp_path, s1="/one", s2="/two")
    (tmp_path / "devices.json").write_text(left)
    engine.republish(tmp_path, tmp_path / "run")
    published(tmp_path, s2="/new")
    assert streams(tmp_path) == {"1": "/one", "2": "/new"}
