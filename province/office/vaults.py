"""Each facility's passwords, in a file of its own, encrypted with the province's vault secret.

A file is ansible-vault's own format, so `ansible-vault view` and `include_vars` read it as well. One device, one
password per account; what is in a file stays there, what the inventory asks for in addition is added. Decrypted:
`{cameras: {"1": {admin: {user, password}, viewer: {user, password}}}, recorders: {...}, switches: {...}}`, which is a `Vault`.

A rotation puts the new passwords here *before* any device hears of them and keeps the old ones beside them as
`previous: {user, password, since, viewer: {...}}`, so that a crash at any point leaves both at hand; `previous` goes once the box has
said that the device takes the new ones, and until then whoever looks at it does so as the viewer before. `since` tells one rotation from
another; a viewer's stands beside its password.
"""

import contextlib
import copy
import functools
import secrets
import string
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

import yaml

from edge_agent.contract import typed
from edge_agent.contract.strict import ContractError
from province.files import write
from province.office.home import Home
from province.user_error import UserError

LENGTH = 16
ALPHABET = string.ascii_letters + string.digits
ACCOUNTS: Mapping[str, Mapping[str, str]] = {
    "cameras": {"admin": "admin", "viewer": "kn-view"},
    "recorders": {"admin": "admin", "viewer": "kn-view"},
    "switches": {"admin": "admin"},
}
"""Kind of device -> account -> its user name."""


class Login(TypedDict):
    """`since`: the rotation that it is of."""

    user: str
    password: str
    since: NotRequired[str]


class AccountData(Login):
    """`viewer`: of the administrator before, the viewer before."""

    viewer: NotRequired[Login]


Accounts = dict[str, AccountData]
"""admin, viewer, previous -> account, of one device."""
Vault = dict[str, dict[str, Accounts]]
"""Kind of device, as in ACCOUNTS -> slot -> its accounts."""


class VaultError(UserError):
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
    try:
        secret = home.vault_secret.read_bytes().strip()
    except FileNotFoundError as error:
        raise VaultError(
            f"thiếu {home.vault_secret}: chạy `ketnoi init`, hoặc chép về từ máy đã chạy lệnh đó",
            f"{home.vault_secret} is missing: run `ketnoi init`, or bring it from the machine that did",
        ) from error
    return _of_secret(secret)


@functools.lru_cache(maxsize=1)
def _of_secret(secret: bytes) -> Any:
    from ansible.parsing.vault import VaultLib, VaultSecret

    return VaultLib([("default", VaultSecret(secret))])


@functools.lru_cache(maxsize=1)
def _decrypted(vault: Any, raw: bytes) -> bytes:
    """The last one is kept: the tasks of one facility ask one after the other, and its key takes 10,000 rounds each time."""
    plain: bytes = vault.decrypt(raw)
    return plain


def read(home: Home, inventory: Path, code: str) -> Vault:
    """A facility's vault file, decrypted; {} when there is none. Raises VaultError."""
    return content(_document(home, inventory, code))


def _document(home: Home, inventory: Path, code: str) -> object:
    """What the file says, of whatever form it is. Raises VaultError."""
    file = path(inventory, code)
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        return {}
    from ansible.errors import AnsibleError

    try:
        plain = _decrypted(_vault(home), raw)
    except AnsibleError as error:
        raise VaultError(
            f"{file}: không giải mã được bằng {home.vault_secret}: tệp được tạo bằng bí mật khác. "
            "Chép lại đúng bí mật đó; đừng xoá tệp khi thiết bị còn dùng mật khẩu trong tệp.",
            f"{file} can't be decrypted with {home.vault_secret}: it was made with another secret. "
            "Bring that secret back; don't delete the file while devices use its passwords.",
        ) from error
    # Text alone: a slot, a user or a password of digits, unquoted by whoever wrote it, would come as a number.
    return yaml.load(plain, Loader=yaml.CBaseLoader)  # noqa: S506 - it makes nothing but text


def content(document: object) -> Vault:
    """The accounts of a vault file's document. What is no account is left out: a slip at one device is that device's alone."""
    found: Vault = {}
    for kind, devices in _mapping(document).items():
        found[kind] = {slot: _accounts(each) for slot, each in _mapping(devices).items()}
    return found


def _accounts(written: object) -> Accounts:
    found: Accounts = {}
    for name, account in _mapping(written).items():
        with contextlib.suppress(ContractError):
            typed.read(AccountData, name, account)
            found[name] = cast("AccountData", account)  # with what a person noted beside the password
    return found


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _to_write(home: Home, inventory: Path, code: str) -> Vault:
    """The same, before the file is written anew. Raises VaultError where something in it would be lost."""
    document = _document(home, inventory, code)
    found = content(document)
    if not _is_kept(document, found):
        file = path(inventory, code)
        raise VaultError(
            f"{file}: có chỗ không phải là tài khoản (user, password): sửa bằng `ansible-vault edit`, rồi chạy lại",
            f"{file}: something in it is no account (user, password): mend it with `ansible-vault edit`, then run this again",
        )
    return found


def _is_kept(written: object, found: object) -> bool:
    """Is everything that was written in what was found? An empty place says nothing."""
    if isinstance(written, dict) and isinstance(found, dict):
        return all(not each or (name in found and _is_kept(each, found[name])) for name, each in written.items())
    return not written or written == found


def write_vault(home: Home, inventory: Path, code: str, content: Vault) -> None:
    """Encrypt and put in place, 0600."""
    plain = yaml.safe_dump(content, sort_keys=True, allow_unicode=True)
    write(path(inventory, code), _vault(home).encrypt(plain.encode()))


def complete(content: Vault, wanted: Mapping[str, Iterable[int]]) -> tuple[Vault, int]:
    """Content with each account of every wanted slot (`{"cameras": [1, 2]}`), and how many passwords were added."""
    full = {kind: {slot: dict(accounts) for slot, accounts in devices.items()} for kind, devices in content.items()}
    added = 0
    for kind, slots in wanted.items():
        for slot in slots:
            device = full.setdefault(kind, {}).setdefault(str(slot), {})
            for account, user in ACCOUNTS[kind].items():
                if account not in device:
                    device[account] = {"user": user, "password": password()}
                    added += 1
    return full, added


def renew(content: Vault, wanted: Mapping[str, Iterable[int]], since: str) -> tuple[Vault, int]:
    """Content with new passwords for these slots, and for how many devices; one whose last rotation isn't settled keeps them."""
    full = copy.deepcopy(content)
    renewed = 0
    for kind, slots in wanted.items():
        for slot in slots:
            device = full[kind][str(slot)]
            if "previous" in device:
                continue
            device["previous"] = {**device["admin"], "since": since}
            if "viewer" in device:
                device["previous"]["viewer"] = device["viewer"]
            for account in ACCOUNTS[kind]:
                device[account] = {"user": device[account]["user"], "password": password()}
            if "viewer" in device:
                device["viewer"]["since"] = since
            renewed += 1
    return full, renewed


def unsettled(content: Vault) -> dict[str, list[int]]:
    """Devices in a rotation that has not come through: kind -> slots."""
    found = {kind: [int(slot) for slot, device in devices.items() if "previous" in device] for kind, devices in content.items()}
    return {kind: sorted(slots) for kind, slots in found.items() if slots}


def rotate(home: Home, inventory: Path, code: str, wanted: Mapping[str, Iterable[int]], since: str) -> int:
    """New passwords for these devices, on disk with the previous ones before this returns; for how many there are new ones."""
    with home.lock("vault"):
        full, renewed = renew(_to_write(home, inventory, code), wanted, since)
        if renewed:
            write_vault(home, inventory, code, full)
    return renewed


def confirm(home: Home, inventory: Path, code: str, kind: str, works: Mapping[int, AccountData]) -> None:
    """Forget the previous passwords of the devices that take this administrator (slot -> account) now."""
    with home.lock("vault"):
        known = _to_write(home, inventory, code)
        for slot, account in works.items():
            device = known[kind][str(slot)]
            if device["admin"] == account:
                device.pop("previous", None)
        write_vault(home, inventory, code, known)


def ensure(home: Home, inventory: Path, code: str, wanted: Mapping[str, Iterable[int]]) -> int:
    """Add the passwords that a facility's file lacks; how many. An existing password is never touched."""
    with home.lock("vault"):
        full, added = complete(_to_write(home, inventory, code), wanted)
        if added or not path(inventory, code).exists():
            write_vault(home, inventory, code, full or {"cameras": {}})
    return added
