"""What bootstrap learnt of each machine: `enrolled/CODE.yml`, `hub.yml`, `centre.yml` beside it; all of it public.

A record is written once, whole, when a machine is completely taken over. From the records come the files by which the
office knows its machines: known_hosts (a line for each alias) and reach.json (where ketnoi-reach finds them).
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Required, TypedDict, cast

import yaml

from edge_agent.contract import typed
from edge_agent.contract.strict import ContractError
from province.files import write, write_if_changed
from province.model import addresses
from province.office.home import Home
from province.user_error import UserError

HUB, CENTRE = "hub", "centre"
_HOST_KEY = re.compile(r"ssh-ed25519 [A-Za-z0-9+/]{68}=*")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


class SwitchKey(TypedDict):
    host_key: str


class Record(TypedDict, total=False):
    """What is known of a machine, all of it public; of the hub, the centre and a box that was there before, not all of it."""

    host_key: Required[str]
    code: str
    id: str
    number: int
    serial: str | None
    mac: str
    macs: list[str]
    machine_id: str
    wireguard_public_key: str
    lifeline_public_key: str
    lifeline_host_key: str
    certificate: str | None
    collector_certificate: str
    enrolled_at: str
    retired_at: str
    retired_because: str
    switches: dict[str, SwitchKey]
    """Slot -> the key that a switch of the facility showed first."""


class HubAddress(TypedDict):
    """The hub as province.yml has it."""

    endpoint: str
    block: int
    ssh_user: str


class _Way(TypedDict, total=False):
    """How ketnoi-reach finds a machine: at its own address, else through the tunnel or the lifeline's port on the hub."""

    direct: str
    tunnel: str
    lifeline_port: int


class EnrolmentError(UserError):
    """A record that can't be read, or may not be replaced."""


class _Dumper(yaml.SafeDumper):
    """Text of several lines (certificates) as a block, so that a diff of a record reads well."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def folder(inventory: Path) -> Path:
    return inventory / "enrolled"


def path(inventory: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise EnrolmentError(f"tên máy không hợp lệ: {name!r}", f"not a machine's name: {name!r}")
    return folder(inventory) / f"{name}.yml"


def read(inventory: Path, name: str) -> Record | None:
    """The record of a facility (by code), `hub` or `centre`; None when it isn't enrolled. Raises EnrolmentError."""
    file = path(inventory, name)
    try:
        record = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        return None
    except yaml.YAMLError as error:
        raise EnrolmentError(f"{file}: hỏng YAML: {error}", f"{file}: broken YAML: {error}") from error
    if not isinstance(record, dict) or not _HOST_KEY.fullmatch(str(record.get("host_key", ""))):
        raise EnrolmentError(
            f"{file}: thiếu host_key ssh-ed25519: lấy lại tệp từ kho lưu, hoặc chạy `ketnoi reprovision`",
            f"{file}: no ssh-ed25519 host_key: restore the file from your repository, or run `ketnoi reprovision`",
        )
    return _typed(record, file)


def _typed(record: object, file: Path) -> Record:
    """The record whole, with what a newer office may have noted more. Raises EnrolmentError."""
    try:
        typed.read(Record, file.stem, record)
    except ContractError as error:
        raise EnrolmentError(f"{file}: sai dữ liệu: {error}", f"{file}: {error}") from error
    return cast("Record", record)


def read_all(inventory: Path) -> dict[str, Record]:
    """Records by name, facilities and hub and centre."""
    found = {file.stem: read(inventory, file.stem) for file in sorted(folder(inventory).glob("*.yml"))}
    return {name: record for name, record in found.items() if record is not None}


def save(inventory: Path, name: str, record: Record) -> bool:
    """Put a record in place, whole; False when it said the same already (its `enrolled_at` apart).

    The keys of the facility's switches stay when its box is taken over again or replaced: they are not the box's.
    """
    old = read(inventory, name)
    before = old or _newest_retired(inventory, name)
    if before and (keys := before.get("switches")):
        record = {**record, "switches": record.get("switches", keys)}
    if old is not None and _apart_from(old, "enrolled_at") == _apart_from(record, "enrolled_at"):
        return False
    write(path(inventory, name), dump(record), 0o644)
    return True


def _apart_from(record: Record, *keys: str) -> dict[str, object]:
    return {key: value for key, value in record.items() if key not in keys}


def dump(record: Record) -> str:
    return yaml.dump(dict(record), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=200)


def retire(inventory: Path, name: str, reason: str, at: datetime | None = None) -> Path | None:
    """Move a record to enrolled/retired/NAME-DATE.yml, which is only ever added to; None when there was no record.

    Cut short, it has the record in both places, and the next one only takes it away here."""
    record = read(inventory, name)
    if record is None:
        return None
    for file in retired(inventory, name):
        if _apart_from(_retired_record(file), "retired_at", "retired_because") == record:
            path(inventory, name).unlink()
            return file
    moment = (at or datetime.now(UTC)).replace(microsecond=0)
    stem = f"{name}-{moment:%Y%m%d}"
    target = folder(inventory) / "retired" / f"{stem}.yml"
    count = 1
    while target.exists():
        count += 1
        target = target.with_name(f"{stem}-{count}.yml")
    write(target, dump({**record, "retired_at": moment.isoformat(), "retired_because": reason}), 0o644)
    path(inventory, name).unlink()
    return target


def refresh(home: Home, inventory: Path, hub: HubAddress, centre_host: str | None = None) -> bool:
    """Write known_hosts and reach.json from the records; True when either changed.

    centre_host: address of the probe machine, if there is one.
    """
    home.ensure()
    with home.lock("reach"):  # of two commands side by side the last to write must have read what both enrolled
        return _refresh(home, read_all(inventory), hub, centre_host)


def _refresh(home: Home, records: Mapping[str, Record], hub: HubAddress, centre_host: str | None) -> bool:
    block, endpoint = hub["block"], hub["endpoint"]
    machines: dict[str, _Way] = {}
    for name, record in records.items():
        if name == HUB:
            machines[HUB] = {"direct": endpoint}
        elif name == CENTRE:
            if centre_host:
                machines[CENTRE] = {"direct": centre_host}
        else:
            number = record["number"]
            machines[name] = {
                "tunnel": str(addresses.tunnel_address(block, number)),
                "lifeline_port": addresses.lifeline_port(number),
            }
    document = {
        "hub": {"endpoint": endpoint, "user": hub["ssh_user"]},
        "ssh_key": str(home.ssh_key),
        "known_hosts": str(home.known_hosts),
        "machines": machines,
    }
    changed = write_if_changed(home.known_hosts, known_hosts(records.items()), 0o644)
    return write_if_changed(home.reach, json.dumps(document, indent=1) + "\n", 0o644) or changed


def retired(inventory: Path, name: str) -> list[Path]:
    """Records of machines that were replaced under this name, oldest first."""
    return sorted((folder(inventory) / "retired").glob(f"{name}-[0-9]*.yml"), key=lambda file: _day_and_count(file.stem, name))


def _day_and_count(stem: str, name: str) -> tuple[str, int]:
    """NAME-DATE, then NAME-DATE-2 of the same day."""
    day, _, count = stem.removeprefix(f"{name}-").partition("-")
    return day, int(count or 1)


def _newest_retired(inventory: Path, name: str) -> Record | None:
    """The record of the machine that was there last; None when there was none."""
    files = retired(inventory, name)
    return _retired_record(files[-1]) if files else None


def _retired_record(file: Path) -> Record:
    return _typed(yaml.safe_load(file.read_text(encoding="utf-8")), file)


def known_hosts(records: Iterable[tuple[str, Record]]) -> str:
    """A line per machine under its alias (HostKeyAlias): its address doesn't matter, its key does."""
    return "".join(f"{name} {record['host_key']}\n" for name, record in sorted(records))
