"""What bootstrap reads off a machine, and when it has nothing to do there."""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bootstrap import files, steps
from bootstrap.facts import machine as facts
from bootstrap.facts import packages as package_facts
from bootstrap.facts.files import FileState, FileStates
from bootstrap.inventory import read
from bootstrap.machine import Lifeline, Machine, Office
from bootstrap.operations import files as file_operations
from bootstrap.operations import hardware, login, packages
from bootstrap.operations import machine as operations
from bootstrap.operations.files import Entry

LIFELINE = Lifeline(endpoint="203.0.113.10", port=20001, host_key="ssh-ed25519 AAAAkey")
HOST_KEY = "ssh-ed25519 AAAAhost"


@pytest.mark.parametrize(
    ("fact", "output", "wanted"),
    [
        (
            facts.MachineHardware,
            ["mac=02:4B:00:01:00:01", "mac=00:00:00:00:00:00", "mac=", "mac=\x1b[2J", "serial=PF-77"],
            facts.Hardware(frozenset({"02:4b:00:01:00:01"}), "PF-77"),
        ),
        (facts.MachineHardware, ["mac=02:4b:00:01:00:01", "serial="], facts.Hardware(frozenset({"02:4b:00:01:00:01"}))),
        (facts.MachineHardware, ["mac=02:4b:00:01:00:01", "serial=\x1b]0;x"], facts.Hardware(frozenset({"02:4b:00:01:00:01"}))),
        (facts.MachineHostName, ["now=debian", "next=debian", "resolved="], facts.HostName("debian", "debian", "")),
        (
            facts.MachineGenerated,
            ["machine_id=abc", "own_machine_id=abc", f"own_host_keys={HOST_KEY}", f"host_key={HOST_KEY}", "wireguard=k=", "root=!"],
            facts.Generated("abc", True, HOST_KEY, True, "k=", root_locked=True),
        ),
        (
            facts.MachineGenerated,
            ["machine_id=abc", "own_machine_id=old", "own_host_keys=", f"host_key={HOST_KEY}", "root=$"],
            facts.Generated("abc", False, HOST_KEY, False),
        ),
        (facts.UnitState, ["enabled=enabled", "active=activating"], "running"),
        (facts.UnitState, ["enabled=enabled", "active=inactive"], "stopped"),
        (facts.UnitState, ["enabled=", "active=active"], "disabled"),
        (
            package_facts.PackageFiles,
            ["Reading package lists...", "'file:/var/cache/ketnoi-bootstrap/./sudo_1.9%253a13%2bdeb12u4_amd64.deb' sudo_1.deb 18 MD5Sum:0"],
            ["sudo_1.9%3a13+deb12u4_amd64.deb"],
        ),
        (package_facts.MissingPackages, ["installed sudo", "config-files python3", "desired sudo python3 openssl"], ["python3", "openssl"]),
    ],
)
def test_what_a_machine_says_is_understood(fact: Any, output: list[str], wanted: object) -> None:
    assert fact().process(output) == wanted


@pytest.mark.parametrize(
    "command",
    [
        facts.MachineHardware().command(),
        facts.MachineGenerated().command(),
        facts.MachineHostName().command(),
        facts.MachineIdentity().command("/nonexistent/box"),
        package_facts.MissingPackages().command(["sudo", "no-such-package"]),
        FileStates().command(["/etc/passwd", "/etc", "/nonexistent"]),
    ],
)
def test_the_questions_are_plain_shell_and_fail_nowhere(command: str) -> None:
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_file_and_a_folder_are_recognised(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a")
    (tmp_path / "file").chmod(0o640)
    paths = [str(tmp_path / "file"), str(tmp_path), str(tmp_path / "none")]
    output = subprocess.run(["/bin/sh", "-c", FileStates().command(paths)], capture_output=True, text=True, check=True).stdout
    states = FileStates().process(output.splitlines())
    assert states.keys() == set(paths[:2])
    entry = Entry(paths[0], "a", "640", (tmp_path / "file").owner())
    assert states[paths[0]] == entry.state and states[paths[1]].sha256 == ""


class FakeHost:
    """Answers facts from a table, by class name."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def get_fact(self, fact: type, *rest: Any, **more: Any) -> Any:
        return self.answers[fact.__name__]

    def get_temp_filename(self, name: str) -> str:
        return "/tmp/upload"


def commands(monkeypatch: pytest.MonkeyPatch, operation: Any, answers: dict[str, Any], **arguments: Any) -> str:
    for module in (operations, file_operations, packages, hardware, login):
        monkeypatch.setattr(module, "host", FakeHost(**answers))
    yielded: Iterable[Any] = operation._inner(**arguments)
    return "\n".join(str(each) for each in yielded)


FINISHED = facts.Generated("abc", True, HOST_KEY, True, "key=", HOST_KEY, HOST_KEY, True)
BLANK = facts.Generated("abc", host_key=HOST_KEY)


class Written:
    """An operation that ran before, as pyinfra tells of it."""

    def __init__(self, changed: bool) -> None:
        self.changed = changed

    def is_complete(self) -> bool:
        return True

    def did_change(self) -> bool:
        return self.changed


SUDO = Entry("/etc/x", "a", "440")
CASES: list[tuple[Any, dict[str, Any], dict[str, Any], str]] = [
    (operations.machine_id, {"MachineGenerated": BLANK}, {}, "systemd-id128 new"),
    (operations.machine_id, {"MachineGenerated": FINISHED}, {}, ""),
    (operations.host_keys, {"MachineGenerated": BLANK}, {"comment": "an-nhon-01"}, "ssh-keygen -q -t ed25519"),
    (operations.host_keys, {"MachineGenerated": FINISHED}, {"comment": "an-nhon-01"}, ""),
    (operations.wireguard_key, {"MachineGenerated": BLANK}, {}, "wg genkey"),
    (operations.wireguard_key, {"MachineGenerated": FINISHED}, {}, ""),
    (operations.ssh_key, {"MachineGenerated": BLANK}, {"path": facts.LIFELINE_KEY, "comment": "c"}, "ssh-keygen"),
    (operations.ssh_key, {"MachineGenerated": FINISHED}, {"path": facts.LIFELINE_KEY, "comment": "c"}, ""),
    (operations.certificate_key, {"MachineIdentity": facts.Identity()}, {"stem": "/etc/ketnoi/box"}, "ec_paramgen_curve:P-256"),
    (operations.certificate_key, {"MachineIdentity": facts.Identity("PEM")}, {"stem": "/etc/ketnoi/box"}, ""),
    (operations.kept_up, {"UnitState": "running"}, {"units": ["x.service"], "files": [Written(False)]}, ""),
    (
        operations.kept_up,
        {"UnitState": "running"},
        {"units": ["x.service", "y.path"], "files": [Written(True)]},
        "restart x.service y.path",
    ),
    (operations.kept_up, {"UnitState": "stopped"}, {"units": ["x.service"], "files": [Written(False)]}, "restart x.service"),
    (operations.lock_root, {"MachineGenerated": BLANK}, {}, "usermod"),
    (operations.lock_root, {"MachineGenerated": FINISHED}, {}, ""),
    (operations.host_name, {"MachineHostName": facts.HostName("debian", "debian")}, {"desired": "a-01"}, "127.0.1.1 a-01"),
    (operations.host_name, {"MachineHostName": facts.HostName("a-01", "a-01", "a-01")}, {"desired": "a-01"}, ""),
    (packages.installed, {"MissingPackages": []}, {"desired": ["sudo"], "repository": Path("/nonexistent")}, ""),
    (file_operations.checked_file, {"FileStates": {}}, {"desired": SUDO, "check": "visudo -cq"}, "visudo -cq"),
    (file_operations.checked_file, {"FileStates": {"/etc/x": SUDO.state}}, {"desired": SUDO, "check": "visudo -cq"}, ""),
    (file_operations.entries, {"FileStates": {}}, {"desired": [Entry("/etc/y")]}, "mkdir -p /etc/y"),
    (file_operations.entries, {"FileStates": {"/etc/x": SUDO.state}}, {"desired": [SUDO]}, ""),
    (file_operations.entries, {"FileStates": {"/etc/x": FileState("other", "440", "root")}}, {"desired": [SUDO]}, "base64 -d"),
    (file_operations.entries, {"FileStates": {"/etc/x": FileState(SUDO.state.sha256, "644", "root")}}, {"desired": [SUDO]}, "chmod 440"),
]


@pytest.mark.parametrize(("operation", "answers", "arguments", "part"), CASES)
def test_only_what_is_missing_is_done(
    monkeypatch: pytest.MonkeyPatch, operation: Any, answers: dict[str, Any], arguments: dict[str, Any], part: str
) -> None:
    yielded = commands(monkeypatch, operation, answers, **arguments)
    assert (part in yielded) if part else yielded == ""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("InRelease", "Packages.gz", "sudo_1+deb12_amd64.deb"):
        (tmp_path / name).touch()
    return tmp_path


def test_packages_come_from_the_signed_repository_alone_and_its_source_goes(monkeypatch: pytest.MonkeyPatch, repository: Path) -> None:
    answers = {"MissingPackages": ["sudo"], "PackageFiles": ["sudo_1+deb12_amd64.deb"]}
    script = commands(monkeypatch, packages.installed, answers, desired=["sudo"], repository=repository)
    assert f"signed-by={packages.KEYRING}" in script and "Dir::Etc::sourceparts=/dev/null" in script
    assert str(repository / "sudo_1+deb12_amd64.deb") in script
    assert script.rstrip("'").endswith(f"rm -rf {package_facts.FOLDER}")
    for dangerous in ("trusted=yes", "AllowUnauthenticated", "allow-unauthenticated", "AllowInsecure"):
        assert dangerous not in script


@pytest.mark.parametrize("asked", ["../authority/ca.key", "/root/.ssh/id_ed25519", "ca.key", "other_1_amd64.deb", "a\x1b[2J.deb"])
def test_a_machine_is_given_nothing_but_packages_of_the_repository(monkeypatch: pytest.MonkeyPatch, repository: Path, asked: str) -> None:
    """Who answers at the bench may be anybody; what it asks for comes last, behind the failure."""
    (repository / "ca.key").touch()
    answers = {"MissingPackages": ["sudo"], "PackageFiles": ["sudo_1+deb12_amd64.deb", asked]}
    for module in (operations, packages):
        monkeypatch.setattr(module, "host", FakeHost(**answers))
    until_failure = []
    for command in packages.installed._inner(desired=["sudo"], repository=repository):
        until_failure.append(str(command))
        if "false" in str(command):
            break
    else:
        pytest.fail("it goes on")
    assert not any(".deb" in command for command in until_failure[:-1])
    assert "\x1b" not in until_failure[-1]


def test_a_file_that_fails_its_check_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script itself, run here on a file of the test's."""
    target = tmp_path / "sudoers"
    target.write_text("old")
    entry = Entry(str(target), "new", "440", target.owner())
    then = f"touch {tmp_path / 'reloaded'}"
    for check, left, status in ((f"grep -q fine {target}", "old", 1), (f"grep -q new {target}", "new", 0)):
        monkeypatch.setattr(file_operations, "host", FakeHost(FileStates={}))
        (script,) = file_operations.checked_file._inner(desired=entry, check=check, then=then)
        assert subprocess.run(["/bin/sh", "-c", script.get_raw_value()]).returncode == status
        assert target.read_text() == left
        assert (tmp_path / "reloaded").exists() is (status == 0)
        assert not (tmp_path / "sudoers.ketnoi-old").exists()


def test_files_are_written_as_they_are_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    me = tmp_path.owner()
    desired = [Entry(str(tmp_path / "keys"), None, "700", me), Entry(str(tmp_path / "keys/authorized"), "với 'dấu' $x\n", "600", me)]
    monkeypatch.setattr(file_operations, "host", FakeHost(FileStates={}))
    (script,) = file_operations.entries._inner(desired=desired)
    subprocess.run(["/bin/sh", "-c", script.get_raw_value()], check=True)
    paths = [entry.path for entry in desired]
    output = subprocess.run(["/bin/sh", "-c", FileStates().command(paths)], capture_output=True, text=True, check=True).stdout
    assert FileStates().process(output.splitlines()) == {entry.path: entry.state for entry in desired}
    assert (tmp_path / "keys/authorized").read_text() == "với 'dấu' $x\n"


MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02")


def machine(**changes: Any) -> Machine:
    data = {"name": "an-nhon-01", "kind": "box", "address": "192.0.2.101", "certificates": {"box": "BD-0001"}, "results": "/nonexistent"}
    return Machine.model_validate({**data, "macs": MACS, **changes})


@pytest.mark.parametrize(
    ("macs", "serial", "expected"),
    [
        ({"02:00:00:00:00:09"}, None, {}),
        (set(), None, {}),
        ({"02:00:00:00:00:01"}, "S2", {"serial": "S1"}),
        ({"02:00:00:00:00:01"}, None, {"serial": "S1"}),
        ({"02:00:00:00:00:01"}, "S1", {"macs": (), "serial": None}),
    ],
)
def test_another_machine_is_not_touched(
    monkeypatch: pytest.MonkeyPatch, macs: set[str], serial: str | None, expected: dict[str, Any]
) -> None:
    answers = {"MachineHardware": facts.Hardware(frozenset(macs), serial)}
    assert "false" in commands(monkeypatch, hardware.identified, answers, machine=machine(**expected))


@pytest.mark.parametrize(("macs", "serial"), [({"02:00:00:00:00:02"}, None), ({"02:00:00:00:00:01", "0a:00:00:00:00:07"}, "S9")])
def test_the_machine_that_the_inventory_means_is_accepted(monkeypatch: pytest.MonkeyPatch, macs: set[str], serial: str | None) -> None:
    answers = {"MachineHardware": facts.Hardware(frozenset(macs), serial)}
    assert commands(monkeypatch, hardware.identified, answers, machine=machine()) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"name": "a; reboot"},
        {"address": "-oProxyCommand=x"},
        {"certificates": {"box": "BD 1/CN=x"}},
        {"certificates": {"../x": "BD-0001"}},
        {"enter": "key"},
        {"unknown": 1},
    ],
)
def test_what_would_end_up_in_a_command_is_a_plain_word(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        machine(**change)


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


@pytest.mark.parametrize(("obstacle", "left", "commands_after"), [("", True, 0), ("AuthenticationException: no", False, 2)])
def test_a_new_way_that_does_not_open_is_undone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, obstacle: str, left: bool, commands_after: int
) -> None:
    noted = tmp_path / "host_key"
    noted.write_text(HOST_KEY)
    monkeypatch.setattr(login, "host", FakeHost(MachineGenerated=FINISHED))
    monkeypatch.setattr(login, "obstacle", lambda machine, office, host_key: obstacle)
    yielded = login.proved._inner(machine=machine(results=str(tmp_path)), office=None)
    next(yielded).function()
    after = [str(command) for command in yielded]
    assert len(after) == commands_after and noted.exists() is left
    if after:
        assert f"rm -f {files.SSHD_PATH}" in after[0] and "systemctl reload" in after[0] and obstacle in after[1]


README = Path(files.__file__).with_name("README.md")


def test_the_readme_s_inventory_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "machines.json").write_text(example)
    (tmp_path / "password").write_text("secret\n")
    monkeypatch.setattr("sys.stdin", (tmp_path / "password").open())
    ((name, data),) = read(str(tmp_path / "inventory.py"))
    assert (name, data["ssh_user"], data["ssh_password"]) == ("an-nhon-01", "root", "secret")
    assert data["machine"]["results"] == str(tmp_path / "an-nhon-01")


def test_the_readme_tells_of_every_field_and_every_file() -> None:
    text = README.read_text(encoding="utf-8")
    fields = {field for model in (Machine, Office, Lifeline) for field in model.model_fields}
    written = set(re.findall(r'"(\w+\.json|host_key)"', Path(steps.__file__).read_text(encoding="utf-8")))
    assert written >= {"hardware.json", "facts.json", "enrolled.json", "host_key"}
    assert [name for name in sorted(fields | written) if f"`{name}`" not in text] == []
