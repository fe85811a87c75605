"""The count of failed logins: at most two in a device's window, whatever crashes and whoever asks."""

import json
import threading
from pathlib import Path

import pytest

from edge_agent.devices.faults import LockedOut
from edge_agent.devices.logins import EVIDENCE_S, WINDOW_S, Instant, Logins

DEVICE = "192.168.1.11:80"


class Time:
    """A box's times. `passes` is true time; `now` alone is a clock that somebody set."""

    def __init__(self) -> None:
        self.now, self.up, self.boot = 1_600_000_000.0, 5_000.0, "a"

    def __call__(self) -> Instant:
        return Instant(self.now, self.up, self.boot)

    def passes(self, seconds: float) -> None:
        self.now, self.up = self.now + seconds, self.up + seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def logins(tmp_path: Path, time: Time) -> Logins:
    return Logins(tmp_path, window_s=600, now=time)


def test_logins_that_succeed_are_never_counted(logins: Logins) -> None:
    for _ in range(5):
        logins.attempt(DEVICE, "admin").succeeded()
    assert logins.left(DEVICE) == 2 and logins.until(DEVICE) is None


def test_after_two_refusals_nothing_is_tried_until_the_first_is_old(logins: Logins, time: Time) -> None:
    logins.attempt(DEVICE, "admin").refused()
    time.passes(100)
    logins.attempt(DEVICE, "admin").refused()
    with pytest.raises(LockedOut) as locked:
        logins.attempt(DEVICE, "admin")
    assert locked.value.until.timestamp() == 1_600_000_600
    time.passes(499)
    assert logins.left(DEVICE) == 0
    time.passes(2)
    logins.attempt(DEVICE, "admin").refused()
    assert logins.left(DEVICE) == 0


def test_a_success_does_not_wash_a_failure_away(logins: Logins) -> None:
    logins.attempt(DEVICE, "admin").refused()
    logins.attempt(DEVICE, "admin").succeeded()
    assert logins.left(DEVICE) == 1


def test_a_login_whose_end_nobody_saw_counts(tmp_path: Path, time: Time) -> None:
    Logins(tmp_path, 600, time).attempt(DEVICE, "admin")
    Logins(tmp_path, 600, time).attempt(DEVICE, "admin")
    with pytest.raises(LockedOut):
        Logins(tmp_path, 600, time).attempt(DEVICE, "admin")


def test_devices_are_counted_apart(logins: Logins) -> None:
    logins.attempt(DEVICE, "admin").refused()
    logins.attempt(DEVICE, "admin").refused()
    logins.attempt("192.168.1.12:80", "admin").succeeded()


def test_side_by_side_no_more_than_two_get_through(tmp_path: Path) -> None:
    begun: list[int] = []
    gate = threading.Barrier(8)

    def one() -> None:
        gate.wait()
        try:
            Logins(tmp_path).attempt(DEVICE, "admin")
        except LockedOut:
            return
        begun.append(1)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 2


def test_a_device_that_says_it_is_locked_is_left_alone_for_a_window(logins: Logins, time: Time) -> None:
    logins.device_locked(DEVICE)
    with pytest.raises(LockedOut):
        logins.attempt(DEVICE, "admin")
    time.passes(601)
    logins.attempt(DEVICE, "admin").succeeded()


def test_a_clock_set_back_does_not_lock_a_device_for_years(logins: Logins, time: Time) -> None:
    logins.attempt(DEVICE, "admin").refused()
    logins.attempt(DEVICE, "admin").refused()
    logins.device_locked(DEVICE)
    time.now -= 5 * 365 * 86400
    until = logins.until(DEVICE)
    assert until is not None and until.timestamp() <= time.now + 600


@pytest.mark.parametrize("step", [3600.0, -3600.0, 40 * 86400.0])
def test_a_clock_that_is_set_gives_no_login_back(logins: Logins, time: Time, step: float) -> None:
    logins.attempt(DEVICE, "admin").refused()
    logins.attempt(DEVICE, "admin").refused()
    time.passes(20)
    time.now += step
    assert logins.left(DEVICE) == 0
    with pytest.raises(LockedOut) as locked:
        logins.attempt(DEVICE, "admin")
    assert locked.value.until.timestamp() == pytest.approx(time.now + 580)
    time.passes(581)
    assert logins.left(DEVICE) == 2


@pytest.mark.parametrize("ahead", [10.0, 40 * 86400.0])
def test_after_a_start_a_failure_counts_until_the_box_was_up_for_a_window(logins: Logins, time: Time, ahead: float) -> None:
    """How long it was off only its clock could tell, which may be wrong."""
    logins.attempt(DEVICE, "admin").refused()
    logins.attempt(DEVICE, "admin").refused()
    time.now, time.up, time.boot = time.now + ahead, 15.0, "b"
    assert logins.left(DEVICE) == 0
    time.passes(586)
    assert logins.left(DEVICE) == 2


def test_what_is_over_is_not_counted_again_after_a_start(logins: Logins, time: Time) -> None:
    logins.attempt(DEVICE, "admin").refused()
    logins.device_locked(DEVICE)
    time.passes(601)
    assert logins.left(DEVICE) == 2
    time.now, time.up, time.boot = time.now + 60, 15.0, "b"
    assert logins.left(DEVICE) == 2


def test_what_an_older_version_counted_goes_by_its_wall_clock(logins: Logins, time: Time, tmp_path: Path) -> None:
    old = [{"id": str(n), "at": time.now - 60, "user": "admin", "what": "refused"} for n in range(2)]
    (tmp_path / "logins.json").write_text(json.dumps({"schema": 1, "devices": {DEVICE: {"failures": old}}}))
    assert logins.left(DEVICE) == 0
    time.passes(541)
    assert logins.left(DEVICE) == 2


@pytest.mark.parametrize("left", ['{"devices": [', "", '{"devices": {"192.168.1.11:80": 3}}', "[]"])
def test_a_damaged_count_allows_no_login_for_a_window(logins: Logins, time: Time, tmp_path: Path, left: str) -> None:
    logins.attempt(DEVICE, "admin").refused()
    (tmp_path / "logins.json").write_text(left)
    for device in (DEVICE, "192.168.1.12:80"):
        assert logins.left(device) == 0
        with pytest.raises(LockedOut):
            logins.attempt(device, "admin")
    time.passes(WINDOW_S + 1)
    logins.attempt(DEVICE, "admin").refused()
    assert logins.left(DEVICE) == 1
    time.now, time.up, time.boot = time.now + 60, 15.0, "b"
    assert logins.left("192.168.1.12:80") == 2, "it was over before"


def test_a_refused_factory_password_is_evidence_for_a_day_or_until_it_works(logins: Logins, time: Time) -> None:
    logins.factory_refused(DEVICE, "admin")
    assert logins.factory_evidence(DEVICE, "admin") is not None
    logins.works(DEVICE, factory=True)
    assert logins.factory_evidence(DEVICE, "admin") is None
    logins.factory_refused(DEVICE, "admin")
    time.passes(EVIDENCE_S + 1)
    assert logins.factory_evidence(DEVICE, "admin") is None


def test_the_file_is_private(tmp_path: Path) -> None:
    Logins(tmp_path).attempt(DEVICE, "admin").refused()
    assert (tmp_path / "logins.json").stat().st_mode & 0o777 == 0o600
