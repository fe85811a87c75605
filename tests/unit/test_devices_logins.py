"""The count of failed logins: at most two in a device's window, whatever crashes and whoever asks."""

import threading
from pathlib import Path

import pytest

from edge_agent.devices.faults import LockedOut
from edge_agent.devices.logins import EVIDENCE_S, Logins

DEVICE = "192.168.1.11:80"


class Time:
    def __init__(self) -> None:
        self.now = 1_600_000_000.0

    def __call__(self) -> float:
        return self.now


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
    time.now += 100
    logins.attempt(DEVICE, "admin").refused()
    with pytest.raises(LockedOut) as locked:
        logins.attempt(DEVICE, "admin")
    assert locked.value.until.timestamp() == 1_600_000_600
    time.now += 499
    assert logins.left(DEVICE) == 0
    time.now += 2
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
    time.now += 601
    logins.attempt(DEVICE, "admin").succeeded()


def test_a_clock_set_back_does_not_lock_a_device_for_years(logins: Logins, time: Time) -> None:
    logins.attempt(DEVICE, "admin").refused()
    logins.attempt(DEVICE, "admin").refused()
    logins.device_locked(DEVICE)
    time.now -= 5 * 365 * 86400
    until = logins.until(DEVICE)
    assert until is not None and until.timestamp() <= time.now + 600


def test_a_refused_factory_password_is_evidence_for_a_day_or_until_it_works(logins: Logins, time: Time) -> None:
    logins.factory_refused(DEVICE, "admin")
    assert logins.factory_evidence(DEVICE, "admin") is not None
    logins.works(DEVICE, factory=True)
    assert logins.factory_evidence(DEVICE, "admin") is None
    logins.factory_refused(DEVICE, "admin")
    time.now += EVIDENCE_S + 1
    assert logins.factory_evidence(DEVICE, "admin") is None


def test_the_file_is_private_and_a_damaged_one_is_begun_anew(tmp_path: Path) -> None:
    logins = Logins(tmp_path)
    logins.attempt(DEVICE, "admin").refused()
    assert (tmp_path / "logins.json").stat().st_mode & 0o777 == 0o600
    (tmp_path / "logins.json").write_text('{"devices": [')
    assert logins.left(DEVICE) == 2
