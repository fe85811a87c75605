"""The office as a machine: the administrator's SSH key, its WireGuard key, and its tunnel to the hub."""

import base64
import os
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from province.files import write, write_if_changed
from province.model import addresses, head
from province.office import enrolment
from province.office.home import Home
from province.reach import netns


def create_ssh_key(home: Home) -> bool:
    """Make the administrator's key pair; False when there is one (a lost public half is written again)."""
    with home.lock("keys"):
        if home.ssh_key.exists():
            key = serialization.load_ssh_private_key(home.ssh_key.read_bytes(), password=None)
            made = False
        else:
            key, made = Ed25519PrivateKey.generate(), True
            write(
                home.ssh_key,
                key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()),
            )
        public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        write_if_changed(home.ssh_public_key, f"{public.decode()} ketnoi-{home.code}\n", 0o644)
        return made


def create_wireguard_key(home: Home) -> bool:
    """Make the office's peer key (as `wg genkey` would); False when there is one."""
    with home.lock("keys"):
        made = not home.wireguard_key.exists()
        if made:
            raw = X25519PrivateKey.generate().private_bytes(
                serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
            )
            write(home.wireguard_key, base64.b64encode(raw).decode() + "\n")
        key = X25519PrivateKey.from_private_bytes(base64.b64decode(home.wireguard_key.read_text()))
        public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        write_if_changed(home.wireguard_public_key, base64.b64encode(public).decode() + "\n", 0o644)
        return made


@dataclass(frozen=True)
class Tunnel:
    """The office's end: everything that makes one tunnel another. Addresses as text; endpoint "address:port"."""

    address: str
    network: str
    hub_key: str
    endpoint: str
    private_key: Path

    def conf(self) -> str:
        """For wg-quick; the private key stays in its own file."""
        return (
            "# Written by `ketnoi`. The office's tunnel to the hub, which lets it through to the boxes' ssh only.\n"
            f"[Interface]\nAddress = {self.address}/32\nMTU = {addresses.TUNNEL_MTU}\n"
            f"PostUp = wg set %i private-key {shlex.quote(str(self.private_key))}\n\n"
            f"[Peer]\nPublicKey = {self.hub_key}\nEndpoint = {self.endpoint}\nAllowedIPs = {self.network}\n"
            f"PersistentKeepalive = {addresses.KEEPALIVE_SECONDS}\n"
        )


def tunnel(inventory: Path) -> Tunnel | None:
    """The tunnel that this office should have; None as long as hub or office has no key."""
    province = head(inventory)
    hub = enrolment.read(inventory, enrolment.HUB)
    if province is None or hub is None:
        return None
    home = Home(province.code)
    if not home.wireguard_key.exists():
        return None
    block = province.hub.block
    return Tunnel(
        address=str(addresses.office_address(block)),
        network=str(addresses.tunnel_network(block)),
        hub_key=str(hub["wireguard_public_key"]),
        endpoint=f"{province.hub.endpoint}:{addresses.WIREGUARD_PORT}",
        private_key=home.wireguard_key,
    )


def up(inventory: Path) -> bool:
    """Have the tunnel up in this network namespace; True when it is.

    False where it can't be (not root, no wg-quick, hub not enrolled yet, or wg-quick fails): everything then goes through
    the lifelines, so nobody has to care.
    """
    wanted = tunnel(inventory)
    if wanted is None or os.geteuid() != 0 or not all(shutil.which(tool) for tool in ("wg", "wg-quick", "ip")):
        return False
    home = Home.of(inventory)
    with home.lock("tunnel"):
        changed = write_if_changed(home.wireguard_conf, wanted.conf())
        there = _ip_sees()
        if there and not changed and _serves(inventory, wanted):
            return True
        if there:
            _run(inventory, "wg-quick", "down", str(home.wireguard_conf))
            if _ip_sees():
                _run(inventory, "ip", "link", "del", addresses.INTERFACE)
        return _run(inventory, "wg-quick", "up", str(home.wireguard_conf))[0]


def down(inventory: Path) -> None:
    """Take the tunnel away, if there is one."""
    if _ip_sees():
        _run(inventory, "wg-quick", "down", str(Home.of(inventory).wireguard_conf))


def _ip_sees() -> bool:
    """Asked of the kernel for this namespace: /sys shows the one in which it was mounted."""
    done = subprocess.run(["ip", "link", "show", "dev", addresses.INTERFACE], capture_output=True, check=False)
    return done.returncode == 0


def _serves(inventory: Path, wanted: Tunnel) -> bool:
    """Whether the interface has our key and exactly the hub as its peer."""
    fine, said = _run(inventory, "wg", "show", addresses.INTERFACE, "dump")
    rows = [line.split("\t") for line in said.splitlines()]
    if not fine or len(rows) != 2:
        return False
    own = wanted.private_key.read_text().strip()
    return rows[0][0] == own and (rows[1][0], rows[1][2], rows[1][3]) == (
        wanted.hub_key,
        wanted.endpoint,
        wanted.network,
    )


def _run(inventory: Path, *command: str) -> tuple[bool, str]:
    """(went well, standard output). Output goes to a file: a wireguard-go that stays behind would keep a pipe open.

    wireguard-go's control socket has one fixed place, /run/wireguard, whatever the network namespace: in a lab that place
    is replaced by the lab's own folder, so that labs and the machine's own tunnels don't meet.
    """
    lab = netns.lab_of(inventory)
    words = list(command)
    if lab is not None:
        sockets = lab.folder / "office-wireguard"
        sockets.mkdir(mode=0o700, exist_ok=True)
        script = 'mkdir -p /run/wireguard && mount --bind "$0" /run/wireguard && exec "$@"'
        words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, str(sockets), *command]
    with tempfile.TemporaryFile("w+") as out:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL, check=False)
        out.seek(0)
        return done.returncode == 0, out.read()
