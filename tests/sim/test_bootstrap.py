"""pyinfra itself, run as the office and as a person run it, against a machine whose SSH is played and whose shell is this one's.

Only what reads is run here: a deploy that writes has blank machines of the lab.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from socket import SHUT_RDWR, create_server, socket

import paramiko
import pytest

from province.bootstrap import folder
from province.bootstrap.contact import host_key
from province.bootstrap.machine import Machine
from province.bootstrap.process import Deploy, deploy_file
from province.bootstrap.steps import LOOK
from province.office.home import Home

MAC, OTHER_MAC = "02:4b:00:01:00:01", "02:4b:00:02:00:01"
PASSWORD = "canary-factory-Passw0rd"


class Blank:
    """A machine as it comes from the factory: root's password opens it. `ran`: commands that it was given; `tried`: logins."""

    def __init__(self, ports: Path) -> None:
        self.key = paramiko.ECDSAKey.generate()
        self.ran: list[str] = []
        self.tried: list[str] = []
        self._ports = ports
        self._listener = create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                link, _ = self._listener.accept()
                threading.Thread(target=self._session, args=(link,), daemon=True).start()

    def _session(self, link: socket) -> None:
        transport = paramiko.Transport(link)
        transport.add_server_key(self.key)
        with suppress(paramiko.SSHException, EOFError, ConnectionResetError):
            transport.start_server(server=_Session(self))
            transport.join()

    def run(self, command: str) -> "subprocess.CompletedProcess[bytes]":
        self.ran.append(command)
        here = command.replace("/sys/class/net/", f"{self._ports}/").replace("/sys/class/dmi/", "/nonexistent/")
        return subprocess.run(["/bin/sh", "-c", here], capture_output=True, stdin=subprocess.DEVNULL)


class _Session(paramiko.ServerInterface):
    def __init__(self, machine: Blank) -> None:
        self._machine = machine

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_auth_password(self, username: str, password: str) -> int:
        self._machine.tried.append(username)
        good = (username, password) == ("root", PASSWORD)
        return paramiko.common.AUTH_SUCCESSFUL if good else paramiko.common.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self._machine.tried.append(username)
        return paramiko.common.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.common.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        def answer() -> None:
            done = self._machine.run(command.decode())
            with suppress(OSError):  # pyinfra may have gone by then
                channel.sendall(done.stdout)
                channel.sendall_stderr(done.stderr)
                channel.send_exit_status(done.returncode)
            channel.close()

        threading.Timer(0.05, answer).start()  # paramiko says yes to the request only once this has returned
        return True


@pytest.fixture
def blank(tmp_path: Path) -> Iterator[Blank]:
    port = tmp_path / "ports/eth0"
    port.mkdir(parents=True)
    (port / "address").write_text(MAC.upper() + "\n")
    machine = Blank(port.parent)
    yield machine
    machine.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    home = Home("binh-dinh")
    home.ensure()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home.ssh_key)], check=True)
    home.repository.mkdir()
    (home.repository / "ketnoi.asc").write_text("a key\n")
    return home


def machine(home: Home, port: int, **changes: object) -> Machine:
    certificates = {"box": "BD-0001"}
    made = {"macs": (MAC,), "port": port, **changes}
    return Machine("an-nhon-01", "box", "127.0.0.1", certificates, home.root / "an-nhon-01", **made)


def look(home: Home, expected: Machine, password: str = PASSWORD) -> tuple[list[str], Deploy]:
    folder.write_folder(home.root, home, [expected])
    deploy = Deploy(home.root, LOOK, password)
    return [step.step for step in deploy.steps()], deploy


def test_the_machine_that_is_meant_is_recognised(blank: Blank, home: Home) -> None:
    expected = machine(home, blank.port)
    assert look(home, expected)[0] == ["contact", "identity"]
    hardware = folder.hardware(expected)
    assert hardware is not None and (hardware.macs, hardware.serial, hardware.wrong) == ((MAC,), None, ())


@pytest.mark.parametrize(("changes", "what"), [({"macs": (OTHER_MAC,)}, "MAC"), ({"serial": "PF-77"}, "serial"), ({"macs": ()}, "MAC")])
def test_another_machine_is_refused_in_both_languages_and_its_own_hardware_noted(
    blank: Blank, home: Home, changes: dict[str, object], what: str
) -> None:
    expected = machine(home, blank.port, **changes)
    steps, deploy = look(home, expected)
    hardware, reason = folder.hardware(expected), deploy.reason("an-nhon-01")
    assert steps == ["contact"] and hardware is not None and hardware.macs == (MAC,)
    assert [each[0] for each in hardware.wrong] == [what]
    assert reason and "máy khác" in reason and "another machine" in reason


def test_a_wrong_password_is_named_and_not_shown(blank: Blank, home: Home) -> None:
    steps, deploy = look(home, machine(home, blank.port), "canary-wrong")
    reason = deploy.reason("an-nhon-01")
    assert steps == [] and reason and "Authentication" in reason and "canary" not in reason
    assert blank.ran == []


def test_where_nobody_answers_the_reason_says_so(blank: Blank, home: Home) -> None:
    blank.close()
    steps, deploy = look(home, machine(home, blank.port))
    assert steps == [] and "Could not connect" in str(deploy.reason("an-nhon-01"))


def test_where_another_host_key_answers_nobody_logs_in(blank: Blank, home: Home) -> None:
    pinned = " ".join(home.ssh_public_key.read_text().split()[:2])
    steps, deploy = look(home, machine(home, blank.port, enter="key", host_key=pinned))
    assert steps == [] and deploy.reason("an-nhon-01")
    assert (blank.tried, blank.ran) == ([], [])


def test_the_host_key_is_looked_at_without_a_login(blank: Blank) -> None:
    assert host_key("127.0.0.1", blank.port) == f"{blank.key.get_name()} {blank.key.get_base64()}"
    assert blank.tried == []


def test_a_dry_run_shows_what_would_be_done_and_does_nothing(blank: Blank, home: Home) -> None:
    """By hand, as README.md has it; what a machine is given then is questions."""
    expected = machine(home, blank.port)
    folder.write_folder(home.root, home, [expected])
    argv = [sys.executable, "-m", "pyinfra", "--dry", str(home.root / "inventory.py"), str(deploy_file("claim"))]
    done = subprocess.run(argv, input=f"{PASSWORD}\n", capture_output=True, text=True, cwd=home.root)
    assert done.returncode == 0, done.stderr
    assert "keys: WireGuard" in done.stderr and PASSWORD not in done.stdout + done.stderr
    questions = [command for command in blank.ran if not command.startswith("sh -c 'command -v ")]
    writes = ("sh -euc", "useradd", "usermod", "mkdir", "rm ", "tee ", "mv ")
    assert questions and [command for command in questions if any(word in command for word in writes)] == []
    assert not expected.results.exists()


def test_a_folder_that_is_not_as_documented_is_named(home: Home) -> None:
    folder.write_folder(home.root, home, [machine(home, 22, host_key="x", enter="key")])
    argv = [sys.executable, "-m", "pyinfra", str(home.root / "inventory.py"), "debug-inventory"]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=home.root, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and "machines.json" in done.stderr and "Traceback" not in done.stderr
