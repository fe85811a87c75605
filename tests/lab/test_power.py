"""Power goes and comes, and everything is there again by itself; a box that is gone for good is replaced, and is out for good."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from hands import HUB, HUB_PUBLIC, MQTT, NUMBERS, at_once, await_back, boots, connects, netns, root, rules, tunnel
from processes import ProcessList, key_lines
from raised import CODES, Raised, until

from lab import layout
from lab.cables import net

A, B, C = CODES
BOX_KEYS = ("etc/wireguard/ketnoi.key", "etc/ketnoi/lifeline_key", "etc/ketnoi/box.key", "etc/ssh/ssh_host_ed25519_key")


def test_boxes_that_lose_their_power_come_back_by_themselves_and_meet_the_standard(province: Raised) -> None:
    """A in good order, B cut off; nobody runs a rollout."""
    counted = {code: boots(province, code) for code in (A, B)}
    firewall = {code: rules(province, code) for code in (A, B)}
    province.inside(A, "systemctl reboot", check=False)
    province.lab("power", B, "cut")
    until(lambda: boots(province, A) == counted[A] + 1, 60)
    off = time.time()
    province.lab("power", B, "on")
    assert boots(province, B) == counted[B] + 1
    await_back(province, A, B, since=off)
    assert {code: rules(province, code) for code in (A, B)} == firewall
    assert failed_units(province, A, B) == {}
    assert province.verify()["verdict"] == "met"


def test_a_hub_that_reboots_has_all_its_facilities_back(province: Raised) -> None:
    counted, firewall = boots(province, "hub"), rules(province, "hub")
    province.inside("hub", "systemctl reboot", check=False)
    until(lambda: boots(province, "hub") == counted + 1, 60)
    off = time.time()
    province.lab("power", "hub", "on")
    await_back(province, *CODES, since=off)
    assert rules(province, "hub") == firewall
    assert failed_units(province, "hub") == {}
    assert province.verify()["verdict"] == "met"


def failed_units(province: Raised, *names: str) -> dict[str, list[str]]:
    told = {name: province.box(name, "systemctl --failed --plain --no-legend") for name in names}
    return {name: said.splitlines() for name, said in told.items() if said.strip()}


# --- a box destroyed --------------------------------------------------------------------------------------------------


@dataclass
class Thief:
    """Somebody on the internet with all that a box held: its WireGuard key, its lifeline's key, its certificate."""

    province: Raised
    code: str
    keys: Path
    interface: str
    _running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def place(self) -> str:
        return netns(self.province, "thief")

    def arrive(self) -> None:
        net.ip([f"netns add {self.place}"])
        inet = netns(self.province, "inet")
        net.ip([f"link add eth0 netns {self.place} type veth peer name thief netns {inet}"])
        net.ip(["link set thief master net up"], inet)
        net.ip(["link set lo up", "addr add 203.0.113.66/24 dev eth0", "link set eth0 up"], self.place)
        self.take("etc/wireguard/ketnoi.key", "etc/ketnoi/lifeline_key", "etc/ketnoi/lifeline_known_hosts")
        self.take("etc/ketnoi/box.key", "etc/ketnoi/box.crt", "etc/ketnoi/ca.crt")

    def take(self, *names: str) -> None:
        for name in names:
            copy = self.keys / Path(name).name
            copy.touch(mode=0o600)
            copy.write_bytes((root(self.province, self.code) / name).read_bytes())

    def leave(self) -> None:
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        net.ip([f"netns del {self.place}"])

    def _start(self, argv: list[str], **environment: str) -> subprocess.Popen[str]:
        with net.inside(self.place):
            self._running.append(
                subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                    env={**os.environ, **environment},
                )
            )
        return self._running[-1]

    def wireguard(self, seconds: float = 8) -> bool:
        """A handshake and traffic with the box's key, from a new interface: does the hub answer?"""
        hub_key = self.province.box("hub", "wg show ketnoi public-key").strip()
        go = self._start(["wireguard-go", "-f", self.interface], LOG_LEVEL="error")
        try:
            until(lambda: Path(f"/run/wireguard/{self.interface}.sock").exists(), 5, every=0.05)
            with net.inside(self.place):
                peer = ["peer", hub_key, "endpoint", f"{HUB_PUBLIC}:51820", "allowed-ips", "10.5.0.0/16", "persistent-keepalive", "1"]
                subprocess.run(["wg", "set", self.interface, "private-key", self.keys / "ketnoi.key", *peer], check=True)
            net.ip(
                [f"addr add {tunnel(self.code)}/32 dev {self.interface}", f"link set {self.interface} up mtu 1280",
                 f"route add {HUB}/32 dev {self.interface}"], self.place,
            )  # fmt: skip
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                shaken = subprocess.run(["wg", "show", self.interface, "latest-handshakes"], capture_output=True, text=True).stdout.split()
                if shaken and shaken[-1] != "0":
                    return connects(self.province, "thief", HUB, MQTT)
                time.sleep(0.2)
            assert not connects(self.province, "thief", HUB, MQTT, 1.0), "traffic without a handshake"
            return False
        finally:
            os.killpg(go.pid, signal.SIGKILL)
            go.wait()
            Path(f"/run/wireguard/{self.interface}.sock").unlink(missing_ok=True)

    def lifeline(self, *, idle: bool = False) -> subprocess.Popen[str]:
        """The box's reverse forward, with its key; runs as long as the hub lets it. idle: a session that asks for no port yet."""
        pinned = [f"UserKnownHostsFile={self.keys / 'lifeline_known_hosts'}", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes"]
        options = [part for option in ["BatchMode=yes", "ExitOnForwardFailure=yes", *pinned] for part in ("-o", option)]
        forward = [] if idle else ["-R", f"127.0.0.1:{20000 + NUMBERS[self.code]}:127.0.0.1:22"]
        argv = ["ssh", "-N", "-F", "/dev/null", *options, "-i", str(self.keys / "lifeline_key"), "-p", "443"]
        return self._start([*argv, *forward, f"lifeline@{HUB_PUBLIC}"])

    def certificate(self) -> str:
        """How the broker's door (TCP 443, ALPN mqtt) takes the box's certificate: `taken`, or TLS's word for the refusal."""
        context = ssl.create_default_context(cafile=str(self.keys / "ca.crt"))
        context.load_cert_chain(self.keys / "box.crt", self.keys / "box.key")
        context.set_alpn_protocols(["mqtt"])
        with net.inside(self.place):
            plain = socket.create_connection((HUB_PUBLIC, 443), 5)
        hello = b"\x10\x10\x00\x04MQTT\x05\x02\x00\x1e\x00\x00\x03kn1"
        try:
            with plain, context.wrap_socket(plain, server_hostname=HUB_PUBLIC) as link:
                link.sendall(hello)
                return "taken" if link.recv(2)[:1] == b"\x20" else "closed"
        except ssl.SSLError as error:
            return str(error.reason)
        except ConnectionError:
            return "closed"


@pytest.fixture
def thief(province: Raised, tmp_path: Path) -> Iterator[Thief]:
    made = Thief(province, C, tmp_path, f"th-{province.name}"[:15])
    made.arrive()
    try:
        yield made
    finally:
        made.leave()


@dataclass
class Watch(threading.Thread):
    """What the hub lets in, looked at again and again: `(when, WireGuard's peers, lifelines' keys, revocation list)`."""

    province: Raised
    seen: list[tuple[float, frozenset[str], str, bytes]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        etc = root(self.province, "hub") / "etc/ketnoi"
        while not self.stop.wait(0.2):
            peers = frozenset(at_once(self.province, "hub", "wg", "show", "ketnoi", "peers").split())
            with contextlib.suppress(FileNotFoundError):
                row = (time.time(), peers, (etc / "lifeline/authorized_keys").read_text(), (etc / "crl.pem").read_bytes())
                if peers:
                    self.seen.append(row)


def record(province: Raised, code: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((province.inventory / "enrolled" / f"{code}.yml").read_text())
    return read


def test_a_box_destroyed_is_replaced_and_what_it_held_opens_nothing(province: Raised, thief: Thief, tmp_path: Path) -> None:
    old, listed = record(province, C), (root(province, "hub") / "etc/ketnoi/crl.pem").read_bytes()
    province.inside(C, "systemctl stop ketnoi-lifeline")
    made = json.loads(province.lab("replace", C, "--json").stdout)

    # Before: the thief has the right keys, everything opens. Else a refusal later would prove nothing.
    assert thief.wireguard()
    lines = [until(lambda: holds(province, thief.lifeline()), 30), thief.lifeline(idle=True)]
    assert thief.certificate() == "taken"

    password = tmp_path / "factory"
    password.write_text(layout.FACTORY_PASSWORD)
    words = ["--site", C, "--at", made["bench_address"], "--mac", made["mac"], "--factory-password-file", str(password), "--lang", "en"]
    watch, listed = Watch(province), ProcessList(province)
    watch.start()
    listed.start()
    run = province.start("reprovision", *words)
    said: list[str] = []
    try:
        assert run.stderr
        for text in run.stderr:
            said.append(text)
            if "open nothing any more" in text:
                # The command says so while the new box is not known to anybody yet: it must be true at this moment.
                assert old["wireguard_public_key"] not in at_once(province, "hub", "wg", "show", "ketnoi", "peers")
                assert not (province.inventory / "enrolled" / f"{C}.yml").exists()
                assert thief.certificate() != "taken"
                until(lambda: all(line.poll() is not None for line in lines), 5)
        assert run.wait(120) == 0, said
    finally:
        run.kill()
        watch.stop.set()
        watch.join()
        shown = listed.stop()
        province.note(["ketnoi", "reprovision", *words], f"exit {run.returncode}", run.stdout.read() if run.stdout else "", "".join(said))
    secret = {layout.FACTORY_PASSWORD, *(line for key in BOX_KEYS for line in key_lines((root(province, C) / key).read_text()))}
    assert b"bootstrap" in shown and [text[:4] for text in secret if text.encode() in shown] == []
    new = record(province, C)
    assert any("open nothing any more" in text for text in said), said
    old_left_before_new_came(watch, old, new, listed)

    # After: nothing opens, tried by real clients with the same keys as before.
    assert not thief.wireguard()
    refused = thief.lifeline()
    assert refused.wait(20) == 255 and refused.stderr and "Permission denied" in refused.stderr.read()
    assert "REVOKED" in thief.certificate().upper()

    province.lab("plug", C)
    province.ketnoi("wait", "--site", C, "--via", "lifeline")
    assert province.rollout("--site", C, area=None)["failed"] == 0
    await_back(province, C)
    assert province.verify()["verdict"] == "met"


def holds(province: Raised, line: subprocess.Popen[str]) -> subprocess.Popen[str] | None:
    """This lifeline, once its port listens on the hub; None when it was refused (the old box's own may still hold the port)."""
    for _ in range(40):
        if line.poll() is not None:
            return None
        if f"127.0.0.1:{20000 + NUMBERS[C]}" in at_once(province, "hub", "ss", "-Hltn"):
            return line
        time.sleep(0.25)
    return None


def old_left_before_new_came(watch: Watch, old: dict[str, Any], new: dict[str, Any], listed: bytes) -> None:
    """In no look at the hub were both in; WireGuard, lifelines and revocation list had let go of the old before the new came."""
    for name in ("wireguard_public_key", "lifeline_public_key", "certificate", "host_key"):
        assert old[name] != new[name]
    for _, peers, keys, crl in watch.seen:
        if new["wireguard_public_key"] in peers or new["lifeline_public_key"] in keys:
            assert old["wireguard_public_key"] not in peers
            assert old["lifeline_public_key"] not in keys
            assert crl != listed
    last_old = max(when for when, peers, *_ in watch.seen if old["wireguard_public_key"] in peers)
    first_new = min(when for when, peers, *_ in watch.seen if new["wireguard_public_key"] in peers)
    neither = [when for when, peers, *_ in watch.seen if last_old < when < first_new]
    assert neither, "no moment was seen in which neither was in"


def test_a_machine_with_another_host_key_is_not_rolled_out(province: Raised) -> None:
    """Pinned at enrolment: whoever answers in a box's place gets neither passwords nor configuration."""
    key = "/etc/ssh/ssh_host_ed25519_key"
    swap = f"mv {key} {key}.own; mv {key}.pub {key}.own.pub; ssh-keygen -q -t ed25519 -N '' -f {key}; systemctl reload ssh"
    province.inside(A, swap)
    try:
        drop_shared_connections(province)
        document = province.rollout("--site", A, "--full", code=1, area=None)
        assert document["facilities"][0]["status"] == "failed"
    finally:
        province.inside(A, f"mv {key}.own {key}; mv {key}.own.pub {key}.pub; systemctl reload ssh")
        drop_shared_connections(province)
    assert province.rollout("--site", A, area=None)["failed"] == 0


def drop_shared_connections(province: Raised) -> None:
    """Ansible keeps SSH connections for the next run (ControlPersist): a machine is asked for its key only by a new one."""
    for control in (province.home / "binh-dinh/cp").glob("*"):
        subprocess.run(["ssh", "-O", "exit", "-o", f"ControlPath={control}", "nobody"], capture_output=True)
