"""What bootstrap reads off a machine, and when it has nothing to do there."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bootstrap import contact, files
from bootstrap.contact import Refused
from bootstrap.facts import machine as facts
from bootstrap.job import STEPS, Lifeline, Machine
from bootstrap.operations import machine as operations

LIFELINE = Lifeline("203.0.113.10", 20001, "ssh-ed25519 AAAAkey")
HOST_KEY = "ssh-ed25519 AAAAhost"


@pytest.mark.parametrize(
    ("fact", "output", "wanted"),
    [
        (
            facts.MachineMarks,
            ["mac=02:4B:00:01:00:01", "mac=00:00:00:00:00:00", "mac=", "serial=PF-77"],
            facts.Marks(frozenset({"02:4b:00:01:00:01"}), "PF-77"),
        ),
        (facts.MachineMarks, ["mac=02:4b:00:01:00:01", "serial="], facts.Marks(frozenset({"02:4b:00:01:00:01"}))),
        (facts.MachineHostName, ["now=debian", "next=debian", "resolved="], facts.HostName("debian", "debian", "")),
        (
            facts.MachineBorn,
            ["machine_id=abc", "own_machine_id=abc", f"own_host_keys={HOST_KEY}", f"host_key={HOST_KEY}", "wireguard=k=", "root=!"],
            facts.Born("abc", True, HOST_KEY, True, "k=", root_locked=True),
        ),
        (
            facts.MachineBorn,
            ["machine_id=abc", "own_machine_id=old", "own_host_keys=", f"host_key={HOST_KEY}", "root=$"],
            facts.Born("abc", False, HOST_KEY, False),
        ),
        (facts.UnitState, ["enabled=enabled", "active=activating"], "running"),
        (facts.UnitState, ["enabled=enabled", "active=inactive"], "stopped"),
        (facts.UnitState, ["enabled=", "active=active"], "disabled"),
        (facts.MissingPackages, ["installed sudo", "config-files python3", "wanted sudo python3 openssl"], ["python3", "openssl"]),
    ],
)
def test_what_a_machine_says_is_understood(fact: Any, output: list[str], wanted: object) -> None:
    assert fact().process(output) == wanted


@pytest.mark.parametrize(
    "command",
    [
        facts.MachineMarks().command(),
        facts.MachineBorn().command(),
        facts.MachineHostName().command(),
        facts.MachineIdentity().command("/nonexistent/box"),
        facts.MissingPackages().command(["sudo", "no-such-package"]),
    ],
)
def test_the_questions_are_plain_shell_and_fail_nowhere(command: str) -> None:
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


class FakeHost:
    """Answers facts from a table, by class name."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def get_fact(self, fact: type, *rest: Any, **more: Any) -> Any:
        return self.answers[fact.__name__]

    def get_temp_filename(self, name: str) -> str:
        return "/tmp/upload"


def commands(monkeypatch: pytest.MonkeyPatch, operation: Any, answers: dict[str, Any], **arguments: Any) -> str:
    monkeypatch.setattr(operations, "host", FakeHost(**answers))
    yielded: Iterable[Any] = operation._inner(**arguments)
    return "\n".join(str(each) for each in yielded)


FINISHED = facts.Born("abc", True, HOST_KEY, True, "key=", HOST_KEY, HOST_KEY, True)
BLANK = facts.Born("abc", host_key=HOST_KEY)

CASES: list[tuple[Any, dict[str, Any], dict[str, Any], str]] = [
    (operations.machine_id, {"MachineBorn": BLANK}, {}, "systemd-id128 new"),
    (operations.machine_id, {"MachineBorn": FINISHED}, {}, ""),
    (operations.host_keys, {"MachineBorn": BLANK}, {"comment": "an-nhon-01"}, "ssh-keygen -q -t ed25519"),
    (operations.host_keys, {"MachineBorn": FINISHED}, {"comment": "an-nhon-01"}, ""),
    (operations.wireguard_key, {"MachineBorn": BLANK}, {}, "wg genkey"),
    (operations.wireguard_key, {"MachineBorn": FINISHED}, {}, ""),
    (operations.ssh_key, {"MachineBorn": BLANK}, {"path": facts.LIFELINE_KEY, "comment": "c"}, "ssh-keygen"),
    (operations.ssh_key, {"MachineBorn": FINISHED}, {"path": facts.LIFELINE_KEY, "comment": "c"}, ""),
    (operations.certificate_key, {"MachineIdentity": facts.Identity()}, {"stem": "/etc/ketnoi/box"}, "ec_paramgen_curve:P-256"),
    (operations.certificate_key, {"MachineIdentity": facts.Identity("PEM")}, {"stem": "/etc/ketnoi/box"}, ""),
    (operations.kept_up, {"UnitState": "running"}, {"unit": "x.service", "anew": False}, ""),
    (operations.kept_up, {"UnitState": "running"}, {"unit": "x.service", "anew": True}, "restart x.service"),
    (operations.kept_up, {"UnitState": "stopped"}, {"unit": "x.service", "anew": False}, "restart x.service"),
    (operations.lock_root, {"MachineBorn": BLANK}, {}, "usermod"),
    (operations.lock_root, {"MachineBorn": FINISHED}, {}, ""),
    (operations.host_name, {"MachineHostName": facts.HostName("debian", "debian")}, {"wanted": "a-01"}, "127.0.1.1 a-01"),
    (operations.host_name, {"MachineHostName": facts.HostName("a-01", "a-01", "a-01")}, {"wanted": "a-01"}, ""),
    (operations.packages, {"MissingPackages": ["sudo"]}, {"wanted": ["sudo"], "repository": "http://127.0.0.1:1"}, "signed-by="),
    (operations.packages, {"MissingPackages": []}, {"wanted": ["sudo"], "repository": "http://127.0.0.1:1"}, ""),
    (operations.checked_file, {"File": None}, {"dest": "/etc/x", "content": "a", "mode": "440", "check": "visudo -cq"}, "visudo -cq"),
    (
        operations.checked_file,
        {"File": {"mode": 440}, "Sha1File": "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
        {"dest": "/etc/x", "content": "a", "mode": "440", "check": "visudo -cq"},
        "",
    ),
]


@pytest.mark.parametrize(("operation", "answers", "arguments", "part"), CASES)
def test_only_what_is_missing_is_done(
    monkeypatch: pytest.MonkeyPatch, operation: Any, answers: dict[str, Any], arguments: dict[str, Any], part: str
) -> None:
    yielded = commands(monkeypatch, operation, answers, **arguments)
    assert (part in yielded) if part else yielded == ""


def test_packages_come_from_the_signed_repository_alone_and_its_source_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"MissingPackages": ["sudo"]}
    script = commands(monkeypatch, operations.packages, answers, wanted=["sudo"], repository="http://127.0.0.1:9")
    assert "Dir::Etc::sourceparts=/dev/null" in script and "trap" in script
    for dangerous in ("trusted=yes", "AllowUnauthenticated", "allow-unauthenticated", "AllowInsecure"):
        assert dangerous not in script


def test_a_file_that_fails_its_check_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script itself, run here on a file of the test's."""
    target, upload = tmp_path / "sudoers", tmp_path / "sudoers.ketnoi-new"
    target.write_text("old")
    arguments = {"dest": str(target), "content": "new", "mode": "440", "then": "touch " + str(tmp_path / "reloaded")}
    for check, left, status in (("grep -q fine " + str(target), "old", 1), ("grep -q new " + str(target), "new", 0)):
        upload.write_text("new")
        monkeypatch.setattr(operations, "host", FakeHost(File=None))
        *_, script = operations.checked_file._inner(**arguments, check=check)
        text = script.get_raw_value().replace("chown root:root", "true")
        assert subprocess.run(["/bin/sh", "-c", text]).returncode == status
        assert target.read_text() == left
        assert (tmp_path / "reloaded").exists() is (status == 0)
        assert not (tmp_path / "sudoers.ketnoi-old").exists()


MACHINE = Machine("an-nhon-01", "box", "192.0.2.101", "BD-0001", macs=("02:00:00:00:00:01", "02:00:00:00:00:02"))


@pytest.mark.parametrize(
    ("macs", "serial", "wanted_serial"),
    [({"02:00:00:00:00:09"}, None, None), (set(), None, None), ({"02:00:00:00:00:01"}, "S2", "S1"), ({"02:00:00:00:00:01"}, None, "S1")],
)
def test_another_machine_is_refused(macs: set[str], serial: str | None, wanted_serial: str | None) -> None:
    machine = Machine(**{**MACHINE.__dict__, "serial": wanted_serial})
    with pytest.raises(Refused, match="an-nhon-01"):
        contact.identify(FakeHost(MachineMarks=facts.Marks(frozenset(macs), serial)), machine)  # type: ignore[arg-type]


def test_a_box_that_the_inventory_does_not_describe_is_refused() -> None:
    machine = Machine("an-nhon-01", "box", "192.0.2.101", "BD-0001")
    with pytest.raises(Refused):
        contact.identify(FakeHost(MachineMarks=facts.Marks(frozenset({"02:00:00:00:00:01"}))), machine)  # type: ignore[arg-type]


@pytest.mark.parametrize(("macs", "serial"), [({"02:00:00:00:00:02"}, None), ({"02:00:00:00:00:01", "0a:00:00:00:00:07"}, "S9")])
def test_the_machine_that_the_inventory_means_is_accepted(macs: set[str], serial: str | None) -> None:
    host: Any = FakeHost(MachineMarks=facts.Marks(frozenset(macs), serial))
    assert contact.identify(host, MACHINE).macs == macs


def test_sshd_lets_nobody_in_but_the_administrator_with_a_key() -> None:
    said = dict(line.split(" ", 1) for line in files.SSHD.splitlines() if not line.startswith("#"))
    assert said["AllowUsers"] == files.ADMINISTRATOR and said["AuthenticationMethods"] == "publickey"
    assert {said[each] for each in ("PermitRootLogin", "PasswordAuthentication", "KbdInteractiveAuthentication")} == {"no"}


def test_the_lifeline_pins_the_hub_and_opens_one_port_only() -> None:
    unit = files.lifeline_unit(LIFELINE)
    for option in ("StrictHostKeyChecking=yes", "ExitOnForwardFailure=yes", "GlobalKnownHostsFile=/dev/null", "-F /dev/null"):
        assert option in unit
    assert unit.count(" -R ") == 1 and "-R 127.0.0.1:20001:127.0.0.1:22 lifeline@203.0.113.10" in unit
    assert "Restart=always" in unit and "StartLimitIntervalSec=0" in unit
    assert files.known_hosts(LIFELINE) == "[203.0.113.10]:443 ssh-ed25519 AAAAkey\n"


@pytest.mark.parametrize(("noted", "status"), [("127.0.0.1", 0), ("192.0.2.101", 1), (None, 0)])
def test_the_box_calls_anew_only_from_another_address(tmp_path: Path, noted: str | None, status: int) -> None:
    source = tmp_path / "source"
    if noted:
        source.write_text(noted)
    program = files._SOURCE.format(endpoint="127.0.0.1", then=files._COMPARE.replace("range(20)", "range(1)"))
    program = program.replace("/run/ketnoi-lifeline/source", str(source))
    assert subprocess.run([sys.executable, "-I", "-c", program]).returncode == status


def test_every_step_has_words_in_both_languages() -> None:
    assert all(text.vi and text.en for text in STEPS.values())
    assert "lifeline" in MACHINE.steps and "lifeline" not in Machine("hub", "hub", "203.0.113.10", "hub").steps
