"""Each facility's passwords, in a file of its own, encrypted with the province's vault secret.

A file is ansible-vault's own format, so `ansible-vault view` and `include_vars` read it as well. One device, one
password per account; what is in a file stays there, what the inventory asks for in addition is added. Decrypted:
`{cameras: {"1": {admin: {user, password}, viewer: {user, password}}}, recorders: {...}, switches: {...}}`.
"""

import secrets
import string
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from province.home import Home, write
from province.trouble import Trouble

LENGTH = 16
ALPHABET = string.ascii_letters + string.digits
ACCOUNTS: Mapping[str, Mapping[str, str]] = {
    "cameras": {"admin": "admin", "viewer": "kn-view"},
    "recorders": {"admin": "admin", "viewer": "kn-view"},
    "switches": {"admin": "admin"},
}
"""Kind of device -> account -> its user name."""


class VaultError(Trouble):
    """A vault file that can't be read with this province's secret."""


def password() -> str:
    """16 characters of A-Za-z0-9, capital, small letter and digit among them: what the pickiest maker asks for."""
    while True:
        made = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if any(c.islower() for c in made) and any(c.isupper() for c in made) and any(c.isdigit() for c in made):
            return made


def create_secret(home: Home) -> bool:
    """Make the province's vault secret; False when there is one."""
    with home.lock("vault"):
        if home.vault_secret.exists():
            return False
        write(home.vault_secret, secrets.token_urlsafe(32) + "\n")
        return True


def path(inventory: Path, code: str) -> Path:
    return inventory / "vault" / f"{code}.yml"


def _vault(home: Home) -> Any:
    from ansible.parsing.vault import VaultLib, VaultSecret

    try:
        secret = home.vault_secret.read_bytes().strip()
    except FileNotFoundError as error:
        raise VaultError(
            f"thiếu {home.vault_secret}: chạy `ketnoi init`, hoặc chép về từ máy đã chạy lệnh đó",
            f"{home.vault_secret} is missing: run `ketnoi init`, or bring it from the machine that did",
        ) from error
    return VaultLib([("default", VaultSecret(secret))])


def read(home: Home, inventory: Path, code: str) -> dict[str, Any]:
    """A facility's vault file, decrypted; {} when there is none. Raises VaultError."""
    file = path(inventory, code)
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        return {}
    from ansible.errors import AnsibleError

    try:
        plain = _vault(home).decrypt(raw)
    except AnsibleError as error:
        raise VaultError(
            f"{file}: không giải mã được bằng {home.vault_secret}: tệp được tạo bằng bí mật khác. "
            "Chép lại đúng bí mật đó; đừng xoá tệp khi thiết bị còn dùng mật khẩu trong tệp.",
            f"{file} can't be decrypted with {home.vault_secret}: it was made with another secret. "
            "Bring that secret back; don't delete the file while devices use its passwords.",
        ) from error
    return yaml.safe_load(plain) or {}


def write_vault(home: Home, inventory: Path, code: str, content: Mapping[str, Any]) -> None:
    """Encrypt and put in place, 0600."""
    plain = yaml.safe_dump(dict(content), sort_keys=True, allow_unicode=True)
    write(path(inventory, code), _vault(home).encrypt(plain.encode()))


def complete(content: Mapping[str, Any], wanted: Mapping[str, Iterable[int]]) -> tuple[dict[str, Any], int]:
    """Content with each account of every wanted slot (`{"cameras": [1, 2]}`), and how many passwords were added."""
    full: dict[str, Any] = {k: {slot: dict(v) for slot, v in dict(devices).items()} for k, devices in content.items()}
    added = 0
    for kind, slots in wanted.items():
        for slot in slots:
            device = full.setdefault(kind, {}).setdefault(str(slot), {})
            for account, user in ACCOUNTS[kind].items():
                if account not in device:
                    device[account] = {"user": user, "password": password()}
                    added += 1
    return full, added


def ensure(home: Home, inventory: Path, code: str, wanted: Mapping[str, Iterable[int]]) -> int:
    """Add the passwords that a facility's file lacks; how many. An existing password is never touched."""
    with home.lock("vault"):
        full, added = complete(read(home, inventory, code), wanted)
        if added or not path(inventory, code).exists():
            write_vault(home, inventory, code, full or {"cameras": {}})
    return added
