"""Which password a device is offered first, in a rotation too, so that no crash locks us out and no login is wasted."""

from pathlib import Path

import pytest

from edge_agent.contract.devices import Account, DesiredDevice
from edge_agent.devices import entry
from edge_agent.devices.logins import Logins

NEW, OLD, FACTORY = Account("admin", "new"), Account("admin", "old"), Account("admin", "factory")
DESIRED = DesiredDevice(slot=1, address="192.168.1.11", port=80, admin=NEW, factory=(FACTORY,))
ROTATING = DesiredDevice(slot=1, address="192.168.1.11", port=80, admin=NEW, previous=OLD, rotation="2021-06-01", factory=(FACTORY,))


@pytest.fixture
def logins(tmp_path: Path) -> Logins:
    return Logins(tmp_path)


def taken(desired: DesiredDevice, logins: Logins, account: Account) -> bool:
    """The device takes `account` alone; what `remember` says."""
    offered = entry.candidates(desired, logins)
    return entry.remember(desired, logins, offered, offered.index(account))


def test_a_new_device_is_asked_for_the_factory_password_first_and_ever_after_for_ours(logins: Logins) -> None:
    assert entry.candidates(DESIRED, logins) == [FACTORY, NEW]
    assert taken(DESIRED, logins, FACTORY) is True
    assert entry.candidates(DESIRED, logins) == [FACTORY, NEW]
    logins.works(DESIRED.key, factory=False)
    assert entry.candidates(DESIRED, logins) == [NEW, FACTORY]
    assert taken(DESIRED, logins, NEW) is False


def test_a_rotation_begins_with_the_password_that_the_device_has(logins: Logins) -> None:
    taken(DESIRED, logins, NEW)
    assert entry.candidates(ROTATING, logins) == [OLD, NEW, FACTORY]
    assert taken(ROTATING, logins, OLD) is True
    assert entry.candidates(ROTATING, logins) == [OLD, NEW, FACTORY]


def test_once_the_new_password_was_sent_it_is_tried_first(logins: Logins) -> None:
    taken(ROTATING, logins, OLD)
    logins.works(ROTATING.key, factory=False)  # a driver says so before it sends the new password
    assert entry.candidates(ROTATING, logins) == [NEW, OLD, FACTORY]
    assert taken(ROTATING, logins, NEW) is False


def test_each_rotation_is_told_from_the_one_before(logins: Logins) -> None:
    taken(ROTATING, logins, OLD)
    logins.works(ROTATING.key, factory=False)
    later = DesiredDevice(slot=1, address="192.168.1.11", port=80, admin=Account("admin", "newer"), previous=NEW, rotation="2021-07-01")
    assert entry.candidates(later, logins)[0] == NEW


def test_a_rotated_viewer_is_set_without_a_login_that_must_fail(logins: Logins) -> None:
    asked: list[Account] = []
    desired = DesiredDevice(slot=1, address="192.168.1.11", port=80, admin=NEW, previous=OLD, viewer=Account("kn-view", "new"))
    assert entry.viewer_works(desired, True, True, logins, lambda a: bool(asked.append(a))) is False
    assert asked == []
    assert entry.viewer_works(desired, True, False, logins, lambda a: a.user == "kn-view") is True
    assert entry.viewer_works(desired, False, False, logins, lambda a: True) is None
    logins.attempt(desired.key, "admin").refused()
    assert entry.viewer_works(desired, True, False, logins, lambda a: True) is None, "the last login is the administrator's"
