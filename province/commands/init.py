"""`ketnoi init`: what the office must have before any machine can be trusted. Run again, it adds what is missing."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from province.bootstrap.enrol import refresh
from province.files import write_if_changed
from province.model import Device, Facility, Province
from province.model.select import loaded
from province.office import authority, vaults
from province.office.home import Home
from province.reach import tunnel
from province.text import Lang, Text

AUTHORITY = Text("chứng thư gốc của tỉnh và khoá ký (hạn 10 năm)", "the province's certificate authority (10 years)")
PUBLIC = Text(
    "phần công khai: chứng thư gốc, danh sách thu hồi, khoá của văn phòng",
    "public part: root certificate, revocation list, the office's keys",
)
SECRET = Text("bí mật mở kho mật khẩu", "secret of the vault files")
SSH_KEY = Text("khoá SSH của người quản trị", "administrator's SSH key")
WIREGUARD_KEY = Text("khoá WireGuard của văn phòng", "office's WireGuard key")
VAULTS = Text("tệp mật khẩu của các cơ sở", "vault files of the facilities")
MADE = Text("đã tạo", "made")
KEPT = Text("giữ nguyên", "kept")
PASSWORDS = Text("thêm {n} mật khẩu cho {m} cơ sở", "{n} passwords added for {m} facilities")
NOTHING = Text("Không có gì thay đổi.", "Nothing changed.")
DONE = Text(
    "Xong. Giữ kín và sao lưu thư mục {home}: mất thư mục này là không vào được máy nào nữa.",
    "Done. Keep {home} private and back it up: without it no machine can be reached.",
)


@dataclass(frozen=True)
class Item:
    """One thing that init cares for, and what became of it. where: file or folder."""

    name: str
    label: Text
    where: Path
    made: bool
    note: Text | None = None


def prepare(inventory: Path, province: Province) -> list[Item]:
    """Make what is missing and return every item in order. Raises UserError."""
    home = Home(province.code)
    home.ensure()
    return list(_items(inventory, home, province))


def _items(inventory: Path, home: Home, province: Province) -> Iterator[Item]:
    steps: tuple[tuple[str, Text, Path, Callable[[Home], bool]], ...] = (
        ("authority", AUTHORITY, home.authority, authority.create),
        ("vault-secret", SECRET, home.vault_secret, vaults.create_secret),
        ("ssh-key", SSH_KEY, home.ssh_key, tunnel.create_ssh_key),
        ("wireguard-key", WIREGUARD_KEY, home.wireguard_key, tunnel.create_wireguard_key),
    )
    for name, label, where, make in steps:
        yield Item(name, label, where, make(home))
    yield Item("public", PUBLIC, inventory / "authority", publish(home, inventory))
    added = {f.code: vaults.ensure(home, inventory, f.code, slots(f)) for f in province.facilities}
    facilities = sum(1 for count in added.values() if count)
    note = PASSWORDS.format(n=sum(added.values()), m=facilities) if facilities else None
    yield Item("vaults", VAULTS, inventory / "vault", bool(facilities), note)
    refresh(inventory, province, home)


def slots(facility: Facility) -> dict[str, list[int]]:
    """Devices of a facility that need passwords, by kind."""
    kinds: dict[str, Sequence[Device]] = {"cameras": facility.cameras, "recorders": facility.recorders, "switches": facility.switches}
    return {kind: [device.slot for device in devices] for kind, devices in kinds.items() if devices}


def publish(home: Home, inventory: Path) -> bool:
    """Copy what everybody may know to the inventory's authority/; True when something there changed."""
    authority.complete_crl(home)
    folder = inventory / "authority"
    pairs = {
        "ca.crt": home.ca_crt,
        "crl.pem": home.crl,
        "office-ssh.pub": home.ssh_public_key,
        "office-wireguard.pub": home.wireguard_public_key,
    }
    written = [write_if_changed(folder / name, source.read_text(), 0o644) for name, source in pairs.items()]
    return any(written)


def init(inventory: Path, lang: Lang, json_output: bool = False) -> int:
    """The command: a line for each item (or one JSON document `{"changed", "items"}`), returns 0. Raises UserError."""
    items = prepare(inventory, loaded(inventory, lang))
    changed = sum(item.made for item in items)
    if json_output:
        rows = [{"name": i.name, "path": str(i.where), "status": "made" if i.made else "kept"} for i in items]
        print(json.dumps({"changed": changed, "items": rows}, ensure_ascii=False))
        return 0
    for item in items:
        status = (MADE if item.made else KEPT).pick(lang)
        note = f" ({item.note.pick(lang)})" if item.note else ""
        print(f"  {status:<10}  {item.label.pick(lang)}{note}: {item.where}")
    print((DONE.format(home=Home.of(inventory).root) if changed else NOTHING).pick(lang))
    return 0
