"""`ketnoi readmit`: a box that WireGuard's rule of the clock locked out comes back, by one command in the office."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hands import await_back, netns, root
from initiation import initiation, is_answered
from raised import CODES, Raised, until
from watching import traffic

from lab.cables import net

FIRST, *OTHERS = CODES
HUB = ("203.0.113.10", 51820)
HOUR_S = 3600.0


def key(province: Raised) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(base64.b64decode((root(province, FIRST) / "etc/wireguard/ketnoi.key").read_text()))


def shook_hands(province: Raised) -> bool:
    return province.box(FIRST, "wg show ketnoi latest-handshakes").split()[-1:] not in ([], ["0"])


def link(province: Raised) -> tuple[str | None, bool]:
    """By which way the box's agent goes, and whether it is connected."""
    shown = json.loads(province.box(FIRST, "edge-agent status --json", check=False))["link"]
    return shown.get("way"), bool(shown.get("connected"))


@pytest.fixture
def locked_out(province: Raised) -> Iterator[None]:
    """A handshake of the box's, dated an hour ahead, as its clock had it; then its tunnel is made anew, by the right time."""
    await_back(province, FIRST)
    hub_key = base64.b64decode(province.box("hub", "wg show ketnoi public-key").strip())
    with net.inside(netns(province, FIRST)):
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sender:
        until(lambda: is_answered(sender, HUB, initiation(key(province), hub_key, time.time() + HOUR_S), 1.0), 20)
    province.box(FIRST, "systemctl restart wg-quick@ketnoi.service")
    try:
        yield
    finally:
        province.ketnoi("readmit", "--site", FIRST, check=False)
        await_back(province, *CODES)


def test_a_box_whose_clock_was_ahead_is_let_in_again_and_no_other_tunnel_notices(province: Raised, locked_out: None) -> None:
    until(lambda: link(province) == ("direct", True), 120)
    assert not shook_hands(province)
    with traffic(province, *OTHERS) as seen:
        done = province.ketnoi("readmit", "--site", FIRST, "--json")
    assert json.loads(done.stdout)["status"] == "back" and shook_hands(province)
    assert seen.clean(), seen


def test_a_tunnel_that_answers_is_left_alone(province: Raised) -> None:
    await_back(province, FIRST)
    before = province.box("hub", "wg show ketnoi latest-handshakes")
    done = province.ketnoi("readmit", "--site", FIRST, "--json")
    assert json.loads(done.stdout)["status"] == "up"
    keys = {line.split()[0] for line in before.splitlines()}
    assert {line.split()[0] for line in province.box("hub", "wg show ketnoi latest-handshakes").splitlines()} == keys
    assert "nothing to do" in province.ketnoi("readmit", "--site", FIRST, "--lang", "en").stdout
