"""WireGuard's rule of the clock: a handshake dated before the last one is refused. Real tunnels in two namespaces; needs root, no lab.

The hub's side is a real WireGuard; the box's side is a real one too, and, for a clock that is ahead, one message made by hand with
the box's key: nobody's clock is set.
"""

import base64
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from initiation import initiation, is_answered
from raised import until

from lab.cables import net

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or shutil.which("wireguard-go") is None, reason="needs root and wireguard-go")

HUB, BOX, PORT = "203.0.113.10", "203.0.113.101", 51820
INSIDE = {"hub": "10.5.255.193", "box": "10.5.0.1"}
HOUR_S = 3600.0
SILENCE_S = 3.0
"""A hub that accepts a handshake answers within milliseconds."""


def text(key: bytes) -> str:
    return base64.b64encode(key).decode()


@dataclass
class Pair:
    """Two namespaces, kn-PID-hub and kn-PID-box, each with a WireGuard interface `wg`."""

    keys: dict[str, X25519PrivateKey]

    def space(self, name: str) -> str:
        return f"kn-{os.getpid()}-{name}"

    def public(self, name: str) -> bytes:
        return self.keys[name].public_key().public_bytes_raw()

    def run(self, name: str, *command: str, stdin: str = "") -> str:
        done = subprocess.run(["ip", "netns", "exec", self.space(name), *command], input=stdin, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def raise_tunnel(self, name: str, **peer: str) -> None:
        """A new interface: it knows nothing of an earlier handshake of its own."""
        if name in self.run(name, "wg", "show", "interfaces").split():
            self.run(name, "ip", "link", "del", name)
        self.run(name, "wireguard-go", name)
        secret = text(self.keys[name].private_bytes_raw())
        lines = "".join(f"{key} = {value}\n" for key, value in peer.items())
        port = f"ListenPort = {PORT}\n" if name == "hub" else ""
        self.run(name, "wg", "setconf", name, "/dev/stdin", stdin=f"[Interface]\nPrivateKey = {secret}\n{port}[Peer]\n{lines}")
        net.ip([f"addr add {INSIDE[name]}/32 dev {name}", f"link set {name} up", f"route add 10.5.0.0/16 dev {name}"], self.space(name))

    def box_shook_hands(self) -> bool:
        return self.run("box", "wg", "show", "box", "latest-handshakes").split()[-1:] != ["0"]

    def let_in_anew(self) -> None:
        """On the hub: the peer is taken out and put in again."""
        peer = text(self.public("box"))
        self.run("hub", "wg", "set", "hub", "peer", peer, "remove")
        self.run("hub", "wg", "set", "hub", "peer", peer, "allowed-ips", f"{INSIDE['box']}/32")

    def is_let_in(self, ahead_s: float, within_s: float = 20.0) -> bool:
        """Whether a handshake with the box's key is answered that is dated so far ahead of now; asked again, because the hub takes
        only so many in a second."""
        with net.inside(self.space("box")):
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        end = time.monotonic() + within_s
        with sender:
            while time.monotonic() < end:
                message = initiation(self.keys["box"], self.public("hub"), time.time() + ahead_s)
                if is_answered(sender, (HUB, PORT), message, 0.5):
                    return True
        return False

    def is_refused(self, ahead_s: float) -> bool:
        return not self.is_let_in(ahead_s, SILENCE_S)


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair({name: X25519PrivateKey.generate() for name in ("hub", "box")})
    hub, box = made.space("hub"), made.space("box")
    net.ip([f"netns add {hub}", f"netns add {box}", f"link add eth0 netns {hub} type veth peer name eth0 netns {box}"])
    try:
        for space, address in ((hub, HUB), (box, BOX)):
            net.ip(["link set lo up", f"addr add {address}/24 dev eth0", "link set eth0 up"], space)
        made.raise_tunnel("hub", PublicKey=text(made.public("box")), AllowedIPs=f"{INSIDE['box']}/32")
        yield made
    finally:
        for name in ("hub", "box"):
            subprocess.run(["ip", "-n", made.space(name), "link", "del", name], capture_output=True, check=False)
        net.ip([f"netns del {hub}", f"netns del {box}"])


def raise_box(pair: Pair) -> None:
    pair.raise_tunnel(
        "box", PublicKey=text(pair.public("hub")), AllowedIPs="10.5.0.0/16", Endpoint=f"{HUB}:{PORT}", PersistentKeepalive="1"
    )


def test_a_box_whose_clock_was_ahead_is_refused_until_the_hub_lets_it_in_anew(pair: Pair) -> None:
    raise_box(pair)
    until(pair.box_shook_hands, 30)
    assert pair.is_let_in(HOUR_S), "the clock was ahead, and the hub took its word"
    assert pair.is_refused(0), "put right, it is older than what the hub knows"
    raise_box(pair)
    assert pair.is_refused(0) and not pair.box_shook_hands(), "the box's own tunnel fares no better"
    assert pair.is_let_in(2 * HOUR_S), "nothing but the date was refused"
    pair.let_in_anew()
    until(pair.box_shook_hands, 30)


def test_a_box_without_a_clock_at_boot_is_refused_until_its_clock_is_right(pair: Pair) -> None:
    assert pair.is_let_in(0)
    assert pair.is_refused(-365 * 24 * HOUR_S)
    assert pair.is_let_in(0)
