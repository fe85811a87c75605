"""`ketnoi contacts`, `ketnoi export streams`: lists of what is on file and was measured, for people and other systems."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from province.files import write
from province.model import Province
from province.model.select import loaded
from province.reach.ssh import Shell
from province.report import contacts as focal_points
from province.report import streams as cameras
from province.report.model.build import in_scope_of
from province.report.model.places import Place
from province.report.model.record import Record, fetch, read
from province.report.renderers import tables
from province.text import VIETNAM, Lang, Text
from province.user_error import UserError


def contacts(
    inventory: Path, *, area: str | None, authority: str | None, form: Literal["csv", "xlsx", "json"], out: Path | None, lang: Lang
) -> int:  # fmt: skip
    """Exit 0. As the inventory is today; names are today's."""
    province, chosen, today = _chosen(inventory, area, authority, lang)
    listing = focal_points.listing(province, chosen, today)
    if form == "csv":
        raw = tables.as_csv(listing, lang)
    elif form == "xlsx":
        raw = tables.as_workbook(listing, lang, ON.format(name=province.name, day=f"{today:%d/%m/%Y}"), province.name, today)
    else:
        raw = tables.as_json(listing, province.code, today, "contacts")
    _put(raw, out, form)
    return 0


def streams(
    inventory: Path, *, area: str | None, authority: str | None, record: Path | None, form: Literal["csv", "json", "m3u", "frigate"],
    out: Path | None, lang: Lang,
) -> int:  # fmt: skip
    """Exit 0: every camera's path is known; 1: some are not, and are named as such."""
    province, chosen, today = _chosen(inventory, area, authority, lang)
    found = cameras.streams(province, chosen, _record(inventory, province, chosen, record, today), today)
    if form == "csv":
        raw = tables.as_csv(cameras.listing(found), lang)
    elif form == "json":
        raw = tables.as_json(cameras.listing(found), province.code, today, "cameras")
    else:
        raw = (cameras.m3u if form == "m3u" else cameras.frigate)(found, lang)
    _put(raw, out, form)
    unknown = [each.id for each in found if each.main is None]
    if unknown:
        print(UNKNOWN.format(count=len(unknown), all=len(found), names=", ".join(unknown[:8])).pick(lang), file=sys.stderr)
    return 1 if unknown else 0


def _chosen(inventory: Path, area: str | None, authority: str | None, lang: Lang) -> tuple[Province, list[Place], date]:
    province, today = loaded(inventory, lang), datetime.now(VIETNAM).date()
    if unknown := province.unknown(area=area, authority=authority):
        raise UserError(*unknown)
    return province, in_scope_of(province, today, area, authority), today


def _record(inventory: Path, province: Province, chosen: list[Place], given: Path | None, today: date) -> Record:
    if given is not None:
        return read(given, today)
    ids = [place.id for place in chosen if place.ready]
    return fetch(Shell(inventory, hub_user=province.hub.ssh_user), ids, datetime.now(UTC))


def _put(raw: bytes, out: Path | None, form: str) -> None:
    if out is None:
        if form == "xlsx":
            raise UserError("bảng tính cần --out TỆP.xlsx", "a workbook needs --out FILE.xlsx")
        sys.stdout.buffer.write(raw)
        sys.stdout.flush()
        return
    try:
        write(out, raw, 0o644)
    except OSError as error:
        raise UserError(f"không ghi được {out}: {error.strerror}", f"can't write {out}: {error.strerror}") from error


ON = Text("{name}, ngày {day}", "{name}, {day}")
UNKNOWN = Text(
    "{count} trên {all} camera chưa biết đường dẫn: {names} …; chạy ketnoi verify",
    "of {all} cameras {count} have no known path: {names} ...; run ketnoi verify",
)
