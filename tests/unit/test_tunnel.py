"""The office's own keys and its tunnel's configuration."""

import subprocess
from pathlib import Path

import pytest

from province.office.home import Home
from province.reach import tunnel
from province.reach.tunnel import Tunnel


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "a home"))
    return Home("tinh-thu")


def test_ssh_reads_the_key_and_agrees_on_its_public_half(home: Home) -> None:
    assert tunnel.create_ssh_key(home)
    said = subprocess.run(["ssh-keygen", "-y", "-f", str(home.ssh_key)], capture_output=True, text=True, check=True).stdout
    assert said.split()[:2] == home.ssh_public_key.read_text().split()[:2]


@pytest.mark.parametrize(
    ("make", "private", "public"),
    [
        (tunnel.create_ssh_key, "ssh_key", "ssh_public_key"),
        (tunnel.create_wireguard_key, "wireguard_key", "wireguard_public_key"),
    ],
)
def test_a_key_is_made_once_and_a_lost_public_half_comes_back(home: Home, make: object, private: str, public: str) -> None:
    assert make(home) is True
    before = getattr(home, private).read_bytes(), getattr(home, public).read_bytes()
    getattr(home, public).unlink()
    assert make(home) is False
    assert (getattr(home, private).read_bytes(), getattr(home, public).read_bytes()) == before


def test_the_tunnels_configuration_holds_no_key_of_ours_and_reaches_the_boxes_network_only(home: Home) -> None:
    tunnel.create_wireguard_key(home)
    end = Tunnel("10.5.255.195", "10.5.0.0/16", "hubkey=", "203.0.113.10:51820", home.wireguard_key)
    conf = end.conf()
    assert home.wireguard_key.read_text().strip() not in conf and "PrivateKey" not in conf
    assert "AllowedIPs = 10.5.0.0/16\n" in conf and "Endpoint = 203.0.113.10:51820\n" in conf
    assert f"private-key '{home.wireguard_key}'" in conf
