"""The office's half of a bootstrap: who is expected where, and what is written down of it. The machines are a script."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bootstrap.job import Event, Job
from province import takeover
from province.commands import bootstrap as command
from province.commands import init as init_command
from province.commands import reprovision as reprovision_command
from province.model import Province, load, marks
from province.office import enrolment, packages
from province.office.home import Home
from province.takeover import BootstrapError, Outcome, take_over
from province.text import Text
from province.user_error import UserError
from tests.unit.inventories import copied

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "B" * 43
SECRET = "canary-factory-Passw0rd"

CHILD = """
import json, sys
job = json.load(sys.stdin)
open({log!r}, "w").write(json.dumps({{"argv": sys.argv, "job": job}}))
for line in {lines!r}:
    print(line, flush=True)
print("the last words", file=sys.stderr)
"""


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KETNOI_REPO", raising=False)
    monkeypatch.setattr(packages, "build", lambda repository, signing: {})
    made = copied(tmp_path, "an-nhon")
    init_command.init(made, "en", json_output=True)
    Home.of(made).repository.mkdir()
    return made


@pytest.fixture
def province(inventory: Path) -> Province:
    return whole(inventory)


def whole(inventory: Path) -> Province:
    province, faults = load(inventory)
    assert province is not None and not faults
    return province


def enrolled_hub(inventory: Path) -> None:
    enrolment.save(inventory, "hub", {"code": "hub", "host_key": HOST_KEY, "lifeline_host_key": HOST_KEY})


def done(name: str, **record: Any) -> Event:
    return Event(name, result="done", record={"code": name, "number": 1, "host_key": HOST_KEY, **record})


def machines_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *events: Event) -> Path:
    """Stand in for pyinfra; returns the file with what it was told."""
    log = tmp_path / "child.json"
    script = CHILD.format(log=str(log), lines=[event.dumps() for event in events])
    monkeypatch.setattr(takeover, "CHILD", [sys.executable, "-c", script])
    return log


def seen(machine: object, event: Event) -> None:
    pass


def test_a_job_crosses_the_pipe_whole(inventory: Path, province: Province) -> None:
    enrolled_hub(inventory)
    machine = takeover._machine(inventory, province, Home(province.code), "an-nhon-01", "192.0.2.101")
    job = Job(province.code, (machine,), SECRET, 8080, look=True)
    assert Job.loads(job.dumps()) == job
    assert SECRET not in repr(job)


@pytest.mark.parametrize(
    "event",
    [
        Event("a", "birth", 2),
        Event("a", result="done", record={"x": [1]}, known=True, macs=("02:00:00:00:00:01",), serial="S1"),
        Event("a", "identity", result="refused", reason=Text("không", "no"), hint=Text("làm", "do")),
    ],
)
def test_an_event_crosses_the_pipe_whole(event: Event) -> None:
    assert Event.loads(event.dumps()) == event


def test_the_machine_that_succeeds_is_enrolled_and_the_other_is_not(
    inventory: Path, province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled_hub(inventory)
    why = Event("an-nhon-02", "packages", result="failed", reason=Text("hỏng", "broken"), hint=Text("lại", "again"))
    log = machines_that(tmp_path, monkeypatch, Event("an-nhon-01", "birth", 3), done("an-nhon-01"), why)
    where = {"an-nhon-01": "192.0.2.101", "an-nhon-02": "192.0.2.102"}
    first, second = take_over(inventory, province, where, SECRET, seen)
    assert (first.status, first.changed) == ("enrolled", 3)
    assert (second.status, second.reason) == ("failed", Text("hỏng", "broken"))
    assert set(enrolment.read_all(inventory)) == {"hub", "an-nhon-01"}
    assert "an-nhon-01 " in Home.of(inventory).known_hosts.read_text()
    told = json.loads(log.read_text())
    assert SECRET not in " ".join(told["argv"]) and told["job"]["factory_password"] == SECRET


def test_a_process_that_dies_leaves_nobody_enrolled_and_says_its_last_words(
    inventory: Path, province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled_hub(inventory)
    machines_that(tmp_path, monkeypatch, Event("an-nhon-01", "birth", 3))
    (outcome,) = take_over(inventory, province, {"an-nhon-01": "192.0.2.101"}, SECRET, seen)
    assert outcome.status == "failed" and outcome.reason and "the last words" in outcome.reason.en
    assert enrolment.read(inventory, "an-nhon-01") is None


def test_an_enrolled_machine_is_expected_with_its_pinned_key(inventory: Path, province: Province) -> None:
    enrolled_hub(inventory)
    enrolment.save(inventory, "an-nhon-01", {"number": 1, "host_key": HOST_KEY})
    home = Home(province.code)
    known = takeover._machine(inventory, province, home, "an-nhon-01", "192.0.2.101")
    assert (known.trust, known.host_key) == ("enrolled", HOST_KEY)
    blank = takeover._machine(inventory, province, home, "an-nhon-02", "192.0.2.102")
    assert (blank.trust, blank.host_key) == ("new", None)
    (home.pending / "an-nhon-02.host_key").write_text(HOST_KEY + "\n")
    half = takeover._machine(inventory, province, home, "an-nhon-02", "192.0.2.102")
    assert (half.trust, half.host_key) == ("pending", HOST_KEY)


def test_a_box_carries_the_inventorys_marks_and_the_hubs_pinned_key(inventory: Path, province: Province) -> None:
    enrolled_hub(inventory)
    machine = takeover._machine(inventory, province, Home(province.code), "an-nhon-01", "192.0.2.101")
    assert machine.common_name == "BD-0001" and machine.macs == ("02:4b:00:01:00:01", "02:4b:00:01:00:02")
    assert machine.lifeline and (machine.lifeline.port, machine.lifeline.host_key) == (20001, HOST_KEY)


def test_nothing_begins_without_the_hub(inventory: Path, province: Province) -> None:
    with pytest.raises(BootstrapError, match="bootstrap hub"):
        take_over(inventory, province, {"an-nhon-01": "192.0.2.101"}, SECRET, seen)


def test_nothing_begins_without_the_offices_keys(inventory: Path, province: Province) -> None:
    Home(province.code).ca_crt.unlink()
    with pytest.raises(BootstrapError, match="ketnoi init"):
        take_over(inventory, province, {"hub": "203.0.113.10"}, SECRET, seen)


def test_an_unknown_facility_is_answered_with_the_known(inventory: Path, province: Province) -> None:
    with pytest.raises(BootstrapError, match="an-nhon-01"):
        take_over(inventory, province, {"an-nhon-1": "192.0.2.101"}, SECRET, seen)


def test_the_password_comes_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\nsecond line\n")
    assert command.factory_password(file, "en") == SECRET
    monkeypatch.setenv(command.PASSWORD_VARIABLE, "from-env")
    assert command.factory_password(None, "en") == "from-env"
    with pytest.raises(UserError, match="missing"):
        command.factory_password(tmp_path / "missing", "en")


def test_init_again_changes_nothing_and_says_so(inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def files() -> dict[Path, bytes]:
        roots = (inventory, Home.of(inventory).root)
        return {path: path.read_bytes() for root in roots for path in root.rglob("*") if path.is_file()}

    before = files()
    capsys.readouterr()
    assert init_command.init(inventory, "en", json_output=True) == 0
    assert json.loads(capsys.readouterr().out)["changed"] == 0
    assert files() == before
    assert init_command.init(inventory, "vi") == 0
    assert "Không có gì thay đổi" in capsys.readouterr().out


def test_init_publishes_no_private_key(inventory: Path) -> None:
    home = Home.of(inventory)
    assert {path.name for path in (inventory / "authority").iterdir()} == {
        "ca.crt",
        "crl.pem",
        "office-ssh.pub",
        "office-wireguard.pub",
    }
    public = "".join(path.read_text() for path in (inventory / "authority").iterdir())
    for private in (home.ca_key, home.ssh_key, home.wireguard_key, home.vault_secret):
        body = [line for line in private.read_text().splitlines() if line and not line.startswith("-----")]
        assert not any(line in public for line in body)


def test_a_new_box_changes_its_marks_in_the_area_file_and_no_other_line(inventory: Path, province: Province) -> None:
    file = inventory / "areas" / "an-nhon.yml"
    before = file.read_text().splitlines()
    macs = ["06:00:00:02:00:01", "06:00:00:02:00:02"]
    assert marks.set_marks(inventory, province, "an-nhon-02", macs[0], macs, None)
    after = file.read_text().splitlines()
    assert [(a, b) for a, b in zip(before, after, strict=True) if a != b] == [
        (
            '    box: {mac: "02:4b:00:02:00:01", lan_mac: "02:4b:00:02:00:02"}',
            '    box: {mac: "06:00:00:02:00:01", lan_mac: "06:00:00:02:00:02"}',
        )
    ]
    assert not marks.set_marks(inventory, province, "an-nhon-02", macs[0], macs, None)


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
