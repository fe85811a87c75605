"""`ketnoi reprovision`: the old box is out before the new one is in. Looking and taking over are played."""

import json
from pathlib import Path

import pytest
from cryptography import x509

from province.bootstrap.outcome import Outcome
from province.commands import bootstrap as command
from province.commands import reprovision as reprovision_command
from province.model import Province, hardware_identity
from province.office import authority, enrolment
from province.office.home import Home
from province.text import Text
from province.user_error import UserError
from tests.unit.bootstrap.played import HOST_KEY, SECRET, enrolled_hub, whole


def test_a_new_box_changes_its_identity_in_the_area_file_and_no_other_line(inventory: Path, province: Province) -> None:
    file = inventory / "areas" / "an-nhon.yml"
    before = file.read_text().splitlines()
    macs = ["06:00:00:02:00:01", "06:00:00:02:00:02"]
    assert hardware_identity.set_hardware_identity(inventory, province, "an-nhon-02", macs[0], macs, None)
    after = file.read_text().splitlines()
    assert [(a, b) for a, b in zip(before, after, strict=True) if a != b] == [
        (
            '    box: {mac: "02:4b:00:02:00:01", lan_mac: "02:4b:00:02:00:02"}',
            '    box: {mac: "06:00:00:02:00:01", lan_mac: "06:00:00:02:00:02"}',
        )
    ]
    assert not hardware_identity.set_hardware_identity(inventory, province, "an-nhon-02", macs[0], macs, None)


@pytest.fixture
def steps(inventory: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What reprovision does to hub and machines, in order, with what the office knows at that moment."""
    enrolled_hub(inventory)
    log: list[str] = []

    def state() -> str:
        home = Home.of(inventory)
        revoked = len(json.loads(home.revoked.read_text())) if home.revoked.exists() else 0
        return f"{'enrolled' if enrolment.read(inventory, 'an-nhon-01') else 'gone'}, revoked {revoked}"

    def peers(path: Path, lang: str) -> None:
        log.append(f"peers: {state()}")

    def take(path: Path, province: Province, where: dict[str, str], password: str | None, progress: object) -> list[Outcome]:
        log.append(f"take over: {state()}")
        enrolment.save(inventory, "an-nhon-01", {"number": 1, "host_key": HOST_KEY, "certificate": None})
        return [Outcome("an-nhon-01", "enrolled", 9, 1.0)]

    monkeypatch.setattr(reprovision_command, "take_over", take)
    monkeypatch.setattr(reprovision_command, "_hang_up", lambda *rest: log.append("hang up"))
    monkeypatch.setenv(command.PASSWORD_VARIABLE, SECRET)
    monkeypatch.setattr(reprovision_command, "hub_peers", peers)
    return log


def reprovision(inventory: Path, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, mac: str | None = None) -> int:
    monkeypatch.setattr(reprovision_command, "look", lambda *rest: outcome)
    peers = reprovision_command.hub_peers
    return reprovision_command.reprovision(inventory, site="an-nhon-01", at="192.0.2.9", lang="en", mac=mac, peers=peers)


NEW = Outcome("an-nhon-01", "seen", 0, 1.0, macs=("06:00:00:00:00:01", "06:00:00:00:00:02"))


def test_the_old_box_is_out_before_the_new_one_is_in(inventory: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    enrolment.save(inventory, "an-nhon-01", {"number": 1, "host_key": HOST_KEY, "certificate": certificate(inventory)})
    assert reprovision(inventory, monkeypatch, NEW, mac="06-00-00-00-00-01") == 0
    assert steps == ["peers: gone, revoked 1", "hang up", "take over: gone, revoked 1", "peers: enrolled, revoked 1"]
    assert (inventory / "authority" / "crl.pem").read_bytes() == Home.of(inventory).crl.read_bytes()
    assert len(enrolment.retired(inventory, "an-nhon-01")) == 1
    facility = whole(inventory).facility("an-nhon-01")
    assert facility and (facility.box.mac, facility.box.lan_mac) == NEW.macs


def test_a_revocation_cut_short_reaches_the_inventory_with_the_next_try(
    inventory: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """revoked.json was written and the record retired, the list of the hub was not."""
    home = Home.of(inventory)
    authority.create(home)
    before = home.crl.read_bytes()
    authority.revoke(home, certificate(inventory), "box replaced")
    home.crl.write_bytes(before)
    enrolment.save(inventory, "an-nhon-01", {"number": 1, "host_key": HOST_KEY, "certificate": None})
    enrolment.retire(inventory, "an-nhon-01", "replaced")
    assert reprovision(inventory, monkeypatch, NEW, mac="06-00-00-00-00-01") == 0
    listed = x509.load_pem_x509_crl((inventory / "authority" / "crl.pem").read_bytes())
    assert len(list(listed)) == 1


def test_nothing_is_given_up_for_a_machine_that_is_not_there(inventory: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    enrolment.save(inventory, "an-nhon-01", {"number": 1, "host_key": HOST_KEY, "certificate": certificate(inventory)})
    gone = Outcome("an-nhon-01", "failed", 0, 1.0, Text("không trả lời", "no answer"), Text("xem", "look"))
    assert reprovision(inventory, monkeypatch, gone) == 1
    assert steps == [] and enrolment.read(inventory, "an-nhon-01")


def test_the_enrolled_box_itself_is_not_replaced(inventory: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    enrolment.save(inventory, "an-nhon-01", {"number": 1, "host_key": HOST_KEY})
    with pytest.raises(UserError):
        reprovision(inventory, monkeypatch, Outcome("an-nhon-01", "seen", 0, 1.0, known=True))
    assert steps == []


def test_a_run_that_stopped_half_way_is_finished_by_the_next(inventory: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    enrolment.save(inventory, "an-nhon-01", {"number": 1, "host_key": HOST_KEY})
    enrolment.retire(inventory, "an-nhon-01", "replaced")
    assert reprovision(inventory, monkeypatch, NEW) == 0
    assert steps == ["peers: gone, revoked 0", "hang up", "take over: gone, revoked 0", "peers: enrolled, revoked 0"]


def test_who_was_never_enrolled_is_bootstrapped_instead(inventory: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="bootstrap"):
        reprovision(inventory, monkeypatch, NEW)
    assert steps == []


def certificate(inventory: Path) -> str:
    """The root's own will do: what is revoked is its number."""
    return Home.of(inventory).ca_crt.read_text()
