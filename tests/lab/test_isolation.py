"""Who reaches whom: facilities never each other, the centre cameras and nothing else, the internet three ports of the hub.

Where nothing may arrive, the packets are sent by somebody who holds nothing back (a box in an attacker's hands: its own
firewall flushed, its tunnel told to carry everything), and heard on their way as far as the hub, so that silence means something.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from hands import (
    CENTRE,
    HUB,
    HUB_PUBLIC,
    IDS,
    MQTT,
    OFFICE,
    POSTGRESQL,
    await_back,
    connects,
    evidence,
    mapped,
    netns,
    root,
    run_in,
    that_connect,
    tunnel,
)
from paho.mqtt.enums import CallbackAPIVersion
from raised import CODES, Raised, until

from lab import layout
from lab.cables import net
from lab.hands import probe

A, B = "an-nhon-01", "an-nhon-02"
HOSTILE = """
command -v nft >/dev/null && nft flush ruleset &&
    nft 'table ip hostile { chain out { type nat hook postrouting priority srcnat; oifname "ketnoi" masquerade; }; }'
echo 1 > /proc/sys/net/ipv4/ip_forward
wg set ketnoi peer "$(wg show ketnoi peers)" allowed-ips 10.5.0.0/16,10.136.0.0/15
ip route replace 10.5.0.0/16 dev ketnoi
ip route replace 10.136.0.0/15 dev ketnoi
"""
HONEST = """
command -v nft >/dev/null && nft flush ruleset && systemctl restart ketnoi-firewall
systemctl restart wg-quick@ketnoi.service
"""


@contextlib.contextmanager
def hostile(province: Raised, machine: str) -> Iterator[None]:
    """A box, or the centre, that tries all it can."""
    province.inside(machine, HOSTILE)
    try:
        yield
    finally:
        province.inside(machine, HONEST)
        until(lambda: connects(province, machine, HUB, 443, 1.0))


Arrived = dict[tuple[str, str], set[str]]


def heard(province: Raised, senders: dict[str, list[str]], ears: list[str], proofs: dict[str, list[str]]) -> Arrived:
    """Probes of all kinds from each part to its addresses; where each (part, address) was heard at all."""
    listening = probe.Ears({part: netns(province, part) for part in ears})
    sending = {part: probe.Sender(netns(province, part)) for part in {*senders, *proofs}}
    found: Arrived = {}
    try:
        for _ in range(2):
            for part, addresses in [*senders.items(), *proofs.items()]:
                for address in addresses:
                    sending[part].send(address)
            listening.listen(0.7)
        for part, sender in sending.items():
            for number, (address, _) in sender.sent.items():
                found.setdefault((part, address), set()).update(listening.received.get(number, set()))
    finally:
        listening.close()
        for sender in sending.values():
            sender.close()
    return found


def test_nothing_of_a_hostile_facility_reaches_another_through_the_hub(province: Raised) -> None:
    """From the box itself and from a machine on its LAN; to the other's box and to each of its cameras."""
    lan = layout.camera(A, 1)
    targets = [tunnel(B), *(mapped(B, slot) for slot in (1, 2, 3, 4))]
    ears = ["hub", B, *(layout.camera(B, slot) for slot in (1, 2, 3, 4))]
    with hostile(province, A):
        found = heard(province, {A: targets, lan: targets}, ears, {"hub": targets})
    for address in targets:
        assert B in found["hub", address], f"{address}: not even the hub's probes were heard: this proves nothing"
        for sender in (A, lan):
            assert found[sender, address] == {"hub"}, f"{sender} -> {address}: heard at {found[sender, address]}, not at the hub alone"


@pytest.mark.parametrize("other", [OFFICE, CENTRE])
def test_a_facility_can_pretend_to_be_neither_the_office_nor_the_centre(province: Raised, other: str) -> None:
    """The tunnel ties a key to its addresses: what comes with another source ends at the hub's WireGuard, before any rule."""
    with hostile(province, A):
        province.inside(A, f"nft flush ruleset; ip addr add {other}/32 dev lo; ip route replace {tunnel(B)}/32 dev ketnoi src {other}")
        try:
            found = heard(province, {A: [tunnel(B), tunnel("an-nhon-03")]}, ["hub", B], {"hub": [tunnel(B)]})
        finally:
            province.inside(A, f"ip addr del {other}/32 dev lo")
    assert B in found["hub", tunnel(B)]
    assert found[A, tunnel("an-nhon-03")] == {"hub"}, "not even with its own address does it get as far as the hub: this proves nothing"
    assert found[A, tunnel(B)] == set()


def test_the_centre_reaches_the_cameras(province: Raised) -> None:
    for code in CODES:
        assert connects(province, "centre", mapped(code, 1), 554) and connects(province, "centre", mapped(code, 4), 80)


def test_the_centre_reaches_nothing_but_cameras_even_if_it_tries(province: Raised) -> None:
    """Not a box, not the office, not a service of the hub behind the tunnel, and of a camera only what shows pictures."""
    boxes = [tunnel(code) for code in CODES]
    with hostile(province, "centre"):
        found = heard(province, {"centre": [*boxes, OFFICE]}, ["hub", "office", *CODES], {"hub": [*boxes, OFFICE]})
        services = [(address, port) for address in (HUB, HUB_PUBLIC) for port in (22, 80, 2222, POSTGRESQL, 8443, MQTT)]
        opened = that_connect(province, "centre", [*services, (mapped(A, 1), 22), (mapped(A, 1), 3702), (mapped(A, 1), 554)])
    for address, place in zip([*boxes, OFFICE], [*CODES, "office"], strict=True):
        assert place in found["hub", address], f"{address}: not even the hub's probes were heard: this proves nothing"
        assert found["centre", address] == {"hub"}
    assert opened == [(mapped(A, 1), 554)]
    assert connects(province, "hub", HUB, 22) and connects(province, "hub", HUB, MQTT), "the hub's services don't even answer itself"


def test_postgresql_can_be_reached_from_nowhere(province: Raised) -> None:
    assert "ketnoi" in province.box("hub", "runuser -u postgres -- psql -Atc 'select datname from pg_database'").split()
    listening = [line.split()[3] for line in province.box("hub", "ss -Hltn").splitlines()]
    assert not [where for where in listening if where.endswith(f":{POSTGRESQL}") and not where.startswith(("127.", "[::1]"))]
    for part in ("inet", "office", "centre", A):
        assert that_connect(province, part, [(HUB_PUBLIC, POSTGRESQL), (HUB, POSTGRESQL), (HUB_PUBLIC, 443)]) == [(HUB_PUBLIC, 443)]


# --- the internet -----------------------------------------------------------------------------------------------------


def open_tcp(province: Raised, part: str, target: str) -> set[int]:
    """TCP ports that answer SYN with SYN and ACK, out of all 65,535, asked twice each."""
    with net.inside(netns(province, part)):
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
        ear = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        route = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    route.connect((target, 9))
    source, peer, found = route.getsockname()[0], socket.inet_aton(target), set()
    with raw, ear, route:
        for first in [*range(1, 65536, 256)] * 2:
            for port in range(first, min(first + 256, 65536)):
                raw.sendto(probe.syn(source, target, port, port), (target, 0))
            while select.select([ear], [], [], 0.004)[0]:
                packet = ear.recv(128)
                body = packet[(packet[0] & 15) * 4 :]
                if packet[9] == socket.IPPROTO_TCP and packet[12:16] == peer and body[13] & 0x3F == 0x12:
                    found.add(int.from_bytes(body[:2], "big"))
    return found


def test_the_internet_sees_one_tcp_port_of_the_hub_and_the_office_one_more(province: Raised) -> None:
    assert open_tcp(province, "inet", HUB_PUBLIC) == {443}
    assert connects(province, "office", HUB_PUBLIC, 22) and not connects(province, "inet", HUB_PUBLIC, 22, 1.0)


def refused_packets(province: Raised) -> int:
    listed = json.loads(province.box("hub", "nft -j list chain inet ketnoi input"))["nftables"]
    rule = next(each["rule"] for each in listed if each.get("rule", {}).get("comment") == "refused")
    return next(int(part["counter"]["packets"]) for part in rule["expr"] if "counter" in part)


def test_of_udp_the_internet_gets_time_and_the_tunnel_and_all_else_is_dropped(province: Raised) -> None:
    listening = {int(line.split()[3].rpartition(":")[2]) for line in province.box("hub", "ss -Hlun").splitlines()}
    assert {123, 51820} <= listening
    wanted = sorted(({*range(1, 1025)} | listening) - {123, 51820})
    with net.inside(netns(province, "inet")):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        clock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with client, clock:
        before = refused_packets(province)
        for port in wanted:
            client.sendto(b"?", (HUB_PUBLIC, port))
            time.sleep(0.0005)
        assert refused_packets(province) - before >= len(wanted)
        clock.settimeout(3)
        clock.sendto(bytes([0x23]) + bytes(47), (HUB_PUBLIC, 123))
        assert len(clock.recv(100)) == 48


def test_a_box_at_its_facility_is_hidden_from_the_internet(province: Raised) -> None:
    found = json.loads(province.lab("scan-from-outside", A, "--json").stdout)
    assert found["proven"] and found["arrived"] == []


# --- the broker -------------------------------------------------------------------------------------------------------


class Client:
    """An MQTT client of its own with a box's certificate, at the place of that box."""

    def __init__(self, province: Raised, code: str, cert: Path, key: Path) -> None:
        self.messages: list[str] = []
        self.refusals: list[str] = []
        self.answer: Any = None
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        context = ssl.create_default_context(cafile=str(province.inventory / "authority/ca.crt"))
        context.load_cert_chain(cert, key)
        self.client.tls_set_context(context)
        self.client.on_message = lambda client, data, message: self.messages.append(message.topic)
        self.client.on_connect = self._connected
        self.client.on_publish = self._published
        with net.inside(netns(province, code)):
            self.client.connect(HUB, MQTT, keepalive=30)
        self.client.loop_start()
        until(lambda: self.answer is not None, 10)

    def _published(self, client: mqtt.Client, data: object, number: int, reason: Any, properties: object) -> None:
        if reason.is_failure:
            self.refusals.append(str(reason))

    def _connected(self, client: mqtt.Client, data: object, flags: object, reason: Any, properties: object) -> None:
        self.answer = reason

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def stolen(province: Raised, tmp_path: Path) -> Iterator[Callable[[], Client]]:
    """The certificate of box A in other hands. Its agent is stopped meanwhile: the broker knows a client by its certificate."""
    for name in ("box.crt", "box.key"):
        (tmp_path / name).write_bytes((root(province, A) / "etc/ketnoi" / name).read_bytes())
    province.inside(A, "systemctl stop ketnoi-agent")
    clients: list[Client] = []

    def connect() -> Client:
        clients.append(Client(province, A, tmp_path / "box.crt", tmp_path / "box.key"))
        return clients[-1]

    try:
        yield connect
    finally:
        for client in clients:
            client.close()
        province.inside(A, "systemctl start ketnoi-agent")
        await_back(province, A)


def kept(province: Raised, query: str) -> str:
    return province.box("hub", f'runuser -u postgres -- psql -At ketnoi -c "{query}"').strip()


def event(site: str, epoch: str) -> bytes:
    """A batch that the collector would keep."""
    one = {"seq": 1, "wall": "2021-06-12T00:00:00Z", "mono": 1.0, "boot": "b", "clock_synced": True, "cls": "agent", "body": {}}
    return json.dumps({"schema": 1, "site": site, "epoch": epoch, "events": [{**one, "late": False}]}).encode()


def test_one_facilitys_certificate_can_not_publish_as_another(province: Raised, stolen: Callable[[], Client]) -> None:
    """Neither under the other's topic nor, under its own, in the other's name: nothing of it is among the other's events."""
    client = stolen()
    assert not client.answer.is_failure
    for kind in ("events", "state", "link"):
        client.client.publish(f"ketnoi/v1/{IDS[B]}/{kind}", event(IDS[B], "forged"), qos=1)
    client.client.publish(f"ketnoi/v1/{IDS[A]}/events", event(IDS[B], "forged-own-topic"), qos=1).wait_for_publish(10)
    # What came last under its own topic did arrive, and was refused for its name: so what came before would have arrived as well.
    refused = f"select count(*) from refusals where topic = 'ketnoi/v1/{IDS[A]}/events' and reason like '%{IDS[B]}%'"
    until(lambda: kept(province, refused) != "0")
    assert kept(province, "select count(*) from events where epoch like 'forged%'") == "0"
    assert kept(province, "select count(*) from epochs where epoch like 'forged%'") == "0"
    assert kept(province, f"select count(*) from refusals where topic like 'ketnoi/v1/{IDS[B]}/%'") == "0"
    assert len(client.refusals) == 3, client.refusals


def test_one_facilitys_certificate_hears_nothing_of_another(province: Raised, stolen: Callable[[], Client]) -> None:
    client = stolen()
    for wish in ("#", "ketnoi/v1/+/state", f"ketnoi/v1/{IDS[B]}/state", f"ketnoi/v1/{IDS[B]}/ack", "$SYS/#"):
        client.client.subscribe(wish, qos=1)
    heard_before = kept(province, f"select last_seen from sites where site = '{IDS[B]}'")
    province.inside(B, "systemctl restart ketnoi-agent")
    until(lambda: kept(province, f"select last_seen from sites where site = '{IDS[B]}'") != heard_before, 90)
    until(lambda: evidence(province)[B]["connected"], 90)
    assert [topic for topic in client.messages if f"/{IDS[A]}/" not in topic] == []


def test_no_certificate_no_broker(province: Raised) -> None:
    context = ssl.create_default_context(cafile=str(province.inventory / "authority/ca.crt"))
    with net.inside(netns(province, A)):
        plain = socket.create_connection((HUB, MQTT), 5)
    with plain, pytest.raises((ssl.SSLError, ConnectionError)), context.wrap_socket(plain, server_hostname=HUB) as link:
        link.sendall(struct.pack("!BB", 0x10, 0x0D) + b"\0\4MQTT\5\2\0\x1e\0\0\0")
        # TLS 1.3 tells of a missing certificate with the first read; an end without a word is no admission either.
        if not link.recv(4):
            raise ConnectionError


# --- the lifeline -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lifeline(province: Raised, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """`ssh` of this machine at A's place with A's lifeline key: what somebody who holds the box can ask of the hub."""
    place = tmp_path_factory.mktemp("lifeline")
    for name in ("lifeline_key", "lifeline_known_hosts"):
        (place / name).write_bytes((root(province, A) / "etc/ketnoi" / name).read_bytes())
        (place / name).chmod(0o600)

    def ssh(*words: str, seconds: float = 15) -> Any:
        pinned = ["StrictHostKeyChecking=yes", f"UserKnownHostsFile={place / 'lifeline_known_hosts'}"]
        options = ["BatchMode=yes", "IdentitiesOnly=yes", *pinned]
        spelled = [part for option in options for part in ("-o", option)]
        argv = ["ssh", "-F", "/dev/null", *spelled, "-i", str(place / "lifeline_key"), "-p", "443", *words]
        return run_in(province, A, argv, seconds)

    return ssh


WHO = f"lifeline@{HUB_PUBLIC}"


@pytest.mark.parametrize("command", [["id"], ["-tt"], ["-s", "sftp"], ["cat", "/etc/passwd"]])
def test_a_lifeline_gives_no_shell(lifeline: Callable[..., Any], command: list[str]) -> None:
    words = [command[0], WHO, *command[1:]] if command[0].startswith("-") else [WHO, *command]
    done = lifeline(*words)
    assert done.returncode != 0 and done.stdout.strip() in ("", "This account is currently not available."), done
    assert "Permission denied" not in done.stderr, "the key was refused: this proves nothing"


@pytest.mark.parametrize("target", ["127.0.0.1:22", f"127.0.0.1:{POSTGRESQL}", "127.0.0.1:20002", f"{HUB}:{MQTT}", f"{tunnel(B)}:22"])
def test_a_lifeline_opens_no_way_into_the_hub_or_beyond(lifeline: Callable[..., Any], target: str) -> None:
    done = lifeline("-W", target, WHO)
    assert done.returncode != 0 and done.stdout == ""
    assert "prohibited" in done.stderr, done.stderr


@pytest.mark.parametrize("port", ["127.0.0.1:20002", "127.0.0.1:20900", "0.0.0.0:20001", "127.0.0.1:8443"])
def test_a_lifeline_takes_no_port_but_its_own(lifeline: Callable[..., Any], port: str) -> None:
    done = lifeline("-N", "-o", "ExitOnForwardFailure=yes", "-R", f"{port}:127.0.0.1:22", WHO)
    assert done.returncode == 255 and "remote port forwarding failed" in done.stderr, done.stderr
