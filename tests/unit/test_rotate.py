"""`ketnoi rotate`: what it asks of the vault and of the rollout, and what it tells; the rollout itself is played here."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from province.commands import rotate
from province.commands.init import slots
from province.measure import inventory as subjects
from province.model import load
from province.office import vaults
from province.office.home import Home
from province.rollout.watch import FacilityRun
from province.text import Text
from province.user_error import UserError
from tests.unit.inventories import copied, spoil

CODE = "an-lao-01"
AREA = "areas/an-lao.yml"
RECORDER = (
    '    recorders:\n      - {slot: 101, place: T, make: hikvision, driver: hikvision, address: 192.168.1.101, mac: "02:4b:00:01:02:01"}\n'
)


class Office:
    """A province with a vault; `through` are the slots whose devices take their new passwords in the rollout that is played."""

    def __init__(self, folder: Path) -> None:
        self.inventory = copied(folder, "an-lao")
        spoil(self.inventory / AREA, "    cameras:\n", f"{RECORDER}    cameras:\n")
        self.home = Home("binh-dinh")
        self.home.ensure()
        vaults.create_secret(self.home)
        province, faults = load(self.inventory)
        assert province and faults == []
        facility = province.facility(CODE)
        assert facility
        vaults.ensure(self.home, self.inventory, CODE, slots(facility))
        self.through: set[int] = {1, 2, 3, 4, 101}
        self.turns: list[list[str]] = []
        self.seen: dict[str, Any] = {}

    @property
    def vault(self) -> dict[str, Any]:
        return vaults.read(self.home, self.inventory, CODE)

    def roll(self, inventory: Path, province: Any, facility: Any, turns: Iterable[list[str]], console: Any) -> list[FacilityRun]:
        """In the place of `roles_of`."""
        self.turns, self.seen = list(turns), self.vault
        for kind in ("cameras", "recorders"):
            done = {int(slot): device["admin"] for slot, device in self.seen[kind].items() if int(slot) in self.through}
            vaults.confirm(self.home, self.inventory, CODE, kind, done)
        failed = self.through < {1, 2, 3, 4, 101}
        reason = Text("hỏng", "it broke") if failed else None
        return [FacilityRun(CODE, "failed" if failed else "changed", reason=reason), FacilityRun(CODE, "changed")]

    def rotate(self, *chosen: int) -> int:
        return rotate.rotate(self.inventory, site=CODE, slots=list(chosen), lang="en", json_output=True)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    made = Office(tmp_path)
    monkeypatch.setattr(rotate, "roles_of", made.roll)
    return made


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[[], dict[str, Any]]:
    return lambda: json.loads(capsys.readouterr().out)


def test_every_camera_and_recorder_gets_new_passwords_and_the_agent_hears_of_them_last(
    office: Office, told: Callable[[], dict[str, Any]]
) -> None:
    before = office.vault
    assert office.rotate() == 0
    assert told() == {"code": CODE, "renewed": 5, "unsettled": {}, "devices": [], "failed": False}
    assert office.turns == [["switches", "cameras", "recorders"], ["agent"]]
    for kind, devices in before.items():
        for slot, device in devices.items():
            assert office.seen[kind][slot]["previous"]["password"] == device["admin"]["password"], "kept until the device has changed"
            assert office.vault[kind][slot]["admin"]["password"] != device["admin"]["password"]
            assert "previous" not in office.vault[kind][slot]


def test_one_slot_leaves_the_others_as_they_are(office: Office, told: Callable[[], dict[str, Any]]) -> None:
    before = office.vault
    assert office.rotate(2) == 0 and told()["renewed"] == 1
    changed = {slot for slot, device in office.vault["cameras"].items() if device["admin"] != before["cameras"][slot]["admin"]}
    assert changed == {"2"} and office.vault["recorders"] == before["recorders"]


def test_what_did_not_come_through_is_named_and_gone_on_with_by_the_next(office: Office, told: Callable[[], dict[str, Any]]) -> None:
    office.through = {1, 2}
    assert office.rotate() == 1
    assert told()["unsettled"] == {"cameras": [3, 4], "recorders": [101]}
    halfway = office.vault
    office.through = {1, 2, 3, 4, 101}
    assert office.rotate(3, 4, 101) == 0
    document = told()
    assert (document["renewed"], document["unsettled"]) == (0, {})
    assert office.vault["cameras"]["3"]["admin"] == halfway["cameras"]["3"]["admin"]


def test_killed_before_the_rollout_both_passwords_are_in_the_vault(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def killed(*arguments: Any) -> list[FacilityRun]:
        raise Killed

    before = office.vault
    monkeypatch.setattr(rotate, "roles_of", killed)
    with pytest.raises(Killed):
        office.rotate()
    device = office.vault["cameras"]["1"]
    assert device["previous"]["password"] == before["cameras"]["1"]["admin"]["password"] != device["admin"]["password"]
    monkeypatch.setattr(rotate, "roles_of", office.roll)
    assert office.rotate() == 0
    assert office.vault["cameras"]["1"]["admin"] == device["admin"], "no newer password than the one that the device may have"


def test_a_device_that_nobody_may_touch_keeps_its_passwords(office: Office, told: Callable[[], dict[str, Any]]) -> None:
    spoil(office.inventory / AREA, "{slot: 3, ", "{slot: 3, no_access: {reason: Cửa khoá, date: 2021-06-01, witness: A}, ")
    before = office.vault
    assert office.rotate() == 0 and told()["renewed"] == 4
    assert office.vault["cameras"]["3"] == before["cameras"]["3"]
    with pytest.raises(UserError, match="slot 3"):
        office.rotate(3)


@pytest.mark.parametrize("slot", [9, 126])
def test_a_slot_without_a_device_is_refused_before_anything_changes(office: Office, slot: int) -> None:
    before = office.vault
    with pytest.raises(UserError, match=f"slot {slot}"):
        office.rotate(1, slot)
    assert office.vault == before


def test_without_passwords_there_is_nothing_to_rotate(office: Office) -> None:
    vaults.write_vault(office.home, office.inventory, CODE, {"cameras": {}})
    with pytest.raises(UserError, match="ketnoi init"):
        office.rotate()


def test_what_is_being_rotated_is_not_logged_in_to_by_a_verify(office: Office) -> None:
    province, _ = load(office.inventory)
    assert province
    office.through = {1, 2, 4, 101}
    assert office.rotate() == 1
    known = subjects.logins(office.inventory, [f for f in province.facilities if f.code == CODE])
    assert {slot for _, slot in known} == {1, 2, 4, 101}
    assert all(account.keys() == {"user", "password"} for accounts in known.values() for account in accounts.values())
