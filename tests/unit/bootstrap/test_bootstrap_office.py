"""The office's half of a bootstrap: who is expected where, what is signed and written down. pyinfra is a script."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from bootstrap.inventory import read
from bootstrap.machine import Document
from province.bootstrap.machine import expected, hub_key, lifeline, results_folder
from province.bootstrap.outcome import BootstrapError
from province.bootstrap.process import Deploy
from province.bootstrap.run import look, take_over, write_folder
from province.bootstrap.steps import CLAIM, DEPLOYS, STEPS, StepDone
from province.commands import bootstrap as command
from province.commands import enrol as enrol_command
from province.model import Province
from province.office import enrolment
from province.office.home import Home
from province.user_error import UserError
from tests.unit.bootstrap.played import HOST_KEY, OTHER_KEY, SECRET, Machines, enrolled_hub


def unseen(machine: object, step: StepDone) -> None:
    pass


def test_the_machine_that_succeeds_is_enrolled_and_the_other_is_not(inventory: Path, province: Province, machines: Machines) -> None:
    enrolled_hub(inventory)
    machines.finishes("an-nhon-01", {"box": "BD-0001"})
    hardware = json.dumps({"macs": ["02:4b:00:02:00:01"], "serial": None, "wrong": []})
    machines.plays(CLAIM, "an-nhon-02", "E: broken", "Error: executed 3 commands", until="packages", hardware_json=hardware)
    where = {"an-nhon-01": "192.0.2.101", "an-nhon-02": "192.0.2.102"}
    first, second = take_over(inventory, province, where, SECRET, unseen)
    assert (first.status, first.changed) == ("enrolled", 10)
    assert second.status == "failed" and second.reason and second.hint and "ketnoi packages" in second.hint.en
    assert second.reason.vi == "an-nhon-02: gói phần mềm đầu tiên: E: broken"
    assert set(enrolment.read_all(inventory)) == {"hub", "an-nhon-01"}
    assert "an-nhon-01 " in Home.of(inventory).known_hosts.read_text()
    claim, enrol = machines.calls()
    assert claim["password"] == SECRET and not claim["leaked"] and claim["modes"] == ["0o600", "0o700"]
    assert [machine["name"] for machine in enrol["document"]["machines"]] == ["an-nhon-01"]
    assert list(Home.of(inventory).pending.iterdir()) == [Home.of(inventory).pending / "an-nhon-02"]
    assert not Path(claim["folder"]).exists(), "the folder of the run is left"


def test_what_pyinfra_is_given_is_what_the_deploys_read(inventory: Path, province: Province, machines: Machines) -> None:
    enrolled_hub(inventory)
    machines.finishes("an-nhon-01", {"box": "BD-0001"})
    take_over(inventory, province, {"an-nhon-01": "192.0.2.101"}, SECRET, unseen)
    claim, enrol = (Document.model_validate(call["document"]) for call in machines.calls())
    (blank,), (claimed,) = claim.machines, enrol.machines
    assert (blank.enter, blank.macs, blank.certificates) == ("factory", ("02:4b:00:01:00:01", "02:4b:00:01:00:02"), {"box": "BD-0001"})
    assert (claimed.enter, claimed.host_key) == ("key", HOST_KEY)
    assert claimed.lifeline and (claimed.lifeline.port, claimed.lifeline.host_key) == (20001, HOST_KEY)


def test_the_hub_and_its_boxes_are_taken_over_together(inventory: Path, province: Province, machines: Machines) -> None:
    """Boxes are told of the hub's key by what the same run learnt."""
    machines.finishes("hub", {"hub": "hub", "collector": "collector"})
    machines.finishes("an-nhon-01", {"box": "BD-0001"})
    where = {"hub": "203.0.113.10", "an-nhon-01": "192.0.2.101"}
    assert [outcome.status for outcome in take_over(inventory, province, where, SECRET, unseen)] == ["enrolled", "enrolled"]
    assert [call["deploy"] for call in machines.calls()] == ["claim", "enrol"]
    record = enrolment.read(inventory, "hub")
    assert record is not None
    leaf = x509.load_pem_x509_certificate(record["certificate"].encode())
    stated = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(address) for address in stated.get_values_for_type(x509.IPAddress)} >= {"203.0.113.10"}
    assert x509.load_pem_x509_certificate(record["collector_certificate"].encode()).subject.rfc4514_string() == "CN=collector"


def test_a_box_whose_hub_failed_in_the_same_run_is_gone_on_with(inventory: Path, province: Province, machines: Machines) -> None:
    machines.finishes("an-nhon-01", {"box": "BD-0001"})
    machines.plays(CLAIM, "hub", "Authentication error (username=root)", until="contact")
    where = {"hub": "203.0.113.10", "an-nhon-01": "192.0.2.101"}
    hub, box = take_over(inventory, province, where, SECRET, unseen)
    assert hub.status == "failed" and hub.hint and "factory password" in hub.hint.en
    assert box.status == "failed" and box.reason and "bootstrap hub" in box.reason.en
    assert enrolment.read_all(inventory) == {}


def test_a_second_deploy_that_fails_leaves_no_record(inventory: Path, province: Province, machines: Machines) -> None:
    enrolled_hub(inventory)
    machines.finishes("an-nhon-01", {"box": "BD-0001"})
    machines.plays("enrol", "an-nhon-01", "not read back: lifeline_up", until="closing")
    (outcome,) = take_over(inventory, province, {"an-nhon-01": "192.0.2.101"}, SECRET, unseen)
    assert outcome.status == "failed" and outcome.reason and "lifeline_up" in outcome.reason.vi
    assert enrolment.read(inventory, "an-nhon-01") is None


def test_another_machine_is_told_by_what_differs(inventory: Path, province: Province, machines: Machines) -> None:
    enrolled_hub(inventory)
    wrong = [["MAC", "02:4b:00:01:00:01", "02:4b:00:02:00:01"]]
    hardware = json.dumps({"macs": ["02:4b:00:02:00:01"], "serial": None, "wrong": wrong})
    machines.plays(CLAIM, "an-nhon-01", "another machine", until="identity", changed=0, hardware_json=hardware)
    (outcome,) = take_over(inventory, province, {"an-nhon-01": "192.0.2.102"}, SECRET, unseen)
    assert (outcome.status, outcome.changed) == ("refused", 0)
    assert outcome.reason and "02:4b:00:02:00:01" in outcome.reason.vi and "02:4b:00:01:00:01" in outcome.reason.en


def test_a_process_that_dies_leaves_nobody_enrolled_and_gives_its_last_line(
    inventory: Path, province: Province, machines: Machines
) -> None:
    enrolled_hub(inventory)
    machines.script["last line"] = "the last words"
    machines.write()
    (outcome,) = take_over(inventory, province, {"an-nhon-01": "192.0.2.101"}, SECRET, unseen)
    assert outcome.status == "failed" and outcome.reason and "the last words" in outcome.reason.en
    assert enrolment.read(inventory, "an-nhon-01") is None


def test_a_result_that_no_machine_of_ours_gives_is_not_believed(inventory: Path, province: Province, machines: Machines) -> None:
    enrolled_hub(inventory)
    machines.finishes("an-nhon-01", {"box": "BD-0001"})
    part = machines.script["claim an-nhon-01"]["files"]
    part["facts.json"] = part["facts.json"].replace(HOST_KEY, "ssh-ed25519 AAAA\\nhub ssh-ed25519 AAAA")
    machines.write()
    (outcome,) = take_over(inventory, province, {"an-nhon-01": "192.0.2.101"}, SECRET, unseen)
    assert outcome.status == "failed" and outcome.reason and "facts.json" in outcome.reason.en
    assert enrolment.read(inventory, "an-nhon-01") is None


@pytest.mark.parametrize(("answers", "status"), [(HOST_KEY, "unchanged"), (OTHER_KEY, "refused")])
def test_an_enrolled_machine_is_entered_by_its_pinned_key_or_not_at_all(
    inventory: Path, province: Province, machines: Machines, monkeypatch: pytest.MonkeyPatch, answers: str, status: str
) -> None:
    enrolled_hub(inventory)
    machines.finishes("an-nhon-01", {"box": "BD-0001"}, changed=0)
    where = {"an-nhon-01": "192.0.2.101"}
    assert take_over(inventory, province, where, SECRET, unseen)[0].status == "enrolled"
    calls = len(machines.calls())
    monkeypatch.setattr("province.bootstrap.contact.host_key", lambda address, port: answers)
    record = enrolment.read(inventory, "an-nhon-01")
    files = machines.script["claim an-nhon-01"]["files"]
    assert record is not None
    facts = json.loads(files["facts.json"])
    facts["certificates"]["box"]["certificate"] = record["certificate"]
    files["facts.json"] = json.dumps(facts)
    machines.write()
    (outcome,) = take_over(inventory, province, where, None, unseen)
    assert outcome.status == status
    if status == "refused":
        assert outcome.hint and "ketnoi reprovision" in outcome.hint.en and len(machines.calls()) == calls
    else:
        (machine,) = machines.calls()[calls]["document"]["machines"]
        assert (machine["enter"], machine["host_key"]) == ("key", HOST_KEY)
        assert enrolment.read(inventory, "an-nhon-01") == record, "a certificate that can stay is not signed again"


@pytest.mark.parametrize(("answers", "enter"), [(HOST_KEY, "key"), (OTHER_KEY, "factory")])
def test_a_machine_that_was_left_half_way_is_entered_as_it_is_now(
    inventory: Path, province: Province, machines: Machines, monkeypatch: pytest.MonkeyPatch, answers: str, enter: str
) -> None:
    """The host key is noted just before the factory's way is shut: it answers only if that came to pass."""
    enrolled_hub(inventory)
    machines.finishes("an-nhon-01", {"box": "BD-0001"})
    monkeypatch.setattr("province.bootstrap.contact.host_key", lambda address, port: answers)
    results = results_folder(Home(province.code), "an-nhon-01")
    results.mkdir(parents=True)
    (results / "host_key").write_text(HOST_KEY + "\n")
    assert take_over(inventory, province, {"an-nhon-01": "192.0.2.101"}, SECRET, unseen)[0].status == "enrolled"
    assert machines.calls()[0]["document"]["machines"][0]["enter"] == enter
    assert not results.exists()


def test_looking_tells_the_hardware_and_enrols_nobody(inventory: Path, province: Province, machines: Machines) -> None:
    hardware = json.dumps({"macs": ["06:00:00:00:00:01"], "serial": "S1", "wrong": []})
    machines.plays("look", "an-nhon-01", changed=0, hardware_json=hardware)
    outcome = look(inventory, province, "an-nhon-01", "192.0.2.9", SECRET, "06:00:00:00:00:01")
    assert (outcome.status, outcome.known, outcome.macs, outcome.serial) == ("seen", False, ("06:00:00:00:00:01",), "S1")
    assert machines.calls()[0]["document"]["machines"][0]["macs"] == ["06:00:00:00:00:01"]
    assert enrolment.read_all(inventory) == {}


def test_by_hand_the_folder_is_written_signed_and_ready_for_the_second_deploy(
    inventory: Path, province: Province, machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled_hub(inventory)
    folder = tmp_path / "by-hand"
    assert write_folder(inventory, province, {"an-nhon-01": "192.0.2.101", "an-nhon-02": "192.0.2.102"}, folder) == []
    monkeypatch.setattr("sys.stdin", (tmp_path / "script.json").open())
    assert [(name, data["ssh_user"]) for name, data in read(str(folder / "inventory.py"))] == [
        ("an-nhon-01", "root"),
        ("an-nhon-02", "root"),
    ]

    def enrol(site: str) -> int:
        return enrol_command.enrol(inventory, folder, machine=None, site=site, lang="en")

    with pytest.raises(BootstrapError, match="first deploy"):
        enrol("an-nhon-01")
    machines.finishes("an-nhon-01", {"box": "BD-0001"})
    assert [step.step for step in Deploy(folder, CLAIM, SECRET).steps()] == list(DEPLOYS[CLAIM])
    assert enrol("an-nhon-01") == 0
    first = enrolment.read(inventory, "an-nhon-01")
    assert enrol("an-nhon-01") == 0 and enrolment.read(inventory, "an-nhon-01") == first
    assert first is not None and (folder / "an-nhon-01/box.crt").read_text() == first["certificate"]
    assert (folder / "an-nhon-01/ca.crt").read_text() == Home.of(inventory).ca_crt.read_text()
    hosts = dict(read(str(folder / "inventory.py")))
    assert hosts["an-nhon-01"]["ssh_strict_host_key_checking"] == "yes" and hosts["an-nhon-02"]["ssh_user"] == "root"
    assert Path(hosts["an-nhon-01"]["ssh_known_hosts_file"]).read_text() == f"192.0.2.101 {HOST_KEY}\n"


def test_another_machine_is_not_enrolled_in_an_enrolled_ones_place(
    inventory: Path, province: Province, machines: Machines, tmp_path: Path
) -> None:
    enrolled_hub(inventory)
    folder = tmp_path / "by-hand"
    write_folder(inventory, province, {"an-nhon-01": "192.0.2.101"}, folder)
    machines.finishes("an-nhon-01", {"box": "BD-0001"})
    assert list(Deploy(folder, CLAIM, SECRET).steps())
    enrolment.save(inventory, "an-nhon-01", {"number": 1, "host_key": OTHER_KEY})
    with pytest.raises(BootstrapError, match="reprovision"):
        enrol_command.enrol(inventory, folder, machine=None, site="an-nhon-01", lang="en")


def test_an_enrolled_machine_is_expected_with_its_pinned_key(inventory: Path, province: Province) -> None:
    enrolment.save(inventory, "an-nhon-01", {"number": 1, "host_key": HOST_KEY})
    home = Home(province.code)

    def machine(name: str) -> Any:
        return expected(inventory, province, name, "192.0.2.101", results_folder(home, name))

    assert (machine("an-nhon-01").trust, machine("an-nhon-01").host_key) == ("enrolled", HOST_KEY)
    assert (machine("an-nhon-02").trust, machine("an-nhon-02").host_key) == ("new", None)
    results_folder(home, "an-nhon-02").mkdir(parents=True)
    (results_folder(home, "an-nhon-02") / "host_key").write_text(HOST_KEY + "\n")
    assert (machine("an-nhon-02").trust, machine("an-nhon-02").host_key) == ("pending", HOST_KEY)


def test_a_box_carries_the_inventorys_hardware_and_the_hubs_pinned_key(inventory: Path, province: Province) -> None:
    enrolled_hub(inventory)
    machine = expected(inventory, province, "an-nhon-01", "192.0.2.101", inventory)
    assert machine.certificates == {"box": "BD-0001"} and machine.macs == ("02:4b:00:01:00:01", "02:4b:00:01:00:02")
    home = lifeline(province, machine, hub_key(inventory))
    assert (home.port, home.host_key) == (20001, HOST_KEY)


def test_nothing_begins_without_the_hub(inventory: Path, province: Province) -> None:
    with pytest.raises(BootstrapError, match="bootstrap hub"):
        take_over(inventory, province, {"an-nhon-01": "192.0.2.101"}, SECRET, unseen)


def test_nothing_begins_without_the_offices_keys(inventory: Path, province: Province) -> None:
    Home(province.code).ca_crt.unlink()
    with pytest.raises(BootstrapError, match="ketnoi init"):
        take_over(inventory, province, {"hub": "203.0.113.10"}, SECRET, unseen)


def test_every_step_has_a_title_in_both_languages_and_its_deploy(inventory: Path, province: Province) -> None:
    assert all(text.vi and text.en for text in STEPS.values())
    assert [step for deploy in ("claim", "enrol") for step in DEPLOYS[deploy]] == list(STEPS)
    steps = {name: expected(inventory, province, name, "192.0.2.1", inventory).steps for name in ("hub", "an-nhon-01")}
    assert "lifeline" in steps["an-nhon-01"] and "lifeline" not in steps["hub"]


def test_an_unknown_facility_is_answered_with_the_known(inventory: Path, province: Province) -> None:
    with pytest.raises(BootstrapError, match="an-nhon-01"):
        take_over(inventory, province, {"an-nhon-1": "192.0.2.101"}, SECRET, unseen)


def test_the_password_comes_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\nsecond line\n")
    assert command.factory_password(file, "en") == SECRET
    monkeypatch.setenv(command.PASSWORD_VARIABLE, "from-env")
    assert command.factory_password(None, "en") == "from-env"
    with pytest.raises(UserError, match="missing"):
        command.factory_password(tmp_path / "missing", "en")
