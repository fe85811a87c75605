"""Not one secret of the province in any output, failure, diff, log, journal, process list, database or file that others may read.

The canaries are the province's own: every password in every vault file, the vault's secret, all private keys of office, hub,
centre and boxes, and the password that the factory set. Each place is searched for a decoy as well, planted there like a
slip would: a search that finds no decoy proves nothing.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from hands import root
from processes import ProcessList, key_lines
from raised import CODES, Raised

from lab import layout, plan
from lab.hands import access, devices

A = "an-nhon-01"
MACHINES = ("hub", "centre", *CODES)
OFFICE_KEYS = ("authority/ca.key", "ssh/id_ed25519", "wireguard.key", "vault-secret")
BOX_KEYS = ("etc/wireguard/ketnoi.key", "etc/ketnoi/lifeline_key", "etc/ketnoi/box.key", "etc/ssh/ssh_host_ed25519_key")
HUB_KEYS = ("etc/wireguard/ketnoi.key", "etc/ketnoi/lifeline_host_ed25519_key", "etc/ketnoi/hub.key", "etc/ketnoi/collector.key")
READABLE = ("etc", "run", "tmp", "var/tmp", "var/log", "var/lib", "home", "root", "srv")


class Vault:
    """One facility's vault file in the clear, as a province's own ansible-vault would give it."""

    def __init__(self, province: Raised, code: str) -> None:
        self.file = province.inventory / "vault" / f"{code}.yml"
        self._lib = VaultLib([("default", VaultSecret((province.home / "binh-dinh/vault-secret").read_bytes().strip()))])

    def read(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(self._lib.decrypt(self.file.read_bytes()))
        return found

    @contextlib.contextmanager
    def instead(self, content: dict[str, Any]) -> Iterator[None]:
        before = self.file.read_bytes()
        self.file.write_bytes(self._lib.encrypt(yaml.safe_dump(content).encode()))
        try:
            yield
        finally:
            self.file.write_bytes(before)


def logins(vault: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for kind in vault.values():
        for accounts in kind.values():
            for account in accounts.values():
                yield account["user"], account["password"]


class Hunt:
    """Canaries and a decoy, and where any of them is found. Nothing secret is ever in an argument of its own."""

    def __init__(self, province: Raised, place: Path) -> None:
        self.province, self.place = province, place
        place.chmod(0o700)
        self.decoy = f"decoy{secrets.token_hex(8)}"
        self.canaries: set[str] = {layout.FACTORY_PASSWORD}
        self.shown = {code: Vault(province, code).read() for code in CODES}
        for file in (province.inventory / "vault").glob("*.yml"):
            for user, password in logins(self.shown.get(file.stem) or Vault(province, file.stem).read()):
                self.canaries |= {password, base64.b64encode(f"{user}:{password}".encode()).decode()}
        for name in OFFICE_KEYS:
            self.canaries |= key_lines((province.home / "binh-dinh" / name).read_text())
        for machine in MACHINES:
            names = {"hub": HUB_KEYS, "centre": ("etc/wireguard/ketnoi.key",)}.get(machine, BOX_KEYS)
            for name in names:
                self.canaries |= key_lines((root(province, machine) / name).read_text())
        self.patterns = place / "patterns"
        self.remember()

    def remember(self, *more: str) -> None:
        self.canaries |= set(more)
        assert all(len(canary) > 10 for canary in self.canaries)
        self.patterns.touch(mode=0o600)
        self.patterns.write_text("\n".join([self.decoy, *sorted(self.canaries)]) + "\n")

    def found(self, *files: Path) -> set[tuple[str, str]]:
        """(file, canary) of all that stands in these files and folders, with the decoy as `decoy`."""
        named = "\0".join(str(file) for file in files)
        argv = ["xargs", "-0", "-r", "grep", "-raoHZ", "-F", "-D", "skip", "-f", str(self.patterns), "--"]
        said = subprocess.run(argv, input=named, capture_output=True, text=True, errors="replace").stdout
        rows = [line.split("\0", 1) for line in said.splitlines() if "\0" in line]
        return {(file, "decoy" if text == self.decoy else text) for file, text in rows}

    def only_the_decoy(self, *files: Path) -> None:
        """Fails with the names of places and the beginnings of what was found there."""
        found = self.found(*files)
        assert [(file, f"{text[:4]}…") for file, text in sorted(found) if text != "decoy"] == []
        assert found, "not even the decoy was found: this proves nothing"


@pytest.fixture(scope="module")
def hunt(province: Raised, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hunt]:
    made = Hunt(province, tmp_path_factory.mktemp("hunt"))
    yield made
    shutil.rmtree(made.place)


def test_the_process_lists_of_all_machines_while_everything_runs(province: Raised, hunt: Hunt) -> None:
    """Through a rollout that has something to do at every role, a hub play and a verify."""
    watch = ProcessList(province)
    watch.start()
    try:
        province.camera(f"{A}/2", "set", "encoder.width", "640")
        for code in CODES:
            # A restart of what takes credentials, and the tunnel's key read anew.
            province.inside(code, "systemctl restart ketnoi-agent ketnoi-lifeline wg-quick@ketnoi")
        for machine in MACHINES:
            province.inside(machine, f": {hunt.decoy}")
        province.rollout("--full")
        province.verify()
    finally:
        listed = watch.stop()
    shown = hunt.place / "processes"
    shown.write_bytes(listed)
    for told in (b"ansible-playbook", b"ketnoi-measure", b"ketnoi-reach", b"edge-agent", b"wg set ketnoi private-key"):
        assert told in listed.replace(b"\0", b" ")
    hunt.only_the_decoy(shown)


def test_every_output_at_vvv(province: Raised, hunt: Hunt) -> None:
    """The plays as those who prefer plain Ansible run them, as talkative as its users make it when something is wrong."""
    first = province.transcript.stat().st_size
    site = ["playbooks/site.yml", "-vvv", "--diff", "--limit"]
    province.ansible(*site, A)
    province.ansible("playbooks/hub.yml", "-vvv", "--diff")
    with province.transcript.open() as file:
        file.seek(first)
        assert "EXEC" in file.read() or "ESTABLISH" in file.read()


@contextlib.contextmanager
def forgiven(province: Raised) -> Iterator[None]:
    """Logins that a camera refuses meanwhile are not held against it afterwards."""
    counted = root(province, A) / "var/lib/ketnoi/logins.json"
    before = counted.read_bytes()
    try:
        yield
    finally:
        counted.write_bytes(before)


def test_a_diff_after_a_password_was_changed(province: Raised, hunt: Hunt) -> None:
    changed = Vault(province, A).read()
    fresh = ["Fresh" + secrets.token_hex(6), "Newer" + secrets.token_hex(6)]
    changed["cameras"]["1"]["viewer"]["password"], changed["cameras"]["2"]["admin"]["password"] = fresh
    hunt.remember(*fresh)
    with Vault(province, A).instead(changed), forgiven(province):
        plain = province.ansible("playbooks/site.yml", "-vvv", "--check", "--diff", "--limit", A, check=False).stdout
        document = json.loads(province.ketnoi("rollout", "--site", A, "--check", "--json", check=False).stdout)
    assert "devices.json" in plain and "content not shown" in plain
    assert any("devices.json" in line for line in document["facilities"][0]["diff"])


def test_a_failure_of_a_camera_that_refuses(province: Raised, hunt: Hunt) -> None:
    """Its password was changed behind our back: the failure names camera and reason, at -vvv, and no password."""
    running, name = plan.of_running(layout.Lab(province.name)), f"{A}/4"
    accounts = devices.order(running, name, {"op": "get", "path": "users", "secrets": True})
    with forgiven(province):
        try:
            changed = [{**account, "password": "somebody-elses"} for account in accounts]
            devices.order(running, name, {"op": "set", "path": "users", "value": changed})
            failed = province.ansible("playbooks/site.yml", "-vvv", "--diff", "--limit", A, "--tags", "cameras", check=False)
            # --full: the hub may not have heard yet that the run before failed.
            document = province.rollout("--site", A, "--tags", "cameras", "--full", code=1, area=None)
        finally:
            devices.order(running, name, {"op": "set", "path": "users", "value": accounts})
    assert failed.returncode == 2 and "C04" in failed.stdout
    assert "C04" in document["facilities"][0]["reason"]["en"]
    assert province.rollout("--site", A, area=None)["failed"] == 0


def test_a_failure_of_a_template_and_of_a_vault_that_lacks_an_account(province: Raised, hunt: Hunt) -> None:
    broken = Vault(province, A).read()
    del broken["cameras"]["3"]["viewer"]
    with Vault(province, A).instead(broken):
        for tags in ("agent", "cameras"):
            done = province.ansible("playbooks/site.yml", "-vvv", "--diff", "--limit", A, "--tags", tags, check=False)
            assert done.returncode == 2, done.stdout[-3000:]
    worse = {"cameras": {slot: accounts["viewer"]["password"] for slot, accounts in hunt.shown[A]["cameras"].items()}}
    with Vault(province, A).instead(worse):
        for tags in ("agent", "cameras"):
            done = province.ansible("playbooks/site.yml", "-vvv", "--diff", "--limit", A, "--tags", tags, check=False)
            assert done.returncode == 2, done.stdout[-3000:]
        province.rollout("--site", A, code=1, area=None)


def test_a_vault_that_another_secret_locked(province: Raised, hunt: Hunt) -> None:
    secret = province.home / "binh-dinh/vault-secret"
    before = secret.read_bytes()
    secret.write_text("anothersecretaltogether\n")
    try:
        document = province.rollout("--site", A, "--tags", "agent", code=1, area=None)
    finally:
        secret.write_bytes(before)
    assert "vault" in document["facilities"][0]["reason"]["en"]


def test_all_that_any_command_of_this_run_ever_printed(province: Raised, hunt: Hunt) -> None:
    """Bootstrap, hub, rollouts, verifies, failures, diffs and -vvv of all tests until here, and what they wrote to out/."""
    province.inside("hub", f": {hunt.decoy}")
    hunt.only_the_decoy(province.transcript, province.out, province.place / "verify")


def test_logs_and_journals_of_all_machines(province: Raised, hunt: Hunt) -> None:
    """Also what was logged before bootstrap gave the machine an id of its own: every journal there is."""
    for machine in MACHINES:
        province.inside(machine, f"logger {hunt.decoy}; journalctl --sync")
        told = hunt.place / f"journal-{machine}"
        told.write_text(unnoted(province, machine, "journalctl", "--merge", "--all", "--no-pager", "--output=export"))
        assert len(told.read_text().splitlines()) > 500
        hunt.only_the_decoy(told, root(province, machine) / "var/log")
        told.unlink()


def unnoted(province: Raised, machine: str, *argv: str) -> str:
    """What a command inside a machine prints, past the transcript: it is searched by itself."""
    return access.output_of(layout.Lab(province.name), machine, *argv, seconds=60)


def test_the_database_and_the_record_of_verdicts(province: Raised, hunt: Hunt) -> None:
    dump = unnoted(province, "hub", "runuser", "-u", "postgres", "--", "pg_dump", "--inserts", "ketnoi")
    assert "verdicts" in dump and "BD-0001" in dump
    shown = hunt.place / "dump"
    shown.write_text(f"{dump}\n{hunt.decoy}\n")
    hunt.only_the_decoy(shown)


def test_no_file_that_others_may_read_holds_a_secret(province: Raised, hunt: Hunt) -> None:
    for machine in MACHINES:
        top = root(province, machine)
        (top / "var/tmp/decoy").write_text(hunt.decoy)
        try:
            files = [file for place in READABLE for file in readable(top / place)]
            assert len(files) > 100
            hunt.only_the_decoy(*files)
        finally:
            (top / "var/tmp/decoy").unlink()


def readable(folder: Path) -> Iterator[Path]:
    """Files below that everybody may read, in folders that everybody may enter."""
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = [name for name in folders if not (here / name).is_symlink() and (here / name).stat().st_mode & stat.S_IXOTH]
        for name in files:
            with contextlib.suppress(OSError):
                mode = (here / name).lstat().st_mode
                if stat.S_ISREG(mode) and mode & stat.S_IROTH:
                    yield here / name
