"""Where the office keeps what is its own: KETNOI_HOME/<province>, readable by its owner alone.

Nothing here is ever committed. What others may know is copied to the inventory's `authority/` and `enrolled/`.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from province.user_error import UserError

_CODE = re.compile(r"""^code:\s*["']?([A-Za-z0-9][A-Za-z0-9._-]*)["']?\s*(?:#.*)?$""", re.MULTILINE)


class HomeError(UserError):
    """The inventory names no province, or a private file is missing."""


def province_code(inventory: Path) -> str:
    """The province's code, read from province.yml without a YAML parser (ketnoi-reach must start fast)."""
    path = inventory / "province.yml"
    try:
        found = _CODE.search(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HomeError(
            f"{path}: không đọc được ({error.strerror}). Chỉ đúng thư mục của tỉnh: -i inventory/TINH",
            f"{path}: can't be read ({error.strerror}). Name the province's folder: -i inventory/PROVINCE",
        ) from error
    if found is None:
        raise HomeError(f"{path}: thiếu dòng `code: MÃ-TỈNH`", f"{path}: no line `code: PROVINCE`")
    return found.group(1)


def homes() -> Path:
    """KETNOI_HOME, by default ~/.ketnoi."""
    return Path(os.environ.get("KETNOI_HOME") or "~/.ketnoi").expanduser().absolute()


@dataclass(frozen=True)
class Home:
    """Paths of one province's private things; nothing is made until `ensure`."""

    code: str

    @classmethod
    def of(cls, inventory: Path) -> "Home":
        return cls(province_code(inventory))

    @property
    def root(self) -> Path:
        return homes() / self.code

    @property
    def vault_secret(self) -> Path:
        return self.root / "vault-secret"

    @property
    def authority(self) -> Path:
        return self.root / "authority"

    @property
    def ca_key(self) -> Path:
        return self.authority / "ca.key"

    @property
    def ca_crt(self) -> Path:
        return self.authority / "ca.crt"

    @property
    def crl(self) -> Path:
        return self.authority / "crl.pem"

    @property
    def issued(self) -> Path:
        return self.authority / "issued"

    @property
    def revoked(self) -> Path:
        return self.authority / "revoked.json"

    @property
    def ssh_key(self) -> Path:
        return self.root / "ssh" / "id_ed25519"

    @property
    def ssh_public_key(self) -> Path:
        return self.root / "ssh" / "id_ed25519.pub"

    @property
    def wireguard_key(self) -> Path:
        return self.root / "wireguard.key"

    @property
    def wireguard_public_key(self) -> Path:
        return self.root / "wireguard.pub"

    @property
    def wireguard_conf(self) -> Path:
        return self.root / "wireguard" / "ketnoi.conf"

    @property
    def known_hosts(self) -> Path:
        return self.root / "known_hosts"

    @property
    def reach(self) -> Path:
        """What ketnoi-reach needs to know of the machines (JSON, no secrets), written with known_hosts."""
        return self.root / "reach.json"

    @property
    def plan(self) -> Path:
        """Digests of what each machine should have, kept between plans (province/rollout/kept.py). May be deleted at any time."""
        return self.root / "plan.json"

    @property
    def pending(self) -> Path:
        """Machines taken over but not enrolled yet: lets an interrupted bootstrap go on with the key."""
        return self.root / "pending"

    @property
    def report_key(self) -> Path:
        """Signs reports; its certificate, by the authority, stands beside it."""
        return self.authority / "reports.key"

    @property
    def report_crt(self) -> Path:
        return self.authority / "reports.crt"

    @property
    def signing(self) -> Path:
        """GnuPG home of the key that signs the package repository."""
        return self.root / "repo-signing"

    @property
    def repository(self) -> Path:
        return Path(os.environ.get("KETNOI_REPO") or self.root / "repo").expanduser().absolute()

    def ensure(self) -> None:
        folders = (homes(), self.root, self.authority, self.issued, self.pending)
        for path in (*folders, self.ssh_key.parent, self.wireguard_conf.parent):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """One writer at a time, across processes, for what `name` stands for (waits)."""
        self.ensure()
        with (self.root / f".{name}.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
