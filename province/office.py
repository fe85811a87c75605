"""The office as a machine: the administrator's SSH key, its WireGuard key, and its tunnel to the hub."""

import base64
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from province.home import Home, write


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
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
                ),
            )
        public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        _publish(home.ssh_public_key, f"{public.decode()} ketnoi-{home.code}\n")
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
        _publish(home.wireguard_public_key, base64.b64encode(public).decode() + "\n")
        return made


def _publish(path: Path, content: str) -> None:
    if not path.exists() or path.read_text() != content:
        write(path, content, 0o644)
