"""Logins that a camera refused, over restarts, reboots and clocks that are set."""

from pathlib import Path

import pytest

from edge_agent.system import clock, durable
from edge_agent.system.refusals import REFUSED_S, Refusals

WHAT = ("kn-view", "s3cretS3cret", "554", "/live", "m1")


class Uptime:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.up, self.boot = 5_000.0, "a"
        monkeypatch.setattr(clock, "mono", lambda: self.up)
        monkeypatch.setattr(clock, "boot_id", lambda: self.boot)


@pytest.fixture
def uptime(monkeypatch: pytest.MonkeyPatch) -> Uptime:
    return Uptime(monkeypatch)


def test_a_restart_remembers_a_refusal_for_half_an_hour(uptime: Uptime, tmp_path: Path) -> None:
    Refusals(tmp_path / "refused.json").note(1, *WHAT)
    uptime.up += REFUSED_S - 1
    assert Refusals(tmp_path / "refused.json").holds(1, *WHAT)
    uptime.up += 2
    assert not Refusals(tmp_path / "refused.json").holds(1, *WHAT)


def test_after_a_reboot_it_counts_until_the_box_was_up_for_as_long(uptime: Uptime, tmp_path: Path) -> None:
    Refusals(tmp_path / "refused.json").note(1, *WHAT)
    uptime.up, uptime.boot = 10.0, "b"
    assert Refusals(tmp_path / "refused.json").holds(1, *WHAT)
    uptime.up = REFUSED_S + 1
    assert not Refusals(tmp_path / "refused.json").holds(1, *WHAT)


@pytest.mark.parametrize(
    ("slot", "what"),
    [(2, WHAT), (1, ("kn-view", "another", *WHAT[2:])), (1, (*WHAT[:4], "m2")), (1, ())],
    ids=["camera", "account", "stream", "none"],
)
def test_another_camera_account_or_stream_was_not_refused(uptime: Uptime, tmp_path: Path, slot: int, what: tuple[str, ...]) -> None:
    Refusals(tmp_path / "refused.json").note(1, *WHAT)
    assert not Refusals(tmp_path / "refused.json").holds(slot, *what)


def test_a_login_that_was_taken_is_tried_after_a_reboot(uptime: Uptime, tmp_path: Path) -> None:
    refusals = Refusals(tmp_path / "refused.json")
    refusals.note(1, *WHAT)
    refusals.forget(1)
    uptime.up, uptime.boot = 10.0, "b"
    assert not Refusals(tmp_path / "refused.json").holds(1, *WHAT)


def test_the_file_is_private_and_tells_no_password(tmp_path: Path) -> None:
    Refusals(tmp_path / "refused.json").note(1, *WHAT)
    assert (tmp_path / "refused.json").stat().st_mode & 0o777 == 0o600
    assert "s3cret" not in (tmp_path / "refused.json").read_text()


@pytest.mark.parametrize("left", ["", "[]", '{"1": 3}', '{"1": {}}'])
def test_a_damaged_file_is_an_empty_one(tmp_path: Path, left: str) -> None:
    (tmp_path / "refused.json").write_text(left)
    assert not Refusals(tmp_path / "refused.json").holds(1, *WHAT)


def test_a_full_disk_ends_nothing_and_the_refusal_holds_until_the_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = Refusals(tmp_path / "refused.json")
    monkeypatch.setattr(durable, "write_json", _full)
    refusals.note(1, *WHAT)
    assert refusals.holds(1, *WHAT)


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")
