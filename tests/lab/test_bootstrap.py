"""Blank machines taken over on the bench: who is refused, what an interruption leaves, what is true of a machine afterwards.

A lab of its own (hub, two boxes, no cameras), since here machines must be blank. KETNOI_TEST_LAB names it, with a `b` added.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest
import yaml
from hands import netns, root
from raised import BIN, SOURCE, Raised, of_environment, until

from lab.cables import net

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the lab needs root")

A, B = "an-nhon-01", "an-nhon-02"
AT = {A: "192.0.2.101", B: "192.0.2.102", "hub": "203.0.113.10"}
SURROUNDINGS = "find /etc /root /home /usr/lib/systemd /var/lib/dpkg/status -newer /run/before -type f | sort"


class Bench(Raised):
    """The commands of a `Raised` province on a lab where nothing has been done yet."""

    def up(self) -> None:
        self.down()
        self.place.mkdir(mode=0o700)
        self.copy_inventory()
        area = self.inventory / "areas/an-nhon.yml"
        text = area.read_text()
        area.write_text(text[: text.index("  - id: BD-0003")])
        (self.place / "password").write_text("ketnoi-factory\n")
        self.share_signing_key()
        self.ketnoi("init")
        self.ketnoi("packages", timeout=900)
        self.share_signing_key()
        self.ketnoi("lab", "up", "--area", "an-nhon", "--lab", self.name, "--no-cameras", timeout=300)

    @property
    def repository(self) -> Path:
        return of_environment().repository

    def bootstrap(self, *words: str, code: int = 0, password: bool = True) -> dict[str, Any]:
        given = ["--factory-password-file", str(self.place / "password")] if password else []
        done = self.ketnoi("bootstrap", *words, *given, "--json", check=False, timeout=300)
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def one(self, site: str, code: int = 0, at: str | None = None, password: bool = True) -> dict[str, Any]:
        machine: dict[str, Any] = self.bootstrap("--site", site, "--at", at or AT[site], code=code, password=password)["machines"][0]
        return machine

    def record(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.inventory / f"enrolled/{name}.yml").read_text())
        return found


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    name = of_environment().name + "b"
    made = Bench(name, Path(tempfile.gettempdir()) / f"ketnoi-test-{name}")
    try:
        made.up()
        made.bootstrap("hub")
        yield made
    finally:
        made.down()


@pytest.fixture(scope="module")
def taken(bench: Bench) -> Bench:
    """Hub and both boxes enrolled, side by side, by the bench's leases, whoever of them was enrolled before."""
    leases = bench.place / "bench.json"
    leases.write_text(json.dumps({A: AT[A], B: AT[B]}))
    found = bench.bootstrap("hub", "--area", "an-nhon", "--bench", str(leases))
    assert found["failed"] == 0 and [machine["code"] for machine in found["machines"]] == ["hub", A, B]
    return bench


def test_a_machine_with_another_mac_is_refused_and_nothing_is_written_to_it(bench: Bench) -> None:
    bench.box(B, "touch /run/before")
    refused = bench.one(A, at=AT[B], code=1)
    assert refused["status"] == "refused" and refused["changed"] == 0
    assert "02:4b:00:01:00:01" in refused["reason"]["en"] and "02:4b:00:02:00:01" in refused["reason"]["vi"]
    assert bench.box(B, SURROUNDINGS) == ""
    assert not (bench.inventory / f"enrolled/{A}.yml").exists()


def test_a_wrong_factory_password_is_named_and_never_shown(bench: Bench) -> None:
    (bench.place / "wrong").write_text("canary-wrong-Passw0rd\n")
    words = ("bootstrap", "--site", A, "--at", AT[A], "--factory-password-file", str(bench.place / "wrong"))
    done = bench.ketnoi(*words, "--lang", "en", check=False)
    assert done.returncode == 1 and "factory password" in done.stdout
    assert "canary" not in done.stdout + done.stderr


def test_a_bootstrap_that_was_killed_is_finished_by_the_next(bench: Bench) -> None:
    """Killed when the factory's way in is being shut: the moment after which neither way might open."""
    words = ("bootstrap", "--site", A, "--at", AT[A], "--factory-password-file", str(bench.place / "password"), "--lang", "en")
    running = bench.start(*words)
    assert running.stderr is not None
    next(line for line in running.stderr if " 5/10 " in line)
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    assert not (bench.inventory / f"enrolled/{A}.yml").exists()
    assert bench.one(A)["status"] == "enrolled"


def pyinfra(bench: Bench, *words: str | Path, password: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
    """pyinfra as README.md of bootstrap/ has it, from the office."""
    argv = [sys.executable, "-m", "lab", "--lab", bench.name, "exec", "office", "--", BIN / "pyinfra", *words]
    return bench.run(argv, stdin=password, check=check)


def test_by_hand_it_is_two_deploys_of_pyinfra_and_a_signature_between(bench: Bench) -> None:
    folder = bench.place / "by-hand"
    inventory, (claim, enrol) = folder / "inventory.py", (SOURCE / f"bootstrap/deploys/{name}.py" for name in ("claim", "enrol"))
    bench.box(B, "touch /run/before")
    bench.ketnoi("bootstrap", "--site", B, "--at", AT[B], "--write-inventory", str(folder))
    dry = pyinfra(bench, "--dry", inventory, claim, password="ketnoi-factory\n")
    assert "keys: WireGuard" in dry.stderr and bench.box(B, SURROUNDINGS) == ""
    early = bench.ketnoi("enrol", "--site", B, "--from", str(folder), "--lang", "en", check=False)
    assert early.returncode == 2 and "first deploy" in early.stderr
    assert f"{B}: keys: 3 changed" in pyinfra(bench, "-y", inventory, claim, password="ketnoi-factory\n").stdout
    assert not (bench.inventory / f"enrolled/{B}.yml").exists()
    bench.ketnoi("enrol", "--site", B, "--from", str(folder))
    assert f"{B}: closing: 1 changed" in pyinfra(bench, "-y", inventory, enrol).stdout
    bench.box(B, "touch /run/before")
    again = pyinfra(bench, "-y", inventory, claim, enrol)
    assert sum(" changed" in line for line in again.stdout.splitlines()) == again.stdout.count(": 0 changed") == 10
    assert bench.box(B, SURROUNDINGS) == ""
    assert bench.one(B, password=False)["status"] == "unchanged"
    assert not any("ketnoi-factory" in file.read_text() for file in folder.rglob("*") if file.is_file())


def test_machines_differ_in_everything_that_the_image_shared(taken: Bench) -> None:
    for key in ("machine_id", "host_key", "wireguard_public_key", "lifeline_public_key", "certificate"):
        values = [taken.record(name)[key] for name in (A, B)]
        assert all(values) and len(set(values)) == 2, key
    for name in (A, B, "hub"):
        assert taken.box(name, "cat /etc/machine-id; ls /etc/ssh/ssh_host_*").split() == [
            taken.record(name)["machine_id"],
            "/etc/ssh/ssh_host_ed25519_key",
            "/etc/ssh/ssh_host_ed25519_key.pub",
        ]


@pytest.mark.parametrize("name", [A, "hub"])
@pytest.mark.parametrize("user", ["root", "ketnoi"])
def test_only_the_pinned_key_answers_and_only_a_key_opens(taken: Bench, name: str, user: str) -> None:
    """Looked at with paramiko's protocol, not with the OpenSSH that did the work."""
    with net.inside(netns(taken, "office")):
        transport = paramiko.Transport((AT[name], 22))
    with transport:
        transport.start_client(timeout=10)
        key = transport.get_remote_server_key()
        assert f"{key.get_name()} {key.get_base64()}" == taken.record(name)["host_key"]
        with pytest.raises(paramiko.BadAuthenticationType) as refused:
            transport.auth_password(user, "ketnoi-factory", fallback=False)
        assert refused.value.allowed_types == ["publickey"]


def test_the_image_finds_python_and_leaves_no_source_and_no_password_behind(taken: Bench) -> None:
    taken.box(A, "command -v python3 wg openssl sudo")
    assert taken.box(A, "find /etc/apt/sources.list* -type f") == ""
    assert taken.box(A, "grep ^root: /etc/shadow | cut -d: -f2").strip() in ("!", "*")
    assert (
        taken.box(A, "stat -c '%a %U' /etc/ketnoi/box.key /etc/ketnoi/lifeline_key /etc/wireguard/ketnoi.key").split()
        == ["600", "root"] * 3
    )
    taken.box(A, "! grep -rqs ketnoi-factory /etc /var /run/log /root /home /tmp")
    taken.box(A, "! journalctl --no-pager | grep ketnoi-factory")
    said = [line for line in taken.transcript.read_text().splitlines() if not (line.startswith("$ ") and " exec " in line)]
    assert not any("ketnoi-factory" in line for line in said)


def test_no_private_key_of_a_machine_is_in_the_office(taken: Bench) -> None:
    """The machine's files are read from under it, so that this test itself prints no key anywhere."""
    office = b"".join(path.read_bytes() for path in taken.place.rglob("*") if path.is_file())
    for file in ("etc/ketnoi/box.key", "etc/ketnoi/lifeline_key", "etc/wireguard/ketnoi.key", "etc/ssh/ssh_host_ed25519_key"):
        body = [line for line in (root(taken, A) / file).read_bytes().splitlines() if not line.startswith(b"-")]
        assert body and not any(line in office for line in body if len(line) > 10), file


def test_the_certificate_is_the_provinces_and_for_this_facility(taken: Bench) -> None:
    said = taken.box(
        A, "openssl verify -CAfile /etc/ketnoi/ca.crt /etc/ketnoi/box.crt; openssl x509 -noout -subject -in /etc/ketnoi/box.crt"
    )
    assert "box.crt: OK" in said and "CN = BD-0001" in said
    hub = taken.box("hub", "openssl x509 -noout -ext subjectAltName,extendedKeyUsage -in /etc/ketnoi/hub.crt")
    assert "203.0.113.10" in hub and "10.5.255.193" in hub and "Server Authentication" in hub


def test_bootstrap_again_needs_no_password_and_changes_nothing(taken: Bench) -> None:
    files = {path: path.read_bytes() for path in (taken.inventory / "enrolled").iterdir() if path.is_file()}
    for name in (A, "hub"):
        taken.box(name, "touch /run/before")
    assert taken.one(A, password=False)["status"] == "unchanged"
    again = taken.bootstrap("hub", password=False)
    assert again["changed"] == 0 and again["machines"][0]["status"] == "unchanged"
    assert [taken.box(name, SURROUNDINGS) for name in (A, "hub")] == ["", ""]
    assert {path: path.read_bytes() for path in files} == files


def test_what_was_undone_by_hand_is_put_right(taken: Bench) -> None:
    taken.box(
        A, "rm /etc/ssh/sshd_config.d/00-ketnoi.conf /etc/ketnoi/box.crt; systemctl disable --now ketnoi-lifeline; systemctl reload ssh"
    )
    before = taken.record(A)
    assert taken.one(A, password=False)["status"] == "changed"
    after = taken.record(A)
    assert after["certificate"] != before["certificate"]
    assert {**after, "certificate": "", "enrolled_at": ""} == {**before, "certificate": "", "enrolled_at": ""}
    assert taken.box(A, "systemctl is-enabled ketnoi-lifeline").strip() == "enabled"
    assert "passwordauthentication no" in taken.box(A, "sshd -T")


LIFELINE_SSHD = """
id lifeline >/dev/null 2>&1 || useradd -m -s /bin/sh lifeline
mkdir -p /run/sshd /run/lifeline
printf '%s\\n' 'restrict,port-forwarding,permitlisten="127.0.0.1:20001" {key}' >/run/lifeline/keys
cat >/run/lifeline/config <<'.'
Port 443
HostKey /etc/ketnoi/lifeline_host_ed25519_key
PidFile /run/lifeline/pid
AuthorizedKeysFile /run/lifeline/keys
AllowUsers lifeline
UsePAM yes
ClientAliveInterval 2
ClientAliveCountMax 2
.
/usr/sbin/sshd -f /run/lifeline/config
"""


@pytest.fixture
def listening(taken: Bench) -> Iterator[Bench]:
    """A lifelines' sshd on the hub, as the hub's role would make it, for one test."""
    taken.inside("hub", LIFELINE_SSHD.format(key=taken.record(A)["lifeline_public_key"]))
    yield taken
    taken.inside("hub", "kill $(cat /run/lifeline/pid); pkill -u lifeline; rm -r /run/lifeline", check=False)


def test_the_lifeline_comes_up_by_itself_on_the_bench_and_at_the_facility(listening: Bench) -> None:
    taken = listening
    pinned = taken.record(A)["host_key"]

    def answers() -> bool:
        return pinned in taken.inside("hub", "timeout 5 ssh-keyscan -t ed25519 -p 20001 127.0.0.1", check=False).stdout

    until(answers, 60)
    taken.lab("plug", A)
    until(lambda: "192.168.100." in taken.inside(A, "cat /run/ketnoi-lifeline/source", check=False).stdout, 30)
    until(answers, 60)
    reached = taken.ketnoi("wait", "--site", A, "--via", "lifeline", "--timeout", "30")
    assert reached.returncode == 0
    taken.lab("unplug", A)


def test_an_impostor_at_the_hubs_address_gets_no_lifeline(listening: Bench) -> None:
    """Another host key at TCP 443: the box goes on knocking and opens nothing."""
    taken = listening
    taken.inside("hub", "kill $(cat /run/lifeline/pid); pkill -u lifeline; ssh-keygen -q -t ed25519 -N '' -f /run/lifeline/other")
    taken.inside("hub", "sed -i 's|^HostKey.*|HostKey /run/lifeline/other|' /run/lifeline/config; /usr/sbin/sshd -f /run/lifeline/config")
    taken.box(A, "systemctl restart ketnoi-lifeline")
    until(lambda: "Host key verification failed" in taken.box(A, "journalctl -u ketnoi-lifeline --no-pager -n 20"), 40)
    assert taken.inside("hub", "! ss -Hltn sport = :20001 | grep .").returncode == 0


def test_another_box_in_an_enrolled_ones_place_is_sent_to_reprovision(taken: Bench) -> None:
    taken.lab("replace", B)
    refused = taken.one(B, code=1)
    assert refused["status"] == "refused" and "ketnoi reprovision" in refused["hint"]["en"]
    assert taken.box(B, "! id ketnoi 2>/dev/null && ls /etc/ketnoi 2>/dev/null", check=False) == ""


def test_the_office_is_left_with_no_process_when_its_command_dies(taken: Bench) -> None:
    running = taken.start("bootstrap", "--site", A, "--at", AT[A], "--lang", "en")
    assert running.stderr is not None
    next(line for line in running.stderr if " 1/10 " in line)
    children = subprocess.run(["pgrep", "-P", str(running.pid)], capture_output=True, text=True).stdout.split()
    running.kill()
    running.communicate()
    assert children
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), 10)
